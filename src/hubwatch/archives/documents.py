"""JSON of any common shape -> JSON Lines: an array, records inside an object, an object keyed by id, columns as pandas writes them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hubwatch.archives.mapping import Mapping
from hubwatch.archives.records import Raw, Records, begins, is_by_column, is_split, keyed_as, listed_in, object_in, places_in, scalars_in
from hubwatch.errors import DayFailure

_NO_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b')
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def json_lines(name: str, path: Path, mapping: Mapping, target: Path) -> Path:
    """A file with one record a line: the file itself where it is that already, else `target`. What it cannot be is a `DayFailure`."""
    if mapping.records is None and _is_lines(path, mapping):
        return path
    text = path.read_bytes()
    reader = Records(name, mapping)
    try:
        with target.open("wb") as lines:
            for document in _documents(name, text):
                for record in reader.of(document):
                    lines.write(record.replace(b"\n", b" ") + b"\n")
    except _NO_JSON as error:
        raise DayFailure(f"{name}: is not valid JSON ({error}); download it again") from None
    return target


def _is_lines(path: Path, mapping: Mapping) -> bool:
    """Whether the first line is a record: an object that has an id, and is no table written column by column."""
    with path.open("rb") as stream:
        first = next((line for line in stream if line.strip()), b"")
    try:
        keys = object_in(first)
    except _NO_JSON:
        return False
    found = keyed_as(keys, mapping.model_id.names)
    return found is not None and not is_split(keys) and not is_by_column(keys, found)


def first_object(name: str, path: Path) -> tuple[dict[str, str], list[str], bool]:
    """Of a file's first object the scalar values as text (of objects inside with dots), and the places at which it has lists of records.

    The last says whether the object is one of a list.
    """
    try:
        for document in _documents(name, path.read_bytes()):
            one, is_listed = Raw(document), False
            while begins(one) == "[" and (values := listed_in(one)):
                one, is_listed = values[0], True
            keys = object_in(bytes(one)) if begins(one) == "{" else {}
            return scalars_in(keys), list(places_in(keys)), is_listed
    except _NO_JSON as error:
        raise DayFailure(f"{name}: is not valid JSON ({error}); download it again") from None
    return {}, [], False


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
