"""The record of what was run: noted beside the database as it ends; the next writer of the warehouse takes it into `runs`."""

import errno
import json
import os
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.clock import now
from hubwatch.http import Client
from hubwatch.settings import Settings
from hubwatch.store import CURES, DAMAGE, interrupts


def told(error: BaseException) -> str:
    """An error and its notes in one line."""
    lines = [str(error), *getattr(error, "__notes__", [])]
    if isinstance(error, duckdb.OutOfMemoryException):
        lines[0] = f"{lines[0].splitlines()[0]}; set HUBWATCH_MEMORY_LIMIT higher"  # in place of DuckDB's own settings
    if isinstance(error, duckdb.Error) and any(sign in lines[0] for sign in DAMAGE):
        named = {name: cure for name, cure in CURES.items() if f'{name}"' in lines[0]} or CURES
        lines += [f"damaged {name}{cure}" for name, cure in named.items()]
    if any(os.strerror(full) in line for line in lines for full in (errno.ENOSPC, errno.EDQUOT)):  # in DuckDB's words, too
        lines.append("make room there; the same command then goes on")
    return "; ".join(" ".join(line.split()) for line in lines if line)


def unexpected(error: BaseException) -> str:
    """An error that no code expects, in one line with the place it comes from: a fault of hubwatch to be reported."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {Path(frame.filename).name} line {frame.lineno}" for frame in place)
    return f"a fault of hubwatch{where}, please report it: {type(error).__name__}: {told(error)}"


@contextmanager
def recorded(
    settings: Settings, stage: str, hub: str | None, day: date | None, client: Client | None = None
) -> Iterator[dict[str, object]]:
    """Note a run of a stage; the next writer of the warehouse takes the notes into `runs`."""
    outcome: dict[str, object] = {"status": "done", "message": None}
    about = {"run_id": uuid.uuid4().hex, "stage": stage, "hub": hub, "day": day.isoformat() if day else None}
    started = now().isoformat()
    try:
        with interrupts():
            yield outcome
    except BaseException as error:
        outcome.update(status="failed", message=told(error) or type(error).__name__)
        raise
    finally:
        tally = client.tally if client else None
        cost = {
            "requests": tally.requests if tally else 0,
            "retries": tally.retries if tally else 0,
            "bytes": tally.bytes if tally else 0,
        }
        row = about | {"started_at": started, "finished_at": now().isoformat()} | outcome | cost
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
            with open(settings.data / "runs.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        except OSError:
            if outcome["status"] != "failed":  # what failed first says more
                raise
        if settings.log == "json":
            log_event("run", row)


def log_event(event: str, about: Mapping[str, object]) -> None:
    """One line of JSON on stderr: the instant (UTC), what happened, and what is known of it."""
    sys.stderr.write(json.dumps({"at": now().isoformat(), "event": event} | dict(about), ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()
