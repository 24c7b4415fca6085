"""What hubs' own profile pages say of namespaces: asked within a budget, kept as pages, loaded into `profiles`.

Hugging Face has a profile route; ModelScope says the organization within its listing, which costs no request.
Kept profiles belong to no sweep of listings: each namespace is a partition of the day's pages `profiles`.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
from pydantic import BaseModel, BeforeValidator, ConfigDict

from hubwatch.clock import now
from hubwatch.errors import BrokenPage, PageDamage, Refused
from hubwatch.hubs.huggingface import walk as huggingface
from hubwatch.load.records import read_records
from hubwatch.load.sweep import MEMORY, THREADS
from hubwatch.net import Answer, Client, lenient_json, whole_json
from hubwatch.pages import Page, PageFacts, SweepPages, kept_beside, partition_of, read_segment
from hubwatch.settings import Settings
from hubwatch.store import in_room, transaction

SWEEP = "profiles"
ASKED_AGAIN = timedelta(days=90)  # a profile is rarely changed, and what it does not tell today it does not tell tomorrow


def _storable(value: object) -> object:
    """Text with U+FFFD in place of halves of surrogate pairs, which cannot be stored."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


_Text = Annotated[str | None, BeforeValidator(_storable)]


class Overview(BaseModel):
    """A Hugging Face overview: an organization has `name`, a user has `user`."""

    model_config = ConfigDict(extra="ignore")
    name: _Text = None
    user: _Text = None
    fullname: _Text = None


def collect_profiles(client: Client, settings: Settings, day: date, namespaces: list[str]) -> int:
    """Keep what the hub says of each Hugging Face namespace's profile, a partition each; returns how many have one.

    Also that neither route knows it is kept, as the hub said it, so that it is not asked about again tomorrow.
    """
    pages = SweepPages(settings.data, huggingface.NAME, day, SWEEP)
    held = set(pages.partitions())
    return sum(_keep_profile(client, pages, namespace) for namespace in namespaces if namespace not in held)


def _keep_profile(client: Client, pages: SweepPages, namespace: str) -> bool:
    for ask in huggingface.profile_asks(client, namespace):
        try:
            answer = client.ask(ask, _checked)
        except Refused as refusal:
            if refusal.status not in (401, 403, 404) or (refusal.status == 401 and client.has_token):
                raise  # a token that is not accepted says nothing of the namespace
            facts, body = PageFacts(ask.url, refusal.status, now(), 0, len(refusal.body)), refusal.body
        else:
            facts, body = PageFacts(answer.url, answer.status, answer.at, 1, len(answer.body)), answer.body
            break
    pages.append(Page(facts, body, namespace))
    return facts.records > 0


def asked_lately(data: Path, day: date) -> set[str]:
    """The namespaces whose profiles were asked for within the 90 days before, whatever the answer."""
    return {
        namespace
        for pages in kept_beside(data, huggingface.NAME, SWEEP)
        if pages.day > day - ASKED_AGAIN
        for namespace in pages.partitions()
    }


def _checked(answer: Answer) -> Answer:
    if not isinstance(whole_json(answer, huggingface.NAME), dict):
        raise BrokenPage(f"{huggingface.NAME}: {answer.url} is no profile")
    return answer


def load_kept(con: duckdb.DuckDBPyConnection, data: Path) -> list[str]:
    """Take kept Hugging Face profiles into `profiles` that are later than those it holds; returns what cannot be read and is passed over."""
    held: dict[str, date] = dict(
        con.execute("select namespace, max(fetched_on) from profiles where hub = ? group by all", [huggingface.NAME]).fetchall()
    )
    rows: dict[str, list[Any]] = {}
    remarks = []
    for pages in kept_beside(data, huggingface.NAME, SWEEP):
        later = {namespace for namespace in pages.partitions() if held.get(namespace, date.min) < pages.day}
        for path in [path for path in pages.segments() if partition_of(path) in later] if later else ():
            try:
                rows |= {page.partition: _row(pages.day, page.partition, page.body) for page in read_segment(path) if page.facts.records}
            except (ValueError, PageDamage):  # judging does without
                remarks.append(f"the profile of {partition_of(path)} kept on {pages.day} cannot be read and is passed over")
    _replace(con, list(rows.values()))
    return remarks


def _row(day: date, namespace: str, body: bytes) -> list[Any]:
    overview = Overview.model_validate(lenient_json(body))
    kind = "user" if overview.user and not overview.name else "organization"
    return [huggingface.NAME, namespace, overview.fullname, kind, day]


_LISTED = """select record->>'$.Path', min(record->>'$.Organization.FullName') from record
  where json_type(record, '$.Organization.FullName') = 'VARCHAR' and record->>'$.Path' = record->>'$.Organization.Name' group by 1"""


def load_listed(con: duckdb.DuckDBPyConnection, pages: SweepPages) -> int:
    """Take the organizations that ModelScope names within its listing into `profiles`; returns how many."""
    if not pages.hub.startswith("modelscope") or not pages.segments():
        return 0
    with tempfile.TemporaryDirectory(prefix="hubwatch-") as folder:
        still = pages.still(Path(folder))
        # as much room as loading had: what it could read is never too much here
        rows = in_room(con, MEMORY, THREADS, lambda: read_records(con, still, Path(folder), _LISTED))
    _replace(con, [[pages.hub, namespace, full_name, "organization", pages.day] for namespace, full_name in rows if namespace])
    return len(rows)


def _replace(con: duckdb.DuckDBPyConnection, rows: list[list[Any]]) -> None:
    with transaction(con):
        for row in rows:
            con.execute("delete from profiles where hub = ? and namespace = ?", row[:2])
        if rows:
            con.executemany("insert into profiles (hub, namespace, full_name, account_type, fetched_on) values (?, ?, ?, ?, ?)", rows)
