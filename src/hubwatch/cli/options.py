"""Options that several commands share, and how their values are read. Nothing here imports what help does not need."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from hubwatch.readers import Database
    from hubwatch.settings import Settings


def hub_names() -> list[str]:
    """The hubs' names: from their list where that is imported, else from their folders, because importing them would slow help down."""
    if hubs := sys.modules.get("hubwatch.hubs"):
        return sorted(hubs.HUBS)
    folder = Path(__file__).parents[1] / "hubs"
    return sorted(path.name for path in folder.iterdir() if (path / "__init__.py").is_file())


_HUBS = ", ".join(hub_names())


def _hubs_from(incomplete: str) -> list[str]:
    """Hubs that begin so, for the shell."""
    return [name for name in hub_names() if name.startswith(incomplete)]


Hubs = Annotated[list[str] | None, typer.Argument(metavar="HUB", help=f"{_HUBS} [default: all]", autocompletion=_hubs_from)]
Hub = Annotated[str | None, typer.Option("--hub", metavar="HUB", help=f"one of {_HUBS}", autocompletion=_hubs_from)]


def folder(text: str) -> Path:
    """The folder that an option names; an empty one is rather a variable that is not set than the folder one stands in."""
    if not text:
        raise UsageError("--data '' is not a folder; is a variable not set?")
    return Path(text)


Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", parser=folder, help="data folder [default: $HUBWATCH_DATA, else ./hubwatch-data]"),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="SNAPSHOT", help="of a lake: its state at this snapshot, or at the end of this day")
]
Day = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="the day to record observations for [default: today, UTC]")]
SeenDay = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="an observed day [default: each hub's last complete one]")]
Shrink = Annotated[bool, typer.Option("--accept-shrink", help="accept fewer than half of the records of the last complete day")]
Json = Annotated[bool, typer.Option("--json", help="machine-readable result on stdout")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="table, json, csv or markdown")]


def known_hubs(hubs: list[str] | None) -> list[str]:
    """The hubs asked for, all when none; another name is a usage error."""
    from hubwatch.hubs import HUBS
    from hubwatch.hubs import known_hub as known

    return list(dict.fromkeys(map(known, hubs) if hubs else HUBS))


def known_hub(hub: str | None) -> str | None:
    """The hub's own name, asked for by that or another of its names, or a usage error naming the hubs."""
    from hubwatch.hubs import named_site

    return None if hub is None else named_site(hub).name


def parsed_day(text: str, option: str = "--day") -> date:
    """The date that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text or repr(text)} is not a date; write it as YYYY-MM-DD") from None


def asked_day(text: str | None, option: str = "--day") -> date | None:
    """The date that an option names, None when it is not given: an empty one is given, and not a date."""
    return None if text is None else parsed_day(text, option)


def opened(data: Path | None, as_of: str | None = None) -> Database:
    """The analysts' database of a folder, as everybody who writes Python opens it."""
    import hubwatch

    return hubwatch.open(data, as_of)


def published_in(data: Path | None) -> duckdb.DuckDBPyConnection:
    """The analysts' database of a folder, within the memory that the environment allows."""
    return opened(data).con


def kept_in(data: Path | None) -> Settings:
    """The settings of an existing folder; another is a usage error, and is not made unless its pages come from other machines."""
    from hubwatch.settings import Settings

    settings = Settings.from_environment(data)
    if not settings.data.is_dir() and settings.pages is not None:
        settings.data.mkdir(parents=True)
    if not settings.data.is_dir():
        raise UsageError(f"{settings.data} does not exist; run `hubwatch run` first, or point --data at where it is")
    return settings
