"""Commands for a warehouse that several machines share: moving into a lake and out of it, and keeping it tidy."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import typer

from hubwatch.cli.options import Data, Format, Json
from hubwatch.cli.output import chosen_format, show_record
from hubwatch.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (migrate, maintain):
        app.command()(command)


def migrate(
    to: Annotated[str, typer.Argument(metavar="lake|file", help="lake: the data folder's warehouse into an empty lake; file: the reverse")],
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Move between the warehouse file and the lake of HUBWATCH_WAREHOUSE, with equal tables; what is left stays as it is."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    if to not in ("lake", "file"):
        raise UsageError(f"migrate {to} is not known; it is `migrate lake` or `migrate file`")
    published = pipeline.migrate(Settings.from_environment(data), cast("Literal['lake', 'file']", to))
    show_record(form, {"stage": "migrate", "to": to, "published": str(published)}, f"migrated to the {to}; published {published}")


def maintain(
    keep_days: Annotated[int, typer.Option("--keep-days", min=2, max=36500, help="keep every snapshot for this many days")] = 90,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say which snapshots would expire")] = False,
    data: Data = None,
    form: Format = "table",
    as_json: Json = False,
) -> None:
    """Merge the lake's small files and expire old snapshots, except the last one of each month; readers and builders go on meanwhile."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    done = pipeline.maintain(Settings.from_environment(data), keep_days, dry_run)
    show_record(form, done, "; ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.items()))
