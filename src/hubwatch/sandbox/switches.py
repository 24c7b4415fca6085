"""What about the stand-ins can be set: the points where the hubs' contracts leave a choice, or tests need one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ROBOTS = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class WiseModelListing:
    """A listing call of the WiseModel site. None is established: tests choose one, in the gateway's known manner."""

    path: str
    method: str = "POST"
    login: bool = False


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
    - `search`: whether ModelScope searches anywhere in id and title, or for the beginning of a name.
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
    search: Literal["anywhere", "prefix"] = "anywhere"
    window: int | None = None
    behind_the_window: int = 500
    moving: int = 0
    wisemodel_list: bool = True
    wisemodel_listing: WiseModelListing | None = None
    gateway_login: bool = False
    tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    robots: Mapping[str, str] = field(default_factory=dict)

    def accepts(self, hub: str, token: str) -> bool:
        """Whether the hub takes this token."""
        accepted = self.tokens.get(hub)
        return accepted is None or token in accepted
