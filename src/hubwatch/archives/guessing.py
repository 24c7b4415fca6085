"""What the columns of an unknown table may mean, by their names and values. What they leave open is a question, never a guess."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from hubwatch.archives.mapping import windows_stated
from hubwatch.hubs import sites

Values = dict[str, list[str]]  # a column's first values that are not null, as text
ID_NAMES = (
    "id",
    "model_id",
    "modelid",
    "repo_id",
    "model",
    "repo",
    "repository",
    "model_name",
    "name",
    "full_name",
    "url",
    "model_url",
    "link",
)
_CERTAIN_NAMES = ("id", "model_id", "modelid", "repo_id")
_OWNERS = ("owner", "org", "organization", "author", "namespace", "repo", "user", "publisher")
_OWN_NAMES = ("name", "model_name", "model", "repo_name", "title")
_HUB_NAMES = ("hub", "site", "platform", "registry", "source")
_DAY_NAME = re.compile(r"(?i)(day|date|as_?of|(date|day)_?(crawl\w*|collect\w*|scrap\w*|fetch\w*|read|retriev\w*|snapshot)"
    r"|(crawl\w*|collect\w*|scrap\w*|fetch\w*|retriev\w*|snapshot|_?cached|seen|observed|recorded)(_?(date|day|at|on|time))?)")  # fmt: skip
_LIKES = ("likes", "like_count", "num_likes", "stars_or_likes")
_ATTRIBUTES = {
    "created_at": ("created_at", "createdat"),
    "modified_at": ("modified_at", "last_modified", "lastmodified"),
    "license_raw": ("license",),
    "task": ("pipeline_tag", "task"),
    "library": ("library_name", "library"),
    "base_models": ("base_models", "base_model"),
    "gated": ("gated",),
    "tags": ("tags",),
}
_ID = re.compile(r"[^/\s\[{\":]+/[^/\s]+")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_IN_NAME = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d|\d{8}|\d\d([-_.])\d\d\2\d{4})(?!\d)")
_NUMBER = re.compile(
    r"\d{1,3}(?P<mark>[.,' ])\d{3}((?P=mark)\d{3})*(?P<fraction>(?!(?P=mark))[.,]\d+)?"
)  # certain by a second group or a fraction


@dataclass
class Draft:
    """Lines of a mapping that are certain, those to answer, and what was not certain in words."""

    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    asked_counters: list[str] = field(default_factory=list)  # columns of downloads without a window
    attributes: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)


def in_toml(text: str) -> str:
    """The text in quotes, as TOML writes it."""
    escaped = "".join({"\\": "\\\\", '"': '\\"'}.get(one, one) if one.isprintable() else f"\\U{ord(one):08x}" for one in text)
    return f'"{escaped}"'


def hub_in(values: Iterable[str]) -> set[str]:
    """The hubs to which addresses among these values lead."""
    hosts = {(urlsplit(value).hostname or "").removeprefix("www.") for value in values if value.startswith(("http://", "https://"))}
    found = set()
    for name, site in sites().items():
        own = (urlsplit(site.address).hostname or "").removeprefix("www.")
        found |= {name} if hosts & {own, *site.other_hosts} else set()
    return found


def is_id(value: str) -> bool:
    """Whether the text may be a model's id or address."""
    return bool(_ID.fullmatch(value) and not _DATE.fullmatch(value)) or bool(hub_in([value]))


def id_columns(values: Values) -> list[str]:
    """The columns that hold ids, the likeliest first: by name, then by their values."""
    bases = {name for names in _ATTRIBUTES.values() for name in names}
    able = [own for own, seen in values.items() if _last(own) not in bases and _holds_ids(own, seen)]
    return sorted(able, key=lambda own: (ID_NAMES.index(_last(own)) if _last(own) in ID_NAMES else len(ID_NAMES), own.count(".")))


def _last(column: str) -> str:
    """The column's name, folded, with blanks as underscores; of a field inside others the last part."""
    return re.sub(r"[\s-]+", "_", column.strip().casefold().rpartition(".")[2])


def _holds_ids(column: str, seen: list[str]) -> bool:
    """Whether most values are ids; in a column that is named so, some are enough: old ids have no owner."""
    return sum(map(is_id, seen)) > (0 if _last(column) in _CERTAIN_NAMES else len(seen) / 2)


def _named(values: Values, names: Iterable[str]) -> str | None:
    folded = {_last(own): own for own in sorted(values, key=lambda own: -own.count("."))}  # of two the one less deep inside
    return next((folded[name] for name in names if name in folded), None)


def guess_identity(draft: Draft, values: Values) -> tuple[str, ...]:
    """Say where the id is; the columns it is in, none when that cannot be told."""
    found = id_columns(values)
    if found:
        draft.lines.append(f"model_id = {in_toml(found[0])}")
        if len(found) > 1:
            draft.unsure.append(f"{', '.join(found[1:])} may hold ids as well; {found[0]} is taken")
        return (found[0],)
    owner, name = _named(values, _OWNERS), _named(values, _OWN_NAMES)
    if owner and name and owner != name:
        draft.lines.append(f"model_id = {{ join = [{in_toml(owner)}, {in_toml(name)}] }}")
        draft.unsure.append(f"ids are joined of {owner} and {name}")
        return (owner, name)
    return ()


def guess_hub(draft: Draft, values: Values) -> str | None:
    """Say which hub the rows are of, or ask; the hub, where it is one."""
    column = _named(values, _HUB_NAMES)
    if column and values[column] and {one.lower() for one in values[column]} <= set(sites()):
        draft.lines.append(f"hub = {{ column = {in_toml(column)} }}")
        return None
    bases = {own for names in _ATTRIBUTES.values() for own in names}
    found = hub_in(one for own, seen in values.items() if own.casefold() not in bases for one in seen)
    if len(found) == 1:
        [hub] = found
        draft.lines.append(f'hub = {{ value = "{hub}" }}')
        draft.unsure.append(f"the hub is {hub} by the addresses in the file")
        return hub
    draft.questions.append(f'hub = {{ value = "" }}  # which hub: {", ".join(sites())}')
    return None


def guess_day(draft: Draft, values: Values, outer: dict[str, str], file: str) -> None:
    """Say where the day is that the counters were read on; ask where its parts can be read in two orders."""
    for column, seen in [*values.items(), *((own, [text]) for own, text in outer.items())]:
        if not _DAY_NAME.fullmatch(_last(column)) or not seen:
            continue
        if all(re.match(r"\d{4}-?\d\d-?\d\d(?!\d)", one) for one in seen):
            draft.lines.append(f"day = {{ column = {in_toml(column)} }}")
            draft.unsure.append(f"{column} is taken for the day on which the counters were read")
            return
        formats = [form for form in _formats(seen[0]) if all(_is_of(one, form) for one in seen)]
        if formats:
            _say_format(draft, f"column = {in_toml(column)}", formats)
            return
        draft.unsure.append(f'{column} may be the day on which the counters were read, and its form ("{seen[0]}") is not known')
    base = PurePosixPath(file).name
    found = _IN_NAME.findall(base)
    if len(found) == 1:
        said, mark = found[0]
        pattern = re.sub(r"\d+", lambda digits: f"[0-9]{{{len(digits[0])}}}", re.escape(said).replace(r"\-", "-"))
        place = f"file_name = {in_toml(f'({pattern})[^/]*$')}"
        if not mark and _is_date(said):
            draft.lines.append(f"day = {{ {place} }}")
            draft.unsure.append(f"the day is {said}, by the file's name")
            return
        if mark and (formats := [form for form in _formats(said) if _is_of(said, form)]):
            _say_format(draft, place, formats)
            return
    draft.lines.append("day = { given = true }  # the file does not state its day: give it with --day")


def _say_format(draft: Draft, place: str, formats: list[str]) -> None:
    if len(formats) == 1:
        draft.lines.append(f"day = {{ {place}, format = {in_toml(formats[0])} }}")
        return
    draft.questions.append(f'day = {{ {place}, format = "" }}  # in which order: {" or ".join(formats)}')


def _formats(text: str) -> list[str]:
    mark = next((letter for letter in text if not letter.isdigit()), "")
    year = "%Y" if re.search(r"\d{4}", text) else "%y"
    return [mark.join(order) for order in (("%d", "%m", year), ("%m", "%d", year), (year, "%m", "%d"))] if mark else []


def _is_of(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def guess_counters(draft: Draft, values: Values) -> None:
    """Say which columns are counters; the window of one whose name does not state it is a question."""
    for column in values:
        if "download" not in column.casefold() or not _is_counted(values[column]):
            continue
        stated = windows_stated((column,))
        name = {"30d": "downloads_30d", "total": "downloads_total"}[stated.pop()] if len(stated) == 1 else None
        if name is None:
            draft.asked_counters.append(column)
        elif any(line.startswith(name) for line in draft.counters):
            draft.unsure.append(f"{column} counts downloads over a window that another column has already; it is not read")
        else:
            draft.counters.append(f"{name} = {in_toml(column)}")
    likes = _named(values, _LIKES)
    if likes and _is_counted(values[likes]):
        draft.counters.append(f"likes = {in_toml(likes)}")
    if not draft.counters and not draft.asked_counters:
        draft.unsure.append("no column of downloads or likes is found; name them below [counters]")


def _is_counted(seen: list[str]) -> bool:
    return bool(seen) and sum(one[:1].isdigit() for one in seen) > len(seen) / 2


def guess_notation(draft: Draft, seen: list[str], twofold: list[str]) -> None:
    """Say how figures are written, or ask where two readings exist."""
    found = [match for one in seen if (match := _NUMBER.fullmatch(one)) and (match["fraction"] or one.count(match["mark"]) > 1)]
    if len({match["mark"] for match in found}) == 1:
        mark = found[0]["mark"]
        has_comma = mark == "." or any((match["fraction"] or "").startswith(",") for match in found)
        draft.lines += [f"thousands = {in_toml(mark)}", *(['decimal = ","'] if has_comma else [])]
    elif twofold:
        mark = next(letter for letter in twofold[0] if not letter.isdigit())
        draft.questions.append(
            f"thousands = {in_toml(mark)}  # is {twofold[0]} a whole number? If it is a fraction, write decimal = {in_toml(mark)} instead"
        )


def guess_attributes(draft: Draft, values: Values, ids: tuple[str, ...]) -> None:
    """Say which columns are attributes, by their names alone: of all fields inside others those beside the id, for others may be of its owner."""
    inside = ids[0].rpartition(".")[0]
    beside = {own: seen for own, seen in values.items() if own.rpartition(".")[0] in ("", inside)}
    for name, spellings in _ATTRIBUTES.items():
        if column := _named(beside, spellings):
            draft.attributes[name] = column
