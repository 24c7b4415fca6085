"""Health of days, on made-up series with the proportions of days that were published: truncated, stalled, rolled back, dipped."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import pytest

from hubwatch.statistics.flags import flag_days
from tests.statistics.world_of import empty

FIRST = date(2025, 6, 2)  # a Monday
MODELS, OLD = 200, 20  # of two hundred models twenty are old, and hold three quarters of the downloads
RHYTHM = (0.87, 1.0, 1.05, 1.05, 1.05, 1.0, 0.87)


def due(model: int, day: int) -> int:
    """Downloads of a model on a day: by the weekday, and some per cent up and down."""
    rate = 30_000 if model < OLD else 1_000
    return round(rate * RHYTHM[day % 7] * (1 + ((model * 31 + day * 17) % 41 - 20) / 1000))


Change = Callable[[int, int, int, int], tuple[int, int] | None]  # model, day, downloads_30d, downloads_total -> as shown; None: missing


def series(
    days: list[int],
    counted: Callable[[int, int, int], int] = lambda model, day, downloads: downloads,
    shown: Change = lambda model, day, month, total: (month, total),
    source: str = "archive:all",
    extent: str = "whole",
    totals: bool = True,
) -> duckdb.DuckDBPyConnection:
    """A source's days. `counted`: what the hub books of a day's downloads; `shown`: what is published of the counters."""
    con = empty()
    con.execute(
        "insert into store.listing by name select i as listing_key, 'huggingface' as hub, 'o/m' || i as model_id, 'o' as namespace, 'm' || i as name,"
        f" ?::date as first_seen_on, ?::date as last_seen_on from range({MODELS}) r(i)",
        [FIRST, FIRST + timedelta(days=max(days))],
    )
    rows: list[tuple[object, ...]] = []
    records = dict.fromkeys(days, 0)
    for model in range(MODELS):
        booked = [due(model, day) for day in range(-30, 0)]
        total = 100 * due(model, 0)
        for day in range(max(days) + 1):
            booked.append(counted(model, day, due(model, day)))
            total += booked[-1]
            if day in records and (seen := shown(model, day, sum(booked[-30:]), total)) is not None:
                records[day] += 1
                rows.append((model, FIRST + timedelta(days=day), seen[0], seen[1] if totals else None))
    values = ", ".join(f"({model}, date '{day}', {month}, {'null' if total is None else total})" for model, day, month, total in rows)
    con.execute(
        f"""insert into store.counters by name select listing_key, day, '{source}' as source, false as superseded, downloads_30d, downloads_total
            from (values {values}) v(listing_key, day, downloads_30d, downloads_total)"""
    )
    for day, count in records.items():
        con.execute(
            "insert into sweeps (hub, day, source, complete, records, extent) values ('huggingface', ?, ?, ?, ?, ?)",
            [FIRST + timedelta(days=day), source, not source.startswith("archive"), count, extent],
        )
    return con


def health(con: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """The days that are not ok, as days after the first."""
    flag_days(con)
    return {
        (day - FIRST).days: said for day, said in con.execute("select day, health from sweeps where health <> 'ok' order by day").fetchall()
    }


def catching_up(stalled: set[int], frozen: Callable[[int], bool], after: int = 1) -> Callable[[int, int, int], int]:
    """Bookings in which frozen models get nothing on these days and all that is due some days later."""

    def booked(model: int, day: int, downloads: int) -> int:
        if frozen(model) and day in stalled:
            return 0
        return downloads + (due(model, day - after) if frozen(model) and day - after in stalled else 0)

    return booked


def test_weekdays_and_noise_are_no_reason_to_doubt_a_day() -> None:
    con = series(list(range(42)))
    assert health(con) == {}
    assert con.execute("select distinct health, health_note from sweeps").fetchall() == [("ok", None)]


def test_a_snapshot_with_a_quarter_of_its_rows_is_partial_and_its_neighbours_are_not() -> None:
    con = series(list(range(10)), shown=lambda model, day, month, total: None if day == 5 and model % 4 else (month, total))
    assert health(con) == {5: "partial"}
    assert con.execute("select flag, detail from flags where model_id = ''").fetchall() == [
        ("day_partial", "50 listings, 200 on the days before and 200 after")
    ]


def test_a_day_of_the_whole_hub_that_lacks_a_few_per_cent_is_partial_and_of_a_selection_it_is_not() -> None:
    def lacking(model: int, day: int, month: int, total: int) -> tuple[int, int] | None:
        return None if day == 5 and model < 21 else (month, total)

    assert health(series(list(range(10)), shown=lacking)) == {5: "partial"}
    assert health(series(list(range(10)), shown=lacking, extent="selection")) == {}


@pytest.mark.parametrize(("left", "found"), [(18, {}), (17, {5: "partial"}), (12, {5: "partial"})])
def test_of_a_small_hub_it_takes_more_than_a_tenth(left: int, found: dict[int, str]) -> None:
    def small(model: int, day: int, month: int, total: int) -> tuple[int, int] | None:
        return (month, total) if model < (left if day == 5 else 20) else None

    assert health(series(list(range(6)), shown=small, source="full")) == found


def test_the_last_day_is_partial_until_the_next_one_shows_that_the_models_are_gone() -> None:
    def purged(model: int, day: int, month: int, total: int) -> tuple[int, int] | None:
        return None if day >= 5 and model % 2 else (month, total)

    assert health(series(list(range(6)), shown=purged)) == {5: "partial"}
    assert health(series(list(range(8)), shown=purged)) == {}


def test_a_list_that_grows_is_not_partial() -> None:
    grown = series(
        list(range(0, 60, 6)), shown=lambda model, day, month, total: (month, total) if model <= 20 + 3 * day else None, extent="selection"
    )
    assert health(grown) == {}


@pytest.mark.parametrize("share", [4, 10])
def test_a_day_on_which_a_part_of_the_larger_models_stands_still_is_stalled_and_the_next_one_catches_up(share: int) -> None:
    def frozen(model: int) -> bool:
        return model >= OLD and model % 10 < share  # the old ones go on counting, and hold the volume

    found = health(series(list(range(30)), counted=catching_up({9, 16, 23}, frozen)))
    assert {day: said for day, said in found.items() if said == "stalled"} == {9: "stalled", 16: "stalled", 23: "stalled"}
    assert set(found.values()) <= {"stalled", "catch_up"}


def test_a_stall_of_nearly_all_is_caught_up_the_day_after_or_two_days_after() -> None:
    assert health(series(list(range(20)), counted=catching_up({9}, lambda model: model % 4 > 0))) == {9: "stalled", 10: "catch_up"}
    assert health(series(list(range(20)), counted=catching_up({9}, lambda model: model % 4 > 0, after=2))) == {9: "stalled", 11: "catch_up"}


def test_a_full_stall_of_two_days_is_stalled_on_both() -> None:
    def booked(model: int, day: int, downloads: int) -> int:
        return 0 if day in (9, 10) else downloads + (due(model, 9) + due(model, 10) if day == 11 else 0)

    assert health(series(list(range(20)), counted=booked)) == {9: "stalled", 10: "stalled", 11: "catch_up"}


def test_a_day_on_which_every_counter_moves_a_little_is_stalled_by_the_total() -> None:
    assert health(series(list(range(20)), counted=lambda model, day, downloads: downloads // 8 if day == 9 else downloads)) == {
        9: "stalled"
    }


def test_a_day_at_half_its_rate_is_stalled_where_the_day_beside_it_makes_it_up() -> None:
    def late(model: int, day: int, downloads: int) -> int:
        return round(downloads * {9: 0.54, 10: 1.6}.get(day, 1))

    def early(model: int, day: int, downloads: int) -> int:
        return round(downloads * {8: 1.56, 9: 0.56}.get(day, 1))

    assert health(series(list(range(20)), counted=late)) == {9: "stalled", 10: "catch_up"}
    assert health(series(list(range(20)), counted=early)) == {8: "catch_up", 9: "stalled"}


def test_a_slump_that_nothing_makes_up_is_told_and_not_judged() -> None:
    con = series(list(range(20)), counted=lambda model, day, downloads: round(downloads * (0.47 if day in (9, 10, 11) else 1)))
    assert health(con) == {}
    assert con.execute(
        "select count(*) from sweeps where regexp_full_match(health_note, 'the downloads of the day are 0.[45]. of what is usual')"
    ).fetchall() == [(3,)]


@pytest.mark.parametrize("part", [0.16, 0.39])
def test_totals_that_fall_and_come_back_are_rolled_back_and_the_recovery_catches_up(part: float) -> None:
    def shown(model: int, day: int, month: int, total: int) -> tuple[int, int]:
        return (month, total) if day not in (9, 10) or model % 100 >= 100 * part else (round(month * 0.73), round(total * 0.9))

    con = series(list(range(30)), shown=shown)
    assert health(con) == {9: "rolled_back", 10: "rolled_back", 11: "catch_up"}
    note = con.execute("select health_note from sweeps where day = ?", [FIRST + timedelta(days=9)]).fetchall()[0][0]
    assert note == f"{round(MODELS * part):,} of {MODELS:,} totals fell on {FIRST + timedelta(days=9)}"
    assert health(series(list(range(12)), shown=lambda *seen: shown(*seen) if seen[1] < 11 else shown(seen[0], 10, *seen[2:]))) == {
        9: "rolled_back",
        10: "rolled_back",
        11: "rolled_back",  # it may still come back
    }


def test_totals_that_fall_for_good_are_a_correction_and_no_roll_back() -> None:
    con = series(
        list(range(30)), shown=lambda model, day, month, total: (month, round(total * 0.6) if day >= 9 and model % 100 < 12 else total)
    )
    assert health(con) == {}
    note = con.execute("select health_note from sweeps where day = ?", [FIRST + timedelta(days=9)]).fetchall()[0][0]
    assert note == "24 of 200 totals fell and stay lower: a correction"


@pytest.mark.parametrize("totals", [True, False])
def test_a_rolling_counter_that_loses_weeks_on_all_models_for_three_days_is_dipped(totals: bool) -> None:
    con = series(
        list(range(20)), shown=lambda model, day, month, total: (round(month * 0.53) if day in (9, 10, 11) else month, total), totals=totals
    )
    assert health(con) == {9: "dipped", 10: "dipped", 11: "dipped"}


def test_a_dip_shows_on_weekly_days_by_the_return() -> None:
    con = series(
        list(range(0, 70, 14)), shown=lambda model, day, month, total: (round(month * 0.53) if day == 28 else month, total), totals=False
    )
    assert health(con) == {28: "dipped"}


def test_a_day_after_a_gap_is_judged_by_the_interval() -> None:
    assert health(series([*range(15), *range(51, 62)])) == {}
    assert health(series([*range(15), *range(34, 45)], counted=catching_up({14}, lambda model: True))) == {14: "stalled"}


def test_rounded_counters_that_stand_still_are_no_stall() -> None:
    con = series(list(range(10)), shown=lambda model, day, month, total: (0, total // 100_000 * 100_000), totals=True)
    con.execute("update store.counters set downloads_30d = null")
    assert "stalled" not in health(con).values()


def test_an_incomplete_sweep_is_partial_and_is_not_what_the_next_is_held_against() -> None:
    con = series(list(range(4)), shown=lambda model, day, month, total: None if day == 2 and model > 9 else (month, total), source="full")
    con.execute("update sweeps set complete = false where day = ?", [FIRST + timedelta(days=2)])
    assert health(con) == {2: "partial"}


def test_days_loaded_one_by_one_have_the_same_health_as_all_at_once() -> None:
    whole = series(list(range(20)), counted=catching_up({9}, lambda model: model % 2 == 0))
    expected = health(whole)
    con = series(list(range(20)), counted=catching_up({9}, lambda model: model % 2 == 0))
    con.execute("create temp table later as from sweeps; delete from sweeps")
    for day in (3, 12, 8, 10, 9, *range(3), *range(4, 8), 11, *range(13, 20)):
        on = FIRST + timedelta(days=day)
        con.execute("insert into sweeps from later where day = ?", [on])
        con.execute("insert into store.unmeasured (hub, day) values ('huggingface', ?)", [on])
        flag_days(con)
    assert health(con) == expected
    query = "select * from store.steps order by all"
    assert con.execute(query).fetchall() == whole.execute(query).fetchall()
