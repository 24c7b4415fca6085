"""The bundled sample: observed figures of the three hubs by day, as records that the stand-in hubs serve.

What is real and where it comes from: `data/sample/README.md`. A field that the source does not tell is absent from the
record, never null or zero. Made up are only keys that a hub's paging cannot do without: the last 16 digits of a
Hugging Face `_id`, and WiseModel's project numbers.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from hubwatch.facts import data_dir

Record = dict[str, Any]


@dataclass(frozen=True)
class SampleDay:
    """One day of one hub: served as which sweep, observed by which source, and what part of the hub that is.

    `untold` names fields of the hub that the source has for no model of that day; a stand-in that is faithful to the
    source refuses them, as the hub refuses a field it does not know.
    """

    hub: str
    day: date
    sweep: str
    source: str
    untold: tuple[str, ...] = ()
    note: str = ""
    extent: str | None = None
    extent_note: str | None = None


@dataclass(frozen=True)
class Listing:
    """What a source says of a model beside its counters; times are UTC, none where the source does not say."""

    hub: str
    model_id: str
    source: str
    created_at: datetime | None = None
    modified_at: datetime | None = None
    license: str = ""
    task: str = ""
    library: str = ""
    parameters: int | None = None
    dtypes: tuple[str, ...] = ()  # `BF16` when all parameters are of it, else `BF16:1928721920` each
    relation: str = ""
    base_models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        return self.model_id.partition("/")[0]

    @property
    def name(self) -> str:
        return self.model_id.partition("/")[2]


@dataclass(frozen=True)
class Counters:
    """A model's counters on a day, each in its hub's own unit; none where the hub or the source does not say."""

    downloads_30d: int | None = None
    downloads_total: int | None = None
    likes: int | None = None


def sample_days() -> list[SampleDay]:
    """Every day of the sample in chronological order."""
    days = [
        SampleDay(
            row["hub"],
            date.fromisoformat(row["day"]),
            row["sweep"],
            row["source"],
            _several(row["untold"]),
            row["note"],
            row["extent"],
            row["extent_note"],
        )
        for row in _rows("sweeps.csv")
    ]
    return sorted(days, key=lambda served: (served.day, served.hub))


def records(hub: str, day: date) -> list[Record]:
    """The hub's models of that day in its wire shape, by model id; ValueError when the sample has no such day."""
    served = next((known for known in sample_days() if (known.hub, known.day) == (hub, day)), None)
    if served is None:
        known = ", ".join(f"{other.hub} {other.day}" for other in sample_days())
        raise ValueError(f"the sample has no {hub} {day}; it has {known}")
    listings = _listings()
    if hub == "wisemodel":
        ids = sorted(model_id for of_hub, model_id in listings if of_hub == hub)
        return [wisemodel_record(listings[hub, model_id], number) for number, model_id in enumerate(ids, start=1)]
    seen = [(listings[hub, model_id], counters) for model_id, counters in sorted(_counters()[hub, day].items())]
    if hub == "modelscope":
        return [modelscope_record(listing, counters) for listing, counters in seen]
    keys = {listing.model_id: object_id(listing) for listing in listings.values() if listing.created_at}
    return [huggingface_record(listing, counters, served, keys) for listing, counters in seen]


def months() -> tuple[str, str]:
    """The months before the sample's days, as a published snapshot: the file and the mapping that reads it."""
    folder = data_dir() / "sample"
    return str(folder / "months.csv"), str(folder / "months.toml")


def latest_records() -> dict[str, list[Record]]:
    """For each hub the records of its last full day: what the stand-ins serve when nothing else is asked for."""
    return {day.hub: records(day.hub, day.day) for day in sample_days() if day.sweep == "full"}


def object_id(listing: Listing) -> str:
    """A Hugging Face `_id` of 24 hex digits: the creation second (real), then a digest of the model id (made up)."""
    if listing.created_at is None:
        raise ValueError(f"{listing.model_id}: an _id begins with the creation second, which the sample does not know")
    digest = hashlib.blake2b(listing.model_id.encode(), digest_size=8).hexdigest()
    return f"{int(listing.created_at.timestamp()):08x}{digest}"


def huggingface_record(listing: Listing, counters: Counters, served: SampleDay, keys: dict[str, str]) -> Record:
    """The item of `GET /api/models?expand[]=...`; `keys` are the `_id`s of the base models that are known."""
    base_models = [_told({"_id": keys.get(model_id), "id": model_id}) for model_id in listing.base_models]
    # A modification time ages: it is served only as of the day its source observed it.
    modified_at = listing.modified_at if listing.source == served.source else None
    return _told(
        {
            "_id": object_id(listing),
            "id": listing.model_id,
            "author": listing.namespace,
            "createdAt": _milliseconds(listing.created_at),
            "lastModified": _milliseconds(modified_at),
            "downloads": counters.downloads_30d,
            "downloadsAllTime": counters.downloads_total,
            "likes": counters.likes,
            "tags": list(_tags(listing)),
            "cardData": _told({"license": listing.license, "language": list(listing.languages)}),
            "safetensors": _told({"parameters": _parameters_by_dtype(listing), "total": listing.parameters}),
            "baseModels": _told({"relation": listing.relation, "models": base_models}),
            "pipeline_tag": listing.task,
            "library_name": listing.library,
        }
    )


def modelscope_record(listing: Listing, counters: Counters) -> Record:
    """The item of `PUT /api/v1/dolphin/models`: times in seconds, `Downloads` cumulative."""
    return _told(
        {
            "Name": listing.name,
            "Path": listing.namespace,
            "Organization": {"Name": listing.namespace},
            "CreatedTime": _seconds(listing.created_at),
            "LastUpdatedTime": _seconds(listing.modified_at),
            "Downloads": counters.downloads_total,
            "Stars": counters.likes,
            "License": listing.license,
            "Tasks": [{"Name": listing.task}] if listing.task else [],
            "Libraries": [listing.library] if listing.library else [],
            "BaseModel": list(listing.base_models),
            "Language": list(listing.languages),
        }
    )


def wisemodel_record(listing: Listing, number: int) -> Record:
    """The item of `GET /api/v4/projects`; GitLab's project number is made up."""
    return _told(
        {
            "id": number,
            "name": listing.name,
            "path": listing.name,
            "path_with_namespace": listing.model_id,
            "http_url_to_repo": f"https://www.wisemodel.cn/{listing.model_id}.git",
            "created_at": _milliseconds(listing.created_at),
            "last_activity_at": _milliseconds(listing.modified_at),
            "namespace": {"name": listing.namespace, "path": listing.namespace, "full_path": listing.namespace},
        }
    )


def _told(fields: Record) -> Record:
    """The fields without those that are not told; 0 is told."""
    return {key: value for key, value in fields.items() if value is not None and value != "" and value != [] and value != {}}


def _tags(listing: Listing) -> Iterator[str]:
    """The record's tags that follow from what is told here; its other tags the sample does not keep."""
    yield from (tag for tag in (listing.library, *listing.languages) if tag)  # the task is not always a tag
    for model_id in listing.base_models:
        yield f"base_model:{model_id}"
        if listing.relation:
            yield f"base_model:{listing.relation}:{model_id}"
    if listing.license:
        yield f"license:{listing.license}"


def _parameters_by_dtype(listing: Listing) -> dict[str, int | None]:
    named = [dtype.partition(":") for dtype in listing.dtypes]
    return {dtype: int(count) if count else listing.parameters for dtype, _, count in named}


def _milliseconds(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


@cache
def _listings() -> dict[tuple[str, str], Listing]:
    return {
        (row["hub"], row["model_id"]): Listing(
            row["hub"],
            row["model_id"],
            row["source"],
            _instant(row["created_at"]),
            _instant(row["modified_at"]),
            row["license"],
            row["task"],
            row["library"],
            _count(row["parameters"]),
            _several(row["dtypes"]),
            row["relation"],
            _several(row["base_models"]),
            _several(row["languages"]),
        )
        for row in _rows("listings.csv")
    }


@cache
def _counters() -> dict[tuple[str, date], dict[str, Counters]]:
    """The counters by hub and day, then by model id."""
    found: dict[tuple[str, date], dict[str, Counters]] = {}
    for row in _rows("counters.csv"):
        counters = Counters(_count(row["downloads_30d"]), _count(row["downloads_total"]), _count(row["likes"]))
        found.setdefault((row["hub"], date.fromisoformat(row["day"])), {})[row["model_id"]] = counters
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (data_dir() / "sample" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _count(text: str) -> int | None:
    return int(text) if text else None


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
