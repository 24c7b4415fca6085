"""Whatever form a figure leaves in says what it rests on: extent, completeness, health, labelled and flagged part, models, age."""

import re
from datetime import timedelta

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.clock import today
from hubwatch.statistics import Citation, definitions
from tests.statistics.world_of import WORLD, build

NOTE = "seven models that a registry knows"
TOLD = {
    "extent": r"selection: seven models that a registry knows",
    "completeness": r"INCOMPLETE",
    "health": r"health stalled: 5 of 5 large counters are unchanged",
    "age": r"observed [\d,]+ days ago",
    "number of models": r"\d+ (models?|listings)\b",
}
WITHOUT_DAYS = {"listed_origin_share"}  # of a list, not of what was observed
SERIES = {one.name for one in definitions() if one.days in ("all", "sound")}  # they refuse days on which the hub did not count


@pytest.fixture(scope="module")
def doubtful() -> duckdb.DuckDBPyConnection:
    return doubtful_world()


def doubtful_world() -> duckdb.DuckDBPyConnection:
    """The world as parts of its hubs saw it, on a day when the hub did not count, every counter in doubt."""
    con = build(WORLD)
    con.execute("delete from flags")
    con.execute(
        """update sweeps set complete = false, extent = 'selection', extent_note = ?, health = 'stalled',
           health_note = '5 of 5 large counters are unchanged'""",
        [NOTE],
    )
    con.execute("""insert into flags by name
        select distinct hub, model_id, day, unnest(['downloads_30d_jumped', 'downloads_total_fell', 'likes_without_downloads']) as flag, 'doubt' as detail
        from observations""")
    con.execute("insert into listed values ('Qwen', 'Alibaba')")
    return con


@pytest.fixture(scope="module")
def sound() -> duckdb.DuckDBPyConnection:
    """The same with days that can stand in a series: the hub counted on them."""
    con = doubtful_world()
    con.execute("update sweeps set complete = true, health = 'ok', health_note = null, extent = 'whole', extent_note = null")
    return con


def cited(con: duckdb.DuckDBPyConnection, name: str) -> Citation:
    """A statistic's citation, of one hub where it takes one."""
    takes = statistics.definition(name).parameters
    return statistics.cite(con, name, **({"hub": "huggingface", "day": "2025-06-30"} if "hub" in takes else {}))


def forms(record: Citation) -> dict[str, str]:
    """Every form that a figure leaves in; a CSV's notes go to stderr."""
    result = record.result
    return {
        "table": result.to_text(),
        "JSON": result.to_json(),
        "CSV": "\n".join(result.notes()),
        "Markdown": result.to_markdown(),
        "HTML": result.to_html("").replace("&#x27;", "'"),
        "sentence": " ".join(record.sentences),
        "record": record.to_text(),
        "record as JSON": record.to_json(),
        "BibTeX": record.to_bibtex().replace("\\_", "_").replace("\\%", "%"),
        "CSL": record.to_csl(),
    }


@pytest.mark.parametrize("name", sorted({one.name for one in definitions()} - WITHOUT_DAYS - SERIES))
def test_every_form_of_every_statistic_says_what_it_rests_on(doubtful: duckdb.DuckDBPyConnection, name: str) -> None:
    record = cited(doubtful, name)
    context = record.result.context
    wanted = dict(TOLD)
    if context.labelled is not None or "labelled" in record.result.columns:
        wanted["labelled part"] = r"[Ll]abelled"
    if context.flagged is not None:
        wanted["flagged part"] = r"[\d,]+ flagged observations? in the sum"
    for form, text in forms(record).items():
        text = " ".join(text.split())
        missing = [what for what, pattern in wanted.items() if not re.search(pattern, text)]
        assert not missing, f"{name} as {form} does not say its {', '.join(missing)}: {text[:600]}"


@pytest.mark.parametrize("name", sorted(SERIES))
def test_every_form_of_a_series_says_what_it_rests_on(sound: duckdb.DuckDBPyConnection, name: str) -> None:
    record = cited(sound, name)
    wanted = [
        "the whole hub",
        "complete",
        "health ok",
        r"observed [\d,]+ days ago",
        r"[\d,]+ flagged observations in the sum",
    ]
    if name != "crossings":  # a comparison of two, not a sum
        wanted += [r"\d+ (models|listings)"]
        wanted += ["labelled"] if {"share_low", "labelled"} & {*record.result.columns} else []
    for form, text in forms(record).items():
        missing = [pattern for pattern in wanted if not re.search(pattern, " ".join(text.split()), re.IGNORECASE)]
        assert not missing, f"{name} as {form} lacks {missing}"


def test_shares_of_counters_say_their_flagged_and_labelled_part(doubtful: duckdb.DuckDBPyConnection) -> None:
    for name in ("download_share", "concentration", "leave_one_out"):
        context = cited(doubtful, name).result.context
        assert context.flagged is not None, name
        assert context.flagged.observations > 0, name
    context = cited(doubtful, "download_share").result.context
    assert (context.labelled, context.flagged and context.flagged.part) == (0.95, 1.0)


def test_what_was_left_out_is_said_with_its_part(doubtful: duckdb.DuckDBPyConnection) -> None:
    con = build(WORLD)
    con.execute("delete from flags")
    con.execute(
        "insert into flags by name select 'huggingface' as hub, 'Qwen/Qwen3-8B' as model_id, date '2025-06-30' as day, 'downloads_30d_jumped' as flag"
    )
    whole = statistics.run(con, "download_share", hub="huggingface")
    value = con.execute(
        "select downloads_30d from observations where model_id = 'Qwen/Qwen3-8B' and day = '2025-06-30' and hub = 'huggingface'"
    ).fetchall()[0][0]
    assert whole.context.flagged is not None
    assert (whole.context.flagged.observations, whole.context.flagged.value, whole.context.flagged.part) == (1, value, value / 1000)
    without = statistics.run(con, "download_share", hub="huggingface", without_flagged=True)
    assert without.context.denominator == 1000 - value
    assert f"Flagged: 1 flagged observation left out ({value:,}, {value / 1000:.1%} of the sum with them)" in without.notes()


def test_the_age_is_counted_from_the_day_observed() -> None:
    con = build(WORLD)
    con.execute("update sweeps set day = ? where day = '2025-06-30'", [today() - timedelta(days=3)])
    con.execute("update store.counters set day = ? where day = '2025-06-30'", [today() - timedelta(days=3)])
    assert "observed 3 days ago" in " ".join(statistics.run(con, "download_share", hub="huggingface").notes())
