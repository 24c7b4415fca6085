"""Help that teaches: commands in groups with examples, and the definition and choices of one statistic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from hubwatch.statistics import Definition

GROUPS = {
    "Look": ("demo", "stats", "cite", "claims", "flags", "orgs", "models", "report", "sql", "export"),
    "Collect": ("run", "collect", "build", "load", "classify", "link", "measure", "publish"),
    "Past": ("backfill",),
    "Operate": ("plan", "status", "doctor", "verify", "prune", "drop-day", "migrate", "maintain", "sandbox"),
}
TAKES = {
    "hub": "a hub's name",
    "day": "YYYY-MM-DD, an observed day",
    "source": "a source of the day, such as head or archive:NAME",
    "country": "a country's code or name",
    "policy": "a policy's name",
    "model": "OWNER/NAME",
    "models": "a file of ids, one a line, or a CSV with a column model_id",
    "leave_out": "a namespace or organization (repeatable)",
    "without_flagged": "true or false",
    "created_since": "YYYY-MM-DD",
    "created_until": "YYYY-MM-DD",
    "top": "a number of rows",
    "scaled": "true or false",
    "listed": "a table of the database",
}
EXAMPLES = (
    ("Start here", "hubwatch demo"),
    ("A share", "hubwatch stats download-share --hub huggingface --by country --data hubwatch-data/demo"),
    ("Cite it", "hubwatch cite download-share --hub huggingface --by country --group CN --data hubwatch-data/demo"),
    ("Collect today", "hubwatch run huggingface --sweep head"),
)


class GroupedCommands(TyperGroup):
    """The commands by what they are for, each with its whole first line, and examples below."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the groups; a command of no group comes last."""
        named = {name for names in GROUPS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in named)
        for heading, names in (GROUPS | ({"Other": rest} if rest else {})).items():
            rows = [(name, _first_line(command)) for name in names if (command := self.get_command(ctx, name)) and not command.hidden]
            with formatter.section(heading):
                formatter.write_dl(rows)
        with formatter.section("Examples"):
            for what, line in EXAMPLES:
                formatter.write(f"{' ' * formatter.current_indent}{what + ':':<15}{line}\n")


class StatisticCommand(TyperCommand):
    """`stats` and `cite`: with the name of a statistic, help has its definition, parameters and their choices."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note which statistic help is asked of."""
        if {"--help", "-h"} & set(args):
            ctx.meta["hubwatch.statistic"] = next((arg for arg in args if not arg.startswith("-")), None)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The command's own text, and that of the statistic."""
        super().format_help_text(ctx, formatter)
        if name := ctx.meta.get("hubwatch.statistic"):
            from hubwatch.statistics import definition

            _write_definition(formatter, definition(name))


def _write_definition(formatter: Any, one: Definition) -> None:
    with formatter.section(f"{one.name.replace('_', '-')}: {one.title}"):
        formatter.write_text(one.definition)
    with formatter.section("Unit and window"):
        formatter.write_dl([("unit", one.unit), ("window", one.window)])
    with formatter.section("Parameters (an option, or --set NAME=VALUE)"):
        formatter.write_dl([(name.replace("_", "-"), choices_told(name, choices)) for name, choices in one.parameters.items()])


def choices_told(name: str, choices: tuple[str, ...]) -> str:
    """What a parameter takes, its default first."""
    if name == "since":
        return "YYYY-MM-DD, the first day or the earlier of two"
    if name in ("group", "against"):
        return "a group's name [default: the largest and the second of the last day]"
    default = f" [default: {choices[0]}]" if choices and choices[0] and name != "hub" else ""
    if len(choices) > 1 or name == "metric":
        return ", ".join(filter(None, choices)) + (default or " [default: all]")
    return (TAKES.get(name, "a number" if choices and choices[0].isdigit() else f"only this {name.replace('_', ' ')}") + default).strip()


def statistic_names(incomplete: str) -> list[str]:
    """Names of statistics that begin so, for the shell: those of their files, because importing them takes long."""
    folder = Path(__file__).parents[1] / "statistics" / "sql"
    names = sorted(path.stem.replace("_", "-") for path in folder.glob("*.sql"))
    return [name for name in names if name.startswith(incomplete.replace("_", "-"))]


def by_choices(one: Definition) -> str:
    """What a statistic can be grouped by, in one line."""
    return ", ".join(one.parameters.get("by", ()))


def _first_line(command: Any) -> str:
    return (command.help or command.short_help or "").strip().split("\n")[0]
