"""Where an unknown table may have the day on which its counters were read: in a column, around its records, or in the file's name."""

import contextlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from hubwatch.archives.dates import EXCEL, DayFrom
from hubwatch.archives.day_columns import counted_by
from hubwatch.archives.guessing import Draft, Values, in_toml, last_part
from hubwatch.archives.guessing_counters import is_counted
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
_MONTH_NAME = re.compile(r"(?i)((year_?)?month|month_?year|ym|yyyymm|period|month_?(of|end|start|ending)?|(data|report|snapshot)_?month)")
_OF_MODELS = re.compile(r"(?i)(creat|modif|updat|releas|publish|birth|upload|regist|expir|train|cutoff|commit|since|last)")
_YEARLY = r"\d{4}[-_.]\d\d[-_.]\d\d"
_IN_NAME = re.compile(rf"(?<!\d)({_YEARLY}|\d{{8}}|\d\d[-_.]\d\d[-_.]\d{{4}})(?!\d)")
_WRITTEN = (  # how a column's name writes a day, or a month, with the formats that it may mean
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", ()),
    (r"20[0-9]{6}", ()),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", ("%Y-%m-%d",)),
    (r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}", ("%Y/%m/%d",)),
    (r"[0-9]{4}[.][0-9]{1,2}[.][0-9]{1,2}", ("%Y.%m.%d",)),
    (r"[0-9]{4}_[0-9]{1,2}_[0-9]{1,2}", ("%Y_%m_%d",)),
    (r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日", ("%Y年%m月%d日",)),
    *((rf"[0-9]{{1,2}}{mark}[0-9]{{1,2}}{mark}[0-9]{{{digits}}}", tuple(form.replace("-", mark.strip("[]")) for form in orders))
      for mark in ("-", "/", "[.]", "_") for digits, orders in ((4, ("%d-%m-%Y", "%m-%d-%Y")), (2, ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d")))),
    (r"[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{4}", ("%d-%b-%Y", "%d %b %Y", "%d %B %Y")),
    (r"[0-9]{1,2}-[A-Za-z]{3}-[0-9]{2}", ("%d-%b-%y",)),
    (r"[A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4}", ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")),
    (r"[0-9]{4}-[0-9]{2}", ("%Y-%m",)),
    (r"[0-9]{4}/[0-9]{2}", ("%Y/%m",)),
    (r"[0-9]{4}_[0-9]{2}", ("%Y_%m",)),
    (r"[0-9]{4}[.][0-9]{2}", ("%Y.%m",)),
    (r"20[0-9]{4}", ("%Y%m",)),
    (r"[0-9]{2}/[0-9]{4}", ("%m/%Y",)),
    (r"[0-9]{2}-[0-9]{4}", ("%m-%Y",)),
    (r"[A-Za-z]{3,9}[- _][0-9]{4}", ("%b-%Y", "%b %Y", "%B %Y", "%b_%Y", "%B_%Y")),
    (r"[A-Za-z]{3}[- ][0-9]{2}", ("%b-%y", "%b %y")),
    (r"[0-9]{4}年[0-9]{1,2}月", ("%Y年%m月",)),
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_SERIALS = range(42_000, 60_000)  # Excel's numbers of the days from 2014 to 2064
_FIRST = date(2016, 1, 1)  # before any hub of models


def guess_day(draft: Draft, values: Values, outer: dict[str, str], file: str, read_day: ReadDay) -> None:
    """Say where the day is that the counters were read on; ask where its parts can be read in two orders."""
    columns = {**{own: [text] for own, text in outer.items()}, **values}
    for column, seen in columns.items():
        if is_day_name(column) and seen and _said(draft, column, seen, read_day):
            return
    for column, seen in columns.items():
        if _MONTH_NAME.fullmatch(last_part(column)) and seen and _said_by_months(draft, column, seen):
            return
    for column, seen in columns.items():
        if seen and not is_day_name(column) and not _OF_MODELS.search(column) and _are_days(seen[:20], read_day):
            draft.unsure.append(f"{column} holds days; if the counters were read on them, write day = {{ column = {in_toml(column)} }}")
    if not _said_by_name(draft, file):
        draft.lines.append("day = { given = true }  # the file does not state its day: give it with --day")


def guess_day_columns(draft: Draft, columns: Iterable[str]) -> DayFrom | None:
    """Say that columns are days, by their names; ask in which order their parts are, and which day a month's is. None where they are not."""
    found = _dated_alike(list(columns), "column_names")
    if found is None:
        return None
    draft.unsure.append("the table has a column for each day, and is read as a row for each model and day; an empty cell is no observation")
    return _say_dated(draft, "column_names", *found)


def guess_day_sheets(draft: Draft, sheets: list[str]) -> list[str]:
    """Say that the sheets of a workbook are days, by their names; these sheets, none where they are not."""
    found = _dated_alike(sheets, "file_name")
    if found is None:
        return []
    days = [one for one in sheets if re.search(found[0], one)]
    draft.unsure.append(f"each of {len(days)} sheets is read as the day in its name; only {days[0]} was looked at")
    if rest := [one for one in sheets if one not in days]:
        draft.unsure.append(f"{', '.join(rest)} {'are' if len(rest) > 1 else 'is'} not read: the name has no day")
    _say_dated(draft, "file_name", *found)
    return days


def is_day_name(column: str) -> bool:
    """Whether a column is named like the day on which counters were read."""
    return _DAY_NAME.fullmatch(last_part(column)) is not None


def _dated_alike(names: list[str], of: str) -> tuple[str, list[str]] | None:
    """A pattern for the dates in names that have one, with the formats they may be of; None unless several have."""
    for form, formats in _WRITTEN:
        alone = rf"(?<![0-9])(?<![0-9][-/.])({form})(?![0-9]|[-/._][0-9])"
        found = {own: match for own in names if (match := re.search(alone, own))}
        is_named = of == "column_names" and any(is_counted(counted_by(own, match)) for own, match in found.items())
        if not found or (len(found) == 1 and (formats or not is_named)):
            continue
        read = {one: [_day_of(match[1], one) for match in found.values()] for one in formats or ("",)}
        able = [one for one, days in read.items() if all(days) and one == next(first for first in read if read[first] == days)]
        able = [one for one in able if all(day and _is_possible(day) for day in read[one])] or able[:1]
        if able:
            plain = all(re.findall(form, own) == ([match[1]] if (match := found.get(own)) else []) for own in names)
            return (f"({form})" if plain else alone), able
    return None


def _say_dated(draft: Draft, of: str, pattern: str, formats: list[str]) -> DayFrom:
    """Say how the day is in names; ask in which order its parts are, and which day a month's is."""
    place, of_months = f"{of} = {in_toml(pattern)}", "%d" not in formats[0] and formats[0] != ""
    if of_months:
        draft.questions.append(
            f'day = {{ {place}, format = {in_toml(formats[0])}, day_of_month = "" }}'
            f'  # each {of.partition("_")[0].replace("file", "sheet")} is a month: on which day of it were the counters read, "first" or "last"?'
        )
    elif formats[0]:
        _say_format(draft, place, formats)
    else:
        draft.lines.append(f"day = {{ {place} }}")
    stated = {of: pattern, "format": formats[0] or None, "day_of_month": "first" if of_months else None}
    return DayFrom.model_validate(stated)


def _day_of(text: str, form: str) -> date | None:
    """The day that a text says in this format, as ISO without one."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, form).date() if form else date.fromisoformat(text)
    return None


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


def _said_by_months(draft: Draft, column: str, seen: list[str]) -> bool:
    """Ask which day of its months this column means; False where it does not hold months."""
    forms = (one for form, formats in _WRITTEN for one in formats if "%d" not in one and all(re.fullmatch(form, text) for text in seen))
    form = next((one for one in forms if all(_is_of(text, one) for text in seen)), None)
    if form is not None:
        draft.questions.append(
            f'day = {{ column = {in_toml(column)}, format = {in_toml(form)}, day_of_month = "" }}'
            '  # on which day of the month were the counters read, "first" or "last"?'
        )
    return form is not None


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
    day = _day_of(text, form)
    return day is not None and _is_possible(day)


def _is_possible(day: date) -> bool:
    return _FIRST <= day <= today() + timedelta(days=1)
