"""Words for readers in place of codes: countries, kinds, hubs, columns; a Chinese name beside the English one."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import duckdb

from hubwatch.hubs import sites

KINDS = {
    "big_tech": "Big Tech",
    "ai_tiger": "AI tigers",
    "company": "other companies",
    "academic": "universities",
    "research_institute": "research institutes",
    "government": "government",
    "community": "communities",
    "individual": "individuals",
    "mirror": "mirrors",
    "unknown": "unknown",
}
KIND_OF_ONE = {
    "big_tech": "Big Tech",
    "ai_tiger": "AI tiger",
    "company": "company",
    "academic": "university",
    "research_institute": "research institute",
    "government": "government body",
    "community": "community",
    "individual": "individual",
    "mirror": "mirror",
    "unknown": "kind unknown",
}
COUNTERS = {
    "downloads_30d": "downloads in 30 days",
    "downloads_total": "downloads since creation",
    "likes": "likes",
    "models": "models",
}
_PLACES = {
    "chinese_hubs_only": "on Chinese hubs only",
    "international_hubs_only": "on several hubs, none Chinese",
    "both": "on Chinese hubs and others",
}
_LICENSES = {
    "permissive": "permissive",
    "copyleft": "copyleft",
    "responsible_use": "responsible use (RAIL)",
    "non_commercial": "non-commercial",
    "custom": "custom",
    "unknown": "unknown",
}
_REGIONS = {"china": "China", "us": "United States", "eu": "European Union", "international": "International", "other": "other countries"}
_MEASURES = {
    "hhi": "Herfindahl index (sum of squared shares)",
    "gini": "Gini coefficient",
    "top_1": "share of the largest",
    "top_3": "share of the largest 3",
    "top_10": "share of the largest 10",
    "top_50": "share of the largest 50",
    "top_100": "share of the largest 100",
    "top_200": "share of the largest 200",
    "top_1000": "share of the largest 1,000",
    "half": "number that together hold half",
}
_SEVERAL = {"INTL": "International", "HK": "Hong Kong", "TW": "Taiwan", "MO": "Macao"}
_ADJECTIVES = {"CN": "Chinese", "US": "US", "FR": "French", "DE": "German", "GB": "British", "KR": "Korean", "JP": "Japanese"}
_HEADS = {
    "share_low": "at least",
    "share_high": "at most",
    "share_constant": "constant panel",
    "low": "at least",
    "high": "at most",
    "part": "model",
    "part_value": "of it that model",
    "share_without": "share without it",
    "share_behind": "share of that",
    "ahead_from": "ahead from",
    "behind_before": "last behind",
    "surely_from": "surely ahead from",
    "previous_value": "before",
    "previous_constant": "before, constant panel",
    "value_constant": "constant panel",
    "change_rate": "change in per cent",
    "change_rate_constant": "change in per cent, constant panel",
    "relation_unknown": "relation not stated",
    "downloads_30d": "downloads in 30 days",
    "downloads_total": "downloads since creation",
    "uncounted": "without a value",
    "model_id": "listing",
    "median_lag_days": "median lag in days",
}
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LONGEST = 160


@dataclass(frozen=True)
class Names:
    """What the reviewed facts call countries and organizations."""

    countries: dict[str, str] = field(default_factory=dict)
    chinese: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)

    def policy(self, code: str) -> str:
        """A policy's title: The article's lists."""
        return self.policies.get(code, clean(code))

    def group(self, by: str, value: object) -> str:
        """A group's name in words: `CN` by country is China, `big_tech` by kind is Big Tech."""
        text = clean(value)
        if by == "country":
            return self.countries.get(text, _SEVERAL.get(text, text))
        if by == "origin" and text.endswith(" companies"):
            return f"other {text}"  # other than Big Tech and AI tigers, which are companies, too
        if by == "hub":
            return hub(text)
        if by == "policy":
            return self.policy(text)
        if by == "place" and text not in _PLACES:
            return f"on {hub(text.removesuffix('_only'))} only"
        known = {"kind": KINDS, "region": _REGIONS, "license_class": _LICENSES, "place": _PLACES, "measure": _MEASURES}
        return known.get(by, {}).get(text, text)

    def with_chinese(self, organization: str) -> str:
        """An organization's name, with its Chinese one where the reviewed facts have it."""
        chinese = self.chinese.get(organization)
        return f"{organization} {chinese}" if chinese and chinese not in organization else organization


def read_names(con: duckdb.DuckDBPyConnection) -> Names:
    """The names in the database's reviewed facts; none where they were not loaded."""
    countries = _pairs(con, "country_groups", "country", "name")
    others = _pairs(con, "organizations", "organization", "other_names")
    chinese = {name: next((one for one in known if _CHINESE.search(one)), "") for name, known in others.items() if isinstance(known, list)}
    titles = {policy: clean(title) for policy, title in _pairs(con, "policy_meanings", "policy", "title").items() if title}
    return Names(
        {code: clean(name) for code, name in countries.items() if name}, {name: said for name, said in chinese.items() if said}, titles
    )


def _pairs(con: duckdb.DuckDBPyConnection, table: str, key: str, value: str) -> dict[str, object]:
    found = con.execute(
        "select count(*) from duckdb_columns() where schema_name = 'facts' and table_name = ? and column_name in (?, ?)",
        [table, key, value],
    ).fetchall()
    return dict(con.execute(f"select {key}, {value} from facts.{table} order by 1").fetchall()) if found[0][0] == 2 else {}


def clean(value: object, longest: int = _LONGEST) -> str:
    """Text from a hub as one line that is safe to show: no control or direction signs, and cut when very long."""
    text = _CONTROLS.sub("\ufffd", " ".join(str(value)[: longest * 4].split()))
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"


def without_controls(value: object) -> object:
    """The last gate before a page: no text leaves with a sign that steers a terminal or turns the direction of writing."""
    return type(value)(_CONTROLS.sub("\ufffd", value)) if isinstance(value, str) else value


def hub(name: str) -> str:
    """A hub's own title."""
    site = sites().get(name)
    return site.title if site else clean(name)


def head(column: str) -> str:
    """A column's name as the head of a table."""
    return _HEADS.get(column, column.replace("_", " "))


def day(at: date) -> str:
    """20 May 2026."""
    return f"{at.day} {at:%B %Y}"


def period(first: date, last: date) -> str:
    """20 May 2026 to 16 August 2026; 20 May 2026."""
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def month(at: date) -> str:
    return f"{at:%B %Y}"


def listed(parts: Iterable[str]) -> str:
    """a, b and c."""
    several = list(parts)
    return " and ".join([", ".join(several[:-1]), several[-1]]) if len(several) > 1 else "".join(several)


def adjective(country: str, names: Names) -> str:
    return _ADJECTIVES.get(country, names.group("country", country))


def slug(text: str) -> str:
    """A name as part of an address: small letters, digits and dashes; unique where signs were lost, and never a path."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-")
    return made if made and _lossless(text) else f"{made or 'x'}-{digest(text)}"


def _lossless(text: str) -> bool:
    return len(text) <= 80 and bool(re.fullmatch(r"[A-Za-z0-9]+(?:[ ._/:&'-]+[A-Za-z0-9]+)*\.?", text))


def digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def count(number: int, noun: str) -> str:
    """1 model; 1,292 models."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def with_article(country: str) -> str:
    """A country's name as it stands in a sentence: the United States, but China."""
    return (
        f"the {country}"
        if country.startswith(("United ", "Netherlands", "Philippines", "Czech Republic", "Russian Federation"))
        else country
    )


def short(value: float) -> str:
    """1.2M, 34k."""
    for least, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}"
