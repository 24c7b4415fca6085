"""What other builders published to a lake, taken into this warehouse; and a warehouse made anew from a lake."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import duckdb

from hubwatch.errors import StoreFault
from hubwatch.store.lake import ALIAS
from hubwatch.store.lake_layout import home_of, tables_in
from hubwatch.store.warehouse import transaction

# Tables with a column `hub` that are not of a hub's builder: judged anew over all hubs, or known to one builder only.
_NOT_TAKEN = (
    "main.origins",
    "main.model_listings",
    "main.derivations",
    "main.runs",
    "store.other_ids",
    "store.listing",
    "store.loaded",
    "store.unmeasured",
)
_NUMBERED = ("store.attributes", "store.overruled")
_SAID = "hub, day, source, content_hash, loaded_at"


def take_in(con: duckdb.DuckDBPyConnection, builder: str, take_over: bool = False, drop_days: bool = False) -> list[str]:
    """Take the attached lake's facts of the hubs that other builders publish into the open warehouse; the hubs that changed.

    Their judgements, links and flags are to be made anew afterwards. Raises `StoreFault` where this warehouse holds days of
    such a hub that the lake lacks, or later ones (`take_over`: they are this builder's from now on), or lacks days of its own hubs that the lake
    holds (`drop_days`: they are taken out of the lake).
    """
    con.execute("set variable builder = ?", [builder])
    theirs = {hub for (hub,) in con.execute(f"select hub from {ALIAS}.store.lake_hubs where builder <> ?", [builder]).fetchall()}
    ahead = _loaded_since(con)
    contested = sorted(theirs & ahead.keys())
    if contested and not take_over:
        raise StoreFault(
            f"{contested[0]} is published to the lake by another builder, and {ahead[contested[0]]} of it is loaded here, too; let one builder "
            "collect a hub, or, where the other is gone, `hubwatch publish --take-over`"
        )
    behind = _only_in(con, f"{ALIAS}.sweeps", "(select hub, day, source from sweeps union all select hub, day, source from store.dropped)")
    lost = sorted(behind.keys() - (theirs - set(contested)))
    if lost and not drop_days:
        raise StoreFault(
            f"the lake holds {lost[0]} {behind[lost[0]]}, which warehouse.duckdb lacks; if that was lost, `hubwatch migrate file` makes it "
            "anew from the lake; `hubwatch publish --drop-days` publishes without them"
        )
    return [hub for hub in sorted(theirs - set(contested)) if _take_hub(con, hub)]


def _loaded_since(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For each hub the first day and source that this warehouse holds and the lake does not, or of an earlier loading."""
    found = con.execute(
        f"""select hub, min(day::varchar || ' ' || source) from sweeps own left join {ALIAS}.sweeps theirs using (hub, day, source)
            where theirs.records is null or (own.content_hash is distinct from theirs.content_hash and own.loaded_at > theirs.loaded_at)
            group by hub"""
    )
    return dict(found.fetchall())


def _only_in(con: duckdb.DuckDBPyConnection, these: str, those: str) -> dict[str, str]:
    """For each hub the first day and source that only the first relation has."""
    found = con.execute(
        f"""select hub, min(day::varchar || ' ' || source) from
            (select hub, day, source from {these} except select hub, day, source from {those}) group by hub"""
    )
    return dict(found.fetchall())


def _take_hub(con: duckdb.DuckDBPyConnection, hub: str) -> bool:
    """Make the warehouse hold what the lake does of a hub; False where it does."""
    con.execute("set variable hub = ?", [hub])
    con.execute(
        f"""create or replace temp table taken_days as
            select distinct day from (
              (select {_SAID} from sweeps where hub = getvariable('hub') except select {_SAID} from {ALIAS}.sweeps where hub = getvariable('hub'))
              union all
              (select {_SAID} from {ALIAS}.sweeps where hub = getvariable('hub') except select {_SAID} from sweeps where hub = getvariable('hub')))"""
    )
    if not con.execute("select 1 from taken_days limit 1").fetchall() and not _differs(con, "profiles"):
        return False
    con.execute("create or replace temp table former_keys as select listing_key from store.listing where hub = getvariable('hub')")
    con.execute(
        f"""create or replace temp table taken_keys as
            with known as (select listing_key, model_id from store.listing where hub = getvariable('hub')),
            found as (select listing_key as lake_key, model_id from {ALIAS}.store.listing where hub = getvariable('hub'))
            select lake_key, listing_key from found join known using (model_id)
            union all
            select lake_key, ((select coalesce(max(listing_key), 0) from store.listing) + row_number() over (order by lake_key))::integer
            from found anti join known using (model_id)"""
    )
    with transaction(con):
        _take_counters(con)
        for name in _NUMBERED:
            con.execute(f"delete from {name} where listing_key in (select listing_key from former_keys)")
            con.execute(_mapped(name))
        con.execute("delete from store.listing where hub = getvariable('hub')")
        con.execute(_mapped("store.listing"))
        for name, described in tables_in(con, home_of(con)).items():
            if "hub" in dict(described) and name not in _NOT_TAKEN and not name.startswith("facts."):
                con.execute(f"delete from {name} where hub = getvariable('hub')")
                con.execute(f"insert into {name} by name select * from {ALIAS}.{name} where hub = getvariable('hub')")
        con.execute("insert into store.unmeasured by name select getvariable('hub') as hub, day from taken_days")
    for table in ("taken_days", "taken_keys", "former_keys"):
        con.execute(f"drop table {table}")
    return True


def _differs(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the rows of the hub differ."""
    rows = [f"(select count(*), bit_xor(hash(t)) from {place}{table} t where hub = getvariable('hub'))" for place in ("", f"{ALIAS}.")]
    return bool(con.execute(f"from {rows[0]} except from {rows[1]}").fetchall())


def _take_counters(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "delete from store.counters where day in (select day from taken_days) and listing_key in (select listing_key from former_keys)"
    )
    days = [day for (day,) in con.execute("select day from taken_days order by day").fetchall()]
    for day in days:  # one at a time: each is a folder of its own in the lake
        con.execute(f"{_mapped('store.counters')} where day = ?", [day])


def _mapped(name: str) -> str:
    return f"""insert into {name} by name select found.* replace (taken_keys.listing_key as listing_key)
      from {ALIAS}.{name} found join taken_keys on found.listing_key = taken_keys.lake_key"""


def restore(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the open, empty warehouse with every table of the attached lake, as they are there."""
    if con.execute("select 1 from sweeps limit 1").fetchall():
        raise StoreFault("warehouse.duckdb holds days already; name an empty folder with --data")
    held = tables_in(con, home_of(con))
    with transaction(con):
        con.execute("create schema if not exists facts")
        for name, described in tables_in(con, ALIAS).items():
            if name in held:
                con.execute(f"delete from {name}")
            if held.get(name, described) != described and name.startswith("facts."):
                con.execute(f"drop table {name}")
            if name not in held or (held[name] != described and name.startswith("facts.")):
                inner = ", ".join(f'"{column}" {kind}' for column, kind in described)
                con.execute(f"create table {name} ({inner})")
            con.execute(f"insert into {name} by name select * from {ALIAS}.{name}")


def builder_of(data: Path, fresh: Callable[[], str]) -> str:
    """The id under which this data folder publishes to lakes, kept beside the warehouse."""
    path = data / "lake-builder"
    with contextlib.suppress(FileNotFoundError):
        if known := path.read_text("utf-8").strip():
            return known
    made = fresh()
    path.write_text(f"{made}\n", "utf-8")
    return made
