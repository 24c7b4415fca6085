"""Worlds of two or three listings, each with one thing that statistics once counted wrongly; rows counted by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb

from hubwatch import statistics
from tests.statistics.random_world import Label, Link, Source, Stated, World, stored

JAN, FEB, MARCH = date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 2)
EMPTY = dict.fromkeys(("hub_key", "created_at", "license", "task", "library", "parameters", "base_models", "base_relation"))
Listing = tuple[str, dict[str, Any]]


def sweep(day: date, *listings: Listing, hub: str = "huggingface", unread: tuple[str, ...] = ()) -> Source:
    """A complete full sweep: listings with what is said of them, `total` and `d30` being counters."""
    said = {
        model_id: Stated(
            {"downloads_30d": more.get("d30"), "downloads_total": more.get("total"), "likes": more.get("likes")},
            EMPTY | {name: value for name, value in more.items() if name in EMPTY},
        )
        for model_id, more in listings
    }
    return Source(hub, day, "full", True, "whole", None, "ok", None, said, list(unread))


def label(namespace: str, country: str | None, since: date | None = None, until: date | None = None, kind: str | None = "company") -> Label:
    return Label("huggingface", namespace, "six-tigers", namespace.upper(), country, kind, since, until)


@contextmanager
def world(
    *sources: Source, labels: tuple[Label, ...] = (), doubles: tuple[str, ...] = (), flags: tuple[tuple[str, date, str], ...] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sources in a database; `doubles` are listings of one model, all others are models of their own."""
    listed = {(source.hub, model_id) for source in sources for model_id in source.listings}
    links = {
        key: Link(
            "huggingface:double" if key[1] in doubles else f"{key[0]}:{key[1]}", "case" if key[1] in doubles else "single", False, None
        )
        for key in listed
    }
    found = {("huggingface", model_id, day, flag) for model_id, day, flag in flags}
    with stored(World(list(sources), list(labels), links, found)) as con:
        yield con


def rows(con: duckdb.DuckDBPyConnection, statistic: str, *columns: str, **asked: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in statistics.run(con, statistic, hub="huggingface", **asked).records()]


def test_with_two_dimensions_no_bound_lets_a_model_known_of_one_half_be_of_another_group() -> None:
    listed = (("a/m", {"d30": 50, "total": 50}), ("b/m", {"d30": 30, "total": 30}), ("c/m", {"d30": 20, "total": 20}))
    with world(sweep(JAN, *listed), labels=(label("a", "CN"), label("b", "US", kind=None), label("c", None))) as con:
        for statistic in ("download_share", "download_share_series", "leave_one_out", "leaders", "monthly_downloads"):
            found = rows(con, statistic, "group", "share_low", "share_high", by="country,kind")
            assert ("CN, company", 0.5, 0.7) in found, statistic  # what is of the US is not Chinese, whatever its kind


def test_a_day_of_a_series_has_the_labels_of_that_day() -> None:
    days = [sweep(day, ("a/m", {"d30": 60}), ("b/m", {"d30": 40})) for day in (JAN, FEB, MARCH)]
    labels = (label("a", "DE", until=FEB), label("a", "US", since=FEB), label("b", "US"))
    with world(*days, labels=labels) as con:
        series = rows(con, "download_share_series", "day", "group", "value", "value_constant")
        assert series == [(JAN, "DE", 60, 60), (JAN, "US", 40, 40), (FEB, "US", 100, 100), (MARCH, "US", 100, 100)]
        assert rows(con, "download_share_series", "day", "group", "value", country="DE") == [(JAN, "DE", 60)]
        for day in (JAN, FEB):
            found = rows(con, "download_share", "group", "value", day=day)
            assert found == [(group, value) for on, group, value, _ in series if on == day]


def test_a_day_of_a_series_has_the_licenses_of_that_day_also_for_filters() -> None:
    other = ("b/m", {"d30": 40, "license": "mit"})
    licensed = ((JAN, "mit"), (FEB, "cc-by-nc-4.0"))
    days = [sweep(day, ("a/m", {"d30": 60, "license": license}), other) for day, license in licensed]
    with world(*days) as con:
        series = rows(con, "download_share_series", "day", "group", "value", by="license_class")
        assert series == [(JAN, "permissive", 100), (FEB, "non_commercial", 60), (FEB, "permissive", 40)]
        assert rows(con, "download_share_series", "day", "value", by="hub", license_class="permissive") == [(JAN, 100), (FEB, 40)]


def test_one_hub_counts_a_model_once_in_series_growth_and_leaders() -> None:
    listed = (("a/m", {"d30": 5}), ("A/m", {"d30": 7}), ("b/m", {"d30": 9}))
    labels = (label("a", "CN"), label("A", "CN"), label("b", "US"))
    with world(sweep(JAN, *listed), sweep(FEB, *listed), labels=labels, doubles=("a/m", "A/m")) as con:
        for statistic in ("download_share", "download_share_series", "growth", "leaders"):
            asked = {"by": "country", "metric": "models"} | ({"day": FEB, "since": FEB} if statistic.endswith("series") else {})
            assert sorted(rows(con, statistic, "group", "value", "models", **asked)) == [("CN", 1, 1), ("US", 1, 1)], statistic
            counted = rows(con, statistic, "group", "value", "models", **asked | {"metric": "downloads_30d"})
            assert sorted(counted) == [("CN", 12, 1), ("US", 9, 1)], statistic


def test_growth_compares_the_groups_of_each_day_and_a_panel_of_one_label() -> None:
    days = [sweep(day, ("a/m", {"d30": a}), ("b/m", {"d30": 40})) for day, a in ((JAN, 60), (FEB, 70))]
    labels = (label("a", "DE", until=FEB), label("a", "US", since=FEB), label("b", "US"))
    with world(*days, labels=labels) as con:
        found = rows(con, "growth", "group", "previous_value", "value", "previous_constant", "value_constant")
        assert found == [("US", 40, 110, 100, 110), ("DE", 60, 0, None, None)]


def test_a_spike_that_is_replaced_is_no_fall() -> None:
    days = [sweep(day, ("a/m", {"total": total})) for day, total in ((JAN, 90_000), (FEB, 500))]
    with world(*days, labels=(label("a", "CN"),), flags=(("a/m", JAN, "downloads_total_spiked"),)) as con:
        assert rows(con, "growth", "flow_30d", "falls", metric="downloads_total") == [(0, 0)]


def test_a_record_that_is_unreadable_later_does_not_bring_a_listing_back_on_earlier_days() -> None:
    one: tuple[Listing, ...] = (("b/m", {}),)
    both = (("a/m", {}), *one)
    with world(sweep(JAN, *both), sweep(FEB, *one), sweep(MARCH, *one, unread=("a/m",))) as con:
        assert [sum(value for (value,) in rows(con, "licenses", "value", day=day)) for day in (JAN, FEB, MARCH)] == [2, 1, 2]


def test_the_group_of_a_model_does_not_rest_on_the_order_of_loading() -> None:
    found = []
    for first in (("z/m", "a/m"), ("a/m", "z/m")):
        days = [sweep(day, *((name, {}) for name in first[: number + 1])) for number, day in enumerate((JAN, FEB))]
        with world(*days, labels=(label("a", "CN"), label("z", "US")), doubles=("a/m", "z/m")) as con:
            found.append([row["group"] for row in statistics.run(con, "hub_coverage", day=FEB).records()])
    assert found == [["CN"], ["CN"]]


def test_a_base_has_the_id_it_had_last_by_the_day() -> None:
    derived = ("x/d", {"base_models": ["old/b"]})
    days = [sweep(JAN, derived, ("old/b", {"hub_key": "1"})), sweep(FEB, derived, ("new/b", {"hub_key": "1"}))]
    with world(*days) as con:
        for day, namespace in ((JAN, "old"), (FEB, "new")):
            assert rows(con, "derivatives", "group", "value", "descendants", by="namespace", day=day) == [(namespace, 1, 1)]


def test_a_chain_of_bases_is_what_its_members_said_then() -> None:
    def said(base: str) -> list[Listing]:
        return [("x/d", {"base_models": ["y/m"]}), ("y/m", {"base_models": [base]}), ("p/b", {}), ("q/b", {})]

    with world(sweep(JAN, *said("p/b")), sweep(FEB, *said("q/b"))) as con:
        for day, namespace in ((JAN, "p"), (FEB, "q")):
            found = rows(con, "derivatives", "group", "value", "descendants", by="namespace", day=day)
            assert sorted(found) == [(namespace, 1, 2), ("y", 1, 0)]
