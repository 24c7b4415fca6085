"""Random worlds: what several sources a day state of repositories that appear, vanish, return and are renamed; and how they are stored."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.link.bases import derive
from hubwatch.statistics.tables import find_repositories
from hubwatch.store import ATTRIBUTES, COUNTERS, connect, number_listings, replace_day, settle_departures, transaction
from tests.statistics.world_of import make_schema

FIRST = date(2026, 1, 1)
DAYS = (0, 3, 15, 30, 33, 60, 61)
COUNTED_ANEW = {
    "huggingface": (FIRST + timedelta(20), FIRST + timedelta(33)),
    "modelscope": (FIRST + timedelta(31),),
}  # other rules of counting
HUBS = ("huggingface", "modelscope", "wisemodel")
POLICIES = ("six-tigers", "osai")
LICENSES = {"mit": "permissive", "apache-2.0": "permissive", "cc-by-nc-4.0": "non_commercial", "odd": None}
REGIONS = {"CN": "china", "HK": "china", "US": "north_america"}
PLACEHOLDER = datetime(2022, 3, 2, 23, 29, 4)
STATED = ("hub_key", "created_at", "license", "task", "library", "parameters", "base_models", "base_relation", "gated", "hub_type")
KINDS_OF_NAME = ("", "", "", "", "-lora", "-GGUF", "-lora-merged", "-slerp")  # what a name shows


@dataclass(frozen=True)
class Stated:
    """What one source says of one listing on one day."""

    counters: dict[str, int | None]
    attributes: dict[str, Any]


@dataclass
class Source:
    """One source of one hub's day; `speaks` None: it states all attributes."""

    hub: str
    day: date
    name: str
    complete: bool
    extent: str
    listed_total: int | None
    health: str | None
    speaks: tuple[str, ...] | None
    listings: dict[str, Stated] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    rejected: dict[str, int | None] = field(default_factory=dict)  # what records that are no listings have of each counter


@dataclass(frozen=True)
class Label:
    hub: str
    namespace: str
    policy: str
    organization: str | None
    country: str | None
    kind: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Link:
    model_key: str
    tier: str
    is_mirror: bool
    family: str | None


@dataclass
class World:
    sources: list[Source]
    labels: list[Label]
    links: dict[tuple[str, str], Link]
    flags: set[tuple[str, str, date, str]]


@dataclass
class _Repository:
    """A repository of one hub: its ids from a day on, and what is true of it."""

    hub: str
    key: str | None
    ids: list[tuple[date, str]]
    created_at: datetime | None
    total: int

    def id_on(self, day: date) -> str:
        return [name for since, name in self.ids if since <= day][-1]


def draw(seed: int) -> World:
    """The world of this seed."""
    chance = random.Random(seed)
    repositories = [_repository(chance, hub, number) for hub in HUBS for number in range(chance.randint(5, 9))]
    sources = [one for hub in HUBS for day in DAYS for one in _sources(chance, hub, FIRST + timedelta(day), repositories)]
    listed = sorted({(one.hub, model_id) for one in sources for model_id in one.listings})
    flags = {
        (
            one.hub,
            model_id,
            one.day,
            chance.choice(("downloads_total_spiked", "downloads_total_jumped", "downloads_30d_jumped", "likes_odd")),
        )
        for one in sources
        for model_id in one.listings
        if chance.random() < 0.08
    }
    return World(sources, _labels(chance, listed), _links(chance, listed), flags)


def _repository(chance: random.Random, hub: str, number: int) -> _Repository:
    shown = chance.choice(KINDS_OF_NAME)
    name = f"{chance.choice('abcdeF')}/m{number}{hub[0]}{shown}"
    ids = [(FIRST, name)]
    if chance.random() < 0.25:
        ids.append((FIRST + timedelta(chance.randrange(1, 62)), f"{chance.choice('abcdef')}/n{number}{hub[0]}{shown}"))
    created = datetime(2025, 10, 1) + timedelta(hours=12 * chance.randrange(0, 320))
    moment = chance.choice([None, PLACEHOLDER, *[created] * 8])
    return _Repository(hub, f"{hub}-{number}" if chance.random() < 0.9 else None, ids, moment, chance.randrange(0, 5000))


def _sources(chance: random.Random, hub: str, day: date, repositories: list[_Repository]) -> Iterator[Source]:
    kinds = [("full", "whole", 0.8), ("head", "head", 0.3), ("archive:whole", "whole", 0.15), ("archive:list", "selection", 0.25)]
    kinds.append(("new", "window", 0.15))
    there = [one for one in repositories if one.hub == hub and chance.random() < 0.85]
    for name, extent, probability in kinds:
        if chance.random() >= probability:
            continue
        part = there if extent == "whole" and chance.random() < 0.7 else [one for one in there if chance.random() < 0.6]
        archive = name.startswith("archive")
        speaks = ("repo_kind", *sorted(chance.sample(STATED, 6))) if archive and chance.random() < 0.5 else None
        source = Source(
            hub=hub,
            day=day,
            name=name,
            complete=not archive and (len(part) == len(there) or chance.random() < 0.6),
            extent=extent,
            listed_total=chance.choice([None, len(part), len(part) + 1]) if name == "full" else None,
            health=chance.choice([None, "ok", "ok", "ok", "ok", "catch_up", "partial"]),
            speaks=speaks,
            listings={one.id_on(day): _stated(chance, one, day, repositories) for one in part},
        )
        if name == "full" and chance.random() < 0.2 and (lacking := [one for one in repositories if one.hub == hub and one not in part]):
            source.unread = [chance.choice(lacking).id_on(day)]
        if chance.random() < 0.25:
            source.rejected = {column.name: chance.choice([None, chance.randrange(500)]) for column in COUNTERS}
        yield source


def _stated(chance: random.Random, one: _Repository, day: date, repositories: list[_Repository]) -> Stated:
    age = (day - FIRST).days
    rolling = chance.choice([None, 0, *[one.total // 10 + chance.randrange(50)] * 8])
    total = chance.choice([None, one.total * 50, *[one.total + age * chance.randrange(20)] * 10])
    if chance.random() < 0.1:
        total = one.total // 2
    known = [other.ids[0][1] for other in repositories if other.hub == one.hub and other is not one]
    bases = sorted(set(chance.choices([*known, "zz/unlisted", "a/unlisted"], k=chance.choice([0, 0, 1, 1, 2]))))
    return Stated(
        counters={
            "downloads_30d": rolling if one.hub == "huggingface" else None,
            "downloads_total": None if one.hub == "wisemodel" else total,
            "likes": chance.choice([None, *[chance.randrange(30)] * 9]),
        },
        attributes={
            "hub_key": one.key,
            "created_at": one.created_at,
            "license": chance.choice(["mit", "mit", "apache-2.0", "cc-by-nc-4.0", "odd", "unknown", None]),
            "task": chance.choice(["text-generation", "text-generation", "ocr", "unknown", None]),
            "library": chance.choice(["transformers", "transformers", "gguf", "peft", "mergekit", None]),
            "parameters": chance.choice([None, 5 * 10**8, 10**9, 7 * 10**9, 7 * 10**9 + 1, 300 * 10**9]),
            "base_models": bases or None,
            "base_relation": chance.choice(["finetune", "adapter", "quantized", "merge", "distilled", "unknown", None]) if bases else None,
            "gated": chance.choice(["false", "false", "auto", "manual", None]),
            "hub_type": chance.choice(["LoRA", "Checkpoint", None, None, None]),
            "repo_kind": "unknown" if one.hub == "wisemodel" and chance.random() < 0.2 else "model",
        },
    )


def _labels(chance: random.Random, listed: list[tuple[str, str]]) -> list[Label]:
    """Every namespace has a label, or a former one and a later one; many of them say little."""
    labels = []
    for hub, namespace in sorted({(hub, model_id.split("/")[0]) for hub, model_id in listed} | {(hub, "a") for hub in HUBS}):
        for policy in POLICIES:
            change = FIRST + timedelta(chance.randrange(1, 61)) if chance.random() < 0.4 else None
            for since, until in ((None, change), (change, None)) if change else ((None, None),):
                organization = chance.choice([None, "Alpha", "Beta", "Gamma"])
                country = chance.choice([None, "CN", "US", "HK", "FR"])
                kind = chance.choice(["unknown", None, "company", "academic", "big_tech"])
                labels.append(Label(hub, namespace, policy, organization, country, kind, since, until))
    return labels


def _links(chance: random.Random, listed: list[tuple[str, str]]) -> dict[tuple[str, str], Link]:
    """Some listings are one model, on one hub or several; a model may have nothing but mirrors. All others are single."""
    links: dict[tuple[str, str], Link] = {}
    rest = list(listed)
    chance.shuffle(rest)
    while rest:
        size = min(len(rest), chance.choice([1, 1, 1, 2, 2, 3]))
        group, rest = rest[:size], rest[size:]
        key = "{}:{}".format(*group[0])
        family = chance.choice([None, "Qwen", "Llama"])
        for one in group:
            links[one] = Link(key, "same_id" if size > 1 else "single", size > 1 and chance.random() < 0.35, family)
    return links


@contextmanager
def stored(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The world in a database, by the product's own ways of storing days, renames, derivations and statistics."""
    with connect(Path(":memory:")) as con:
        con.execute("set threads = 1")
        make_schema(con)
        for source in world.sources:
            _load(con, source)
        for hub in HUBS:
            settle_departures(con, hub)
        for label in world.labels:
            con.execute(
                "insert into origins(hub, namespace, policy, organization, country, kind, valid_from, valid_to) values (?, ?, ?, ?, ?, ?, ?, ?)",
                [label.hub, label.namespace, label.policy, label.organization, label.country, label.kind, label.since, label.until],
            )
        for (hub, model_id), link in world.links.items():
            con.execute(
                "insert into model_listings(hub, model_id, model_key, tier, evidence, is_mirror, family) values (?, ?, ?, ?, '', ?, ?)",
                [hub, model_id, link.model_key, link.tier, link.is_mirror, link.family],
            )
        for flag in sorted(world.flags):
            con.execute("insert into flags(hub, model_id, day, flag, detail) values (?, ?, ?, ?, '')", list(flag))
        for license, kind in LICENSES.items():
            con.execute("insert into facts.licenses(raw, license, class) values (?, ?, ?)", [license, license, kind])
        for country, region in REGIONS.items():
            con.execute("insert into facts.country_groups(country, name, region) values (?, ?, ?)", [country, country, region])
        con.execute("insert into facts.placeholder_times(hub, moment) values ('huggingface', ?)", [str(PLACEHOLDER)])
        for hub, changes in COUNTED_ANEW.items():
            for changed_on in (None, *changes):
                con.execute("insert into facts.counting_rules(hub, valid_from, rule) values (?, ?, '')", [hub, changed_on])
        find_repositories(con)
        _derive(con)
        yield con


def _load(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    con.execute("drop table if exists staged")
    columns = ", ".join(f"{column.name} {column.type}" for column in (*ATTRIBUTES, *COUNTERS))
    con.execute(f"create temp table staged (place bigint, model_id varchar, {columns})")
    rows = []
    for place, (model_id, said) in enumerate(source.listings.items()):
        spoken = {name: value for name, value in said.attributes.items() if source.speaks is None or name in source.speaks}
        rows.append({"place": place, "model_id": model_id, **said.counters, **spoken})
    for row in rows[:1]:
        statement = f"insert into staged ({', '.join(row)}) values ({', '.join('?' * len(row))})"
        con.executemany(statement, [list(one.values()) for one in rows])
    number_listings(con, source.hub)
    facts = {
        "complete": source.complete,
        "records": len(source.listings),
        "rejected": len(source.unread),
        "part_read": 0,
        **{f"rejected_{counter.removeprefix('downloads_')}": weight for counter, weight in source.rejected.items()},
        "listed_total": source.listed_total,
        "extent": source.extent,
        "health": source.health,
        "content_hash": repr(sorted(source.listings.items())),
        "speaks": None if source.speaks is None else list(source.speaks),
    }
    with transaction(con):
        replace_day(con, source.hub, source.day, source.name, facts)
        for model_id in source.unread:
            con.execute("insert into store.unread values (?, ?, ?, ?)", [source.hub, source.day, source.name, model_id])


def _derive(con: duckdb.DuckDBPyConnection) -> None:
    """The table `derivations`, by the linker's own queries, where no rename is reviewed."""
    con.execute("create temp table renames (hub varchar, namespace varchar, target varchar)")
    con.execute(files("hubwatch.link").joinpath("former_ids.sql").read_text("utf-8"))
    derive(con)
    con.execute("""insert into derivations by name select derived.*, base.family as base_family, root.family as root_family from derived
        left join model_listings base on base.hub = derived.hub and base.model_id = base_model_id
        left join model_listings root on root.hub = derived.hub and root.model_id = root_model_id""")
