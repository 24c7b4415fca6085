"""`hubwatch sql`: the published database in SQL, one query or a session, read-only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import AsOf, Data, Format, Json, opened
from hubwatch.cli.output import chosen_format, complain, say, show_rows
from hubwatch.errors import HubwatchError

if TYPE_CHECKING:
    from hubwatch.readers import Database

EXAMPLES = (
    "select hub, day, extent, complete, records from days order by day desc limit 5",
    "select hub, origin, count(*) as models from latest group by hub, origin order by hub, models desc limit 9",
    "from download_share(hub := '{hub}', \"by\" := 'country') limit 5",
)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(sql)


def sql(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="one query; without it, a session or standard input")] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
    as_of: AsOf = None,
) -> None:
    """Query the published database in SQL, read-only; a query can touch no other file."""
    form = chosen_format(form, as_json)
    with opened(data, as_of) as db:
        if query is None and sys.stdin.isatty():
            _converse(db, form)
        else:
            _show(db, sys.stdin.read() if query is None else query, form)


def _show(db: Database, query: str, form: str) -> None:
    found = db.sql(query)
    show_rows(found.columns, [tuple(row.values()) for row in found], form)


def examples(db: Database) -> list[str]:
    """Three queries to begin with: of days, of the latest listings, and of a statistic, of a hub that reports downloads."""
    counted = db.sql("select hub from observations where coalesce(downloads_30d, downloads_total) > 0 order by hub limit 1").rows
    return [line.format(hub=counted[0]["hub"]) for line in EXAMPLES if counted or "{hub}" not in line]


def _converse(db: Database, form: str) -> None:
    """Query after query, each ended by a semicolon, until end of input or `.quit`."""
    import readline  # noqa: F401  line editing and history for input()

    say("Read-only. End a query with ; and leave with .quit or Ctrl-D. For example:")
    say("\n".join(f"  {line};" for line in examples(db)))
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
