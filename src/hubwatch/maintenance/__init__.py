"""Looking after a data folder: verify, prune, status."""

from hubwatch.maintenance.dropping import Droppable, drop, droppable
from hubwatch.maintenance.upkeep import HubStatus, prune, status
from hubwatch.maintenance.verification import NOTICES, Finding, verify

__all__ = [
    "NOTICES",
    "Droppable",
    "Finding",
    "HubStatus",
    "drop",
    "droppable",
    "prune",
    "status",
    "verify",
]
