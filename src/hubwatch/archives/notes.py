"""What is to be said of an archive's day beside its figures: attributes that could not be read, ids that were cleaned, rounded counters."""

import re
from datetime import date

import duckdb

from hubwatch.archives.mapping import Mapping
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


def fix_of(reason: str, mapping: Mapping) -> str:
    """What to do about rows that cannot be read for this reason; empty where the reason says it."""
    if reason == "model id is missing" and mapping.only is None and mapping.model_id.column:
        return f'; only = {{ column = "{mapping.model_id.column[0]}" }} in the mapping leaves them out'
    if kind := re.match(r'(.+) is "(\w+( \w+)?)", not a model', reason):
        return f'; only = {{ column = "{kind[1]}", values = ["model"] }} in the mapping leaves them out'
    if reason == "is a data set or Space, not a model":
        return "; load a file of models alone"
    if reason == "model id is not owner/name":
        return '; name the column of ids in the mapping, or the two to join, as model_id = { join = ["owner", "name"] }'
    if reason.startswith("expected number of columns"):
        return '; where a backslash stands before a quote inside quotes, say escape = "\\\\"; else correct these lines'
    figure = re.match(r'(\w+) "(.*?)" is not an integer', reason)
    return f"; {_fix_of_figure(figure[1], figure[2], mapping)}" if figure else ""


def _fix_of_figure(name: str, figure: str, mapping: Mapping) -> str:
    if figure.endswith("%"):
        return f"a share is not a count: map {name} to the column of counts, or leave it out of the mapping"
    if re.match(r"[~≈<>≥≤]", figure) or figure.endswith("+"):
        return f"an approximate figure is not a count: leave {name} out of the mapping, or write the figures alone"
    if not re.search(r"\d", figure):
        return f'if it means that nothing is stated, say nulls = ["{figure}"] in the mapping'
    if re.fullmatch(r"[\d.]*,\d+\s*\w*", figure) and mapping.decimal != ",":
        return 'if the comma stands before the fraction, say decimal = "," in the mapping'
    if re.fullmatch(r"\d+\.\d{1,2}|\d*\.\d{4,}", figure):
        return f"a count has no fraction: map {name} to the column of counts"
    if re.fullmatch(r"\d{1,3}([.,' ]\d{2,3})+\w*", figure):
        return f'say in the mapping how numbers are written, as thousands = "{re.sub("[0-9]", "", figure)[0]}"'
    if re.fullmatch(r"-\d.*", figure):
        return f"a count is not negative: correct the file, or leave {name} out of the mapping"
    return f"map {name} to the column of counts, or correct the file"


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
