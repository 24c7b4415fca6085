"""What is to be said of an archive's day beside its figures: attributes that could not be read, ids that were cleaned, rounded counters."""

from datetime import date

import duckdb

from hubwatch.errors import counted, short

_SAID = {
    "invisible": ("id", "invisible characters were removed from {some} (first in {place})"),
    "rounded": ("row", 'the counters of {some} are rounded, such as "{said}" in {place}'),
    "base_models": ("row", 'the base that {some} gave is not a model id, such as "{said}" in {place}'),
}
_UNREAD = ("value", '{what}: null in place of {some} that cannot be read, such as "{said}" in {place}')


def noted(con: duckdb.DuckDBPyConnection, hub: str, day: date) -> list[str]:
    """One line for each thing to say of this day's rows in `archive_rows`."""
    found = con.execute(
        """select note.what, count(*), arg_min(note.said, (file, position)), arg_min(file || ' ' || place, (file, position))
           from (select unnest(notes) as note, file, place, position from archive_rows where hub = ? and day = ? and reason is null)
           group by 1 order by 1""",
        [hub, day],
    ).fetchall()
    lines = []
    for what, count, said, place in found:
        word, text = _SAID.get(what, _UNREAD)
        lines.append(text.format(what=what, some=counted(count, word), said=short(str(said)), place=place))
    return lines


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
