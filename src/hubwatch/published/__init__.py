"""What people do with the published file: open it in Python, query it with SQL, cite from it and verify a citation, export it."""

from hubwatch.published.bundle import describe
from hubwatch.published.database import Answer, Database
from hubwatch.published.export import Exported, export_tables
from hubwatch.published.rows import Rows
from hubwatch.published.summary import changes_on
from hubwatch.published.verify import Verification, read_record, verify

__all__ = ["Answer", "Database", "Exported", "Rows", "Verification", "changes_on", "describe", "export_tables", "read_record", "verify"]
