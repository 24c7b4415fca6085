"""The hand-written pages lead nowhere that is not there, and show no command, option or statistic that does not exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hubwatch import statistics
from hubwatch.cli.app import app
from tests.conftest import ROOT

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])


def shown(page: Path) -> Iterator[str]:
    """The commands of a page: lines of its code blocks, and code within its sentences."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines += [line.strip() for line in text.splitlines() if line.startswith("    ")]
    lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]
    yield from (line for line in lines if re.match(r"(hubwatch|make) (?!-->)", line))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_is_shown_exists(page: Path) -> None:
    assert [told for line in shown(page) if (told := fault(line))] == []


def fault(line: str) -> str | None:
    """What is wrong with a command as it is shown; capitals and ... stand for what the reader fills in."""
    words = shlex.split(line.split(" > ")[0].split(" && ")[0].split(" # ")[0], comments=False)
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return None if words[1] in targets or "=" in words[1] else f"{line}: there is no such target"
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and not rest[0].startswith("-") and (inner := getattr(command, "commands", None)) is not None:
        if rest[0].isupper() or rest[0] == "...":
            return None
        if rest[0] not in inner:
            return f"{line}: no command {rest[0]}"
        command, rest = inner[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    if unknown:
        return f"{line}: no option {', '.join(unknown)}"
    if command.name in ("stats", "cite") and rest and not rest[0].startswith("-") and not rest[0].isupper():
        names = {one.name for one in statistics.definitions()}
        return None if rest[0].replace("-", "_") in names else f"{line}: no statistic {rest[0]}"
    return None


def test_what_does_not_exist_is_found() -> None:
    assert fault("hubwatch stats download-share --hub huggingface") is None
    assert fault("hubwatch stats no-such-thing") == "hubwatch stats no-such-thing: no statistic no-such-thing"
    assert fault("hubwatch cite NAME --no-such-option") == "hubwatch cite NAME --no-such-option: no option --no-such-option"
    assert fault("hubwatch nothing") == "hubwatch nothing: no command nothing"
    assert fault("make nothing") == "make nothing: there is no such target"
