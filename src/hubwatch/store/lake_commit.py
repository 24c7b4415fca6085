"""Publishing to a lake: what differs between the warehouse and the attached lake, committed as one transaction, or not at all.

The lake numbers listings itself: builders that know different hubs number alike what the other does not know.
"""

from dataclasses import dataclass

import duckdb

from hubwatch.clock import now
from hubwatch.store.lake import ALIAS, PUBLISHED
from hubwatch.store.lake_layout import home_of, tables_in, version_of

_COUNTERS = "store.counters"
_NUMBERED = {  # columns that are a listing's number
    "store.listing": ("listing_key",),
    "store.attributes": ("listing_key",),
    "store.overruled": ("listing_key",),
    "store.counters": ("listing_key",),
    "store.repositories": ("listing_key", "repository"),
}
_SWEEP = "hub, day, source, complete, records, extent, content_hash, loaded_at"  # what a day's counters depend on


class Moved(Exception):
    """Another builder published since this publication began."""


@dataclass(frozen=True)
class _Change:
    """How one table is brought to the warehouse's rows: those with the hashes in table `changed` are replaced."""

    table: str
    columns: str
    own: str
    changed: str


def commit(con: duckdb.DuckDBPyConnection, builder: str, base: int) -> int:
    """Make the attached lake hold what the open warehouse holds; the number of the snapshot that does.

    Raises `Moved` where the lake is no longer at version `base`: then nothing is written, as with every other error.
    """
    con.execute("set variable builder = ?", [builder])
    _number_listings(con)
    hubs = _days_that_differ(con)
    changes = [change for name, described in tables_in(con, home_of(con)).items() if (change := _difference(con, name, described))]
    if changes or hubs or version_of(con) == 0:
        con.execute("begin")
        try:
            if version_of(con) != base:
                raise Moved
            for change in changes:
                _apply(con, change)
            _replace_days(con)
            _sign(con, builder, base, hubs)
            con.execute("commit")
        except BaseException as error:
            _roll_back(con)
            if is_conflict(error):
                raise Moved from error
            raise
    elif version_of(con) != base:
        raise Moved
    return int(con.execute(f"select max(snapshot_id) from {ALIAS}.snapshots()").fetchall()[0][0])


def is_conflict(error: BaseException) -> bool:
    """Whether a transaction failed because another was committed meanwhile."""
    said = str(error).lower()
    return isinstance(error, duckdb.Error) and any(sign in said for sign in ("conflict", "could not serialize", "duplicate key"))


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("rollback")
    except duckdb.Error:  # a commit that failed has ended the transaction, and what broke the connection says more
        return


def _number_listings(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `lake_numbers`: the listings that the lake holds; `lake_keys`: the lake's number of each of the warehouse's listings.

    In an empty lake the numbers are the warehouse's own.
    """
    con.execute(f"create or replace temp table lake_numbers as select hub, model_id, listing_key from {ALIAS}.store.listing")
    con.execute(
        """create or replace temp table lake_keys as
            with held as (select hub, model_id, listing_key as lake_key from lake_numbers),
            known as (select listing_key, lake_key from store.listing left join held using (hub, model_id))
            select listing_key, case when (select count(*) from held) = 0 then listing_key else coalesce(lake_key,
              (select max(lake_key) from held) + row_number() over (partition by lake_key is null order by listing_key)) end::integer as lake_key
            from known"""
    )


def _days_that_differ(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Table `lake_days`: hub and day whose counters are to be replaced, and whether the lake holds any; the hubs among them."""
    con.execute(
        f"""create or replace temp table lake_days as
            select hub, day, (hub, day) in (select (hub, day) from {ALIAS}.sweeps) as is_held
            from (select hub, day from (select {_SWEEP} from sweeps except select {_SWEEP} from {ALIAS}.sweeps)
                  union select hub, day from (select {_SWEEP} from {ALIAS}.sweeps except select {_SWEEP} from sweeps))"""
    )
    return [hub for (hub,) in con.execute("select distinct hub from lake_days order by hub").fetchall()]


def _replace_days(con: duckdb.DuckDBPyConnection) -> None:
    """The counters of these days, whole."""
    for hub, days in con.execute("select hub, list(day) from lake_days where is_held group by hub order by hub").fetchall():
        con.execute(
            f"""delete from {ALIAS}.{_COUNTERS} where day in (select unnest(?::date[]))
                and listing_key in (select listing_key from lake_numbers where hub = ?)""",
            [days, hub],
        )
    con.execute(
        f"""insert into {ALIAS}.{_COUNTERS} by name
            select counters.* replace (lake_key as listing_key) from store.counters
            join lake_keys using (listing_key) join (select listing_key, hub from store.listing) using (listing_key)
            where (hub, day) in (select (hub, day) from lake_days) order by day, lake_key"""
    )


def _difference(con: duckdb.DuckDBPyConnection, name: str, described: list[tuple[str, str]]) -> _Change | None:
    """What of this table is to be replaced; None where the lake holds the same rows."""
    if name == _COUNTERS:
        return None
    names = [column for column, _ in described]
    columns = ", ".join(f'"{column}"' for column in names)
    own, theirs = _own_rows(name, names), f"select {columns} from {ALIAS}.{name}{_ALIKE.get(name, '')}"
    changed = f"changed_{name.replace('.', '_')}"
    con.execute(
        f"""create or replace temp table {changed} as
            select hash({columns}) as row_hash, count(*) filter (is_own) as own, count(*) filter (not is_own) as theirs
            from (select *, true as is_own from ({own}) union all by name select *, false as is_own from ({theirs}))
            group by row_hash having own <> theirs"""
    )
    if not con.execute(f"select 1 from {changed} limit 1").fetchall():
        return None
    return _Change(name, columns, own, changed)


# What only one builder knows stays in the lake beside what this one knows.
_MINE = f"hub not in (select hub from {ALIAS}.store.lake_hubs where builder <> getvariable('builder'))"
_ALIKE = {
    "main.runs": " where run_id in (select run_id from runs)",
    "store.loaded": f" where {_MINE}",
}


def _own_rows(name: str, names: list[str]) -> str:
    """The warehouse's rows of a table with the lake's numbers of listings."""
    where = f" where {_MINE}" if name == "store.loaded" else ""
    numbered = _NUMBERED.get(name, ())
    said = ", ".join(f'keys_{column}.lake_key as "{column}"' if column in numbered else f'rows_of."{column}"' for column in names)
    joins = "".join(f" join lake_keys keys_{column} on keys_{column}.listing_key = rows_of.{column}" for column in numbered)
    return f"select {said} from {name} rows_of{joins}{where}"


def _apply(con: duckdb.DuckDBPyConnection, change: _Change) -> None:
    if con.execute(f"select 1 from {change.changed} where theirs > 0 limit 1").fetchall():
        con.execute(
            f"delete from {ALIAS}.{change.table} where hash({change.columns}) in (select row_hash from {change.changed} where theirs > 0)"
        )
    con.execute(
        f"""insert into {ALIAS}.{change.table} by name select * from ({change.own})
            where hash({change.columns}) in (select row_hash from {change.changed} where own > 0)"""
    )


def _sign(con: duckdb.DuckDBPyConnection, builder: str, base: int, hubs: list[str]) -> None:
    """Raise the version, on which any two publications conflict, and note whose hubs these are."""
    con.execute(f"update {ALIAS}.store.lake set version = ?", [base + 1])
    for hub in hubs:
        con.execute(f"delete from {ALIAS}.store.lake_hubs where hub = ?", [hub])
        con.execute(f"insert into {ALIAS}.store.lake_hubs values (?, ?, ?)", [hub, builder, now()])
    con.execute(f"call {ALIAS}.set_commit_message(?, ?)", [builder, PUBLISHED])
