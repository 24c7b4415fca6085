"""The record of what was run: noted beside the database as it ends; the next writer of the warehouse takes it into `runs`."""

import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from hubwatch.clock import now
from hubwatch.errors import told
from hubwatch.net import Tally
from hubwatch.settings import Settings
from hubwatch.stages import stage as shown
from hubwatch.store.interrupting import interrupts


@contextmanager
def recorded(settings: Settings, stage: str, hub: str | None, day: date | None, tally: Tally | None = None) -> Iterator[dict[str, object]]:
    """Note a run of a stage; the next writer of the warehouse takes the notes into `runs`."""
    outcome: dict[str, object] = {"status": "done", "message": None}
    about = {"run_id": uuid.uuid4().hex, "stage": stage, "hub": hub, "day": day.isoformat() if day else None}
    started = now().isoformat()
    try:
        with interrupts(), shown(" ".join(str(part) for part in (stage, hub, day) if part)):
            yield outcome
    except BaseException as error:
        outcome.update(status="failed", message=told(error) or type(error).__name__)
        raise
    finally:
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
