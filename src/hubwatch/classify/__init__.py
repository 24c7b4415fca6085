"""namespaces -> origins: reviewed facts, then profiles, then rules, then `unknown`."""

from hubwatch.classify.organizations import OrganizationExplanation, explain_organization, no_such_name
from hubwatch.classify.origins import (
    Claim,
    Explanation,
    OrganizationRow,
    Unlabelled,
    classify,
    explain,
    organizations_listing,
    unknown_namespaces,
)

__all__ = [
    "Claim",
    "Explanation",
    "OrganizationExplanation",
    "OrganizationRow",
    "Unlabelled",
    "classify",
    "explain",
    "explain_organization",
    "no_such_name",
    "organizations_listing",
    "unknown_namespaces",
]
