"""What people do with the published file: open it in Python, query it with SQL, cite from it and verify a citation, export it."""

from hubwatch.published.database import Answer, Database
from hubwatch.published.rows import Rows
from hubwatch.published.summary import changes_on

__all__ = ["Answer", "Database", "Rows", "changes_on"]
