"""Hugging Face's `expand[]`: the fields that are asked for, and which of them a 400 says the hub does not know.

The valid fields of the list route are established, the wording of the 400 is not: it is read in whatever words and lists.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubwatch.errors import Refused
from hubwatch.net import lenient_json

# Exactly what record.sql reads; `_id` and `id` always come.
FIELDS = (
    "createdAt",
    "lastModified",
    "downloads",
    "downloadsAllTime",
    "likes",
    "gated",
    "pipeline_tag",
    "library_name",
    "tags",
    "baseModels",
    "safetensors",
    "private",
)
# A record as record.sql reads it. Read straight from the pages where every value has its type, which takes half the time.
RECORD_TYPE: dict[str, Any] = {
    **dict.fromkeys(("_id", "id", "createdAt", "lastModified"), "VARCHAR"),
    **dict.fromkeys(("downloads", "downloadsAllTime", "likes"), "JSON"),
    **dict.fromkeys(("gated", "private", "pipeline_tag", "library_name"), "VARCHAR"),
    "tags": ["VARCHAR"],
    "baseModels": {"relation": "VARCHAR", "models": [{"id": "VARCHAR"}]},
    "safetensors": {"total": "VARCHAR"},
}
# What the list route is known to expand.
_KNOWN = {
    *("author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults", "gated"),
    *("gguf", "inference", "inferenceProviderMapping", "lastModified", "library_name", "likes", "mask_token", "model-index"),
    *("pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings", "spaces", "tags", "transformersInfo"),
    *("trendingScore", "widgetData", "xetEnabled"),
}


def refused_fields(refusal: Refused, fields: list[str]) -> list[str]:
    """Those of our fields that a 400 names as invalid: not in the list of valid ones it gives, or named without one.

    A field is given up for the rest of the sweep, so what is not about fields must name none: a list that lacks most of
    ours is of something else (orders, say), and so is a text about a cursor, an order, a token or a limit.
    """
    if refusal.status != 400:
        return []
    text = _listed_with_commas(re.sub(rb"https?://\S+|/api/\S+", b" ", refusal.body))
    valid = max(_lists_in(text), key=lambda found: len(found & set(fields)), default=set())
    if 2 * len(valid & set(fields)) >= len(fields):
        return [name for name in fields if name not in valid]
    if re.search(r"(?i)cursor|sort|token|limit|direction|author", text):
        return []
    named = [name for name in fields if re.search(rf"\b{re.escape(name)}\b", text)]
    return named if 2 * len(named) < len(fields) else []


def _lists_in(text: str) -> Iterator[set[str]]:
    """What a text may list: words between commas, and known names in a row however they are parted."""
    for run in re.findall(r"[\w.-]+(?:,[\w.-]+)+", text):
        yield {word.strip(".-") for word in run.split(",")}
    row: set[str] = set()
    for word in re.findall(r"[\w-]+", text):
        if word not in _KNOWN:
            yield row
            row = set()
        else:
            row.add(word)
    yield row


def _listed_with_commas(body: bytes) -> str:
    """The words of an error, with one comma and nothing else between those that it lists in whatever way."""
    try:
        text = " : ".join(_texts(lenient_json(body)))
    except ValueError:
        text = body.decode("utf-8", errors="replace")
    text = re.sub(r"\s+(?:or|and)\s+", ",", re.sub(r"[\"'`\\]", "", text[:20_000]))
    return re.sub(r",+", ",", re.sub(r"\s*\n\s*[-*•]?\s*|\s*[,;|]\s*", ",", text))


def _texts(value: object) -> list[str]:
    """The texts in a JSON value; those of a list in one, as a list."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        listed = [inner for inner in value if isinstance(inner, str)]
        return [", ".join(listed), *(text for inner in value if not isinstance(inner, str) for text in _texts(inner))]
    return [value] if isinstance(value, str) else []
