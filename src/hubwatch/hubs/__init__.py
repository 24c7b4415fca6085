"""The hubs: a folder each, and one list of them. What the rest of the package knows of a hub it asks here.

To add a hub: a folder with a `HUB` and a `record.sql`, and its name in `HUBS`.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.resources import files

from hubwatch.errors import NoSuchName
from hubwatch.hubs.hub import Census, Costs, Hub, Profile, Profiles, Site
from hubwatch.hubs.huggingface import HUB as _HUGGINGFACE
from hubwatch.hubs.modelscope import HUB as _MODELSCOPE
from hubwatch.hubs.probing import Look
from hubwatch.hubs.unread import Unread, UnreadKeys, is_personal
from hubwatch.hubs.wisemodel import HUB as _WISEMODEL

# By the name under which a hub is asked; in order of preference where several hubs know the same model.
HUBS: dict[str, Hub] = {hub.name: hub for hub in (_HUGGINGFACE, _MODELSCOPE, _WISEMODEL)}

__all__ = [
    "HUBS",
    "Census",
    "Costs",
    "Hub",
    "Look",
    "Profile",
    "Profiles",
    "Site",
    "Unread",
    "UnreadKeys",
    "command_line",
    "hub_of",
    "is_personal",
    "is_the_hubs_own",
    "known_hub",
    "listed",
    "named_site",
    "site_of",
    "sites",
    "values_sql",
]


def sites() -> dict[str, Site]:
    """Every site by the name under which its rows are kept, in order of preference."""
    return {site.name: site for hub in HUBS.values() for site in hub.sites}


def hub_of(kept_as: str) -> Hub:
    """The hub whose pages and rows are kept under this name; `NoSuchName` for a name that no hub has."""
    for hub in HUBS.values():
        if any(site.name == kept_as for site in hub.sites):
            return hub
    raise NoSuchName(f"{kept_as!r} is not a hub; hubs are {listed(sites())}")


def named_site(text: str, among: Iterable[str] | None = None) -> Site:
    """The site (of all, or `among` these) of this name, short name or title in any case (`hf`, `魔搭`); `NoSuchName` with the nearest ones for another."""
    wanted = text.strip().casefold()
    asked = list(among or sites())
    known = {
        name.casefold(): site_of(one)
        for one in asked
        for name in (one, site_of(one).title, site_of(one).title_zh, *site_of(one).short_names)
    }
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=1, cutoff=0.6)
    hint = f"; did you mean {known[near[0]].name}?" if near else ""
    raise NoSuchName(f"{text!r} is not a hub{hint}; hubs are {listed(asked)}")


def site_of(kept_as: str) -> Site:
    """The site whose rows are kept under this name; `NoSuchName` for a name that no site has."""
    return hub_of(kept_as).site(kept_as)


def known_hub(name: str) -> str:
    """The hub's own name, when it can be asked under this one; else a `UsageError` that lists those that can."""
    return named_site(name, HUBS).name


def listed(names: Iterable[str], last: str = ", ") -> str:
    """Names in a sentence; `last` stands before the last one, as in "a, b or c"."""
    *most, end = names
    return f"{', '.join(most)}{last}{end}" if most else end


def command_line(kept_as: str, words: str) -> str:
    """The command that asks the hub whose rows are kept under this name."""
    hub = hub_of(kept_as)
    elsewhere = "" if kept_as == hub.name else f"{hub.endpoint_variable}={hub.site(kept_as).address} "
    return f"{elsewhere}hubwatch {words}"


def is_the_hubs_own(kept_as: str, endpoint: str) -> bool:
    """Whether this address is the hub's own site, not a mirror of it or a local stand-in."""
    return site_of(kept_as).is_at(endpoint)


def values_sql(*hubs: Hub) -> str:
    """Macros by which single values are read: those that all hubs share, and these hubs' own."""
    shared = files("hubwatch.hubs").joinpath("values.sql").read_text("utf-8")
    ownerless = " ".join(
        f"when hub = '{site.name}' then regexp_full_match(id, '{hub.ownerless_id}')"
        for hub in hubs
        if hub.ownerless_id
        for site in hub.sites
    )
    is_listing_id = f"""-- Whether it is the id of a listing: owner/name, or one without an owner where the hub gave such ids.
create or replace temp macro is_listing_id(id, hub) as is_model_id(id) or coalesce(case {ownerless or "when false then false"} end, false);"""
    return "\n".join([shared, is_listing_id, *(hub.sql("values") for hub in hubs if hub.has_sql("values"))])
