"""Files of a published snapshot -> table `archive_rows`: typed, dated, each row with its reject reason or none."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import duckdb

from hubwatch import store
from hubwatch.archives.addresses import address_macros, is_wrapped, unlinked
from hubwatch.archives.dates import EXCEL
from hubwatch.archives.ids import KIND_NAMES, OTHER_KINDS
from hubwatch.archives.mapping import Attribute, Column, Mapping
from hubwatch.archives.members import Plain
from hubwatch.archives.table import Table, quoted
from hubwatch.archives.tables import open_table
from hubwatch.errors import DayFailure, short
from hubwatch.hubs import HUBS, hub_of, sites, values_sql
from hubwatch.store import ATTRIBUTES, COUNTERS, NO_LISTINGS, literal

_OWN = [column for column in (*ATTRIBUTES, *COUNTERS) if column.name != "license"]
_RULED: set[str] = set()  # the columns that rows.sql gives: found once, for planning it takes longer than reading a small file
_NOTES = "struct(what varchar, said varchar)[]"


def prepare(con: duckdb.DuckDBPyConnection, mapping: Mapping | None = None) -> None:
    """Make `archive_rows` empty, and the macros its reading needs."""
    thousands, decimal = (mapping.thousands, mapping.decimal) if mapping else (None, None)
    mark = decimal or ("," if thousands == "." else ".")
    con.execute("set variable thousands = ?::varchar", [thousands])
    con.execute("set variable decimal = ?::varchar", [decimal])
    between = re.escape(thousands or ",")
    groups = (
        rf"\d{{1,3}}({between}\d{{3}})+|\d{{1,2}}({between}\d{{2}})+{between}\d{{3}}"  # of three, or as in India of two before the last
    )
    con.execute("set variable grouped = ?", [rf"[+-]?({groups})({re.escape(mark)}\d*)?"])
    con.execute(
        "set variable nulls = ?::varchar[]", [[one.strip().lower() for one in mapping.nulls] if mapping and mapping.nulls else None]
    )
    if not con.execute("select getvariable('archive_macros')").fetchall()[0][0]:  # making them takes longer than reading a small file
        for sql in (values_sql(*HUBS.values()), _sql("values.sql"), address_macros()):
            con.execute(sql)
        con.execute("set variable archive_macros = true")
    own = ", ".join(f"{column.name} {column.type}" for column in _OWN)
    con.execute(
        f"""create or replace temp table archive_rows (file varchar, position bigint, place varchar, hub varchar, day date, read_on date,
            pass varchar, unit varchar, model_id varchar, reason varchar, fault varchar, notes {_NOTES}, record varchar, {own})"""
    )


def read_file(con: duckdb.DuckDBPyConnection, mapping: Mapping, file: Plain, folder: Path, day: date | None) -> int:
    """Add a file's rows to `archive_rows`; returns how many rows the mapping passes over. `day`: the whole file's, if it has one."""
    con.execute("set preserve_insertion_order = true")  # a row's number is its place in the file
    try:
        rows = open_table(con, file, mapping, folder)
        _stage_raw(con, mapping, rows, day)
        _refuse_twofold(con, mapping, rows)
        passed = con.execute("select count(*) from raw where not kept").fetchall()[0][0]
        con.execute("delete from raw where kept is not true")
        columns = ", ".join(column.name for column in _OWN)
        read = _as_hub_records(mapping, rows, con) if mapping.layout == "hub-record" else rows_as_ours(con)
        con.execute(
            f"""insert into archive_rows by name select {literal(file.name)} as file, 'row ' || {rows.row} as place, day as read_on,
                position, hub, day, pass, unit, model_id, reason, fault, notes, {columns} from ({read})"""
        )
        _keep_rejected_records(con, rows)
        if file.kind != "parquet":
            _keep_broken_lines(con, rows, mapping.hub.value, day)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # our own SQL, not the file
    except duckdb.Error as error:
        first = " ".join(str(error).split()).partition(" LINE 1: ")[0]  # behind it stands our own SQL
        raise DayFailure(f"{file.name} cannot be read: {first[:300]}; download it again") from error
    finally:
        con.execute("drop table if exists raw")
        con.execute("set preserve_insertion_order = false")
    return int(passed)


def first_rows(con: duckdb.DuckDBPyConnection, mapping: Mapping, rows: Table, day: date, count: int) -> list[dict[str, object]]:
    """The file's first rows as they would be read, with the reason or fault of those that would not; nothing of them stays."""
    prepare(con, mapping)
    _stage_raw(con, mapping, replace(rows, relation=f"(from {rows.relation} limit {10 * count})"), day)
    con.execute(
        f"delete from raw where kept is not true or position > (select max(position) from (from raw where kept order by position limit {count}))"
    )
    _refuse_twofold(con, mapping, rows)
    found = con.execute(f"select {rows.row} as place, * from ({_sql('rows.sql')}) order by position")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def rows_as_ours(con: duckdb.DuckDBPyConnection, own: Sequence[store.Column] = tuple(_OWN)) -> str:
    """SQL of table `raw` as rows of ours; a column of `own` that rows.sql has no rule for is the file's text as that column's type, else null."""
    read = _sql("rows.sql")
    if not _RULED:
        _RULED.update(name for name, *_ in con.execute(f"describe {read}").fetchall())
    rest = [column for column in own if column.name not in _RULED]
    said = ", ".join(
        f"list_of(raw.{c.name}) as {c.name}" if c.type.endswith("[]") else f"try_cast(raw.{c.name} as {c.type}) as {c.name}" for c in rest
    )
    return f"select ours.*, {said} from ({read}) ours join raw using (position)" if rest else read


def _sql(file: str) -> str:
    return files("hubwatch.archives").joinpath(file).read_text("utf-8")


def chosen(rows: Table, column: Column, meaning: str) -> str | None:
    """Which of the column's names the file has; None when it has none and need not."""
    found = next((own for name in column.column if (own := rows.find(name)) is not None), None)
    if found is None and not column.optional:
        has = ", ".join(map(short, list(rows.columns)[:30])) or "no column"
        raise DayFailure(f"{rows.name}: no column {' or '.join(column.column)} for {meaning}; it has {has}. Correct the mapping")
    return found


def _stage_raw(con: duckdb.DuckDBPyConnection, mapping: Mapping, rows: Table, day: date | None) -> None:
    """Table `raw`: the file's rows with our names and its texts."""

    def taken(column: Column | None, meaning: str) -> str:
        found = chosen(rows, column, meaning) if column else None
        return "null::varchar" if found is None else rows.text(found)

    values = {"position": "row_number() over ()", "broken": _broken(rows)}
    if mapping.layout == "hub-record":
        chosen(rows, Column(column=mapping.model_id.names), "model_id")
        values |= {"record": _record(mapping, rows), "day": f"{literal(str(day))}::date", "kept": "true"}
        for counted, counter in mapping.counters.items():
            chosen(rows, counter, counted)
    else:
        hub = taken(Column(column=(mapping.hub.column,)), "hub") if mapping.hub.column else literal(str(mapping.hub.value))
        values |= {"id_text": _identity(con, mapping, rows), "hub_text": hub, "hub": _hub(hub, mapping)}
        values["day_text"] = taken(Column(column=(mapping.day.column,)), "day") if mapping.day.column else literal(str(day))
        values["day"] = _day(mapping, rows, values["day_text"], day)
        values["pass"] = literal(rows.name) if mapping.day.pass_file else "null::varchar"
        if mapping.day.pass_column:
            values["pass"] = taken(Column(column=(mapping.day.pass_column,)), "pass")
        values |= _units(mapping, rows) | {"other_kind": _other_kind(mapping, rows)}
        for own in COUNTERS:
            values[own.name] = _counted(mapping, rows, own.name)
        for name in (*(attribute.name for attribute in ATTRIBUTES), "tags"):
            attribute = mapping.attributes.get(name)
            values[name] = _formatted(taken(attribute, name), attribute)
        values["kept"] = _kept(mapping, rows)
    told = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
    con.execute(f"create or replace temp table raw as select {told} from {rows.relation}")


def _broken(rows: Table) -> str:
    """SQL of why a row is none, though the file's reader took it for one."""
    if rows.lines:
        return "case when json_type(line) is distinct from 'OBJECT' then 'not a JSON object' end"
    if rows.delimiter is None or not rows.columns:
        return "null::varchar"
    # A quote that nothing closes takes the lines up to the next quote for a part of its value.
    texts = ", ".join(value for value, _ in rows.columns.values())
    width, mark = len(rows.columns), literal(rows.delimiter)
    inside = f"string_split(concat_ws(chr(10), '', {texts}), chr(10))"
    whole = f"len(one) - len(replace(one, {mark}, '')) between 1 and {max(width - 1, 1)} and is_model_id(split_part(one, {mark}, 1))"
    return (
        f"case when strpos(concat({texts}), chr(10)) > 0 and {width} > 1 and len(list_filter({inside}, lambda one: {whole})) > 0 "
        f"then 'a quote that nothing closes takes further rows into this one' end"
    )


def _identity(con: duckdb.DuckDBPyConnection, mapping: Mapping, rows: Table) -> str:
    """SQL of the text that is the model's id, or its address."""
    if mapping.model_id.join is None:
        text = rows.text(chosen(rows, Column(column=mapping.model_id.names), "model_id") or "")
        seen = f"select 1 from (select {text} as said from (from {rows.relation} limit 1000)) where {is_wrapped('said')} limit 1"
        return unlinked(text) if con.execute(seen).fetchall() else text
    owner, name = (rows.text(chosen(rows, Column(column=(part,)), "model_id") or "") for part in mapping.model_id.join)
    return f"case when contains({name}, '/') then {name} else concat_ws('/', {owner}, {name}) end"


def kind_column(rows: Table, mapping: Mapping) -> str | None:
    """The column, if any, that says of each row whether it is a model, and that the mapping does not read as something else."""
    named = {column.casefold() for attribute in mapping.attributes.values() for column in attribute.column}
    known = {one.strip().casefold(): one for one in rows.columns}
    return next((known[name] for name in KIND_NAMES if name in known and name not in named), None)


def _other_kind(mapping: Mapping, rows: Table) -> str:
    """SQL of what is wrong with a row that its own column says is of a data set or Space."""
    column = kind_column(rows, mapping)
    if column is None or mapping.rows == "models":
        return "null::varchar"
    others = ", ".join(map(literal, sorted(OTHER_KINDS)))
    return f"case when lower({rows.text(column)}) in ({others}) then {literal(column)} || ' is \"' || {rows.text(column)} || '\", not a model' end"


def _hub(text: str, mapping: Mapping) -> str:
    """The hub in our words: as the mapping translates it, else by our own name in any case."""
    own = "".join(f" when lower({text}) = {literal(hub)} then {literal(hub)}" for hub in sites())
    translated = "".join(f" when {text} = {literal(theirs)} then {literal(ours)}" for theirs, ours in mapping.hub.values.items())
    return f"case{translated}{own} end"


def _day(mapping: Mapping, rows: Table, text: str, day: date | None) -> str:
    """SQL of the day that a row counts for."""
    if mapping.day.column is None:
        return f"{literal(str(day))}::date"
    column = rows.find(mapping.day.column) or mapping.day.column
    if rows.type_of(column) == "DATE":
        return rows.value(column)
    if mapping.day.format == EXCEL:  # its numbers of days, with the time as a fraction
        return f"case when try_cast({text} as double) between 1 and 2958465 then date '1899-12-30' + floor(try_cast({text} as double))::int end"
    if mapping.day.format and rows.type_of(column) in ("VARCHAR", "JSON"):
        read = f"(try_strptime({text}, {literal(mapping.day.format)})::timestamp)::date"
        return f"last_day({read})" if mapping.day.day_of_month == "last" else read
    return f"day_of({text})"


def _formatted(text: str, attribute: Attribute | None) -> str:
    """A time in the mapping's format as ISO; what is not in it stays as it is."""
    if attribute is None or attribute.format is None:
        return text
    return f"coalesce((try_strptime({text}, {literal(attribute.format)})::timestamp)::varchar, {text})"


def _units(mapping: Mapping, rows: Table) -> dict[str, str]:
    """A row's unit, and what is wrong with it when the mapping declares none such."""
    units, faults = [], []
    for column, declared in mapping.unit_columns.items():
        text = rows.text(chosen(rows, Column(column=(column,)), "the unit") or "")
        known = ", ".join(map(literal, declared))
        units.append(f"coalesce({text}, '')")
        faults.append(
            f"""case when {text} is null then {literal(f"unit {column} is missing")}
                when {text} not in ({known}) then {literal(f'unit {column} "')} || {text} || '" is not declared' end"""
        )
    return {
        "unit": f"concat_ws('|', {', '.join(units)})" if units else "null::varchar",
        "unit_fault": f"coalesce({', '.join(faults)})" if faults else "null::varchar",
    }


def _counted(mapping: Mapping, rows: Table, name: str) -> str:
    counter = next((counter for key, counter in mapping.counters.items() if key == name), None)
    column = chosen(rows, counter, name) if counter else None
    if counter is None or column is None:
        return "null::varchar"
    if counter.unit_column is None or counter.units is None:
        return rows.text(column)
    unit = rows.text(rows.find(counter.unit_column) or counter.unit_column)
    return f"case when {unit} in ({', '.join(map(literal, counter.units))}) then {rows.text(column)} end"


def _kept(mapping: Mapping, rows: Table) -> str:
    """SQL of whether a row is taken; null for a day on which nothing was observed."""
    kept = _taken(mapping, rows)
    if rows.spread is None:
        return kept
    named = {name for part in (*mapping.counters.values(), *mapping.attributes.values()) for name in part.column}
    read = [rows.text(name) for name in rows.spread.names if name in named] or [rows.text(name) for name in rows.spread.names]
    return f"case when coalesce({', '.join([_broken(rows), *read])}) is not null then {kept} end"


def _taken(mapping: Mapping, rows: Table) -> str:
    only = mapping.only
    column = chosen(rows, Column(column=(only.column,), optional=only.optional), "the rows to take") if only else None
    if only is None or column is None:
        return "true"
    if only.values is None:
        return f"{rows.text(column)} is not null"
    return f"coalesce(lower({rows.text(column)}) in ({', '.join(literal(value.lower()) for value in only.values)}), false)"


def _refuse_twofold(con: duckdb.DuckDBPyConnection, mapping: Mapping, rows: Table) -> None:
    """`DayFailure` where a counter is written in a way that means one number to some and another to others."""
    if mapping.layout == "hub-record":
        return
    for name, counter in mapping.counters.items():
        column = chosen(rows, counter, name)
        if column is None:
            continue
        found = con.execute(
            f"select position, {name} from (select {rows.row} as position, kept, {name} from raw) where kept and is_twofold({name}) order by 1 limit 1"
        ).fetchall()
        for position, said in found:
            mark = next(letter for letter in said.strip("+-") if not letter.isdigit())
            plain = "".join(letter for letter in said if letter.isdigit())
            or_else = f', or where it is {said.replace(mark, ".")}: decimal = "{mark}"' if said.count(mark) == 1 and mark in ".," else ""
            raise DayFailure(
                f'{rows.name}: row {position} has {name} "{said}"; say in the mapping how numbers are written, where it is {plain}: '
                f'thousands = "{mark}"{or_else}'
            )


def _record(mapping: Mapping, rows: Table) -> str:
    """The row as the hub's own record, with the fields that the hub's SQL reads."""
    if rows.lines:
        return "line::json"
    assert mapping.hub.value is not None
    wanted = {name: name for name in rows.columns if name in hub_of(mapping.hub.value).record_keys}
    identity = next((own for name in mapping.model_id.names if (own := rows.find(name))), None)
    if identity is not None:
        wanted.setdefault("id", identity)
    counted = {name for counter in mapping.counters.values() for name in counter.column}
    packed = ", ".join(f"{quoted(field)} := {_as_json(rows, column, field in counted)}" for field, column in wanted.items())
    return f"to_json(struct_pack({packed}))"


def _as_json(rows: Table, column: str, is_counter: bool) -> str:
    """A column as JSON; text that holds an object or a list is that: some eras kept structures as JSON in a string.

    A CSV has only text: counters are made numbers, and tags a list, where they are written as such.
    """
    value, own = rows.value(column), f"to_json({rows.value(column)})"
    if rows.type_of(column) != "VARCHAR":
        return own
    if rows.delimiter is not None:
        own = f"to_json(said({value}))"
        if is_counter:
            own = f"coalesce(to_json(counter_said(said({value}))), {own})"
        if column == "tags":
            own = f"to_json(list_of(said({value})))"
    return f"case when {value}[1] in ('[', '{{') then coalesce(try_cast({value} as json), {own}) else {own} end"


def _as_hub_records(mapping: Mapping, rows: Table, con: duckdb.DuckDBPyConnection) -> str:
    """The rows through the hub's own SQL. A counter that a row does not have is not said; it rejects a record of the hub, not this."""
    hub = str(mapping.hub.value)
    counted = {name for counter in mapping.counters.values() for name in counter.column if name in rows.columns}
    con.execute("set variable fields = ?::varchar[]", [sorted(counted)])
    own = ", ".join(column.name for column in _OWN)
    silent = "|".join(re.escape(name) for name in sorted(counted)) or "-"
    return f"""select position, {literal(hub)} as hub, day, null::varchar as pass, null::varchar as unit, model_id, null::varchar as fault,
          null::{_NOTES} as notes, case when not regexp_full_match(reason, '({silent}) is (missing|null|missing or null)') then reason end as reason, {own}
        from (from ({hub_of(hub).listings("select 0 as segment, position, record from raw")}) union all by name {NO_LISTINGS})
        join (select position, day from raw) using (position)"""


def _keep_rejected_records(con: duckdb.DuckDBPyConnection, rows: Table) -> None:
    """Each rejected row as it came."""
    bad = "file = ? and (reason is not null or fault is not null)"
    if con.execute(f"select count(*) from archive_rows where {bad}", [rows.name]).fetchall()[0][0]:
        con.execute(
            f"""update archive_rows set record = whole.record
                from (select row_number() over () as number, {rows.record} as record from {rows.relation} row_of) whole
                where {bad} and position = number""",
            [rows.name],
        )


def _keep_broken_lines(con: duckdb.DuckDBPyConnection, rows: Table, hub: str | None, day: date | None) -> None:
    """Lines that are no rows at all (cut off, too many fields, stray bytes): rejected; of no hub or day but the whole file's.

    A quote that nothing closes takes all lines behind it for one row: each of them is a reject.
    """
    con.execute(
        """insert into archive_rows by name
           select ? as file, ? as hub, ?::date as day, ?::date as read_on, position, 'line ' || position as place, reason, record
           from (select unnest(range(line::bigint, line::bigint + len(lines))) as position, unnest(lines) as record, reason
             from (select line, string_split(rtrim(any_value(csv_line), chr(10)), chr(10)) as lines,
                 case arg_max(error_type::varchar, (column_idx, byte_position)) when 'INVALID ENCODING'
                   then 'is not UTF-8; where the file is in another encoding, say so in the mapping, as encoding = "gb18030"'
                   else lower(arg_max(error_message, (column_idx, byte_position))) end as reason
               from reject_errors join reject_scans using (scan_id, file_id) where file_path = ? group by line))""",
        [rows.name, hub, day, day, str(rows.path)],
    )
