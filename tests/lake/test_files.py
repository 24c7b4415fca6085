"""The published file in the DuckDB of the lake, which is an earlier one than that most files are made by."""

import subprocess
from pathlib import Path

import duckdb
import pytest

from hubwatch import store
from hubwatch.statistics import definitions

OTHER = Path(__file__).parents[2] / ".venv" / "bin" / "python"
MAKE = """
import sys
from pathlib import Path
import duckdb
from hubwatch import statistics, store

data = Path(sys.argv[1])
with store.open_warehouse(data) as con:
    statistics.measure(con)
store.publish(data)
print(duckdb.__version__)
"""


def test_every_statistic_of_a_file_that_a_later_duckdb_published_can_be_asked(tmp_path: Path) -> None:
    if not OTHER.exists():
        pytest.skip("there is no .venv with another DuckDB beside this environment")
    made = subprocess.run([OTHER, "-c", MAKE, tmp_path], check=True, capture_output=True, text=True, timeout=120)
    if made.stdout.split()[-1] == duckdb.__version__:
        pytest.skip(".venv has the same DuckDB as this environment")
    with store.open_published(tmp_path) as con:
        con.execute("create temp table listed (subject varchar, organization varchar)")
        for one in definitions():
            con.execute(f"from {one.name}()").fetchall()
