"""Whose models others build on: each small world holds one thing that must count for a root, a base or nobody."""

from datetime import date
from typing import Any

import duckdb

from hubwatch import statistics
from hubwatch.statistics.sentences import sentence
from tests.statistics.world_of import empty, spread

DAY = date(2025, 6, 30)
COUNTRIES = {"c": "CN", "u": "US"}
Listing = tuple[str, int, str | None, tuple[tuple[str, str], ...]]  # id, downloads, created, (base, relation)


def world(*listings: Listing, roots: dict[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """Hugging Face on one day; a namespace that begins with c is of CN, with u of US, others have no label. `roots` where not the base."""
    con = empty()
    for model_id, value, created, bases in listings:
        con.execute(
            "insert into listing_rows(hub, model_id, created_at, base_models) values ('huggingface', ?, ?::timestamp, ?)",
            [model_id, created, [base for base, _ in bases] or None],
        )
        con.execute("insert into observed(hub, model_id, day, downloads_30d) values ('huggingface', ?, ?, ?)", [model_id, DAY, value])
        for base, relation in bases:
            con.execute(
                "insert into derivations(hub, model_id, base_model_id, relation, root_model_id) values ('huggingface', ?, ?, ?, ?)",
                [model_id, base, relation, (roots or {}).get(base, base)],
            )
    spread(con)
    named = [model_id for model_id, *_ in listings] + [base for *_, bases in listings for base, _ in bases]
    for namespace in sorted({one.partition("/")[0] for one in named}):
        con.execute(
            "insert into origins(hub, namespace, policy, organization, country) values ('huggingface', ?, 'six-tigers', ?, ?)",
            [namespace, namespace, COUNTRIES.get(namespace[0])],
        )
    return con


def rows(con: duckdb.DuckDBPyConnection, name: str, *columns: str, **asked: Any) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in statistics.run(con, name, **asked).records()]


CHAIN = (
    ("c/base", 100, None, ()),
    ("u/tuned", 50, None, (("c/base", "finetune"),)),
    ("z/quant", 30, None, (("u/tuned", "quantized"),)),
    ("u/own", 20, None, ()),
)


def test_a_derivative_counts_for_the_root_of_its_chain_beside_its_uploader() -> None:
    con = world(*CHAIN, roots={"u/tuned": "c/base"})
    assert rows(
        con, "downloads_by_root", "group", "value", "share", "derived_value", "value_by_uploader", "share_by_uploader", "models"
    ) == [
        ("CN", 180, 0.9, 80, 100, 0.5, 3),
        ("US", 20, 0.1, 0, 70, 0.35, 1),
        ("unknown", 0, 0.0, 0, 30, 0.15, 0),
    ]


def test_a_root_that_is_not_listed_counts_by_its_namespace_and_one_without_a_label_is_in_the_bounds() -> None:
    con = world(("z/a", 60, None, (("c/lost", "finetune"),)), ("z/b", 40, None, (("y/lost", "finetune"),)))
    assert rows(con, "downloads_by_root", "group", "value", "share", "share_low", "share_high") == [
        ("CN", 60, 0.6, 0.6, 1.0),
        ("unknown", 40, 0.4, 0.0, 0.4),
    ]


def test_a_merge_of_several_groups_is_of_none_of_them_alone_and_one_of_a_single_group_is_that_group_s() -> None:
    con = world(
        ("c/a", 0, None, ()),
        ("c/b", 0, None, ()),
        ("u/a", 0, None, ()),
        ("z/mixed", 70, None, (("c/a", "merge"), ("u/a", "merge"))),
        ("z/single", 20, None, (("c/a", "merge"), ("c/b", "merge"))),
        ("z/half", 10, None, (("c/a", "merge"), ("y/lost", "merge"))),
    )
    assert rows(con, "downloads_by_root", "group", "value", "shared_value", "share_high") == [
        ("several", 70, 0, 0.8),
        ("CN", 20, 70, 0.3),
        ("unknown", 10, 0, 0.1),
        ("US", 0, 70, 0.1),
    ]


def test_filters_are_of_what_is_downloaded_not_of_its_root() -> None:
    con = world(*CHAIN, roots={"u/tuned": "c/base"})
    assert rows(con, "downloads_by_root", "group", "value", namespace="u") == [("CN", 50), ("US", 20)]
    assert rows(con, "derivation_flow", "group", "value", namespace="u") == [("US on CN", 1)]


def test_the_matrix_counts_listings_once_and_merges_apart() -> None:
    con = world(
        ("c/a", 0, None, ()),
        ("u/a", 0, None, ()),
        ("u/x", 0, None, (("c/a", "finetune"),)),
        ("u/y", 0, None, (("c/a", "quantized"),)),
        ("c/z", 0, None, (("u/a", "adapter"),)),
        ("u/m", 0, None, (("c/a", "finetune"), ("u/a", "finetune"))),
        ("z/w", 0, None, (("c/a", "finetune"),)),
        ("c/v", 0, None, (("y/lost", "distill"),)),
    )
    columns = (
        "group",
        "base",
        "maker",
        "value",
        "share",
        "share_low",
        "share_high",
        "share_of_base",
        "merges",
        "finetune",
        "relation_unknown",
    )
    assert rows(con, "derivation_flow", *columns) == [
        ("US on CN", "CN", "US", 2, 0.4, 0.4, 0.6, 2 / 3, 1, 1, 0),
        ("CN on US", "US", "CN", 1, 0.2, 0.2, 0.4, 1.0, 0, 0, 0),
        ("CN on unknown", "unknown", "CN", 1, 0.2, 0.0, 0.2, 1.0, 0, 0, 1),
        ("unknown on CN", "CN", "unknown", 1, 0.2, 0.0, 0.2, 1 / 3, 0, 1, 0),
        ("US on US", "US", "US", 0, 0.0, 0.0, 0.0, 0.0, 1, 0, 0),
    ]


def test_new_derivatives_count_once_in_the_month_of_their_own_creation() -> None:
    con = world(
        ("c/a", 0, "2024-01-01", ()),
        ("u/a", 0, "2024-01-01", ()),
        ("z/1", 0, "2025-04-02", (("c/a", "finetune"),)),
        ("z/2", 0, "2025-04-30", (("u/a", "finetune"),)),
        ("z/3", 0, "2025-04-03", (("c/a", "merge"), ("u/a", "merge"))),
        ("z/4", 0, "2025-06-01", (("c/a", "adapter"),)),
        ("z/5", 0, "2025-06-02", (("y/lost", "adapter"),)),
        ("z/6", 0, None, (("c/a", "adapter"),)),
    )
    columns = ("month", "group", "value", "share", "share_high", "merges", "denominator", "is_partial")
    april, may, june = (date(2025, month, 1) for month in (4, 5, 6))
    assert rows(con, "derivatives_by_month", *columns, by="country") == [
        (april, "CN", 1, 1 / 3, 1 / 3, 1, 3, False),
        (april, "US", 1, 1 / 3, 1 / 3, 1, 3, False),
        (april, "several", 1, 1 / 3, 1 / 3, 0, 3, False),
        (april, "unknown", 0, 0.0, 0.0, 0, 3, False),
        (may, "CN", 0, None, None, 0, 0, False),
        (may, "US", 0, None, None, 0, 0, False),
        (may, "several", 0, None, None, 0, 0, False),
        (may, "unknown", 0, None, None, 0, 0, False),
        (june, "CN", 1, 0.5, 1.0, 0, 2, False),
        (june, "unknown", 1, 0.5, 0.5, 0, 2, False),
        (june, "US", 0, 0.0, 0.5, 0, 2, False),
        (june, "several", 0, 0.0, 0.5, 0, 2, False),
    ]
    assert [row[:2] for row in rows(con, "derivatives_by_month", "month", "is_partial", by="country", since=date(2025, 6, 2))] == [
        (june, True)
    ]


def test_the_share_that_goes_to_derivatives_is_by_relation_with_bounds_of_what_is_not_said() -> None:
    con = world(
        ("c/a", 40, None, ()),
        ("z/1", 30, None, (("c/a", "quantized"),)),
        ("z/2", 20, None, (("c/a", "unknown"),)),
        ("z/3", 10, None, (("c/a", "finetune"), ("u/a", "finetune"))),
    )
    assert rows(con, "derived_share", "group", "relation", "value", "share", "share_low", "share_high", "share_derived", "labelled") == [
        ("huggingface", "original", 40, 0.4, 0.4, 0.4, 0.6, 0.8),
        ("huggingface", "quantized", 30, 0.3, 0.3, 0.5, 0.6, 0.8),
        ("huggingface", "unknown", 20, 0.2, 0.0, 0.2, 0.6, 0.8),
        ("huggingface", "merge", 10, 0.1, 0.1, 0.3, 0.6, 0.8),
    ]


def test_where_no_listing_states_a_base_it_is_said_that_originals_are_not_known() -> None:
    told = "no listing of huggingface states a base model in any source that is loaded: that all are originals is not known"
    bare, stated = world(("c/a", 40, None, ())), world(("c/a", 40, None, ()), ("z/1", 30, None, (("c/a", "quantized"),)))
    assert [told in statistics.run(con, "derived_share").context.warnings for con in (bare, stated)] == [True, False]


def test_the_first_and_the_nth_derivative_are_by_creation_and_none_is_older_than_its_base() -> None:
    con = world(
        ("c/a", 0, "2025-01-10", ()),
        ("z/old", 0, "2025-01-09", (("c/a", "finetune"),)),
        ("z/2", 0, "2025-02-01", (("c/a", "finetune"),)),
        ("z/1", 0, "2025-01-13", (("c/a", "finetune"),)),
        ("z/no-date", 0, None, (("c/a", "finetune"),)),
        ("z/3", 0, "2025-03-01", (("z/1", "quantized"),)),
    )
    columns = ("group", "derivatives", "first_on", "days_to_first", "first_derivative", "nth_on", "days_to_nth", "earlier", "undated")
    assert rows(con, "time_to_derivatives", *columns, nth=2) == [
        ("c/a", 4, date(2025, 1, 13), 3, "z/1", date(2025, 2, 1), 22, 1, 1),
        ("z/1", 1, date(2025, 3, 1), 47, "z/3", None, None, 0, 0),
    ]
    assert [row[0] for row in rows(con, "time_to_derivatives", "group", top=1)] == ["c/a"]
    assert [row[0] for row in rows(con, "time_to_derivatives", "group", top=1, model="z/1")] == ["c/a", "z/1"]


def test_their_sentences_can_be_printed() -> None:
    con = world(*CHAIN, roots={"u/tuned": "c/base"})

    def first(name: str, **asked: Any) -> str:
        result = statistics.run(con, name, **asked)
        return sentence(result, result.records()[0])

    assert first("downloads_by_root") == (
        "On huggingface, 90.0% of downloads in the 30 days before go to models that go back to CN: 180 of 200, 80 of them through derivatives; "
        "by uploader it has 50.0%; policy six-tigers."
    )
    assert first("derivation_flow") == (
        "Of 2 listings made from one other model, 50.0% were made by US from models of CN: 1; 50.0% labelled; policy six-tigers."
    )
    assert first("derived_share") == (
        "On huggingface, 60.0% of downloads in the 30 days before go to models that name no base: 120 of 200; derivatives of all kinds have 40.0%; "
        "100.0% labelled; policy six-tigers."
    )


def test_a_base_that_was_not_seen_by_the_day_has_no_row_whatever_is_loaded_later() -> None:
    con = world(("c/base", 1, "2025-07-02", ()), ("u/tuned", 1, "2025-07-03", (("c/base", "finetune"),)))
    assert [row[:2] for row in rows(con, "time_to_derivatives", "group", "derivatives")] == [("c/base", 1)]
    con.execute("update store.listing set first_seen_on = '2025-07-05' where model_id = 'c/base'")
    assert rows(con, "time_to_derivatives", "group") == []


def test_what_names_several_bases_is_a_merge_in_every_statistic_whatever_it_calls_itself() -> None:
    con = world(("c/a", 1, None, ()), ("c/b", 1, None, ()), ("z/two", 1, None, (("c/a", "finetune"), ("c/b", "finetune"))))
    columns = ("group", "value", "models", "finetune", "merge")
    assert rows(con, "derivatives", *columns, by="country") == [("CN", 2, 1, 0, 2)]
    assert rows(con, "derivation_flow", "group", "value", "merges") == [("unknown on CN", 0, 1)]
    assert rows(con, "derived_share", "relation", "models") == [("original", 2), ("merge", 1)]
