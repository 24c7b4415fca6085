"""Looking after a data folder: verify, prune, status."""

from hubwatch.maintenance.upkeep import prune, status
from hubwatch.maintenance.verification import verify

__all__ = [
    "prune",
    "status",
    "verify",
]
