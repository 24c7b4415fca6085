"""WiseModel's licenses: GitLab tells them only project by project (`?license=true`), so they are looked up within a budget.

A look-up is a page of the partition `licenses`, so that loading needs no network. What earlier sweeps looked up is
taken over as it was kept; a project is asked about again when it was active since.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from hubwatch.errors import BrokenPage, HubFailure, Refused
from hubwatch.hubs.paging import whole
from hubwatch.net import Answer, Ask, Client, lenient_json, whole_json
from hubwatch.pages import Kept, Page, PageFacts, SweepState

PARTITION = "licenses"
CODES = "codes/"  # code repositories, which are no listings
_UNKNOWN = "licenses are known of"


class Project(msgspec.Struct, frozen=True):
    """What of a kept project decides about its look-up."""

    id: int
    path: str
    created: datetime
    active: datetime


def path_of(record: object) -> str | None:
    """A project's owner/name as GitLab spells it, or None when the record does not say."""
    value = record.get("path_with_namespace") if isinstance(record, dict) else None
    return value if isinstance(value, str) else None


def projects(kept: Kept) -> Iterator[Project]:
    """The projects of this sweep's kept pages, code repositories among them; unreadable ones are left to the loader."""
    for partition in kept.pages.partitions():
        if partition in (PARTITION, "listing"):
            continue
        for page in kept.read(partition):
            listed = lenient_json(page.body)
            yield from (project for record in listed if (project := _project(record)) is not None)


def pages(client: Client, budget: int, kept: Kept, state: SweepState) -> Iterator[Page]:
    """Earlier look-ups of this sweep's projects that are not kept with it yet, then new ones, at most `budget`."""
    wanted = {project.id: project for project in projects(kept) if not project.path.startswith(CODES)}
    known = {looked_up.id: looked_up.active for _, looked_up in _looked_up(kept.read(PARTITION))}
    for page in _remembered(kept, wanted.keys() - known.keys()):
        project = _project(lenient_json(page.body))
        if project is not None and project.id not in known:
            known[project.id] = project.active
            yield page
    unknown = [project for project in wanted.values() if project.id not in known]
    stale = [project for project in wanted.values() if project.id in known and known[project.id] < project.active]
    asked = sorted(unknown, key=lambda project: project.created, reverse=True) + sorted(stale, key=lambda project: known[project.id])
    for page in _ask(client, asked[:budget], state):
        known[int(lenient_json(page.body)["id"])] = page.facts.at
        yield page
    state.notes = [note for note in state.notes if not note.startswith(_UNKNOWN)]
    if missing := wanted.keys() - known.keys():
        state.note(f"{_UNKNOWN} {len(wanted) - len(missing)} of {len(wanted)} projects; the next run looks up more")


def _remembered(kept: Kept, ids: set[int]) -> Iterator[Page]:
    """Look-ups of these projects kept by earlier sweeps, the latest first, back to the last full one that has some."""
    for sweep in kept.earlier() if ids else []:
        found = [page for page, project in _looked_up(sweep.read(PARTITION)) if project.id in ids]
        yield from reversed(found)
        if found and sweep.sweep == "full":
            return


def _looked_up(pages: Iterator[Page]) -> Iterator[tuple[Page, Project]]:
    for page in pages:
        project = _project(lenient_json(page.body))
        if project is not None:
            yield page, project


def _ask(client: Client, wanted: list[Project], state: SweepState) -> Iterator[Page]:
    """One page a look-up; a project that is gone meanwhile is passed over, other trouble ends the look-ups of this run."""

    def read(answer: Answer) -> Answer:
        found = whole_json(answer, client.hub)
        if _project(found) is None:
            raise BrokenPage(f"{client.hub}: {answer.ask} is no project")
        return answer

    for project in wanted:
        try:
            answer = client.ask(Ask(client.url(f"/api/v4/projects/{project.id}", [("license", "true")])), read)
        except Refused as refusal:
            if refusal.status in (403, 404):
                continue
            state.note(f"license look-ups ended: {refusal}")
            return
        except HubFailure as failure:
            state.note(f"license look-ups ended: {failure}")
            return
        yield Page(PageFacts(answer.url, answer.status, answer.at, 0, len(answer.body)), answer.body, PARTITION)


def _project(record: object) -> Project | None:
    if not isinstance(record, dict):
        return None
    path, number = path_of(record), whole(record.get("id"))
    if path is None or number is None:
        return None
    return Project(number, path, _instant(record.get("created_at")), _instant(record.get("last_activity_at")))


def _instant(value: object) -> datetime:
    """The instant in UTC; the beginning of time when unreadable."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else datetime.min
    except ValueError:
        at = datetime.min
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
