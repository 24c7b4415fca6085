"""The views for analysts agree with the statistics, and have one row a listing and day."""

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.store.labelled import _ADJECTIVES, _KINDS
from tests.statistics.world_of import WORLD, build


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return build(WORLD)


def test_a_sum_over_labelled_is_the_statistic_s(con: duckdb.DuckDBPyConnection) -> None:
    for by in ("country", "kind", "organization", "family", "license_class", "task"):
        found = statistics.run(con, "download_share", hub="huggingface", day="2025-06-30", by=by).records()
        wanted = {str(row["group"]): row["value"] for row in found}
        summed = con.execute(
            f"""select coalesce({by}, 'unknown'), sum(downloads_30d)::bigint from labelled
                where hub = 'huggingface' and day = '2025-06-30' group by all"""
        ).fetchall()
        assert dict(summed) == wanted, by


def test_there_is_one_row_for_a_listing_and_day_whatever_the_facts_hold(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select count(*), count(distinct (hub, model_id, day)) from labelled").fetchall()[0] == tuple(
        con.execute("select count(*), count(*) from observations").fetchall()[0]
    )
    assert con.execute("select distinct hub, day::varchar from latest order by 1").fetchall() == [
        ("huggingface", "2025-06-30"),
        ("modelscope", "2025-06-30"),
        ("wisemodel", "2025-06-30"),
    ]


def test_an_origin_is_in_words_and_unknown_where_a_part_of_it_is(con: duckdb.DuckDBPyConnection) -> None:
    origins = dict(con.execute("select distinct organization, origin from latest where organization is not null").fetchall())
    assert origins["Alibaba"] == "Chinese Big Tech"
    assert con.execute("select distinct origin from latest where country is null").fetchall() == [("unknown",)]


def test_the_words_of_an_origin_are_those_of_the_statistics(con: duckdb.DuckDBPyConnection) -> None:
    for day in ("2025-05-31", "2025-06-30"):
        found = statistics.run(con, "download_share", hub="huggingface", by="origin", day=day).records()
        summed = con.execute(
            "select origin, sum(downloads_30d)::bigint from labelled where hub = 'huggingface' and day = ? group by origin", [day]
        ).fetchall()
        assert dict(summed) == {row["group"]: row["value"] for row in found}
    said = con.execute(
        """select unnest($words), unnest(list_transform($words, lambda one: trim(parts.origin_words(one, ''))))
           union all select unnest($kinds), unnest(list_transform($kinds, lambda one: trim(parts.origin_words('', one))))""",
        {"words": list(_ADJECTIVES), "kinds": list(_KINDS)},
    ).fetchall()
    assert dict(said) == _ADJECTIVES | _KINDS


def test_derivations_name_the_makers_of_both_ends(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select count(*), count(*) filter (base_listed), count(base_organization) from labelled_derivations").fetchall()
    assert rows[0][0] == con.execute("select count(*) from derivations").fetchall()[0][0] > 0
    assert rows[0][1] > 0
    assert rows[0][2] > 0


def test_every_column_of_the_views_has_a_meaning(con: duckdb.DuckDBPyConnection) -> None:
    views = ("labelled", "latest", "labelled_derivations", "labelled_models")
    bare = f"select column_name from duckdb_columns() where table_name in {views} and comment is null"
    assert con.execute(bare).fetchall() == []
