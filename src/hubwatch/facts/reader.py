"""The reviewed facts of `data/`, read whole or refused with the file, the row and the cure.

A fact about the world (who owns a namespace, what a license name means) is a row with a source, never an `if`.
`load_facts()` gives typed rows; `Facts.stage(con)` puts them into the schema `facts` of an open DuckDB connection.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from hubwatch.errors import FactError
from hubwatch.facts import meanings as fact_meanings
from hubwatch.facts.checks import check_together
from hubwatch.facts.rows import (
    POLICIES,
    Country,
    Fact,
    Family,
    Judgement,
    Kind,
    License,
    NameRule,
    Namespace,
    Organization,
    Policy,
    PolicyRow,
    ReleaseDate,
    Word,
)
from hubwatch.store import Column, Table, transaction

__all__ = ["POLICIES", "FactError", "Facts", "Kind", "Policy", "data_dir", "load_facts"]


def data_dir() -> Path:
    """The folder of reviewed facts: inside the package when installed from a wheel, else the repository's `data/`."""
    packaged = Path(__file__).parents[1] / "data"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "data"


AFact = TypeVar("AFact", bound=Fact)


class Facts(BaseModel):
    """All reviewed facts, in the order of their files."""

    model_config = ConfigDict(frozen=True)
    organizations: tuple[Organization, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    policies: tuple[PolicyRow, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    families: tuple[Family, ...] = ()
    licenses: tuple[License, ...] = ()
    words: tuple[Word, ...] = ()
    name_rules: tuple[NameRule, ...] = ()
    countries: tuple[Country, ...] = ()
    release_dates: tuple[ReleaseDate, ...] = ()

    def stage(self, con: duckdb.DuckDBPyConnection) -> None:
        """Replace the tables of the schema `facts` by these rows, all or none; once is enough for a connection.

        The connection must not be inside a transaction.
        """
        if con.execute("SELECT getvariable('facts_staged')").fetchall() == [(self._digest,)]:
            return
        with transaction(con):
            con.execute("CREATE SCHEMA IF NOT EXISTS facts")
            for table, (columns, values) in self._written.items():
                _replace_table(con, table, columns, values)
        con.execute("SET VARIABLE facts_staged = ?", [self._digest])

    def __copy__(self) -> Facts:
        """A copy is for changing: what was worked out of the rows is not of the copy's."""
        copied = super().__copy__()
        for name in ("_written", "_digest"):
            copied.__dict__.pop(name, None)
        return copied

    @cached_property
    def _written(self) -> dict[str, tuple[dict[str, str], str]]:
        """Table -> its columns and its rows as JSON."""
        return {
            table: (columns, json.dumps([row.model_dump(mode="json", by_alias=True, include={*columns, "class_"}) for row in rows]))
            for table, (rows, columns) in self._tables().items()
        }

    @cached_property
    def _digest(self) -> str:
        return hashlib.md5(json.dumps(self._written).encode(), usedforsecurity=False).hexdigest()

    def _tables(self) -> dict[str, tuple[tuple[Fact, ...], dict[str, str]]]:
        """Table -> its rows and its columns (name -> DuckDB type)."""
        where = {"file": "VARCHAR", "line": "INTEGER"}
        judged = {"organization": "VARCHAR", "country": "VARCHAR", "kind": "VARCHAR"}
        reviewed = {"source": "VARCHAR", "reviewed_on": "DATE", "note": "VARCHAR"}
        sourced = {"source": "VARCHAR", "note": "VARCHAR"}
        dated = {"valid_from": "DATE", "valid_to": "DATE", "renamed_to": "VARCHAR", "confidence": "DOUBLE"}
        owned = {"hub": "VARCHAR", "namespace": "VARCHAR", "organization": "VARCHAR"}
        return {
            "organizations": (self.organizations, judged | {"parent": "VARCHAR", "other_names": "VARCHAR[]"} | reviewed | where),
            "namespace_facts": (self.namespaces, owned | dated | reviewed | where),
            "policies": (self.policies, {"policy": "VARCHAR"} | judged | reviewed | where),
            "judgements": (self.judgements, judged | sourced | where),
            "families": (self.families, {"family": "VARCHAR", "organization": "VARCHAR", "pattern": "VARCHAR"} | sourced | where),
            "licenses": (self.licenses, {"raw": "VARCHAR", "license": "VARCHAR", "class": "VARCHAR"} | sourced | where),
            "words": (self.words, {"vocabulary": "VARCHAR", "raw": "VARCHAR", "word": "VARCHAR"} | sourced | where),
            "release_dates": (self.release_dates, {"hub": "VARCHAR", "model_id": "VARCHAR", "released_on": "DATE"} | reviewed | where),
            "country_groups": (self.countries, {"country": "VARCHAR", "name": "VARCHAR", "region": "VARCHAR"} | sourced | where),
        }


def _replace_table(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], values: str) -> None:
    """One JSON parameter carries all rows: no file, no Arrow, and not the slow row-by-row insert."""
    described = Table(
        f"facts.{table}",
        fact_meanings.TABLES[table],
        tuple(Column(name, kind, fact_meanings.COLUMNS[name]) for name, kind in columns.items()),
    )
    con.execute(f"DROP TABLE IF EXISTS {described.name}")
    con.execute(described.ddl())
    shape = json.dumps([{name: ["VARCHAR"] if kind.endswith("[]") else kind for name, kind in columns.items()}])
    con.execute(f"INSERT INTO facts.{table} SELECT unnest(from_json(?::JSON, '{shape}'), recursive := true)", [values])
    for comment in described.comments():
        con.execute(comment)


# --- reading ---


def load_facts(folder: Path | None = None) -> Facts:
    """All facts of a folder (default `data_dir()`), checked each by itself and against one another.

    Raises FactError at the first row that cannot be used. The default folder is read once in a process.
    """
    return _read_facts(folder) if folder else _default_facts()


@cache
def _default_facts() -> Facts:
    return _read_facts(data_dir())


def _read_facts(folder: Path) -> Facts:
    facts = Facts(
        organizations=_read_all(Organization, folder, "organizations"),
        namespaces=_read_all(Namespace, folder, "namespaces"),
        policies=_read(PolicyRow, folder, "policies.csv"),
        judgements=_read(Judgement, folder, "judgements.csv"),
        families=_read(Family, folder, "families.csv"),
        licenses=_read(License, folder, "licenses.csv"),
        words=_read(Word, folder, "words.csv"),
        name_rules=_read(NameRule, folder, "name_rules.csv"),
        countries=_read(Country, folder, "country_groups.csv"),
        release_dates=_read(ReleaseDate, folder, "release_dates.csv"),
    )
    check_together(facts)
    return facts


def _read_all(shape: type[AFact], folder: Path, name: str) -> tuple[AFact, ...]:
    """The rows of every CSV file of a sub-folder, files in alphabetical order."""
    files = sorted((folder / name).glob("*.csv"))
    if not files:
        raise FactError(f"{folder / name}: no CSV file there: restore data/{name} from the repository")
    rows = tuple(row for file in files for row in _read(shape, folder, f"{name}/{file.name}"))
    if not rows:
        raise FactError(f"{folder / name}: no row in any file there: restore data/{name} from the repository")
    return rows


def _read(shape: type[AFact], folder: Path, name: str) -> tuple[AFact, ...]:
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FactError(f"{folder / name}: no such file: restore data/{name} from the repository") from None
    except UnicodeDecodeError as error:
        raise FactError(f"{folder / name}: not UTF-8 at byte {error.start}: save the file as UTF-8") from None
    return tuple(_rows(shape, name, text))


def _rows(shape: type[AFact], name: str, text: str) -> Iterator[AFact]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    wanted = [field.alias or key for key, field in shape.model_fields.items() if key not in ("file", "line")]
    header: list[str] | None = None
    try:
        for cells in lines:
            if header is None:
                header = cells
                if sorted(header) != sorted(wanted):
                    raise FactError(f"{name} row 1: the columns are {','.join(header)}: they must be {_order(wanted)}")
            elif any(cells):
                yield _row(shape, name, lines.line_num, header, cells)
    except csv.Error as error:
        raise FactError(f"{name} row {lines.line_num}: {error}: close the quotes of this row") from None
    if header is None:
        raise FactError(f"{name} row 1: the file is empty: it must begin with {_order(wanted)}")


def _order(columns: list[str]) -> str:
    return ",".join([name for name in columns if name != "note"] + ["note"])


def _row(shape: type[AFact], name: str, line: int, header: list[str], cells: list[str]) -> AFact:
    place = f"{name} row {line}"
    if len(cells) != len(header):
        cure = "put a cell with a comma in double quotes" if len(cells) > len(header) else "write every comma of the header"
        raise FactError(f"{place}: {len(cells)} cells, but the header has {len(header)}: {cure}")
    if any("\n" in cell for cell in cells):
        raise FactError(f"{place}: a cell goes over several lines: write a fact on one line")
    unseen = next((letter for cell in cells for letter in cell.strip() if not letter.isprintable()), None)
    if unseen:
        raise FactError(f"{place}: a cell holds the invisible character U+{ord(unseen):04X}: delete it or write a blank")
    row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
    try:
        return shape.model_validate(row | {"file": name, "line": line})
    except ValidationError as invalid:
        raise FactError(f"{place}: {invalid.errors()[0]['msg'].removeprefix('Value error, ')}") from None
