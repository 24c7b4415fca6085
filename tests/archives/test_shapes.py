"""The shapes in which snapshots are published: each is read as it is, or refused in one line with the fix."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pytest
import zstandard

from hubwatch.archives.day import ArchiveDay, Wanted
from hubwatch.archives.files import archive_files
from hubwatch.archives.inspection import inspect_file
from hubwatch.archives.load import load_archive
from hubwatch.archives.mapping import read_mapping
from hubwatch.archives.rows import prepare, rows_as_ours
from hubwatch.errors import DayFailure, UsageError
from hubwatch.facts import Facts
from hubwatch.facts.reader import load_facts
from hubwatch.store import Column
from hubwatch.store import warehouse as store
from tests.conftest import settings_for, with_warehouse

DAY = date(2026, 3, 9)
Rows = list[tuple[object, ...]]
TWO: Rows = [("acme/alpha", DAY, 41), ("umbra/beta", DAY, 7)]


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(with_warehouse(tmp_path / "data"))
    yield opened
    opened.close()


@cache
def vocabulary() -> Facts:
    """The reviewed facts without those of bodies: loading needs none of them, and they are most of all."""
    return load_facts().model_copy(update={"namespaces": (), "organizations": ()})


def bring(
    con: duckdb.DuckDBPyConnection, path: Path, more: str = "", day: date | None = DAY, counters: str = "", read: Path | None = None
) -> list[ArchiveDay]:
    """Load the file by a mapping with these further lines; `downloads` counts over 30 days unless `counters` says otherwise.

    `read`: a mapping that is there already.
    """
    found = archive_files(str(path), settings_for(Path("unused")))
    if read is not None:
        return load_archive(con, read_mapping(str(read)), found, vocabulary(), Wanted(), lambda line: None)
    keys = {line.partition("=")[0].strip() for line in more.splitlines()}
    usual = {"hub": '{ value = "huggingface" }', "day": "{ given = true }", "model_id": '"id"'}
    lines = ['name = "shape"', 'title = "a shape"', *(f"{key} = {value}" for key, value in usual.items() if key not in keys), more]
    lines += ["[counters]", counters or 'downloads_30d = { column = "downloads", window = "30d" }']
    how = path.parent / "shape.toml"
    how.write_text("\n".join(lines) + "\n", "utf-8")
    return load_archive(con, read_mapping(str(how)), found, vocabulary(), Wanted(day=day), lambda line: None)


def refused(con: duckdb.DuckDBPyConnection, path: Path, more: str = "", day: date | None = DAY) -> str:
    """Why the file cannot be loaded, in its one line; nothing of it is held."""
    try:
        [failed] = bring(con, path, more, day)
    except (DayFailure, UsageError) as error:
        told = str(error)
    else:
        assert failed.outcome == "failed"
        told = failed.message
    assert "\n" not in told
    assert held(con) == []
    return told


def written(tmp_path: Path, name: str, body: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return path


def held(con: duckdb.DuckDBPyConnection) -> Rows:
    return con.execute("select model_id, day, downloads_30d from all_observations order by all").fetchall()


def rejected(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [reason for (reason,) in con.execute("select reason from rejects order by position").fetchall()]


CSV = "id,downloads\nacme/alpha,41\numbra/beta,7\n"
RECORDS = [{"id": "acme/alpha", "downloads": 41}, {"id": "umbra/beta", "downloads": 7}]
ARRAY = json.dumps(RECORDS)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", ",id,downloads\n0,acme/alpha,41\n1,umbra/beta,7\n"),
        ("a.csv", "Unnamed: 0,id,downloads\n0,acme/alpha,41\n1,umbra/beta,7\n"),
        ("a.csv", "id,downloads\n1,acme/alpha,41\n2,umbra/beta,7\n"),
        ("a.csv", "ID , Downloads\nacme/alpha,41\numbra/beta,7\n"),
        ("a.csv", "sep=;\nid;downloads\nacme/alpha;41\numbra/beta;7\n"),
        ("a.csv", "# read at night\n\nid,downloads\nacme/alpha,41\numbra/beta,7\n"),
        ("a.tsv", "id\tdownloads\nacme/alpha\t41\numbra/beta\t7\n"),
        ("a.csv", "id|downloads\r\nacme/alpha|41\r\numbra/beta|7\r\n"),
        ("a.csv", '"id","note","downloads"\n"acme/alpha","two\nlines, and ""quotes""","41"\n"umbra/beta","","7"\n'),
    ],
    ids=["index", "named-index", "row-names", "case", "sep", "remarks", "tabs", "returns", "quotes"],
)
def test_a_csv_is_read_however_its_header_and_delimiter_are_written(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, body: str
) -> None:
    bring(con, written(tmp_path, name, body))
    assert held(con) == TWO


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (ARRAY, ""),
        (json.dumps(RECORDS, indent=2), ""),
        ("\n".join(map(json.dumps, RECORDS)), ""),
        ("\n".join(json.dumps(record, indent=1) for record in RECORDS), ""),
        ('{"id":{"0":"acme/alpha","1":"umbra/beta"},"downloads":{"0":41,"1":7}}', ""),
        ('{"id":["acme/alpha","umbra/beta"],"downloads":[41,7]}', ""),
        ('{"columns":["id","downloads"],"index":[0,1],"data":[["acme/alpha",41],["umbra/beta",7]]}', ""),
        ('[["id","downloads"],["acme/alpha",41],["umbra/beta",7]]', ""),
        ('{"acme/alpha":{"downloads":41},"umbra/beta":{"downloads":7}}', ""),
        ('{"0":{"id":"acme/alpha","downloads":41},"1":{"id":"umbra/beta","downloads":7}}', ""),
        ('{"made":"2026-03-09","models":' + ARRAY + "}", 'records = "models"'),
        (json.dumps({"made": "2026-03-09", "models": RECORDS}, indent=2), 'records = "models"'),
        ('{"data":{"page":1,"items":' + ARRAY + "}}", 'records = "data.items"'),
        ('{"data":{"acme/alpha":{"downloads":41},"umbra/beta":{"downloads":7}}}', 'records = "data"'),
        ('[{"id":"acme/alpha","downloads":41,"score":NaN},{"id":"umbra/beta","downloads":7,"score":-Infinity}]', ""),
    ],
    ids=[
        "array", "indented", "lines", "one-behind-the-other", "columns-by-row", "columns-of-lists", "split", "lists", "keyed", "numbered",
        "envelope-of-one-line", "envelope", "deep-envelope", "envelope-keyed", "nan",
    ],
)  # fmt: skip
def test_json_is_read_in_every_shape_that_programs_write(con: duckdb.DuckDBPyConnection, tmp_path: Path, body: str, more: str) -> None:
    bring(con, written(tmp_path, "a.json", body), more)
    assert held(con) == TWO


def test_the_day_that_only_the_object_around_the_records_has_is_each_records(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = '{"made":"2026-03-09T01:30:00Z","models":' + ARRAY + "}"
    bring(con, written(tmp_path, "a.json", body), 'records = "models"\nday = { column = "made" }', day=None)
    assert held(con) == TWO


def test_an_object_whose_records_are_not_where_they_are_looked_for_names_the_place(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert 'say in the mapping where its records are: records = "found.models"' in refused(
        con, written(tmp_path, "a.json", '{"at":1,"found":{"models":' + ARRAY + "}}")
    )


@pytest.mark.parametrize("name", ["top_09-03-2026.csv", "top_09-03-2026.csv.gz"])
def test_a_day_first_date_in_the_name_is_read_by_its_format(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    body = gzip.compress(CSV.encode()) if name.endswith(".gz") else CSV.encode()
    place = r"day = { file_name = 'top_([0-9]{2}-[0-9]{2}-[0-9]{4})'"
    assert '"09-03-2026" is not a date of form YYYY-MM-DD; say its format, as format = "%d-%m-%Y"' in refused(
        con, written(tmp_path, name, body), place + " }", day=None
    )
    bring(con, written(tmp_path, name, body), place + ', format = "%d-%m-%Y" }', day=None)
    assert held(con) == TWO


def test_a_day_first_date_in_a_column_is_read_by_its_format_and_never_guessed(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,downloads,seen\nacme/alpha,41,09-03-2026\numbra/beta,7,09-03-2026\n")
    assert '"09-03-2026" has no year in front; say its format in the mapping' in refused(con, path, 'day = { column = "seen" }', day=None)
    assert held(con) == []
    bring(con, path, 'day = { column = "seen", format = "%d-%m-%Y" }', day=None)
    assert held(con) == TWO


def test_ids_may_be_addresses_of_the_hub_and_of_another_hub_they_are_rejected(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good = ["https://huggingface.co/acme/alpha,41", "http://www.huggingface.co/umbra/beta/tree/main?x=1,7"]
    rest = [f"https://huggingface.co/acme/m{number},1" for number in range(38)]
    bad = ["https://modelscope.cn/models/acme/alpha,9", "https://huggingface.co/datasets/acme/texts,9"]
    [day] = bring(con, written(tmp_path, "a.csv", "\n".join(["url,downloads", *good, *rest, *bad]) + "\n"), 'model_id = "url"')
    assert [row for row in held(con) if row[0] in ("acme/alpha", "umbra/beta")] == TWO
    assert (day.records, day.rejected) == (40, 2)
    assert rejected(con)[-1] == "is a data set or Space, not a model"


def test_owner_and_name_in_two_columns_are_joined(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "org,name,downloads\nacme,alpha,41\numbra,umbra/beta,7\n")
    bring(con, path, 'model_id = { join = ["org", "name"] }')
    assert held(con) == TWO


@pytest.mark.parametrize(
    "tags",
    ["license:mit; base_model:finetune:umbra/beta", "license:mit,base_model:umbra/beta,base_model:finetune:umbra/beta",
     "['license:mit', 'base_model:finetune:umbra/beta']", '["license:mit", "base_model:finetune:umbra/beta"]'],
)  # fmt: skip
def test_tags_give_license_and_bases_where_no_column_does(con: duckdb.DuckDBPyConnection, tmp_path: Path, tags: str) -> None:
    escaped = tags.replace('"', '""')
    path = written(tmp_path, "a.csv", f'id,downloads,tags\nacme/alpha,41,"{escaped}"\numbra/beta,7,\n')
    bring(con, path, 'attributes = { tags = "tags" }')
    assert con.execute("select model_id, license, base_models, base_relation from listings order by 1").fetchall() == [
        ("acme/alpha", "mit", ["umbra/beta"], "finetune"),
        ("umbra/beta", None, None, None),
    ]


def test_the_hubs_own_records_written_as_csv_are_read_as_records(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,downloads,likes,tags\nacme/alpha,41,3,\"['license:mit', 'de']\"\numbra/beta,7,0,\n")
    bring(con, path, 'layout = "hub-record"')
    assert held(con) == TWO
    assert con.execute("select license from listings order by model_id").fetchall() == [("mit",), (None,)]


@pytest.mark.parametrize(
    ("more", "figures", "read"),
    [
        ('thousands = "."\ndecimal = ","', ["1.234", "12.345.678", "7,0"], [1234, 12345678, 7]),
        ('thousands = ","', ['"1,234"', '"12,345,678"', "7.0"], [1234, 12345678, 7]),
        ('thousands = " "', ["1 234", "12 345 678", "7"], [1234, 12345678, 7]),
        ("", ["1.2M", "3k", "4.5 B"], [1_200_000, 3_000, 4_500_000_000]),
        ('decimal = ","', ['"1,2M"', "3K", '"0,5k"'], [1_200_000, 3_000, 500]),
        ("", ["5", "12.0", "1e3"], [5, 12, 1000]),
        (
            "",
            ["1 000", "12\N{NO-BREAK SPACE}345", "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567", "1'234", "1_234"],
            [1000, 12345, 1234567, 1234, 1234],
        ),
    ],
)
def test_figures_are_read_in_the_notation_that_the_mapping_states(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, more: str, figures: list[str], read: list[int]
) -> None:
    body = "id;downloads\n" + "".join(f"acme/m{number};{figure}\n" for number, figure in enumerate(figures))
    bring(con, written(tmp_path, "a.csv", body), more)
    assert [row[2] for row in held(con)] == read


@pytest.mark.parametrize("figure", ["1.000", "12.345", '"1,000"'])
def test_a_figure_with_two_readings_is_refused_until_the_mapping_states_its_notation(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, figure: str
) -> None:
    assert "say in the mapping how numbers are written" in refused(con, written(tmp_path, "a.csv", f"id;downloads\nacme/alpha;{figure}\n"))
    assert held(con) == []


@pytest.mark.parametrize("figure", ["12%", "12 %", "about 9", "-4", "1.5"])
def test_what_is_no_count_rejects_its_row_and_is_never_made_one(con: duckdb.DuckDBPyConnection, tmp_path: Path, figure: str) -> None:
    rest = "".join(f"acme/m{number},1\n" for number in range(30))
    bring(con, written(tmp_path, "a.csv", f"id,downloads\nacme/alpha,{figure}\n{rest}"))
    assert rejected(con) == [f'downloads_30d "{figure}" is not an integer']
    assert [row[2] for row in held(con) if row[0] == "acme/alpha"] == [None]
    assert sum(row[2] or 0 for row in held(con)) == 30  # type: ignore[misc]


@pytest.mark.parametrize("nothing", ["", "NaN", "None", "NULL", "n/a", "-", "<NA>", "#N/A", "\\N", "undefined", "(none)"])
def test_every_spelling_of_nothing_is_null_and_not_zero(con: duckdb.DuckDBPyConnection, tmp_path: Path, nothing: str) -> None:
    bring(con, written(tmp_path, "a.csv", f"id,downloads\nacme/alpha,41\numbra/beta,{nothing}\n"))
    assert held(con) == [TWO[0], ("umbra/beta", DAY, None)]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000", "\u2009"])
def test_an_id_with_a_space_inside_of_whatever_width_is_none(con: duckdb.DuckDBPyConnection, tmp_path: Path, blank: str) -> None:
    rest = "".join(f"acme/m{number},1\n" for number in range(30))
    bring(con, written(tmp_path, "a.csv", f"id,downloads\nacme/al{blank}pha,5\n{rest}"))
    assert rejected(con) == ["model id is not owner/name"]
    assert len(held(con)) == 30


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01 08:00:00"])
def test_a_program_s_zero_is_no_time_of_creation(con: duckdb.DuckDBPyConnection, tmp_path: Path, zero: str) -> None:
    path = written(tmp_path, "a.csv", f"id,downloads,made\nacme/alpha,41,{zero}\numbra/beta,7,2025-02-01T00:00:00Z\n")
    bring(con, path, '[attributes]\ncreated_at = "made"')
    assert con.execute("select model_id, created_at::date::varchar from listings order by all").fetchall() == [
        ("acme/alpha", None),
        ("umbra/beta", "2025-02-01"),
    ]


def test_a_spelling_of_nothing_of_ones_own_is_stated_in_the_mapping(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bring(con, written(tmp_path, "a.csv", "id,downloads\nacme/alpha,41\numbra/beta,unbekannt\n"), 'nulls = ["unbekannt"]')
    assert held(con) == [TWO[0], ("umbra/beta", DAY, None)]


def test_rows_without_an_id_fail_a_list_until_the_mapping_leaves_them_out(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,downloads\n" + "".join(f"acme/m{number},1\n" for number in range(13)) + ",99\n")
    [day] = bring(con, path)
    assert (day.outcome, day.message) == (
        "failed",
        '1 of 14 rows cannot be read, most: model id is missing; only = { column = "id" } in the mapping leaves them out',
    )
    [day] = bring(con, path, 'only = { column = "id" }')
    assert (day.outcome, day.records, day.rejected) == ("loaded", 13, 0)
    assert sum(row[2] for row in held(con)) == 13  # type: ignore[misc]


def test_an_id_without_owner_is_the_model_that_the_hub_leads_it_to(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    [day] = bring(con, written(tmp_path, "a.csv", "id,downloads\nbert-base-uncased,41\numbra/beta,7\n"))
    assert (day.records, day.rejected) == (2, 0)
    assert held(con) == [("google-bert/bert-base-uncased", DAY, 41), ("umbra/beta", DAY, 7)]


def test_a_workbook_is_read_by_its_header_wherever_that_is(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Top models"])
    book.active.append([])
    book.active.append(["rank", "id", "downloads", "seen"])
    book.active.append([1, "acme/alpha", 41, DAY])
    book.active.append([2, "umbra/beta", 7.0, DAY])
    book.save(tmp_path / "a.xlsx")
    assert 'there is no sheet "models" in it but Sheet; correct sheet in the mapping' in refused(
        con, tmp_path / "a.xlsx", 'sheet = "models"'
    )
    bring(con, tmp_path / "a.xlsx", 'day = { column = "seen" }', day=None)
    assert held(con) == TWO


@pytest.mark.parametrize("name", ["datasets_2026-03-09.csv", "top-spaces.json", "hub_datasets.csv.gz"])
def test_a_list_of_data_sets_or_spaces_is_refused_until_the_mapping_says_that_its_rows_are_models(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    body = ARRAY.encode() if name.endswith(".json") else CSV.encode()
    path = written(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body)
    assert 'only models are loaded; if its rows are models, say rows = "models"' in refused(con, path)
    bring(con, path, 'rows = "models"')
    assert held(con) == TWO


def test_the_lists_of_an_object_that_holds_models_and_data_sets_are_told_apart_by_their_keys(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = written(tmp_path, "a.json", '{"models":' + ARRAY + ',"datasets":[{"id":"acme/texts","downloads":5}]}')
    assert 'is of datasets, by "datasets"' in refused(con, path, 'records = "datasets"')
    bring(con, path, 'records = "models"')
    assert held(con) == TWO


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.zip", zipped(("README.md", b"hello"), ("list.csv", CSV.encode()))),
        ("a.zip", zipped(("one.csv", b"id,downloads\nacme/alpha,41\n"), ("sub/two.csv.gz", gzip.compress(b"id,downloads\numbra/beta,7\n")))),
        ("a.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("a.csv", CSV.encode("utf-16")),
        ("a.csv", CSV.encode("utf-16-le")),
        ("a.json", ARRAY.encode("utf-16")),
        ("a.csv", gzip.compress(CSV.encode())),
        ("a.csv.zst", zstandard.compress(CSV.encode()[:20]) + zstandard.compress(CSV.encode()[20:])),
    ],
    ids=["zip", "zip-of-parts", "bom", "utf-16", "utf-16-without-mark", "utf-16-json", "gzip-by-content", "two-frames"],
)  # fmt: skip
def test_a_file_is_read_however_it_is_packed_and_encoded(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, body: bytes) -> None:
    bring(con, written(tmp_path, name, body))
    assert held(con) == TWO


def damaged_sum(packed: bytes) -> bytes:
    return packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]


LONG = CSV + "".join(f"acme/m{number},{number}\n" for number in range(3000))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv.gz", damaged_sum(gzip.compress(LONG.encode()))),
        ("a.csv.gz", gzip.compress(LONG.encode())[:-9]),
        ("a.csv.zst", zstandard.compress(LONG.encode())[:-9]),
        ("a.zip", zipped(("a.csv", LONG.encode()))[:-30]),
    ],
    ids=["sum", "gz-cut", "zst-cut", "zip-cut"],
)
def test_a_damaged_packed_file_is_named_and_nothing_of_it_loads(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, body: bytes
) -> None:
    told = refused(con, written(tmp_path, name, body))
    assert f"{name} cannot be read: " in told
    assert told.endswith("; download it again")


def test_a_quote_that_nothing_closes_swallows_no_rows(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = [f"acme/m{number},note,{number}" for number in range(100)]
    rows[50] = 'acme/m50,"note,50'
    [day] = bring(con, written(tmp_path, "a.csv", "\n".join(["id,note,downloads", *rows]) + "\n"))
    assert day.outcome == "failed"
    assert held(con) == []
    assert "rows cannot be read" in day.message


def test_text_that_parquet_keeps_as_bytes_is_text(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    duckdb.sql(
        f"""copy (select id::blob as id, n::ubigint as downloads from (values ('acme/alpha', 41), ('umbra/beta', 7)) t(id, n))
            to '{tmp_path / "a.parquet"}'"""
    )
    bring(con, tmp_path / "a.parquet")
    assert held(con) == TWO


def test_a_column_of_ours_without_a_rule_is_the_files_text_as_its_type_or_null(con: duckdb.DuckDBPyConnection) -> None:
    prepare(con)
    own = (
        "created_at",
        "modified_at",
        "license_raw",
        "task",
        "library",
        "parameters",
        "base_models",
        "base_relation",
        "gated",
        "repo_kind",
        "tags",
    )
    more = (
        "hub_key",
        "title",
        "parameters_note",
        "base_revisions",
        "tasks",
        "hub_type",
        "visibility",
        "downloads_30d",
        "downloads_total",
        "likes",
    )
    texts = ", ".join(f"null::varchar as {name}" for name in (*own, *more))
    con.execute(
        f"""create or replace temp table raw as select row_number() over () as position, null::varchar as broken, 'huggingface' as hub_text,
            'huggingface' as hub, '2026-03-09' as day_text, date '2026-03-09' as day, null as pass, 'a/b' as id_text, null as unit,
            null::varchar as unit_fault, null::varchar as other_kind, {texts},
            stars, words from (values ('7', 'x, y'), ('many', null)) v(stars, words)"""
    )
    added = (Column("stars", "BIGINT", "how many stars"), Column("words", "VARCHAR[]", "some words"))
    assert con.execute(f"select stars, words from ({rows_as_ours(con, added)}) order by position").fetchall() == [
        (7, ["x", "y"]),
        (None, None),
    ]


def test_records_with_objects_inside_are_no_table_by_columns(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"model": {"id": model_id, "author": {"name": str(model_id).partition("/")[0]}}, "stats": {"count": count}}
        for model_id, _, count in TWO
    ]
    body = "\n".join(json.dumps(record) for record in records)
    counters = 'downloads_30d = { column = "stats.count", window = "30d" }'
    bring(con, written(tmp_path, "a.jsonl", body), 'model_id = "model.id"', counters=counters)
    assert held(con) == TWO


def test_of_a_workbooks_sheets_the_only_one_with_a_column_of_ids_is_read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["About this list"])
    for title in ("Models", "Models of May"):
        sheet = book.create_sheet(title)
        sheet.append(["Model ID", "downloads"])
        for model_id, _, count in TWO:
            sheet.append([model_id, count])
    book.save(tmp_path / "a.xlsx")
    said = refused(con, tmp_path / "a.xlsx", 'model_id = "Model ID"')
    assert "Models and Models of May have a column of model ids; name one with sheet = in the mapping" in said
    book.remove(book["Models of May"])
    book.save(tmp_path / "a.xlsx")
    bring(con, tmp_path / "a.xlsx", 'model_id = "Model ID"')
    assert held(con) == TWO


NAMED = r"day = { file_name = '([0-9]{4}-[0-9]{2}-[0-9]{2})[^/]*$' }"


def test_dated_files_in_a_zip_are_days_and_one_without_a_date_stops_no_other(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = zipped(("t_2026-03-09.csv", CSV.encode()), ("t_2026-13-10.csv", CSV.encode()), ("t_2026-03-11.csv", CSV.encode()))
    days = bring(con, written(tmp_path, "all.zip", body), NAMED, day=None)
    assert [(day.day, day.outcome) for day in days] == [(None, "failed"), (DAY, "loaded"), (date(2026, 3, 11), "loaded")]
    assert 't_2026-13-10.csv: "2026-13-10" is not a date' in days[0].message
    assert len(held(con)) == 4


def tarred(mode: str, *members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, body in members:
            about = tarfile.TarInfo(name)
            about.size = len(body)
            archive.addfile(about, io.BytesIO(body))
    return packed.getvalue()


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz")])
def test_a_tar_is_read_as_a_zip_is(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, mode: str) -> None:
    members = (("x/README.txt", b"a list"), ("x/t_2026-03-09.csv", CSV.encode()), ("/x/t_2026-03-11.csv.gz", gzip.compress(CSV.encode())))
    path = written(tmp_path, name, tarred(mode, *members))
    assert "column of ids" not in inspect_file(str(path), settings_for(Path("unused")))
    assert [(day.day, day.outcome) for day in bring(con, path, NAMED, day=None)] == [(DAY, "loaded"), (date(2026, 3, 11), "loaded")]
    assert held(con)[0] == ("acme/alpha", DAY, 41)
    assert not list(tmp_path.parent.glob("t_*"))


def test_a_tar_that_was_cut_anywhere_is_refused_whole(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole = tarred("w", ("a.csv", CSV.encode()), ("b.csv", CSV.encode()))
    for kept in (700, 1024, 1100, 2048):
        assert "cannot be read" in refused(con, written(tmp_path, "a.tar", whole[:kept]))
    packed = gzip.compress(whole)
    assert "download it again" in refused(con, written(tmp_path, "a.tar.gz", packed[:-20]))


@pytest.mark.parametrize(
    ("name", "start", "cure"),
    [
        ("a.feather", b"ARROW1\0\0", "is Arrow (Feather), which is not read; convert it, as python -c"),
        ("a.parquet", b"ARROW1\0\0", "is Arrow (Feather), which is not read; convert it, as python -c"),
        ("a.yaml", b"- id: acme/alpha\n", "is YAML, which is not read; convert it to JSON"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0", "is a 7z archive, which is not read; unpack it, as 7z x FILE"),
        ("a.db", b"SQLite format 3\0", "is an SQLite database, which is not read; export its table"),
        ("a.rds", gzip.compress(b"X\n\0\0", mtime=0), "is R's own data, which is not read; convert it, as Rscript"),
        ("a.pkl", b"\x80\x05\x95\0", "is a pickle of Python, which is not read; if you trust its maker, convert it"),
    ],
)
def test_a_form_that_is_not_read_is_named_with_what_to_do(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, start: bytes, cure: str
) -> None:
    assert cure in refused(con, written(tmp_path, name, start))


def test_the_only_file_in_a_zip_may_have_a_name_without_suffix(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bring(con, written(tmp_path, "a.zip", zipped(("a", CSV.encode()))))
    assert held(con) == TWO


def test_of_a_zip_the_files_that_the_mapping_means_are_read_and_notes_are_none(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = zipped(("README.txt", b"a list"), ("data/top.csv", CSV.encode()), ("meta.json", b'{"made": "today"}'))
    path = written(tmp_path, "all.zip", body)
    assert "meta.json: no id where records are looked for" in refused(con, path)
    assert 'no file in it matches members = "top.csv" of the mapping; it has README.txt, data/top.csv, meta.json' in refused(
        con, path, 'members = "top.csv"'
    )
    bring(con, path, 'members = "data/*.csv"')
    assert held(con) == TWO


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", ARRAY),
        ("a.json", CSV),
        ("a.xls", CSV.replace(",", "\t")),
        ("listing", CSV),
        ("a.txt", '"id" "downloads"\n"1" "acme/alpha" 41\n"2" "umbra/beta" 7\n'),
        ("a.csv", "made of,2026\nTop models\n" + CSV),
        ("a.txt", "| id | downloads |\n|---|---:|\n| acme/alpha | 41 |\n| umbra/beta | 7 |\n"),
        ("a.csv", 'id,note,downloads\nacme/alpha,"a \\"b\\", c",41\numbra/beta,x,7\n'),
        ("a.csv", CSV.replace("acme/alpha,41", '="acme/alpha",="41"')),
        ("a.csv", CSV.replace("acme/alpha", "[alpha](https://huggingface.co/acme/alpha)")),
        ("a.csv", CSV.replace("acme/alpha", "https://huggingface.co/api/models/acme/alpha")),
        ("a.csv", CSV.replace("acme/alpha", "models--acme--alpha").replace("umbra/beta", "'umbra/beta'")),
        ("a.csv", CSV.replace("acme/alpha", "hf://acme/alpha").replace("umbra/beta", "umbra/beta@main")),
    ],
    ids=[
        "json-named-csv",
        "csv-named-json",
        "tabs-named-xls",
        "no-suffix",
        "r-table",
        "titles",
        "markdown",
        "backslash",
        "wrapped",
        "links",
        "api",
        "cached-and-quoted",
        "hub-paths",
    ],
)
def test_a_text_is_read_as_what_it_is_whatever_it_is_called(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, body: str) -> None:
    bring(con, written(tmp_path, name, body))
    assert held(con) == TWO


def test_columns_without_a_header_are_named_in_the_mapping(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bring(con, written(tmp_path, "a.csv", CSV.partition("\n")[2]), 'header = ["id", "downloads"]')
    assert held(con) == TWO


def test_rows_that_their_own_column_calls_data_sets_are_not_loaded(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,type,downloads\nacme/alpha,model,41\numbra/beta,Model,7\nacme/texts,dataset,9\n")
    assert refused(con, path).endswith(
        'type is "dataset", not a model; only = { column = "type", values = ["model"] } in the mapping leaves them out'
    )
    bring(con, path, 'only = { column = "type", values = ["model"] }')
    assert held(con) == TWO


@pytest.mark.parametrize(
    ("figure", "fix"),
    [
        ("12%", "a share is not a count: map downloads_30d to the column of counts, or leave it out of the mapping"),
        ('"1,5"', 'if the comma stands before the fraction, say decimal = "," in the mapping'),
        ("~7K", "an approximate figure is not a count: leave downloads_30d out of the mapping, or write the figures alone"),
        ("soon", 'if it means that nothing is stated, say nulls = ["soon"] in the mapping'),
        ("-1", "a count is not negative: correct the file, or leave downloads_30d out of the mapping"),
        ("41.5", "a count has no fraction: map downloads_30d to the column of counts"),
    ],
)
def test_a_figure_that_cannot_be_read_is_told_with_the_fix(con: duckdb.DuckDBPyConnection, tmp_path: Path, figure: str, fix: str) -> None:
    assert refused(con, written(tmp_path, "a.csv", f"id,downloads\nacme/alpha,{figure}\n")).endswith(f"; {fix}")


def test_days_as_excel_numbers_them_are_read_where_the_mapping_says_so(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,downloads,seen\nacme/alpha,41,46090\numbra/beta,7,46090.75\n")
    bring(con, path, 'day = { column = "seen", format = "excel" }', day=None)
    assert held(con) == TWO


def test_a_list_of_records_in_a_parquet_file_is_read_with_the_day_beside_it(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    records = ", ".join(f"{{id: '{model_id}', stats: {{downloads: {count}}}}}" for model_id, _, count in TWO)
    con.execute(f"copy (select date '2026-03-09' as seen, [{records}] as models) to '{tmp_path}/a.parquet'")
    counters = 'downloads_30d = { column = "stats.downloads", window = "30d" }'
    assert '"seen" is not a column of lists of records; such is models' in refused(con, tmp_path / "a.parquet", 'records = "seen"')
    bring(con, tmp_path / "a.parquet", 'records = "models"\nday = { column = "seen" }', day=None, counters=counters)
    assert held(con) == TWO


def test_a_field_of_json_that_a_column_holds_as_text_is_read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    card = '{"license": "mit", "base_model": ["google/c"]}'
    con.execute(
        f"copy (select 'acme/alpha' as id, 41 as downloads, '{card}' as card union all select 'umbra/beta', 7, 'none') to '{tmp_path}/a.parquet'"
    )
    bring(
        con,
        tmp_path / "a.parquet",
        counters='downloads_30d = { column = "downloads", window = "30d" }\n[attributes]\nlicense_raw = "card.license"\nbase_models = "card.base_model"',
    )
    assert held(con) == TWO
    assert con.execute("select license_raw, base_models from listings order by model_id").fetchall() == [
        ("mit", ["google/c"]),
        (None, None),
    ]


def test_a_sheet_of_data_sets_is_none_of_models_and_a_column_named_twice_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Datasets"
    book.active.append(["id", "downloads"])
    book.active.append(["acme/texts", 9])
    book.save(tmp_path / "a.xlsx")
    assert "its sheet Datasets is of datasets, and only models are loaded" in refused(con, tmp_path / "a.xlsx")
    sheet = book.create_sheet("Models")
    for row in (["id", "downloads"], ["acme/alpha", 41], ["umbra/beta", 7]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    bring(con, tmp_path / "a.xlsx")
    assert held(con) == TWO
    sheet["C1"] = "downloads"
    book.save(tmp_path / "b.xlsx")
    [failed] = bring(con, tmp_path / "b.xlsx", day=date(2026, 3, 10))
    assert "the header of its sheet Models has downloads more than once; give each column a name of its own" in failed.message


def test_bases_may_be_addresses_and_words_that_are_no_ids(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bases = ["https://huggingface.co/google/c", "meta-llama/d", "two words"]
    body = json.dumps(RECORDS[0] | {"base": bases, "made": "2025-01-02T03:04:05Z"})
    more = "\n[attributes]\nbase_models = 'base'\ncreated_at = 'made'"
    bring(con, written(tmp_path, "a.jsonl", body), counters='downloads_30d = { column = "downloads", window = "30d" }' + more)
    [(own, created)] = con.execute("select list_sort(base_models), created_at::varchar from listings").fetchall()
    assert (own, created) == (["google/c", "meta-llama/d"], "2025-01-02 03:04:05")
