"""The report: pages to look at."""

from hubwatch.report.page import write_report

__all__ = [
    "write_report",
]
