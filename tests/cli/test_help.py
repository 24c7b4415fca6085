"""Help that teaches: everything in a group, nothing cut, quick, and a statistic's own definition and choices."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.testing import CliRunner

from hubwatch.cli import app, running
from hubwatch.cli.help import EXAMPLES, GROUPS, choices_told
from hubwatch.hubs import HUBS
from hubwatch.pages import Sweep
from hubwatch.statistics import definitions
from tests.conftest import ROOT, hubwatch


def test_every_command_is_in_one_group_and_no_description_is_cut(tmp_path: Path) -> None:
    commands = set(typer.main.get_command(app.app).commands)  # type: ignore[attr-defined]
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(commands)
    done = hubwatch(tmp_path, "--help")
    assert done.returncode == 0
    assert "..." not in done.stdout.partition("Options:")[2]
    assert all(f"{heading}:" in done.stdout for heading in GROUPS)
    assert all(line in done.stdout for _, line in EXAMPLES)


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with its options."""
    if inner := getattr(command, "commands", None):
        for name, one in inner.items():
            yield from leaves(one, (*path, name))
    else:
        yield " ".join(path), {option for parameter in command.params for option in parameter.opts}


def test_every_command_but_a_tour_and_a_draft_has_a_choice_of_formats() -> None:
    having = {name: "--format" in options for name, options in leaves(typer.main.get_command(app.app))}
    assert len(having) > 30
    assert {name for name, has in having.items() if not has} == {"demo", "backfill inspect"}


def test_help_of_a_statistic_has_its_definition_and_choices(tmp_path: Path) -> None:
    told = " ".join(hubwatch(tmp_path, "stats", "download-share", "--help").stdout.split())
    for part in (
        "download-share: Share of downloads",
        "share_low",
        "organization",
        "downloads_30d, downloads_total, likes, models [default: downloads_30d]",
    ):
        assert part in told
    assert "download-share: Share" not in hubwatch(tmp_path, "stats", "--help").stdout
    wrong = hubwatch(tmp_path, "stats", "dowload-shares", "--help")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("hubwatch: there is no statistic 'dowload-shares'; did you mean download-share")


def test_usage_brackets_once_what_may_be_left_out() -> None:
    for words, usage in (
        (("stats",), "[NAME]"),
        (("run",), "[HUB]..."),
        (("doctor",), "[HUB]"),
        (("sql",), "[QUERY]"),
        (("export",), "[DIR]"),
    ):
        told = CliRunner().invoke(app.app, [*words, "--help"]).stdout.splitlines()[0]
        assert told == f"Usage: hubwatch {words[0]} [OPTIONS] {usage}"


def test_every_parameter_of_a_statistic_says_what_it_takes_and_no_choice_is_empty() -> None:
    told = {(name, choices_told(name, choices)) for one in definitions() for name, choices in one.parameters.items()}
    assert [one for one in sorted(told) if "a value" in one[1] or one[1].startswith(("[", ",")) or "default: ]" in one[1]] == []
    assert {
        ("only", "originals, derivatives [default: all]"),
        ("without_flagged", "true or false [default: false]"),
        ("created_since", "YYYY-MM-DD"),
        ("top", "a number of rows [default: 20]"),
        ("task", "only this task"),
    } <= told


def test_help_imports_no_stage() -> None:
    code = (
        "import sys; from hubwatch.cli import app; "
        "print(sorted(name for name in ('duckdb', 'pydantic', 'httpx', 'rich.table', 'hubwatch.pipeline', 'hubwatch.store') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src")
    assert done.stdout.strip() == "[]"


def test_what_help_says_without_importing_is_true() -> None:
    from hubwatch.cli.options import hub_names

    assert sorted(hub_names()) == sorted(HUBS)
    defaults = inspect.signature(running.run).parameters
    assert (defaults["floor"].default, defaults["license_budget"].default) == (Sweep.floor, Sweep.license_budget)
