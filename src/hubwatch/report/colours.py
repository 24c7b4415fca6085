"""One colour for each group, the same in every chart; deuteranopes can tell those that meet in one chart."""

from collections.abc import Iterable
from hashlib import sha256

from hubwatch.hubs import HUBS

GREY, DARK_GREY = "#8a9199", "#6b737b"
INK, SOFT, LINE = "#1f2933", "#5f6b76", "#d5dae0"  # of texts, of small ones, of grids
# By hue the country, by lightness the kind. After Okabe and Ito, darkened until each stands out from white and from near black.
_FIXED = {
    # countries
    "CN": "#d1480b", "US": "#0b6fb8", "FR": "#1a9a78", "DE": "#caa21a", "GB": "#9b6bc3", "KR": "#c25b8f", "JP": "#5c8a1f",
    "CA": "#4f8fd0", "AE": "#a06a3c", "IL": "#3d9fb0", "INTL": "#7a7f2a", "SG": "#d0708a", "TW": "#8f6fb0", "HK": "#c77d4a",
    # countries and kinds in words
    "Chinese Big Tech": "#d1480b", "Chinese AI tigers": "#e58a1f", "Chinese AI tiger": "#e58a1f", "US Big Tech": "#0b6fb8",
    # kinds
    "big_tech": "#0b6fb8", "ai_tiger": "#e58a1f", "company": "#1a9a78", "academic": "#9b6bc3", "research_institute": "#c25b8f",
    "government": "#5c8a1f", "community": "#b58900", "individual": "#3d9fb0", "mirror": "#a06a3c",
    # licenses, from free to not
    "permissive": "#1a9a78", "copyleft": "#9b6bc3", "responsible_use": "#e0a21b", "non_commercial": "#a8324a", "custom": "#0b6fb8",
    # sizes, from small to large
    "below 1B": "#c9dff2", "1B to 5B": "#93c1e6", "5B to 10B": "#5b9fd3", "10B to 50B": "#2f7fbf", "50B to 100B": "#0b5c9c", "100B to 250B": "#0a4576",
    "250B and more": "#082c4d",
    # hubs, regions and places
    "china": "#d1480b", "us": "#0b6fb8", "eu": "#1a9a78",
    "chinese_hubs_only": "#d1480b", "international_hubs_only": "#b58900", "both": "#1a9a78",
    "unknown": GREY, "others": DARK_GREY,
}  # fmt: skip
_WHEEL = (
    "#1a9a78",
    "#b58900",
    "#9b6bc3",
    "#c25b8f",
    "#5c8a1f",
    "#4f8fd0",
    "#a06a3c",
    "#3d9fb0",
    "#7a7f2a",
    "#d0708a",
    "#8f6fb0",
    "#c77d4a",
)
# Of a country's kinds in words, in this order: the same hue, another lightness.
_KINDS = ("companies", "research institutes", "individuals", "academia", "communities", "government", "mirrors", "Big Tech", "AI tigers")
_SEVERAL = {
    "Chinese": ("#b8860b", "#a8324a", "#d0708a", "#8a5a2b", "#c2542e", "#7d2b1d", "#a06a3c", "#d1480b", "#e58a1f"),
    "US": ("#5aa0a0", "#3d6a9e", "#6f7fc8", "#2f9db0", "#4f8fd0", "#274b78", "#7f93ad", "#0b6fb8", "#4f8fd0"),
}


_HUBS = ("#c79a00", "#6a5acd", "#1a9a78", "#c25b8f", "#4f8fd0")  # in the order of the list of hubs


def colour(group: str) -> str:
    """The colour of a group, by its code or its name in words."""
    if group in _FIXED:
        return _FIXED[group]
    hubs = [hub.name for hub in HUBS.values()]
    if (hub := group.removesuffix("_only")) in hubs:
        return _HUBS[hubs.index(hub) % len(_HUBS)]
    at = int(sha256(group.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16)
    country, _, kind = group.partition(" ")
    if country in _SEVERAL and kind in _KINDS:
        return _SEVERAL[country][_KINDS.index(kind)]
    return _WHEEL[at % len(_WHEEL)]


def apart(groups: Iterable[str]) -> list[str]:
    """Colours of the groups of one chart: their own, but where two are the same the later one has the next that is free."""
    chosen: list[str] = []
    for group in groups:
        own, free = colour(group), [one for one in _WHEEL if one not in chosen]
        chosen.append(free[0] if own in chosen and free else own)
    return chosen
