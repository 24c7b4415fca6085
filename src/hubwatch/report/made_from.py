"""What a site was made from, as one text: the same text, the same pages."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import duckdb

from hubwatch.clock import today
from hubwatch.statistics import Claim, load_claims, sha256

_LIBRARIES = ("altair", "jinja2", "vl-convert-python")


def made_from(con: duckdb.DuckDBPyConnection, most: int) -> str | None:
    """The open file, the day (pages tell ages), the options, the claims, and the code; None for what a writer may be changing."""
    path, is_read_only = con.execute("select path, readonly from duckdb_databases() where database_name = current_database()").fetchall()[0]
    if not path or not is_read_only:
        return None
    parts = [sha256(Path(path)), f"{today()}", f"{most}", _claims(load_claims()), _code(), *map(version, _LIBRARIES)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _claims(claims: Sequence[Claim]) -> str:
    return "\n".join(claim.model_dump_json() for claim in claims)


def _code() -> str:
    """Names, sizes and times of the package's files: one that is worked on has no version of its own."""
    root = Path(__file__).parents[1]
    found = sorted(path for path in root.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return "\n".join(f"{path.relative_to(root)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in found)
