"""JSON of any common shape -> JSON Lines: an array, records inside an object, an object keyed by id, columns as pandas writes them."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure, short

Raw = msgspec.Raw
_Object = dict[str, Raw]
_ID_KEY = re.compile(r"(https?://\S+/)?[^/\s]+/[^/\s]+")
_NO_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b')
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_DEEPEST = 3  # levels of keys among which records are looked for, to name them


def json_lines(name: str, path: Path, mapping: Mapping, target: Path) -> Path:
    """A file with one record a line: the file itself where it is that already, else `target`. What it cannot be is a `DayFailure`."""
    if mapping.records is None and _is_lines(path, mapping):
        return path
    text = path.read_bytes()
    reader = _Reader(name, mapping)
    try:
        with target.open("wb") as lines:
            for document in _documents(name, text):
                for record in reader.records(document):
                    lines.write(record.replace(b"\n", b" ") + b"\n")
    except _NO_JSON as error:
        raise DayFailure(f"{name}: is not valid JSON ({error}); download it again") from None
    return target


def _is_lines(path: Path, mapping: Mapping) -> bool:
    """Whether the first line is a record: an object that has an id, and is no table written column by column."""
    with path.open("rb") as stream:
        first = next((line for line in stream if line.strip()), b"")
    try:
        keys = _object(first)
    except _NO_JSON:
        return False
    found = _keyed_as(keys, mapping.model_id.names)
    return found is not None and not _is_by_column(keys, found)


def first_object(name: str, path: Path) -> tuple[dict[str, str], list[str]]:
    """Of a file's first object the keys that hold text, with the text, and the places at which it has lists of records."""
    try:
        for document in _documents(name, path.read_bytes()):
            one = Raw(document)
            while _begins(one) == "[" and (values := _list(one)):
                one = values[0]
            keys = _object(bytes(one)) if _begins(one) == "{" else {}
            texts = {key: msgspec.json.decode(value, type=str) for key, value in keys.items() if _begins(value) == '"'}
            return texts, [place for place, size in _lists(keys) if size]
    except _NO_JSON as error:
        raise DayFailure(f"{name}: is not valid JSON ({error}); download it again") from None
    return {}, []


def _documents(name: str, text: bytes) -> Iterator[bytes]:
    """The JSON values of a file: one, one a line, or one behind the other. NaN is null, as Python's writers mean it."""
    try:
        msgspec.json.decode(text, type=Raw)
        yield text
        return
    except _NO_JSON as error:
        whole = str(error)
    first = next((line for line in text.splitlines() if line.strip()), b"")
    if _is_json(first) or _is_json(_without_nan(first)):
        for line in text.splitlines():
            if line.strip():
                yield line if _is_json(line) else _without_nan(line)
        return
    text = _without_nan(text)
    if _is_json(text):
        yield text
        return
    values, place, decoder = text.decode("utf-8", "replace"), 0, json.JSONDecoder()
    while rest := re.compile(r"\s*,?\s*").match(values, place):
        place = rest.end()
        if place == len(values):
            return
        try:
            value, place = decoder.raw_decode(values, place)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise DayFailure(f"{name}: is not valid JSON ({whole}); download it again, or write one JSON object a line") from None
        yield json.dumps(value, ensure_ascii=False).encode()


def _without_nan(text: bytes) -> bytes:
    return _NO_NUMBER.sub(lambda found: found[0] if found[0].startswith(b'"') else b"null", text)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except _NO_JSON:
        return False
    return True


class _Reader:
    """Finds the records of a document."""

    def __init__(self, name: str, mapping: Mapping) -> None:
        self.name, self.mapping, self.ids = name, mapping, mapping.model_id.names
        outer = (mapping.day.column, mapping.hub.column, mapping.day.pass_column)
        self.outer = {column for column in outer if column}

    def records(self, document: bytes) -> Iterator[bytes]:
        """Each record as the text of an object; the day and hub that only the object around them has are put into each."""
        around: _Object = {}
        node = Raw(document)
        for key in self._path(node):
            keys = self._object_at(node, key)
            around |= {own: value for own, value in keys.items() if own in self.outer and _begins(value) not in "[{"}
            node = keys[key]
        for record in self._records_of(node, around):
            yield _with(record, {key: value for key, value in around.items() if f'"{key}"'.encode() not in record})

    def _path(self, node: Raw) -> list[str]:
        """The keys to go through to the records, as the mapping says them; a key with dots is taken whole where there is one."""
        path: list[str] = []
        rest = self.mapping.records or ""
        while rest:
            keys = _object(bytes(node)) if _begins(node) == "{" else {}
            key = rest if rest in keys else rest.partition(".")[0]
            if key not in keys:
                raise DayFailure(
                    f'{self.name}: there is no "{key}" where the mapping says records = "{self.mapping.records}"; {self._places(keys)}'
                )
            path.append(key)
            node, rest = keys[key], "" if key == rest else rest.partition(".")[2]
        return path

    def _object_at(self, node: Raw, key: str) -> _Object:
        return _object(bytes(node))

    def _records_of(self, node: Raw, around: _Object) -> Iterator[bytes]:
        if _begins(node) == "[":
            yield from self._listed(_list(node))
        elif _begins(node) == "{":
            yield from self._from_object(_object(bytes(node)), node, around)
        else:
            yield bytes(node)  # no record: rejected as such

    def _listed(self, values: list[Raw]) -> Iterator[bytes]:
        """Records of a list; a list of lists has its names in the first."""
        if values and _begins(values[0]) == "[":
            header = msgspec.json.decode(values[0], type=list[str])
            values = [_packed(dict(zip(header, _list(row), strict=False))) for row in values[1:]]
        yield from map(bytes, values)

    def _from_object(self, keys: _Object, node: Raw, around: _Object) -> Iterator[bytes]:
        column = _keyed_as(keys, self.ids)
        if column is not None and _is_by_column(keys, column):
            yield from map(bytes, _columns(keys, column))
        elif column is not None:
            yield bytes(node)
        elif keys and all(map(_ID_KEY.fullmatch, keys)) and all(_begins(value) == "{" for value in keys.values()):
            key = self.ids[0]
            yield from (_with(bytes(record), {key: Raw(msgspec.json.encode(own))}) for own, record in keys.items())
        elif {"columns", "data"} <= keys.keys() and _begins(keys["columns"]) == "[":
            yield from self._listed([keys["columns"], *_list(keys["data"])])
        elif keys and all(_begins(value) == "{" and _keyed_as(_object(bytes(value)), self.ids) for value in keys.values()):
            yield from map(bytes, keys.values())
        else:
            raise DayFailure(f"{self.name}: no {' or '.join(self.ids)} where records are looked for; {self._places(keys)}")

    def _places(self, keys: _Object) -> str:
        """What to write into the mapping: the places at which the file has lists of objects."""
        found = [place for place, size in _lists(keys) if size]
        if not found:
            return f"it has {', '.join(map(short, list(keys)[:10])) or 'nothing'}. Correct the mapping"
        return f"say in the mapping where its records are: {' or '.join(f'records = {json.dumps(place)}' for place in found[:5])}"


def _lists(keys: _Object, before: str = "", depth: int = 1) -> Iterator[tuple[str, int]]:
    for key, value in keys.items():
        if _begins(value) == "[":
            yield before + key, sum(_begins(one) in "{[" for one in _list(value)[:1])
        elif _begins(value) == "{":
            inner = _object(bytes(value))
            if inner and all(map(_ID_KEY.fullmatch, inner)):
                yield before + key, len(inner)
            elif depth < _DEEPEST:
                yield from _lists(inner, f"{before}{key}.", depth + 1)


def _is_by_column(keys: _Object, column: str) -> bool:
    """Whether an object is a table written column by column, and no record whose id is inside an object: rows have the same names in each."""
    if _begins(keys[column]) != "{":
        return _begins(keys[column]) == "["
    rows = {frozenset(_object(bytes(value))) for value in keys.values() if _begins(value) == "{"}
    return len(rows) == 1 and (sum(_begins(value) == "{" for value in keys.values()) > 1 or all(row.isdigit() for row in next(iter(rows))))


def _columns(keys: _Object, column: str) -> Iterator[Raw]:
    """Rows of a table that is written column by column: each an object by row, or a list."""
    if _begins(keys[column]) == "[":
        lists = {name: _list(value) for name, value in keys.items() if _begins(value) == "["}
        for number in range(len(lists[column])):
            yield _packed({name: values[number] for name, values in lists.items() if number < len(values)})
        return
    columns = {name: _object(bytes(value)) for name, value in keys.items() if _begins(value) == "{"}
    for row in columns[column]:
        yield _packed({name: values[row] for name, values in columns.items() if row in values})


def _keyed_as(keys: Iterable[str], names: tuple[str, ...]) -> str | None:
    """The key that one of these columns begins with, in any case."""
    folded = {key.strip().casefold(): key for key in keys}
    return next((folded[top] for name in names if (top := name.casefold()) in folded or (top := top.partition(".")[0]) in folded), None)


def _object(text: bytes) -> _Object:
    return msgspec.json.decode(text, type=_Object)


def _list(value: Raw) -> list[Raw]:
    return msgspec.json.decode(value, type=list[Raw])


def _begins(value: Raw) -> str:
    return bytes(value).lstrip()[:1].decode("latin-1")


def _packed(record: _Object) -> Raw:
    return Raw(msgspec.json.encode(record))


def _with(record: bytes, more: _Object) -> bytes:
    """The record with further keys in front."""
    if not more or not record.lstrip().startswith(b"{"):
        return record
    rest = record.lstrip()[1:].lstrip()
    front = bytes(_packed(more))[:-1]
    return front + (b"" if rest.startswith(b"}") else b",") + rest
