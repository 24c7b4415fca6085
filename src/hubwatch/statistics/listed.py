"""A table that somebody published (system, organization[, amount, day]) -> the temporary table `listed`, its organizations resolved."""

import csv
import json
import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.errors import StatisticsError, counted
from hubwatch.facts import data_dir, load_facts, organization_names, printed_organizations
from hubwatch.spelling import nearest
from hubwatch.store import DEFAULT_LIST, literal

_SUBJECTS = ("system", "model", "subject", "system_name")
_ORGANIZATIONS = ("organization", "organisation", "org", "org_name", "company")
_REST = ("other", "others", "rest", "其他", "其它")
_SHOWN = 10  # unresolved names that a note lists
_OURS = "made from a file by hubwatch"  # a comment, to tell our list from a reader's own


@dataclass(frozen=True)
class Listed:
    """The list that a question is about: the options that ask for it, the SQL that makes it (nothing where the file has it), notes, a line each."""

    asked: dict[str, str] = field(default_factory=dict)
    sql: str = ""
    notes: tuple[str, ...] = ()


NO_LIST = Listed()


def list_for(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> Listed:
    """See that the list of a question is there, and take `list` and its `day` out of what is asked.

    It is the CSV file named (one of the reader's, else of data/lists), else the reader's own table or view `listed`, else the file's.
    """
    name = asked.pop("list", None)
    if name is not None:
        own, shipped = Path(str(name)), data_dir() / "lists" / str(name)
        day = _day_asked(asked.pop("day", None))
        notes = take_list(con, shipped if shipped.is_file() and not own.is_file() else own, day)
        return Listed({"list": str(name)} | ({"day": str(day)} if day else {}), _remade(con), tuple(notes))
    if asked.get("listed") is not None:
        return NO_LIST
    if (_OURS, True) in _held(con):
        con.execute("drop table temp.listed")
    held = _held(con)
    if not held or any(temporary for _, temporary in held) or held[0][0] is None:
        return NO_LIST
    return Listed({"list": DEFAULT_LIST}, notes=(f"the list is {held[0][0].partition(': ')[2]}; --list names another",))


def _held(con: duckdb.DuckDBPyConnection) -> list[tuple[str | None, bool]]:
    """What is called `listed` here: its comment, and whether it is temporary, as a reader's own is, which comes before the file's."""
    return con.execute(
        """select comment, temporary from duckdb_tables() where table_name = 'listed'
        union all select comment, temporary from duckdb_views() where view_name = 'listed'"""
    ).fetchall()


def _remade(con: duckdb.DuckDBPyConnection) -> str:
    """The SQL that makes the list as it was read."""
    rows = con.execute("select subject, organization, amount from temp.listed").fetchall()
    said = ",\n".join(f"  ({literal(subject)}, {'null' if body is None else literal(body)}, {amount!r})" for subject, body, amount in rows)
    return f"create or replace temp table listed as from (values\n{said}\n) listed(subject, organization, amount);\n"


def _day_asked(day: object) -> date | None:
    return day if day is None or isinstance(day, date) else date.fromisoformat(str(day))


def take_list(con: duckdb.DuckDBPyConnection, path: Path, day: date | None = None) -> list[str]:
    """Make the temporary table listed(subject, organization, amount) of a CSV file; what a reader must know of it, a line each.

    A cell names one organization or several, joined by "and", "&" or commas, in English or Chinese; a subject has a row for each. A row
    `other` counts in the denominator and is nobody's. Of several days the one asked for is taken, by default the last.
    """
    rows = _rows(path)
    subject, organization = (_column(rows[0], names, path) for names in (_SUBJECTS, _ORGANIZATIONS))
    notes: list[str] = []
    if "day" in rows[0]:
        days = sorted({_day(row["day"], path) for row in rows})
        chosen = day or days[-1]
        rows = [row for row in rows if _day(row["day"], path) == chosen]
        if not rows:
            raise StatisticsError(f"{path.name} has no row of {chosen}; its days are {days[0]} to {days[-1]}")
        notes.append(f"{path.name}: the rows of {chosen}" + (f", of {len(days)} days" if len(days) > 1 else ""))
    names = organization_names(load_facts().organizations)
    listed: list[dict[str, object]] = []
    lost: dict[str, float] = {}
    for number, row in enumerate(rows):
        amount = _amount(row, path)
        is_rest = row[subject].strip().lower() in _REST or row[organization].strip().lower() in _REST
        found, unknown = ([], []) if is_rest else printed_organizations(names, row[organization])
        for name in unknown:
            lost[name] = lost.get(name, 0) + amount
        bodies: list[str | None] = [*(one.organization for one in found), *([None] if unknown or not found else [])]
        # the row's number, not its name, tells subjects apart: a list may name one system twice
        listed += [{"subject": f"{number}: {row[subject]}", "organization": body, "amount": amount} for body in bodies]
        if is_rest:
            notes.append(
                f"{path.name}: the row {row[subject] or row[organization]} ({amount:,.10g}) is in the denominator and among the unknown"
            )
    digits = max((_digits(float(str(row["amount"]))) for row in listed), default=0)
    if digits:  # sums are of whole numbers
        notes.append(f"{path.name}: amounts are counted in units of {10.0**-digits:g}")
        for one in listed:
            one["amount"] = round(float(str(one["amount"])) * 10**digits)
    con.execute("create or replace temp table listed (subject varchar, organization varchar, amount double)")
    shape = json.dumps([{"subject": "VARCHAR", "organization": "VARCHAR", "amount": "DOUBLE"}])
    con.execute("insert into listed select unnest(from_json(?::json, ?), recursive := true)", [json.dumps(listed), shape])
    con.execute(f"comment on table listed is '{_OURS}'")
    if lost:
        first = sorted(lost, key=lambda name: (-lost[name], name))[:_SHOWN]
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        notes.append(f"{counted(len(lost), 'organization')} not known to the facts: {', '.join(map(_told, first))}{more}")
    return notes


def _told(name: str) -> str:
    near = nearest(name, (spelling for row in load_facts().organizations for spelling in (row.organization, *row.other_names)), limit=1)
    return f"{name} (did you mean {near[0]}?)" if near else name


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StatisticsError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}; name a CSV file in UTF-8") from None
    found = [
        {(name or "").strip().lower(): cell or "" for name, cell in row.items() if name is not None}
        for row in csv.DictReader(text.splitlines())
    ]
    if not found:
        raise StatisticsError(f"{path.name} holds no rows; it needs a header with system and organization, and may have amount and day")
    return found


def _column(row: dict[str, str], names: tuple[str, ...], path: Path) -> str:
    found = next((name for name in names if name in row), None)
    if found is None:
        raise StatisticsError(f"{path.name} has no column {names[0]}; its columns are {', '.join(row)}")
    return found


def _amount(row: dict[str, str], path: Path) -> float:
    text = row.get("amount", "1").strip()
    try:
        amount = float(text.replace(",", ""))
    except ValueError:
        amount = -1.0
    if not (math.isfinite(amount) and amount >= 0):
        raise StatisticsError(f"{path.name}: amount {text!r} is not a number from 0 on")
    return amount


def _digits(amount: float) -> int:
    """Decimal places of an amount, six at most."""
    return next((digits for digits in range(6) if round(amount, digits) == amount), 6)


def _day(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise StatisticsError(f"{path.name}: {text!r} is not a date; write YYYY-MM-DD") from None
