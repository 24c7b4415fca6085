"""`hubwatch export`: the published database as files to take away."""

from pathlib import Path
from typing import Annotated

import typer

from hubwatch.cli.options import Data, Json, opened
from hubwatch.cli.output import say, warn


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(export)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new or empty folder")],
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="parquet, csv or jsonl")] = "parquet",
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="a table or statistic (repeatable) [default: everything]")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Export tables and statistics with README, data package, Croissant, CITATION.cff and checksums."""
    from hubwatch.readers import describe, export_tables

    with opened(data) as db:
        done = export_tables(db, folder, form, tuple(only or ()))
        describe(db, folder, done, form, {"Facts version": db.facts_version})
    for line in done.left_out:
        warn(f"not included: {line}")
    if as_json:
        import json

        say(json.dumps({one.name: {"path": one.path, "rows": one.rows, "sha256": one.sha256} for one in done.resources}, indent=2))
        return
    say(f"exported {len(done.resources)} files, {sum(one.rows for one in done.resources):,} rows, to {folder}")
    if done.can_load:
        say(f"the same database again: cd {folder} && duckdb hubwatch.duckdb < load.sql")
