"""Which kept sweeps the tables do not hold yet."""

from datetime import timedelta

import duckdb

from hubwatch.pages import SweepPages

CLOCK_GRAIN = timedelta(seconds=1)  # files' times are coarser than ours: loading once more changes nothing


def not_yet_loaded(con: duckdb.DuckDBPyConnection, kept: list[SweepPages]) -> list[SweepPages]:
    """Those of these sweeps that have pages and were written to since they were last loaded, or never were loaded."""
    found = con.execute("select hub, day, source, loaded_at from sweeps").fetchall()
    loaded = {(hub, day, source): at for hub, day, source, at in found}
    chosen = []
    for pages in kept:
        at = loaded.get((pages.hub, pages.day, pages.sweep))
        if pages.segments() and (at is None or pages.changed_at() >= at - CLOCK_GRAIN):
            chosen.append(pages)
    return chosen
