"""Citable records: stable, checkable, and in the formats that references are kept in."""

import json
import re

import duckdb
import pytest

from hubwatch.cite import cite
from hubwatch.statistics import StatisticsError
from tests.statistics.world_of import WORLD, build

QUESTION = {"by": "country", "hub": "huggingface", "day": "2025-06-30"}


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return build(WORLD)


def test_the_record_says_value_bounds_scope_and_how_to_check(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", group="CN", **QUESTION)
    assert record.sentences == (
        "Share of downloads, huggingface on 2025-06-30: CN has 80.0% (between 80.0% and 85.0%, depending on the unlabelled): "
        "800 of 1,000 downloads in the 30 days before; policy six-tigers.",
    )
    text = record.to_text()
    for part in (
        record.id,
        "full sweep, complete, 7 records",
        record.data_version,
        "Labelled: 95.0%",
        "Numerator: 800",
        "Unit: ",
    ):
        assert part in text
    assert "hubwatch cite download-share --hub huggingface --day 2025-06-30 --by country --metric downloads_30d --policy six-tigers" in text


def test_the_sql_of_a_record_gives_its_rows_when_pasted(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", **QUESTION)
    sql = record.to_text().partition("hubwatch.duckdb`:\n\n")[2]
    assert "$" not in sql
    assert tuple(con.execute(sql).fetchall()) == record.result.rows


def test_the_same_call_on_the_same_data_has_the_same_id_and_other_data_another(con: duckdb.DuckDBPyConnection) -> None:
    first = cite(con, "download-share", **QUESTION).id
    assert cite(build(WORLD), "download-share", **QUESTION).id == first
    assert cite(con, "download-share", **(QUESTION | {"by": "kind"})).id != first
    changed = build(WORLD)
    changed.execute("update sweeps set content_hash = 'other'")
    assert cite(changed, "download-share", **QUESTION).id != first


def test_a_record_exports_as_json_bibtex_and_csl(con: duckdb.DuckDBPyConnection) -> None:
    record = cite(con, "download-share", **QUESTION)
    whole = json.loads(record.to_json())
    assert (whole["id"], whole["rows"][0]["group"], whole["observed"][0]["complete"]) == (record.id, "CN", True)
    assert json.loads(record.to_csl())[0]["issued"] == {"date-parts": [[2025, 6, 30]]}
    bibtex = record.to_bibtex()
    assert bibtex.startswith(f"@misc{{{record.id},")
    assert not re.search(r"(?<!\\)[%&$#_]", bibtex)
    assert bibtex.count("{") - bibtex.count(r"\{") == bibtex.count("}") - bibtex.count(r"\}")


def test_a_group_that_is_not_there_is_refused_with_those_that_are(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(StatisticsError, match="no group 'XX' in download_share; there are CN, US, unknown"):
        cite(con, "download-share", group="XX", **QUESTION)
