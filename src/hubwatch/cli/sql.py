"""`hubwatch sql`: the published database in SQL, one query or a session, read-only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import Data, Format, Json, opened
from hubwatch.cli.output import chosen_format, complain, say, show_rows
from hubwatch.errors import HubwatchError

if TYPE_CHECKING:
    from hubwatch.readers import Database

EXAMPLES = (
    "select hub, day, sweep, complete, records from days order by day desc limit 5",
    "select name, title from statistics order by name",
    "select table_name, comment from duckdb_tables() where schema_name = 'main'",
)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(sql)


def sql(
    query: Annotated[str | None, typer.Argument(metavar="[QUERY]", help="one query; without it, a session or standard input")] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Query the published database in SQL, read-only; a query can touch no other file."""
    form = chosen_format(form, as_json)
    with opened(data) as db:
        if query is None and sys.stdin.isatty():
            _converse(db, form)
        else:
            _show(db, sys.stdin.read() if query is None else query, form)


def _show(db: Database, query: str, form: str) -> None:
    found = db.sql(query)
    show_rows(found.columns, [tuple(row.values()) for row in found], form)


def _converse(db: Database, form: str) -> None:
    """Query after query, each ended by a semicolon, until end of input or `.quit`."""
    import readline  # noqa: F401  line editing and history for input()

    say("Read-only. End a query with ; and leave with .quit or Ctrl-D. For example:")
    say("\n".join(f"  {line};" for line in EXAMPLES))
    query = ""
    while True:
        try:
            line = input("hubwatch> " if not query else "     ...> ")
        except EOFError:
            return
        if line.strip() in (".quit", ".exit"):
            return
        query = f"{query}\n{line}".strip()
        if not query.endswith(";"):
            continue
        try:
            _show(db, query, form)
        except HubwatchError as error:
            complain(str(error))
        query = ""
