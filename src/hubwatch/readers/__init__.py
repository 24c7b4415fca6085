"""What people do with the published file: open it in Python, query it with SQL, cite from it and verify a citation, export it."""

from hubwatch.readers.bundle import describe
from hubwatch.readers.database import Answer, Database
from hubwatch.readers.export import Exported, export_tables
from hubwatch.readers.places import Place, place
from hubwatch.readers.putting import Put, put_version
from hubwatch.readers.rows import Rows
from hubwatch.readers.summary import changes_on
from hubwatch.readers.verify import Verification, read_record, verify

__all__ = [
    "Answer",
    "Database",
    "Exported",
    "Place",
    "Put",
    "Rows",
    "Verification",
    "changes_on",
    "describe",
    "export_tables",
    "place",
    "put_version",
    "read_record",
    "verify",
]
