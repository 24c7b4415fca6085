"""What hubs' own profile pages say of namespaces: asked within a budget, kept as pages, loaded into `profiles`.

Hugging Face has a profile route; ModelScope says the organization within its listing, which costs no request.
"""

import json
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from hubwatch.exchange import Answer, whole_json
from hubwatch.failures import BrokenPage, Refused
from hubwatch.http import Client
from hubwatch.hubs import huggingface
from hubwatch.pages import Page, PageFacts, SweepPages
from hubwatch.records import read_records
from hubwatch.settings import Settings
from hubwatch.store import transaction

SWEEP = "profiles"


class Overview(BaseModel):
    """A Hugging Face overview: an organization has `name`, a user has `user`."""

    model_config = ConfigDict(extra="ignore")
    name: str | None = None
    user: str | None = None
    fullname: str | None = None


def collect_profiles(client: Client, settings: Settings, day: date, namespaces: list[str], tell: Callable[[str], object]) -> int:
    """Keep the profile page of each Hugging Face namespace, a partition each; returns how many were found.

    A namespace whose page is kept already today is not asked again; one that neither route knows is passed over.
    """
    pages = SweepPages(settings.data, huggingface.NAME, day, SWEEP)
    held = set(pages.partitions())
    found = 0
    for namespace in namespaces:
        if namespace in held:
            continue
        for ask in huggingface.profile_asks(client, namespace):
            try:
                answer = client.ask(ask, _checked)
            except Refused as refusal:
                if refusal.status in (401, 403, 404):
                    continue
                raise
            facts = PageFacts(answer.url, answer.status, answer.at, 1, len(answer.body))
            pages.append(Page(facts, answer.body, namespace))
            found += 1
            break
        else:
            tell(f"{namespace}: no profile")
    return found


def _checked(answer: Answer) -> Answer:
    try:
        Overview.model_validate(whole_json(answer, huggingface.NAME))
    except ValidationError as error:
        raise BrokenPage(f"{huggingface.NAME}: {answer.url} is no profile ({error.errors()[0]['msg']})") from None
    return answer


def load_collected(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> int:
    """Take kept profile pages into `profiles`; returns how many."""
    rows: list[list[Any]] = []
    for page in pages.read():
        overview = Overview.model_validate(json.loads(page.body))
        kind = "user" if overview.user and not overview.name else "organization"
        rows.append([pages.hub, page.partition, overview.fullname, kind, pages.day])
    _replace(con, rows)
    return len(rows)


def load_listed(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> int:
    """Take the organizations that ModelScope names within its listing into `profiles`; returns how many."""
    if not pages.hub.startswith("modelscope") or not pages.segments():
        return 0
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
        rows = read_records(
            con,
            pages,
            Path(folder),
            """select record->>'$.Path', min(record->>'$.Organization.FullName') from record
               where json_type(record, '$.Organization.FullName') = 'VARCHAR' and record->>'$.Path' = record->>'$.Organization.Name'
               group by 1""",
        )
    _replace(con, [[pages.hub, namespace, full_name, "organization", pages.day] for namespace, full_name in rows if namespace])
    return len(rows)


def _replace(con: duckdb.DuckDBPyConnection, rows: list[list[Any]]) -> None:
    with transaction(con):
        for row in rows:
            con.execute("delete from profiles where hub = ? and namespace = ?", row[:2])
        if rows:
            con.executemany("insert into profiles values (?, ?, ?, ?, ?)", rows)
