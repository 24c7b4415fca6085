"""`hubwatch plan` on the command line: what it prints, as text and JSON, and the schedules it writes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hubwatch.cli.app import app


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    for variable in ("HF_TOKEN", "HUBWATCH_HUGGINGFACE_RATE", "HF_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HUBWATCH_DATA", str(tmp_path / "held"))

    def run(*words: str) -> str:
        ended = CliRunner().invoke(app, ["plan", *words], catch_exceptions=False)
        assert ended.exit_code == 0
        return ended.stdout

    return run


def test_a_plan_prints_costs_and_what_stays_unseen_and_makes_no_folder(asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = asked("huggingface")
    assert "a day with everything: 3,221 requests" in text
    assert "1.67 requests a second, 500 in 300 s (anonymous); unseen for up to 6 days: 3,015,731 listings with 3.0% of downloads" in text
    assert not (tmp_path / "held").exists()


def test_a_plan_as_json_has_the_sweeps_the_sums_and_the_schedule(asked) -> None:  # type: ignore[no-untyped-def]
    made = json.loads(asked("huggingface", "wisemodel", "--token-kind", "pro", "--full", "daily", "--json"))
    assert [(hub["hub"], hub["token_kind"], [sweep["requests"] for sweep in hub["sweeps"]]) for hub in made["hubs"]] == [
        ("huggingface", "pro", [3118]),
        ("wisemodel", None, [None]),
    ]
    assert made["average_day"]["minutes"] == 6.2
    daily = {"sweep": "full", "cron": "0 1 * * *", "resume": "0 5 * * *"}
    assert made["schedule"] == [{"hub": hub, **daily} for hub in ("huggingface", "wisemodel")]
    assert (made["build_at"], made["not_included"], made["warnings"]) == ("06:00", ["wisemodel"], [])


def test_a_plan_writes_its_schedule_alone_on_stdout(asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert f"HUBWATCH_DATA={tmp_path / 'held'}\n" in asked("--write", "cron")
    assert asked("--write", "prefect").splitlines()[1] == "name: hubwatch"
