"""Many shares at once: of a day under every policy and grouping, and by one grouping on many days.

Each is what `run` gives for the same question; asked one by one, each would read its day again.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hubwatch.statistics.answer import Result
from hubwatch.statistics.definitions import Definition, called, definition, filters_of
from hubwatch.statistics.evaluate import context_of, require_macros
from hubwatch.statistics.question import Question, Rows, settle
from hubwatch.statistics.tabular import Cell
from hubwatch.store import Value, literal

REGROUPED = ("origin", "country", "kind", "organization", "region")
"""What an account as a whole has: the groupings that can be told from its sums."""
_LABELS = {"by", "policy", "country", "organization", "leave_out"}
_SQL = Path(__file__).parent / "sql" / "regrouped"
_ACCOUNTS = """
create or replace temp table accounts as
with scope as materialized (from parts.scope({arguments}))
select namespace, sum(value) as value, count(value) filter (not is_again) as models, count(*) - count(value) as uncounted,
  count(value) filter (is_flagged) as flagged, coalesce(sum(value) filter (is_flagged), 0) as flagged_value
from parts.counted('scope', {arguments}) group by namespace
"""
_BEYOND = "with scope as materialized (from parts.scope({arguments})) select coalesce(sum(amount), 0) from parts.rejected('scope')"


def regrouped_shares(
    con: duckdb.DuckDBPyConnection, hub: str, metric: str, policies: Sequence[str], cuts: Sequence[tuple[str, str | None]]
) -> dict[tuple[str, str, str | None], Result]:
    """`download_share` of the hub's counter by policy, dimension and country (None: of all), each as `run` answers it.

    `cuts`: the dimensions, each with the country. Raises StatisticsError as `run` does.
    """
    require_macros(con)
    statistic = definition("download_share")
    settled = settle(con, statistic, {"hub": hub, "metric": metric})
    arguments = filters_of(statistic, settled.values)
    con.execute(_ACCOUNTS.format(arguments=arguments))
    beyond = con.execute(_BEYOND.format(arguments=arguments)).fetchall()[0][0]
    asked = {"hub": hub, "day": settled.observed[0].day, "policies": list(policies), "beyond": beyond}
    answers: dict[tuple[str, str, str | None], Result] = {}
    alike: dict[tuple[str, str | None, tuple[tuple[Cell, ...], ...]], Result] = {}
    for country in dict.fromkeys(country for _, country in cuts):
        dimensions = [by for by, of in cuts if of == country]
        columns, found = _shares(con, asked | {"dimensions": dimensions, "country": country})
        for (policy, by), rows in found.items():
            chosen: dict[str, Value] = {"policy": policy, "by": by, "country": country}
            same = alike.get((by, country, tuple(rows)))
            answers[policy, by, country] = _under(same, policy) if same else _answer(con, settled, chosen, columns, rows, asked)
            alike.setdefault((by, country, tuple(rows)), answers[policy, by, country])
    con.execute("drop table accounts")
    return answers


def _shares(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> tuple[tuple[str, ...], dict[tuple[str, str], list[tuple[Cell, ...]]]]:
    """The columns, and by policy and dimension the rows, of the shares of `accounts`."""
    cursor = con.execute((_SQL / "shares.sql").read_text("utf-8"), {"organization": None, "without": [], **asked})
    found: dict[tuple[str, str], list[tuple[Cell, ...]]] = {}
    for policy, by, *cells in cursor.fetchall():
        found.setdefault((policy, by), []).append(tuple(cells))
    return tuple(column[0] for column in cursor.description or ())[2:], found


def _answer(
    con: duckdb.DuckDBPyConnection,
    settled: Question,
    chosen: dict[str, Value],
    columns: tuple[str, ...],
    rows: list[tuple[Cell, ...]],
    asked: dict[str, Any],
) -> Result:
    """The rows with what they rest on, as an answer to the settled question with these choices; `asked` of its `accounts`."""

    def ask(statistic: Definition, values: dict[str, Value]) -> Rows | None:
        """The shares of the same accounts under other labels and without some of them."""
        by, policy = values.get("by"), values.get("policy")
        others = {name for name in {*values, *settled.values} - _LABELS if values.get(name) != settled.values.get(name)}
        if statistic.name != settled.statistic.name or others or by not in REGROUPED or policy not in asked["policies"]:
            return None
        narrowed = {name: values.get(name) for name in ("country", "organization")} | {"without": values.get("leave_out") or []}
        names, found = _shares(con, asked | narrowed | {"policies": [policy], "dimensions": [by]})
        return names, found.get((str(policy), str(by)), [])

    values, told = settled.values | chosen, settled.asked | chosen
    question = Question(settled.statistic, values, settled.observed, told, list(settled.warnings), ask)
    sql = called(settled.statistic, question.values)
    return Result(columns=columns, rows=tuple(rows), context=context_of(con, settled.statistic, question, sql, columns, rows))


def _under(result: Result, policy: str) -> Result:
    """The same rows as the answer under another policy, which judges none of these accounts in another way."""
    context = result.context
    parameters = context.parameters | {"policy": policy}
    sql = called(definition(context.statistic), parameters | {"source": context.observed[0].sweep})
    return result.model_copy(update={"context": context.model_copy(update={"parameters": parameters, "sql": sql})})


_LABELS_ON_DAYS = {
    "country": "country",
    "kind": "kind",
    "origin": "parts.origin_words(country, kind)",
    "organization": "organization",
    "family": "family",
}
ON_DAYS = (*_LABELS_ON_DAYS,)
"""The groupings that `shares_on_days` tells from one reading of the days."""


def shares_on_days(
    con: duckdb.DuckDBPyConnection, hub: str, source: str, metric: str, groupings: Sequence[str], days: Sequence[date]
) -> dict[str, dict[date, list[dict[str, Any]]]]:
    """By grouping (of ON_DAYS) the rows of `download_share` on each of these days of a source, with `denominator` and `share_constant`.

    The constant panel is fixed on the first of the days: the accounts observed on it. Raises StatisticsError as `run` does.
    """
    require_macros(con)
    statistic, by = definition("download_share"), "account,family" if "family" in groupings else "account"
    settled = settle(con, statistic, {"hub": hub, "metric": metric, "day": max(days), "source": source})
    told = " union all ".join(f"select {literal(one)} as by_name, {_LABELS_ON_DAYS[one]} as label, split.* from split" for one in groupings)
    values = {"arguments": filters_of(statistic, settled.values, by), "source": literal(source), "days": literal(sorted(days))}
    cursor = con.execute((_SQL / "on_days.sql").read_text("utf-8").format(**values, groupings=told))
    columns = [column[0] for column in cursor.description or ()]
    found: dict[str, dict[date, list[dict[str, Any]]]] = {one: {} for one in groupings}
    for cells in cursor.fetchall():
        row = dict(zip(columns, cells, strict=True))
        found[row.pop("by_name")].setdefault(row.pop("day"), []).append(row)
    return found


_LINKS = """
create or replace temp table derivation_scope as from parts.scope({arguments});
create or replace temp table derivation_ids as from parts.named_ids('derivation_scope');
create or replace temp table derivation_links as from parts.built_on('derivation_scope', 'derivation_ids');
"""
_MADE = "'derivation_scope', 'derivation_ids', 'derivation_links'"
_UNLINKED = "drop table if exists derivation_links; drop table if exists derivation_ids; drop table if exists derivation_scope"


def regrouped_derivatives(con: duckdb.DuckDBPyConnection, dimensions: Sequence[str]) -> dict[str, Result]:
    """`derivatives` of all hubs by each of these dimensions, as `run` answers it: what is built on what is found once."""
    require_macros(con)
    statistic = definition("derivatives")
    found: dict[str, Result] = {}
    try:
        for by in dimensions:
            settled = settle(con, statistic, {"by": by})
            arguments = filters_of(statistic, settled.values, by)
            if not found:
                con.execute(_LINKS.format(arguments=arguments))
            told = con.execute("select parts.columns_of(?)", [by]).fetchall()[0][0]
            cursor = con.execute(f"select {told} from parts.derivations({_MADE}, {arguments})")
            columns = tuple(column[0] for column in cursor.description or ())
            rows = tuple(tuple(row) for row in cursor.fetchall())
            context = context_of(con, statistic, settled, called(statistic, settled.values), columns, rows)
            found[by] = Result(columns=columns, rows=rows, context=context)
    finally:
        con.execute(_UNLINKED)
    return found
