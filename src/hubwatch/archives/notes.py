"""What is to be said of an archive's day beside its figures: attributes that could not be read, ids that were cleaned, rounded counters."""

from datetime import date

import duckdb

from hubwatch.errors import short

_SAID = {
    "invisible": "{count} id(s) had invisible characters, which were removed (first in {place})",
    "rounded": 'of {count} row(s) the counters are rounded, as "{said}" in {place}',
    "base_models": '{count} row(s) name a base that is not a model id, as "{said}" in {place}',
}
_UNREAD = '{what}: {count} value(s) cannot be read and are null, as "{said}" in {place}'


def noted(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> list[str]:
    """One line for each thing to say of this day's rows in `archive_rows`."""
    found = con.execute(
        """select note.what, count(*), arg_min(note.said, (file, position)), arg_min(file || ' ' || place, (file, position))
           from (select unnest(notes) as note, file, place, position from archive_rows where hub = ? and day = ? and reason is null)
           group by 1 order by 1""",
        [hub, day],
    ).fetchall()
    return [
        _SAID.get(what, _UNREAD).format(what=what, count=count, said=short(str(said)), place=place) for what, count, said, place in found
    ]


def two_alike(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> str:
    """Two rows of one listing on this day, in words."""
    found = con.execute(
        """select model_id, list(file || ' ' || place order by file, position)[:2],
             list(coalesce(downloads_30d, downloads_total, likes) order by file, position)[:2]
           from archive_rows where hub = ? and day = ? and reason is null group by model_id, unit having count(*) > 1
           order by count(*) desc, model_id limit 1""",
        [hub, day],
    ).fetchall()
    return "; ".join(f"{model_id} is in {places[0]} ({counts[0]}) and {places[1]} ({counts[1]})" for model_id, places, counts in found)
