"""Where the records of a JSON document are: in a list, under a key, keyed by id or by day, or in columns as pandas writes them."""

import json
import re
from collections.abc import Iterable, Iterator

import msgspec

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure, short

Raw = msgspec.Raw
Object = dict[str, Raw]
_ID_KEY = re.compile(r"(https?://\S+/)?[^/\s]+/[^/\s]+")
_DAY_KEY = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?|20\d{6}|1\d{12}")  # the last as pandas counts milliseconds
_FIGURE = re.compile(r"[~≈<>]?\s*\d")
_SUMMARY = {"total", "count", "sum", "size", "length", "mean", "average", "page", "limit", "version", "time", "timestamp", "day", "date"}
_WITHOUT_NAME = re.compile(r"(?i)(models?|data|items|results?|records?|repos|repositories|counts?|values?)")  # of a column of numbers
_DEEPEST = 3  # levels of keys among which records are looked for, to name them
VALUE = "value"  # the column of numbers that stand beside ids without a name


class Records:
    """Finds the records of a document."""

    def __init__(self, name: str, mapping: Mapping) -> None:
        self.name, self.mapping, self.ids = name, mapping, mapping.model_id.names
        outer = (mapping.day.column, mapping.hub.column, mapping.day.pass_column)
        self.outer = {column for column in outer if column}
        self.day = mapping.day.column or "day"
        counted = [column for counter in mapping.counters.values() for column in counter.column]
        self.value = counted[0] if len(counted) == 1 else VALUE  # the only counter is what the only number says

    def of(self, document: bytes) -> Iterator[bytes]:
        """Each record as the text of an object; the day and hub that only the objects around them have are put into each."""
        for node, around in self._along(Raw(document), self.mapping.records or "", {}):
            yield from self._records_of(node, around)

    def _along(self, node: Raw, rest: str, around: Object) -> Iterator[tuple[Raw, Object]]:
        """Where `rest`, keys with dots, leads, with what the objects on the way state; `*` is every key with something inside.

        A key with dots is taken whole where there is one.
        """
        if not rest:
            if begins(node) != "n":
                yield node, around
            return
        if begins(node) == "[":  # of models, each with a list of its own
            for one in listed_in(node):
                yield from self._along(one, rest, around)
            return
        keys = object_in(bytes(node)) if begins(node) == "{" else {}
        around = around | self._stated(keys) | self._identity_in(keys)
        if rest == "*" or rest.startswith("*."):
            for value in keys.values():
                if begins(value) in ("[", "{"):
                    yield from self._along(value, rest[2:], around)
            return
        key = rest if rest in keys else rest.partition(".")[0]
        if key not in keys:
            if self._identity_in(keys):  # a model without such a list
                return
            raise DayFailure(
                f'{self.name}: there is no "{key}" where the mapping says records = "{self.mapping.records}"; {self._places(keys)}'
            )
        yield from self._along(keys[key], "" if key == rest else rest.partition(".")[2], around)

    def _stated(self, keys: Object) -> Object:
        """What an object around records states of them, under the names of the mapping; with dots inside a further object."""
        found: Object = {}
        for name in self.outer:
            value, rest = keys.get(name), name
            inner = keys
            while value is None and "." in rest:
                top, _, rest = rest.partition(".")
                inner = object_in(bytes(inner[top])) if top in inner and begins(inner[top]) == "{" else {}
                value = inner.get(rest)
            if value is not None and begins(value) not in ("[", "{"):
                found[name] = value
        return found

    def _identity_in(self, keys: Object) -> Object:
        """The id that an object around records states of them: what is no id may be the name of the whole list."""
        return {
            name: keys[name] for name in self.ids if name in keys and begins(keys[name]) == '"' and _ID_KEY.fullmatch(_text(keys[name]))
        }

    def _put(self, record: bytes, around: Object) -> bytes:
        """The record with what is stated around it; an id only where it has none."""
        if any(name in around for name in self.ids) and record.lstrip().startswith(b"{") and keyed_as(object_in(record), self.ids):
            around = {name: value for name, value in around.items() if name not in self.ids}
        return _with(record, around)

    def _records_of(self, node: Raw, around: Object) -> Iterator[bytes]:
        if begins(node) == "[":
            yield from (self._put(record, around) for record in self._listed(listed_in(node)))
        elif begins(node) == "{":
            yield from self._from_object(object_in(bytes(node)), node, around)
        else:
            yield bytes(node)  # no record: rejected as such

    def _listed(self, values: list[Raw]) -> Iterator[bytes]:
        """Records of a list; a list of lists has its names in the first, one of texts has ids alone."""
        if values and begins(values[0]) == "[":
            header = listed_in(values[0])
            if any(begins(name) != '"' or _ID_KEY.fullmatch(_text(name)) for name in header):
                raise DayFailure(f"{self.name}: its rows are lists, and the first does not name their columns; put such a list in front")
            names = [_text(name) for name in header]
            values = [_packed(dict(zip(names, listed_in(row), strict=False))) for row in values[1:]]
        elif values and all(begins(value) == '"' for value in values):
            values = [_packed({self.ids[0]: value}) for value in values]
        yield from map(bytes, values)

    def _from_object(self, keys: Object, node: Raw, around: Object) -> Iterator[bytes]:
        column = keyed_as(keys, self.ids)
        around = around | (self._stated(keys) if column is None else {})
        objects = {key: value for key, value in keys.items() if begins(value) == "{"}
        days = [key for key, value in keys.items() if _DAY_KEY.fullmatch(key) and begins(value) in ("[", "{")]
        records: Iterable[bytes]
        if is_split(keys):
            records = self._listed(_split(keys))
        elif column is not None and is_by_column(keys, column):
            records = map(bytes, _columns(keys, column))
        elif column is not None:
            records = (bytes(node),)
        elif days and len(days) == sum(begins(value) in ("[", "{") for value in keys.values()):
            yield from self._by_day(keys, days, around)
            return
        elif rows := _keyed_by_id(keys):
            records = (record for key in rows for record in self._of_id(key, keys[key]))
        elif objects and len(objects) == len(keys) and all(keyed_as(object_in(bytes(value)), self.ids) for value in objects.values()):
            records = map(bytes, keys.values())
        elif objects and all(_is_by_id(object_in(bytes(value))) for value in objects.values()):
            objects = {self.value if len(objects) == 1 and _WITHOUT_NAME.fullmatch(key) else key: value for key, value in objects.items()}
            records = map(bytes, _merged(objects, self.ids[0]))
        else:
            named = " or ".join(self.ids[:3]) + (" or the like" if len(self.ids) > 3 else "")
            raise DayFailure(f"{self.name}: no {named} where records are looked for; {self._places(keys)}")
        yield from (self._put(record, around) for record in records)

    def _by_day(self, keys: Object, days: list[str], around: Object) -> Iterator[bytes]:
        """Records under the days on which they were read."""
        if len(days) > 1 and not self.mapping.day.column:
            raise DayFailure(f'{self.name}: its records are under {len(days)} days; say day = {{ column = "day" }} in the mapping')
        for day in days:
            yield from self._records_of(keys[day], around | {self.day: _written(day)})

    def _of_id(self, key: str, value: Raw) -> Iterator[bytes]:
        """The record under an id: an object, a number alone, or one of these by day."""
        own = {self.ids[0]: _written(key)}
        if begins(value) == "[":
            raise DayFailure(
                f'{self.name}: under "{short(key)}" is a list, and nothing names its values; write objects such as {{"downloads": 5}}'
            )
        inner = object_in(bytes(value)) if begins(value) == "{" else {}
        if inner and all(map(_DAY_KEY.fullmatch, inner)):
            for day, said in inner.items():
                yield self._of_number(own | {self.day: _written(day)}, said)
        else:
            yield self._of_number(own, value)

    def _of_number(self, own: Object, value: Raw) -> bytes:
        return _with(bytes(value), own) if begins(value) == "{" else bytes(_packed(own | {self.value: value}))

    def _places(self, keys: Object) -> str:
        """What to write into the mapping: the places at which the file has lists of objects."""
        found = list(places_in(keys))
        if empty := [key for key, value in keys.items() if begins(value) == "[" and not listed_in(value)]:
            return f"its list {short(empty[0])} is empty. Nothing of it can be read"
        if not found:
            return f"it has {', '.join(map(short, list(keys)[:10])) or 'nothing'}. Correct the mapping"
        every = [" or ".join(f"records = {json.dumps(place)}" for place in found[:5])]
        every += ['for all of them records = "*"'] if len(found) > 1 and set(found) <= keys.keys() else []
        return f"say in the mapping where its records are: {', '.join(every)}"


def scalars_in(keys: Object, before: str = "", depth: int = 1) -> dict[str, str]:
    """The texts and numbers of an object, those inside further objects under keys with dots."""
    found: dict[str, str] = {}
    for key, value in keys.items():
        if begins(value) == "{" and depth < _DEEPEST and not any(map(_ID_KEY.fullmatch, inner := object_in(bytes(value)))):
            found |= scalars_in(inner, f"{before}{key}.", depth + 1)
        elif begins(value) == '"':
            found[before + key] = _text(value)
        elif begins(value) in "-0123456789":
            found[before + key] = bytes(value).decode("latin-1").strip()
    return found


def places_in(keys: Object, before: str = "", depth: int = 1) -> Iterator[str]:
    """The keys, with dots, under which an object has records: lists that are not empty, or objects keyed by id."""
    for key, value in keys.items():
        if begins(value) == "[":
            if any(begins(one) in ("{", "[") for one in listed_in(value)[:1]):
                yield before + key
        elif begins(value) == "{":
            inner = object_in(bytes(value))
            if inner and _keyed_by_id(inner):
                yield before + key
            elif depth < _DEEPEST:
                yield from places_in(inner, f"{before}{key}.", depth + 1)


def is_by_column(keys: Object, column: str) -> bool:
    """Whether an object is a table written column by column, and no record whose id is inside an object: rows have the same names in each."""
    if begins(keys[column]) != "{":
        return begins(keys[column]) == "["
    rows = {frozenset(object_in(bytes(value))) for value in keys.values() if begins(value) == "{"}
    return len(rows) == 1 and (sum(begins(value) == "{" for value in keys.values()) > 1 or all(row.isdigit() for row in next(iter(rows))))


def is_split(keys: Object) -> bool:
    """Whether an object is a table of names, index and rows, as pandas splits it."""
    return {"columns", "data"} <= keys.keys() <= {"columns", "index", "data"} and begins(keys["columns"]) == begins(keys["data"]) == "["


def keyed_as(keys: Iterable[str], names: tuple[str, ...]) -> str | None:
    """The key that one of these columns begins with, in any case."""
    folded = {key.strip().casefold(): key for key in keys}
    return next((folded[top] for name in names if (top := name.casefold()) in folded or (top := top.partition(".")[0]) in folded), None)


def object_in(text: bytes) -> Object:
    """The keys of a JSON object, each with its value as it is written."""
    return msgspec.json.decode(text, type=Object)


def listed_in(value: Raw) -> list[Raw]:
    """The values of a JSON list, each as it is written."""
    return msgspec.json.decode(value, type=list[Raw])


def begins(value: Raw) -> str:
    """The first letter of a JSON value, by which its type is known."""
    return bytes(value).lstrip()[:1].decode("latin-1")


def _keyed_by_id(keys: Object) -> list[str]:
    """The keys under which an object has something of a model each; none where it is not keyed by id.

    Old ids have no owner, so such keys are taken beside others, unless they name a sum or a time.
    """
    able = [
        key
        for key, value in keys.items()
        if (begins(value) in "{[-0123456789n" and key.casefold() not in _SUMMARY)
        or (begins(value) == '"' and _ID_KEY.fullmatch(key) and _FIGURE.match(_text(value)))
    ]
    ids = [key for key in able if _ID_KEY.fullmatch(key)]
    kinds = {begins(keys[key]) in "{[" for key in ids}
    return [key for key in able if (begins(keys[key]) in "{[") in kinds] if ids and 2 * len(ids) >= len(able) else []


def _is_by_id(keys: Object) -> bool:
    """Whether an object is a column of values by id, as pandas writes a table whose index is the id."""
    return bool(keys) and bool(_keyed_by_id(keys)) and all(begins(value) not in ("[", "{") for value in keys.values())


def _merged(columns: Object, name: str) -> Iterator[Raw]:
    """Rows of columns that are keyed by id."""
    rows: dict[str, Object] = {}
    for column, values in columns.items():
        for key, value in object_in(bytes(values)).items():
            rows.setdefault(key, {name: _written(key)})[column] = value
    yield from map(_packed, rows.values())


def _split(keys: Object) -> list[Raw]:
    """A table as lists, names first; an index of texts is a column of its own, for it may hold the ids."""
    header, rows = listed_in(keys["columns"]), listed_in(keys["data"])
    index = listed_in(keys["index"]) if "index" in keys and begins(keys["index"]) == "[" else []
    if index and len(index) == len(rows) and begins(index[0]) == '"' and _written("index") not in header:
        rows = [Raw(msgspec.json.encode([own, *listed_in(row)])) for own, row in zip(index, rows, strict=True)]
        header = [_written("index"), *header]
    return [Raw(msgspec.json.encode(header)), *rows]


def _columns(keys: Object, column: str) -> Iterator[Raw]:
    """Rows of a table that is written column by column: each an object by row, or a list."""
    if begins(keys[column]) == "[":
        lists = {name: listed_in(value) for name, value in keys.items() if begins(value) == "["}
        for number in range(len(lists[column])):
            yield _packed({name: values[number] for name, values in lists.items() if number < len(values)})
        return
    columns = {name: object_in(bytes(value)) for name, value in keys.items() if begins(value) == "{"}
    for row in columns[column]:
        yield _packed({name: values[row] for name, values in columns.items() if row in values})


def _text(value: Raw) -> str:
    return msgspec.json.decode(value, type=str)


def _written(text: str) -> Raw:
    return Raw(msgspec.json.encode(text))


def _packed(record: Object) -> Raw:
    return Raw(msgspec.json.encode(record))


def _with(record: bytes, more: Object) -> bytes:
    """The record with those further keys in front that it does not have itself."""
    if not more or not record.lstrip().startswith(b"{"):
        return record
    if any(f'"{key}"'.encode() in record for key in more):
        own = object_in(record)
        more = {key: value for key, value in more.items() if key not in own}
    rest = record.lstrip()[1:].lstrip()
    front = bytes(_packed(more))[:-1]
    return front + (b"" if rest.startswith(b"}") or not more else b",") + rest
