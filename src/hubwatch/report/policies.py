"""Origins under the policies side by side: the same question, judged in each of the ways that readers may choose."""

import duckdb

from hubwatch.report import charts, words
from hubwatch.report.basis import basis_of, extent_of
from hubwatch.report.cells import table_of
from hubwatch.report.figures import Figure, citation_of
from hubwatch.report.shares import COMPARED, Shares
from hubwatch.statistics import Result

_COLUMNS = ("policy", "group", "value", "share", "share_low", "share_high", "models")
_DOWNLOADS = ("downloads_30d", "downloads_total")


def policies_side_by_side(con: duckdb.DuckDBPyConnection, known: Shares, names: words.Names) -> list[Figure]:
    """Each hub's Chinese models by maker (as articles count them) and their downloads, under every policy."""
    made = []
    for hub in dict.fromkeys(state.hub for state in known):
        given = {state.metric for state in known if state.hub == hub}
        counted = [("models", "chinese-models-by-maker", "Chinese models by maker")]
        counted += [(one, "chinese-downloads-by-maker", "Downloads of Chinese models by maker") for one in _DOWNLOADS if one in given][:1]
        for metric, slug, heading in counted:
            results = {
                state.policy: result
                for state, result in known.items()
                if (state.hub, state.metric, state.by, state.country) == (hub, metric, "kind", COMPARED) and result.rows
            }
            if results:
                made.append(_figure(con, f"{slug}-{words.slug(hub)}", f"{heading}, {words.hub(hub)}", metric, results, names))
    return sorted(made, key=lambda figure: not figure.slug.startswith("chinese-models"))


def _figure(con: duckdb.DuckDBPyConnection, slug: str, heading: str, metric: str, results: dict[str, Result], names: words.Names) -> Figure:
    rows = tuple((policy, *(row.get(column) for column in _COLUMNS[1:])) for policy, result in results.items() for row in result.records())
    first = next(iter(results.values()))
    kinds = list(words.KINDS)
    drawn = [
        {"label": names.policy(str(row[0])), "part": names.group("kind", row[1]), "part_code": row[1], "share": row[3], "value": row[2]}
        for row in sorted(rows, key=lambda row: (list(results).index(str(row[0])), kinds.index(str(row[1])) if row[1] in kinds else 99)) if row[3]
    ]  # fmt: skip
    return Figure(
        slug=slug, page="origins", heading=heading, lead="The same models under each policy: what the choice of the policy decides.",
        extent=extent_of(first), columns=_COLUMNS, rows=rows, table=table_of(_COLUMNS, rows, "kind", names, {}, words.COUNTERS[metric]),
        chart=charts.stack(f"{heading}. {extent_of(first)}", drawn, "share"),
        basis=basis_of(first),
        definition=first.context.definition, unit=first.context.unit,
        notes=tuple(dict.fromkeys(note for result in results.values() for note in result.notes())), citation=citation_of(con, first),
    )  # fmt: skip
