"""Worlds of a few listings, counted by hand: each holds one thing that a statistic must not count, or must."""

from datetime import date, timedelta
from statistics import median

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.statistics.sentences import basis
from hubwatch.statistics.tables import find_repositories
from tests.statistics.test_extent import FEB, JAN, MARCH, Row, world
from tests.statistics.world_of import empty, spread

ORIGIN = "insert into origins(hub, namespace, policy, organization, country) values (?, ?, 'six-tigers', ?, ?)"


def listings(*rows: tuple[str, str, str, bool, str | None], day: date = JAN) -> duckdb.DuckDBPyConnection:
    """Listings as (hub, model_id, created on, mirror?, country), observed on one day; those of one name are one model."""
    con = empty()
    for hub, model_id, created, _, _ in rows:
        con.execute("insert into listing_rows(hub, model_id, created_at) values (?, ?, ?::timestamp)", [hub, model_id, created])
        con.execute("insert into observed(hub, model_id, day, likes) values (?, ?, ?, 1)", [hub, model_id, day])
    spread(con)
    for hub, namespace, country in sorted({(hub, model_id.partition("/")[0], country or "") for hub, model_id, _, _, country in rows}):
        con.execute(ORIGIN, [hub, namespace, namespace, country or None])
    for hub, model_id, _, mirror, _ in rows:
        name = model_id.partition("/")[2]
        con.execute(
            "insert into model_listings(hub, model_id, model_key, tier, evidence, is_mirror) values (?, ?, ?, 'same_id', '', ?)",
            [hub, model_id, name, mirror],
        )
    return con


def test_a_series_does_not_add_what_another_sweep_saw_on_a_day_of_it() -> None:
    con = world((JAN, "full", "a/big", 90), (JAN, "head", "a/big", 95), (FEB, "full", "a/big", 80))
    found = statistics.run(con, "download_share_series", by="namespace").records()
    assert [(row["day"], row["value"], row["models"], row["value_constant"]) for row in found] == [(JAN, 90, 1, 90), (FEB, 80, 1, 80)]


def test_a_head_sweep_does_not_tell_that_a_listing_was_gone() -> None:
    con = world((JAN, "full", "a/big", 90), (JAN, "full", "b/small", 1), (FEB, "head", "a/big", 90), (MARCH, "full", "b/small", 1))
    assert sum(row["value"] for row in statistics.run(con, "licenses", day=FEB).records()) == 2  # type: ignore[misc]


def test_only_a_doubt_of_this_counter_on_this_day_leaves_a_listing_out() -> None:
    con = world((JAN, "full", "a/x", 1), (JAN, "full", "b/x", 2), (JAN, "full", "c/x", 4))
    doubts = [("a/x", JAN, "downloads_30d_jumped"), ("b/x", JAN, "likes_without_downloads"), ("c/x", FEB, "downloads_30d_jumped")]
    con.executemany("insert into flags(hub, model_id, day, flag) values ('huggingface', ?, ?, ?)", [list(doubt) for doubt in doubts])
    found = statistics.run(con, "download_share", by="namespace", without_flagged=True).records()
    assert [(row["group"], row["value"]) for row in found] == [("c", 4), ("b", 2)]


def test_a_mirror_is_never_the_first_hub_of_a_model() -> None:
    con = listings(
        ("huggingface", "a/x", "2024-01-03", False, "CN"),
        ("modelscope", "a/x", "2024-01-05", False, "CN"),
        ("wisemodel", "mirror/x", "2024-01-01", True, "CN"),
    )
    found = statistics.run(con, "first_hub").records()
    assert [(row["group"], row["hub"], row["value"], row["median_lag_days"]) for row in found] == [("CN", "huggingface", 1, 2.0)]


def test_the_bounds_of_a_first_hub_let_the_unlabelled_be_of_the_group_here_or_elsewhere() -> None:
    early, late = "2024-01-01", "2024-01-03"
    rows = []
    for name, country, first in (("a", "CN", 0), ("b", "CN", 1), ("c", None, 0), ("d", None, 1), ("e", None, 1)):
        for at, hub in enumerate(("huggingface", "modelscope")):
            rows.append((hub, f"ns{name}/{name}", early if at == first else late, False, country))
    found = {(row["group"], row["hub"]): row for row in statistics.run(listings(*rows), "first_hub").records()}
    here = found["CN", "huggingface"]  # 1 of 2; the one unlabelled first here makes it 2 of 3, the two elsewhere 1 of 4
    assert (here["share"], here["share_low"], here["share_high"]) == (1 / 2, 1 / 4, 2 / 3)


def test_adoption_is_against_the_ten_largest_others() -> None:
    con = empty()
    for at in range(11):
        con.execute(
            "insert into listing_rows(hub, model_id, created_at, parameters) values ('huggingface', ?, '2025-01-01', 1)", [f"a/m{at:02}"]
        )
        con.execute(
            "insert into observed(hub, model_id, day, downloads_total) values ('huggingface', ?, '2025-01-08', ?)", [f"a/m{at:02}", at + 1]
        )
    spread(con)
    found = statistics.run(con, "adoption", top=11).records()
    others = {place: [at + 1 for at in range(11) if 11 - at != place] for place in range(1, 12)}  # all but itself
    assert [(row["place"], row["peers"], row["median_downloads"]) for row in found] == [
        (place, 10, median(rest)) for place, rest in others.items()
    ]


def test_adoption_is_among_models_of_the_same_task() -> None:
    con = empty()
    for at in range(14):
        row = [f"a/m{at:02}", "text-generation" if at < 7 else "image-to-image"]
        con.execute(
            "insert into listing_rows(hub, model_id, created_at, parameters, task) values ('huggingface', ?, '2025-01-01', 1, ?)", row
        )
        con.execute(
            "insert into observed(hub, model_id, day, downloads_total) values ('huggingface', ?, '2025-01-08', ?)", [row[0], at + 1]
        )
    con.execute("insert into listing_rows(hub, model_id, created_at, parameters) values ('huggingface', 'a/none', '2025-01-01', 1)")
    con.execute("insert into observed(hub, model_id, day, downloads_total) values ('huggingface', 'a/none', '2025-01-08', 99)")
    spread(con)
    found = {row["model_id"]: row for row in statistics.run(con, "adoption", top=20).records()}
    assert (found["a/m00"]["peers"], found["a/m00"]["median_downloads"], found["a/m00"]["place"]) == (6, 4.5, 15)
    assert (found["a/m13"]["task"], found["a/m13"]["peers"], found["a/m13"]["median_downloads"]) == ("image-to-image", 6, 10.5)
    assert (found["a/none"]["peers"], found["a/none"]["relative_adoption"]) == (0, None)


def test_a_head_sweep_without_a_model_does_not_make_its_release_later() -> None:
    con = world(
        (JAN, "full", "a/other", 1),
        (JAN + timedelta(4), "head", "a/other", 1),
        (JAN + timedelta(7), "full", "a/x", 5),
        metric="downloads_total",
    )
    con.execute("update store.attributes set created_at = timestamp '2025-01-01', parameters = 1")
    found = statistics.run(con, "adoption").records()
    assert [(row["model_id"], row["released_on"], row["age_days"]) for row in found] == [("a/x", JAN, 7)]


def test_a_model_is_released_with_its_original_and_not_with_an_earlier_mirror() -> None:
    con = listings(("huggingface", "a/x", "2024-05-02", False, "CN"), ("modelscope", "mirror/x", "2024-04-01", True, "US"))
    found = statistics.run(con, "releases", by="country").records()
    assert [(row["month"], row["group"], row["value"]) for row in found] == [(date(2024, 5, 1), "CN", 1)]


RENAMED = ((JAN, "full", "old/x", 5), (FEB, "full", "new/x", 9), (MARCH, "full", "new/x", 12))


def renamed(*seen: Row) -> duckdb.DuckDBPyConnection:
    """A repository of 2024 that had another id in January, beside one that kept its own."""
    con = world(*(seen or RENAMED), (JAN, "full", "b/y", 1), (FEB, "full", "b/y", 1), (MARCH, "full", "b/y", 1), metric="downloads_total")
    con.execute("""update store.attributes set created_at = timestamp '2024-01-05', parameters = 1, hub_key = right(model_id, 1)
        from store.listing where listing.listing_key = attributes.listing_key""")
    find_repositories(con)
    return con


def test_a_renamed_repository_is_released_once_by_the_id_it_had_last() -> None:
    releases = statistics.run(renamed(), "releases", hub="huggingface", by="namespace").records()
    assert [(row["group"], row["value"]) for row in releases] == [("b", 1), ("new", 1)]
    releases = statistics.run(renamed(), "releases", hub="huggingface", by="namespace", day=JAN).records()
    assert [(row["group"], row["value"]) for row in releases] == [("b", 1), ("old", 1)]


def test_a_repository_that_got_its_first_id_back_is_released_once() -> None:
    con = renamed(*RENAMED[:2], (MARCH, "full", "old/x", 12))
    for day in (JAN, FEB, MARCH):
        releases = statistics.run(con, "releases", hub="huggingface", by="namespace", day=day).records()
        assert [(row["group"], row["value"]) for row in releases] == [("b", 1), ("old", 1)]


def test_a_repository_is_no_younger_since_it_was_renamed() -> None:
    con = renamed()
    con.execute("update store.attributes set created_at = timestamp '2024-12-31'")
    con.execute("insert into sweeps(hub, day, source, complete) values ('huggingface', '2025-01-02', 'full', true)")
    found = statistics.run(con, "adoption", hub="huggingface").records()
    assert {(row["model_id"], row["released_on"], row["age_days"]) for row in found} >= {("new/x", date(2024, 12, 31), 30)}


def test_a_model_liked_on_two_hubs_is_one_model() -> None:
    rows = [(hub, model_id, "2024-01-01", mirror, "CN") for hub, model_id, mirror in (
        ("huggingface", "a/x", False), ("modelscope", "a/x", False), ("wisemodel", "mirror/x", True), ("modelscope", "a/y", False))]  # fmt: skip
    con = listings(*rows)
    (row,) = statistics.run(con, "download_share", metric="likes").records()
    assert (row["value"], row["models"], row["uncounted"]) == (3, 2, 0)
    assert statistics.run(con, "concentration", metric="likes").context.models == 2
    con.execute("insert into flags(hub, model_id, day, flag) values ('huggingface', 'a/x', ?, 'likes_jumped')", [JAN])
    (row,) = statistics.run(con, "download_share", metric="likes", without_flagged=True).records()
    assert (row["value"], row["models"]) == (2, 2)
    con.execute("delete from flags")
    con.execute(
        "update store.counters set likes = null from store.listing where listing.listing_key = counters.listing_key and hub = 'huggingface'"
    )
    con.execute("insert into store.listing(listing_key, hub, model_id, namespace) values (99, 'huggingface', 'z/z', 'z')")
    con.execute("insert into store.counters(listing_key, day, source, superseded, likes) values (99, ?, 'full', false, 1)", [JAN])
    (row, other) = statistics.run(con, "download_share", metric="likes").records()  # the mirror's likes are left out all the same
    assert (row["value"], row["models"], row["uncounted"], other["value"]) == (2, 2, 1, 1)


def test_a_day_on_which_nothing_was_counted_has_bounds_in_a_series_too() -> None:
    con = world((JAN, "full", "a/x", 5), (FEB, "full", "a/x", 5))
    con.execute("update store.counters set downloads_30d = null where day = ?", [JAN])
    con.execute("update origins set country = 'CN'")
    con.execute("insert into store.listing(listing_key, hub, model_id, namespace) values (99, 'huggingface', 'z/z', 'z')")
    con.execute("insert into store.counters(listing_key, day, source, superseded, downloads_30d) values (99, ?, 'full', false, 1)", [JAN])
    series = statistics.run(con, "download_share_series", hub="huggingface", country="CN").records()[0]
    share = statistics.run(con, "download_share", hub="huggingface", country="CN", day=JAN).records()[0]
    assert (series["share_low"], series["share_high"]) == (share["share_low"], share["share_high"]) == (0, 1)


def series_constant(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    found = statistics.run(con, "download_share_series", by="namespace")
    assert f"the constant panel is of the namespaces observed on {JAN}, the first day: --since sets another" in " ".join(found.notes())
    return [(row["day"], row["group"], row["value"], row["value_constant"]) for row in found.records()]


def test_the_constant_panel_is_fixed_on_the_first_day_and_later_days_change_nothing_of_it() -> None:
    seen = [
        (JAN, "full", "a/x", 60),
        (JAN, "full", "b/y", 40),
        (FEB, "full", "a/x", 60),
        (FEB, "full", "a/new", 7),
        (FEB, "full", "b/y", 50),
    ]
    seen.append((FEB, "full", "c/z", 900))
    told = [(JAN, "a", 60, 60), (JAN, "b", 40, 40), (FEB, "c", 900, None), (FEB, "a", 67, 67), (FEB, "b", 50, 50)]
    assert series_constant(world(*seen)) == told
    # c, which came later, stays out of it, and b, which is gone, was in it
    assert series_constant(world(*seen, (MARCH, "full", "a/x", 60), (MARCH, "full", "c/z", 900))) == [
        *told,
        (MARCH, "c", 900, None),
        (MARCH, "a", 60, 60),
    ]


def test_a_repository_of_the_first_day_stays_in_the_constant_panel_under_another_id_and_brings_nobody_with_it() -> None:
    con = renamed((JAN, "full", "old/x", 5), (FEB, "full", "new/x", 9), (FEB, "full", "new/z", 4))
    con.execute(
        "update store.attributes set hub_key = 'z' from store.listing l where l.listing_key = attributes.listing_key and model_id = 'new/z'"
    )
    find_repositories(con)
    assert [row for row in series_constant(con) if row[1] != "b"] == [(JAN, "old", 5, 5), (FEB, "new", 13, 9)]


def test_growth_of_the_constant_panel_holds_who_is_gone_and_not_who_is_new() -> None:
    con = world((JAN, "full", "a/x", 60), (JAN, "full", "b/y", 40), (FEB, "full", "a/x", 66), (FEB, "full", "c/z", 900))
    con.execute("insert into origins(hub, namespace, policy, country) select 'huggingface', unnest(['a', 'b', 'c']), 'six-tigers', 'CN'")
    row = statistics.run(con, "growth").records()[0]
    assert (row["value"], row["previous_constant"], row["value_constant"], row["change_rate_constant"]) == (966, 100, 66, -0.34)


def test_a_namespace_that_begins_with_the_first_day_is_not_of_the_constant_panel() -> None:
    rows = [("huggingface", "a/x", "2024-04-30 23:59:59", False, "CN"), ("huggingface", "a/y", "2024-05-02", False, "CN")]
    con = listings(*rows, ("huggingface", "b/z", "2024-05-01 00:00:00", False, "US"))
    found = statistics.run(con, "releases", by="country", since="2024-05-01").records()
    assert [(row["group"], row["value"], row["value_constant"]) for row in found] == [("CN", 1, 1), ("US", 1, 0)]


def test_derivations_of_a_model_outside_the_country_give_its_organization_no_score() -> None:
    con = world(
        (JAN, "full", "a1/m", 10), (JAN, "full", "a2/m", 10), (JAN, "full", "b/m", 10), (JAN, "full", "c/d", 0), (JAN, "full", "c/e", 0)
    )
    con.execute("delete from origins")
    for namespace, organization, country in (("a1", "A", "CN"), ("a2", "A", None), ("b", "B", "CN"), ("c", "C", "US")):
        con.execute(ORIGIN, ["huggingface", namespace, organization, country])
    for model_id, base in (("c/d", "a2/m"), ("c/e", "a2/m"), ("c/e", "b/m")):
        con.execute("insert into derivations(hub, model_id, base_model_id) values ('huggingface', ?, ?)", [model_id, base])
    con.execute("update store.counters set likes = 1")
    found = statistics.run(con, "scoreboard", country="CN").records()
    assert [(row["group"], row["rank"], row["score"]) for row in found] == [("B", 1, 1.0), ("A", 2, 0.75)]


def test_a_counter_that_stays_did_not_fall() -> None:
    rows = [(FEB, "full", "a/falls", 9), (FEB, "full", "a/stays", 9), (MARCH, "full", "a/falls", 8), (MARCH, "full", "a/stays", 9)]
    found = statistics.run(world(*rows, metric="downloads_total"), "growth", metric="downloads_total", by="namespace").records()
    assert [(row["falls"], row["flow_30d"]) for row in found] == [(1, 0)]


def test_leaders_a_few_days_apart_have_no_earlier_rank() -> None:
    con = world((MARCH - timedelta(12), "full", "a/big", 90), (MARCH, "full", "a/big", 90))
    assert statistics.run(con, "leaders").records()[0]["previous_rank"] is None


@pytest.mark.parametrize(("days", "flags"), [(27, 1), (33, 1), (34, 0)])
def test_a_month_of_27_to_33_days_is_compared_with_the_rolling_counter(days: int, flags: int) -> None:
    con = empty()
    for day, total in ((JAN, 100_000), (JAN + timedelta(days), 200_000)):
        con.execute("insert into observed values ('huggingface', 'a/b', ?, 5000, ?, 0)", [day, total])
    spread(con)
    statistics.measure(con)
    assert con.execute("select count(*) from flags where flag = 'downloads_total_unlike_30d'").fetchall() == [(flags,)]


def test_hubs_whose_days_lie_far_apart_are_said_to() -> None:
    def notes(*rows: tuple[str, str, date]) -> str:
        con = empty()
        for hub, model_id, day in rows:
            con.execute("insert into observed(hub, model_id, day, likes) values (?, ?, ?, 1)", [hub, model_id, day])
        spread(con)
        return " ".join(statistics.run(con, "hub_coverage").notes())

    far = "the hubs' days are 59 days apart, from modelscope on 2026-01-01 to huggingface on 2026-03-01: what modelscope lists since then is not in"
    assert far in notes(("modelscope", "a/x", date(2026, 1, 1)), ("huggingface", "a/x", date(2026, 3, 1)))
    assert "days apart" not in notes(("modelscope", "a/x", date(2026, 2, 25)), ("huggingface", "a/x", date(2026, 3, 1)))


def test_china_without_hong_kong_is_said_where_it_is_asked_for_and_its_region_holds_both() -> None:
    con = listings(("huggingface", "a/x", "2024-01-01", False, "CN"), ("huggingface", "h/x", "2024-01-01", False, "HK"))
    con.execute("insert into facts.country_groups(country, name, region) values ('CN', 'China', 'china'), ('HK', 'Hong Kong', 'china')")
    told = "CN is without Hong Kong, which --by region counts with it"
    for asked in ({"by": "country"}, {"by": "kind", "country": "CN"}, {"by": "origin"}, {"by": "country,kind"}):
        result = statistics.run(con, "download_share", metric="likes", **asked)
        assert told in result.context.warnings, asked
        assert basis(result).endswith(f"; {told}."), asked
    assert statistics.run(con, "download_share", metric="likes", by="region").context.apart is None
    assert statistics.run(con, "download_share", metric="likes", by="kind", country="HK").context.apart is None


def test_with_two_dimensions_what_is_known_of_the_unlabelled_narrows_the_bounds_over_hubs() -> None:
    early, late = "2024-01-01", "2024-01-03"
    con = listings(
        ("huggingface", "a/x", early, False, "CN"),
        ("modelscope", "a/x", late, False, "CN"),
        ("huggingface", "z/y", late, False, None),  # of no known country, but not a's
        ("modelscope", "z/y", early, False, None),
        ("wisemodel", "z/w", early, False, None),
    )
    for name in ("first_hub", "hub_coverage"):
        rows = {row["group"]: row for row in statistics.run(con, name, by="country,namespace").records()}
        assert [rows["CN, a"][bound] for bound in ("share_low", "share", "share_high")] == [1, 1, 1], name
        alone = next(row for row in statistics.run(con, name, by="country").records() if row["group"] == "CN")
        assert alone["share_low"] < 1, name  # type: ignore[operator]
