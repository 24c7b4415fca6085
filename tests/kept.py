"""Kept sweeps for tests: pages written as `collect` writes them."""

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hubwatch.hubs.huggingface import fields as huggingface_fields
from hubwatch.pages.kept import SweepPages, SweepState
from hubwatch.pages.segments import Page, PageFacts

AT = datetime(2026, 1, 1, 12)


def record(name: str, **more: Any) -> dict[str, Any]:
    """A Hugging Face record as the hub lists it; `more` replaces keys, None takes one away."""
    plain = {
        "_id": hashlib.sha256(name.encode()).hexdigest()[:24],
        "id": name,
        "createdAt": "2025-01-02T03:04:05.000Z",
        "lastModified": "2025-02-02T03:04:05.000Z",
        "downloads": 10,
        "downloadsAllTime": 100,
        "likes": 1,
        "gated": False,
        "tags": ["license:mit"],
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
    }
    return {key: value for key, value in (plain | more).items() if value is not None}


def keep(
    data: Path,
    day: date,
    *pages: list[Any] | bytes,
    sweep: str = "full",
    hub: str = "huggingface",
    finished: bool = True,
    limited: bool = False,
    fields: list[str] | None = None,
) -> SweepPages:
    """A sweep with these pages (lists of records, or bodies as they came)."""
    kept = SweepPages(data, hub, day, sweep)
    for number, page in enumerate(pages):
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        records = len(page) if isinstance(page, list) else 0
        last = number == len(pages) - 1 and finished
        kept.append(
            Page(PageFacts(f"http://hub/{number}", 200, AT, records, len(body), None if last else f"http://hub/{number + 1}"), body)
        )
    kept.save_state(
        SweepState(
            hub=hub,
            day=day,
            sweep=sweep,
            endpoint="http://hub",
            started_at=AT,
            finished_at=AT if finished else None,
            limited=limited,
            fields=list(huggingface_fields.FIELDS) if fields is None else fields,
        )
    )
    return kept


def spoil_state(kept: SweepPages) -> None:
    """Damage a sweep's state and its copy."""
    for path in kept.folder.glob("sweep*.json"):
        path.write_text("{")
