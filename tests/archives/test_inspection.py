"""`hubwatch backfill inspect`: the draft it prints, with its questions answered, loads the file; what a file does not state is asked."""

import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from hubwatch.archives.day import Wanted
from hubwatch.archives.files import archive_files
from hubwatch.archives.inspection import inspect_file
from hubwatch.archives.load import load_archive
from hubwatch.archives.mapping import read_mapping
from hubwatch.cli import app as cli
from hubwatch.facts.reader import load_facts
from hubwatch.store import warehouse as store
from tests.conftest import settings_for, with_warehouse

DAY = date(2026, 3, 9)
RECORDS = [{"id": "acme/alpha", "downloads": 41, "likes": 3}, {"id": "umbra/beta", "downloads": 7, "likes": 0}]
ASKED = {"hub": "huggingface", "extent": "head", "downloads": "total"}
NAMED = {"hub": "huggingface", "extent": "head"}


def drafted(path: Path) -> str:
    return inspect_file(str(path), settings_for(Path("unused")))


def questions(draft: str) -> set[str]:
    return set(re.findall(r"(?m)^# ASK (\w+) =", draft))


def answered(draft: str, answers: dict[str, str]) -> str:
    """The draft with every question answered."""
    lines = []
    for line in draft.splitlines():
        if line.startswith("# ASK "):
            line = line.removeprefix("# ASK ")
            line = line.replace('""', json.dumps(answers[line.partition(" ")[0]]), 1)
        lines.append(line)
    return "\n".join(lines) + "\n"


def loaded(tmp_path: Path, path: Path, text: str, day: date | None) -> list[tuple[object, ...]]:
    how = tmp_path / "how.toml"
    how.write_text(text, "utf-8")
    con = store.open_warehouse(with_warehouse(tmp_path / "data"))
    try:
        found = archive_files(str(path), settings_for(Path("unused")))
        days = load_archive(con, read_mapping(str(how)), found, load_facts(), Wanted(day=day), lambda line: None)
        assert {one.outcome for one in days} == {"loaded"}, days[0].message
        return con.execute(
            "select hub, model_id, day, downloads_30d, downloads_total, likes from all_observations order by day, model_id"
        ).fetchall()
    finally:
        con.close()


def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path) -> tuple[object, str, str]:
    """Exit code, stdout and stderr of the command for this file."""
    monkeypatch.setattr(sys, "argv", ["hubwatch", "backfill", "inspect", str(path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    return ended.value.code, shown.out, shown.err


CSV = "id,downloads,likes\nacme/alpha,41,3\numbra/beta,7,0\n"
DAY_FIRST = "id,downloads,likes,seen\nacme/alpha,41,3,{0}\numbra/beta,7,0,{0}\n"


@pytest.mark.parametrize(
    ("name", "body", "answers"),
    [
        ("list.csv", CSV, ASKED),
        ("list_2026-03-09.csv", "," + CSV.replace("acme/", "0,acme/").replace("umbra/", "1,umbra/"), ASKED),
        ("list.csv", CSV.replace(",", ";"), ASKED),
        ("list_20260309.csv", CSV, ASKED),
        ("list_09-03-2026.csv", CSV, ASKED | {"day": "%d-%m-%Y"}),
        ("list.csv", DAY_FIRST.format("09/03/2026"), ASKED | {"day": "%d/%m/%Y"}),
        ("list.json", json.dumps(RECORDS), ASKED),
        ("list.jsonl", "\n".join(map(json.dumps, RECORDS)), ASKED),
        ("list.json", json.dumps({"fetched_at": "2026-03-09T02:00:00Z", "found": {"models": RECORDS}}), ASKED),
        ("list.json", json.dumps({"acme/alpha": {"downloads": 41, "likes": 3}, "umbra/beta": {"downloads": 7, "likes": 0}}), ASKED),
        ("list.json", '{"id":{"0":"acme/alpha","1":"umbra/beta"},"downloads":{"0":41,"1":7},"likes":{"0":3,"1":0}}', ASKED),
        ("list.csv", CSV.replace("id,", "kennung,"), ASKED),
        ("list.jsonl", "\n".join(map(json.dumps, RECORDS)).replace('"id"', '"kennung"'), ASKED),
        ("list.csv", "org,name,downloads,likes\nacme,alpha,41,3\numbra,beta,7,0\n", ASKED),
        ("datasets.csv", CSV, ASKED | {"rows": "models"}),
        ("list.csv", CSV.replace("downloads", "total_downloads"), NAMED),
        ("list.csv", CSV.replace("acme/", "https://huggingface.co/acme/").replace("umbra/", "https://huggingface.co/umbra/"),
         {"extent": "head", "downloads": "total"}),
        ("list.csv", "hub," + CSV.replace("acme/", "huggingface,acme/").replace("umbra/", "huggingface,umbra/"),
         {"extent": "head", "downloads": "total"}),
    ],
    ids=["csv", "index", "semicolons", "compact-name", "day-first-name", "day-first-column", "array", "lines", "envelope", "keyed",
         "columns", "unknown-id", "unknown-id-lines", "joined", "data-sets-name", "window-in-name", "addresses", "hub-column"],
)  # fmt: skip
def test_the_draft_with_its_questions_answered_loads_the_file(tmp_path: Path, name: str, body: str, answers: dict[str, str]) -> None:
    path = tmp_path / name
    path.write_text(body)
    draft = drafted(path)
    assert questions(draft) == set(answers)
    if "day" not in answers:
        assert re.search(r"(?m)^#   row 1: acme/alpha, .*\b41, likes 3$", draft)
    text = answered(draft, answers)
    given = tomllib.loads(text)["day"].get("given")
    rows = loaded(tmp_path, path, text, DAY if given else None)
    assert rows == [("huggingface", "acme/alpha", DAY, None, 41, 3), ("huggingface", "umbra/beta", DAY, None, 7, 0)]
    assert read_mapping(str(tmp_path / "how.toml")).extent == "head"


def test_a_window_that_no_name_states_is_asked_and_without_an_answer_the_counter_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV)
    draft = drafted(path)
    assert '# ASK downloads = { column = "downloads", window = "" }  # over which window: "30d" or "total"' in draft
    assert tomllib.loads(draft)["counters"] == {"likes": "likes"}
    assert "extent" not in tomllib.loads(draft)
    unanswered = draft.replace("# ASK hub", "hub").replace('value = ""', 'value = "huggingface"')
    assert loaded(tmp_path, path, unanswered, DAY)[0][3:] == (None, None, 3)


def test_a_figure_with_two_readings_is_asked_about_and_one_with_two_groups_is_certain(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id;downloads\nacme/alpha;1.234\numbra/beta;7\n")
    assert questions(drafted(path)) == {"hub", "extent", "downloads", "thousands"}
    assert "no row can be shown before it is stated how numbers are written" in drafted(path)
    assert loaded(tmp_path, path, answered(drafted(path), ASKED | {"thousands": "."}), DAY)[0][4] == 1234
    for figure, read in (("12.345.678", 12345678), ("12.345,0", 12345), ("12.345.678,0", 12345678)):
        path.write_text(f"id;downloads\nacme/alpha;1.234\numbra/beta;{figure}\n")
        assert questions(drafted(path)) == {"hub", "extent", "downloads"}
        assert f"row 2: umbra/beta, downloads {read}" in drafted(path)


def test_a_date_of_one_reading_gives_its_format(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(DAY_FIRST.format("29-03-2026"))
    assert tomllib.loads(drafted(path))["day"] == {"column": "seen", "format": "%d-%m-%Y"}


def test_fields_inside_objects_are_found_and_the_attributes_of_an_owner_are_not_the_models(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    owner = '"author": {"name": "acme", "created_at": "2020-01-01"}'
    path.write_text(f'{{"model": {{"id": "acme/alpha", "createdAt": "2024-05-05", {owner}}}, "stats": {{"likes": 3}}}}\n')
    draft = tomllib.loads(drafted(path))
    assert (draft["model_id"], draft["counters"], draft["attributes"]) == (
        "model.id",
        {"likes": "stats.likes"},
        {"created_at": "model.createdAt"},
    )


def test_a_date_with_a_short_year_and_ids_of_several_days_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,id,likes\n23/05/26,acme/alpha,3\n24/05/26,acme/alpha,4\n")
    assert 'format = "" }  # in which order: %d/%m/%y or %y/%m/%d' in drafted(path)
    path.write_text("date,id,likes\n29/05/26,acme/alpha,3\n28/05/26,acme/alpha,4\n")
    assert 'day = { column = "date", format = "%d/%m/%y" }' in drafted(path)  # not of the future
    path.write_text("month,id,likes\n2026-05,acme/alpha,3\n2026-06,acme/alpha,4\n")
    assert 'format = "%Y-%m", day_of_month = ""' in drafted(path)
    path.write_text("week,id,likes\nW21,acme/alpha,3\nW22,acme/alpha,4\n")
    assert "some ids are in several rows: where the file holds several days, say in which column the day is" in drafted(path)


def test_the_records_of_a_json_file_are_where_ids_are(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"schema": {"fields": [{"name": "id"}]}, "data": [{"id": "acme/alpha", "likes": 3}]}')
    draft = drafted(path)
    assert 'records = "data"' in draft
    assert "there are lists in schema.fields, too" in draft


def test_what_is_not_certain_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,id,downloads\nacme/alpha,acme/alpha,41\n,,5\numbra/beta,umbra/beta,7\n")
    draft = drafted(path)
    assert "#   name may hold ids as well; id is taken" in draft
    assert '#   1 of the first 500 rows have no id; only = { column = "id" } leaves such rows out' in draft


def test_ids_without_owner_among_others_and_figures_that_are_missing_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,downloads\nbert-base-uncased,5\ngpt2,\numbra/beta,7\n")
    draft = drafted(path)
    assert re.findall(r"(?m)^#   (row .*)$", draft) == [
        "row 1: bert-base-uncased, downloads 5",
        "row 2: gpt2, downloads not reported",
        "row 3: umbra/beta, downloads 7",
    ]


def test_a_parquet_file_says_its_attributes(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    duckdb.sql(
        f"""copy (select 'acme/alpha' as id, date '2026-03-09' as snapshot_date, 41 as downloads, 9 as downloads_all_time, 'mit' as license,
            ['x', 'y'] as tags) to '{path}'"""
    )
    draft = tomllib.loads(drafted(path))
    assert draft["attributes"] == {"license_raw": "license", "tags": "tags"}
    assert (draft["day"], draft["counters"]) == ({"column": "snapshot_date"}, {"downloads_total": "downloads_all_time"})
    assert "row 1: acme/alpha, 2026-03-09, downloads 41, downloads_all_time 9" in drafted(path)


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("a.csv", b"", "the file is empty; download it again"),
        ("a.csv", b"who,votes\nann,5\n", "no column holds ids such as owner/name or their addresses; it has who, votes"),
        ("a.json", b'{"id": ', "is not valid JSON"),
        ("a.parquet", b"PAR1 torn", "a.parquet cannot be read"),
        ("a.csv.gz", b"\x1f\x8b torn", "a.csv.gz cannot be read"),
        ("a.pdf", b"%PDF", "is a page or document"),
    ],
)
def test_a_file_that_cannot_be_inspected_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, body: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    code, out, err = printed(capsys, monkeypatch, path)
    assert code != 0
    assert (out, err.count("\n")) == ("", 1)
    assert told in err


def test_the_command_prints_a_draft_that_is_toml_whatever_the_names_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'li"st.csv'
    path.write_text('"my ""id"" \\","downloads last_month"\nacme/alpha,41\numbra/beta,7\n')
    code, out, _ = printed(capsys, monkeypatch, path)
    assert code in (0, None)
    draft = tomllib.loads(out)
    assert (draft["title"], draft["model_id"], draft["counters"]) == ('li"st.csv', 'my "id" \\', {"downloads_30d": "downloads last_month"})


def test_objects_in_objects_are_looked_through_and_rows_left_out_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    rows = [
        {"model": {"id": f"acme/{name}"}, "stats": {"downloads": {"all_time": 5}}, "type": kind}
        for name, kind in (("a", "space"), ("b", "model"))
    ]
    path.write_text(json.dumps({"meta": {"as_of": "2026-03-09"}, "results": rows}))
    draft = drafted(path)
    assert tomllib.loads(draft)["counters"] == {"downloads_total": "stats.downloads.all_time"}
    assert tomllib.loads(draft)["only"] == {"column": "type", "values": ["model"]}
    assert re.findall(r"(?m)^#   (row .*)$", draft) == ["row 2: acme/b, 2026-03-09, stats.downloads.all_time 5"]


RECORD = {
    **{"_id": "69", "id": "acme/alpha", "modelId": "acme/alpha", "downloads": 41, "likes": 3, "pipeline_tag": "text-generation"},
    **{"tags": ["license:mit", "base_model:finetune:umbra/beta"], "private": False, "createdAt": "2026-01-02T03:04:05.000Z"},
    **{"gated": False, "safetensors": {"parameters": {"BF16": 7}, "total": 7}},
}


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"cardData": {"license": "mit"}}, True),
        ({"createdAt": 1767323045000}, False),
        ({"fetched_at": "2026-03-09T00:00:00Z"}, False),
        ({"license": "mit"}, False),
        ({"downloads_last_month": 41}, False),
        ({"id": "https://modelscope.cn/models/acme/alpha"}, False),
    ],
)
def test_a_hubs_own_records_are_read_as_such_where_nothing_is_lost(tmp_path: Path, change: dict[str, object], fits: bool) -> None:
    path = tmp_path / "api.json"
    path.write_text(json.dumps([RECORD | change]))
    draft = drafted(path)
    assert ('layout = "hub-record"' in draft) == fits
    assert ("attributes" in tomllib.loads(draft)) != fits
    if fits:
        assert questions(draft) == {"extent", "downloads"}
        assert loaded(tmp_path, path, answered(draft, {"extent": "head", "downloads": "30d"}), DAY) == [
            ("huggingface", "acme/alpha", DAY, 41, None, 3)
        ]
        with duckdb.connect(str(tmp_path / "data" / "warehouse.duckdb"), read_only=True) as con:
            assert con.execute("select license, base_models, parameters, task from listings").fetchall() == [
                ("mit", ["umbra/beta"], 7, "text-generation")
            ]


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_row_for_each_counter_of_a_model_is_drafted_and_read_as_one_observation(tmp_path: Path, form: str) -> None:
    rows = [
        (day, model, name, value + number)
        for number, day in enumerate(("2026-01-01", "2026-01-02"))
        for model, worth in (("acme/alpha", 1), ("acme/beta", 2))
        for name, value in (("Downloads last month", 10 * worth), ("downloads", 100 * worth), ("Stars", worth), ("rank", 7))
    ]
    path = tmp_path / f"long.{form}"
    duckdb.execute("create or replace temp table long (date date, repo_id varchar, indicator varchar, amount bigint)")
    duckdb.executemany("insert into long values (?, ?, ?, ?)", rows)
    duckdb.execute(f"copy long to '{path}'")
    draft = drafted(path)
    assert questions(draft) == {"hub", "extent", "downloads"}
    assert "row 1: acme/alpha, 2026-01-01, Downloads last month 10" in draft
    assert "rows whose indicator is rank are not read" in draft
    text = answered(draft, {"hub": "huggingface", "extent": "selection", "downloads": "total"})
    assert [one[1:] for one in loaded(tmp_path, path, text, None)] == [
        ("acme/alpha", date(2026, 1, 1), 10, 100, 1),
        ("acme/beta", date(2026, 1, 1), 20, 200, 2),
        ("acme/alpha", date(2026, 1, 2), 11, 101, 2),
        ("acme/beta", date(2026, 1, 2), 21, 201, 3),
    ]
