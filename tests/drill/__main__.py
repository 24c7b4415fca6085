"""`python -m tests.drill [SEED | FIRST-LAST] [--all]`: run schedules and print what they came to; one seed prints all its commands."""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.drill.drilling import GOOD, Verdict, drilled
from tests.drill.schedules import scheduled


def main() -> None:
    """Run them; exit 1 when one ends in a loss, a traceback or a hang."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("seeds", nargs="?", default="0-999", help="one seed, or the first and the last")
    options.add_argument("--all", action="store_true", help="print every schedule, not only bad ones")
    wanted = options.parse_args()
    first, _, last = wanted.seeds.partition("-")
    seeds = list(range(int(first), int(last or first) + 1))
    began = time.monotonic()

    def tell(verdict: Verdict) -> None:
        if len(seeds) == 1:
            for run in verdict.runs:
                sys.stdout.write(f"$ hubwatch {' '.join(run.words)}  -> {run.code} in {run.seconds:.2f} s\n{run.out}{run.errors}")
        if wanted.all or len(seeds) == 1 or not verdict.is_good:
            sys.stdout.write(verdict.told() + "\n")
            sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="hubwatch-drill-") as folder:
        totals = drilled(seeds, scheduled, Path(folder), tell)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(f"{len(seeds)} schedules: {', '.join(f'{count} {name}' for name, count in totals.items())}\n")
    sys.stdout.write(
        f"{(used.ru_utime + used.ru_stime) / len(seeds):.1f} s of processor and {(time.monotonic() - began) / len(seeds):.1f} s each\n"
    )
    sys.exit(any(count for name, count in totals.items() if name not in GOOD))


if __name__ == "__main__":
    main()
