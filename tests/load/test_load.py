"""Pages become listings and observations; what cannot be read is rejected by itself; a day that cannot be believed fails."""

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.classify import origins as classify
from hubwatch.errors import DayFailure, PageDamage
from hubwatch.facts.reader import load_facts
from hubwatch.load.sweep import Loaded, load_sweep
from hubwatch.pages.kept import SweepPages
from hubwatch.store import warehouse as store
from tests.conftest import with_warehouse
from tests.kept import keep, record
from tests.sandbox.sandbox_rows import modelscope_row

DAY = date(2026, 1, 1)
FACTS = load_facts()


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(with_warehouse(tmp_path))
    yield opened
    opened.close()


def load(con: duckdb.DuckDBPyConnection, data: Path, *pages: list[Any] | bytes, day: date = DAY, **more: Any) -> Loaded:
    shrink = more.pop("accept_shrink", False)
    return load_sweep(con, keep(data, day, *pages, **more), FACTS, shrink)


def many(count: int = 100, **more: Any) -> list[dict[str, Any]]:
    return [record(f"good/m{number}", **more) for number in range(count)]


def test_a_record_becomes_a_listing_and_an_observation_exactly(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rich = record(
        "Qwen/Qwen2.5-7B-Instruct",
        tags=["license:apache-2.0", "base_model:Qwen/Qwen2.5-7B", "base_model:finetune:Qwen/Qwen2.5-7B"],
        baseModels={"relation": "finetune", "models": [{"_id": "x", "id": "Qwen/Qwen2.5-7B"}]},
        safetensors={"parameters": {"BF16": 7615616512}, "total": 7615616512},
        gated="auto",
        downloads=13167875,
        downloadsAllTime=134115567,
        likes=1293,
    )
    loaded = load(con, tmp_path, [rich])
    assert (loaded.complete, loaded.records, loaded.rejected, loaded.duplicates) == (True, 1, 0, 0)
    columns = (
        "namespace, name, created_at, modified_at, license_raw, license, task, library, parameters, base_models, base_relation, gated, url"
    )
    assert con.execute(f"select {columns} from listings").fetchall() == [
        (
            *("Qwen", "Qwen2.5-7B-Instruct", datetime(2025, 1, 2, 3, 4, 5), datetime(2025, 2, 2, 3, 4, 5), "apache-2.0", "apache-2.0"),
            *("text-generation", "transformers", 7615616512, ["Qwen/Qwen2.5-7B"], "finetune", "auto"),
            "https://huggingface.co/Qwen/Qwen2.5-7B-Instruct",
        )
    ]
    assert con.execute("select * exclude (listing_key) from observations").fetchall() == [
        ("huggingface", "Qwen/Qwen2.5-7B-Instruct", DAY, 13167875, 134115567, 1293, "full")
    ]


def test_bases_come_from_tags_where_the_structured_field_is_missing(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, [record("a/b", tags=["base_model:x/y", "base_model:quantized:x/y", "base_model:v/w"])])
    assert con.execute("select base_models, base_relation, license_raw from listings").fetchall() == [(["v/w", "x/y"], "quantized", None)]


@pytest.mark.parametrize(
    ("spelled", "reason"),
    [
        ('"downloads": NaN', "downloads is no whole number"),
        ('"downloads": "12"', "downloads is no whole number"),
        ('"downloads": [1]', "downloads is no whole number"),
        ('"downloads": -1', "downloads is no whole number"),
        ('"downloads": 9223372036854775808', "downloads is no whole number"),
        ('"downloads": 1.5', "downloads is no whole number"),
        ('"downloads": true', "downloads is no whole number"),
        ('"downloads": null', "downloads is missing or null"),
        ('"other": 1', "downloads is missing or null"),
        ('"downloads": 1, "downloadsAllTime": {}', "downloadsAllTime is no whole number"),
        ('"downloads": 1, "likes": "many"', "likes is no whole number"),
        ('"downloads": 1, "createdAt": "yesterday"', "createdAt is no time"),
    ],
)
def test_one_bad_value_is_null_and_told_and_the_listing_stays(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, spelled: str, reason: str
) -> None:
    bad = json.dumps(record("bad/one", downloads=None))
    for key in ("downloadsAllTime", "likes", "createdAt"):
        if f'"{key}"' in spelled:
            bad = json.dumps({name: value for name, value in json.loads(bad).items() if name != key})
    body = json.dumps(many()[:50])[:-1] + ", " + bad[:-1] + ", " + spelled + "}, " + json.dumps(many()[50:])[1:]
    loaded = load(con, tmp_path, many(3), body.encode())
    assert (loaded.records, loaded.rejected) == (101, 1)
    assert con.execute("select records, rejected, part_read from sweeps").fetchall() == [(101, 1, 1)]
    value = {"downloads": "downloads_30d", "downloadsAllTime": "downloads_total", "likes": "likes", "createdAt": "created_at"}[
        reason.split()[0]
    ]
    assert con.execute(f"select {value} from observations join listings using (model_id) where model_id = 'bad/one'").fetchall() == [
        (None,)
    ]
    position, told, text, model_id = con.execute("select position, reason, record, model_id from rejects").fetchall()[0]
    assert model_id == "bad/one"
    assert position == "main-00000 page 1 record 51"
    assert told == reason
    assert '"bad/one"' in text


@pytest.mark.parametrize("element", ["null", "7", '"text"', "[]", '{"id": "no slash"}', '{"id": 5}', '{"id": "a/b c"}', "{}"])
def test_an_element_that_is_no_model_is_rejected_with_its_text(con: duckdb.DuckDBPyConnection, tmp_path: Path, element: str) -> None:
    loaded = load(con, tmp_path, (json.dumps(many())[:-1] + ", " + element + "]").encode())
    assert (loaded.records, loaded.rejected) == (100, 1)
    assert con.execute("select position from rejects").fetchall() == [("main-00000 page 0 record 101",)]


@pytest.mark.parametrize("stray", [b'"bad/\xff\xfeone"', b'"bad/\\ud800one"'])
def test_bytes_that_are_no_text_reject_their_record_and_no_other(con: duckdb.DuckDBPyConnection, tmp_path: Path, stray: bytes) -> None:
    bad = json.dumps(record("BAD")).encode().replace(b'"BAD"', stray)
    loaded = load(con, tmp_path, many(5), json.dumps(many())[:-1].encode() + b", " + bad + b"]")
    assert (loaded.records, loaded.rejected) == (100, 1)
    reason, text = con.execute("select reason, record from rejects").fetchall()[0]
    assert "not UTF-8" in reason
    assert "bad/" in text


@pytest.mark.parametrize(
    "around",
    [
        '{"Message": "\\ud83d", "Data": {"Models": %s}}',
        '{"\\udfff": 1, "Data": {"Models": %s, "note": {"of": ["\\udc00"]}}}',
    ],
)
def test_stray_text_beside_the_records_harms_none_of_them(con: duckdb.DuckDBPyConnection, tmp_path: Path, around: str) -> None:
    rows = [modelscope_row(number) for number in range(30)]
    spoilt = json.dumps([*rows, modelscope_row(30, ChineseName="\ud83d")])
    loaded = load(con, tmp_path, (around % json.dumps(rows[:5])).encode(), (around % spoilt).encode(), hub="modelscope")
    assert (loaded.records, loaded.rejected) == (30, 1)


def test_a_number_of_more_digits_than_python_reads_beside_stray_bytes_harms_no_other_record(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = json.dumps(record("b/ad")).encode().replace(b'"b/ad"', b'"b/\xff"')
    long = json.dumps(record("l/ong")).encode().replace(b'"likes"', b'"unknown": ' + b"9" * 5000 + b', "likes"')
    loaded = load(con, tmp_path, json.dumps(many())[:-1].encode() + b", " + bad + b", " + long + b"]")
    assert (loaded.records, loaded.rejected) == (101, 1)


def test_a_record_of_another_shape_changes_nothing_of_its_neighbours(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """One value of another type sends all pages the way of JSON: what the others say comes out the same."""
    told: list[dict[str, Any]] = [
        {"tags": ["license:mit", "license:apache-2.0", "base_model:a/b", "base_model:merge:a/b", "base_model:", "license:", "x"]},
        {"tags": ["base_model:adapter:c/d"], "baseModels": {"relation": None, "models": []}, "safetensors": {"total": 7}},
        {"tags": None, "gated": False, "safetensors": {"total": 1.5}, "baseModels": None},
        {"tags": [], "gated": "manual", "safetensors": None, "pipeline_tag": None, "downloads": 0},
        {"tags": ["license:other"], "baseModels": {"relation": "quantized", "models": [{"id": "e/f"}, {"_id": "no name"}]}},
    ]
    good = [record(f"good/m{number}", **more) for number, more in enumerate(told)]
    ordinary = [record(f"plain/m{number}") for number in range(40)]
    said = "from listings where namespace = 'good' order by model_id"
    query = f"select * exclude (first_seen_on, last_seen_on, gone_on) {said}"
    load(con, tmp_path, good + ordinary)
    straight = con.execute(query).fetchall()
    assert con.execute(f"select base_relation, license_raw {said}").fetchall() == [
        ("merge", "mit,apache-2.0"),
        ("adapter", None),
        (None, None),
        (None, None),
        ("quantized", "other"),
    ]
    load(con, tmp_path, [*good, *ordinary, record("odd/one", baseModels="not an object", tags="none")], day=DAY + timedelta(days=1))
    assert con.execute(query).fetchall() == straight
    assert con.execute("select base_models, license_raw from listings where namespace = 'odd'").fetchall() == [(None, None)]
    assert con.execute("select count(*) from store.attributes").fetchall() == [(46,)]  # nothing of the others has changed


def test_null_and_zero_stay_apart(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    fields = ["downloads", "likes", "createdAt", "lastModified"]
    load(con, tmp_path, [record("a/b", downloads=0, likes=0, downloadsAllTime=None)], fields=fields)
    assert con.execute("select downloads_30d, downloads_total, likes from observations").fetchall() == [(0, None, 0)]


def test_of_several_records_of_a_listing_the_newest_counts(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old, new = record("a/b", downloads=5), record("a/b", downloads=3, lastModified="2025-12-01T00:00:00.000Z")
    loaded = load(con, tmp_path, [new], [old], [old])
    assert (loaded.records, loaded.duplicates) == (1, 2)
    assert con.execute("select downloads_30d from observations").fetchall() == [(3,)]


def everything(con: duckdb.DuckDBPyConnection) -> list[object]:
    queries = (
        "select * from listings order by all",
        "select * from all_observations order by all",
        "select * exclude (loaded_at) from sweeps order by all",
        "select * from rejects order by all",
        "select * from store.attributes order by all",
        "select * from store.fingerprints order by all",
    )
    return [con.execute(query).fetchall() for query in queries]


def test_loading_twice_changes_nothing(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    pages = keep(tmp_path, DAY, [*many(), 7])
    load_sweep(con, pages, FACTS)
    before = everything(con)
    load_sweep(con, pages, FACTS)
    assert everything(con) == before


def test_too_many_rejects_fail_the_day_and_leave_the_last_good_one(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many())
    before = everything(con)
    broken = [record(f"good/m{number}", likes="x" if number < 6 else 1) for number in range(100)]
    with pytest.raises(DayFailure, match=r"6 of 100 records cannot be read \(likes is no whole number in 6\.0%\)"):
        load(con, tmp_path, broken, day=DAY + timedelta(days=1))
    assert everything(con) == before


def test_an_id_without_an_owner_is_a_listing_and_one_that_moved_is_counted_under_its_present_id(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    loaded = load(con, tmp_path, [record("bert-base-uncased", downloads=9), record("some-old-model", downloads=7), *many(40)])
    assert (loaded.records, loaded.rejected) == (42, 0)
    found = con.execute(
        "select model_id, namespace, name, downloads_30d from listings join observations using (model_id) where namespace <> 'good' order by 4 desc"
    )
    assert found.fetchall() == [
        ("google-bert/bert-base-uncased", "google-bert", "bert-base-uncased", 9),
        ("some-old-model", "", "some-old-model", 7),
    ]


def test_what_a_rejected_record_counts_for_is_kept(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, [record("no owner", downloads=70, downloadsAllTime=None, likes=3), *many(40)])
    weights = "select part_read, rejected_30d, rejected_total, rejected_likes from sweeps"
    assert con.execute(weights).fetchall() == [(None, 70, None, 3)]


def test_five_rejects_in_a_hundred_fail_no_day(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded = load(con, tmp_path, [record(f"good/m{number}", likes="x" if number < 5 else 1) for number in range(100)])
    assert (loaded.complete, loaded.records, loaded.rejected) == (True, 100, 5)


def test_a_hub_that_lists_nothing_at_all_fails_the_day_unless_accepted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    secret = [record("a/secret", private=True)]
    with pytest.raises(DayFailure, match="the hub listed nothing"):
        load(con, tmp_path, secret)
    assert load(con, tmp_path / "again", secret, accept_shrink=True).complete


def test_a_hub_that_shrinks_by_half_fails_unless_accepted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(100))
    tomorrow = DAY + timedelta(days=1)
    with pytest.raises(DayFailure, match="only 49 records, under half of the 100"):
        load(con, tmp_path, many(49), day=tomorrow)
    assert con.execute("select count(*) from days").fetchall() == [(1,)]
    pages = keep(tmp_path / "again", tomorrow, many(49))
    assert load_sweep(con, pages, FACTS, accept_shrink=True).complete
    assert con.execute("select count(*) from listings where gone_on = ?", [tomorrow]).fetchall() == [(51,)]


def test_a_day_is_held_against_the_last_complete_one_before_it_and_half_of_that_is_enough(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    on = [DAY + timedelta(days=number) for number in range(5)]
    load(con, tmp_path, many(20), day=on[0])
    load(con, tmp_path, many(100), day=on[4])
    load(con, tmp_path, many(60), day=on[2])
    assert load(con, tmp_path, many(10), day=on[1]).complete  # half of the day before, a tenth of a later one
    with pytest.raises(DayFailure, match="only 29 records, under half of the 60"):
        load(con, tmp_path, many(29), day=on[3])
    SweepPages(tmp_path, "huggingface", on[3], "full").set_aside()
    assert load(con, tmp_path, many(30), day=on[3]).complete


def test_a_limited_or_unfinished_sweep_is_loaded_incomplete_and_makes_nothing_gone(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(10))
    assert not load(con, tmp_path, many(3), day=DAY + timedelta(days=1), finished=False).complete
    assert not load(con, tmp_path, many(3), day=DAY + timedelta(days=2), limited=True).complete
    assert load(con, tmp_path, many(3), day=DAY + timedelta(days=3), sweep="head").complete
    assert con.execute("select count(gone_on) from listings").fetchall() == [(0,)]
    assert con.execute("select complete from days order by day").fetchall() == [(True,), (False,), (False,), (True,)]


def test_a_full_sweep_of_a_selection_makes_nothing_gone(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(10))
    for days in (1, 2):
        pages = keep(tmp_path, DAY + timedelta(days=days), many(6))
        state = pages.state()
        assert state
        state.extent, state.extent_note = "selection", "six models that a mirror keeps"
        pages.save_state(state)
        assert load_sweep(con, pages, FACTS, False).complete
    assert con.execute("select count(*), count(gone_on) from listings").fetchall() == [(10, 0)]
    load(con, tmp_path, many(6), day=DAY + timedelta(days=3))
    assert con.execute("select count(*), count(gone_on) from listings").fetchall() == [(10, 4)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2, 1)])
def test_a_listing_whose_record_cannot_be_read_is_not_gone(con: duckdb.DuckDBPyConnection, tmp_path: Path, order: tuple[int, ...]) -> None:
    days = [[*many(40), record("a/b"), record("a/c")], [*many(40), record("a/b", likes="many")], [*many(40), record("a/b", downloads=None)]]
    seen = DAY + timedelta(days=2)
    for number in order:
        load(con, tmp_path, days[number], day=DAY + timedelta(days=number))
    query = "select model_id, last_seen_on, gone_on from listings where namespace = 'a' order by 1"
    assert con.execute(query).fetchall() == [("a/b", seen, None), ("a/c", DAY, DAY + timedelta(days=1))]
    load(con, tmp_path, many(40), day=DAY + timedelta(days=3))
    assert con.execute(query).fetchall()[0] == ("a/b", seen, DAY + timedelta(days=3))
    for number in (2, 1):  # collected anew: then it was not listed on that day
        SweepPages(tmp_path, "huggingface", DAY + timedelta(days=number), "full").set_aside()
        load(con, tmp_path, many(40), day=DAY + timedelta(days=number))
    assert con.execute(query).fetchall()[0] == ("a/b", DAY, DAY + timedelta(days=1))


def test_a_promised_key_that_goes_or_changes_type_fails_the_day_naming_key_and_share(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(con, tmp_path, many())
    tomorrow = DAY + timedelta(days=1)
    with pytest.raises(DayFailure, match="key tags is gone from 100% of the records"):
        load(con, tmp_path, many(tags=None), day=tomorrow)
    with pytest.raises(DayFailure, match=r"key tags is now text in 100% \(was list\)"):
        load(con, tmp_path / "b", many(tags="license:mit"), day=tomorrow)
    loaded = load(con, tmp_path / "c", many(brandNew=1), day=tomorrow)
    assert loaded.message == "new in the hub's records: brandNew in 100 of 100 (such as 1)"


def test_a_promised_key_is_looked_for_in_all_of_a_day_not_in_its_first_page(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before, tomorrow = many(100), DAY + timedelta(days=1)
    load(con, tmp_path, before[:50], before[50:])
    changes: list[dict[str, Any]] = [{"tags": None}, {"createdAt": None}, {"tags": "a"}]
    for number, changed in enumerate(changes):
        with pytest.raises(DayFailure, match=rf"key {next(iter(changed))} is (gone from 6%|now text in 6% \(was list\))"):
            load(con, tmp_path / str(number), before[:50], [*before[50:94], *many(6, **changed)], day=tomorrow)
    five = [*before[50:95], *many(5, tags=None)]
    assert load(con, tmp_path / "five", before[:50], five, day=tomorrow).complete


def test_a_past_day_is_not_held_against_what_the_hub_said_later(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(tags=["a"]), day=DAY + timedelta(days=1))
    assert load(con, tmp_path, many(tags=None)).complete


def test_missing_and_changed_keys_add_up_and_one_null_does_not_excuse_them(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = many(100)
    rows[0]["tags"] = None
    load(con, tmp_path, rows)
    tomorrow = DAY + timedelta(days=1)
    nulls = many(100)
    for row in nulls[:50]:
        row["tags"] = None
    with pytest.raises(DayFailure, match="key tags is gone from 49% of the records"):
        load(con, tmp_path / "nulls", nulls, day=tomorrow)
    mixed = [*many(93), *many(4, tags=None), *many(3, tags="a")]
    with pytest.raises(DayFailure, match=r"key tags is gone from 3% of the records and is now text in 3% \(was list\)"):
        load(con, tmp_path / "mixed", mixed, day=tomorrow)


def test_long_records_load_though_a_segment_of_them_takes_more_memory_than_loading_is_meant_to(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """As ModelScope's are: 100 on a page of several hundred kilobytes, whose envelope is parsed whole."""
    padding = {f"Field{number}": f"what the hub says beside, {number}" for number in range(100)}
    models = [
        {"Path": "o", "Name": f"m{number}", "Downloads": number, "Stars": 1, "CreatedTime": 1700000000, "LastUpdatedTime": 1700000000}
        for number in range(12_800)
    ]
    pages = [
        json.dumps({"Code": 200, "Success": True, "Data": {"Model": {"Models": [one | padding for one in models[at : at + 100]]}}}).encode()
        for at in range(0, len(models), 100)
    ]
    before = con.execute("select current_setting('memory_limit'), current_setting('threads')").fetchall()
    loaded = load(con, tmp_path, *pages, hub="modelscope")
    assert (loaded.records, loaded.rejected, loaded.duplicates) == (12_800, 0, 0)
    assert con.execute("select sum(downloads_total) from observations").fetchall() == [(sum(range(12_800)),)]
    assert con.execute("select current_setting('memory_limit'), current_setting('threads')").fetchall() == before


def test_a_model_published_late_is_first_seen_when_seen_whatever_its_creation_date(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(5))
    load(con, tmp_path, [*many(5), record("late/one", createdAt="2022-03-02T23:29:04.000Z")], day=DAY + timedelta(days=9))
    assert con.execute("select created_at, first_seen_on from listings where model_id = 'late/one'").fetchall() == [
        (datetime(2022, 3, 2, 23, 29, 4), DAY + timedelta(days=9))
    ]


def test_a_rename_is_a_new_listing_and_the_old_id_goes(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, [*many(5), record("THUDM/glm")])
    tomorrow = DAY + timedelta(days=1)
    load(con, tmp_path, [*many(5), record("zai-org/glm")], day=tomorrow)
    assert con.execute("select model_id, first_seen_on, gone_on from listings where name = 'glm' order by 1").fetchall() == [
        ("THUDM/glm", DAY, tomorrow),
        ("zai-org/glm", tomorrow, None),
    ]


def test_the_same_facts_give_the_same_content_hash_and_other_facts_another(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(con, tmp_path, many(20))
    load(con, tmp_path, many(20)[::-1], day=DAY + timedelta(days=1))
    load(con, tmp_path, [*many(19), record("good/m19", likes=2)], day=DAY + timedelta(days=2))
    hashes = [row[0] for row in con.execute("select content_hash from days order by day").fetchall()]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_real_rows_load_exactly(con: duckdb.DuckDBPyConnection, tmp_path: Path, shared: Path) -> None:
    lines = gzip.decompress((shared / "real/huggingface/expand_rows.jsonl.gz").read_bytes()).splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["gated"] = False
    loaded = load(con, tmp_path, *[rows[start : start + 500] for start in range(0, len(rows), 500)])
    assert (loaded.records, loaded.rejected, loaded.duplicates) == (len(rows), 0, 0)
    got = con.execute("select model_id, downloads_30d, downloads_total, likes from observations order by model_id").fetchall()
    assert got == sorted((row["id"], row["downloads"], row["downloadsAllTime"], row["likes"]) for row in rows)
    got = con.execute("select model_id, task, library, parameters from listings order by model_id").fetchall()
    assert [row[0] for row in got] == sorted(row["id"] for row in rows)
    assert {row[0]: row[3] for row in got} == {row["id"]: (row.get("safetensors") or {}).get("total") for row in rows}


def test_a_sweep_that_ended_and_lost_a_page_since_is_damage_and_not_a_smaller_hub(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    kept = keep(tmp_path, DAY, many(50), [record("good/last")])
    state = kept.state()
    assert state is not None
    state.pages = 2
    kept.save_state(state)
    (segment,) = kept.segments()
    segment.write_bytes(segment.read_bytes()[:-9])
    with pytest.raises(PageDamage, match="1 of its 2 pages are whole"):
        load_sweep(con, kept, FACTS)
    assert con.execute("select count(*) from sweeps").fetchall() == [(0,)]


@pytest.mark.parametrize("how", [{"finished": False}, {"limited": True}])
def test_a_complete_day_stands_when_a_part_of_it_comes_anew(con: duckdb.DuckDBPyConnection, tmp_path: Path, how: dict[str, Any]) -> None:
    load(con, tmp_path / "1", many(50))
    with pytest.raises(DayFailure, match="the complete full sweep of 50 records stands; of this one 20 are kept"):
        load(con, tmp_path / "2", many(20), **how)
    assert con.execute("select complete, records from sweeps").fetchall() == [(True, 50)]
    assert con.execute("select count(*) from listings").fetchall() == [(50,)]


def test_a_damaged_page_in_the_midst_is_named_with_its_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    kept = keep(tmp_path, DAY, many(50), [record("good/last")])
    (segment,) = kept.segments()
    body = bytearray(segment.read_bytes())
    body[400] ^= 255
    segment.write_bytes(body)
    with pytest.raises(PageDamage, match=r"main-00000.json.zst: the page at byte 0 is damaged"):
        load_sweep(con, kept, FACTS)


def test_a_key_that_goes_away_a_little_every_day_fails_the_day(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for number, lacking in enumerate((0, 4)):
        load(
            con,
            tmp_path / str(number),
            many(100 - lacking) + [record(f"x/{n}", tags=None) for n in range(lacking)],
            day=DAY + timedelta(number),
        )
    with pytest.raises(DayFailure, match="key tags is gone from 8%"):
        load(con, tmp_path / "9", many(92) + [record(f"x/{n}", tags=None) for n in range(8)], day=DAY + timedelta(9))


def test_a_listing_that_a_full_sweep_loses_by_a_reload_keeps_its_attributes_where_another_sweep_of_the_day_has_it(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(con, tmp_path / "1", [*many(50), record("good/other")])
    load(con, tmp_path / "2", [record("good/other")], sweep="head")
    load(con, tmp_path / "3", many(51))
    assert con.execute("select source from observations where model_id = 'good/other'").fetchall() == [("head",)]
    assert con.execute("select license, task, created_at is not null from listings where model_id = 'good/other'").fetchall() == [
        ("mit", "text-generation", True)
    ]


def test_a_listing_whose_record_cannot_be_read_stands_on_a_past_day(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for number, wrong in enumerate([10, "many", 10]):
        load(con, tmp_path, [*many(40), record("a/b", likes=wrong)], day=DAY + timedelta(days=number))
    classify.classify(con, FACTS)
    rows = statistics.run(con, "licenses", hub="huggingface", day=DAY + timedelta(days=1), by="namespace").records()
    assert {row["group"]: row["models"] for row in rows} == {"good": 40, "a": 1}
