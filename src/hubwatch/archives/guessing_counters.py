"""Which columns of an unknown table may be counters, and how their figures are written."""

import re
from collections.abc import Iterable

from hubwatch.archives.guessing import Draft, Values, in_toml, last_part, named
from hubwatch.archives.mapping import windows_stated
from hubwatch.errors import short

_LIKES = ("likes", "like_count", "likes_count", "num_likes", "nb_likes", "stars_or_likes", "hearts", "stars", "favorites")
_NAMELESS = ("value", "count", "counts", "dl", "dls", "pulls", "installs")
_FIGURES = ("amount", "number", "n", "figure", "metric_value", "measurement")  # where another column says of what
_MOST_UNITS = 20  # different words in a column that says what a row counts
_DERIVED = re.compile(r"(?i)(share|percent|pct|rank|growth|delta|change|diff|ratio|trend|avg|average|mean|median|score|velocity)")
_OTHER_WINDOW = re.compile(
    r"(?i)(dail|per_?day|24_?h|(?<!\d)(1|7|14|60|90|180|365)_?d(?![a-z0-9])|(?<!\d)(7|14|60|90|180|365)_?days?|week|quarter|year)"
)
_NUMBER = re.compile(
    r"\d{1,3}(?P<mark>[.,' ])\d{3}((?P=mark)\d{3})*(?P<fraction>(?!(?P=mark))[.,]\d+)?"
)  # certain by a second group or a fraction
_BY_LAKH = re.compile(r"\d{1,2}(,\d{2})+,\d{3}")
_COMMA_FRACTION = re.compile(r"(?i)(\d+,(\d{1,2}|\d{4,})|\d{4,},\d+|\d+,\d{1,2}\s*(k|m|b|bn|mn|thousand|million|billion))")
_FIGURE = re.compile(r"[~≈<>≥≤+-]?\s*\d")


def guess_counters(draft: Draft, values: Values, of_days: tuple[str, ...] = ()) -> list[str]:
    """Say which columns are counters; the window of one whose name does not state it is a question. Returns these columns.

    `of_days`: what columns count that are days, where there are such. Then any other counter is of no known day.
    """
    taken = []
    if of_days:
        undated = [own for own in values if own not in of_days and is_counted(own) and _no_counter(own, values[own]) is None]
        draft.unsure += [f"{own} is of no stated day; it is not read" for own in undated]
        values = {own: values[own] for own in of_days}
    for column in values:
        if "download" not in column.casefold() or not values[column]:
            continue
        if why := _no_counter(column, values[column]):
            draft.unsure.append(f"{column} {why}; it is not read")
            continue
        taken.append(column)
        stated = windows_stated((column,))
        name = {"30d": "downloads_30d", "total": "downloads_total"}[stated.pop()] if len(stated) == 1 else None
        if name is None:
            draft.asked_counters[column] = f"column = {in_toml(column)}"
        elif any(line.startswith(name) for line in draft.counters):
            draft.unsure.append(f"{column} counts downloads over a window that another column has already; it is not read")
        else:
            draft.counters.append(f"{name} = {in_toml(column)}")
    likes = named(values, _LIKES)
    if likes and _no_counter(likes, values[likes]) is None:
        draft.counters.append(f"likes = {in_toml(likes)}")
        taken.append(likes)
    if not draft.counters and not draft.asked_counters:
        nameless = named(values, _NAMELESS) or (of_days[0] if len(of_days) == 1 else None)
        if nameless and _no_counter(nameless, values[nameless]) is None:
            draft.asked_counters[nameless] = f"column = {in_toml(nameless)}"
            draft.unsure.append(f"nothing names what {nameless} counts; if it is not downloads, correct [counters]")
            return [nameless]
        draft.unsure.append("no column of downloads or likes is found; name them below [counters]")
    return taken


def guess_units(draft: Draft, values: Values, ids: tuple[str, ...]) -> list[str]:
    """Of a table with a row for each counter of a model, say which rows are which; the column of their figures, none of any other table."""
    figures = named(values, (*_NAMELESS, *_FIGURES))
    if figures is None or _no_counter(figures, values[figures]) or any("download" in last_part(own) for own in values):
        return []
    for column, seen in values.items():
        units = list(dict.fromkeys(seen))
        counted = [unit for unit in units if last_part(unit) in _LIKES or ("download" in unit.casefold() and not _DERIVED.search(unit))]
        if column in (*ids, figures) or not counted or len(units) > min(_MOST_UNITS, len(seen) - 1):
            continue
        taken = [unit for unit in counted if _say_unit(draft, f"column = {in_toml(figures)}, unit_column = {in_toml(column)}", unit)]
        if others := [unit for unit in units if unit not in taken]:
            draft.lines.append(f"only = {{ column = {in_toml(column)}, values = [{', '.join(map(in_toml, taken))}] }}")
            draft.unsure.append(f"rows whose {column} is {', '.join(map(short, others))} are not read")
        draft.unsure.append(f"{column} says what the {figures} of a row is; the rows of a model are read as one")
        return [figures]
    return []


def _say_unit(draft: Draft, place: str, unit: str) -> bool:
    """Say, or ask, which counter a unit is; False where it counts over another window, or another unit is that counter."""
    inner = f"{place}, units = [{in_toml(unit)}]"
    if last_part(unit) in _LIKES:
        name: str | None = "likes"
    elif _OTHER_WINDOW.search(unit) and not windows_stated((unit,)):
        return False
    else:
        stated = windows_stated((unit,))
        name = {"30d": "downloads_30d", "total": "downloads_total"}[stated.pop()] if len(stated) == 1 else None
    if name is None:
        draft.asked_counters[unit] = inner
    elif any(line.startswith(f"{name} ") for line in draft.counters):
        return False
    else:
        draft.counters.append(f"{name} = {{ {inner} }}")
    return True


def is_counted(column: str) -> bool:
    """Whether a column is named like a counter."""
    return "download" in column.casefold() or last_part(column) in (*_LIKES, *_NAMELESS)


def _no_counter(column: str, seen: list[str]) -> str | None:
    """Why a column is not a counter over 30 days or all time; None where it may be."""
    if any(one.endswith("%") for one in seen):
        return "is a share in percent, not a count"
    figures = [one for one in seen if _FIGURE.match(one)]
    odd = [one for one in seen if one not in figures and re.search(r"[\d/]", one)]
    if not figures or odd:
        return f'is not a number ("{short((odd or seen)[0])}")' if seen else "is empty"
    if _DERIVED.search(column):
        return "is named like a figure made of counters, not a counter"
    if _OTHER_WINDOW.search(last_part(column)) and not windows_stated((column,)):
        return "counts over another window than 30 days or all time"
    return None


def guess_notation(draft: Draft, seen: list[str], twofold: list[str]) -> None:
    """Say how figures are written, or ask where two readings exist."""
    found = [match for one in seen if (match := _NUMBER.fullmatch(one)) and (match["fraction"] or one.count(match["mark"]) > 1)]
    if len({match["mark"] for match in found}) == 1:
        mark = found[0]["mark"]
        has_comma = mark == "." or any((match["fraction"] or "").startswith(",") for match in found)
        draft.lines += [f"thousands = {in_toml(mark)}", *(['decimal = ","'] if has_comma else [])]
    elif any(map(_BY_LAKH.fullmatch, seen)):
        draft.lines.append('thousands = ","')
    elif any(map(_COMMA_FRACTION.fullmatch, seen)):
        draft.lines.append('decimal = ","')
    elif twofold:
        mark = next(letter for letter in twofold[0] if not letter.isdigit())
        draft.questions.append(
            f"thousands = {in_toml(mark)}  # is {twofold[0]} a whole number? If it is a fraction, write decimal = {in_toml(mark)} instead"
        )


def guess_nulls(draft: Draft, figures: Iterable[str]) -> None:
    """Ask whether words among figures mean that nothing is stated."""
    words = sorted({one for one in figures if not re.search(r"\d", one)})
    if words:
        draft.questions.append(
            f"nulls = [{', '.join(map(in_toml, words[:10]))}]  # stand among the counters: do they mean that nothing is stated?"
        )
