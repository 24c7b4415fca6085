"""Addresses of models: on which hub a model is, and its id there."""

import re
from urllib.parse import urlsplit

from hubwatch.hubs import HUBS, sites
from hubwatch.store import literal

_BEFORE = "(?:api/models/|models/)?"  # of the hub's own requests and lists
_LINKS = (  # how an id or address is wrapped in Markdown, Excel, HTML and quotes, by the hub's tools, and with a revision
    r"^\[[^\]]*\]\((\S+?)\)$",
    r"(?i)^=HYPERLINK\(\"([^\"]+)\"",
    r"(?i)^<a\s[^>]*?href=[\"']([^\"']+)[\"']",
    r"^'([^']+)'$",
    r'^"([^"]+)"$',
    r"^`([^`]+)`$",
    r"^(?:hf://)?(?:models/)?([\w-]+/[\w.-]+)@[\w./-]+$",
    r"^hf://(?:models/)?([\w-]+/[\w.-]+)$",
)
_CACHED = r"^models--([\w.-]+?)--([\w.-]+)$"  # a folder of the hub's own cache


def link_in(text: str) -> str:
    """Where a link leads that is written as Markdown, HTML, Excel or the hub's tools write it; any other text itself."""
    found = next((match for link in _LINKS if (match := re.match(link, text.strip()))), None)
    return found[1] if found else re.sub(_CACHED, r"\1/\2", text)


def unlinked(text: str) -> str:
    """SQL of where the link leads that a text is, else of the text."""
    cases = " ".join(f"when regexp_matches({text}, {literal(link)}) then regexp_extract({text}, {literal(link)}, 1)" for link in _LINKS)
    return f"case {cases} else regexp_replace({text}, {literal(_CACHED)}, '\\1/\\2') end"


def is_wrapped(text: str) -> str:
    """SQL of whether a text may be such a link."""
    return f"regexp_matches({text}, '^[\\[=<''\"`]|@|^models--|^hf://')"


def _sites() -> dict[str, tuple[str, str]]:
    """Of every site its hosts, as a regular expression, and what is before the id in an address there."""
    found = {}
    for name, site in sites().items():
        own = (urlsplit(site.address).hostname or "").removeprefix("www.")
        found[name] = ("|".join(map(re.escape, (own, *site.other_hosts))), site.model_path.lstrip("/"))
    return found


def address_macros() -> str:
    """SQL macros: `id_of(text, hub)`, the model's id where the text is its id or its address; `is_other_kind(text)`: of a data set or Space."""
    paths = "\n".join(
        f"  when regexp_matches(t, '^(?i)(https?:)?(//)?(www\\.)?({host})(:\\d+)?/') then case when hub = {literal(hub)} "
        f"then regexp_extract(regexp_replace(t, '^(?i)(https?:)?(//)?(www\\.)?({host})(:\\d+)?/+', ''), '^{_BEFORE}{before}([^?#]*)', 1) else '' end"
        for hub, (host, before) in _sites().items()
    )
    schemes = " ".join(
        f"when starts_with(t, '{hub.archive_scheme}://') then case when hub = {literal(name)} "
        f"then regexp_replace(t, '^{hub.archive_scheme}://(models/)?', '') else '' end"
        for name, hub in HUBS.items()
        if hub.archive_scheme
    )
    hosts = "|".join(host for host, _ in _sites().values())
    return f"""
create or replace temp macro address_path(t, hub) as case
{paths}
  {schemes} end;
create or replace temp macro id_of_visible(t, hub) as case
  when regexp_full_match(t, '[\\w-]+/[\\w.-]+') then t
  else list_transform([address_path(t, hub)], lambda path: case
    when path is not null then nullif(rtrim(regexp_extract(url_decode(path), '^[^/]+(/[^/]+)?'), '/'), '') else t end)[1] end;
create or replace temp macro id_of(t, hub) as id_of_visible(visible(t), hub);
create or replace temp macro is_other_kind(t) as coalesce(regexp_matches(t,
  '^(?i)((https?:)?(//)?(www\\.)?({hosts})(:\\d+)?/|[a-z]+://)(api/)?(datasets|spaces)/'), false);
create or replace temp macro is_base(id) as coalesce(regexp_full_match(id, '[^/\\s\\[{{":]+(/[^/\\s]+)?'), false);
"""
