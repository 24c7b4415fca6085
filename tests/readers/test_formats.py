"""Whatever lists something prints it as a table, JSON, CSV or Markdown; figures in tables are as people write them."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import hubwatch
from hubwatch.cli.app import app
from hubwatch.cli.output import figure
from hubwatch.cli.sql import examples

LISTS = (
    "stats",
    "stats download-share --hub huggingface",
    "claims",
    "flags",
    "orgs list",
    "orgs explain Qwen",
    "orgs explain 智谱",
    "orgs unknown",
    "orgs sensitivity",
    "models explain Qwen/a",
    "sql select*from(days)",
    "status --stale-days 100000",
    "verify",
    "plan huggingface",
    "prune --dry-run",
    "backfill mappings",
    "drop-day huggingface 2026-03-02",
)


def asked(data: Path, words: str, *more: str) -> Result:
    elsewhere = [] if words.removeprefix("--quiet ") in ("stats", "backfill mappings") else ["--data", str(data)]
    return CliRunner().invoke(app, [*words.split(), *more, *elsewhere], catch_exceptions=False)


@pytest.mark.parametrize("words", LISTS)
def test_every_list_is_also_json_csv_and_markdown(published: Path, words: str) -> None:
    printed = {form: asked(published, words, "--format", form) for form in ("json", "csv", "markdown")}
    assert {form: done.exit_code for form, done in printed.items() if done.exit_code not in (0, 1)} == {}
    json.loads(printed["json"].stdout)
    lines = [row for row in csv.reader(io.StringIO(printed["csv"].stdout)) if row and not words.startswith("models")]
    assert {len(row) for row in lines} == ({len(lines[0])} if lines else set())
    marked = [line for line in printed["markdown"].stdout.splitlines() if line.startswith("|")]
    assert len(marked) >= 2


@pytest.mark.parametrize("words", LISTS)
def test_every_list_is_quiet_when_only_problems_are_wanted(published: Path, words: str) -> None:
    done = asked(published, f"--quiet {words}")
    assert done.stdout == ""
    assert bool(done.stderr) == bool(done.exit_code)


def test_a_problem_is_named_also_when_only_problems_are_wanted(published: Path) -> None:
    stale = asked(published, "--quiet status").stderr.splitlines()
    assert stale[0].startswith("huggingface: STALE, complete to 2026-03-02")
    assert stale[-1].startswith("hubwatch: stale: huggingface; see above")
    wrong = asked(published, "--quiet verify")
    assert len(wrong.stderr.splitlines()) == 1 + int(wrong.stderr.splitlines()[-1].split()[1])


def test_an_organization_is_explained_by_a_table_of_sources_and_one_of_policies(published: Path) -> None:
    told = asked(published, "orgs explain 智谱").stdout
    heading, _, rest = told.partition("\n\nWhat sources say\n")
    said, _, made = rest.partition("\nWhat each policy makes of it\n")
    assert heading.startswith("Zhipu AI, also known as ")
    assert {line.split()[0] for line in said.splitlines()[2:] if line} >= {"fact", "organization", "policy"}
    assert [line.split()[:2] for line in made.splitlines()[2:4]] == [["policy", "six-tigers"], ["policy", "osai"]]


def test_a_country_that_nobody_knows_is_answered_with_those_written_like_it(published: Path) -> None:
    with hubwatch.open(published) as db, pytest.raises(hubwatch.HubwatchError, match=r"of country 'Chinaa'; did you mean China \(CN\)\?"):
        db.stats("download-share", hub="huggingface", country="Chinaa")


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        ("share of downloads", 0.7729884596775529, "77.3%"),
        ("downloads_total", 1234000704, "1,234.0 million"),
        ("models", 8, "8"),
        ("license", "mit", "mit"),
        ("share of models", None, None),
    ],
)
def test_measured_values_are_written_as_the_printed_ones_are(unit: str, value: object, shown: object) -> None:
    assert figure(unit, value) == shown


def test_the_shell_completes_statistics_and_hubs() -> None:
    def complete(line: str) -> list[str]:
        variables = {"_HUBWATCH_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        return CliRunner().invoke(app, [], env=variables, prog_name="hubwatch").stdout.split()

    assert complete("hubwatch stats download-sh") == ["download-share", "download-share-series"]
    assert complete("hubwatch stats --hub mod") == ["modelscope"]
    assert complete("hubwatch dem") == ["demo"]


def test_a_session_of_sql_begins_with_three_queries_that_give_rows(published: Path) -> None:
    with hubwatch.open(published) as db:
        rows = [db.sql(query).rows for query in examples(db)]
    assert [len(found) for found in rows] == [2, 3, 3]
    assert [row["group"] for row in rows[2]] == ["CN", "US", "unknown"]
