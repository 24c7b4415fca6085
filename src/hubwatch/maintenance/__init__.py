"""Looking after a data folder: verify, prune, status."""

from hubwatch.maintenance.dropping import Droppable, drop, droppable
from hubwatch.maintenance.upkeep import prune, status
from hubwatch.maintenance.verification import verify

__all__ = [
    "Droppable",
    "drop",
    "droppable",
    "prune",
    "status",
    "verify",
]
