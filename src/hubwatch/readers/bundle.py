"""What describes an export to people and catalogues: README, data package, Croissant, citation, checksums."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubwatch.clock import now
from hubwatch.errors import counted
from hubwatch.facts import data_dir
from hubwatch.readers.card import front_matter
from hubwatch.readers.database import Database
from hubwatch.readers.export import Exported, Resource
from hubwatch.version import VERSION

HOME = "https://github.com/hubwatch/hubwatch"
_TITLE = "hubwatch: open models on their hubs, dated and labelled"
_MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv", "jsonl": "application/jsonl"}
_CROISSANT_MEDIA = {"parquet": "application/x-parquet", "csv": "text/csv", "jsonl": "application/jsonlines"}
_OURS = "hubwatch's code, definitions and reviewed facts"
_APACHE = "https://spdx.org/licenses/Apache-2.0.html"
DESCRIBING = ("README.md", "datapackage.json", "croissant.json", "CITATION.cff", ".zenodo.json", "LICENSE.md", "SHA256SUMS", "CHANGES.md")
_FRICTIONLESS = {"BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime", "DOUBLE": "number", "FLOAT": "number"}
_CROISSANT = {"BOOLEAN": "sc:Boolean", "DATE": "sc:Date", "TIMESTAMP": "sc:DateTime", "DOUBLE": "sc:Float", "FLOAT": "sc:Float"}


@dataclass(frozen=True)
class Day:
    """A hub's last and first day in the database, with extent and state."""

    hub: str
    first: str
    last: str
    days: int
    extents: str


def describe(
    db: Database,
    folder: Path,
    exported: Exported,
    form: str,
    figures: Mapping[str, str],
    more: Mapping[str, str] | None = None,
    card: bool = False,
) -> None:
    """Write every describing file into the folder, `more` by name among them; checksums last, over all others.

    With `card`, README.md begins with what dataset hubs read, and the licenses have a file of their own.
    """
    days, rights = _days(db), _rights(db)
    issued = max((day.last for day in days), default=f"{now():%Y-%m-%d}")
    summary = "; ".join(f"{day.hub} {day.first} to {day.last}, {counted(day.days, 'day')} ({day.extents})" for day in days) or "no day"
    front = front_matter(exported, _TITLE, ("hubwatch", "model-hubs", "downloads", *(day.hub for day in days))) if card else ""
    files = {
        "README.md": front + _readme(exported, days, form, figures, rights),
        "datapackage.json": _json(_datapackage(exported, issued, summary, form, rights)),
        "croissant.json": _json(_croissant(exported, issued, summary, form, rights)),
        "CITATION.cff": _cff(issued, summary),
        ".zenodo.json": _json(_zenodo(issued, summary, rights)),
    }
    if card:
        files["LICENSE.md"] = f"# Licenses\n\n{_table(rights)}\n"
    for name, text in (files | dict(more or {})).items():
        (folder / name).write_text(text, "utf-8")
    _checksums(folder)


def _days(db: Database) -> list[Day]:
    found = db.sql(
        """select hub, min(day)::varchar as first, max(day)::varchar as last, count(*) as days,
             string_agg(distinct sweep || case when complete or starts_with(sweep, 'archive:') then '' else ', incomplete' end, '; ' order by 1) as extents
           from days group by hub order by hub"""
    )
    return [Day(**row) for row in found]


def _rights(db: Database) -> list[tuple[str, str]]:
    """What is in an export, and under which terms: ours, each hub's, each imported archive's."""
    mappings = [
        tomllib.loads(path.read_text("utf-8")) for name in ("mappings", "sample") for path in sorted((data_dir() / name).glob("*.toml"))
    ]
    terms = {str(one["name"]): str(one.get("source") or "") for one in mappings}
    sources = db.sql("select distinct hub, source from sweeps order by starts_with(source, 'archive:'), source, hub").rows
    hubs = sorted({str(row["hub"]) for row in sources if not str(row["source"]).startswith("archive:")})
    archives = dict.fromkeys(str(row["source"]).removeprefix("archive:") for row in sources if str(row["source"]).startswith("archive:"))
    return [
        (f"{_OURS} (`facts/`)", "Apache-2.0"),
        *((f"what {hub} reports: ids, attributes, counters", f"the terms of {hub}; figures as such are facts") for hub in hubs),
        *((f"the imported archive {name} (source `archive:{name}`)", terms.get(name) or "as its publisher states") for name in archives),
    ]


def _table(rights: list[tuple[str, str]]) -> str:
    return "\n".join(["| what | terms |", "|---|---|", *(f"| {what} | {_cell(terms)} |" for what, terms in rights)])


def _readme(exported: Exported, days: list[Day], form: str, figures: Mapping[str, str], rights: list[tuple[str, str]]) -> str:
    rows = "\n".join(f"| {day.hub} | {day.first} | {day.last} | {day.days} | {day.extents} |" for day in days)
    files = "\n".join(f"| `{one.path}` | {one.rows:,} | {_cell(one.title)} |" for one in exported.resources)
    left_out = "".join(f"- {line}\n" for line in exported.left_out)
    missing = f"\n## Not included\n\n{left_out}" if left_out else ""
    again = (
        "\n## The same database again\n\n    duckdb hubwatch.duckdb < load.sql\n\nmakes it in this folder; the same questions have the same answers.\n"
        if exported.can_load
        else ""
    )
    known = "".join(f"- {name}: {value}\n" for name, value in figures.items())
    return f"""# {_TITLE}

Exported by hubwatch {VERSION} as {form}. Every column's meaning and unit is in `datapackage.json`. Check the files with `sha256sum -c SHA256SUMS`.

## What it covers

| hub | first day | last day | days | sources |
|---|---|---|---|---|
{rows}

A day that is not a complete full sweep is of a part of its hub: figures of such days are figures of that part. Null is "not reported", 0 is zero.
Downloads of different hubs are counted differently and never added.

{known}
## Files

| file | rows | a row is |
|---|---|---|
{files}
{missing}{again}
## Licenses

{_table(rights)}

## Checked by others' readers

Frictionless (`Package("datapackage.json").validate()`) checks CSV and JSON Lines, whose tables without a row are left out of `datapackage.json`;
it cannot check Parquet. `mlcroissant` reads `croissant.json` in all three.

In CSV files a text that a spreadsheet would compute (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it; lists are JSON.
"""


def _datapackage(exported: Exported, issued: str, summary: str, form: str, rights: list[tuple[str, str]]) -> dict[str, Any]:
    # (Frictionless' reader fails at JSON Lines without a line.)
    described = [one for one in exported.resources if one.rows or form != "jsonl"] or exported.resources
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "hubwatch",
        "title": _TITLE,
        "description": summary,
        "homepage": HOME,
        "version": f"{VERSION}+{issued}",
        "created": f"{now():%Y-%m-%dT%H:%M:%SZ}",
        "licenses": [
            {"name": "Apache-2.0", "title": _OURS, "path": f"{HOME}/blob/main/LICENSE"},
            *({"name": "other", "title": f"{what}: {terms}", "path": "README.md"} for what, terms in rights[1:]),
        ],
        "contributors": [{"title": "hubwatch", "path": HOME, "roles": ["creator"]}],
        "resources": [_resource(one, form) for one in described],
    }


def _resource(one: Resource, form: str) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": _frictionless(column.type)} | ({"description": column.meaning} if column.meaning else {})
        for column in one.columns
    ]
    return {
        "name": one.name,
        "type": "table",
        "path": one.path,
        "title": one.title,
        "format": form,
        "mediatype": _MEDIA[form],
        "encoding": "utf-8",
        "bytes": one.bytes,
        "hash": f"sha256:{one.sha256}",
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _frictionless(kind: str) -> str:
    if kind.endswith("[]"):
        return "array"
    return "integer" if kind.endswith("INT") or kind == "INTEGER" else _FRICTIONLESS.get(kind, "string")


def _croissant(exported: Exported, issued: str, summary: str, form: str, rights: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "rai": "http://mlcommons.org/croissant/RAI/",
            "dct": "http://purl.org/dc/terms/",
            "citeAs": "cr:citeAs",
            "column": "cr:column",
            "conformsTo": "dct:conformsTo",
            "data": {"@id": "cr:data", "@type": "@json"},
            "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
            "equivalentProperty": "cr:equivalentProperty",
            "examples": {"@id": "cr:examples", "@type": "@json"},
            "extract": "cr:extract",
            "field": "cr:field",
            "fileObject": "cr:fileObject",
            "fileProperty": "cr:fileProperty",
            "fileSet": "cr:fileSet",
            "format": "cr:format",
            "includes": "cr:includes",
            "isLiveDataset": "cr:isLiveDataset",
            "jsonPath": "cr:jsonPath",
            "key": "cr:key",
            "md5": "cr:md5",
            "parentField": "cr:parentField",
            "path": "cr:path",
            "recordSet": "cr:recordSet",
            "references": "cr:references",
            "regex": "cr:regex",
            "repeated": "cr:repeated",
            "replace": "cr:replace",
            "samplingRate": "cr:samplingRate",
            "separator": "cr:separator",
            "source": "cr:source",
            "subField": "cr:subField",
            "transform": "cr:transform",
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "hubwatch",
        "description": f"{_TITLE}. {summary}.",
        "url": HOME,
        "license": [_APACHE, *(f"{what}: {terms}" for what, terms in rights[1:])],
        "version": VERSION,
        "datePublished": issued,
        "creator": {"@type": "sc:Organization", "name": "hubwatch", "url": HOME},
        "citeAs": f"hubwatch {VERSION}: {_TITLE}, {issued}. {HOME}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": one.path,
                "name": one.path,
                "contentUrl": one.path,
                "contentSize": f"{one.bytes} B",
                "encodingFormat": _CROISSANT_MEDIA[form],
                "sha256": one.sha256,
            }
            for one in exported.resources
        ],
        "recordSet": [_record_set(one) for one in exported.resources],
    }


def _record_set(one: Resource) -> dict[str, Any]:
    fields = []
    for column in one.columns:
        kind = column.type.removesuffix("[]")
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"{one.name}/{column.name}",
            "name": column.name,
            "description": column.meaning or column.name,
            "dataType": "sc:Integer" if kind.endswith("INT") or kind == "INTEGER" else _CROISSANT.get(kind, "sc:Text"),
            "source": {"fileObject": {"@id": one.path}, "extract": {"column": column.name}},
        }
        fields.append(field | ({"repeated": True} if column.type.endswith("[]") else {}))
    return {"@type": "cr:RecordSet", "@id": one.name, "name": one.name, "description": one.title, "field": fields}


def _cff(issued: str, summary: str) -> str:
    lines = {
        "cff-version": "1.2.0",
        "message": json.dumps(
            "If you use this data, please cite it as below; cite single figures with hubwatch cite. Licenses of its parts: README.md."
        ),
        "type": "dataset",
        "title": json.dumps(_TITLE),
        "version": json.dumps(f"{VERSION}+{issued}"),
        "date-released": issued,
        "url": json.dumps(HOME),
        "license-url": json.dumps(f"{HOME}#licenses"),
        "abstract": json.dumps(summary),
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items()) + "authors:\n  - name: hubwatch\n"


def _zenodo(issued: str, summary: str, rights: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "title": _TITLE,
        "upload_type": "dataset",
        "description": summary,
        "version": f"{VERSION}+{issued}",
        "publication_date": issued,
        "creators": [{"name": "hubwatch"}],
        "license": "other-open",
        "notes": "; ".join(f"{what}: {terms}" for what, terms in rights),
        "access_right": "open",
        "related_identifiers": [{"identifier": HOME, "relation": "isSupplementTo", "scheme": "url"}],
    }


def _checksums(folder: Path) -> None:
    lines = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS"):
        with path.open("rb") as content:
            lines.append(f"{hashlib.file_digest(content, 'sha256').hexdigest()}  {path.relative_to(folder)}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
