"""How far archives agree with our own sweeps: for each day that both know, what they say of the same listings."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files

import duckdb

from hubwatch.errors import counted
from hubwatch.store import PRECEDENCE


def agreements(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, date, str, str]]:
    """Of each archive's day that a sweep of ours has, too, its hub, day and source, and how far the two agree in words."""
    days = con.execute(
        f"""with own as (select hub, day, source as sweep from sweeps where not starts_with(source, 'archive:')
              qualify row_number() over (partition by hub, day order by {PRECEDENCE}) = 1)
            select hub, day, source, sweep from sweeps join own using (hub, day) where starts_with(source, 'archive:') order by all"""
    ).fetchall()
    sql = files("hubwatch.maintenance").joinpath("agreement.sql").read_text("utf-8")
    for hub, day, archive, sweep in days:
        rows = con.execute(sql, {"hub": hub, "day": day, "archive": archive, "sweep": sweep}).fetchall()
        yield hub, day, archive, _told(rows, sweep)


def _told(rows: list[tuple[str, int, int, int, int, int, int, int]], sweep: str) -> str:
    if not rows:
        return f"it and the sweep {sweep} of this day have no counter of the same listing in common"
    in_archive, in_sweep, common = rows[0][5:]
    said = [f"{counted(common, 'listing')} in it and in the sweep {sweep} (of {in_archive:,} and {in_sweep:,})"]
    for counter, both, same, theirs, ours, *_ in rows:
        ratio = f"their sum is {theirs / ours:.3f} of the sweep's" if ours else f"their sum is {theirs:,}, the sweep's 0"
        some = "" if both == common else f" of {both:,}"
        said.append(f"{counter}{some}: {same / both:.1%} the same, {ratio}")
    return "; ".join(said)
