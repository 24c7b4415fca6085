"""Pages of models, organizations and families: what is known of each, as the page and as its JSON."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from hubwatch.report import words
from hubwatch.report.figures import Figure

FOLDERS = {"model": "models", "organization": "organizations", "family": "families"}
TIERS = {
    "same_id": "same id",
    "case": "same id but for case",
    "alias": "same organization, by a reviewed alias",
    "mirror": "copy by another account",
    "name": "same name",
    "single": "on one hub only",
}


@dataclass(frozen=True)
class Entity:
    """One page: `facts` is its JSON, `figures` its histories."""

    kind: str
    name: str
    slug: str
    title: str
    summary: tuple[str, ...]
    facts: dict[str, Any]
    figures: tuple[Figure, ...] = ()
    badge: tuple[str, str] | None = None
    weight: int = 0
    cells: dict[str, Any] = field(default_factory=dict)
    hubs: tuple[str, ...] = ()
    """Those that its figures and models are of."""

    @property
    def address(self) -> str:
        return f"{FOLDERS[self.kind]}/{self.slug}.html"


def addresses(kind: str, names: list[str]) -> dict[str, str]:
    """A slug for each name, no two the same: the first in order keeps the plain one."""
    taken: dict[str, str] = {}
    for name in sorted(names):
        made = words.slug(name.partition(":")[2] if kind == "model" and ":" in name else name)
        taken[made if made not in taken else f"{made}-{words.digest(name)}"] = name
    return {name: made for made, name in taken.items()}


def safe_url(text: object) -> str:
    """An http(s) address with everything else escaped; "" for any other text, so that nothing but the web is ever linked."""
    try:
        parts = urlsplit(str(text).strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(str(text)) > 2000:
        return ""
    return quote(str(text).strip().encode("utf-8", "replace"), safe=":/?#[]@!$&()*+,;=%~")
