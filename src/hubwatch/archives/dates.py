"""Where a snapshot states the day of its counters, and how that day is written."""

import calendar
import contextlib
import re
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hubwatch.errors import UsageError
from hubwatch.pages import possible_day

EXCEL = "excel"  # the format of a day that is written as Excel's number of it
_BY_COLUMN = "day"  # the column of a table whose own columns are days, once it is a row for each


class DayFrom(BaseModel):
    """The day the counters were read on: a column, the names of columns, a fixed date, a part of the file's name, or given with --day.

    `pass_column` names what one pass of the snapshot's maker is known by, `pass_file` says that each file is one: where a
    pass took several days, all of it counts for the day on which most of it was read, as one sweep of ours counts for one day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    column_names: str | None = Field(
        default=None,
        description="of a table with a column for each day: regular expression with one group around the date in their names. What else "
        "a name holds is the column to name elsewhere (downloads of downloads_2026-01-01), value where that is nothing",
    )
    pass_column: str | None = None
    pass_file: bool = False
    value: date | None = None
    file_name: str | None = Field(
        default=None, description="regular expression with one group around the date; a zip's files and a workbook's sheets count as files"
    )
    format: str | None = Field(
        default=None,
        description='strptime format of the date in column, column_names or file_name, or "excel"; else YYYY-MM-DD or YYYYMMDD',
    )
    day_of_month: Literal["first", "last"] | None = Field(default=None, description="the day that a format without days means")
    commit: bool = Field(default=False, description="the day of the file's last commit (hf://); else it must be given with --day")
    copied_from: str | None = Field(
        default=None,
        description="with commit: hf:// address of the file that each is a copy of; the day is that of its commit with the same content",
    )
    given: bool = Field(default=False, description="must be given with --day")

    @model_validator(mode="before")
    @classmethod
    def _rows_have_a_day(cls, value: object) -> object:
        """A table with a column for each day is read as one with a column of days."""
        if not isinstance(value, dict) or not value.get("column_names"):
            return value
        if value.get("column", _BY_COLUMN) != _BY_COLUMN:
            raise ValueError("say either column or column_names")
        return value | {"column": _BY_COLUMN}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.column, self.value, self.file_name, self.commit, self.given))) != 1:
            raise ValueError("say exactly one of column, column_names, value, file_name, commit or given")
        if self.copied_from and not self.commit:
            raise ValueError("copied_from goes with commit")
        if (self.pass_column or self.pass_file) and not self.column:
            raise ValueError(f"{'pass_column' if self.pass_column else 'pass_file'} goes with column")
        if self.pass_column and self.pass_file:
            raise ValueError("pass_column and pass_file both say what a pass is; take one out")
        for name, pattern in (("file_name", self.file_name), ("column_names", self.column_names)):
            try:
                groups = re.compile(pattern or "()").groups
            except re.error as error:
                raise ValueError(f"{name} is no regular expression: {error}") from None
            if groups != 1:
                raise ValueError(f"{name} needs exactly one group, around the date")
        return self

    @model_validator(mode="after")
    def _format_says_a_day(self) -> Self:
        if self.format and not (self.column or self.file_name):
            raise ValueError("format goes with column, column_names or file_name")
        if self.format and not re.search("%[a-zA-Z-]", self.format) and (self.format != EXCEL or not self.column or self.column_names):
            raise ValueError(f'format "{self.format}" has no strptime code, as in "%d-%m-%Y"')
        of_days = not self.format or self.format == EXCEL or re.search("%-?[djxcuw]", self.format) is not None
        if not of_days and self.day_of_month is None:
            raise ValueError(f'format "{self.format}" has no day; say which its counters were read on, as day_of_month = "first" or "last"')
        if of_days and self.day_of_month is not None:
            raise ValueError('day_of_month goes with a format without days, as in "%Y-%m"')
        return self

    def read(self, said: str) -> date:
        """The day that a text says in this format, else as ISO writes it; `ValueError` for any other text."""
        if self.format is None:
            return date.fromisoformat(said)
        found = datetime.strptime(said, self.format).date()
        last = calendar.monthrange(found.year, found.month)[1]
        return found.replace(day=last) if self.day_of_month == "last" else found


def day_in_name(day: DayFrom, mapping: str, name: str) -> date:
    """The day in a file's name, where the mapping of this name looks for it; `UsageError` where there is none, or none that exists."""
    match = re.search(day.file_name or "", name)
    if match is None:
        raise UsageError(f"{name}: no date in its name where mapping {mapping} looks for it ({day.file_name})")
    with contextlib.suppress(ValueError):
        found = day.read(match[1])
        try:
            return possible_day(found)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from None
    raise UsageError(f"{name}: {not_a_date(day, match[1])}, in mapping {mapping}")


def not_a_date(day: DayFrom, said: str) -> str:
    """Why a text of a name is no date, with what to change in the mapping."""
    if day.format:
        return f'"{said}" is not a date of format "{day.format}"; correct day'
    cure = 'say its format, as format = "%d-%m-%Y"' if re.fullmatch(r"\d+\D\d+\D\d+|\d{6}", said) else "correct the pattern of day"
    return f'"{said}" is not a date of form YYYY-MM-DD; {cure}'
