"""What the columns of an unknown table may mean, by their names and values. What they leave open is a question, never a guess."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hubwatch.archives.addresses import link_in
from hubwatch.archives.ids import KIND_NAMES, OTHER_KINDS
from hubwatch.errors import DayFailure, UsageError
from hubwatch.hubs import HUBS, named_site, sites

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
_OWNERS = ("owner", "org", "organization", "organisation", "author", "namespace", "repo", "user", "username", "publisher", "creator",
    "provider", "vendor", "developer", "company", "owner_name", "org_name", "author_name", "user_name", "path")  # fmt: skip
_OWN_NAMES = ("name", "model_name", "model", "repo_name", "title")
_HUB_NAMES = ("hub", "site", "platform", "registry", "source")
_LIKES = ("likes", "like_count", "num_likes", "stars_or_likes")
_ATTRIBUTES = {
    "created_at": ("created_at", "createdat", "created"),
    "modified_at": ("modified_at", "last_modified", "lastmodified"),
    "license_raw": ("license", "licence"),
    "task": ("pipeline_tag", "task"),
    "library": ("library_name", "library"),
    "base_models": ("base_models", "base_model"),
    "gated": ("gated",),
    "tags": ("tags",),
}
_CARDS = ("cardData", "card_data", "carddata")  # objects of a record in which the hub has a model's license and bases
_ID = re.compile(r"[^/\s\[{\":;,|^]+/[^/\s\":;,|^]+")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_RESERVED = {"api", "models", "datasets", "spaces", "docs", "blog", "papers", "collections", "tasks", "organizations"}


@dataclass
class Draft:
    """Lines of a mapping that are certain, those to answer, and what was not certain in words."""

    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    asked_counters: dict[str, str] = field(default_factory=dict)  # downloads without a window, with where they are, in TOML
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
    value = link_in(value)
    return bool(_ID.fullmatch(value) and not _DATE.fullmatch(value)) or (bool(hub_in([value])) and _has_two_parts(value))


def _has_two_parts(address: str) -> bool:
    parts = [part for part in urlsplit(address).path.split("/") if part]
    while parts and parts[0] in ("api", "models"):
        del parts[0]
    return len(parts) > 1 and parts[0] not in _RESERVED


def id_columns(values: Values) -> list[str]:
    """The columns that hold ids, the likeliest first: by name, then by their values."""
    bases = {name for names in _ATTRIBUTES.values() for name in names}
    able = [own for own, seen in values.items() if last_part(own) not in bases and _holds_ids(own, seen)]
    return sorted(able, key=lambda own: (ID_NAMES.index(last_part(own)) if last_part(own) in ID_NAMES else len(ID_NAMES), own.count(".")))


def last_part(column: str) -> str:
    """The column's name, folded, with blanks as underscores; of a field inside others the last part."""
    return re.sub(r"[\s-]+", "_", column.strip().casefold().rpartition(".")[2])


def _holds_ids(column: str, seen: list[str]) -> bool:
    """Whether most values are ids; in a column that is named so, some are enough: old ids have no owner."""
    return sum(map(is_id, seen)) > (0 if last_part(column) in _CERTAIN_NAMES else len(seen) / 2)


def named(values: Values, names: Iterable[str]) -> str | None:
    """The column that has the first of these names that any has; None where none has."""
    folded = {last_part(own): own for own in sorted(values, key=lambda own: -own.count("."))}  # of two the one less deep inside
    return next((folded[name] for name in names if name in folded), None)


def guess_identity(draft: Draft, values: Values) -> tuple[str, ...]:
    """Say where the id is; the columns it is in, none when that cannot be told."""
    found = id_columns(values)
    if found:
        draft.lines.append(f"model_id = {in_toml(found[0])}")
        if len(found) > 1:
            draft.unsure.append(f"{', '.join(found[1:])} may hold ids as well; {found[0]} is taken")
        return (found[0],)
    owner, name = named(values, _OWNERS), named(values, _OWN_NAMES)
    if owner and name and owner != name and _are_joined(values[owner], values[name]):
        draft.lines.append(f"model_id = {{ join = [{in_toml(owner)}, {in_toml(name)}] }}")
        draft.unsure.append(f"ids are joined of {owner} and {name}")
        return (owner, name)
    return ()


def _are_joined(owners: list[str], names: list[str]) -> bool:
    """Whether most pairs of these would be ids."""
    pairs = list(zip(owners, names, strict=False))
    return 2 * sum(is_id(f"{owner}/{name}") for owner, name in pairs) > len(pairs)


def guess_hub(draft: Draft, values: Values, outer: dict[str, str]) -> str | None:
    """Say which hub the rows are of, or ask; the hub, where it is one."""
    around = {key: [text] for key, text in outer.items()}
    for column, seen in [(own, values[own]) for own in [named(values, _HUB_NAMES)] if own] + list(around.items()):
        if last_part(column) in _HUB_NAMES and (line := _hub_column(column, set(seen))):
            (draft.questions if '""' in line else draft.lines).append(line)
            return None
    bases = {own for names in _ATTRIBUTES.values() for own in names}
    found = hub_in(link_in(one) for own, seen in values.items() if own.casefold() not in bases for one in seen)
    if len(found) == 1:
        [hub] = found
        draft.lines.append(f'hub = {{ value = "{hub}" }}')
        draft.unsure.append(f"the hub is {hub} by the addresses in the file")
        return hub
    draft.questions.append(f'hub = {{ value = "" }}  # which hub: {", ".join(sites())}')
    return None


def _hub_column(column: str, seen: set[str]) -> str | None:
    """The line for a column of hubs; with a gap for a name that is not known. None where none of its values is a hub."""
    known = {one: _site(one) for one in sorted(seen)}
    if not any(known.values()):
        return None
    other = [f"{in_toml(one)} = {in_toml(site or '')}" for one, site in known.items() if site is None or one.casefold() != site]
    return f"hub = {{ column = {in_toml(column)}{', values = { ' + ', '.join(other) + ' }' if other else ''} }}"


def _site(text: str) -> str | None:
    try:
        return named_site(text).name
    except UsageError:
        return None


def guess_kind(draft: Draft, values: Values) -> None:
    """Leave out the rows that a column of kinds says are of data sets or Spaces."""
    column = named(values, KIND_NAMES)
    seen = {one.casefold() for one in values[column]} if column else set()
    if column and seen & OTHER_KINDS:
        own = sorted(seen - OTHER_KINDS)
        if not own:
            raise DayFailure(f"every row is of {' or '.join(sorted(seen))}, by its {column}. Only lists of models can be read")
        draft.lines.append(f"only = {{ column = {in_toml(column)}, values = [{', '.join(map(in_toml, own))}] }}")
        draft.unsure.append(f"rows whose {column} is {' or '.join(sorted(seen & OTHER_KINDS))} are left out: only models are loaded")


def guess_attributes(draft: Draft, values: Values, ids: tuple[str, ...]) -> None:
    """Say which columns are attributes, by their names alone: of all fields inside others those beside the id, for others may be of its owner."""
    inside = ids[0].rpartition(".")[0]
    cards = {f"{before}{card}" for card in _CARDS for before in ("", f"{inside}." if inside else "")}
    beside = {own: seen for own, seen in values.items() if own.rpartition(".")[0] in ("", inside, *cards)}
    for name, spellings in _ATTRIBUTES.items():
        if column := named(beside, spellings):
            draft.attributes[name] = column
    sizes = f"{inside}.safetensors.total" if inside else "safetensors.total"
    if sizes in values:
        draft.attributes["parameters"] = sizes


_LIKE_A_RECORD = 6  # keys of a hub's own records that a file has at least
_ANSWERED = {"rows", "encoding", "sheet", "records", "hub", "day"}  # what may be asked of a file of records


def guess_layout(draft: Draft, columns: Iterable[str], values: Values, counted: Iterable[str]) -> str | None:
    """Say that the rows are a hub's own records, where all that would be read of them is; this hub."""
    own = {*columns}
    hubs = [name for name, hub in HUBS.items() if "id" in own & hub.record_keys and len(own & hub.record_keys) >= _LIKE_A_RECORD]
    asked = {line.partition(" ")[0] for line in draft.questions}
    if len(hubs) != 1 or not asked <= _ANSWERED or not any(line.startswith('model_id = "id"') for line in draft.lines):
        return None
    keys = HUBS[hubs[0]].record_keys
    read = {*counted, *(one.partition(".")[0] for one in draft.attributes.values())} - {*_CARDS}
    days = [one for name in ("created_at", "modified_at") if name in draft.attributes for one in values[draft.attributes[name]]]
    hub = next((line for line in draft.lines if line.startswith("hub =")), f'value = "{hubs[0]}"')
    has_other = f'value = "{hubs[0]}"' not in hub or any(re.match(r"only|thousands|decimal|day = \{ column", line) for line in draft.lines)
    if not read <= keys or has_other or not all(re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", one) for one in days):
        return None
    draft.lines = [
        'layout = "hub-record"',
        f'hub = {{ value = "{hubs[0]}" }}',
        *(line for line in draft.lines if not line.startswith("hub =")),
    ]
    draft.questions = [line for line in draft.questions if not line.startswith("hub =")]
    draft.attributes.clear()
    draft.unsure.append(f"the rows are read as {hubs[0]}'s own records, by their keys; for another hub, take layout out and correct hub")
    return hubs[0]
