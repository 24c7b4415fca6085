"""The reviewed facts in `data/`: read, checked, staged as tables."""

from hubwatch.facts.reader import Facts, data_dir, load_facts
from hubwatch.facts.rows import POLICIES, NameRule

__all__ = [
    "POLICIES",
    "Facts",
    "NameRule",
    "data_dir",
    "load_facts",
]
