"""Each state of the shares as a figure with its switch, for a page under an address that stays."""

import duckdb

from hubwatch.report import charts, words
from hubwatch.report.basis import basis_of, extent_of, rule_changes, told_rules
from hubwatch.report.cells import table_of
from hubwatch.report.charted import bar_rows
from hubwatch.report.figures import Figure, citation_of
from hubwatch.report.shares import Shares, State, switch_of

_MOST = 500  # groups of a state in its data, the largest


def figure_of_state(
    con: duckdb.DuckDBPyConnection,
    state: State,
    known: Shares,
    names: words.Names,
    links: dict[tuple[str, str], str],
) -> Figure:
    """A state as a figure with its switch."""
    result = known[state]
    extent = extent_of(result)
    policy = names.policy(state.policy)
    heading = f"Share of {words.COUNTERS[state.metric]}, {words.hub(state.hub)}, by {words.head(state.by)}"
    rows = result.rows[:_MOST]
    cut = [f"The data hold the {_MOST} largest of {len(result.rows):,} groups."] if len(result.rows) > _MOST else []
    bars = bar_rows(result.records(), state.by, names)
    return Figure(
        slug=state.slug,
        page=state.slug,
        heading=heading,
        lead=f"Accounts are classified under the policy \u201c{policy}\u201d.",
        extent=extent,
        columns=result.columns,
        rows=rows,
        table=table_of(result.columns, rows, state.by, names, links, words.COUNTERS[state.metric]),
        chart=charts.bars(f"{heading}. Policy: {policy}. {extent}", bars, f"share of {words.COUNTERS[state.metric]}", is_small=True),
        definition=result.context.definition,
        unit=result.context.unit,
        notes=(*cut, *result.notes()),
        citation=citation_of(con, result),
        caution=told_rules(rule_changes(result)),
        basis=basis_of(result),
        switch=switch_of(state, known, names),
        payload={"hub": state.hub, "metric": state.metric, "by": state.by, "policy": state.policy},
    )
