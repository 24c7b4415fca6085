"""The analysts' file: put in place whole, in one step, and opened. Readers never meet the writer's file, nor it them."""

import contextlib
import errno
import os
import shlex
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from hubwatch.errors import CURES, Busy, StoreFault
from hubwatch.store.ours import refuse_foreign, refuse_strange_relations
from hubwatch.store.sql import literal
from hubwatch.store.warehouse import NEWEST, connect, open_warehouse, schema_of
from hubwatch.store.whole import is_damage, is_due_to_be_rewritten, read_whole, rewrite

PREVIOUS = "hubwatch.previous.duckdb"  # the generation before, kept until the next publish


def open_published(data: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """The analysts' database of a folder, or a file of one, read-only and sealed: no query over it reads another file.

    `StoreFault` with the cure when there is none yet, it is not of this version's schema, or holds what is not of hubwatch.
    """
    path = data if data.is_file() else data / "hubwatch.duckdb"
    if not path.exists():
        raise StoreFault(f"there is no {path} yet; run `hubwatch run` (or `hubwatch demo`), or point --data at where it is")
    con = connect(path, memory_limit, read_only=True, sealed=True)
    try:
        refuse_foreign(con, path)
        if (version := schema_of(con)) < NEWEST:
            warehouse = data / "warehouse.duckdb"
            first = "" if warehouse.exists() else f"{_put_in_place(path, warehouse)}, then "
            raise StoreFault(
                f"{path} is of an earlier hubwatch (schema {version}, this one reads {NEWEST}); {first}`hubwatch publish` renews it"
            )
        refuse_strange_relations(con, path)
    except BaseException:
        con.close()
        raise
    return con


def open_for_export(path: Path, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """A published file attached read-only to a connection that can write other files; open it with `open_published` first, which checks it."""
    con = connect(Path(":memory:"), memory_limit)
    con.execute(f"attach {literal(str(path))} as published (read_only)")
    con.execute("use published")
    return con


def _put_in_place(published: Path, warehouse: Path) -> str:
    """The command by which a published file becomes the warehouse."""
    return f"install -m 644 {shlex.quote(str(published))} {shlex.quote(str(warehouse))}"


def lost_days(con: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection) -> list[tuple[str, date, str]]:
    """Hub, day and source of what is published and the tables do not hold, and that nobody took away on purpose (`drop-day`)."""
    held = "select hub, day, source from sweeps union all select hub, day, source from store.dropped"
    return sorted(set(published.execute("select hub, day, source from sweeps").fetchall()) - set(con.execute(held).fetchall()))


def told_lost(lost: list[tuple[str, date, str]], data: Path) -> str:
    """Which days are lost and how they come back, in one line."""
    few = ", ".join(" ".join(map(str, one)) for one in lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    return (
        f"{data / 'hubwatch.duckdb'} holds {few}, which warehouse.duckdb lacks; if that was lost or is an older one, put the published in its "
        f"place: {_put_in_place(data / 'hubwatch.duckdb', data / 'warehouse.duckdb')}, then `hubwatch backfill pages` for what was kept since"
    )


def not_published(con: duckdb.DuckDBPyConnection, data: Path) -> set[tuple[str, date, str]]:
    """Hub, day and source of what the published file does not have as the tables have it; all of it when there is no such file."""
    facts = "select hub, day, source, content_hash from sweeps"
    held = set(con.execute(facts).fetchall())
    if (data / "hubwatch.duckdb").exists():
        with open_published(data) as published:
            held ^= set(published.execute(facts).fetchall())
    return {(hub, day, source) for hub, day, source, _ in held}


def publish(data: Path, drop_days: bool = False, memory_limit: str = "1GB") -> Path:
    """Put a copy of the closed warehouse, read whole, in place as `hubwatch.duckdb`, in one step; returns its path.

    Readers keep what they have open, and the generation before stays as `hubwatch.previous.duckdb`. A `.wal` beside source or
    target would be replayed into the wrong file: refused. So are a damaged warehouse, replacing a database that is not of
    hubwatch, and without `drop_days` one that holds days which the warehouse lacks. Where `hubwatch.duckdb` is a link, what it
    points to is replaced.
    """
    source, target = data / "warehouse.duckdb", _followed(data / "hubwatch.duckdb")
    if not source.exists():
        raise StoreFault(f"{source} does not exist; run `hubwatch run` or `hubwatch load` first")
    with contextlib.closing(open_warehouse(data, memory_limit)) as con:  # brings in what a killed writer left beside it, too
        is_due = is_due_to_be_rewritten(con)
    if Path(f"{source}.wal").exists():
        raise StoreFault(f"{source}.wal could not be written back into {source.name}: free some disk space, then `hubwatch publish`")
    for beside in {data / "hubwatch.duckdb", target}:
        if Path(f"{beside}.wal").exists():
            raise StoreFault(f"{beside}.wal exists: another program writes to {beside.name}; close it, remove the .wal, then publish again")
    if is_due:
        with _damage_named(source, source):
            rewrite(source.resolve(), memory_limit)
        open_warehouse(data, memory_limit).close()  # views as this version writes them
    is_whole = _may_be_replaced(target, source, drop_days, memory_limit)
    for leftover in target.parent.glob(f".{target.name}.*.tmp"):
        leftover.unlink()
    copy = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))  # less the umask: its owner opens it with any option
        shutil.copyfile(source, copy)
        _check(copy, source, memory_limit)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
        if is_whole:
            _keep_generation(target)
        _replace(copy, target)
    finally:
        copy.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return data / "hubwatch.duckdb"


def _followed(target: Path) -> Path:
    """The file to replace: what a link points to, in place of the link; a mounted file cannot be replaced."""
    real = target.resolve() if target.is_symlink() else target
    if real.is_dir() or not real.parent.is_dir():
        raise StoreFault(f"{target} {'is' if real.is_dir() else 'points into'} a folder that cannot hold it ({real}); move it away")
    if os.path.ismount(real):
        raise _mounted(real)
    return real


def _mounted(target: Path) -> StoreFault:
    return StoreFault(f"{target} is a mount point and cannot be replaced in one step; mount its folder in place of the file")


def _replace(copy: Path, target: Path) -> None:
    try:
        os.replace(copy, target)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise _mounted(target) from None
        raise


def _keep_generation(target: Path) -> None:
    """Keep the file that is about to be replaced, without copying it where the file system has hard links."""
    kept, fresh = target.with_name(PREVIOUS), target.with_name(f".{target.name}.previous.tmp")
    fresh.unlink(missing_ok=True)
    try:
        os.link(target, fresh)
    except OSError:
        shutil.copyfile(target, fresh)
    os.replace(fresh, kept)


@contextlib.contextmanager
def _damage_named(source: Path, copy: Path) -> Iterator[None]:
    """Damage met meanwhile in the warehouse or its copy as a `StoreFault` that names the warehouse and the cure."""
    try:
        yield
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        raise _damaged(source, str(error).splitlines()[0].replace(str(copy), str(source))) from None


def _damaged(source: Path, said: str) -> StoreFault:
    return StoreFault(f"nothing is published: {source} is damaged ({said}){CURES[source.name]}")


def _check(copy: Path, source: Path, memory_limit: str) -> None:
    """Raise `StoreFault` naming the source when its copy does not open, is no database of hubwatch, or cannot be read whole."""
    try:
        con = connect(copy, memory_limit, read_only=True)
    except StoreFault as fault:
        raise _damaged(source, str(fault).replace(str(copy), str(source))) from None
    with con, _damage_named(source, copy):
        refuse_foreign(con, source)
        read_whole(con)


def _may_be_replaced(target: Path, source: Path, drop_days: bool, memory_limit: str) -> bool:
    """Whether the file in place is whole, and worth keeping as the generation before; damaged ones are there to be replaced.

    Raises `StoreFault` when it is not of hubwatch, or holds days that the warehouse lacks.
    """
    if not target.exists():
        return False
    try:
        published = connect(target, memory_limit, read_only=True)
    except (StoreFault, Busy, duckdb.Error):
        if not os.access(target, os.R_OK, effective_ids=True):
            raise
        return False
    with published:
        refuse_foreign(published, target)
        try:
            published.execute("from sweeps").fetchall()
        except duckdb.Error:  # damaged further inside
            return False
        if not drop_days:
            with connect(source, memory_limit, read_only=True) as con:
                refuse_foreign(con, source)
                if lost := lost_days(con, published):
                    raise StoreFault(f"{told_lost(lost, source.parent)}; `hubwatch publish --drop-days` publishes without them")
        try:
            read_whole(published)
        except duckdb.Error as error:
            if not is_damage(error):
                raise
            return False
    return True
