"""Rows with named columns, for a notebook: mappings, a data frame, an HTML table."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from html import escape
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from hubwatch.errors import UsageError, counted
from hubwatch.statistics import plain, shown

_SHOWN = 20  # rows that a notebook displays


class Rows:
    """The rows of a query, in order. Iterate over them, index them, or take them as a data frame."""

    def __init__(self, columns: Sequence[str], cells: Sequence[Sequence[Any]]) -> None:
        self.columns = tuple(columns)
        self.rows: list[dict[str, Any]] = [dict(zip(self.columns, row, strict=True)) for row in cells]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, at: int) -> dict[str, Any]:
        return self.rows[at]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.rows)} rows of {', '.join(self.columns)})"

    def df(self, library: str | None = None) -> Any:
        """A data frame of "pandas" or "polars"; by default of whichever is installed, pandas first.

        Days and instants are datetimes, and integers stay integers where some are missing.
        """
        if library is None:
            library = next((name for name in ("pandas", "polars") if find_spec(name)), None)
        if library == "pandas":
            return _pandas(self)
        if library == "polars":
            return _polars(self)
        if library is None:
            raise UsageError("df() needs pandas or polars: pip install pandas (or polars); .rows needs neither")
        raise UsageError(f"df() does not know {library!r}; it makes data frames of pandas or polars")

    def _repr_html_(self) -> str:
        """The first rows as an HTML table, figures as people write them."""
        head = "".join(f"<th>{escape(plain(column))}</th>" for column in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(plain(shown(column, row[column])))}</td>" for column in self.columns) + "</tr>"
            for row in self.rows[:_SHOWN]
        )
        more = f"<p>{counted(len(self.rows) - _SHOWN, 'more row')} in .rows</p>" if len(self.rows) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _pandas(rows: Rows) -> Any:
    pandas = import_module("pandas")
    frame = pandas.DataFrame.from_records([tuple(row.values()) for row in rows], columns=list(rows.columns))
    for column in rows.columns:
        cells = [row[column] for row in rows if row[column] is not None]
        if cells and all(isinstance(cell, int) and not isinstance(cell, bool) for cell in cells):
            frame[column] = pandas.array([row[column] for row in rows], dtype="Int64" if max(map(abs, cells)) < 2**63 else "object")
        elif cells and all(isinstance(cell, date | datetime) for cell in cells):
            frame[column] = pandas.to_datetime(frame[column])
    return frame


def _polars(rows: Rows) -> Any:
    return import_module("polars").DataFrame({column: [row[column] for row in rows] for column in rows.columns}, strict=False)
