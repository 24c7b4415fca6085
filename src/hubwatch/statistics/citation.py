"""One number as a record that an article can print and a referee can check: value, bounds, scope, versions, SQL."""

import hashlib
import json
import shlex
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.clock import today
from hubwatch.errors import StatisticsError, plain
from hubwatch.facts import country_code, organization_name, similar_countries
from hubwatch.spelling import meant
from hubwatch.statistics import versions
from hubwatch.statistics.answer import Result, plain_lines
from hubwatch.statistics.definitions import whole_sql
from hubwatch.statistics.evaluate import run
from hubwatch.statistics.sentences import basis, sentence
from hubwatch.statistics.tabular import Cell, percent
from hubwatch.store import Value, literal, snapshot_of
from hubwatch.version import VERSION

# Parameters without an option of their own.
_SET = ("top", "model", "part", "split", "tolerance", "at_least", "scaled", "months", "nth")
_MOST = 12  # a group of more rows is described by its first and its last
_HOME = "https://github.com/hubwatch/hubwatch"
_LICENSES = "Apache-2.0 (software); data: as their sources state"


class Citation(BaseModel):
    """A citable record of a statistic, or of one group of it. The same question on the same data and facts has the same id."""

    model_config = ConfigDict(frozen=True)
    id: str
    sentences: tuple[str, ...]
    group: str | None
    numerator: Cell = None
    denominator: int | None = None
    labelled: float | None = None
    data_version: str
    facts_version: str
    facts: dict[str, str]
    definition_version: str
    hubwatch_version: str = VERSION
    file: str | None = None
    file_sha256: str | None = None
    file_address: str | None = None
    snapshot: int | None = None
    question: dict[str, Any]
    rerun: str
    query: str
    result: Result

    def to_text(self) -> str:
        """The record in plain lines, the query last."""
        context = self.result.context
        lines = [*self.sentences, "", f"Id: {self.id}", f"Statistic: {context.heading} ({context.statistic})"]
        lines += [f"Definition: {context.definition}", *self.result.notes()]
        if self.numerator is not None:
            lines.append(f"Numerator: {self.numerator:,}" if isinstance(self.numerator, int) else f"Numerator: {self.numerator}")
        if self.denominator is not None and context.denominator is None:
            of_it = f", of which {percent(self.labelled)} labelled" if self.labelled is not None and context.labelled is None else ""
            lines.append(f"Denominator of {self.group}: {self.denominator:,}{of_it}")
        lines += [*self._versions(), f"Re-run: {self.rerun}"]
        if not of_one_day(self.result) and " --day " not in self.rerun:
            lines.append("The hubs were observed on different days: once there are later ones, only the query gives these again.")
        lines += ["Verify: save this record with --format json, then hubwatch cite --verify FILE"]
        place = "duckdb -readonly hubwatch.duckdb" if self.snapshot is None else f"hubwatch sql --as-of {self.snapshot}"
        lines += [f"Or paste into `{place}`:", "", self.query.rstrip().rstrip(";") + ";"]
        return plain_lines("\n".join(lines)) + "\n"

    def to_json(self) -> str:
        """The whole record with the statistic's rows."""
        own = self.model_dump(mode="json", exclude={"result"})
        own["sentences"] = [plain(said) for said in self.sentences]
        return json.dumps(own | self.result.fields() | own, ensure_ascii=False, indent=2, default=str)

    def to_bibtex(self) -> str:
        """A BibTeX entry; the key is the id."""
        fields = self._reference()
        issued: date = fields["issued"]
        entry = {
            "title": "{" + latex(fields["title"]) + "}",
            "author": "{hubwatch}",
            "year": str(issued.year),
            "month": str(issued.month),
            "version": latex(fields["version"]),
            "howpublished": r"\url{" + fields["url"] + "}",
            "url": fields["url"],
            "urldate": f"{today()}",
            "license": _LICENSES,
            "note": latex(fields["note"]),
        }
        return f"@misc{{{self.id},\n" + "".join(f"  {key} = {{{value}}},\n" for key, value in entry.items()) + "}\n"

    def to_csl(self) -> str:
        """A CSL-JSON list of one item, for reference managers."""
        fields = self._reference()
        issued, now = fields["issued"], today()
        item = {
            "id": self.id,
            "type": "dataset",
            "title": fields["title"],
            "author": [{"literal": "hubwatch"}],
            "issued": {"date-parts": [[issued.year, issued.month, issued.day]]},
            "accessed": {"date-parts": [[now.year, now.month, now.day]]},
            "version": fields["version"],
            "URL": fields["url"],
            "license": _LICENSES,
            "note": fields["note"],
        }
        return json.dumps([item], ensure_ascii=False, indent=2)

    def _versions(self) -> list[str]:
        lines = [
            f"hubwatch version: {self.hubwatch_version}",
            f"Data version: {self.data_version}",
            f"Facts version: {self.facts_version}",
            f"Definition version: {self.definition_version}",
        ]
        if self.file_sha256:
            lines.append(f"File: {self.file}, SHA-256 {self.file_sha256}")
        if self.snapshot is not None:
            lines.append(f"Snapshot: {self.snapshot} of the lake")
        if self.file_address:
            lines.append(f"Published at: {self.file_address}")
        return lines

    def _reference(self) -> dict[str, Any]:
        context = self.result.context
        issued = max((seen.day for seen in context.observed), default=date(1970, 1, 1))
        note = " ".join(
            [
                *self.sentences,
                f"Unit: {context.unit}.",
                *(f"{line}." for line in [*self.result.observations(), *self.result.coverage()]),
                *(f"Note: {said}." for said in context.warnings),
                f"Re-run on a copy of the database: {self.rerun.partition(' --data ')[0]} --data FOLDER",  # what is printed names no folder of ours
            ]
        )
        version = f"hubwatch {self.hubwatch_version}, data {self.data_version}, facts {self.facts_version}"
        version += f", snapshot {self.snapshot}" if self.snapshot is not None else ""
        title = plain(f"{context.heading} ({self.result.scope()})")
        return {"title": title, "issued": issued, "note": plain(note), "version": version, "url": self.file_address or _HOME}


def _meant(con: duckdb.DuckDBPyConnection, result: Result, group: str, labels: list[str]) -> str:
    """The row's own label for a group written otherwise, by a country's name, or by another name of an organization."""
    if group in labels:
        return group
    dimensions, parts = str(result.context.parameters.get("by")).split(","), group.split(",")
    if len(parts) != len(dimensions):
        dimensions, parts = [""], [group]
    named = {"country": country_code, "organization": organization_name}
    found = [named[of](con, part) if of in named else None for of, part in zip(dimensions, parts, strict=True)]
    said = ", ".join(name or part.strip() for name, part in zip(found, parts, strict=True))
    return meant(said, labels, is_id=not {"model", "namespace"}.isdisjoint(dimensions)) or group


def cite(con: duckdb.DuckDBPyConnection, name: str, group: str | None = None, **parameters: Value) -> Citation:
    """The record of one statistic; with `group`, of that row. Raises StatisticsError as `run` does."""
    asked: dict[str, Any] = dict(parameters)
    return record(con, run(con, name, **asked), group, asked)


def record(
    con: duckdb.DuckDBPyConnection, result: Result, group: str | None, asked: dict[str, Any], address: str | None = None
) -> Citation:
    """The record of an answer, or of one group of it; `asked` is what the reader asked for, `address` where the file is published."""
    rows = result.records()
    if group is not None:
        group = _meant(con, result, group, [str(row.get(label(result))) for row in rows])
        rows = [row for row in rows if str(row.get(label(result))) == group]
        if not rows:
            raise StatisticsError(f"there is no group {group!r} in {result.context.statistic}; {_groups_told(con, result, group)}")
    context, facts, file = result.context, versions.of_facts(con), versions.file_of(con)
    snapshot = snapshot_of(con)
    data, facts_version = versions.of_data(context.observed), versions.in_one(facts)
    question = _question(result, asked.get("day"))
    told = rows[:3] if group is None else rows if len(rows) <= _MOST else [rows[0], rows[-1]]
    return Citation(
        id=_id(result, group, data, facts_version),
        sentences=(*(sentence(result, row) for row in told), basis(result)),
        group=group,
        numerator=rows[0].get("value") if group and len(rows) == 1 else None,
        denominator=_own(rows if group else [], "denominator", context.denominator),
        labelled=_own(rows if group else [], "labelled", context.labelled),
        data_version=" ".join(data),
        facts_version=facts_version,
        facts=facts,
        definition_version=versions.of_definition(whole_sql(context.statistic)),
        file=file.name if file else None,
        file_sha256=versions.sha256(file) if file and file.exists() else None,
        file_address=address,
        snapshot=snapshot,
        question=question,
        rerun=_rerun(result, group, question, file.parent if file else None, snapshot),
        query=_query(result, group),
        result=result,
    )


def _id(result: Result, group: str | None, data: list[str], facts_version: str) -> str:
    """The same question with the same answer from the same data and facts has the same id, whatever its query looks like."""
    context = result.context
    asked = context.parameters
    if "list" in asked:  # wherever the file lies
        asked = asked | {"list": Path(asked["list"]).name}
    content = [context.statistic, sorted(asked.items()), data, facts_version, group, result.columns, result.rows]
    return "hubwatch-" + hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:16]


def _query(result: Result, group: str | None) -> str:
    """SQL that gives the rows cited, and those only."""
    sql = result.context.sql.rstrip().rstrip(";")
    if group is None:
        return sql
    setup, end, sql = sql.rpartition(";\n")  # what makes a reader's own list
    whole = sql if sql.startswith("from ") and "\n" not in sql else f"from (\n{sql}\n)"
    return f'{setup}{end}{whole} where "{label(result)}"::varchar = {literal(group)}'


def _own(rows: list[dict[str, Cell]], column: str, otherwise: float | None) -> Any:
    """What all these rows say in a column; where they have none or differ, the whole result's."""
    said = {row[column] for row in rows if column in row}
    return said.pop() if len(said) == 1 else otherwise


def label(result: Result) -> str:
    """The column that names a row: its group, or where rows are of something else (measures, months), the first one."""
    return "group" if "group" in result.columns or not result.columns else result.columns[0]


def _groups_told(con: duckdb.DuckDBPyConnection, result: Result, wanted: str) -> str:
    """The group that is written nearly so, else the first ones and how many more there are."""
    names = list(dict.fromkeys(str(row.get(label(result))) for row in result.records()))
    near = [name for name in names if name.lower() == wanted.lower()] or get_close_matches(wanted, names, n=3, cutoff=0.7)
    if result.context.parameters.get("by") == "country":
        near += [one for one in similar_countries(con, wanted) if one.rpartition("(")[2][:-1] in names]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "there are " + ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _question(result: Result, day: Value) -> dict[str, Any]:
    """The parameters that ask the same again; where hubs' days differ and none was asked for, only the SQL fixes them all."""
    parameters = result.context.parameters if of_one_day(result) else result.context.parameters | {"day": day}
    return {name: str(value) if isinstance(value, date) else value for name, value in parameters.items() if value not in (None, [])}


def _rerun(result: Result, group: str | None, question: dict[str, Any], folder: Path | None, snapshot: int | None) -> str:
    """The command that asks the same again, from whatever folder."""
    parts = ["hubwatch", "cite", result.context.statistic.replace("_", "-")]
    for name, value in question.items():
        if name == "list" and Path(value).is_file():
            value = Path(value).absolute()  # the line is for any folder
        option = f"--{name.replace('_', '-')}"
        if name in _SET:
            parts += ["--set", shlex.quote(f"{name}={str(value).lower() if isinstance(value, bool) else value}")]
        elif value is True:
            parts.append(option)
        elif isinstance(value, list | tuple):
            parts += [word for one in value for word in (option, shlex.quote(str(one)))]
        elif value is not False:
            parts += [option, shlex.quote(str(value))]
    parts += ["--group", shlex.quote(group)] if group else []
    parts += ["--as-of", str(snapshot)] if snapshot is not None else []
    return " ".join([*parts, *(["--data", shlex.quote(str(folder))] if folder else [])])


def of_one_day(result: Result) -> bool:
    """Whether --day says all that is needed of the days: one for all hubs, or the last one of a single hub's."""
    return len({seen.day for seen in result.context.observed}) <= 1 or len({seen.hub for seen in result.context.observed}) == 1


def latex(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    special = {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
    return "".join(special.get(sign, "\\" + sign if sign in "&%$#_{}" else sign) for sign in text)
