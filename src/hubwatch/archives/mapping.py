"""How a published snapshot is to be read: a mapping names its hub, day, model id and the unit of every counter.

A mapping is a TOML file: one of `data/mappings`, by name, or the operator's own, by path. What it cannot say for
certain it must not say at all: a downloads column whose window is not declared is refused.
"""

import codecs
import re
import tomllib
from collections import Counter as Counted
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hubwatch.archives.dates import DayFrom
from hubwatch.errors import UsageError
from hubwatch.facts import data_dir
from hubwatch.hubs import hub_of
from hubwatch.spelling import hint, meant
from hubwatch.store import ATTRIBUTES

# The shared spelling of a license is ours, from license_raw; tags, as the hub lists them, may carry license and bases.
_ATTRIBUTE_NAMES = {column.name for column in ATTRIBUTES} - {"license"} | {"tags"}
_WINDOWS = {"downloads_30d": "30d", "downloads_total": "total"}
_SAYS = {"30d": r"30[\s_-]?d|last[\s_-]?month|per[\s_-]?month|monthly", "total": r"total|cumulative|all[\s_-]?time|lifetime"}
_MORE = re.compile(r"downloads(_\d+)?")  # names of counters whose window says which they are


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _archived_hub(name: str) -> str:
    try:
        return hub_of(name).site(name).name
    except UsageError as error:
        raise ValueError(str(error)) from None


HubName = Annotated[str, AfterValidator(_archived_hub)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """A column of the snapshot; of several names the first that a file has: their spelling changed over time."""

    column: Names
    optional: bool = Field(default=False, description="files without it are read all the same: it is null there")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """A plain string or list stands for the column's name."""
        return {"column": value} if isinstance(value, (str, list)) else value


class Identity(_Part):
    """Where the model id is: a column (its address on the hub serves as well), or owner and name in two columns to join."""

    column: Names | None = None
    join: Names | None = Field(default=None, description="columns of owner and name; a slash is set between them")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"column": value} if isinstance(value, (str, list)) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.column is None) == (self.join is None) or (self.join and len(self.join) != 2):
            raise ValueError('say either column or join = ["owner", "name"]')
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that may hold the id or a part of it."""
        return self.column or self.join or ()


class Attribute(Column):
    """A column of something that the hub says of a model; `format` (strptime) where it is a time written in another way than ISO."""

    format: str | None = None


class Counter(Column):
    """A counter's column with the window it counts over, or the column that says so row by row."""

    window: Literal["30d", "total"] | None = None
    unit_column: str | None = None
    units: Names | None = Field(default=None, description="values of unit_column that mean this counter")

    @model_validator(mode="after")
    def _unit_is_whole(self) -> Self:
        if (self.unit_column is None) != (self.units is None):
            raise ValueError("unit_column needs units, and units need unit_column: the values of that column that mean this counter")
        return self


class HubFrom(_Part):
    """The hub: one for all (`value`), or a column whose spellings `values` translates."""

    value: HubName | None = None
    column: str | None = None
    values: dict[str, HubName] = {}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.value is None) == (self.column is None):
            raise ValueError("say either value (one hub for all) or column")
        return self


class Publication(_Part):
    """Where a ready mapping's archive is published, and what a full load of it costs, as its publisher or we counted."""

    address: str = Field(description="hf://datasets/OWNER/NAME[@REVISION]/pattern, or of a git repository that is cloned first")
    files: str = Field(description="pattern of the same files in a copy on disk, relative to its folder")
    license: str
    rows: str
    download: str
    disk: str
    minutes: str
    attributes: str | None = Field(default=None, description="the mapping of its publisher's table of attributes, loaded for the last day")

    def told(self, mapping: "Mapping") -> str:
        """What `--dry-run` says of it, without a request."""
        match = re.match(r"hf://datasets/[^/@]+/[^/@]+@(?P<revision>[^/]+)/", self.address)
        revision = f"revision {match['revision'] if match else 'main, the newest'}"
        extent = f"extent {mapping.extent}" + (f" ({mapping.extent_note})" if mapping.extent_note else "")
        return (
            f"{mapping.name}: {self.address} ({self.license}); files {self.files}, {revision}; {extent}; {self.rows}; download {self.download}, "
            f"warehouse and published file {self.disk} each; {self.minutes}. Nothing was downloaded; {self.how}"
        )

    @property
    def is_on_hub(self) -> bool:
        """Whether it can be downloaded from the hub; else it is a git repository."""
        return self.address.startswith("hf://")

    @property
    def how(self) -> str:
        """What to do to have it."""
        if self.is_on_hub:
            return "run it without --dry-run, or with --from FOLDER for a copy on disk"
        return "run it without --dry-run, which clones it with git, or with --from FOLDER for a clone"


class Only(_Part):
    """Rows to take: those whose column has one of these values, or without values any; others are skipped and counted."""

    column: str
    values: Names | None = None
    optional: bool = False


class Mapping(_Part):
    """A published snapshot's layout in our words."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    source: str = Field(default="", description="where the snapshots are published, and under which license")
    extent: Literal["whole", "head", "window", "selection"] = Field(default="selection", description="what part of the hub it covers")
    extent_note: str = Field(default="", description="the extent in words, such as: the 2,283 models that evaluation registries know")
    layout: Literal["columns", "hub-record"] = Field(
        default="columns", description="hub-record: rows have the fields of the hub's own records and are read as those"
    )
    hub: HubFrom
    day: DayFrom
    rows: Literal["models"] | None = Field(
        default=None, description='"models": they are, though the file is named like one of data sets or Spaces'
    )
    model_id: Identity = Identity(column=("id",))
    counters: dict[Literal["downloads_30d", "downloads_total", "likes"], Counter] = {}
    attributes: dict[str, Attribute] = {}
    only: Only | None = None
    publication: Publication | None = None
    records: str | None = Field(
        default=None, description="where records are in a JSON object (dots for deeper keys, * for any key), or a list of them in Parquet"
    )
    members: str | None = Field(default=None, description="pattern of the files to read in a .zip, as data/*.csv; default all that can be")
    sheet: str | None = Field(default=None, description="of a workbook; default the only one, or the only one with a column of model ids")
    header: Names | None = Field(default=None, description="names of the columns of a CSV that has no line of them")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="of a CSV; default the one that gives the columns")
    quote: str | None = Field(default=None, max_length=1, description='of a CSV; default "')
    escape: str | None = Field(default=None, max_length=1, description="of a CSV, before a quote inside quotes; default the quote")
    encoding: str | None = Field(default=None, description="of a text file; default UTF-8, or what its byte order mark says")
    thousands: str | None = Field(default=None, min_length=1, max_length=1, description="between groups of digits")
    decimal: Literal[".", ","] | None = Field(default=None, description="before the fraction; default a point")
    nulls: Names | None = Field(default=None, description="further spellings of nothing, beside None, nan, NA, N/A, null, - and others")

    @property
    def stored_as(self) -> str:
        """The source of the observations in the tables."""
        return f"archive:{self.name}"

    @property
    def unit_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns that say a row's unit, each with every value that is declared."""
        found: dict[str, tuple[str, ...]] = {}
        for counter in self.counters.values():
            if counter.unit_column and counter.units:
                found[counter.unit_column] = (*found.get(counter.unit_column, ()), *counter.units)
        return found

    @model_validator(mode="before")
    @classmethod
    def _plain_downloads_need_a_window(cls, value: object) -> object:
        """Counter `downloads` is the one its window says; without a window it is refused."""
        counters = value.get("counters") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(counters, dict):
            return value
        named = {key: counter for key, counter in counters.items() if not _MORE.fullmatch(str(key))}
        for key, plain in counters.items():
            if key in named:
                continue
            window = plain.get("window") if isinstance(plain, dict) else None
            name = next((name for name, counted in _WINDOWS.items() if counted == window), None)
            if name is None:
                raise ValueError(f'counters.{key}: its window is not declared; say window = "30d" or window = "total"')
            if name in named:
                raise ValueError(f'counters.{key}: another counter has window "{window}"; leave one out')
            named[name] = plain
        return value | {"counters": named}

    @model_validator(mode="after")
    def _every_window_is_declared(self) -> Self:
        for name, counter in self.counters.items():
            if name == "likes":
                if counter.window:
                    raise ValueError("counters.likes: likes have no window; take it out")
                continue
            _declared(name, counter)
        _one_meaning_each(self.counters.get("downloads_30d"), self.counters.get("downloads_total"))
        return self

    @model_validator(mode="after")
    def _text_is_read_in_one_way(self) -> Self:
        if self.thousands and (self.thousands.isalnum() or self.thousands == self.decimal):
            raise ValueError(f'thousands = "{self.thousands}" cannot be between digits when decimal = "{self.decimal}"; correct one')
        try:
            codecs.lookup(self.encoding or "utf-8")
        except LookupError:
            raise ValueError(f'encoding = "{self.encoding}" is not known to Python; as in "gb18030" or "cp1252"') from None
        return self

    @model_validator(mode="after")
    def _attributes_are_ours(self) -> Self:
        for name in self.attributes:
            if name not in _ATTRIBUTE_NAMES:
                raise ValueError(f"attributes.{name} is not an attribute; they are {', '.join(sorted(_ATTRIBUTE_NAMES))}")
        if self.layout == "hub-record" and (self.attributes or self.hub.value is None or self.day.column or self.unit_columns):
            raise ValueError("layout hub-record reads attributes as the hub's: give hub.value, a day for the whole file, no attributes")
        return self


def columns_named(mapping: Mapping) -> set[str]:
    """Every column that the mapping names."""
    columns = [*mapping.model_id.names, mapping.hub.column, mapping.day.column, mapping.day.pass_column, *mapping.unit_columns]
    columns += [name for column in (*mapping.counters.values(), *mapping.attributes.values()) for name in column.column]
    return {name for name in columns if name}


def named_twice(header: Sequence[str], mapping: Mapping) -> str | None:
    """A name that a header has more than once and that the mapping reads; None where each is clear."""
    read, days = columns_named(mapping), mapping.day.column_names
    twice = (name for name, times in Counted(header).items() if name and times > 1)
    return next((name for name in twice if name in read or (days and re.search(days, name))), None)


def windows_stated(columns: tuple[str, ...]) -> set[str]:
    """The windows that the names of these columns state."""
    return {window for window, words in _SAYS.items() for own in columns if re.search(words, own, re.IGNORECASE)}


def _declared(name: str, counter: Counter) -> None:
    """Raise when a downloads column's window is unknown or contradicts the counter it is mapped to."""
    wanted, column = _WINDOWS[name], ", ".join(counter.column)
    said = windows_stated(counter.column)
    declared = counter.window or (wanted if counter.units else None)
    if declared is None and len(said) != 1:
        raise ValueError(
            f'counters.{name}: column {column} does not say its window; declare window = "30d" or window = "total", or a unit_column with units'
        )
    if (declared or wanted) != wanted or (declared is None and said != {wanted}):
        meant = declared or next(iter(said))
        other = next(counter for counter, window in _WINDOWS.items() if window == meant)
        raise ValueError(f'counters.{name}: column {column} counts over "{meant}"; map it to {other}')
    if said and wanted not in said:
        raise ValueError(f'counters.{name}: column {column} is named like window "{next(iter(said))}" but declared "{wanted}"; correct one')


def _one_meaning_each(one: Counter | None, other: Counter | None) -> None:
    """Raise when both kinds of downloads are read from one column and no unit says which row counts what."""
    shared = set(one.column) & set(other.column) if one and other else set()
    if one is None or other is None or not shared:
        return
    if one.unit_column is None or one.unit_column != other.unit_column or set(one.units or ()) & set(other.units or ()):
        raise ValueError(
            f"counters: column {', '.join(sorted(shared))} cannot be both downloads_30d and downloads_total; "
            "leave one out, or say by a unit_column with different units which rows count what"
        )


def ready_mappings() -> list[str]:
    """Names of the mappings that come with hubwatch."""
    return sorted(path.stem for path in (data_dir() / "mappings").glob("*.toml"))


def read_mapping(name: str) -> Mapping:
    """The mapping of this name, or of this file; a fault in it is a `UsageError` of one line with the cure."""
    path = Path(name)
    if not name.endswith(".toml"):
        ready = ready_mappings()
        path = data_dir() / "mappings" / f"{meant(name, ready)}.toml"
        if meant(name, ready) is None:
            raise UsageError(f"--mapping {name} is neither a file (.toml) nor one of {', '.join(ready)}{hint(name, ready)}")
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise UsageError(f"--mapping {name}: there is no such file") from None
    except OSError as error:
        raise UsageError(f"--mapping {name} cannot be read: {error.strerror or error}; give the path of a mapping's file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--mapping {name} is not readable TOML: {error}") from None
    except ValidationError as error:
        raise UsageError(f"--mapping {name}: {'; '.join(_told(fault) for fault in error.errors())}") from None


def _told(fault: object) -> str:
    assert isinstance(fault, dict)
    place = ".".join(str(part) for part in fault["loc"])
    text = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place and fault["type"] != "value_error" else text
