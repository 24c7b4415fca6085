"""listings -> models, and which listing is made from which."""

from hubwatch.link.models import Explanation, LinkedListing, explain_id, link

__all__ = [
    "Explanation",
    "LinkedListing",
    "explain_id",
    "link",
]
