"""Sweeps of different extent see different parts of a hub: what is compared is of one extent, or the answer says that it is not."""

from datetime import date, timedelta

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import StatisticsError
from tests.statistics.world_of import WORLD, build, empty, spread

JAN, FEB, MARCH = date(2025, 1, 1), date(2025, 1, 31), date(2025, 3, 2)
Row = tuple[date, str, str, int]


def world(*rows: Row, metric: str = "downloads_30d") -> duckdb.DuckDBPyConnection:
    """Hugging Face's listings as (day, sweep, model_id, counter); every sweep ended by itself, archives are what they are."""
    con = empty()
    for day, _, model_id, value in rows:
        con.execute(f"insert into observed(hub, model_id, day, {metric}) values ('huggingface', ?, ?, ?)", [model_id, day, value])
    spread(con)
    con.execute("insert into origins(hub, namespace, policy) values ('huggingface', 'a', 'six-tigers')")
    con.execute("delete from store.counters; delete from sweeps; delete from store.departures")
    for day, sweep, model_id, value in rows:
        con.execute(
            f"""insert into store.counters(listing_key, day, source, superseded, {metric})
              select listing_key, ?, ?, false, ? from store.listing where model_id = ?""",
            [day, sweep, value, model_id],
        )
    for day, sweep in sorted({(day, sweep) for day, sweep, _, _ in rows}):
        con.execute(
            "insert into sweeps(hub, day, source, complete, records, content_hash) values ('huggingface', ?, ?, ?, 1, ?)",
            [day, sweep, not sweep.startswith("archive"), f"{day} {sweep}"],
        )
    return con


SWEEPS = (
    (JAN, "full", "a/big", 90),
    (JAN, "full", "b/small", 10),
    (FEB, "head", "a/big", 95),
    (FEB, "new", "c/new", 5),
    (MARCH, "full", "a/big", 80),
    (MARCH, "full", "b/small", 20),
)


def test_a_series_is_of_complete_full_sweeps_only() -> None:
    found = statistics.run(world(*SWEEPS), "download_share_series", by="namespace")
    assert [(row["day"], row["sweep"], row["group"], row["value"], row["share"]) for row in found.records()] == [
        (JAN, "full", "a", 90, 0.9),
        (JAN, "full", "b", 10, 0.1),
        (MARCH, "full", "a", 80, 0.8),
        (MARCH, "full", "b", 20, 0.2),
    ]
    assert [at.day for at in found.context.observed] == [JAN, MARCH]
    assert "huggingface: days of another extent are left out, --source asks for them: head (1 day)" in found.context.warnings


def test_a_series_up_to_a_day_of_another_sweep_ends_with_the_whole_sweep_before_it() -> None:
    found = statistics.run(world(*SWEEPS), "download_share_series", by="namespace", day=FEB)
    assert [(row["day"], row["group"]) for row in found.records()] == [(JAN, "a"), (JAN, "b")]
    only_new = world((FEB, "new", "c/new", 5))
    with pytest.raises(StatisticsError, match="no day from the first to the last that can stand in a series"):
        statistics.run(only_new, "download_share_series")


def test_head_days_make_a_series_of_their_own_where_asked_for_and_where_there_are_no_whole_ones() -> None:
    con = world(*SWEEPS, (MARCH, "head", "a/big", 70))
    found = statistics.run(con, "download_share_series", by="namespace", source="head")
    assert [(row["day"], row["sweep"], row["value"]) for row in found.records()] == [(FEB, "head", 95), (MARCH, "head", 70)]
    only_parts = world(*[row for row in SWEEPS if row[0] == FEB])
    assert [(row["day"], row["value"]) for row in statistics.run(only_parts, "download_share_series").records()] == [(FEB, 95)]


def test_a_series_takes_whole_days_from_whatever_source_and_says_which() -> None:
    con = world(
        (JAN, "archive:all", "a/big", 90), (FEB, "archive:list", "a/big", 7), (FEB, "head", "a/big", 95), (MARCH, "full", "a/big", 80)
    )
    con.execute("update sweeps set extent = 'whole' where source = 'archive:all'")
    found = statistics.run(con, "download_share_series", by="namespace")
    assert [(row["day"], row["sweep"]) for row in found.records()] == [(JAN, "archive:all"), (MARCH, "full")]
    assert found.context.warnings[:2] == (
        "huggingface: days of another extent are left out, --source asks for them: head (1 day)",
        "huggingface: whole days from several sources: archive:all (1 day), full (1 day)",
    )


def test_the_widest_source_of_a_day_answers_and_the_others_are_named() -> None:
    con = world(
        (FEB, "head", "a/big", 95), (FEB, "archive:zz", "a/big", 96), (FEB, "archive:zz", "b/small", 4), (FEB, "archive:aa", "a/big", 1)
    )
    con.execute("update sweeps set extent = 'whole' where starts_with(source, 'archive:')")
    con.execute("update sweeps set records = 2 where source = 'archive:zz'")
    found = statistics.run(con, "download_share", by="namespace", day=FEB)
    assert [(row["group"], row["value"]) for row in found.records()] == [("a", 96), ("b", 4)]
    assert found.context.warnings == (
        "huggingface 2025-01-31: archive:zz is a published snapshot of the whole hub",
        "huggingface 2025-01-31: also held from archive:aa, head (--source)",
    )
    asked = statistics.run(con, "download_share", by="namespace", day=FEB, source="aa")
    assert [(row["group"], row["value"]) for row in asked.records()] == [("a", 1)]
    with pytest.raises(StatisticsError, match=r"there is no source 'bb' \(sources: archive:aa, archive:zz, head"):
        statistics.run(con, "download_share", source="bb")


def test_an_incomplete_sweep_of_the_hub_leads_a_new_one_and_not_an_archive_of_the_whole() -> None:
    con = world((FEB, "full", "a/big", 95), (FEB, "new", "c/new", 3))
    con.execute("update sweeps set complete = false where source = 'full'")
    assert statistics.run(con, "download_share", day=FEB).context.observed[0].sweep == "full"
    con = world((FEB, "full", "a/big", 95), (FEB, "archive:all", "a/big", 3))
    con.execute("update sweeps set complete = false, extent = case source when 'archive:all' then 'whole' end")
    assert statistics.run(con, "download_share", day=FEB).context.observed[0].sweep == "archive:all"


def test_a_series_of_whole_days_leaves_a_selection_out_and_says_so() -> None:
    con = world((JAN, "archive:osir", "a/big", 90), (FEB, "full", "a/big", 80), (FEB, "full", "b/small", 20))
    found = statistics.run(con, "download_share_series", by="namespace")
    assert [(row["day"], row["sweep"]) for row in found.records()] == [(FEB, "full"), (FEB, "full")]
    assert "huggingface: days of another extent are left out, --source asks for them: archive:osir (1 day)" in found.context.warnings
    con = world((JAN, "archive:osir", "a/big", 90), (FEB, "archive:osir", "a/big", 80))
    found = statistics.run(con, "download_share_series", by="namespace")
    assert [(row["day"], row["sweep"]) for row in found.records()] == [(JAN, "archive:osir"), (FEB, "archive:osir")]
    assert (
        "huggingface 2025-01-01, 2025-01-31: archive:osir is a published snapshot, not the whole hub: selection" in found.context.warnings
    )
    assert not [said for said in found.context.warnings if "left out" in said]


def test_a_share_is_of_the_leading_sweep_of_its_day_alone() -> None:
    found = statistics.run(world(*SWEEPS), "download_share", by="namespace", day=FEB)
    assert [(row["group"], row["value"]) for row in found.records()] == [("a", 95)]
    assert found.context.warnings == (
        "huggingface 2025-01-31: a head sweep, not the whole hub",
        "huggingface 2025-01-31: also held from new (--source)",
    )


def test_growth_compares_with_a_day_of_the_same_sweep_and_says_when_told_otherwise() -> None:
    con = world(*SWEEPS)
    found = statistics.run(con, "growth", by="namespace")
    assert found.context.parameters["since"] == JAN
    assert [(row["group"], row["previous_value"], row["value"]) for row in found.records()] == [("a", 90, 80), ("b", 10, 20)]
    mixed = statistics.run(con, "growth", by="namespace", since=FEB).context.warnings
    assert mixed[-1] == ("huggingface: head on 2025-01-31 and full on 2025-03-02 list different parts of the hub; the change mixes both")


@pytest.mark.parametrize("sweep", ["head", "owners", "new"])
@pytest.mark.parametrize("statistic", ["growth", "leaders"])
def test_two_sweeps_that_may_have_been_asked_for_different_parts_are_compared_with_a_warning(sweep: str, statistic: str) -> None:
    con = world((FEB, sweep, "a/big", 90), (MARCH, sweep, "a/big", 80), (MARCH, sweep, "b/small", 20))
    found = statistics.run(con, statistic, by="namespace")
    assert found.context.warnings[-1] == (
        f"huggingface: {sweep} on 2025-01-31 and {sweep} on 2025-03-02 may list different parts of the hub "
        "(another floor, other owners); the change may be that alone"
    )


@pytest.mark.parametrize("sweep", ["full", "window-2025-01-01-2025-02-01", "archive:osir"])
def test_two_sweeps_of_one_extent_are_compared_without_a_warning(sweep: str) -> None:
    found = statistics.run(world((FEB, sweep, "a/big", 90), (MARCH, sweep, "a/big", 80)), "growth", by="namespace")
    assert not [said for said in found.context.warnings if " on 2025-01-31 and " in said]


def test_two_unfinished_sweeps_are_not_of_one_extent() -> None:
    con = world((FEB, "full", "a/big", 90), (MARCH, "full", "a/big", 80))
    con.execute("update sweeps set complete = false")
    said = statistics.run(con, "growth", by="namespace").context.warnings[-1]
    assert said == "huggingface: full on 2025-01-31 and full on 2025-03-02 list different parts of the hub; the change mixes both"


def test_the_day_compared_with_is_the_nearest_to_30_days_before() -> None:
    days = [MARCH - timedelta(days=before) for before in (41, 31, 22, 0)]
    con = world(*[(day, "full", "a/big", 90) for day in days])
    assert statistics.run(con, "growth").context.parameters["since"] == days[1]


def test_a_hub_not_observed_on_the_day_counts_as_of_its_last_full_sweep() -> None:
    con = world((JAN, "full", "a/big", 90), (JAN, "full", "b/small", 10), (FEB, "head", "a/big", 95))
    con.execute("insert into sweeps(hub, day, source, complete, records) values ('modelscope', ?, 'full', true, 0)", [MARCH])
    observed = statistics.run(con, "hub_coverage", day=MARCH).context.observed
    assert [(at.hub, at.day, at.sweep) for at in observed] == [("huggingface", JAN, "full"), ("modelscope", MARCH, "full")]


def test_leaders_without_a_comparable_day_have_no_earlier_rank_and_say_so() -> None:
    found = statistics.run(world(*SWEEPS), "leaders")  # the full sweep before is 60 days ago
    assert [(row["rank"], row["previous_rank"], row["group"]) for row in found.records()] == [(1, None, "a/big"), (2, None, "b/small")]
    assert found.context.warnings == (
        "huggingface has no comparable day within 15 days of 30 days before 2025-03-02: no earlier rank is given",
    )


def test_a_derived_month_is_between_sweeps_of_one_kind() -> None:
    rows = [(FEB, "new", "a/big", 700), (MARCH, "full", "a/big", 900)]
    found = statistics.run(world(*rows, metric="downloads_total"), "monthly_downloads", by="namespace").records()
    assert [(row["group"], row["value"], row["uncounted"]) for row in found] == [("a", None, 1)]
    whole = [(FEB, "full", "a/big", 700), (MARCH, "full", "a/big", 900)]
    found = statistics.run(world(*whole, metric="downloads_total"), "monthly_downloads", by="namespace").records()
    assert [(row["group"], row["value"], row["derived"]) for row in found] == [("a", 200, 200)]


def test_of_two_days_equally_near_the_earlier_one_is_compared_with() -> None:
    days = [MARCH - timedelta(days=before) for before in (29, 31, 0)]
    rows = [(day, "full", "a/big", value) for day, value in zip(days, (290, 310, 620), strict=True)]
    con = world(*rows, metric="downloads_total")
    con.execute("create temp table turned as from sweeps order by day desc; delete from sweeps; insert into sweeps from turned")
    assert statistics.run(con, "monthly_downloads", by="namespace").records()[0]["value"] == 300
    assert statistics.run(con, "growth", metric="downloads_total").context.parameters["since"] == days[1]


def test_an_archive_is_no_incomplete_sweep() -> None:
    said = statistics.run(world((JAN, "archive:osir", "a/big", 90)), "download_share").context.warnings
    assert said == ("huggingface 2025-01-01: archive:osir is a published snapshot, not the whole hub: selection",)


def test_the_part_that_moves_a_share_most_may_be_small_within_the_group() -> None:
    # Without organization Z the unlabelled family is of half a hub as large, though 60 other organizations have more of it.
    rows: list[Row] = [(JAN, "full", f"o{at}/x", 10) for at in range(60)]
    con = world(*rows, (JAN, "full", "z/x", 1), (JAN, "full", "z/y", 5000))
    con.execute("""insert into model_listings(hub, model_id, model_key, tier, evidence, is_mirror, family)
        select hub, model_id, model_id, 'single', '', false, if(model_id = 'z/y', 'Z', null) from store.listing""")
    found = statistics.run(con, "leave_one_out", by="family", part="namespace").records()
    assert [(row["group"], row["part"]) for row in found] == [("Z", "huggingface:z"), ("unknown", "huggingface:z")]


def test_a_license_spelled_unknown_is_not_known() -> None:
    con = world((JAN, "full", "a/big", 90), (JAN, "full", "b/small", 10))
    con.execute("update store.attributes set license = 'unknown' where listing_key = 1")
    found = statistics.run(con, "download_share", by="license").records()
    assert [(row["group"], row["value"], row["share_low"]) for row in found] == [("unknown", 100, 0.0)]


def test_downloads_of_several_hubs_are_never_added_not_even_derived() -> None:
    con = world((FEB, "full", "a/big", 700))
    con.execute("insert into observed(hub, model_id, day, downloads_total) values ('modelscope', 'a/big', ?, 9)", [FEB])
    spread(con)
    found = statistics.run(con, "monthly_downloads")
    assert [at.hub for at in found.context.observed] == ["huggingface"]
    assert any("never added: this is huggingface" in said and "--hub modelscope" in said for said in found.context.warnings)


def test_a_model_whose_first_listing_was_not_observed_that_day_counts_at_its_other_hub() -> None:
    con = empty()
    for hub, model_id, day in (("huggingface", "a/x", JAN), ("huggingface", "a/y", FEB), ("modelscope", "a/x", FEB)):
        con.execute("insert into observed(hub, model_id, day, likes) values (?, ?, ?, 1)", [hub, model_id, day])
    spread(con)
    con.execute("delete from store.departures; update sweeps set source = 'archive:x'; update store.counters set source = 'archive:x'")
    con.execute("""insert into model_listings(hub, model_id, model_key, tier, evidence, is_mirror)
        select hub, model_id, model_id, if(model_id = 'a/x', 'same_id', 'single'), '', false from store.listing""")
    found = statistics.run(con, "download_share", by="namespace", metric="models", day=FEB).records()
    assert [(row["group"], row["value"]) for row in found] == [("a", 2)]


def counted_anew(con: duckdb.DuckDBPyConnection, *changes: date) -> None:
    """Hugging Face changes on these days what it counts as a download."""
    for day in (None, *changes):
        con.execute("insert into facts.counting_rules (hub, valid_from, rule) values ('huggingface', ?, 'and params.json')", [day])


def test_a_change_of_what_counts_as_a_download_is_told_where_figures_run_over_it() -> None:
    later = MARCH + timedelta(days=28)
    con = world(*[(day, "full", "a/big", 90) for day in (JAN, FEB, MARCH, later)])
    counted_anew(con, FEB)
    told = "huggingface: what counts as a download changed on 2025-01-31 (and params.json): figures before and after are not alike"
    assert told in statistics.run(con, "download_share_series", by="namespace").context.warnings
    assert told in statistics.run(con, "growth", since=JAN, day=FEB).context.warnings
    assert told in statistics.run(con, "growth", since=FEB, day=MARCH).context.warnings  # the 30 days to FEB are of the former rule
    assert told not in statistics.run(con, "growth", since=MARCH, day=later).context.warnings
    assert told not in statistics.run(con, "growth", since=JAN, day=FEB, metric="models").context.warnings
    assert told not in statistics.run(con, "download_share_series", by="namespace", metric="models").context.warnings
    mixed = "huggingface: what counts as a download changed on 2025-01-31 (and params.json): the 30 days to {} mix both rules"
    assert mixed.format(FEB) in statistics.run(con, "download_share", by="namespace", day=FEB).context.warnings
    assert not [said for said in statistics.run(con, "download_share", by="namespace", day=MARCH).context.warnings if "changed on" in said]


def test_a_series_falls_into_parts_where_the_rule_of_counting_changed() -> None:
    change = date(2025, 2, 3)
    days = [JAN, FEB, date(2025, 2, 4), MARCH, date(2025, 3, 5)]
    con = world(*[(day, "full", "a/big", 90) for day in days], *[(day, "full", "b/big", 80 + 3 * at) for at, day in enumerate(days)])
    con.execute("update store.counters set downloads_total = 1000 + downloads_30d")
    counted_anew(con, change)
    rows = statistics.run(con, "download_share_series", by="namespace").records()
    assert [(row["rule_since"], row["rule_change"]) for row in rows if row["group"] == "a"] == [
        (None, None),
        (None, None),
        (change, change),  # of its thirty days, one is counted by the new rule
        (change, change),
        (change, None),
    ]
    rows = statistics.run(con, "download_share_series", by="namespace", metric="downloads_total").records()
    assert [(row["rule_since"], row["rule_change"]) for row in rows if row["group"] == "a"] == [(None, None)] * 2 + [(change, None)] * 3
    assert {row["rule_since"] for row in statistics.run(con, "download_share_series", by="namespace", metric="models").records()} == {None}
    months = statistics.run(con, "download_share_series", by="namespace", metric="downloads_total", every="month").records()
    assert [(row["day"], row["rule_since"], row["rule_change"]) for row in months if row["group"] == "a"] == [
        (date(2025, 1, 1), None, None),
        (date(2025, 2, 1), change, None),  # its one day is of the new rule
        (date(2025, 3, 1), change, None),
    ]
    flows = statistics.run(con, "download_flow", by="namespace").records()
    assert [(row["period"], row["rule_since"], row["rule_change"]) for row in flows if row["group"] == "a"] == [
        (date(2025, 1, 1), None, None),
        (date(2025, 2, 1), change, change),
        (date(2025, 3, 1), change, None),
    ]


@pytest.mark.parametrize(
    ("metric", "change", "expected"),
    [
        ("downloads_30d", JAN - timedelta(days=29), JAN - timedelta(days=29)),  # a day of JAN's thirty is of the former rule
        ("downloads_30d", JAN - timedelta(days=30), None),
        ("downloads_total", JAN, None),
        ("downloads_total", JAN + timedelta(days=1), JAN + timedelta(days=1)),
        ("downloads_total", FEB, FEB),
        ("downloads_total", FEB + timedelta(days=1), None),
        ("models", FEB, None),
    ],
)
def test_growth_and_a_crossing_name_the_change_of_rule_that_they_run_over(metric: str, change: date, expected: date | None) -> None:
    con = world((JAN, "full", "a/x", 90), (JAN, "full", "b/x", 80), (FEB, "full", "a/x", 90), (FEB, "full", "b/x", 100))
    con.execute("update store.counters set downloads_total = downloads_30d")
    counted_anew(con, change)
    assert {row["rule_change"] for row in statistics.run(con, "growth", by="namespace", metric=metric).records()} == {expected}
    if metric != "models":
        rows = statistics.run(con, "crossings", by="namespace", metric=metric, group="b", against="a").records()
        assert {(row["labelled_on"], row["rule_change"]) for row in rows if row["panel"] == "growing"} == {(FEB, expected)}


def test_a_period_s_share_is_the_median_of_its_days_and_a_day_without_the_group_is_none_of_it() -> None:
    days = [date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 8), date(2025, 1, 20)]
    con = world(
        *[(day, "full", "a/x", value) for day, value in zip(days, (50, 60, 90, 10), strict=True)],
        *[(day, "full", "b/x", value) for day, value in zip(days, (50, 40, 10, 90), strict=True)],
        (days[1], "full", "c/x", 0),
    )
    rows = statistics.run(con, "download_share_series", by="namespace", every="week").records()
    assert [(row["day"], row["group"], row["share"], row["value"], row["denominator"], row["days"]) for row in rows] == [
        (days[0], "a", 0.6, 60, 100, 3),
        (days[0], "b", 0.4, 40, 100, 3),
        (days[0], "c", 0.0, 0, 100, 3),
        (days[3], "b", 0.9, 90, 100, 1),
        (days[3], "a", 0.1, 10, 100, 1),
    ]
    months = statistics.run(con, "download_share_series", by="namespace", every="month").records()
    assert [(row["day"], row["group"], row["share"], row["days"]) for row in months][:2] == [
        (date(2025, 1, 1), "a", 0.55, 4),
        (date(2025, 1, 1), "b", 0.45, 4),
    ]


def test_who_is_not_in_the_selection_compared_with_has_no_previous_value() -> None:
    con = build(WORLD)
    con.execute("update sweeps set extent = 'selection' where hub = 'huggingface' and day = '2025-05-31'")
    con.execute(
        "delete from store.counters where day = '2025-05-31' and listing_key in (select listing_key from store.listing where namespace = 'zai-org')"
    )
    sides = {
        row["group"]: (row["previous_value"], row["value"])
        for row in statistics.run(con, "growth", hub="huggingface", by="namespace").records()
    }
    assert sides["zai-org"] == (None, 100)
    con.execute("update sweeps set extent = 'whole'")
    sides = {
        row["group"]: (row["previous_value"], row["value"])
        for row in statistics.run(con, "growth", hub="huggingface", by="namespace").records()
    }
    assert sides["zai-org"] == (0, 100)


def test_what_is_listed_on_a_day_of_a_selection_is_the_selection() -> None:
    con = build(WORLD)

    def listed() -> int | None:
        return statistics.run(con, "sizes", hub="huggingface", day="2025-06-30", by="hub").context.models

    assert listed() == 7
    con.execute("update sweeps set extent = 'selection' where hub = 'huggingface' and day = '2025-06-30'")
    con.execute(
        "delete from store.counters where day = '2025-06-30' and listing_key in (select listing_key from store.listing where namespace = 'zai-org')"
    )
    assert listed() == 6
