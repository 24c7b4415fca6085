"""Days as columns, as sheets, or as lists of each model: what `inspect` drafts reads each cell as that day's, an empty one as none."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from hubwatch.archives.mapping import read_mapping
from hubwatch.errors import DayFailure, UsageError
from hubwatch.store import warehouse as store
from tests.archives.test_inspection import answered, drafted, questions
from tests.archives.test_shapes import Rows, bring, refused, written
from tests.conftest import with_warehouse

NINTH, TENTH = date(2026, 3, 9), date(2026, 3, 10)
THREE: Rows = [("acme/alpha", NINTH, 41), ("acme/alpha", TENTH, 42), ("umbra/beta", TENTH, 0)]
DAYS = 'day = { column_names = "([0-9]{4}-[0-9]{2}-[0-9]{2})" }'
VALUE = 'downloads_30d = { column = "value", window = "30d" }'


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = store.open_warehouse(with_warehouse(tmp_path / "data"))
    yield opened
    opened.close()


def held(con: duckdb.DuckDBPyConnection, counter: str = "downloads_30d") -> Rows:
    return con.execute(f"select model_id, day, {counter} from all_observations order by all").fetchall()


def a_sheet(path: Path) -> None:
    book = Workbook()
    for row in (["id", NINTH, TENTH], ["acme/alpha", 41, 42], ["umbra/beta", None, 0]):
        book.active.append(row)
    book.save(path)


def sheets(path: Path, names: tuple[str, ...]) -> None:
    book = Workbook()
    book.active.title = "Notes"
    for name, counts in zip(names, ((41, None), (42, 0)), strict=False):
        sheet = book.create_sheet(name)
        sheet.append(["id", "downloads"])
        for model, count in zip(("acme/alpha", "umbra/beta"), counts, strict=True):
            if count is not None:
                sheet.append([model, count])
    last = book.create_sheet("Summary")
    last.append(["id", "downloads"])
    last.append(["acme/alpha", 9])
    book.save(path)


def a_parquet(path: Path, row: str) -> None:
    rows = f"select unnest(['acme/alpha', 'umbra/beta']) as id, unnest([{row}]) as said"
    with duckdb.connect() as own:
        own.execute(f"copy (select id, {'said.*' if row[0] == '{' else 'said'} from ({rows})) to '{path}'")


NESTED = [{"id": "acme/alpha", "downloads": {"2026-03-09": 41, "2026-03-10": 42.0}}, {"id": "umbra/beta", "downloads": {"2026-03-10": 0}}]
HISTORY = {"id": "acme/alpha", "days": [{"date": "2026-03-09", "downloads": 41}, {"date": "2026-03-10", "downloads": 42}]}
FILES = {
    "plain.csv": "id,2026-03-09,2026-03-10\nacme/alpha,41,42\numbra/beta,,0\n",
    "pandas.csv": "id,2026-03-09 00:00:00,2026-03-10 00:00:00\nacme/alpha,41.0,42.0\numbra/beta,nan,0.0\n",
    "two.csv": "id,likes_2026-03-09,downloads_2026-03-09,downloads_2026-03-10,rank\nacme/alpha,3,41,42,1\numbra/beta,,,0,2\n",
    "r.csv": '"","id","X2026.03.09","X2026.03.10"\n"1","acme/alpha",41,42\n"2","umbra/beta",NA,0\n',
    "european.csv": "id;09.03.2026;10.03.2026\nacme/alpha;41;42\numbra/beta;;0\n",
    "months.csv": "id,2026-03,2026-04\nacme/alpha,41,42\numbra/beta,,0\n",
    "month_long.csv": "id,month,downloads\nacme/alpha,2026-03,41\nacme/alpha,2026-04,42\numbra/beta,2026-04,0\n",
    "latest.csv": "id,likes,2026-03-09,2026-03-10\nacme/alpha,9,41,42\numbra/beta,9,,0\n",
    "records.json": '[{"id":"acme/alpha","2026-03-09":41,"2026-03-10":42},{"id":"umbra/beta","2026-03-09":null,"2026-03-10":0}]',
    "nested.jsonl": "\n".join(map(json.dumps, NESTED)),
    "index.json": json.dumps({"2026-03-09": {"acme/alpha": 41}, "2026-03-10": {"acme/alpha": 42, "umbra/beta": 0}}),
    "history.json": json.dumps([HISTORY, {"id": "umbra/beta", "days": [{"date": "2026-03-10", "downloads": 0}]}, {"id": "umbra/gamma"}]),
    "history.jsonl": json.dumps(HISTORY)
    + '\n{"id":"umbra/beta","days":[{"date":"2026-03-10","downloads":0}]}\n{"id":"umbra/gamma","days":null}',
    "epoch.json": json.dumps({"1773014400000": {"acme/alpha": 41}, "1773100800000": {"acme/alpha": 42, "umbra/beta": 0}}),
}
PARQUET = {
    "plain.parquet": "{'2026-03-09': 41, '2026-03-10': 42}, {'2026-03-09': null, '2026-03-10': 0}",
    "doubles.parquet": "{'2026-03-09': 41.0::double, '2026-03-10': 42}, {'2026-03-09': 'nan'::double, '2026-03-10': 0}",
    "map.parquet": "map {date '2026-03-09': 41, date '2026-03-10': 42}, map {date '2026-03-10': 0}",
    "list.parquet": "[{'day': date '2026-03-09', 'downloads': 41}, {'day': date '2026-03-10', 'downloads': 42}], "
    "[{'day': date '2026-03-10', 'downloads': 0}]",
    "map_of_objects.parquet": "map {'2026-03-09': {'downloads': 41}, '2026-03-10': {'downloads': 42}}, map {'2026-03-10': {'downloads': 0}}",
}


SHEETS = {
    "iso.xlsx": ("2026-03-09", "2026-03-10"),
    "2026-03-31.xlsx": ("20260309", "20260310"),
    "short.xlsx": ("9 Mar 2026", "10 Mar 2026"),
}


@pytest.mark.parametrize("name", [*FILES, *PARQUET, *SHEETS, "book.xlsx"])
def test_each_column_is_a_day_and_an_empty_cell_is_none(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name in FILES:
        path.write_text(FILES[name])
    elif name in PARQUET:
        a_parquet(path, PARQUET[name])
    elif name in SHEETS:
        sheets(path, SHEETS[name])
    else:
        a_sheet(path)
    draft = drafted(path)
    assert questions(draft) - {"day"} == {"hub", "extent", "downloads"}
    assert ("day" in questions(draft)) == (name == "european.csv" or "month" in name)
    text = answered(draft, {"hub": "huggingface", "extent": "head", "downloads": "30d", "day": "last" if "month" in name else "%d.%m.%Y"})
    how = tmp_path / "how.toml"
    how.write_text(text)
    days = bring(con, path, read=how)
    assert [day.outcome for day in days] == ["loaded", "loaded"]
    ends = {NINTH: date(2026, 3, 31), TENTH: date(2026, 4, 30)} if "month" in name else {}
    assert held(con) == [(model, ends.get(day, day), count) for model, day, count in THREE]  # type: ignore[call-overload]
    assert held(con, "likes")[0][2] == (3 if name == "two.csv" else None)


def test_each_day_is_judged_by_its_own_cells_and_a_reject_has_the_files_row(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good = "".join(f"acme/m{number},{number},{number}\n" for number in range(30))
    bad = "umbra/n0,?!,7\n" + "umbra/n0,,8\n" * 3
    path = written(tmp_path, "wide.csv", "id,2026-03-09,2026-03-10\n" + good + bad)
    first, second = bring(con, path, DAYS, None, VALUE)
    assert (first.outcome, first.records, first.rejected, first.duplicates) == ("loaded", 31, 1, 0)
    assert second.outcome == "failed"
    assert "umbra/n0 is in" in second.message
    rejects = con.execute("select position, day, reason from rejects").fetchall()
    assert rejects == [(f"{path} row 31", NINTH, 'downloads_30d "?!" is not an integer')]


def test_a_sheet_whose_names_are_in_several_rows_and_a_table_of_models_in_columns_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["", "downloads", "downloads"], ["day", NINTH, TENTH], ["id", None, None], ["acme/alpha", 41, 42]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(
        DayFailure, match="2 columns of its sheet Sheet have no name in row 3, where its header is; where names are in several"
    ):
        drafted(tmp_path / "book.xlsx")
    with pytest.raises(DayFailure, match="its columns are models; turn it, so that each model is a row"):
        drafted(written(tmp_path, "turned.csv", "day,acme/alpha,umbra/beta\n2026-03-09,41,7\n"))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("id,2026-03-09,20260309", "columns 2026-03-09 and 20260309 are both of 2026-03-09; leave one out"),
        ("id,2026-03-09,2026-03-09", "its header has 2026-03-09 more than once"),
        ("id,downloads,likes", "no column has a date in its name where the mapping looks for it"),
        ("id,2026-03-09,2026-13-10", '"2026-13-10" is not a date of form YYYY-MM-DD'),
    ],
)
def test_columns_that_cannot_be_days_are_named(con: duckdb.DuckDBPyConnection, tmp_path: Path, header: str, told: str) -> None:
    path = written(tmp_path, "wide.csv", f"{header}\nacme/alpha,41,42\n")
    assert told in refused(con, path, 'day = { column_names = "([0-9]{4}-?[0-9]{2}-?[0-9]{2})" }')


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ('column = "day", column_names = "(x)"', None),
        ('column = "month", column_names = "(x)"', "say either column or column_names"),
        ('column_names = "[0-9]+"', "column_names needs exactly one group, around the date"),
        ('column_names = "("', "column_names is no regular expression"),
        ('column = "month", format = "%Y-%m"', 'format "%Y-%m" has no day; say which its counters were read on, as day_of_month ='),
        ('column = "day", format = "%Y-%m-%d", day_of_month = "last"', "day_of_month goes with a format without days"),
    ],
)
def test_what_a_mapping_says_of_days_is_checked(tmp_path: Path, day: str, told: str | None) -> None:
    path = written(tmp_path, "how.toml", f'name = "wide"\ntitle = "wide"\nhub = {{ value = "huggingface" }}\nday = {{ {day} }}\n')
    if told is None:
        assert read_mapping(str(path)).day.column == "day"
        return
    with pytest.raises(UsageError) as refusal:
        read_mapping(str(path))
    assert told in str(refusal.value)
