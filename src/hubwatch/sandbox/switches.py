"""What about the stand-ins can be set: the points where the hubs' contracts leave a choice, or tests need one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hubwatch.spelling import hint

ROBOTS = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class WiseModelListing:
    """A listing call of the WiseModel site. None is established: tests choose one, in the gateway's known manner."""

    path: str
    method: str = "POST"
    login: bool = False


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"{name}={value}: it is true or false")
    return value == "true"


def _count(name: str, value: str) -> int:
    if not value.isdecimal():
        raise ValueError(f"{name}={value}: it is a number")
    return int(value)


def _one_of(*choices: str) -> Callable[[str, str], str | None]:
    def chosen(name: str, value: str) -> str | None:
        if value not in choices:
            raise ValueError(f"{name}={value}: it is {' or '.join(choices)}")
        return None if value == "none" else value

    return chosen


# Those that one value sets.
_SETTABLE: dict[str, Callable[[str, str], Any]] = {
    "page_cap": _count,
    "dolphin": _one_of("open", "forbidden", "html"),
    "past_the_end": _one_of("empty", "null-list", "null-data"),
    "creation_order": _one_of("GmtCreated", "GmtCreate", "none"),
    "search": _one_of("anywhere", "name", "prefix"),
    "window": _count,
    "behind_the_window": _count,
    "moving": _count,
    "wisemodel_list": _flag,
    "gateway_login": _flag,
}


@dataclass(frozen=True, slots=True)
class Switches:
    """Settings of a sandbox; each default is what the contracts hold most likely.

    - `compress`: gzip for clients that accept it (off for benchmarks).
    - `page_cap`: most records of a Hugging Face page.
    - `withheld`: Hugging Face fields that this stand-in does not know; `expand` on them is a 400.
    - `link_host`: write next links with this origin, as a mirror does that passes the hub's links on.
    - `renames`: old Hugging Face id to new id; the detail route redirects.
    - `organizations`: overview of each Hugging Face organization; None makes every namespace one. Others are users.
    - `open_gated_details`: whether the detail route shows gated models to callers without a grant.
    - `dolphin`: whether ModelScope's site listing answers, refuses (403), or blocks with an HTML page.
    - `past_the_end`: what dolphin holds after the last page: an empty list, a null list, or null `Data`.
    - `creation_order`: how dolphin spells the order by creation; the other spelling is ignored, with None both are.
    - `search`: whether ModelScope searches anywhere in id and title, anywhere in the name alone, or for the beginning of a name.
    - `window`: rows of one question behind which dolphin shows nothing, while its total says more; None: no such window.
    - `behind_the_window`: what dolphin answers there: an HTTP status, or 0 for an empty page.
    - `moving`: unseen ModelScope models that change between two pages of a walk by `GmtModified`, and so come first.
    - `wisemodel_list`: whether anonymous callers may list GitLab projects.
    - `wisemodel_listing`: the site's own listing call.
    - `gateway_login`: whether the WiseModel gateway wants a token.
    - `tokens`: accepted tokens of each hub; a hub not named accepts any.
    - `robots`: the text of each hub's robots.txt.
    """

    compress: bool = True
    page_cap: int = 1000
    withheld: frozenset[str] = frozenset()
    link_host: str | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    organizations: Mapping[str, Mapping[str, Any]] | None = None
    open_gated_details: bool = False
    dolphin: Literal["open", "forbidden", "html"] = "open"
    past_the_end: Literal["empty", "null-list", "null-data"] = "empty"
    creation_order: Literal["GmtCreated", "GmtCreate"] | None = "GmtCreated"
    search: Literal["anywhere", "name", "prefix"] = "anywhere"
    window: int | None = None
    behind_the_window: int = 500
    moving: int = 0
    wisemodel_list: bool = True
    wisemodel_listing: WiseModelListing | None = None
    gateway_login: bool = False
    tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    robots: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Switches:
        """The switches that texts such as `window=10000` or `creation_order=none` set; ValueError says what there is."""
        given: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            name = name.strip().replace("-", "_")
            if name not in _SETTABLE:
                raise ValueError(f"there is no switch {name!r}, only {', '.join(_SETTABLE)}{hint(name, _SETTABLE)}")
            given[name] = _SETTABLE[name](name, value.strip())
        return cls(**given)

    def accepts(self, hub: str, token: str) -> bool:
        """Whether the hub takes this token."""
        accepted = self.tokens.get(hub)
        return accepted is None or token in accepted
