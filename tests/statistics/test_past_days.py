"""What is asked of a day in the past is answered from that day, whatever was loaded since."""

import random
from datetime import date, timedelta
from importlib.resources import files

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.errors import StatisticsError, WrongQuestion
from hubwatch.link.bases import derive
from tests.statistics.world_of import empty, spread

DAY = date(2025, 1, 1)
FACTS = "insert into origins(hub, namespace, policy, organization, country, kind) values (?, ?, 'six-tigers', ?, ?, 'company')"


def world(*days: dict[str, int], hub: str = "huggingface", metric: str = "downloads_30d") -> duckdb.DuckDBPyConnection:
    """A hub's complete full sweeps, a day apart: counters by model_id."""
    con = empty()
    for number, listed in enumerate(days):
        rows = [(hub, model_id, DAY + timedelta(number), value) for model_id, value in listed.items()]
        con.executemany(f"insert into observed(hub, model_id, day, {metric}) values (?, ?, ?, ?)", rows)
    spread(con)
    con.execute(FACTS, [hub, "a", "A", "FR"])
    return con


def listed(con: duckdb.DuckDBPyConnection, statistic: str, day: date) -> int:
    return sum(int(str(row["value"])) for row in statistics.run(con, statistic, hub="huggingface", day=day).records())


@pytest.mark.parametrize("statistic", ["licenses", "sizes"])
def test_a_listing_that_was_gone_on_the_day_is_not_counted_because_it_returned(statistic: str) -> None:
    con = world({"a/m": 1, "a/n": 1}, {"a/m": 1}, {"a/m": 1, "a/n": 1})
    assert [listed(con, statistic, DAY + timedelta(days)) for days in range(3)] == [2, 1, 2]


def test_derivations_of_listings_that_came_later_give_no_score() -> None:
    con = world({"a/m": 1, "b/m": 1, "c/m": 1}, {"a/m": 1, "b/m": 1, "c/m": 1, "b/late": 1, "b/later": 1})
    con.executemany(
        "insert into derivations(hub, model_id, base_model_id, root_model_id) values ('huggingface', ?, ?, ?)",
        [("b/late", "a/m", "a/m"), ("b/later", "a/m", "a/m"), ("c/m", "b/m", "b/m")],
    )
    before, after = (
        {row["group"]: int(str(row["rank"])) for row in statistics.run(con, "scoreboard", by="namespace", day=day).records()}
        for day in (DAY, DAY + timedelta(1))
    )
    assert before["b"] < before["a"]
    assert after["a"] < after["c"]


def test_half_is_the_number_of_largest_bodies_that_hold_half() -> None:
    chance = random.Random(7)
    for _ in range(20):
        values = {f"a/m{number}": chance.choice([1, 2, 2, 3, 10, 40, chance.randrange(1000)]) for number in range(chance.randrange(1, 60))}
        found = statistics.run(world(values), "concentration", by="model")
        order, held, half = sorted(values.values(), reverse=True), 0, 0
        while 2 * held < sum(order):
            held, half = held + order[half], half + 1
        assert {row["measure"]: row["value"] for row in found.records()}["half"] == half, values


def test_a_mirror_is_no_model_of_the_mirrors_country() -> None:
    con = empty()
    rows = [("huggingface", "us/m"), ("modelscope", "mirror/m"), ("huggingface", "cn/q"), ("modelscope", "cn/q")]
    con.executemany("insert into observed(hub, model_id, day, likes) values (?, ?, '2025-01-01', 1)", [list(row) for row in rows])
    spread(con)
    for hub, namespace, country in (
        ("huggingface", "us", "US"),
        ("modelscope", "mirror", "CN"),
        ("huggingface", "cn", "CN"),
        ("modelscope", "cn", "CN"),
    ):
        con.execute(FACTS, [hub, namespace, namespace, country])
    con.executemany(
        "insert into model_listings(hub, model_id, model_key, tier, is_mirror) values (?, ?, ?, 'same_id', ?)",
        [[hub, model_id, model_id[-1], model_id.startswith("mirror")] for hub, model_id in rows],
    )
    found = {country: statistics.run(con, "hub_coverage", country=country).records() for country in ("CN", "US")}
    assert [(row["place"], row["value"], row["mirrored"]) for row in found["CN"]] == [("both", 1, 0)]
    assert [(row["place"], row["value"], row["mirrored"]) for row in found["US"]] == [("huggingface_only", 1, 1)]


def test_a_hub_observed_before_the_day_counts_as_of_its_last_day() -> None:
    con = empty()
    con.execute(
        "insert into observed(hub, model_id, day, likes) values ('huggingface', 'a/m', '2025-01-01', 1), ('modelscope', 'a/m', '2025-01-03', 1)"
    )
    spread(con)
    con.execute(
        "insert into model_listings(hub, model_id, model_key, tier, is_mirror) select hub, model_id, 'm', 'same_id', false from observed"
    )
    con.execute(FACTS, ["huggingface", "a", "A", "FR"])
    found = statistics.run(con, "hub_coverage", day=date(2025, 1, 3))
    assert [row["place"] for row in found.records()] == ["both"]
    assert "huggingface was not observed on 2025-01-03; as of 2025-01-01" in found.context.warnings


def test_a_switch_that_says_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(WrongQuestion, match="scaled 'ture' is neither true nor false"):
        statistics.run(world({"a/m": 1}, metric="downloads_total"), "monthly_downloads", scaled="ture")


def test_where_every_day_is_flagged_the_answer_says_so() -> None:
    con = world({"a/m": 1})
    con.execute("insert into flags(hub, model_id, day, flag, detail) values ('huggingface', '', '2025-01-01', 'day_partial', '')")
    with pytest.raises(StatisticsError, match="every observed day of huggingface is flagged"):
        statistics.run(con, "download_share", without_flagged=True)


def test_a_base_under_a_reviewed_rename_is_what_was_listed_by_then_and_its_chain_goes_on_from_there() -> None:
    """THUDM's model is zai-org's from the second day, by a reviewed rename and no key; it is made from root's."""
    days = [{"THUDM/glm": 1, "x/ft": 1, "root/r": 1}, *[{"zai-org/glm": 1, "x/ft": 1, "root/r": 1}] * 2]
    bases = {"x/ft": "THUDM/glm", "zai-org/glm": "root/r"}

    def descended(until: int, day: int) -> dict[object, tuple[object, object]]:
        con = world(*days[:until])
        con.execute("update store.listing set last_listed_on = last_seen_on")
        for model_id, base in bases.items():
            con.execute(
                "update store.attributes set base_models = [?] from store.listing l where l.listing_key = attributes.listing_key and model_id = ?",
                [base, model_id],
            )
        con.execute("create temp table renames as select 'huggingface' as hub, 'THUDM' as namespace, 'zai-org' as target")
        con.execute(files("hubwatch.link").joinpath("former_ids.sql").read_text("utf-8"))
        derive(con)
        con.execute("insert into derivations by name from derived")
        con.execute("insert into store.other_ids select hub, model_id, listed_as from former_ids")
        rows = statistics.run(con, "derivatives", by="namespace", day=DAY + timedelta(day - 1)).records()
        return {row["group"]: (row["value"], row["descendants"]) for row in rows}

    first = {"THUDM": (1, 1)}
    assert descended(1, 1) == descended(3, 1) == first
    second = {"root": (1, 2), "zai-org": (1, 0)}
    assert descended(2, 2) == descended(3, 2) == second
