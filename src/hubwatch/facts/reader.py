"""The reviewed facts of `data/`, read whole or refused with the file, the row and the cure.

A fact about the world (who owns a namespace, what a license name means) is a row with a source, never an `if`.
`load_facts()` gives typed rows; `Facts.stage(con)` puts them into the schema `facts` of an open DuckDB connection.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hubwatch.errors import FactError
from hubwatch.facts.checks import check_together
from hubwatch.facts.names import organization_names, printed_organizations
from hubwatch.facts.rows import (
    CiNamespace,
    CountingRule,
    Country,
    Fact,
    Family,
    FormerId,
    Judgement,
    License,
    ListedSystem,
    NameRule,
    Namespace,
    Organization,
    PlaceholderTime,
    PolicyMeaning,
    PolicyRow,
    PrintedSystem,
    ReleaseDate,
    Word,
)
from hubwatch.facts.tables import Facts


def data_dir() -> Path:
    """The folder of reviewed facts: inside the package when installed from a wheel, else the repository's `data/`."""
    packaged = Path(__file__).parents[1] / "data"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "data"


AFact = TypeVar("AFact", bound=Fact)


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
    organizations = _read_all(Organization, folder, "organizations")
    facts = Facts(
        organizations=organizations,
        namespaces=_read_all(Namespace, folder, "namespaces"),
        policies=_read(PolicyRow, folder, "policies.csv"),
        policy_meanings=_read(PolicyMeaning, folder, "policy_meanings.csv"),
        judgements=_read(Judgement, folder, "judgements.csv"),
        families=_read(Family, folder, "families.csv"),
        licenses=_read(License, folder, "licenses.csv"),
        words=_read(Word, folder, "words.csv"),
        name_rules=_read(NameRule, folder, "name_rules.csv"),
        countries=_read(Country, folder, "country_groups.csv"),
        former_ids=_read(FormerId, folder, "former_ids.csv"),
        counting_rules=_read(CountingRule, folder, "counting_rules.csv"),
        placeholder_times=_read(PlaceholderTime, folder, "placeholder_times.csv"),
        release_dates=_read(ReleaseDate, folder, "release_dates.csv"),
        testing_namespaces=_read(CiNamespace, folder, "testing_namespaces.csv"),
        listed_systems=_read_lists(folder, organizations),
    )
    check_together(facts)
    return facts


def _read_lists(folder: Path, organizations: tuple[Organization, ...]) -> tuple[ListedSystem, ...]:
    """The rows of every list with the organizations that each names; a folder of facts need have none."""
    names = organization_names(organizations)
    systems = []
    for file in sorted((folder / "lists").glob("*.csv")):
        for row in _read(PrintedSystem, folder, f"lists/{file.name}"):
            found, unknown = printed_organizations(names, row.organization)
            systems.append(ListedSystem(**dict(row), organizations=(*(one.organization for one in found), *unknown)))
    return tuple(systems)


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
