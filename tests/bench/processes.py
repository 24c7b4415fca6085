"""What a process of its own costs, for benchmarks that compare processes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_PEAK = "HUBWATCH_BENCH_PEAK"  # in the environment: the file that the child writes its peak memory to


class Cost(NamedTuple):
    """Wall seconds, processor seconds and peak memory (MB)."""

    wall: float
    processor: float
    memory: float


def cost_of(*arguments: str, environment: Mapping[str, str] | None = None) -> Cost:
    """What `python ARGUMENTS` costs, which calls `tell_peak` at its end; SystemExit when it fails."""
    began = time.perf_counter()
    with tempfile.NamedTemporaryFile("r") as peak:
        child = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **(environment or {}), _PEAK: peak.name})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed")
        return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, int(peak.read()) / 1024)


def tell_peak() -> None:
    """Write this process's peak memory (KB) to the file that `cost_of` reads it from, if that started it.

    The `ru_maxrss` that a parent gets includes what the parent itself held when it forked: a large one would measure itself.
    """
    if name := os.environ.get(_PEAK):
        found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
        Path(name).write_text(found.split()[1])
