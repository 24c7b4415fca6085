"""The pages of docs/ that are made from the code: the commands, the statistics, the dictionary of the data, the drawing of the architecture.

`make docs` writes them; tests/docs compares what stands there with what the code gives.
"""

import ast
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_BEGIN, _END = "<!-- drawing: made by docs/generate.py -->", "<!-- end of drawing -->"
_FLAT = ("clock", "errors", "outcomes", "settings", "stages", "version")  # modules that stand under all folders


def commands() -> str:
    """docs/cli.md: every command with its arguments and options."""
    import typer.main

    from hubwatch.cli.app import app
    from hubwatch.cli.help import GROUPS

    root = typer.main.get_command(app)
    lines = ["# Commands", "", "Made by `make docs` from the command line itself. `hubwatch --help` groups them in the same way.", ""]
    for heading, names in GROUPS.items():
        lines += [f"## {heading}", ""]
        for name in names:
            command = root.commands[name]
            subcommands = getattr(command, "commands", None)
            if subcommands:
                lines += [f"### hubwatch {name}", "", command.help.strip(), ""]
                for sub, inner in subcommands.items():
                    lines += _command(f"hubwatch {name} {sub}", inner, "####")
            else:
                lines += _command(f"hubwatch {name}", command, "###")
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str, command: object, mark: str) -> Iterator[str]:
    parameters = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]  # type: ignore[attr-defined]
    arguments = " ".join(_argument(one) for one in parameters if one.param_type_name == "argument")
    yield from (f"{mark} {name}{' ' + arguments if arguments else ''}", "", _first(command.help), "")  # type: ignore[attr-defined]
    if parameters:
        yield from ("| argument or option | meaning | default |", "| --- | --- | --- |")
    for one in parameters:
        said = _argument(one) if one.param_type_name == "argument" else ", ".join(one.opts)
        default = "" if one.default in (None, False, [], ()) or callable(one.default) else f"`{one.default}`"
        yield f"| `{said}` | {_cell(one.help or '')} | {default} |"
    if parameters:
        yield ""


def _argument(one: object) -> str:
    """An argument as in a line of usage: [NAME] where it may be left out, with ... where there may be several."""
    name = one.metavar or one.name.upper()  # type: ignore[attr-defined]
    return (name if one.required else f"[{name}]") + ("..." if one.nargs != 1 else "")  # type: ignore[attr-defined]


def dictionary() -> str:
    """docs/dictionary.md: every table, view and column of the published file with its meaning."""
    from hubwatch import statistics, store
    from hubwatch.facts import load_facts

    with tempfile.TemporaryDirectory() as folder, store.open_warehouse(Path(folder)) as con:
        load_facts().stage(con)
        statistics.measure(con)
        relations = con.execute(
            """select schema_name, table_name, comment, 'table' from duckdb_tables() where not internal and not temporary
               union all select schema_name, view_name, comment, 'view' from duckdb_views() where not internal and not temporary
               order by schema_name <> 'main', 1, 2"""
        ).fetchall()
        columns = con.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() where not internal order by column_index"
        ).fetchall()
    lines = ["# Dictionary of the data", "", "Made by `make docs` from the schema. The same words are comments inside the file:", ""]
    lines += ["    select table_name, column_name, comment from duckdb_columns() where schema_name = 'main';", ""]
    lines += ["`main` is for readers, `store` is what it is made of, `facts` are the reviewed facts as loaded.", ""]
    for schema, name, comment, kind in relations:
        shown = name if schema == "main" else f"{schema}.{name}"
        lines += [f"## {shown}", "", f"A {kind}: {_cell(comment or '')}.", "", "| column | type | meaning |", "| --- | --- | --- |"]
        lines += [
            f"| `{column}` | {of} | {_cell(said or '')} |" for at, table, column, of, said in columns if (at, table) == (schema, name)
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def statistics_page() -> str:
    """docs/statistics.md: every statistic with its definition, unit, window, parameters and the columns of its rows."""
    import typer

    from hubwatch import statistics
    from hubwatch.cli.app import app

    known = {said for one in typer.main.get_command(app).commands["stats"].params for said in one.opts}  # type: ignore[attr-defined]
    lines = [
        "# Statistics",
        "",
        "Made by `make docs` from the head of each statistic's SQL file. `hubwatch stats NAME` runs it, `hubwatch cite NAME`",
    ]
    lines += [
        "prints one row to quote, and `select * from NAME(...)` is the same in DuckDB 1.4 and later. Filters that most of them take: `--country`, `--kind`,"
    ]
    lines += [
        "`--organization`, `--namespace`, `--family`, `--task`, `--library`, `--license-class`, `--created-since`, `--created-until`, `--models FILE`,"
    ]
    lines += ["`--only originals|derivatives`, `--form`, `--leave-out`, `--without-flagged`.", ""]
    for one in sorted(statistics.definitions(), key=lambda one: one.name):
        own = {name: choices for name, choices in one.parameters.items() if name not in statistics.FILTER_NAMES}
        lines += [
            f"## {one.name.replace('_', '-')}",
            "",
            f"**{one.title}.** {_cell(one.definition)}",
            "",
            f"- Unit: {one.unit}",
            f"- Window: {one.window}",
        ]
        lines += ["- Options: " + "; ".join(_option(name, choices, known) for name, choices in own.items()), ""]
    return "\n".join(lines).rstrip() + "\n"


def _option(name: str, choices: tuple[str, ...], known: set[str]) -> str:
    """A parameter as the command line takes it: under its own name, or else by --set."""
    own = f"--{name.replace('_', '-')}"
    shown = f"`{own}`" if own in known else f"`--set {name}=`"
    return f"{shown} ({', '.join(one or 'none' for one in choices)})" if choices else shown


def drawing() -> str:
    """The folders of src/hubwatch as a mermaid graph: an arrow leads to what is imported, without what follows from other arrows."""
    imports = folder_imports()
    below: dict[str, set[str]] = {}

    def reach(name: str) -> set[str]:
        if name not in below:
            below[name] = set().union(*({other} | reach(other) for other in imports[name]))
        return below[name]

    lines = ["```mermaid", "flowchart TD"]
    for name in sorted(imports):
        direct = {other for other in imports[name] if not any(other in reach(between) for between in imports[name] - {other})}
        lines += [f"    {name} --> {other}" for other in sorted(direct)]
    return "\n".join([*lines, "```"])


def folder_imports() -> dict[str, set[str]]:
    """Each folder (and the modules pipeline, flows) with the folders that its modules import."""
    found: dict[str, set[str]] = {}
    package = ROOT / "src" / "hubwatch"
    files = [(_part(path.relative_to(package)), path) for path in sorted(package.rglob("*.py"))]
    files += [("flows", path) for path in sorted((ROOT / "flows").glob("*.py"))]
    parts = {part for part, _ in files if part not in _FLAT}
    for part, path in files:
        if part in _FLAT:
            continue
        mine = found.setdefault(part, set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hubwatch":
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.startswith("hubwatch.")]
            mine |= {name.split(".")[1] for name in names if name.split(".")[1] in parts} - {part}
    return found


def _part(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else {"__init__": "hubwatch", "__main__": "hubwatch"}.get(path.stem, path.stem)


def architecture() -> str:
    """docs/architecture.md with today's drawing between its marks."""
    text = (DOCS / "architecture.md").read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{drawing()}\n\n{_END}{rest.partition(_END)[2]}"


PAGES = {"cli.md": commands, "dictionary.md": dictionary, "statistics.md": statistics_page, "architecture.md": architecture}


def _first(text: str) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), "utf-8")
