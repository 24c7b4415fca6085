"""A DuckLake beside or in place of the published file: attached to a connection, opened for readers at one snapshot.

DuckLake keeps tables, views and comments, and none of our macros (defaults that are null come back as text): a reader's session
makes them from the package's definitions. It keeps no comments on the columns of views.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import StoreFault, UsageError
from hubwatch.settings import LakeSettings, Storage
from hubwatch.store.sql import literal
from hubwatch.store.warehouse import NEWEST, connect, schema_of

ALIAS = "lake"
_EXTENSIONS = ("ducklake", "httpfs", "postgres_scanner")
# No file of a lake ever changes: what was read of one is not asked for again.
_KEPT = {
    "enable_http_metadata_cache": "true",
    "parquet_metadata_cache": "true",
    "httpfs_connection_caching": "true",
    "validate_external_file_cache": "'NO_VALIDATION'",
}
_MISSING = (
    "DuckLake's extension is not installed for DuckDB {}: pip install duckdb==1.5.5 duckdb-extensions==1.5.5 "
    "duckdb-extension-ducklake==1.5.5 duckdb-extension-httpfs==1.5.5 duckdb-extension-postgres-scanner==1.5.5"
)
# What a server that is away makes of a request, or two that make one lake at once; and what no waiting cures.
_OUTAGE = (
    "connect", "server closed", "terminating", "http", "timeout", "timed out", "starting up", "shutting down", "failed to initialize ducklake",
)  # fmt: skip
_WRONG = ("authentication", "password", "does not exist", "certificate", "ssl", "403", "forbidden", "permission")


class LakeAway(StoreFault):
    """The lake cannot be reached now: trying again may help."""


def is_outage(error: BaseException) -> bool:
    """Whether the catalog or the storage could not be reached, rather than that something is wrong."""
    said = str(error).lower()
    away = any(sign in said for sign in _OUTAGE) and not any(sign in said for sign in _WRONG)
    return isinstance(error, LakeAway) or (isinstance(error, duckdb.Error) and away)


@contextlib.contextmanager
def attached(con: duckdb.DuckDBPyConnection, lake: LakeSettings, read_only: bool = False) -> Iterator[None]:
    """The lake as the database `lake` of this connection, made where there is none and `read_only` is not asked."""
    _attach(con, lake, read_only)
    try:
        yield
    finally:
        with contextlib.suppress(duckdb.Error):  # a connection to the catalog that broke ends with it
            con.execute(f"detach {ALIAS}")


def open_lake(
    lake: LakeSettings,
    memory_limit: str,
    as_of: str | None,
    prepare: Callable[[duckdb.DuckDBPyConnection], None],
) -> duckdb.DuckDBPyConnection:
    """The lake at one snapshot, read-only and sealed: the last, or `as_of` (its number, or the last one of a day).

    It stays at that snapshot, whatever is committed meanwhile. `prepare` makes what the session adds: the macros.
    """
    con = connect(Path(":memory:"), memory_limit)
    try:
        _attach(con, lake, read_only=True)
        snapshot = _snapshot(con, as_of)
        con.execute(f"detach {ALIAS}")
        _attach(con, lake, read_only=True, snapshot=snapshot)
        con.execute("create schema if not exists memory.parts")
        shared = [f"{ALIAS}.main", f"{ALIAS}.store", f"{ALIAS}.facts"]
        con.execute(f"set search_path = {literal(','.join(['memory.main', 'memory.parts', *shared]))}")
        if schema_of(con) < NEWEST:
            raise StoreFault(
                f"{told_place(lake)} is of an earlier hubwatch at snapshot {snapshot}; `hubwatch publish` on a builder renews it"
            )
        prepare(con)
        con.execute(f"set search_path = {literal(','.join([*shared, 'memory.main', 'memory.parts']))}")
        (folder,) = con.execute(f"select value from {ALIAS}.options() where option_name = 'data_path'").fetchall()[0]
        con.execute(f"set allowed_directories = [{literal(str(folder))}]")
        for setting, value in _KEPT.items():
            con.execute(f"set {setting} = {value}")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
    except BaseException:
        con.close()
        raise
    return con


def snapshot_of(con: duckdb.DuckDBPyConnection) -> int | None:
    """The snapshot at which a lake is open, None for any other database."""
    if not con.execute("select 1 from duckdb_databases() where database_name = current_database() and type = 'ducklake'").fetchall():
        return None
    return int(con.execute(f"from {ALIAS}.current_snapshot()").fetchall()[0][0])


def told_place(lake: LakeSettings) -> str:
    """The lake in words that show no address of a machine."""
    return "the lake of HUBWATCH_WAREHOUSE"


def _attach(con: duckdb.DuckDBPyConnection, lake: LakeSettings, read_only: bool, snapshot: int | None = None) -> None:
    if not con.execute("select 1 from duckdb_extensions() where extension_name = 'ducklake' and loaded").fetchall():
        for name in _EXTENSIONS:
            _load(con, name)
        _keep_secret(con, lake.storage)
    options = [f"data_path {literal(lake.data.rstrip('/') + '/')}"] if lake.data and not read_only else []
    options += ["read_only"] if read_only else []
    options += [f"snapshot_version {snapshot}"] if snapshot is not None else []
    said = f" ({', '.join(options)})" if options else ""
    try:
        con.execute(f"attach {literal('ducklake:' + lake.catalog)} as {ALIAS}{said}")
    except duckdb.Error as error:
        fault = LakeAway if is_outage(error) else StoreFault
        raise fault(f"{told_place(lake)} cannot be opened: {_plain(error, lake)}{_cure(str(error), lake)}") from None


def _plain(error: duckdb.Error, lake: LakeSettings) -> str:
    """DuckDB's first line without the address of the catalog."""
    return " ".join(str(error).splitlines()[0].replace(lake.catalog, "...").replace(lake.catalog.removeprefix("postgres:"), "...").split())


def _cure(said: str, lake: LakeSettings) -> str:
    if "does not exist" in said or "data_path" in said.lower() or "DATA_PATH" in said:
        return "; a builder makes it: set HUBWATCH_WAREHOUSE_DATA there (s3://BUCKET/PREFIX or a folder), then `hubwatch publish`"
    return "; check HUBWATCH_WAREHOUSE, PGPASSWORD and AWS_*, and that the servers can be reached"


def _load(con: duckdb.DuckDBPyConnection, name: str) -> None:
    with contextlib.suppress(duckdb.Error):
        con.execute(f"load {name}")
        return
    try:
        from duckdb_extensions import import_extension

        import_extension(name, con=con)
        con.execute(f"load {name}")
    except (ImportError, duckdb.Error, OSError):
        raise StoreFault(_MISSING.format(duckdb.__version__)) from None


def _keep_secret(con: duckdb.DuckDBPyConnection, storage: Storage) -> None:
    """Give the connection what it needs to reach the storage; it stays in memory and is shown by no query."""
    if storage.key_id is None or storage.secret is None:
        return
    said = {"key_id": storage.key_id, "secret": storage.secret.get_secret_value(), "region": storage.region}
    if storage.session_token is not None:
        said["session_token"] = storage.session_token.get_secret_value()
    options = ["type s3", *(f"{name} {literal(value)}" for name, value in said.items())]
    if storage.endpoint is not None:
        scheme, _, host = storage.endpoint.partition("://")
        options += [f"endpoint {literal(host)}", "url_style 'path'", f"use_ssl {literal(scheme == 'https')}"]
    try:
        con.execute(f"create or replace secret storage ({', '.join(options)})")
    except duckdb.Error:
        raise UsageError("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_REGION is not usable; correct it") from None


def _snapshot(con: duckdb.DuckDBPyConnection, as_of: str | None) -> int:
    """The number of the snapshot that is asked for; `UsageError` where there is none."""
    published = f"commit_message = '{PUBLISHED}'"  # others have the same rows in other files
    if as_of is None:
        where, asked = "true", []
    elif as_of.isdigit():
        where, asked = "snapshot_id = ?::bigint", [as_of]
    else:
        try:
            where, asked = "snapshot_time < ?::date + 1", [str(date.fromisoformat(as_of))]
        except ValueError:
            raise UsageError(f"--as-of {as_of} is neither the number of a snapshot nor a day (YYYY-MM-DD)") from None
    found = con.execute(f"select max(snapshot_id) from {ALIAS}.snapshots() where {published} and {where}", asked).fetchall()[0][0]
    if found is None:
        kept = con.execute(
            f"select min(snapshot_id), max(snapshot_id), min(snapshot_time)::date::varchar from {ALIAS}.snapshots() where {published}"
        ).fetchall()[0]
        if kept[0] is None:
            raise StoreFault("nothing is published in the lake yet; run `hubwatch publish` on a builder")
        raise UsageError(
            f"--as-of {as_of}: the lake holds snapshots {kept[0]} to {kept[1]}, the first of {kept[2]}; some between may have expired"
        )
    return int(found)


PUBLISHED = "hubwatch publish"
