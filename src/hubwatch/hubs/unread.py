"""Keys that a hub sends and hubwatch does not read: how often, and an example that tells nothing of a person.

A text is shown only where records of several owners share it, so that it is a term of the hub's and nobody's own; names,
addresses and what a key calls personal are described by their kind alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PERSONAL = re.compile(
    r"user|nick|mail|phone|mobile|avatar|author|by$|owner|uploader|contact|token|address|qq|wechat|weixin|^tel|real_?name|id_?card|^ip$|secret|session"
    r"|signature|contributor|description|readme|(access|api|private)_?key",
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
    """Whether a key is one for what tells of a person."""
    return bool(_PERSONAL.search(key))


class UnreadKeys:
    """Gathers the keys of records that are not among those read."""

    def __init__(self, read: Iterable[str]) -> None:
        self._read, self._seen = frozenset(read), 0
        self._counts: Counter[str] = Counter()
        self._kinds: dict[str, Any] = {}  # a value of each key that says something
        self._owners: dict[str, dict[str, set[str]]] = defaultdict(dict)  # key -> text -> its records' owners, as many as are needed

    def take(self, record: Mapping[str, Any]) -> None:
        """Count one record's keys."""
        self._seen += 1
        for key, value in record.items():
            if key in self._read:
                continue
            self._counts.setdefault(key, 0)
            if value in (None, "", [], {}, "{}", "[]"):
                continue
            self._counts[key] += 1
            self._kinds.setdefault(key, value)
            if isinstance(value, str) and len(value) <= _SHOWN and (len(texts := self._owners[key]) < _HELD or value in texts):
                owners = texts.setdefault(value, set())
                if len(owners) < _SHARED:
                    owners.add(_owner(record))

    def found(self) -> list[Unread]:
        """Every such key, the most frequent first."""
        keys = sorted(self._counts, key=lambda key: (-self._counts[key], key))
        return [Unread(key, self._counts[key], self._seen, self._example(key)) for key in keys]

    def _example(self, key: str) -> str:
        if key not in self._kinds:
            return "always empty"
        shared = [text for text, owners in self._owners[key].items() if len(owners) >= _SHARED and not _ADDRESS.search(text)]
        if shared and not is_personal(key):
            return f'such as "{min(shared)}"'
        return _kind(key, self._kinds[key])


def _kind(key: str, value: object) -> str:
    """What a value is, without what it says; numbers are shown unless they stand for a person."""
    if isinstance(value, bool) or (isinstance(value, int | float) and not is_personal(key) and not _ADDRESS.search(str(value))):
        return f"such as {str(value).lower() if isinstance(value, bool) else value}"
    if isinstance(value, Mapping):
        names = [name if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9-]{0,30}", str(name)) else "…" for name in list(value)[:_KEYS]]
        return f"an object with {', '.join(names)}{', …' if len(value) > _KEYS else ''}"
    if isinstance(value, list):
        return f"a list of {len(value)}, the first {_kind(key, value[0]).removeprefix('such as ')}"
    return "a text" if isinstance(value, str) else "a number"


def _owner(record: Mapping[str, Any]) -> str:
    """Whose record it is, as far as any hub says it."""
    said = next((record[key] for key in ("Path", "path_with_namespace", "id", "author") if isinstance(record.get(key), str)), "")
    return str(said).split("/")[0]
