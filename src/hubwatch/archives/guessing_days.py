"""Where an unknown table may have the day on which its counters were read: in a column, around its records, or in the file's name."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from hubwatch.archives.guessing import Draft, Values, in_toml, last_part
from hubwatch.clock import today
from hubwatch.errors import short

ReadDay = Callable[[str], date | None]  # the day that a text says without a format, as it will be read
_WHEN = (
    r"crawl\w*|collect\w*|scrap\w*|fetch\w*|retriev\w*|snapshot|cached|seen|observed|recorded|access\w*|pulled|queried|captured|extracted"
    r"|export\w*|dump\w*|run|record|report|as_?of|data"
)
_DAY_NAME = re.compile(
    rf"(?i)_*(day|date|ds|dt|datum|data_date|as_?of|timestamp|time|datetime|(date|day)_?({_WHEN}|read)"
    rf"|({_WHEN})(_?(date|day|at|on|time|ts|timestamp|utc))?)(_utc)?"
)
_OF_MODELS = re.compile(r"(?i)(creat|modif|updat|releas|publish|birth|upload|regist|expir|train|cutoff|commit|since|last)")
_YEARLY = r"\d{4}[-_.]\d\d[-_.]\d\d"
_IN_NAME = re.compile(rf"(?<!\d)({_YEARLY}|\d{{8}}|\d\d[-_.]\d\d[-_.]\d{{4}})(?!\d)")
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_SERIALS = range(42_000, 60_000)  # Excel's numbers of the days from 2014 to 2064
_FIRST = date(2016, 1, 1)  # before any hub of models
EXCEL = "excel"


def guess_day(draft: Draft, values: Values, outer: dict[str, str], file: str, read_day: ReadDay) -> None:
    """Say where the day is that the counters were read on; ask where its parts can be read in two orders."""
    columns = {**{own: [text] for own, text in outer.items()}, **values}
    for column, seen in columns.items():
        if _DAY_NAME.fullmatch(last_part(column)) and seen and _said(draft, column, seen, read_day):
            return
    for column, seen in columns.items():
        if seen and not _DAY_NAME.fullmatch(last_part(column)) and not _OF_MODELS.search(column) and _are_days(seen[:20], read_day):
            draft.unsure.append(f"{column} holds days; if the counters were read on them, write day = {{ column = {in_toml(column)} }}")
    if not _said_by_name(draft, file):
        draft.lines.append("day = { given = true }  # the file does not state its day: give it with --day")


def _said(draft: Draft, column: str, seen: list[str], read_day: ReadDay) -> bool:
    """Say that this column is the day, or in which orders it can be read; False where its form is not known."""
    if _are_days(seen, read_day):
        draft.lines.append(f"day = {{ column = {in_toml(column)} }}")
        draft.unsure.append(f"{column} is taken for the day on which the counters were read")
        return True
    formats = [form for form in _formats(seen[0]) if all(_is_of(one, form) for one in seen)]
    if formats:
        _say_format(draft, f"column = {in_toml(column)}", formats)
        return True
    if all(re.fullmatch(r"\d{5}(\.\d+)?", one) and int(one[:5]) in _SERIALS for one in seen):
        draft.lines.append(f'day = {{ column = {in_toml(column)}, format = "{EXCEL}" }}')
        draft.unsure.append(f"{column} is taken for the day on which the counters were read, as Excel numbers days ({seen[0]})")
        return True
    draft.unsure.append(f'{column} may be the day on which the counters were read, and its form ("{short(seen[0])}") is not known')
    return False


def _are_days(seen: list[str], read_day: ReadDay) -> bool:
    """Whether each of these texts says a day without a format: a number alone only where it has eight digits or counts from 1970."""
    if not all(re.search(r"\d{4}|\d\d[- ,]", one) and (not one.isdigit() or len(one) in (8, 10, 13, 16, 19)) for one in seen):
        return False
    return all(day is not None and _is_possible(day) for one in set(seen) for day in [read_day(one)])


def _said_by_name(draft: Draft, file: str) -> bool:
    """Say that the file's name, else the folder that it is in, has the day; False where it has none or several."""
    path = PurePosixPath(file)
    for part, after in ((path.name, "[^/]*$"), (path.parent.name, "[^/]*/[^/]*$")):
        found = _IN_NAME.findall(part)
        if len(found) != 1:
            continue
        said = found[0]
        pattern = re.sub(r"\d+", lambda digits: f"[0-9]{{{len(digits[0])}}}", re.escape(said).replace(r"\-", "-"))
        place = f"file_name = {in_toml(f'({pattern}){after}')}"
        if re.fullmatch(r"\d{8}|\d{4}-\d\d-\d\d", said):
            if not _is_of(said, "%Y%m%d" if said.isdigit() else "%Y-%m-%d"):
                continue
            draft.lines.append(f"day = {{ {place} }}")
            draft.unsure.append(f"the day is {said}, by the file's {'name' if part == path.name else 'folder'}")
            return True
        if formats := [form for form in _formats(said) if _is_of(said, form)]:
            _say_format(draft, place, formats)
            return True
    return False


def _say_format(draft: Draft, place: str, formats: list[str]) -> None:
    if len(formats) == 1:
        draft.lines.append(f"day = {{ {place}, format = {in_toml(formats[0])} }}")
        return
    draft.questions.append(f'day = {{ {place}, format = "" }}  # in which order: {" or ".join(formats)}')


def _formats(text: str) -> list[str]:
    """The formats that a text of three numbers may have, with a time behind it or without."""
    parts = re.match(r"(\d{1,4})([-/._])\d{1,2}\2(\d{1,4})", text)
    if parts is None:
        return []
    year = "%Y" if len(parts[1]) == 4 or len(parts[3]) == 4 else "%y"
    orders = ((year, "%m", "%d"),) if len(parts[1]) == 4 else (("%d", "%m", year), ("%m", "%d", year), (year, "%m", "%d"))
    return [parts[2].join(order) + time for order in orders for time in _TIMES]


def _is_of(text: str, form: str) -> bool:
    try:
        return _is_possible(datetime.strptime(text, form).date())
    except ValueError:
        return False


def _is_possible(day: date) -> bool:
    return _FIRST <= day <= today() + timedelta(days=1)
