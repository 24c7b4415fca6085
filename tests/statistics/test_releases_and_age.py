"""What is new and how much of the downloads it has, what was largest, and how freely models can be had."""

from datetime import date
from typing import Any

import duckdb

from hubwatch import statistics
from hubwatch.statistics.sentences import sentence
from tests.statistics.world_of import empty, spread

DAY = date(2025, 6, 30)
Listing = tuple[str, dict[str, Any]]


def world(*listings: Listing) -> duckdb.DuckDBPyConnection:
    """Hugging Face on one day; a namespace that begins with c is of CN, with u of US, others have no label."""
    con = empty()
    for model_id, said in listings:
        attributes = {name: value for name, value in said.items() if name != "value"}
        con.execute(
            f"insert into listing_rows({', '.join(['hub', 'model_id', *attributes])}) values ('huggingface', ?{', ?' * len(attributes)})",
            [model_id, *attributes.values()],
        )
        con.execute(
            "insert into observed(hub, model_id, day, downloads_30d) values ('huggingface', ?, ?, ?)", [model_id, DAY, said.get("value", 1)]
        )
    spread(con)
    for namespace in sorted({model_id.partition("/")[0] for model_id, _ in listings}):
        con.execute(
            "insert into origins(hub, namespace, policy, organization, country) values ('huggingface', ?, 'six-tigers', ?, ?)",
            [namespace, namespace, {"c": "CN", "u": "US"}.get(namespace[0])],
        )
    con.execute("insert into facts.licenses(raw, license, class) values ('mit', 'mit', 'permissive'), ('llama4', 'llama4', 'custom')")
    return con


def rows(con: duckdb.DuckDBPyConnection, name: str, *columns: str, **asked: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in statistics.run(con, name, **asked).records()]


def test_what_was_created_within_the_months_is_new_and_what_has_no_date_is_in_the_bounds() -> None:
    con = world(
        ("c/new", {"value": 60, "created_at": "2025-03-30 00:00:00"}),
        ("c/old", {"value": 20, "created_at": "2025-03-29 23:59:59"}),
        ("u/undated", {"value": 20}),
    )
    columns = ("group", "value", "share", "share_low", "share_high", "denominator", "labelled", "models")
    assert rows(con, "vintage", *columns, months=3) == [("huggingface", 60, 0.6, 0.6, 0.8, 100, 0.8, 1)]
    assert rows(con, "vintage", *columns, months=3, by="country") == [
        ("CN", 60, 0.75, 0.75, 0.75, 80, 1.0, 1),
        ("US", 0, 0.0, 0.0, 1.0, 20, 0.0, 0),
    ]


def test_a_calendar_has_a_row_for_each_day_with_a_release() -> None:
    con = world(
        ("c/1", {"created_at": "2025-06-01 00:00:00"}),
        ("c/2", {"created_at": "2025-06-01 23:59:59"}),
        ("u/1", {"created_at": "2025-06-03 00:00:00"}),
        ("u/long-ago", {"created_at": "2020-01-01 00:00:00"}),
    )
    first, third, long_ago = date(2025, 6, 1), date(2025, 6, 3), date(2020, 1, 1)
    assert rows(con, "release_calendar", "created_on", "group", "value", by="country") == [(first, "CN", 2), (third, "US", 1)]
    assert rows(con, "release_calendar", "created_on", "value", since=long_ago) == [(long_ago, 1), (first, 2), (third, 1)]


def test_the_largest_of_a_month_is_of_those_whose_size_is_known() -> None:
    con = world(
        ("c/small", {"created_at": "2025-06-01", "parameters": 7}),
        ("c/large", {"created_at": "2025-06-02", "parameters": 70_000_000_000}),
        ("c/same", {"created_at": "2025-06-03", "parameters": 70_000_000_000}),
        ("c/unsized", {"created_at": "2025-06-04"}),
        ("u/unsized", {"created_at": "2025-06-04"}),
    )
    result = statistics.run(con, "largest_releases")
    assert [(row["group"], row["model_id"], row["parameters"], row["sized"], row["models"]) for row in result.records()] == [
        ("CN", "c/large", 70_000_000_000, 3, 4)
    ]
    assert sentence(result, result.records()[0]) == (
        "The largest model from CN created in June 2025 was c/large with 70.0 billion parameters, on huggingface since 2025-06-02: the largest of the 3 "
        "(of 4 releases) whose size is known; policy six-tigers."
    )


def test_access_and_license_together_say_how_freely_a_model_can_be_had() -> None:
    con = world(
        ("c/free", {"gated": "false", "license": "mit"}),
        ("c/asked", {"gated": "auto", "license": "mit"}),
        ("c/other", {"gated": "manual", "license": "llama4"}),
        ("c/unsaid", {"license": "mit"}),
    )
    assert rows(con, "openness", "access", "license_class", "value", "share", "share_low", "share_high", "share_free", "labelled") == [
        ("gated", "custom", 1, 0.25, 0.25, 0.25, 0.25, 0.75),
        ("gated", "permissive", 1, 0.25, 0.25, 0.5, 0.25, 0.75),
        ("open", "permissive", 1, 0.25, 0.25, 0.5, 0.25, 0.75),
        ("unknown", "permissive", 1, 0.25, 0.0, 0.25, 0.25, 0.75),
    ]


def test_sizes_have_quantiles() -> None:
    con = world(*[(f"c/{number}", {"parameters": number * 100}) for number in range(1, 11)])
    columns = ("lower_quartile", "median_parameters", "upper_quartile", "top_tenth")
    assert rows(con, "sizes", *columns) == [(300, 550, 800, 900)]


def test_what_is_free_is_at_most_that_part_of_which_access_or_license_is_not_known() -> None:
    con = world(
        ("c/a", {"license": "mit", "gated": "false"}),
        ("c/b", {"license": "mit"}),
        ("c/c", {"license": "llama4"}),
        ("c/d", {"license": "mit", "gated": "auto"}),
    )
    assert set(rows(con, "openness", "group", "share_free", "share_free_high")) == {("CN", 0.25, 0.5)}
    result = statistics.run(con, "openness")
    assert "25.0% (at most 50.0%, depending on those not known) are open and under a permissive license" in sentence(
        result, result.records()[0]
    )


def test_the_day_that_was_observed_and_its_month_are_partial() -> None:
    con = world(("c/a", {"created_at": "2025-06-29", "parameters": 1}), ("c/b", {"created_at": "2025-06-30 10:00:00", "parameters": 1}))
    assert rows(con, "release_calendar", "created_on", "is_partial") == [(date(2025, 6, 29), False), (DAY, True)]
    assert rows(con, "largest_releases", "month", "is_partial") == [(date(2025, 6, 1), False)]  # the day is the month's last
    assert rows(con, "largest_releases", "month", "is_partial", since="2025-06-02") == [(date(2025, 6, 1), True)]
    found = statistics.run(con, "release_calendar")
    assert sentence(found, found.records()[-1]).startswith("On 2025-06-30 (a day that is cut), 1 model")
    found = statistics.run(con, "largest_releases", since="2025-06-02")
    assert "created in June 2025 (a month that is cut) was" in sentence(found, found.records()[0])
