"""The published file as an object: statistics, citations and SQL of one database, opened read-only."""

from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from hubwatch import statistics, store
from hubwatch.errors import UsageError
from hubwatch.readers.addresses import addresses
from hubwatch.readers.rows import Rows
from hubwatch.settings import Settings
from hubwatch.statistics import Citation, Context, Result

_WRITING = (duckdb.StatementType.COPY, duckdb.StatementType.EXPORT)
Option = str | int | float | bool | date | list[str] | tuple[str, ...] | None


class Answer(Rows):
    """One statistic's rows with what is needed to read them: `notes`, `context` and a `citation`."""

    def __init__(self, db: "Database", result: Result, asked: dict[str, Any]) -> None:
        super().__init__(result.columns, result.rows)
        self.result = result
        self._db, self._asked = db, asked

    @property
    def context(self) -> Context:
        """Unit, window, denominator, days and warnings, field by field."""
        return self.result.context

    @property
    def notes(self) -> list[str]:
        """What a reader must know of these figures, a line each."""
        return self.result.notes()

    @cached_property
    def citation(self) -> Citation:
        """The record of the whole table; `cite(group)` gives that of one group."""
        return self.cite()

    def cite(self, group: str | None = None) -> Citation:
        """The citable record of one group of these rows, or of all of them."""
        return statistics.record(self._db.con, self.result, group, self._asked, self._db.address)

    def __str__(self) -> str:
        return self.result.to_text()

    def _repr_html_(self) -> str:
        return self.result.to_html(super()._repr_html_())


class Database:
    """A published database, open read-only until `close`; what is open stays as it is when a newer one is published."""

    def __init__(self, data: str | Path | None = None, as_of: str | int | date | None = None) -> None:
        settings = Settings.from_environment(_folder(data))
        is_file = data is not None and Path(data).is_file()
        self._path = Path(data) if data is not None and is_file else settings.data / "hubwatch.duckdb"
        self.memory_limit = settings.memory_limit
        lake = None if is_file else settings.lake
        if lake is not None:
            asked = None if as_of is None else str(as_of)
            self.con = store.open_lake(lake, settings.memory_limit, asked, statistics.make_macros)
        elif as_of is not None:
            raise UsageError(f"--as-of {as_of}: only a lake keeps earlier versions; set HUBWATCH_WAREHOUSE, or leave it out")
        else:
            self.con = store.open_published(self._path, settings.memory_limit)
        self.snapshot = store.snapshot_of(self.con) if lake is not None else None

    @property
    def path(self) -> Path:
        """The published file; a lake is none."""
        if self.snapshot is not None:
            raise UsageError(
                "this works on the published file, not on a lake: name the file with --data FILE (`hubwatch migrate file` makes one of the lake)"
            )
        return self._path

    def stats(self, name: str, **options: Option) -> Answer:
        """One statistic: the names and options of `hubwatch stats`, with underscores (`by`, `hub`, `metric`, `day`, ...).

        Raises `HubwatchError`, one line with the fix, for what cannot be answered truthfully.
        """
        return Answer(self, statistics.run(self.con, name, **options), dict(options))

    def cite(self, name: str, group: str | None = None, **options: Option) -> Citation:
        """The citable record of one statistic, or of one group (row) of it: sentence, bounds, id, versions, SQL."""
        if group is not None and "group" in statistics.definition(name).parameters:
            options, group = options | {"group": group}, None
        return self.stats(name, **options).cite(group)

    def sql(self, query: str) -> Rows:
        """The rows of one query. It can neither change the database nor read or write other files.

        Raises `HubwatchError` with DuckDB's message for a query that fails.
        """
        try:
            if self.snapshot is not None and any(one.type in _WRITING for one in self.con.extract_statements(query)):
                raise UsageError("the query writes files, into the lake's own folder at that; only what reads is run here")
            found = self.con.execute(query)
            columns = [column[0] for column in found.description or []]
            return Rows(columns, found.fetchall() if columns else [])
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {' '.join(str(error).partition('LINE 1:')[0].split())}") from None

    @property
    def facts_version(self) -> str:
        """The version of the reviewed facts that this database was labelled by."""
        return statistics.facts_version(self.con)

    @property
    def sha256(self) -> str:
        """The file's SHA-256, in hex."""
        return statistics.sha256(self.path)

    @property
    def address(self) -> str | None:
        """Where this file was put by `hubwatch export --to`, if it was."""
        if self.snapshot is not None:
            return None
        known = addresses(self.path)
        return known.get(self.sha256) if known else None

    def close(self) -> None:
        """Close the file; answers that were given stay, new ones need it opened again."""
        self.con.close()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<hubwatch database {self._path}>" if self.snapshot is None else f"<hubwatch lake at snapshot {self.snapshot}>"


def _folder(data: str | Path | None) -> Path | None:
    """The folder that the settings are of; a published file stands for the folder it is in."""
    if data is None:
        return None
    if not str(data):
        raise UsageError("'' is not a folder; name the data folder or a published file")
    return Path(data).parent if Path(data).is_file() else Path(data)
