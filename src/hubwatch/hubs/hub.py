"""What a hub is to the rest of hubwatch: one value, made in the hub's own folder. No other part of the package names a hub."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hubwatch.hubs.probing import Look
from hubwatch.net import Ask, Client
from hubwatch.pages import Kept, Page, Sweep, SweepState

Kinds = Mapping[str, str]  # keys of a record, and the JSON type of each


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site of a hub. Its pages and rows are kept under its name: two sites that speak alike are never mixed."""

    name: str
    title: str
    title_zh: str
    address: str  # scheme and host
    model_path: str  # a model's page is at address + model_path + model_id
    is_chinese: bool  # whether it is a site for readers in China
    other_hosts: tuple[str, ...] = ()  # short names and mirrors under which its models' addresses are written, too
    short_names: tuple[str, ...] = ()  # other names it may be asked for by, in any language

    @property
    def model_page(self) -> str:
        """What a model_id is put behind to give the address of the model's page."""
        return self.address + self.model_path

    def is_at(self, endpoint: str) -> bool:
        """Whether an address is this site's own, not a mirror of it or a local stand-in."""
        host, own = urlsplit(endpoint).hostname or "", (urlsplit(self.address).hostname or "").removeprefix("www.")
        return host == own or host.endswith(f".{own}")


@dataclass(frozen=True)
class Profile:
    """What a hub's own page says of a namespace: the name shown, and whether it is an organization's or a user's."""

    full_name: str | None
    account_type: str


@dataclass(frozen=True)
class Profiles:
    """How a hub that has pages of profiles is asked for one, and what such a page says."""

    asks: Callable[[Client, str], list[Ask]]  # one after the other, until one is answered
    read: Callable[[Any], Profile]


@dataclass(frozen=True, kw_only=True)
class Census:
    """How large a hub is by others' counts: what a plan rests on before anything is collected."""

    source: str  # who counted, and when
    listings: int
    new_a_day: int | None = None
    head: int | None = None  # listings at or above the default floor of a head sweep
    head_share: float | None = None  # of the downloads, that those have


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What sweeps of a hub cost, and which are worth making how often."""

    page: int  # records a page has at most
    bytes_a_record: int | None = None  # of a saved page, compressed; None: no real page was measured
    census: Census | None = None  # None: nobody counted
    windows: Mapping[str, tuple[int, int]] = field(
        default_factory=dict
    )  # requests and seconds allowed, by kind of caller; without token first
    full_every: int = 1  # days between full sweeps unless asked otherwise
    between: tuple[str, ...] = ()  # sweeps worth making on the days between
    sees_between: str = ""  # what those were measured to see, with the source
    possible_between: tuple[str, ...] = ("head", "new")
    is_side_by_side: bool = False  # whether a full sweep sends several requests at once


@dataclass(frozen=True, kw_only=True)
class Hub:
    """One hub: where it is, how it is asked, and how its records are read.

    `record.sql` in the hub's folder turns relation `record` (segment, position, shape, record) into columns of listings and a
    reject reason. With a `record_type` a record comes as a struct of that type, else as JSON; `shape` is its JSON type.
    """

    package: str  # the folder, as Python names it: where record.sql is
    sites: tuple[Site, ...]  # the hub's own first, then those that are asked in the same way
    endpoint_variable: str
    token_variable: str
    token_store: Callable[[], str | None] | None = None  # where a token is that no variable gives
    rate: float  # requests a second unless configured
    counters: str  # what its counters count, in words
    is_case_blind: bool = False  # whether the hub gives no second account of a name in another case

    ownerless_id: str | None = None  # what an id without an owner looks like, where the hub gave such ids once: a regular expression

    # how it is asked
    listing_path: str  # what robots.txt must allow
    pages: Callable[[Client, Sweep, Kept, SweepState], Iterator[Page]]
    probe: Callable[[Look], None]
    profiles: Profiles | None = None
    read_saved_page: Callable[[Path], list[str]] | None = None  # model_ids that a page saved from a browser links to
    propose_listing: Callable[[Path], Any] | None = None  # the configuration of a listing call, from a captured answer of it
    archive_scheme: str | None = None  # under which published archives lie on the hub, as in SCHEME://datasets/...
    looks_up_licenses: bool = False  # whether it gives licenses only one by one, so that a run has a budget for them
    costs: Costs = Costs(page=100)

    # how its records are read
    promised: Kinds  # keys that every record must have
    kinds_of_record: tuple[Kinds, ...] = ()  # where there are several: what each promises; the first key tells the kind
    record_type: Any = None  # as json_transform writes a type; a page is then an array of records
    record_keys: frozenset[str] = frozenset()  # keys that record.sql reads
    other_keys: frozenset[str] = frozenset()  # further keys of its records that are read somewhere
    records: str = "page"  # SQL over a kept `page`: its records, JSON[]
    is_envelope: Callable[[Mapping[str, Any]], bool] = lambda value: False  # whether an object is around records, not a record
    records_of: Callable[[Any], list[Any]]  # the same as `records`, in Python

    @property
    def name(self) -> str:
        """How the hub is called in commands and tables."""
        return self.sites[0].name

    @property
    def keys_read(self) -> frozenset[str]:
        """Every top-level key of its records that hubwatch reads."""
        return self.record_keys | self.other_keys | frozenset(self.promised)

    @property
    def title(self) -> str:
        return self.sites[0].title

    def kept_as(self, endpoint: str) -> str:
        """The name under which pages and rows from this address are kept."""
        return next((site.name for site in self.sites[1:] if site.is_at(endpoint)), self.name)

    def site(self, kept_as: str) -> Site:
        """The site whose rows are kept under this name."""
        return next(site for site in self.sites if site.name == kept_as)

    def has_sql(self, name: str) -> bool:
        """Whether the hub's folder has this SQL file."""
        return files(self.package).joinpath(f"{name}.sql").is_file()

    def sql(self, name: str) -> str:
        """A SQL file of the hub's folder."""
        return files(self.package).joinpath(f"{name}.sql").read_text("utf-8")

    def page_type(self, typed: bool = False) -> str:
        """The type that DuckDB reads a page as; `typed`: with every record as `record_type` straight away."""
        if self.record_type is None:
            return "JSON"
        return f"{_duckdb_type(self.record_type) if typed else 'JSON'}[]"

    def relation(self, records: str, typed: bool = False) -> str:
        """A query that gives relation `record` from one that gives segment, position and record (JSON; `typed`: of `record_type`)."""
        if typed:
            shape, record = "case when record is not null then 'OBJECT' else 'NULL' end", "record"
        elif self.record_type is None:
            shape, record = "json_type(record)", "record"
        else:
            shape, record = "json_type(record)", f"json_transform(record, '{json.dumps(self.record_type)}')"
        return f"select segment, position, {shape} as shape, {record} as record from ({records})"

    def listings(self, records: str, typed: bool = False) -> str:
        """A query that gives these records as columns of listings, with the reason where one cannot be read."""
        return f"with record as ({self.relation(records, typed)}) select * from (\n{self.sql('record')}\n)"


def _duckdb_type(shape: object) -> str:
    if isinstance(shape, dict):
        return "STRUCT(" + ", ".join(f'"{key}" {_duckdb_type(inner)}' for key, inner in shape.items()) + ")"
    if isinstance(shape, list):
        return f"{_duckdb_type(shape[0])}[]"
    return str(shape)
