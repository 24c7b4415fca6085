"""The statistics there are, each read from the head comment of its own .sql file.

A head is a run of comment lines `-- key: text` (a line starting with `--   ` goes on with the one before):

    -- name: download_share          as the file
    -- title, definition, unit, window: words for readers
    -- parameters: hub, day, by=country|kind, metric=downloads_30d|likes     the first choice is the default

`-- include NAME` in the body stands for the text of parts/NAME.sql, so that the query a reader gets is whole.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from hubwatch.errors import HeadError, WrongQuestion

_FOLDER = Path(__file__).parent / "sql"
_REQUIRED = ("name", "title", "definition", "unit", "window", "parameters")
_INCLUDE = re.compile(r"^([ \t]*)-- include (\w+)(?: (\w+))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Definition:
    """What one statistic means, and its query with `$name` parameters."""

    name: str
    title: str
    definition: str
    unit: str
    window: str
    parameters: dict[str, tuple[str, ...]]
    sql: str

    @property
    def takes(self) -> str:
        return ", ".join(self.parameters)


@cache
def definitions() -> tuple[Definition, ...]:
    """Every statistic, by name. Raises HeadError for the first head that cannot be read."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def definition(name: str) -> Definition:
    """The statistic of that name, in kebab-case or snake_case; an unknown name is answered with the nearest ones."""
    wanted = name.strip().lower().replace("-", "_")
    known = {one.name: one for one in definitions()}
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=3, cutoff=0.5) or sorted(known)
    raise WrongQuestion(f"there is no statistic {name!r}; did you mean {', '.join(n.replace('_', '-') for n in near)}?")


def parse(text: str, stem: str) -> Definition:
    """The definition that a file's text gives; `stem` is the name the file must declare."""
    head: dict[str, str] = {}
    key = ""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("--") or line.startswith("-- include"):
            body = "\n".join(lines[number:]).strip() + "\n"
            break
        if line.startswith("--   ") and key:
            head[key] += " " + line[2:].strip()
        elif match := re.fullmatch(r"-- ([a-z]+): (.+)", line):
            key = match[1]
            head[key] = match[2].strip()
        else:
            raise HeadError(f"{stem}.sql line {number + 1}: expected '-- key: text', found {line!r}")
    else:
        raise HeadError(f"{stem}.sql has no query after its head")
    if missing := [key for key in _REQUIRED if not head.get(key)]:
        raise HeadError(f"{stem}.sql: its head lacks {', '.join(missing)}")
    if head["name"] != stem:
        raise HeadError(f"{stem}.sql declares the name {head['name']!r}; it must be its file's")
    parameters = _parameters(head["parameters"])
    sql = _with_parts(body)
    if unknown := set(re.findall(r"\$([a-z_]+)", sql)) - set(parameters) - {"hubs", "days", "sweeps"}:
        raise HeadError(f"{stem}.sql uses ${', $'.join(sorted(unknown))} but its head does not name them")
    return Definition(
        name=stem,
        title=head["title"],
        definition=head["definition"],
        unit=head["unit"],
        window=head["window"],
        parameters=parameters,
        sql=sql,
    )


def _read(path: Path) -> Definition:
    return parse(path.read_text(encoding="utf-8"), path.stem)


def _parameters(text: str) -> dict[str, tuple[str, ...]]:
    """`hub, by=a|b` as {"hub": (), "by": ("a", "b")}."""
    pairs = (part.strip().partition("=") for part in text.split(","))
    return {name: tuple(choices.split("|")) if choices else () for name, _, choices in pairs}


def _with_parts(body: str) -> str:
    def part(match: re.Match[str]) -> str:
        path = _FOLDER / "parts" / f"{match[2]}.sql"
        text = path.read_text(encoding="utf-8").strip().replace("{of}", match[3] or "")
        return "".join(f"{match[1]}{line}\n" for line in text.splitlines())

    while _INCLUDE.search(body):
        body = _INCLUDE.sub(part, body)
    return body
