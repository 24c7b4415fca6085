"""The reviewed facts in `data/`: read, checked, staged as tables."""

from hubwatch.facts.reader import data_dir, load_facts
from hubwatch.facts.rows import POLICIES, NameRule
from hubwatch.facts.tables import FACT_TABLES, Facts

__all__ = [
    "FACT_TABLES",
    "POLICIES",
    "Facts",
    "NameRule",
    "data_dir",
    "load_facts",
]
