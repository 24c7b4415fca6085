"""Flags on made-up counters: what is doubted, what is not, and that only changed days are looked at again."""

import random
from datetime import date, datetime, timedelta

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.statistics.flags import flag_days
from tests.statistics.world_of import empty, spread


def observed(*totals: int, metric: str = "downloads_total") -> duckdb.DuckDBPyConnection:
    """One listing's counter on consecutive days."""
    con = empty()
    for at, total in enumerate(totals):
        values = ["modelscope", "a/b", date(2025, 1, 1) + timedelta(days=at), total]
        con.execute(f"insert into observed(hub, model_id, day, {metric}) values (?, ?, ?, ?)", values)
    spread(con)
    flag_days(con)
    return con


def flags(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("select day::varchar, flag from flags where model_id <> '' order by all").fetchall()


@pytest.mark.parametrize("totals", [(11342, 11000), (11000, 10600), (4732, 4700), (4700, 4680), (1_049_000, 1_000_000), (5, 5)])
def test_a_counter_within_its_displayed_rounding_did_not_fall(totals: tuple[int, int]) -> None:
    assert flags(observed(*totals)) == []


@pytest.mark.parametrize("totals", [(11342, 11341), (11000, 9000), (4732, 4600), (999, 900), (1_200_000, 1_000_000)])
def test_a_counter_that_falls_beyond_rounding_is_flagged(totals: tuple[int, int]) -> None:
    assert flags(observed(*totals)) == [("2025-01-02", "downloads_total_fell")]


def test_a_drop_to_near_zero_and_a_spike_that_reverts_are_named() -> None:
    assert flags(observed(24_000, 2, 27_000)) == [("2025-01-02", "downloads_total_dropped")]
    assert flags(observed(667, 1_694_000, 9_230)) == [
        ("2025-01-02", "downloads_total_spiked"),
        ("2025-01-03", "downloads_total_fell"),
    ]


def test_a_twentyfold_jump_of_a_rolling_counter_is_flagged_and_growth_is_not() -> None:
    assert flags(observed(1_000, 30_000, metric="downloads_30d")) == [("2025-01-02", "downloads_30d_jumped")]
    assert flags(observed(10_000, 30_000, metric="downloads_30d")) == []


def test_a_total_that_disagrees_with_the_rolling_counter_is_flagged() -> None:
    con = empty()
    con.execute("""insert into observed by name
        select 'huggingface' as hub, 'a/b' as model_id, unnest([date '2025-01-01', date '2025-01-31']) as day,
          5000 as downloads_30d, unnest([100000, 200000]) as downloads_total""")
    con.execute("""insert into observed by name select 'huggingface' as hub, 'a/c' as model_id, date '2025-01-31' as day,
        5000 as downloads_30d, 4000 as downloads_total""")
    spread(con)
    flag_days(con)
    assert con.execute("select model_id, day::varchar, flag from flags where model_id <> '' order by all").fetchall() == [
        ("a/b", "2025-01-31", "downloads_total_unlike_30d"),
        ("a/c", "2025-01-31", "downloads_30d_above_total"),
    ]


def test_an_incomplete_day_and_a_short_one_are_partial() -> None:
    con = empty()
    con.execute("""insert into observed by name select 'modelscope' as hub, 'a/' || i as model_id, day, i as downloads_total
        from range(100) r(i), (select unnest([date '2025-01-01', date '2025-01-02', date '2025-01-03']) as day)
        where day <> date '2025-01-03' or i < 80""")
    con.execute("insert into sweeps(hub, day, source, complete, records) values ('modelscope', '2025-01-02', 'full', false, 100)")
    spread(con)
    flag_days(con)
    assert con.execute("select day::varchar, detail from flags where flag = 'day_partial' order by 1").fetchall() == [
        ("2025-01-02", "the sweep is incomplete: 100 records"),
        ("2025-01-03", "80 listings, 100 on the days before"),
    ]


def test_only_changed_days_and_those_compared_with_them_are_looked_at_again() -> None:
    con = observed(*range(100, 200))
    assert flag_days(con) == 0
    con.execute("insert into store.unmeasured (hub, day) values ('modelscope', '2025-03-01')")
    assert flag_days(con) == 3 + 1 + 3 + 7  # before, itself, after, and those for which it is the day of a month before
    assert flag_days(con) == 0


def test_all_days_are_looked_at_again_when_the_rules_have_changed() -> None:
    con = observed(*range(100, 160))
    con.execute("update store.flagged set rules = 'of another version'")
    assert [flag_days(con), flag_days(con)] == [60, 0]


def test_a_short_sweep_of_a_part_is_not_partial() -> None:
    con = empty()
    con.execute("""insert into observed by name select 'modelscope' as hub, 'a/' || i as model_id, day, i as downloads_total
        from range(100) r(i), (select unnest([date '2025-01-01', date '2025-01-02']) as day) where day = date '2025-01-01' or i < 50""")
    spread(con)
    con.execute("update sweeps set source = 'head'; update store.counters set source = 'head'")
    flag_days(con)
    assert con.execute("select day, flag from flags").fetchall() == []


@pytest.mark.parametrize("seed", range(4))
def test_days_measured_in_slices_of_any_size_have_the_same_flags(seed: int) -> None:
    chance = random.Random(seed)
    days = [date(2025, 1, 1) + timedelta(days=at) for at in [0, 1, 2, 3, 4, 5, 33, 34, 90, *range(91, 98)]]

    def measured(memory: str) -> list[tuple[object, ...]]:
        con = empty()
        con.execute("set variable memory_limit = ?", [memory])
        for day, counters in worlds.items():
            for model, (total, likes) in counters.items():
                con.execute("insert into observed values ('modelscope', ?, ?, null, ?, ?)", [f"o/{model}", day, total, likes])
        spread(con)
        flag_days(con)
        return con.execute("select * exclude (detail) from flags order by all").fetchall()

    worlds = {
        day: {model: (chance.choice([5, 3000, 90_000]), chance.choice([1, 400])) for model in "abcdefgh" if chance.random() < 0.6}
        for day in days
    }
    worlds[days[9]]["new"] = (5, 400)
    whole = measured("1GB")
    assert {flag for _, _, _, flag in whole} >= {"likes_without_downloads", "downloads_total_fell"}
    assert measured("7500B") == whole  # three listings at once


def test_without_flagged_leaves_out_the_doubtful_counter_and_says_so() -> None:
    con = observed(24_000, 2)
    result = statistics.run(con, "download_share", hub="modelscope", metric="downloads_total", by="model", without_flagged=True)
    assert result.rows == ()
    assert "flagged observations are left out (--without-flagged)" in result.context.warnings


@pytest.mark.parametrize(("age", "doubted"), [(30, True), (31, False)])
def test_likes_without_downloads_are_doubted_of_models_up_to_thirty_days_old(age: int, doubted: bool) -> None:
    con = empty()
    day = date(2025, 6, 30)
    con.execute(
        "insert into listing_rows (hub, model_id, created_at, first_seen_on, last_seen_on) values ('huggingface', 'a/b', ?, ?, ?)",
        [datetime.combine(day - timedelta(days=age), datetime.min.time()), day, day],
    )
    con.execute("insert into observed (hub, model_id, day, downloads_30d, likes) values ('huggingface', 'a/b', ?, 3, 500)", [day])
    spread(con)
    flag_days(con)
    assert flags(con) == ([(str(day), "likes_without_downloads")] if doubted else [])


def test_a_flag_says_its_counts_as_people_write_them() -> None:
    con = observed(1_234_567, 1_000_001)
    flag_days(con)
    assert con.execute("select flag, detail from flags").fetchall() == [
        ("downloads_total_fell", "downloads_total 1,000,001 after 1,234,567 on 2025-01-01")
    ]
