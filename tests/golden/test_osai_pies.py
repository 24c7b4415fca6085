"""The European Open AI Index's pies of 2025-06-09 come out of our own organization facts and policies, through a statistic users run."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hubwatch import statistics
from hubwatch.classify.origins import classify
from hubwatch.facts.reader import load_facts
from hubwatch.store import warehouse as store
from tests.shared import shared

COUNTRIES = {"United States": "US", "China": "CN"}


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database whose table `listed` holds the index's systems with our organization of each.

    A system that is itself the work of a body of its own in our facts (OmniGen is one person's) is that body's.
    """
    with shared("golden/osai/models_2025-06-09.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    facts = load_facts()
    known = {row.organization.lower(): row.organization for row in facts.organizations}
    for row in facts.organizations:
        for name in row.other_names:
            known.setdefault(name.lower(), row.organization)
    opened = store.open_warehouse(Path(tmp_path_factory.mktemp("osai")))
    classify(opened, facts)
    opened.execute("create temp table listed (subject varchar, organization varchar)")
    resolved = [
        [row["file"], known.get(row["system_name"].lower()) or known.get(row["org_name"].replace("; ", ", ").strip().lower())]
        for row in rows
    ]
    opened.executemany("insert into listed values (?, ?)", resolved)
    yield opened
    opened.close()


def counted(con: duckdb.DuckDBPyConnection, **asked: str) -> Counter[str]:
    result = statistics.run(con, "listed_origin_share", **asked)
    return Counter({str(row["group"]): int(str(row["value"])) for row in result.records()})


def test_every_system_of_the_index_has_an_organization(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select subject from listed where organization is null").fetchall() == []


def test_the_pie_of_chinese_models_under_the_index_own_policy(con: duckdb.DuckDBPyConnection) -> None:
    kinds = counted(con, by="kind", country="CN", policy="osai")
    other = sum(kinds.values()) - kinds["academic"] - kinds["ai_tiger"] - kinds["big_tech"]
    assert (sum(kinds.values()), kinds["academic"], kinds["ai_tiger"], kinds["big_tech"], other) == (44, 15, 11, 7, 11)


def test_by_the_articles_six_names_nine_are_tigers(con: duckdb.DuckDBPyConnection) -> None:
    assert counted(con, by="kind", country="CN", policy="six-tigers")["ai_tiger"] == 9


def test_national_origins_and_big_tech_of_the_whole_index(con: duckdb.DuckDBPyConnection) -> None:
    countries = counted(con, by="country", policy="osai")
    assert (countries["US"], countries["CN"], sum(countries.values())) == (55, 44, 141)
    kinds = counted(con, by="kind", policy="osai")
    assert kinds["academic"] == 43
    assert kinds["big_tech"] - counted(con, by="kind", country="CN", policy="osai")["big_tech"] == 20  # one of them of two countries
