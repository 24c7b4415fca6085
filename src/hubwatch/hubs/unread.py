"""Keys that a hub sends and hubwatch does not read: how often, and an example that tells nothing of a person.

A text is shown only where records of several owners share it, so that it is a term of the hub's and nobody's own; names,
addresses and what a key calls personal are described by their kind alone. The keys of an object that is read are told, too,
as `outer.inner`, where several owners' records have them: an object may be keyed by names.
"""

import contextlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_CREDENTIAL = re.compile(
    r"token|secret|session|signature|(access|api|private)_?key|passw|cookie|ticket|jwt|[cx]srf|credential|auth(?!or)|(^|[_-])sign($|[_-])",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"user|nick|mail|phone|mobile|avatar|author|by$|owner|uploader|contact|address|qq|wechat|weixin|^tel|real_?name|id_?card|^ip$"
    r"|contributor|description|readme",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?:|www\.|@|\d{7,}", re.IGNORECASE)
_SHOWN = 40  # characters of a text that is shown
_SHARED = 2  # owners whose records must share a text
_HELD = 500  # different texts of a key that are counted
_KEYS = 6  # of an object that are named


@dataclass(frozen=True)
class Unread:
    """One key that is not read: in how many of the records it says something, and an example."""

    key: str
    count: int
    of: int
    example: str

    @property
    def told(self) -> str:
        return f"{self.key} in {self.count} of {self.of} ({self.example})"


def is_personal(key: str) -> bool:
    """Whether a key is one for what tells of a person, or lets one act in a person's name."""
    return bool(_PERSONAL.search(key)) or is_credential(key)


def is_credential(key: str) -> bool:
    """Whether a key is one for what lets its holder act in another's name."""
    return bool(_CREDENTIAL.search(key))


class UnreadKeys:
    """Gathers the keys of records that are not among those read; where a hub has several kinds of record, a key is told of those that have it.

    `kinds`: the promised keys of each kind, of which the first tells it.
    """

    def __init__(self, read: Iterable[str], kinds: Sequence[Mapping[str, str]] = ()) -> None:
        self._read, self._marks = frozenset(read), [next(iter(kind)) for kind in kinds]
        self._seen: Counter[str] = Counter()  # by what tells the kind
        self._of: dict[str, set[str]] = defaultdict(set)  # key -> the kinds of record that have it
        self._counts: Counter[str] = Counter()
        self._kinds: dict[str, Any] = {}  # a value of each key that says something
        self._owners: dict[str, dict[str, set[str]]] = defaultdict(dict)  # key -> text -> its records' owners, as many as are needed
        self._inner: dict[str, dict[str, set[str]]] = defaultdict(dict)  # key -> key of the object in it -> the same

    def take(self, record: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Count one record's keys; returns them with their values, those of objects that are read as `outer.inner`."""
        items = [*record.items(), *_inner_items(record, self._read)]
        kind = next((mark for mark in self._marks if mark in record), "")
        self._seen[kind] += 1
        for key, value in items:
            if key in self._read:
                continue
            self._counts.setdefault(key, 0)
            self._of[key].add(kind)
            if value in (None, "", [], {}, "{}", "[]"):
                continue
            self._counts[key] += 1
            self._kinds.setdefault(key, value)
            for name in value if isinstance(value, Mapping) else ():
                self._note(self._inner[key], name, record)
            if "." in key:
                outer, _, name = key.partition(".")
                self._note(self._inner[outer], name, record)
            if isinstance(value, str) and len(value) <= _SHOWN:
                self._note(self._owners[key], value, record)
        return items

    @staticmethod
    def _note(found: dict[str, set[str]], name: str, record: Mapping[str, Any]) -> None:
        """Note whose record has this, for as many owners as are needed."""
        if len(found) < _HELD or name in found:
            owners = found.setdefault(name, set())
            if len(owners) < _SHARED:
                owners.add(_owner(record))

    def found(self) -> list[Unread]:
        """Every such key, the most frequent first; those of objects behind the record's own, and behind all what is always empty."""
        keys = sorted(self._counts, key=lambda key: (not self._counts[key], "." in key, -self._counts[key], key))
        keys = [key for key in keys if "." not in key or self._is_shared(*key.split(".", 1))]
        return [Unread(key, self._counts[key], sum(self._seen[kind] for kind in self._of[key]), self._example(key)) for key in keys]

    def _example(self, key: str) -> str:
        if key not in self._kinds:
            return "always empty"
        shared = [text for text, owners in self._owners[key].items() if len(owners) >= _SHARED and not _ADDRESS.search(text)]
        if shared and not is_personal(key):
            return f'such as "{min(shared)}"'
        value = self._kinds[key]
        if isinstance(value, Mapping):
            names = [
                name for name in self._inner[key] if self._is_shared(key, name) and re.fullmatch(r"[A-Za-z_][A-Za-z_0-9-]{0,30}", name)
            ]
            told = ", ".join([*names[:_KEYS], *(["…"] if len(names) < len(self._inner[key]) or len(names) > _KEYS else [])])
            return f"an object with {told}" if names else "an object"
        return _kind(key, value)

    def _is_shared(self, key: str, name: str) -> bool:
        return len(self._inner[key].get(name, ())) >= _SHARED


def _inner_items(record: Mapping[str, Any], read: Collection[str]) -> Iterator[tuple[str, Any]]:
    """The keys and values of objects under keys that are read, an object in a string included, each as `outer.inner`."""
    for key, value in record.items():
        if key not in read:
            continue
        if isinstance(value, str) and value[:1] == "{":
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(value)
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield f"{key}.{name}", inner


def _kind(key: str, value: object) -> str:
    """What a value is, without what it says; numbers are shown unless they stand for a person."""
    if isinstance(value, bool) or (isinstance(value, int | float) and not is_personal(key) and not _ADDRESS.search(str(value))):
        return f"such as {str(value).lower() if isinstance(value, bool) else value}"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}, the first {_kind(key, value[0]).removeprefix('such as ')}"
    return "a text" if isinstance(value, str) else "a number"


def _owner(record: Mapping[str, Any]) -> str:
    """Whose record it is, as far as any hub says it."""
    said = next((record[key] for key in ("Path", "path_with_namespace", "id", "author") if isinstance(record.get(key), str)), "")
    return str(said).split("/")[0]
