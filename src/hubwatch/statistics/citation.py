"""One number as a record that an article can print and a reader can check: value, bounds, scope, data version, SQL."""

import hashlib
import json
import shlex
from datetime import date
from difflib import get_close_matches
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from hubwatch.errors import StatisticsError
from hubwatch.statistics.answer import Cell, Result, percent, said_plainly, shown
from hubwatch.statistics.days import ObservedDay
from hubwatch.statistics.evaluate import run
from hubwatch.store import Value

_PARTS = ("month", "day", "license_class", "size_class", "part", "place", "hubs", "hub")  # what a row is of beside its group
_RANKS = ("rank", "previous_rank")
_OPTIONS = ("by", "metric", "hub", "country", "policy", "day", "since", "without_flagged")  # the others are given with --set
_FEW = 4  # so many observed days are named one by one
_MOST = 12  # a group of more rows is told by its first and its last
_KINDS = {
    "downloads_30d": "downloads in the 30 days before",
    "downloads_total": "downloads since creation",
    "likes": "likes",
    "models": "models",
}


class Citation(BaseModel):
    """A citable record of a statistic, or of one group of it. The same question on the same data has the same id."""

    model_config = ConfigDict(frozen=True)
    id: str
    sentences: tuple[str, ...]
    group: str | None
    numerator: Cell = None
    denominator: int | None = None
    labelled: float | None = None
    data_version: str
    rerun: str
    result: Result

    def to_text(self) -> str:
        """The record in plain lines, the SQL last."""
        context = self.result.context
        lines = [*self.sentences, "", f"Id: {self.id}", f"Statistic: {context.title} ({context.statistic})"]
        lines += [f"Definition: {context.definition}", *self.result.notes()]
        if self.numerator is not None:
            lines.append(f"Numerator: {self.numerator:,}" if isinstance(self.numerator, int) else f"Numerator: {self.numerator}")
        if self.denominator is not None and context.denominator is None:
            of_it = f", of which {percent(self.labelled)} labelled" if self.labelled is not None and context.labelled is None else ""
            lines.append(f"Denominator of {self.group}: {self.denominator:,}{of_it}")
        for seen in context.observed:
            archive = seen.sweep.startswith("archive")
            extent = (
                f"{seen.sweep}, a published snapshot" if archive else f"{seen.sweep} sweep, {'complete' if seen.complete else 'INCOMPLETE'}"
            )
            of = f" of {seen.listed_total:,} there are by the hub's word" if seen.listed_total else ""
            lines.append(f"Observed: {seen.hub} on {seen.day}, {extent}, {seen.records or 0:,} records{of}")
        lines += [f"Data version: {self.data_version}", f"Re-run: {self.rerun}"]
        if not _of_one_day(self.result) and " --day " not in self.rerun:
            lines.append("The hubs were observed on different days: when there are later ones, only the SQL gives these again.")
        lines += ["Or paste into `duckdb hubwatch.duckdb`:", ""]
        return "\n".join(lines) + "\n" + context.sql.rstrip() + ";\n"

    def to_json(self) -> str:
        """The whole record with the statistic's rows."""
        own = self.model_dump(mode="json", exclude={"result"})
        return json.dumps(own | json.loads(self.result.to_json()) | own, ensure_ascii=False, indent=2)

    def to_bibtex(self) -> str:
        """A BibTeX entry; the key is the id."""
        fields = self._reference()
        issued: date = fields["issued"]
        entry = {
            "title": "{" + _latex(fields["title"]) + "}",
            "author": "{hubwatch}",
            "year": str(issued.year),
            "month": str(issued.month),
            "version": _latex(self.data_version),
            "note": _latex(fields["note"]),
        }
        return f"@misc{{{self.id},\n" + "".join(f"  {key} = {{{value}}},\n" for key, value in entry.items()) + "}\n"

    def to_csl(self) -> str:
        """A CSL-JSON list of one item, for reference managers."""
        fields = self._reference()
        issued: date = fields["issued"]
        item = {
            "id": self.id,
            "type": "dataset",
            "title": fields["title"],
            "author": [{"literal": "hubwatch"}],
            "issued": {"date-parts": [[issued.year, issued.month, issued.day]]},
            "version": self.data_version,
            "note": fields["note"],
        }
        return json.dumps([item], ensure_ascii=False, indent=2)

    def _reference(self) -> dict[str, Any]:
        context = self.result.context
        issued = max((seen.day for seen in context.observed), default=date(1970, 1, 1))
        note = " ".join([*self.sentences, f"Unit: {context.unit}.", f"Re-run: {self.rerun}"])
        return {"title": f"{context.title} ({self.result.scope()})", "issued": issued, "note": note}


def cite(con: duckdb.DuckDBPyConnection, name: str, group: str | None = None, **parameters: Value) -> Citation:
    """The record of one statistic; with `group`, of that row. Raises StatisticsError as `run` does."""
    asked: dict[str, Any] = dict(parameters)
    result = run(con, name, **asked)
    rows = result.records()
    if group is not None:
        rows = [row for row in rows if str(row.get(_label(result))) == group]
        if not rows:
            raise StatisticsError(f"there is no group {group!r} in {result.context.statistic}; {_groups_told(result, group)}")
    versions = _versions(result.context.observed)
    told = rows[:3] if group is None else rows if len(rows) <= _MOST else [rows[0], rows[-1]]
    sentences = tuple(_sentence(result, row) for row in told)
    content = [result.context.statistic, result.context.sql, versions, group, result.columns, result.rows]
    return Citation(
        id="hubwatch-" + hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:16],
        sentences=sentences,
        group=group,
        numerator=rows[0].get("value") if group and len(rows) == 1 else None,
        denominator=_own(rows if group else [], "denominator", result.context.denominator),
        labelled=_own(rows if group else [], "labelled", result.context.labelled),
        data_version=" ".join(versions),
        rerun=_rerun(result, group, asked.get("day")),
        result=result,
    )


def _own(rows: list[dict[str, Cell]], column: str, otherwise: float | None) -> Any:
    """What all these rows say in a column; where they have none or differ, the whole result's."""
    said = {row[column] for row in rows if column in row}
    return said.pop() if len(said) == 1 else otherwise


def _label(result: Result) -> str:
    """The column that names a row: its group, or where rows are of something else (measures, months), the first one."""
    return "group" if "group" in result.columns or not result.columns else result.columns[0]


def _groups_told(result: Result, wanted: str) -> str:
    """The group that is spelled nearly so, else the first ones and how many more there are."""
    names = list(dict.fromkeys(str(row.get(_label(result))) for row in result.records()))
    near = [name for name in names if name.lower() == wanted.lower()] or get_close_matches(wanted, names, n=3, cutoff=0.7)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "there are " + ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _versions(observed: tuple[ObservedDay, ...]) -> list[str]:
    """Hub, day and content hash of each observed day; of a series' many days one hash over theirs."""
    if len(observed) <= _FEW:
        return [f"{seen.hub}@{seen.day}:{seen.content_hash or 'unhashed'}" for seen in observed]
    content = json.dumps([[seen.hub, str(seen.day), seen.sweep, seen.content_hash] for seen in observed])
    first, last = observed[0], observed[-1]
    return [f"{first.hub}@{first.day}..{last.day}({len(observed)} days):{hashlib.sha256(content.encode()).hexdigest()[:16]}"]


def _sentence(result: Result, row: dict[str, Cell]) -> str:
    """What a row says, ready for print: value, bounds, scope."""
    context = result.context
    share, low, high = (row.get(key) for key in ("share", "share_low", "share_high"))
    counted = _KINDS.get(str(context.parameters.get("metric")), context.unit.partition(";")[0])
    limits = _limits(context.parameters)
    if not (isinstance(share, float) and isinstance(low, float) and isinstance(high, float)) or "value" not in row:
        said = ", ".join(f"{key} {shown(key, value)}" for key, value in row.items() if value is not None)
        by = f"by {context.parameters['by']}, " if context.parameters.get("by") else ""
        return f"{context.title}, {_where(result)}: {said}; {by}{counted}{limits}."
    bounds = percent(share)
    if (percent(low), percent(high)) != (bounds, bounds):
        bounds += f" (between {percent(low)} and {percent(high)}, depending on the unlabelled)"
    without = row.get("share_without")
    keys = [key for key in _PARTS if row.get(key) is not None and (key != "part" or "share_without" not in row)]
    labels = "".join(f", {key} {said_plainly(row[key])}" for key in keys)
    ranks = "".join(f", {key.replace('_', ' ')} {row[key]:,}" for key in _RANKS if row.get(key) is not None)
    rest = f"; without {row['part']} it would be {percent(without)}" if isinstance(without, float) else ""
    if derived := row.get("derived"):
        rest += f"; {derived:,} of them derived, from the increase since {context.parameters['since']}"
    whole = row.get("denominator") or (context.denominator if not labels else None)
    of = f"{row['value']:,} of {whole:,}" if whole else f"{row['value']:,}"
    return f"{context.title}, {_where(result)}: {row['group']}{labels}{ranks} has {bounds}: {of} {counted}{rest}{limits}."


def _where(result: Result) -> str:
    """The hubs and days in words; of two days compared the first is the one that figures are of."""
    seen = result.context.observed
    if len(seen) == 2 and result.context.parameters.get("since") == seen[1].day:
        return f"{seen[0].hub} on {seen[0].day}, compared with {seen[1].day}"
    ends = seen if len(seen) <= _FEW else (seen[0], seen[-1])
    return (" and " if len(seen) <= _FEW else " to ").join(f"{at.hub} on {at.day}" for at in ends) or "the list"


def _limits(parameters: dict[str, Any]) -> str:
    """The choices that a printed share must not go without: within which country, under which policy, without which rows."""
    country = f"; of country {parameters['country']} only" if parameters.get("country") else ""
    policy = f"; policy {parameters['policy']}" if parameters.get("policy") else ""
    return country + policy + ("; flagged observations left out" if parameters.get("without_flagged") else "")


def _rerun(result: Result, group: str | None, day: Value) -> str:
    """The command that asks the same again; where hubs' days differ and none was asked for, only the SQL fixes them all."""
    context = result.context
    parts = ["hubwatch", "cite", context.statistic.replace("_", "-")]
    if not _of_one_day(result):
        context = context.model_copy(update={"parameters": context.parameters | {"day": day}})
    for name, value in context.parameters.items():
        if value is None:
            continue
        if name not in _OPTIONS:
            parts += ["--set", shlex.quote(f"{name}={str(value).lower() if isinstance(value, bool) else value}")]
        elif value is True:
            parts.append(f"--{name.replace('_', '-')}")
        elif value is not False:
            parts += [f"--{name.replace('_', '-')}", shlex.quote(str(value))]
    return " ".join([*parts, *(["--group", shlex.quote(group)] if group else [])])


def _of_one_day(result: Result) -> bool:
    """Whether --day says all that is needed of the days: one for all hubs, or the last one of a single hub's."""
    return len({seen.day for seen in result.context.observed}) <= 1 or len({seen.hub for seen in result.context.observed}) == 1


def _latex(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    special = {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
    return "".join(special.get(sign, "\\" + sign if sign in "&%$#_{}" else sign) for sign in text)
