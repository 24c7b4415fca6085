"""hubwatch in Python: what a notebook does with the published file. The examples of the docstrings run here, too."""

import subprocess
import sys
from pathlib import Path

import pytest

import hubwatch
from hubwatch.errors import UsageError
from hubwatch.readers import Rows
from tests.conftest import ROOT
from tests.readers.conftest import LAST


def test_a_statistic_has_rows_notes_and_a_citation(published: Path) -> None:
    with hubwatch.open(published) as db:
        share = db.stats("download-share", hub="huggingface", by="country")
        assert [(row["group"], row["value"], row["share"]) for row in share] == [("CN", 700, 0.7), ("US", 200, 0.2), ("unknown", 100, 0.1)]
        assert share.context.denominator == 1000
        assert any(note.startswith("Labelled: 90.0%") for note in share.notes)
        assert share.citation.id == db.cite("download-share", hub="huggingface", by="country").id
        assert "CN has 70.0%" in share.cite("CN").sentences[0]
    assert repr(share) == f"Answer(3 rows of {', '.join(share.columns)})"


def test_two_dimensions_may_be_a_list(published: Path) -> None:
    with hubwatch.open(published) as db:
        listed = db.stats("download-share", hub="huggingface", by=["country", "kind"])
        assert listed.rows == db.stats("download-share", hub="huggingface", by="country,kind").rows
        assert listed.citation.id == db.cite("download-share", hub="huggingface", by="country,kind").id


def test_a_notebook_shows_figures_and_what_they_rest_on(published: Path) -> None:
    html = hubwatch.open(published).stats("download-share", hub="huggingface")._repr_html_()
    assert "<td>CN</td><td>700</td><td>70.00%</td>" in html
    assert "<li>Labelled: 90.0% of the denominator</li>" in html
    assert "<td>&lt;b&gt;\\x1b[41m</td>" in Rows(("name",), [("<b>\x1b[41m",)])._repr_html_()


def test_a_published_file_opens_by_its_own_path_wherever_it_was_copied(published: Path, tmp_path: Path) -> None:
    copy = tmp_path / "somebody-else's.duckdb"
    copy.write_bytes((published / "hubwatch.duckdb").read_bytes())
    ours, theirs = hubwatch.open(published), hubwatch.open(copy)
    record, other = (db.cite("download-share", "CN", hub="huggingface") for db in (ours, theirs))
    assert (record.id, record.file_sha256) == (other.id, other.file_sha256)
    assert other.file == copy.name


def test_one_file_can_be_open_several_times(published: Path) -> None:
    with hubwatch.open(published) as one, hubwatch.open(published) as other:
        assert one.sql("select count(*) as days from days").rows == other.sql("select count(*) as days from days").rows


def test_sql_gives_rows_and_touches_nothing_else(published: Path, tmp_path: Path) -> None:
    db = hubwatch.open(published)
    found = db.sql("select hub, count(*) as days from days group by hub")
    assert (found.columns, found.rows) == (("hub", "days"), [{"hub": "huggingface", "days": 2}])
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for query in (f"from '{tmp_path}/secret.csv'", f"copy days to '{tmp_path}/out.csv'", "delete from sweeps", "selec 1"):
        with pytest.raises(hubwatch.HubwatchError, match="the query failed"):
            db.sql(query)
    assert not (tmp_path / "out.csv").exists()


def test_errors_are_of_one_tree_and_say_what_to_do(published: Path, tmp_path: Path) -> None:
    db = hubwatch.open(published)
    with pytest.raises(hubwatch.HubwatchError, match="did you mean download-share"):
        db.stats("dowload-shares")
    with pytest.raises(hubwatch.HubwatchError, match="run `hubwatch run`"):
        hubwatch.open(tmp_path)
    with pytest.raises(hubwatch.HubwatchError, match="is not a folder"):
        hubwatch.open("")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_keeps_days_and_integers(published: Path, library: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    frame = (
        hubwatch.open(published)
        .sql("select day, nullif(records, 0) as records, nullif(rejected, 0) as none from days order by day")
        .df(library)
    )
    assert list(frame.columns) == ["day", "records", "none"]
    assert [str(day)[:10] for day in frame["day"]] == ["2026-01-31", "2026-03-02"]
    assert list(frame["records"]) == [3, 3]


def test_a_data_frame_of_nothing_that_is_installed_says_what_to_install(published: Path) -> None:
    with pytest.raises(UsageError, match="does not know 'excel'"):
        hubwatch.open(published).sql("select 1 as one").df("excel")


def test_importing_hubwatch_imports_neither_duckdb_nor_the_pipeline() -> None:
    code = "import sys, hubwatch; print(sorted({'duckdb', 'pydantic', 'httpx', 'typer', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src")
    assert done.stdout.strip() == "[]"


def test_the_examples_of_the_docstrings_run(published: Path) -> None:
    for text in (hubwatch.__doc__, hubwatch.open.__doc__):
        code = "\n".join(["import hubwatch", *_example(text or "")]).replace('"hubwatch-data"', repr(str(published)))
        exec(compile(code, "example", "exec"), {})


def _example(text: str) -> list[str]:
    """The indented lines that end a docstring's text."""
    lines = text.splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()][1:]
    least = min(indents, default=0) + 4
    return [line[least:] for line in lines[1:] if line.startswith(" " * least) or not line.strip()]


def test_unknown_attributes_are_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hubwatch.nothing  # noqa: B018


def test_the_versions_agree() -> None:
    assert f'version = "{hubwatch.__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_a_run_from_python_is_that_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubwatch.sandbox.server import Sandbox
    from tests.kept import record

    with Sandbox(huggingface=[record("Qwen/a", downloads=5)]) as sandbox:
        for name, value in (sandbox.endpoints | {"HUBWATCH_REPORT": "no"}).items():
            monkeypatch.setenv(name, value)
        result = hubwatch.run("huggingface", data=tmp_path, day=LAST, kind="head", floor=1)
    assert (result.hubs["huggingface"].records, result.hubs["huggingface"].complete) == (1, True)
    assert hubwatch.open(tmp_path).sql("select sweep from days").rows == [{"sweep": "head"}]
