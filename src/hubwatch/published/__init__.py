"""What people do with the published file: open it in Python, query it with SQL, cite from it and verify a citation, export it."""

from hubwatch.published.database import Answer, Database
from hubwatch.published.rows import Rows
from hubwatch.published.summary import changes_on
from hubwatch.published.verify import Verification, read_record, verify

__all__ = ["Answer", "Database", "Rows", "Verification", "changes_on", "read_record", "verify"]
