"""What a hub wrote is printed as text in every format, and is the same text in each; an encoding that lacks a character is no error."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hubwatch import statistics
from hubwatch.errors import HubwatchError, plain, told
from tests.conftest import ROOT, hubwatch

NASTY = "evil\x1b[41m\x1b]0;title\x07\u202egnp\x9b2J/mo\rdel"
SHOWN = "evil\\x1b[41m\\x1b]0;title\\x07\\u202egnp\\x9b2J/mo\\x0ddel"
QUERY = "select 'evil' || chr(27) || '[41m' || chr(27) || ']0;title' || chr(7) || chr(8238) || 'gnp' || chr(155) || '2J/mo' || chr(13) || 'del' as model_id"


def test_an_id_is_the_same_text_in_every_format() -> None:
    columns, rows = ("model_id", "value"), [(NASTY, 1)]
    assert plain(NASTY) == SHOWN
    assert json.loads(statistics.as_json(columns, rows)) == [{"model_id": SHOWN, "value": 1}]
    assert list(csv.reader(statistics.as_csv(columns, rows).splitlines())) == [["model_id", "value"], [SHOWN, "1"]]
    assert SHOWN.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") in statistics.as_markdown(columns, rows)


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_no_control_character_reaches_a_terminal(published: Path, form: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hubwatch", "sql", QUERY, "--format", form, "--data", str(published)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TERM": "xterm-256color", "COLUMNS": "200"}
    subprocess.run(command, stdout=theirs, stderr=theirs, env=environment, check=True, timeout=120)
    os.close(theirs)
    screen = b""
    while chunk := _read(ours):
        screen += chunk
    os.close(ours)
    text = screen.decode()
    assert "evil" in text
    assert not [sign for sign in ("\x1b[41m", "\x1b]0;", "\x07", "\u202e", "\x9b", "mo\rdel") if sign in text]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed and all is read
        return b""


def test_messages_are_text_too() -> None:
    assert told(HubwatchError(f"{NASTY} is not listed")) == f"{SHOWN} is not listed".replace("\\x0d", " ")


def test_markup_in_a_name_is_no_markup() -> None:
    cell = statistics.as_markdown(("name",), [("[click](http://evil) <img src=x> a|b `c` *d*",)]).splitlines()[-1]
    assert cell == r"| \[click\](http://evil) &lt;img src=x> a\|b \`c\` \*d\* |"


def test_a_character_that_the_output_lacks_is_replaced(published: Path) -> None:
    done = hubwatch(published, "sql", "select '智谱' as name", "--data", str(published), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "??"


def test_a_long_id_does_not_fill_the_screen() -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(width=10_000, file=out).print(statistics.as_table(("model_id",), [("x" * 5000,)], 10_000))
    assert max(len(line.rstrip()) for line in out.getvalue().splitlines()) == 160
