"""What every statistic rests on, in plain Python: which day and source answers, what was known of a listing then, what stood, what is counted once."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.statistics.random_world import LICENSES, PLACEHOLDER, REGIONS, STATED, Label, Link, Source, World

UNFIT = ("partial", "stalled", "rolled_back", "dipped")
WIDEST_FIRST = ("whole", "head", "selection", "window")
ADJECTIVES = {"CN": "Chinese", "US": "US", "FR": "French", "HK": "Hong Kong"}
KINDS = {"company": "companies", "academic": "academia", "big_tech": "Big Tech"}


@dataclass(frozen=True)
class Question:
    """A question to a statistic: what the reader asks, and what the statistic's head declares."""

    metrics: tuple[str, ...]
    hub: str | None = None
    day: date | None = None
    source: str | None = None
    since: date | None = None
    by: str = "country"
    metric: str | None = None
    policy: str = "six-tigers"
    filters: dict[str, Any] = field(default_factory=dict)
    without_flagged: bool = False
    days: str = "one"
    one_hub: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(self.by.split(","))


@dataclass(frozen=True)
class At:
    """The answer of the scope: one hub's source of a day, by which counter, beside how many hubs."""

    source: Source
    metric: str
    hubs: int

    @property
    def day(self) -> date:
        return self.source.day


@dataclass(frozen=True)
class Described:
    """A listing on a day: the value of each dimension asked for, and what the statistics ask beside."""

    hub: str
    model_id: str
    parts: tuple[str | None, ...]
    outside: bool
    organization: str | None
    attributes: dict[str, Any]

    @property
    def namespace(self) -> str:
        return self.model_id.split("/")[0]

    @property
    def key(self) -> tuple[str, str]:
        return self.hub, self.model_id

    @property
    def is_known(self) -> bool:
        return None not in self.parts


def is_whole(source: Source) -> bool:
    return source.extent == "whole" and (source.complete or is_archive(source))


def is_archive(source: Source) -> bool:
    return source.name.startswith("archive:")


def is_fit(source: Source) -> bool:
    return source.health not in UNFIT


def saw_all(source: Source) -> bool:
    return source.listed_total is None or len(source.listings) + len(source.unread) >= source.listed_total


class Told:
    """A world as its sources tell it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.of_day: dict[tuple[str, date], list[Source]] = defaultdict(list)
        for source in world.sources:
            self.of_day[source.hub, source.day].append(source)
        for sources in self.of_day.values():
            sources.sort(key=_leads)
        self.observed: dict[tuple[str, str], list[date]] = defaultdict(list)
        for (hub, day), sources in sorted(self.of_day.items()):
            for model_id in {model_id for source in sources for model_id in source.listings}:
                self.observed[hub, model_id].append(day)
        self.repositories: dict[tuple[str, str], list[str]] = defaultdict(list)
        for hub, model_id in self.observed:
            key = self.attribute(hub, model_id, "hub_key", date.max)
            if key is not None:
                self.repositories[hub, key].append(model_id)

    # --- days ---

    def leading(self, hub: str, day: date) -> Source:
        return self.of_day[hub, day][0]

    def held(self, name: str | None) -> list[Source]:
        """The source that answers for each day: the leading one, or the one that is named."""
        if name is None:
            return [sources[0] for sources in self.of_day.values()]
        return [source for source in self.world.sources if source.name == name]

    def scope(self, question: Question) -> list[At]:
        chosen: dict[str, Source] = {}
        for source in self.held(question.source):
            if question.hub not in (None, source.hub):
                continue
            if question.day is not None and source.day != question.day and not (question.days == "standing" and source.day < question.day):
                continue
            best = chosen.get(source.hub)
            if best is None or _answers(source, question) > _answers(best, question):
                chosen[source.hub] = source
        for metric in question.metrics if question.metric is None else (question.metric,):
            offered = [source for source in chosen.values() if metric == "models" or _gives(source, metric)]
            if question.metric is not None and question.hub is not None:
                offered = list(chosen.values())
            if not offered:
                continue
            if question.one_hub or metric.startswith("downloads"):
                offered = [min(offered, key=lambda source: (-len(source.listings), source.hub))]
            return [At(source, metric, len(offered)) for source in offered]
        return []

    def earlier(self, at: At, question: Question, needed: bool, tolerance: int = 15) -> Source | None:
        """The day before that this one is compared with."""
        now = at.source
        candidates = []
        for source in self.world.sources:
            if source.hub != now.hub or source.day >= now.day:
                continue
            if source is not self.leading(source.hub, source.day) and source.name != now.name:
                continue
            own = source.name == now.name and (is_archive(source) or (source.complete and now.complete))
            is_like = own or (now.extent == "whole" and is_whole(source))
            apart = abs((now.day - source.day).days - 30)
            if question.since is not None:
                if source.day != question.since:
                    continue
            elif not needed and not (is_like and apart <= tolerance):
                continue
            candidates.append(((not is_like, not is_fit(source), not is_whole(source), apart, source.day, source.name != now.name), source))
        return min(candidates, key=lambda one: one[0])[1] if candidates else None

    def series(self, at: At, question: Question) -> list[Source]:
        """The days that may stand in one series with this one."""
        found = [
            source
            for source in self.held(question.source)
            if source.hub == at.source.hub
            and (source.complete or is_archive(source))
            and (question.since is None or source.day >= question.since)
            and (question.day is None or source.day <= question.day)
        ]
        if question.source is None:
            for extent in ("whole", "head"):
                if any(source.extent == extent for source in found):
                    found = [source for source in found if source.extent == extent]
                    break
            else:
                names = [source.name for source in found if source.extent == "selection"]
                most = max(names, key=lambda name: (names.count(name), name), default=None)
                found = [source for source in found if source.name == most]
        return sorted((source for source in found if is_fit(source)), key=lambda source: source.day)

    # --- what was known of a listing on a day ---

    def attribute(self, hub: str, model_id: str, name: str, day: date) -> Any:
        """What the leading one of the sources that say anything of it said last."""
        for seen in reversed(self.observed.get((hub, model_id), [])):
            if seen <= day:
                for source in self.of_day[hub, seen]:
                    if model_id in source.listings and (source.speaks is None or name in source.speaks):
                        return source.listings[model_id].attributes[name]
        return None

    def attributes(self, hub: str, model_id: str, day: date) -> dict[str, Any] | None:
        """All of them; None before the listing was seen."""
        if not (seen := self.observed.get((hub, model_id))) or seen[0] > day:
            return None
        return {name: self.attribute(hub, model_id, name, day) for name in (*STATED, "repo_kind")}

    def label(self, hub: str, namespace: str, policy: str, day: date) -> Label | None:
        for label in self.world.labels:
            if (label.hub, label.namespace, label.policy) == (hub, namespace, policy) and (label.since or date.min) <= day < (
                label.until or date.max
            ):
                return label
        return None

    def link(self, key: tuple[str, str]) -> Link:
        return self.world.links[key]

    def describe(self, hub: str, model_id: str, day: date, question: Question, hubs: int) -> Described | None:
        """The listing as of the day; None where the filters leave it out."""
        namespace = model_id.split("/")[0]
        label = self.label(hub, namespace, question.policy, day)
        organization, country = (label.organization, label.country) if label else (None, None)
        kind = label.kind if label and label.kind != "unknown" else None
        link = self.world.links.get((hub, model_id))
        held = self.attributes(hub, model_id, day)
        family = link.family if link else None
        values = _values(held) | {"country": country, "kind": kind, "organization": organization, "namespace": namespace, "hub": hub}
        values |= {"family": family, "region": REGIONS.get(country or "")}
        values["origin"] = f"{ADJECTIVES[country]} {KINDS[kind]}" if country and kind else None
        values["model"] = link.model_key.split(":", 1)[1] if hubs > 1 and link else model_id
        outside = False
        for name, asked in question.filters.items():
            if name in ("country", "kind", "organization"):
                outside = outside or values[name] is None
                if values[name] not in (None, asked):
                    return None
            elif not _passes(name, asked, values, held, model_id, link):
                return None
        return Described(hub, model_id, tuple(values[name] for name in question.dimensions), outside, organization, held or {})

    # --- standing ---

    def stands(self, hub: str, model_id: str, day: date) -> bool:
        """Listed by the day, and lacking since in no complete full sweep that saw all, and in not more than one that did not."""
        seen = self.observed[hub, model_id]
        if not seen or seen[0] > day:
            return False
        listed = [one.day for one in self.world.sources if one.hub == hub and one.day <= day and model_id in (*one.listings, *one.unread)]
        lacking = [
            one
            for one in self.world.sources
            if one.hub == hub and one.name == "full" and one.complete and one.extent == "whole" and max(listed) < one.day <= day
        ]
        return len(lacking) < 2 and not any(saw_all(one) for one in lacking)

    def standing(self, scope: Iterable[At]) -> list[tuple[str, str, At]]:
        return [
            (hub, model_id, at)
            for at in scope
            for hub, model_id in self.observed
            if hub == at.source.hub and self.stands(hub, model_id, at.day)
            if at.source.extent != "selection" or model_id in (*at.source.listings, *at.source.unread)
        ]

    # --- renames ---

    def id_on(self, hub: str, model_id: str, day: date) -> str:
        """The id that the hub listed the repository by last, up to the day."""
        key = self.attribute(hub, model_id, "hub_key", date.max)
        known = [one for one in self.repositories.get((hub, key), []) if self.observed[hub, one][0] <= day] if key is not None else []
        return max(known, key=lambda one: self.places(hub, one), default=model_id)

    def places(self, hub: str, model_id: str) -> tuple[date, date, str]:
        """Order of a repository's ids: by when they were seen last."""
        return self.observed[hub, model_id][-1], self.observed[hub, model_id][0], model_id

    def same_repository(self, hub: str, model_id: str) -> list[str]:
        key = self.attribute(hub, model_id, "hub_key", date.max)
        return self.repositories[hub, key] if key is not None else [model_id]

    # --- counters ---

    def is_flagged(self, hub: str, model_id: str, day: date, counter: str) -> bool:
        return any(flag[:3] == (hub, model_id, day) and flag[3].startswith(counter) for flag in self.world.flags)

    def once(
        self,
        keys: Iterable[tuple[str, str]],
        there: Iterable[tuple[str, str]],
        question: Question,
        order: Callable[[tuple[str, str]], Any] = lambda key: (),
    ) -> set[tuple[str, str]]:
        """The listing that a model is counted by, of those given: an original before mirrors, in the order of hubs and ids; none
        where only mirrors are given and an original is there."""
        groups: dict[Any, list[tuple[str, str]]] = defaultdict(list)
        originals = set()
        for key in there:
            if not self.link(key).is_mirror:
                originals.add(self.model_of(key, question))
        for key in keys:
            groups[self.model_of(key, question)].append(key)
        chosen = set()
        for model, members in groups.items():
            first = min(members, key=lambda key: (self.link(key).is_mirror, order(key), key))
            if not (self.link(first).is_mirror and model in originals):
                chosen.add(first)
        return chosen

    def model_of(self, key: tuple[str, str], question: Question) -> Any:
        link = self.link(key)
        if link.tier == "single":
            return key
        return link.model_key, key[0] if "hub" in question.dimensions else ""


def value_of(source: Source, model_id: str, metric: str) -> int | None:
    return 1 if metric == "models" else source.listings[model_id].counters[metric]


def month_of(moment: datetime) -> date:
    return moment.date().replace(day=1)


def is_placeholder(hub: str, moment: datetime) -> bool:
    return hub == "huggingface" and moment.replace(microsecond=0) == PLACEHOLDER


def size_class(parameters: int | None) -> str:
    if parameters is None:
        return "unknown"
    bounds = [(1, "below 1B"), (5, "1B to 5B"), (10, "5B to 10B"), (50, "10B to 50B"), (100, "50B to 100B"), (250, "100B to 250B")]
    return next((name for bound, name in bounds if parameters < bound * 10**9), "250B and more")


def form_of(held: dict[str, Any], model_id: str) -> str | None:
    """What it is by the relation that its hub reports, else the type, else the library, else its name; only of what is a model."""
    if held["repo_kind"] != "model":
        return None
    if held["base_relation"] in ("finetune", "adapter", "quantized", "merge"):
        return str(held["base_relation"])
    if held["hub_type"] == "LoRA":
        return "adapter"
    by_library = {"peft": "adapter", "gguf": "quantized", "mergekit": "merge"}
    if held["library"] in by_library:
        return by_library[held["library"]]
    _, _, shown = model_id.partition("-")
    return {"lora": "adapter", "GGUF": "quantized", "slerp": "merge"}.get(shown, "model")


def license_class(license: str | None) -> str | None:
    return LICENSES.get(license or "")


def _known(word: str | None) -> str | None:
    return None if word == "unknown" else word


def _values(held: dict[str, Any] | None) -> dict[str, Any]:
    """The dimensions that attributes give."""
    if held is None:
        return dict.fromkeys(("license", "license_class", "task", "library", "size_class", "created_year", "relation"))
    return {
        "license": _known(held["license"]),
        "license_class": license_class(_known(held["license"])),
        "task": _known(held["task"]),
        "library": held["library"],
        "size_class": _known(size_class(held["parameters"])),
        "created_year": str(held["created_at"].year) if held["created_at"] else None,
        "relation": _known(held["base_relation"]) if held["base_models"] else "original",
    }


def _passes(name: str, asked: Any, values: dict[str, Any], held: dict[str, Any] | None, model_id: str, link: Link | None) -> bool:
    created = held["created_at"] if held else None
    if name in ("namespace", "family"):
        return values[name] is not None and values[name].lower() == asked.lower()
    if name in ("task", "library"):
        return bool(values[name] == asked)
    if name == "license_class":
        return bool((values[name] or "unknown") == asked)
    if name == "created_since":
        return created is not None and created >= datetime.combine(asked, datetime.min.time())
    if name == "created_until":
        return created is not None and created.date() <= asked
    if name == "models":
        return model_id in asked
    if name == "form":
        return held is not None and form_of(held, model_id) == asked
    if name == "only":
        if held is None:
            return False
        return bool(held["base_models"]) if asked == "derivatives" else not held["base_models"] and not (link and link.is_mirror)
    assert name == "leave_out", name
    return values["namespace"] not in asked and values["organization"] not in asked


def _leads(source: Source) -> tuple[Any, ...]:
    return (
        WIDEST_FIRST.index(source.extent),
        0 if source.complete else 1 if is_archive(source) else 2,
        -len(source.listings),
        repr(sorted(source.listings.items())),
        source.name,
    )


def _answers(source: Source, question: Question) -> tuple[Any, ...]:
    return (
        source.day == question.day,
        is_fit(source),
        is_whole(source),
        source.complete and source.name == "full",
        source.complete,
        source.day,
    )


def _gives(source: Source, metric: str) -> bool:
    return any(said.counters[metric] is not None for said in source.listings.values())


def day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time())


def at_of(source: Source, at: At) -> At:
    return replace(at, source=source)
