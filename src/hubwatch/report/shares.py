"""Shares as states of a switch: each hub's under every counter, grouping and policy there is.

They are asked together: one scan for each hub and counter, however many policies and groupings there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import duckdb

from hubwatch.errors import StatisticsError
from hubwatch.report import words
from hubwatch.statistics import Result, counters_given, observed_day, observed_hubs, regrouped_shares

POLICY = "six-tigers"  # the default
GROUPINGS = ("origin", "country", "kind", "organization")
COMPARED = "CN"  # the country whose makers are compared under the policies
METRICS = ("downloads_30d", "downloads_total", "likes", "models")


@dataclass(frozen=True)
class State:
    """One position of the switch; of a country's accounts alone it is one of none, but a part of a comparison."""

    hub: str
    metric: str
    by: str
    policy: str
    country: str | None = None

    @property
    def slug(self) -> str:
        return "shares/" + "-".join(words.slug(part) for part in (self.hub, self.metric.replace("_", "-"), "by", self.by, self.policy))


@dataclass(frozen=True)
class Choice:
    """A row of a figure's switch: its name, and its positions: label, address, whether it is the present one."""

    name: str
    options: tuple[tuple[str, str, bool], ...]


Shares = dict[State, Result]


def shares(con: duckdb.DuckDBPyConnection, policies: list[str]) -> Shares:
    """Every state that the database answers, in the order of the switch's rows."""
    found: Shares = {}
    for hub in observed_hubs(con):
        given = counters_given(con, observed_day(con, hub, None))
        metrics = [one for one in METRICS if one in given]
        for metric in metrics:
            cuts: list[tuple[str, str | None]] = [(by, None) for by in GROUPINGS]
            cuts += [("kind", COMPARED)] if metric in (metrics[0], "models") else []
            try:
                answers = regrouped_shares(con, hub, metric, policies, cuts)
            except StatisticsError:
                continue  # the hub does not report this counter: there is no such position
            for (by, country), policy in product(cuts, policies):
                if (policy, by, country) in answers:
                    found[State(hub, metric, by, policy, country)] = answers[policy, by, country]
    return found


def positions(known: Shares) -> list[State]:
    """The states that have a page."""
    return [state for state in known if state.country is None]


def switch_of(state: State, known: Shares, names: words.Names) -> tuple[Choice, ...]:
    """The rows of the switch as they stand for a state: each position keeps the other rows where it can."""
    rows: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("Hub", "hub", words.hub),
        ("Counter", "metric", lambda name: words.COUNTERS[name]),
        ("Grouped by", "by", words.head),
        ("Policy", "policy", names.policy),
    )
    made = []
    for name, part, told in rows:
        values = list(
            dict.fromkeys(getattr(one, part) for one in positions(known) if part in ("hub", "by", "policy") or one.hub == state.hub)
        )
        options = [(told(value), _nearest(state, part, value, known), value == getattr(state, part)) for value in values]
        if len(options) > 1:
            made.append(Choice(name, tuple(options)))
    return tuple(made)


def _nearest(state: State, part: str, value: str, known: Shares) -> str:
    """The address of the state with this value that has most else in common; the first of equals."""
    rest = ("policy", "by", "metric", "hub")
    found = max(
        (one for one in positions(known) if getattr(one, part) == value),
        key=lambda one: [getattr(one, name) == getattr(state, name) for name in rest if name != part],
    )
    return f"{found.slug}.html"
