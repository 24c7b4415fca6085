"""Files that are copies of another repository's one file, from different commits of it: the day of each is that of the commit with the same content."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_NEAR = timedelta(days=14)  # between a file's label and the commit it was copied from


@dataclass(frozen=True)
class Commit:
    """A commit of the file that others are copies of."""

    id: str
    day: date


def days_of_copies(
    copies: Iterable[tuple[str, str | None]], commits: list[Commit], content_at: Callable[[str], str | None]
) -> dict[str, date]:
    """By name the day of each copy (name, hash) whose content a commit has; `content_at` gives the file's hash at a commit.

    Looked at are the commits near the date in a copy's name, the latest in the seven days from it on first, and all that were looked at
    for other copies: where the repository stood still, a copy repeats an older one.
    """
    known: dict[str, date] = {}  # by hash
    seen: set[str] = set()
    found = {}
    for name, content in copies:
        label = _label(name)
        for commit in sorted(commits, key=lambda one: _rank(one.day, label)):
            if content is None or content in known:
                break
            if commit.id in seen or (label is not None and abs(commit.day - label) > _NEAR):
                continue
            seen.add(commit.id)
            if (own := content_at(commit.id)) is not None:
                known[own] = min(commit.day, known.get(own, commit.day))
        if content in known:
            found[name] = known[content]
    return found


def _label(name: str) -> date | None:
    labels = re.findall(r"\d{4}-\d\d-\d\d", name)
    try:
        return date.fromisoformat(labels[-1]) if labels else None
    except ValueError:
        return None


def _rank(day: date, label: date | None) -> tuple[bool, int]:
    """Commits of the week that the label begins come first, the last of it before the others."""
    if label is None:
        return False, -day.toordinal()
    end = label.toordinal() + 6
    return day.toordinal() > end, abs(end - day.toordinal())
