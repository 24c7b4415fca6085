"""The report: a site of pages to look at, or the same figures as one page."""

from hubwatch.report.single import write_single
from hubwatch.report.site import write_site

__all__ = [
    "write_single",
    "write_site",
]
