"""What a column, a table and a view are: how DDL and comments follow from their description."""

from dataclasses import dataclass

from hubwatch.store.sql import literal


@dataclass(frozen=True)
class Column:
    """One column: its DuckDB type, and its meaning with unit or window, which becomes its comment."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table by its qualified name, with what a row of it is."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    def ddl(self) -> str:
        """`CREATE TABLE` for this table, without keys: uniqueness is the loader's duty (an index costs 16 to 60 times)."""
        inner = ", ".join(f'"{column.name}" {column.type}' for column in self.columns)
        return f"create table if not exists {self.name} ({inner})"

    def comments(self) -> list[str]:
        """`COMMENT ON` statements for the table and its columns."""
        return _comments("table", self.name, self.meaning, self.columns)


@dataclass(frozen=True)
class View:
    """A view by its name, with what a row of it is and the query behind it."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    query: str

    def ddl(self) -> str:
        """`CREATE OR REPLACE VIEW` with this view's columns in the documented order."""
        return f"create or replace view {self.name} as {self.query}"

    def comments(self) -> list[str]:
        """`COMMENT ON` statements for the view and its columns."""
        return _comments("view", self.name, self.meaning, self.columns)


def columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of `name | type | meaning`."""
    rows = [[part.strip() for part in line.split("|", 2)] for line in text.strip().splitlines()]
    return tuple(Column(*row) for row in rows)


def _comments(kind: str, name: str, meaning: str, described: tuple[Column, ...]) -> list[str]:
    return [
        f"comment on {kind} {name} is {literal(meaning)}",
        *(f'comment on column {name}."{column.name}" is {literal(column.meaning)}' for column in described),
    ]
