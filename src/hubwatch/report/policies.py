"""Origins under the policies side by side: the same question, judged in each of the ways that readers may choose."""

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.report import charts, words
from hubwatch.report.asking import as_asked
from hubwatch.report.basis import basis_of
from hubwatch.report.figures import Figure, citation_of, extent_of, table_of
from hubwatch.statistics import Result, run

_COLUMNS = ("policy", "group", "value", "share", "share_low", "share_high", "models")


def policies_side_by_side(con: duckdb.DuckDBPyConnection, metrics: dict[str, str], policies: list[str], names: words.Names) -> list[Figure]:
    """Chinese models by maker (as articles count them) and each hub's downloads by origin, under every policy."""
    asked: list[tuple[str, str, str, dict[str, str]]] = [
        ("chinese-models-by-maker", "Chinese models by maker", "origin_share", {"country": "CN"}),
    ]
    asked += [
        (f"chinese-downloads-by-maker-{words.slug(hub)}", f"Downloads of Chinese models by maker, {words.hub(hub)}", "download_share",
         {"country": "CN", "hub": hub, "metric": metric})
        for hub, metric in metrics.items()
    ]  # fmt: skip
    made = []
    for slug, heading, statistic, wanted in asked:
        results = {policy: _under(con, statistic, wanted, policy) for policy in policies}
        found = {policy: result for policy, result in results.items() if result and result.rows}
        if found:
            made.append(_figure(con, slug, heading, found, names))
    return made


def _under(con: duckdb.DuckDBPyConnection, statistic: str, wanted: dict[str, str], policy: str) -> Result | None:
    asked = as_asked(statistic, {**wanted, "policy": policy}, ("kind",))
    try:
        return run(con, statistic, **asked) if asked else None
    except StatisticsError:
        return None  # no namespace of the country is known, or the hub was not observed: there is nothing to compare


def _figure(con: duckdb.DuckDBPyConnection, slug: str, heading: str, results: dict[str, Result], names: words.Names) -> Figure:
    rows = tuple((policy, *(row.get(column) for column in _COLUMNS[1:])) for policy, result in results.items() for row in result.records())
    first = next(iter(results.values()))
    kinds = list(words.KINDS)
    drawn = [
        {"label": names.policy(str(row[0])), "part": names.group("kind", row[1]), "part_code": row[1], "share": row[3], "value": row[2]}
        for row in sorted(rows, key=lambda row: (list(results).index(str(row[0])), kinds.index(str(row[1])) if row[1] in kinds else 99)) if row[3]
    ]  # fmt: skip
    return Figure(
        slug=slug, page="origins", heading=heading, lead="The same models under each policy: what the choice of the policy decides.",
        extent=extent_of(first), columns=_COLUMNS, rows=rows, table=table_of(_COLUMNS, rows, "kind", names, {}),
        chart=charts.stack(f"{heading}. {extent_of(first)}", drawn, "share"),
        basis=basis_of(first),
        definition=first.context.definition, unit=first.context.unit,
        notes=tuple(dict.fromkeys(note for result in results.values() for note in result.notes())), citation=citation_of(con, first),
    )  # fmt: skip
