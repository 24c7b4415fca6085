"""OSIR-LMTS's published tables, every cell, through the statistics that users run."""

import duckdb
import pytest

from hubwatch import statistics
from tests.shared import shared
from tests.statistics.world_of import empty, spread

MERGED = "golden/osir/merged_models.parquet"
SUMMARY = "golden/osir/published_model_summary.csv"
RANK = "golden/osir/published_model_rank.csv"


def month(snapshot: str) -> duckdb.DuckDBPyConnection:
    """A month of OSIR's merged models as a hub's day: modality as task, its organization of each namespace as origin."""
    con = empty()
    con.execute(f"""create view merged as
        select repo || '/' || model_name as model_id, * from '{shared(MERGED)}' where snapshot = '{snapshot}'""")
    con.execute("insert into listing_rows by name select 'huggingface' as hub, model_id, lower(modality) as task from merged")
    con.execute(f"""insert into observed by name
        select 'huggingface' as hub, model_id, date '{snapshot}' as day, downloads_last_month as downloads_30d, likes from merged""")
    con.execute("""insert into origins by name
        select distinct 'huggingface' as hub, repo as namespace, 'six-tigers' as policy, org as organization from merged""")
    spread(con)
    return con


def published(snapshot: str, prefix: str) -> dict[tuple[str, str], int]:
    """(organization, modality) -> printed cell, for the columns of a prefix; all-zero columns left to the caller."""
    rows = duckdb.execute(
        f"""unpivot (from '{shared(SUMMARY)}' where snapshot = '{snapshot}')
        on columns('^{prefix}_') into name k value v"""
    )
    names = [column[0] for column in rows.description]
    org, key, value = (names.index(name) for name in ("org", "k", "v"))
    return {(row[org], row[key].removeprefix(f"{prefix}_")): row[value] for row in rows.fetchall()}


def snapshots() -> list[str]:
    """The months in the shared tables, whichever they are; one placeholder where they are absent, so that the skip shows."""
    try:
        path = shared(SUMMARY)
    except pytest.skip.Exception:
        return ["absent"]
    return [day for (day,) in duckdb.execute(f"select distinct snapshot::varchar from '{path}' order by 1").fetchall()]


@pytest.mark.parametrize("snapshot", snapshots())
def test_every_download_and_count_cell_is_reproduced(snapshot: str) -> None:
    with month(snapshot) as con:
        result = statistics.run(con, "monthly_downloads", by="organization", split="task", at_least=50)
        likes = statistics.run(con, "download_share", by="organization", metric="likes")
    measured = {(row["group"], row["part"]): row for row in result.records()}
    for prefix, column in (("downloads", "value"), ("num", "models")):
        cells = {cell: v for cell, v in published(snapshot, prefix).items() if cell[1] != "adapted_chips"}
        assert len(cells) >= 80
        assert {cell: measured.get(cell, {}).get(column, 0) for cell in cells} == cells
    summary = f"select org, likes from '{shared(SUMMARY)}' where snapshot = '{snapshot}' and likes > 0"
    printed = dict(duckdb.execute(summary).fetchall())
    assert {row["group"]: row["value"] for row in likes.records() if row["group"] in printed} == printed


@pytest.mark.parametrize("snapshot", snapshots())
def test_every_rank_and_score_is_reproduced(snapshot: str) -> None:
    path = shared(RANK)
    with empty() as con:
        rows = con.execute(f"""with relative as (
              select org, parts.relative(v, max(v) over (partition by k)) as part from (
                unpivot (select * from '{shared(SUMMARY)}' where snapshot = '{snapshot}')
                on columns(* exclude (snapshot, org)) into name k value v))
            select org, dense_rank() over (order by score desc), score from (select org, parts.score(part) as score from relative group by org)""").fetchall()
    printed = duckdb.execute(f"select org, rank, score from '{path}' where snapshot = '{snapshot}'").fetchall()
    assert {(org, rank) for org, rank, _ in rows} == {(org, rank) for org, rank, _ in printed}
    assert {org: score for org, _, score in rows} == pytest.approx({org: score for org, _, score in printed}, abs=1e-9)
