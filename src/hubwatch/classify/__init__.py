"""namespaces -> origins: reviewed facts, then profiles, then rules, then `unknown`."""

from hubwatch.classify.origins import OrganizationRow, Unlabelled, classify, explain, organizations_listing, unknown_namespaces

__all__ = [
    "OrganizationRow",
    "Unlabelled",
    "classify",
    "explain",
    "organizations_listing",
    "unknown_namespaces",
]
