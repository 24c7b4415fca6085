"""The difference between two versions of an export, as Markdown: rows, totals, labels and headline figures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hubwatch.errors import counted
from hubwatch.facts import POLICIES
from hubwatch.readers.database import Database
from hubwatch.readers.state import Share, State, Total, rows_of
from hubwatch.statistics import percent
from hubwatch.store import literal, open_for_export

FILE = "CHANGES.md"
HEADING = "# Changes from version to version\n"
MOVED = 0.001  # a share that moved by less did not
_MOST_LABELS = 40


@dataclass(frozen=True)
class Relabelled:
    """A namespace whose label is another than before; None is no label."""

    hub: str
    namespace: str
    before: str | None
    now: str | None


def relabelled(db: Database, former: Path) -> list[Relabelled]:
    """The namespaces whose label changed since the file of origins of the version before, most downloaded first."""
    label = "organization || ' (' || coalesce(country, 'no country known') || ', ' || kind || ')'"
    held = f"where policy = {literal(POLICIES[0])} and valid_to is null and organization is not null"
    names = ", ".join(
        f"ltrim({name}::varchar, '''') as {name}" for name in ("hub", "namespace", "policy", "organization", "country", "kind")
    )
    query = f"""with earlier as (select {names}, valid_to::varchar as valid_to from {rows_of(former)}),
      before as (select hub, namespace, {label} as label from earlier {held}),
      now as (select hub, namespace, {label} as label from origins {held}),
      weight as (select hub, namespace, sum(coalesce(downloads_30d, downloads_total, 0)) as weight from latest group by all)
    select hub, namespace, before.label, now.label from before full join now using (hub, namespace) left join weight using (hub, namespace)
    where before.label is distinct from now.label order by coalesce(weight, 0) desc, hub, namespace"""
    with open_for_export(db.path, db.memory_limit) as con:
        return [Relabelled(*row) for row in con.execute(query).fetchall()]


def first_version(state: State) -> str:
    """The section of a version that has none before it."""
    return f"## {state.title}\n\nThe first version: {counted(len(state.files), 'file')}, {counted(sum(state.rows.values()), 'row')}. {_made(state)}\n"


def difference(before: State, now: State, labels: list[Relabelled] | None) -> str:
    """The section of a version: what it has that the version before had not; `labels` is None where one of them has no origins."""
    parts = (
        ("Rows", _rows(before.rows, now.rows)),
        ("Totals", _totals(before.totals, now.totals)),
        ("Labels", _labels(labels)),
        ("Headline figures", _shares(before.shares, now.shares)),
    )
    facts = "The facts are the same." if before.facts_version == now.facts_version else f"Before: {_made(before)}"
    told = "\n\n".join(f"### {heading}\n\n{text}" for heading, text in parts)
    return f"## {now.title}\n\nAfter version {before.number} (data to {before.last_day}). {_made(now)} {facts}\n\n{told}\n"


def _made(state: State) -> str:
    return f"Made by hubwatch {state.hubwatch_version} with facts {state.facts_version}."


def _rows(before: dict[str, int], now: dict[str, int]) -> str:
    names = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    rows = ((name, _count(before.get(name)), _count(now.get(name)), _step(before.get(name), now.get(name))) for name in names)
    return _table(("table", "before", "now", "change"), rows) or "Every table has as many rows as before."


def _totals(before: Iterable[Total], now: Iterable[Total]) -> str:
    first = {(one.hub, one.extent, one.counter): one for one in before}
    last = {(one.hub, one.extent, one.counter): one for one in now}

    def rows() -> Iterator[tuple[str, ...]]:
        for key in sorted({*first, *last}):
            one, other = first.get(key), last.get(key)
            if (one and (one.day, one.value)) != (other and (other.day, other.value)):
                yield (*key, _on(one), _on(other), _step(one.value if one else None, other.value if other else None))

    return _table(("hub", "extent", "counter", "before", "now", "change"), rows()) or "Every total is as before, of the same days."


def _labels(changed: list[Relabelled] | None) -> str:
    if changed is None:
        return "Not compared: one of the versions has no origins."
    if not changed:
        return "No namespace has another label."
    gained, lost = (sum(one.before is None for one in changed), sum(one.now is None for one in changed))
    others = len(changed) - gained - lost
    told = f"Namespaces that gained a label: {gained:,}; lost theirs: {lost:,}; have another: {others:,} ({POLICIES[0]})."
    lines = [f"- {one.hub} {one.namespace}: {one.before or 'none'} -> {one.now or 'none'}" for one in changed[:_MOST_LABELS]]
    more = [f"- and {len(changed) - _MOST_LABELS:,} more"] if len(changed) > _MOST_LABELS else []
    return "\n".join([told, "", *lines, *more])


def _shares(before: Iterable[Share], now: Iterable[Share]) -> str:
    first, last = ({(one.figure, one.group): one for one in side} for side in (before, now))
    rows = []
    for key in sorted({*first, *last}, key=lambda key: (key[0], -max(side[key].share for side in (first, last) if key in side), key[1])):
        one, other = first.get(key), last.get(key)
        moved = (other.share if other else 0) - (one.share if one else 0)
        if abs(moved) >= MOVED or (one and other and one.of != other.of):
            rows.append((*key, _part(one), _part(other), f"{100 * moved:+.2f}", other.of if other else one.of if one else ""))
    columns = ("figure", "group", "before", "now", "percentage points", "of")
    return _table(columns, rows) or f"No share moved by {100 * MOVED:.1f} percentage points or more."


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, empty without rows."""
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines]) if lines else ""


def _count(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _step(before: int | None, now: int | None) -> str:
    return "new" if before is None else "no longer there" if now is None else f"{now - before:+,}"


def _on(total: Total | None) -> str:
    return f"{total.value:,} ({total.day})" if total else "none"


def _part(share: Share | None) -> str:
    return f"{percent(share.share)} ({percent(share.low)} to {percent(share.high)})" if share else "none"
