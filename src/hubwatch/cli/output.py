"""What commands print: text, messages and rows. Whatever a hub wrote is printed as text, never obeyed by a terminal."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from hubwatch.errors import UsageError, plain

FORMATS = ("table", "json", "csv", "markdown")
ENDLESS = 10_000  # columns of a pipe or file: one layout, whatever the data


_only = {"problems": False}


def be_quiet(wanted: bool = True) -> None:
    """Whether from here on only problems are printed: nothing on stdout, no progress on stderr."""
    _only["problems"] = wanted


def is_quiet() -> bool:
    """Whether only problems are printed."""
    return _only["problems"]


def inform(text: str) -> None:
    """Print lines of progress on stderr, unless only problems are wanted."""
    if not is_quiet():
        warn(text)


def say(text: str) -> None:
    """Print text on stdout, line by line as it is, without what a terminal would obey; nothing when only problems are wanted."""
    if is_quiet():
        return
    typer.echo("\n".join(plain(line) for line in text.removesuffix("\n").split("\n")))


def warn(text: str) -> None:
    """Print lines on stderr."""
    typer.echo("\n".join(plain(line) for line in text.removesuffix("\n").split("\n")), err=True)


def complain(message: str) -> None:
    """Print one line on stderr as hubwatch's own."""
    warn(f"hubwatch: {' '.join(message.split())}")


def chosen_format(form: str, as_json: bool = False) -> str:
    """The format that `--format` or `--json` names; another is a usage error."""
    form = form.lower()
    if form not in FORMATS:
        raise UsageError(f"--format {form} is not known; it is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return "json" if as_json else form


def show_rows(columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], form: str | bool = "table") -> None:
    """Rows as a table, JSON objects, CSV or Markdown; `True` stands for JSON."""
    from hubwatch import statistics

    form = "json" if form is True else form or "table"
    if form == "table":
        print_rows(columns, rows)
    else:
        write = {"json": statistics.as_json, "csv": statistics.as_csv, "markdown": statistics.as_markdown}[form]
        say(write(columns, rows))


def show_outcome(form: str, told: str, as_json: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """What a command did: in words, as its JSON, or as the rows that a program or a page takes."""
    if form in ("table", "json"):
        say(told if form == "table" else as_json)
    else:
        show_rows(columns, rows, form)


def show_record(form: str, record: Mapping[str, Any], told: str) -> None:
    """What a command did that gives one record: in words, as one JSON object, or as one row."""
    show_outcome(form, told, json.dumps(dict(record), ensure_ascii=False, indent=2), tuple(record), [tuple(record.values())])


def figure(unit: str, value: Any) -> Any:
    """A measured value as people write it: shares in per cent, large numbers in millions."""
    from hubwatch import statistics

    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if unit.startswith("share"):
        return statistics.percent(value)
    return f"{value / 10**6:,.1f} million" if abs(value) >= 10**6 else statistics.shown("value", value)


def print_rows(columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows as a table as wide as the terminal, in a pipe or a file as wide as it needs."""
    from hubwatch import statistics

    if not rows:
        inform("no rows")
        return
    print_table(lambda width: statistics.as_table(columns, rows, width))


def print_table(table: Any) -> None:
    """Print what `table` makes for the width that there is; nothing when only problems are wanted."""
    if is_quiet():
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else ENDLESS)
    console.print(table(console.width), soft_wrap=not sys.stdout.isatty())
