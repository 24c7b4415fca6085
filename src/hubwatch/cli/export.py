"""`hubwatch export`: the published database as files to take away, or to put on a hub or into a repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import Data, Json, opened
from hubwatch.cli.output import say, warn
from hubwatch.errors import UsageError, counted
from hubwatch.stages import stage

if TYPE_CHECKING:
    from hubwatch.readers import Put


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(export)


def export(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="a new or empty folder")] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="PLACE", help="put a version there instead: hf://datasets/OWNER/NAME, or a folder in a git repository"
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="parquet, csv or jsonl")] = "parquet",
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="a table or statistic (repeatable) [default: everything]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="with --to: show what would go, and put nothing")] = False,
    private: Annotated[bool, typer.Option("--private", help="with --to hf://...: a dataset that is created is private")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Export tables and statistics with README, data package, Croissant, CITATION.cff and checksums."""
    if (folder is None) == (to is None):
        raise UsageError("name a folder to write to, or a place with --to, such as --to hf://datasets/OWNER/NAME")
    if to is not None:
        _put(to, form, tuple(only or ()), dry_run, private, as_json, data)
        return
    if dry_run or private:
        raise UsageError(f"--{'dry-run' if dry_run else 'private'} goes with --to; a folder is only ever written here")
    assert folder is not None
    from hubwatch.readers import describe, export_tables

    with opened(data) as db, stage("export"):
        done = export_tables(db, folder, form, tuple(only or ()))
        describe(db, folder, done, form, {"Facts version": db.facts_version})
    _warn_of(done.left_out)
    if as_json:
        say(json.dumps({one.name: {"path": one.path, "rows": one.rows, "sha256": one.sha256} for one in done.resources}, indent=2))
        return
    say(f"exported {counted(len(done.resources), 'file')}, {counted(sum(one.rows for one in done.resources), 'row')}, to {folder}")
    if done.can_load:
        say(f"the same database again: cd {folder} && duckdb hubwatch.duckdb < load.sql")


def _put(to: str, form: str, only: tuple[str, ...], dry_run: bool, private: bool, as_json: bool, data: Path | None) -> None:
    from hubwatch.readers import place, put_version
    from hubwatch.settings import Settings

    there = place(to, Settings.from_environment(data), private)
    with opened(data) as db, stage("export"):
        done = put_version(db, there, form, only, dry_run)
    _warn_of(done.left_out)
    if as_json:
        shown = done.state.model_dump(mode="json") | {
            "put": done.address,
            "bytes": done.sizes,
            "stale": done.stale,
            "changes": done.changes,
        }
        say(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        say("\n".join(_told(done, to, dry_run)))


def _told(done: Put, to: str, dry_run: bool) -> list[str]:
    """What was put, or would be."""
    whole = f"{counted(len(done.sizes), 'file')}, {sum(done.sizes.values()):,} bytes"
    if dry_run:
        files = [f"  {path}  {size:,} bytes" for path, size in done.sizes.items()] + [f"  {path}  to be removed" for path in done.stale]
        return [f"would put {done.state.title[0].lower()}{done.state.title[1:]} at {to}: {whole}", *files, "", done.changes.rstrip()]
    if done.address is None:
        return [f"{to} holds this version already; nothing to put"]
    return [done.changes.rstrip(), "", f"put {whole} at {done.address}"]


def _warn_of(left_out: tuple[str, ...]) -> None:
    for line in left_out:
        warn(f"not included: {line}")
