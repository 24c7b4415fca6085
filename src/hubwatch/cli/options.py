"""Options that several commands share, and how their values are read."""

from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from hubwatch import store
from hubwatch.errors import UsageError
from hubwatch.settings import HUBS, Settings

Hubs = Annotated[list[str] | None, typer.Argument(metavar="[HUB]...", help="huggingface, modelscope, wisemodel; none: all")]


def folder(text: str) -> Path:
    """The folder that an option names; an empty one is rather a variable that is not set than the folder one stands in."""
    if not text:
        raise UsageError("--data '' names no folder; is a variable not set?")
    return Path(text)


Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", parser=folder, help="output folder [default: $HUBWATCH_DATA, else ./hubwatch-data]"),
]
Day = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="the day that what hubs say counts for [default: today, UTC]")]
SeenDay = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="an observed day [default: each hub's last complete one]")]
Shrink = Annotated[bool, typer.Option("--accept-shrink", help="believe a hub that lists under half of its last complete day")]
Json = Annotated[bool, typer.Option("--json", help="machine-readable result on stdout")]


def known_hubs(hubs: list[str] | None) -> list[str]:
    """The hubs asked for, all when none; another name is a usage error."""
    for hub in hubs or []:
        if hub not in HUBS:
            raise UsageError(f"{hub!r} is not a hub; hubs are {', '.join(HUBS)}")
    return list(dict.fromkeys(hubs or HUBS))


def parsed_day(text: str, option: str = "--day") -> date:
    """The date that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text or repr(text)} is not a date; write it as YYYY-MM-DD") from None


def asked_day(text: str | None, option: str = "--day") -> date | None:
    """The date that an option names, None when it is not given: an empty one is given, and no date."""
    return None if text is None else parsed_day(text, option)


def published_in(data: Path | None) -> duckdb.DuckDBPyConnection:
    """The analysts' database of a folder, within the memory that the environment allows."""
    settings = Settings.from_environment(data)
    return store.open_published(settings.data, settings.memory_limit)


def kept_in(data: Path | None) -> Settings:
    """The settings of a folder that is there; another is a usage error, and is not made."""
    settings = Settings.from_environment(data)
    if not settings.data.is_dir():
        raise UsageError(f"{settings.data} does not exist; run `hubwatch run` first, or point --data at where it is")
    return settings
