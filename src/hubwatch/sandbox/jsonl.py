"""Records from files: JSON Lines in the hub's own shape, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

Record = dict[str, Any] | bytes


def read_jsonl(path: Path | str, *, keep_bad: bool = False) -> Iterator[Record]:
    """Yield one record a line: a dict, or with `keep_bad` the raw bytes of a line that is no JSON object.

    Without `keep_bad` such a line raises ValueError naming file and line. Empty lines are passed over. A line that
    Python reads but JSON forbids (NaN, Infinity, repeated keys) counts as bad: as a dict it would lose what is odd.
    """
    path = Path(path)
    with _opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            raw = line.strip()
            if not raw:
                continue
            try:
                record = strict_object(raw)
            except ValueError as trouble:
                if not keep_bad:
                    raise ValueError(f"{path}, line {number}: {trouble}") from trouble
                yield raw
            else:
                yield record


def strict_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in these bytes; ValueError for anything else, repeated keys and NaN included."""
    try:
        value = json.loads(raw, object_pairs_hook=_unrepeated, parse_float=_finite, parse_constant=_refuse_constant)
    except RecursionError as trouble:
        raise ValueError("nested too deeply") from trouble
    if not isinstance(value, dict):
        raise ValueError(f"a record is a JSON object, not {type(value).__name__}")
    return value


def lenient_object(raw: bytes) -> dict[str, Any]:
    """What can be made of a record given as bytes: its fields, else its `_id` and `id`, else nothing."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        found = {name: re.search(rb'"' + name.encode() + rb'"\s*:\s*"([^"\\]*)"', raw) for name in ("_id", "id")}
        return {name: match.group(1).decode("utf-8", "replace") for name, match in found.items() if match}
    return value if isinstance(value, dict) else {}


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is beyond a double")
    return value
