"""Forms of files that are not read, and how each becomes one that is."""

from pathlib import PurePosixPath
from typing import NamedTuple

from hubwatch.errors import DayFailure


class Form(NamedTuple):
    """A form: what it is called, what to do, and how its files are named and begin."""

    title: str
    cure: str
    suffixes: tuple[str, ...]
    begins: tuple[bytes, ...] = ()


def _by_pandas(reader: str) -> str:
    return f"convert it, as python -c \"import pandas; pandas.{reader}('FILE').to_parquet('FILE.parquet')\""


_YAML = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)"
_ARROW = "import pyarrow as a, pyarrow.parquet as p; p.write_table(a.ipc.open_stream('FILE').read_all(), 'FILE.parquet')"
_FORMS = (
    Form("Arrow (Feather)", _by_pandas("read_feather"), (".feather", ".arrow", ".ipc"), (b"ARROW1", b"FEA1")),
    Form("a stream of Arrow", f'convert it, as python -c "{_ARROW}"', (".arrows",), (b"\xff\xff\xff\xff",)),
    Form("YAML", f'convert it to JSON, as python -c "{_YAML}" < FILE > FILE.json', (".yaml", ".yml")),
    Form("a 7z archive", "unpack it, as 7z x FILE, and name its files", (".7z",), (b"7z\xbc\xaf\x27\x1c",)),
    Form("a RAR archive", "unpack it, as unrar x FILE, and name its files", (".rar",), (b"Rar!\x1a\x07",)),
    Form("packed with LZ4", "unpack it, as lz4 -d FILE, and name what it holds", (".lz4",), (b"\x04\x22\x4d\x18",)),
    Form("an SQLite database", 'export its table, as sqlite3 -header -csv FILE "select * from TABLE" > TABLE.csv',
         (".sqlite", ".sqlite3", ".db"), (b"SQLite format 3",)),
    Form("a DuckDB database", "export its table, as duckdb FILE \"copy TABLE to 'TABLE.parquet'\"", (".duckdb",)),
    Form("a database's dump", "load it there, and export its table as CSV", (".sql",)),
    Form("a pickle of Python", f"if you trust its maker, {_by_pandas('read_pickle')}", (".pkl", ".pickle")),
    Form("R's own data", 'convert it, as Rscript -e \'write.csv(readRDS("FILE"), "FILE.csv", row.names = FALSE)\'', (".rds",)),
    Form("R's own data", "load it in R, and write its table with write.csv(TABLE, \"FILE.csv\", row.names = FALSE)", (".rdata", ".rda")),
    Form("Stata's data", _by_pandas("read_stata"), (".dta",)),
    Form("SPSS data", _by_pandas("read_spss"), (".sav",)),
    Form("HDF5", _by_pandas("read_hdf"), (".h5", ".hdf5", ".hdf"), (b"\x89HDF",)),
    Form("ORC", _by_pandas("read_orc"), (".orc",)),
    Form("Avro", "convert it with DuckDB: install avro; load avro; copy (from read_avro('FILE')) to 'FILE.parquet'", (".avro",)),
    Form("a sheet of Apple Numbers", "export it there as CSV", (".numbers",)),
)  # fmt: skip


def refuse_other_form(name: str, start: bytes) -> None:
    """`DayFailure` with the cure for a file of a known form that is not read, by how it begins, else by its name."""
    suffix = PurePosixPath(name).suffix.lower()
    by_start = next((form for form in _FORMS if form.begins and start.startswith(form.begins)), None)
    form = by_start or next((form for form in _FORMS if suffix in form.suffixes), None)
    if form is not None:
        raise DayFailure(f"{name}: is {form.title}, which is not read; {form.cure}")
