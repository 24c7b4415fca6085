"""Pages of a hub without persons, that can be shared and become fixtures.

Owners that the hub itself calls organizations keep their names; every other owner is `person-N` and their models `model-N`,
wherever they are written. Only text under keys that hubwatch reads stays, without addresses, long texts, JSON in strings and hashes; large
numbers under other keys, which may be telephones, are 0. Counters, times, sizes and terms stay as they came.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from hubwatch.hubs import is_personal

_ADDRESS = re.compile(r"https?:|www\.|\S@\S+\.\w|^\+?[\d -]{7,}$|^//", re.IGNORECASE)
_ID = re.compile(r"[^/\s:@?#]+/[^/\s:@?#]+")
_HASH = re.compile(r"[0-9a-f]{24,}", re.IGNORECASE)
_LONGEST = 80  # characters of a text that is kept
_LARGE = 10_000_000  # from here on a number may be a telephone's
_TERMS = frozenset(
    ("id", "Id", "name", "Name", "path", "Path", "path_with_namespace", "kind", "key", "type", "visibility", "default_branch")
)  # beside those read
_OWNERS = frozenset(
    ("namespace", "owner", "creator", "contributor", "contributors", "author", "user")
)  # keys of objects that may be persons
_WEIGHTS = re.compile(r"[^/]*?(?P<end>(-\d{5}-of-\d{5})?\.(safetensors|bin|gguf|pt|ckpt))", re.IGNORECASE)
_NAMES = ("Name", "ChineseName", "name", "path", "display_name", "title", "name_with_namespace")  # of a model in its record


class Scrubber:
    """Scrubs pages of one hub: the same owner and model have the same made-up name on each. `read`: the keys that hubwatch reads."""

    def __init__(self, read: Collection[str]) -> None:
        self._read = _TERMS | {*read}
        self._organizations: set[str] = set()
        self._people: dict[str, str] = {}
        self._models: dict[str, str] = {}

    def meet(self, page: Any) -> None:
        """Note whose records a page has; call it for every page before the first is scrubbed."""
        for record in _objects(page):
            for model_id in _ids_of(record):
                owner, _, name = model_id.partition("/")
                if _is_organization(record, owner):
                    self._organizations.add(owner)
                self._people.setdefault(owner, f"person-{len(self._people) + 1}")
                self._models.setdefault(name, f"model-{len(self._models) + 1}")

    def scrubbed(self, page: Any) -> Any:
        """The page without persons."""
        return self._scrub(page, "")

    def _scrub(self, value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return self._record(value, key)
        if isinstance(value, list):
            return [self._scrub(one, key) for one in value]
        if isinstance(value, str):
            return self._text(value, key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return 0 if is_number and (is_personal(key) or (key not in self._read and abs(value) >= _LARGE)) else value

    def _record(self, record: Mapping[str, Any], key: str) -> dict[str, Any]:
        ids = _ids_of(record)
        is_persons = bool(ids) and not any(model_id.split("/")[0] in self._organizations for model_id in ids)
        if key == "Organization" and not record.get("Name"):
            return {name: "" if isinstance(value, str) else value for name, value in record.items()}
        if key.lower() in _OWNERS and not self._is_group(record):
            return {
                name: self._people.get(value, "") if isinstance(value, str) and name != "kind" else 0 if isinstance(value, int) else value
                for name, value in record.items()
                if not isinstance(value, list | Mapping)
            }
        scrubbed = {self._people.get(name, name): self._scrub(value, name) for name, value in record.items()}
        for name in _NAMES if is_persons else ():
            if isinstance(record.get(name), str):
                scrubbed[name] = self._models.get(record[name], "")
        return scrubbed

    def _is_group(self, record: Mapping[str, Any]) -> bool:
        return record.get("kind") == "group" or bool(self._organizations & {one for one in record.values() if isinstance(one, str)})

    def _text(self, text: str, key: str) -> str:
        if text in self._people:
            return self._owner(text)
        prefix, colon, rest = text.rpartition(":")
        model_id, at, revision = rest.partition("@")
        if _ID.fullmatch(model_id):  # perhaps a tag's: base_model:finetune:owner/name
            owner, _, name = model_id.partition("/")
            if owner in self._organizations:
                return text
            return f"{prefix}{colon}{self._owner(owner)}/{self._models.get(name, 'model')}{at}{revision}" if owner in self._people else ""
        if found := _WEIGHTS.fullmatch(text):
            return "weights" + found["end"]
        if key not in self._read or is_personal(key) or _ADDRESS.search(text) or len(text) > _LONGEST or text[:1] in "{[":
            return ""
        if _HASH.fullmatch(text):
            return text[:8] + "0" * (len(text) - 8)
        kept = text
        for owner in self._people.keys() - self._organizations:
            kept = re.sub(rf"(?<![\w-]){re.escape(owner)}(?![\w-])", self._people[owner], kept)
        return kept

    def _owner(self, owner: str) -> str:
        return owner if owner in self._organizations else self._people[owner]


def json_of(body: bytes) -> Any:
    """A body's JSON, or None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """Every object in a page."""
    if isinstance(value, list):
        return [found for one in value for found in _objects(one)]
    if isinstance(value, Mapping):
        return [value, *(found for one in value.values() for found in _objects(one))]
    return []


def _ids_of(record: Mapping[str, Any]) -> list[str]:
    """The ids (owner/name) that a record gives for its model."""
    found = [record.get(key) for key in ("id", "modelId", "path_with_namespace")]
    if isinstance(record.get("Path"), str) and isinstance(record.get("Name"), str):
        found.append(f"{record['Path']}/{record['Name']}")
    return [one for one in found if isinstance(one, str) and _ID.fullmatch(one)]


def _is_organization(record: Mapping[str, Any], owner: str) -> bool:
    """Whether the hub's record says that its owner is an organization."""
    organization, namespace = record.get("Organization"), record.get("namespace")
    if isinstance(organization, Mapping):
        return organization.get("Name") == owner
    return isinstance(namespace, Mapping) and namespace.get("kind") == "group"
