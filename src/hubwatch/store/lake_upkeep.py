"""Keeping a lake tidy: small files merged, rows that were replaced written out, old snapshots expired, their files deleted."""

import duckdb

from hubwatch.store.lake import ALIAS, PUBLISHED

_UNFINISHED = 2  # days after which a file that no snapshot knows is what a killed publication left, and not one under way


def expired(con: duckdb.DuckDBPyConnection, keep_days: int) -> list[int]:
    """The attached lake's snapshots older than so many days, but for the last publication of each month and the last of all."""
    found = con.execute(
        f"""with known as (
              select snapshot_id, snapshot_time, commit_message = '{PUBLISHED}' as is_published,
                date_trunc('month', snapshot_time) as month from {ALIAS}.snapshots())
            select snapshot_id from known
            where snapshot_time < now() - to_days(?::integer) and snapshot_id <> (select max(snapshot_id) from known)
              and snapshot_id not in (select max(snapshot_id) from known where is_published group by month)
            order by snapshot_id""",
        [keep_days],
    ).fetchall()
    return [number for (number,) in found]


def tidy(con: duckdb.DuckDBPyConnection, keep_days: int) -> dict[str, int]:
    """Do it; how many snapshots expired and how many files were deleted. What readers have open of the last days stays readable."""
    gone = expired(con, keep_days)
    con.execute(f"call ducklake_flush_inlined_data('{ALIAS}')")
    con.execute(f"call ducklake_rewrite_data_files('{ALIAS}', delete_threshold => 0.5)")
    con.execute(f"call ducklake_merge_adjacent_files('{ALIAS}')")
    if gone:
        con.execute(f"call ducklake_expire_snapshots('{ALIAS}', versions => {gone})")
    deleted = con.execute(f"call ducklake_cleanup_old_files('{ALIAS}', older_than => now() - to_days({keep_days}))").fetchall()
    orphans = con.execute(f"call ducklake_delete_orphaned_files('{ALIAS}', older_than => now() - to_days({_UNFINISHED}))").fetchall()
    return {"snapshots_expired": len(gone), "files_deleted": len(deleted) + len(orphans)}
