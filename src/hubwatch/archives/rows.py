"""Files of a published snapshot -> table `archive_rows`: typed, dated, each row with its reject reason or none."""

import glob
import gzip
import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import duckdb
import zstandard

from hubwatch.archives.files import csv_header, not_json_lines
from hubwatch.archives.mapping import Column, Mapping
from hubwatch.errors import DayFailure
from hubwatch.hubs import hub_of, sites
from hubwatch.store import ATTRIBUTES, COUNTERS, literal

_OWN = [column for column in (*ATTRIBUTES, *COUNTERS) if column.name != "license"]
_LONGEST_LINE = 64 * 2**20


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


@dataclass(frozen=True)
class _Rows:
    """A file's rows as a SQL relation, its columns with their types, and how one is written as text."""

    relation: str
    columns: dict[str, str]
    lines: bool = False  # one JSON object a row, in column `line`

    def text(self, column: str) -> str:
        """The column's value as text, null where empty."""
        if self.lines:
            value = f"json_extract_string(line, {literal(f'$.{_name(column)}')})" if '"' not in column else "null"
        elif re.search(r"\[|STRUCT|MAP", self.columns[column]):
            value = f"to_json({_name(column)})::varchar"
        else:
            value = f"{_name(column)}::varchar"
            if self.columns[column].startswith("DECIMAL"):  # its type fixes how many zeros are written
                value = f"regexp_replace({value}, '[.]0+$', '')"
        return f"nullif(trim({value}), '')"

    @property
    def record(self) -> str:
        return "line" if self.lines else "to_json(row_of)::varchar"


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make `archive_rows` empty, and the macros its reading needs."""
    for package, sql in (("hubwatch.hubs", "values.sql"), ("hubwatch.archives", "values.sql")):
        con.execute(files(package).joinpath(sql).read_text("utf-8"))
    own = ", ".join(f"{column.name} {column.type}" for column in _OWN)
    con.execute(
        f"""create or replace temp table archive_rows (file varchar, position bigint, place varchar, hub varchar, day date, read_on date,
            pass varchar, unit varchar, model_id varchar, reason varchar, record varchar, {own})"""
    )


def read_file(con: duckdb.DuckDBPyConnection, mapping: Mapping, path: Path, kind: str, name: str, day: date | None) -> int:
    """Add a file's rows to `archive_rows`; returns how many rows the mapping passes over. `day`: the whole file's, if it has one."""
    con.execute("set preserve_insertion_order = true")  # a row's number is its place in the file
    try:
        rows = _open(con, path, kind, mapping)
        _stage_raw(con, mapping, rows, name, day)
        passed = con.execute("select count(*) from raw where not kept").fetchall()[0][0]
        con.execute("delete from raw where not kept")
        columns = ", ".join(column.name for column in _OWN)
        read = _as_hub_records(mapping, rows, con) if mapping.layout == "hub-record" else _sql("rows.sql")
        con.execute(
            f"""insert into archive_rows by name select {literal(name)} as file, 'row ' || position as place, day as read_on,
                position, hub, day, pass, unit, model_id, reason, {columns} from ({read})"""
        )
        _keep_rejected_records(con, rows, name)
        if kind != "parquet":
            _keep_broken_lines(con, path, name, mapping.hub.value, day)
    except duckdb.Error as error:
        first = " ".join(str(error).split()).partition(" LINE 1: ")[0]  # behind it stands our own SQL
        raise DayFailure(f"{name} cannot be read: {first[:300]}; fetch the file again") from error
    except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise DayFailure(f"{name} cannot be read: {error}; fetch the file again") from error
    finally:
        con.execute("drop table if exists raw")
        con.execute("set preserve_insertion_order = false")
    return int(passed)


def _sql(file: str) -> str:
    return files("hubwatch.archives").joinpath(file).read_text("utf-8")


def _open(con: duckdb.DuckDBPyConnection, path: Path, kind: str, mapping: Mapping) -> _Rows:
    this_file = literal(glob.escape(str(path)))  # DuckDB would take a name with brackets for a pattern, and read another file
    if kind == "parquet":
        relation = f"read_parquet({this_file})"
        described = con.execute(f"describe select * from {relation}").fetchall()
        return _Rows(relation, {row[0]: row[1] for row in described})
    shared = f"auto_detect=false, store_rejects=true, rejects_limit=0, max_line_size={_LONGEST_LINE}, buffer_size={2 * _LONGEST_LINE}"
    if kind == "jsonl":
        lines = f"read_csv({this_file}, header=false, columns={{'line': 'VARCHAR'}}, delim=E'\\x01', quote='', escape='', {shared})"
        relation = (
            f"(select case when json_valid(line) then line else to_json(line)::varchar end as line from {lines} where line is not null)"
        )
        keys = con.execute(
            f"select distinct unnest(json_keys(line)) from {relation} where json_type(line) = 'OBJECT' order by 1"
        ).fetchall()
        if not keys:
            raise DayFailure(f"{path.name}: no line is a JSON object; {not_json_lines(path)}")
        return _Rows(relation, {key: "JSON" for (key,) in keys}, lines=True)
    delimiter = mapping.delimiter or ("\t" if ".tsv" in path.name else ",")
    header = csv_header(path, delimiter)
    columns = "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header) + "}"
    relation = f"read_csv({this_file}, header=true, columns={columns}, delim={literal(delimiter)}, quote='\"', escape='\"', {shared})"
    return _Rows(relation, dict.fromkeys(header, "VARCHAR"))


def _chosen(rows: _Rows, column: Column, file: str, meaning: str) -> str | None:
    """Which of the column's names the file has; None when it has none and need not."""
    found = next((name for name in column.column if name in rows.columns), None)
    if found is None and not column.optional:
        has = ", ".join(list(rows.columns)[:30]) or "no column"
        raise DayFailure(f"{file}: no column {' or '.join(column.column)} for {meaning}; it has {has}. Correct the mapping")
    return found


def _stage_raw(con: duckdb.DuckDBPyConnection, mapping: Mapping, rows: _Rows, file: str, day: date | None) -> None:
    """Table `raw`: what the mapping takes of each row, as text."""

    def taken(column: Column | None, meaning: str) -> str:
        found = _chosen(rows, column, file, meaning) if column else None
        return "null" if found is None else rows.text(found)

    values = {"position": "row_number() over ()", "broken": "json_type(line) is distinct from 'OBJECT'" if rows.lines else "false"}
    values["model_id"] = taken(mapping.model_id, "model_id")
    if mapping.layout == "hub-record":
        values |= {"record": _record(mapping, rows), "day": f"{literal(str(day))}::date", "kept": "true"}
        for name, counter in mapping.counters.items():
            _chosen(rows, counter, file, name)
    else:
        hub = taken(Column(column=(mapping.hub.column,)), "hub") if mapping.hub.column else literal(str(mapping.hub.value))
        values |= {"hub_text": hub, "hub": _hub(hub, mapping)}
        values["day_text"] = taken(Column(column=(mapping.day.column,)), "day") if mapping.day.column else literal(str(day))
        values["pass"] = taken(Column(column=(mapping.day.pass_column,)), "pass") if mapping.day.pass_column else "null"
        values |= _units(mapping, rows, file)
        for own in COUNTERS:
            values[own.name] = _counted(mapping, rows, file, own.name)
        for attribute in ATTRIBUTES:
            values[attribute.name] = taken(mapping.attributes.get(attribute.name), attribute.name)
        values["kept"] = _kept(mapping, rows, file)
    told = ", ".join(f"{value} as {_name(name)}" for name, value in values.items())
    con.execute(f"create or replace temp table raw as select {told} from {rows.relation}")


def _hub(text: str, mapping: Mapping) -> str:
    """The hub in our words: as the mapping translates it, else by our own name in any case."""
    own = "".join(f" when lower({text}) = {literal(hub)} then {literal(hub)}" for hub in sites())
    translated = "".join(f" when {text} = {literal(theirs)} then {literal(ours)}" for theirs, ours in mapping.hub.values.items())
    return f"case{translated}{own} end"


def _units(mapping: Mapping, rows: _Rows, file: str) -> dict[str, str]:
    """A row's unit, and what is wrong with it when the mapping declares none such."""
    units, faults = [], []
    for column, declared in mapping.unit_columns.items():
        _chosen(rows, Column(column=(column,)), file, "the unit")
        text, known = rows.text(column), ", ".join(map(literal, declared))
        units.append(f"coalesce({text}, '')")
        faults.append(
            f"""case when {text} is null then {literal(f"unit {column} is missing")}
                when {text} not in ({known}) then {literal(f'unit {column} "')} || {text} || '" is not declared' end"""
        )
    return {
        "unit": f"concat_ws('|', {', '.join(units)})" if units else "null",
        "unit_fault": f"coalesce({', '.join(faults)})" if faults else "null",
    }


def _counted(mapping: Mapping, rows: _Rows, file: str, name: str) -> str:
    counter = next((counter for key, counter in mapping.counters.items() if key == name), None)
    column = _chosen(rows, counter, file, name) if counter else None
    if counter is None or column is None:
        return "null::varchar"
    if counter.unit_column is None or counter.units is None:
        return rows.text(column)
    return f"case when {rows.text(counter.unit_column)} in ({', '.join(map(literal, counter.units))}) then {rows.text(column)} end"


def _kept(mapping: Mapping, rows: _Rows, file: str) -> str:
    only = mapping.only
    column = _chosen(rows, Column(column=(only.column,), optional=only.optional), file, "the rows to take") if only else None
    if only is None or column is None:
        return "true"
    return f"coalesce(lower({rows.text(column)}) in ({', '.join(literal(value.lower()) for value in only.values)}), false)"


def _record(mapping: Mapping, rows: _Rows) -> str:
    """The row as the hub's own record, with the fields that the hub's SQL reads."""
    if rows.lines:
        return "line::json"
    assert mapping.hub.value is not None
    wanted = {name: name for name in rows.columns if name in hub_of(mapping.hub.value).record_keys}
    identity = next((name for name in mapping.model_id.column if name in rows.columns), None)
    if identity is not None:
        wanted.setdefault("id", identity)
    packed = ", ".join(f"{_name(field)} := {_as_json(column, rows.columns[column])}" for field, column in wanted.items())
    return f"to_json(struct_pack({packed}))"


def _as_json(column: str, type_: str) -> str:
    """A column as JSON; text that holds an object or a list is that: some eras kept structures as JSON in a string."""
    own = f"to_json({_name(column)})"
    if type_ != "VARCHAR":
        return own
    return f"case when {_name(column)}[1] in ('[', '{{') then coalesce(try_cast({_name(column)} as json), {own}) else {own} end"


def _as_hub_records(mapping: Mapping, rows: _Rows, con: duckdb.DuckDBPyConnection) -> str:
    """The rows through the hub's own SQL. A counter that a row does not have is not said; it rejects a record of the hub, not this."""
    hub = str(mapping.hub.value)
    counted = {name for counter in mapping.counters.values() for name in counter.column if name in rows.columns}
    con.execute("set variable fields = ?", [sorted(counted)])
    own = ", ".join(column.name for column in _OWN)
    silent = "|".join(re.escape(name) for name in sorted(counted)) or "-"
    return f"""select position, {literal(hub)} as hub, day, null::varchar as pass, null::varchar as unit, model_id,
          case when not regexp_full_match(reason, '({silent}) is (missing|null|missing or null)') then reason end as reason, {own}
        from ({hub_of(hub).listings("select 0 as segment, position, record from raw")})
        join (select position, day from raw) using (position)"""


def _keep_rejected_records(con: duckdb.DuckDBPyConnection, rows: _Rows, file: str) -> None:
    """Each rejected row as it came."""
    wanted = con.execute("select count(*) from archive_rows where file = ? and reason is not null", [file]).fetchall()[0][0]
    if wanted:
        con.execute(
            f"""update archive_rows set record = whole.record
                from (select row_number() over () as number, {rows.record} as record from {rows.relation} row_of) whole
                where file = ? and reason is not null and position = number""",
            [file],
        )


def _keep_broken_lines(con: duckdb.DuckDBPyConnection, path: Path, file: str, hub: str | None, day: date | None) -> None:
    """Lines that are no rows at all (cut off, too many fields, stray bytes): rejected; of no hub or day but the whole file's."""
    con.execute(
        """insert into archive_rows by name
           select ? as file, ? as hub, ?::date as day, ?::date as read_on,
             line as position, 'line ' || line as place, lower(arg_max(error_message, (column_idx, byte_position))) as reason,
             any_value(csv_line) as record
           from reject_errors join reject_scans using (scan_id, file_id) where file_path = ? group by line""",
        [file, hub, day, day, str(path)],
    )
