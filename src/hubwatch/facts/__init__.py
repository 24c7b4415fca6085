"""The reviewed facts in `data/`: read, checked, staged as tables."""

from hubwatch.facts.names import (
    country_code,
    find_organization,
    organization_name,
    organization_names,
    printed_organizations,
    similar_countries,
)
from hubwatch.facts.reader import data_dir, load_facts
from hubwatch.facts.rows import POLICIES, NameRule
from hubwatch.facts.tables import FACT_TABLES, Facts

__all__ = [
    "FACT_TABLES",
    "POLICIES",
    "Facts",
    "NameRule",
    "country_code",
    "data_dir",
    "find_organization",
    "load_facts",
    "organization_name",
    "organization_names",
    "printed_organizations",
    "similar_countries",
]
