"""Looking after a data folder: verify, prune, status."""

from hubwatch.maintenance.dropping import Droppable, drop, droppable
from hubwatch.maintenance.upkeep import HubStatus, prune, status
from hubwatch.maintenance.verification import DOUBT, Finding, verify

__all__ = [
    "DOUBT",
    "Droppable",
    "Finding",
    "HubStatus",
    "drop",
    "droppable",
    "prune",
    "status",
    "verify",
]
