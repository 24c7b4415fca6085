"""From one captured answer of WiseModel's own listing to the block that configures it, for the operator to confirm.

The answer is the JSON of the site's call as saved from a browser, or a HAR file, which has the request as well. Nothing that it
does not show is filled in: what is uncertain is left empty and named.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from hubwatch.errors import UsageError
from hubwatch.hubs.unread import is_credential

_ID = re.compile(r"[^/\s:@?#]+/[^/\s:@?#]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?|\d{10}|\d{13}")
_SHOWN = 3  # records whose fields are shown
_PAGE = re.compile(r"page|page_?(num(ber)?|no|index)|current(_?page)?|pn", re.IGNORECASE)
_SIZE = re.compile(r"(page_?)?size|per_?page|limit|rows|ps", re.IGNORECASE)
_TOTAL = re.compile(r"total(_?(count|num|size|elements|records))?|count|总数|总条数", re.IGNORECASE)
# What a request may carry that is its sender's alone, beside credentials: under such a name, or a value that looks like a token.
_SENDERS = re.compile(r"sid|uid|user_?id|phone|mobile|e?mail", re.IGNORECASE)
_TOKEN_LIKE = re.compile(r"(Bearer |Basic )\S+|eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*|[0-9a-fA-F]{32,}|(?=\S*\d)(?=\S*[A-Za-z])[\w+/=-]{40,}")
# What a field may be called, the likeliest first; a place within a record is written with dots.
_FIELDS: dict[str, tuple[str, ...]] = {
    "id": (r"(.*\.)?(path_with_namespace|full_?(name|path)|repo_?id|model_?id|project_?path|path|id|name)",),
    "owner": (
        r"(owner|namespace|org|organi[sz]ation|group)(_?(name|path))?|(组织|机构|所有者)(名|名称)?",
        r"(owner|namespace|org|organi[sz]ation|group)\.(path|full_path|name|username|login)",
        r"(author|creator|user)(_?name)?|(author|creator|user)\.(path|name|username|login)",
    ),
    "name": (r"(repo|model|project)_?(name|path)|(模型|项目)(名|名称)", r"path", r"name|名称"),
    "title": (r"(chinese|display|show|zh|cn)_?(name|title)|(name|title)_?(zh|cn)", r"title"),
    "downloads": (r"(total_?)?down(load)?s?(_?(count|num|number|times|total|cnt))?|下载(量|数|次数)",),
    "likes": (
        r"(total_?)?likes?(_?(count|num|number|total|cnt))?|(点赞|喜欢)(量|数)?",
        r"(total_?)?(favou?rites?|collects?|thumbs?(_?up)?)(_?(count|num|number|total|cnt))?",
    ),
    "created_at": (r"creat(e|ed|ion)(_?(at|time|date|on))?|gmt_?create(d)?|创建(时间|日期)",),
    "modified_at": (
        r"(last_?)?(update|updated|modified|modify)(_?(at|time|date|on))?|gmt_?modified|last_?(activity|commit)(_?(at|time))?|(更新|修改)(时间|日期)",
    ),
    "license": (r"license(_?(name|key|type))?|license\.(key|name|spdx_id)|许可证|协议",),
    "task": (r"(pipeline_?)?(task|tasks)(_?(name|type))?|pipeline_tag|任务(类型)?",),
}
_COUNTS, _TIMES = ("downloads", "likes"), ("created_at", "modified_at")


@dataclass
class Proposal:
    """The block as far as the capture shows it, and what the operator must look at."""

    items: str
    total: str
    ok: tuple[str, str]
    fields: dict[str, str]
    records: list[Mapping[str, Any]]
    method: str = "POST"
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=lambda: {"baseReq": {"page": "{page}", "pageSize": "{page_size}"}})
    to_do: list[str] = field(default_factory=list)

    def block(self) -> str:
        """The block in TOML, as `HUBWATCH_WISEMODEL_LISTING` names it."""
        lines = [
            f"method = {_quoted(self.method)}",
            f"path = {_quoted(self.path)}",
            f"items = {_quoted(self.items)}",
            f"total = {_quoted(self.total)}",
        ]
        lines += ["", "[ok]", f"pointer = {_quoted(self.ok[0])}", f"equals = {_quoted(self.ok[1])}"]
        lines += _table("query", self.query) + _table("body", self.body)
        lines += ["", "[fields]", *(f"{name} = {_quoted(self.fields.get(name, ''))}" for name in _FIELDS)]
        return "\n".join(lines)

    def shown(self) -> list[str]:
        """Every mapped field on the first records."""
        lines = []
        for name, place in self.fields.items():
            values = [json.dumps(_at(record, place), ensure_ascii=False) for record in self.records[:_SHOWN]]
            lines.append(f"{name} = {place}: {', '.join(values)}")
        return lines


def propose(path: Path) -> Proposal:
    """The block for what was captured in this file; `UsageError` where it shows no listing of models."""
    try:
        captured = json.loads(path.read_bytes())
        found = [one for answer, request in _answers(captured) for one in _listings(answer, request)]
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply; save the response that brings the models") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name the file saved from the browser") from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON ({error}); save the response itself, or a HAR file") from None
    if not found:
        raise UsageError(
            f"{path} has no list of records with an owner/name, or an owner and a name; save the response that brings the models"
        )
    return max(found, key=lambda one: (len(one.fields), len(one.records)))


def _answers(captured: Any) -> Iterator[tuple[Any, Mapping[str, Any] | None]]:
    """The JSON answers of a capture, with the request of each where it is a HAR file."""
    entries = _at(captured, "log.entries")
    if not isinstance(entries, list):
        yield captured, None
        return
    for entry in entries:
        text, request = _at(entry, "response.content.text"), _at(entry, "request")
        try:
            if _at(entry, "response.content.encoding") == "base64":
                text = base64.b64decode(text)
            yield json.loads(text), request if isinstance(request, Mapping) else None
        except (TypeError, ValueError):  # an image, a script, an answer that was not kept
            continue


def _listings(answer: Any, request: Mapping[str, Any] | None) -> Iterator[Proposal]:
    for place, records in _lists(answer, ()):
        fields, doubts = _mapped(records)
        if "id" not in fields and not {"owner", "name"} <= set(fields):
            continue
        proposal = Proposal(".".join(place), _total(answer, place, len(records)), _ok(answer), fields, records, to_do=doubts)
        _take_request(proposal, request)
        if not proposal.total:
            proposal.to_do.append("total: the response has no number of all models; completeness cannot be checked")
        for name in _COUNTS:
            if name not in fields:
                proposal.to_do.append(f"{name}: no field of the records looks like it; it stays null")
        yield proposal


def _lists(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Mapping[str, Any]]]]:
    """Every list of objects that keys alone lead to; the answer itself may be one."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        yield place, value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if "." not in key:
                yield from _lists(inner, (*place, key))


def _places(record: Mapping[str, Any], lead: str = "") -> Iterator[str]:
    """The places of a record's values, one level deep."""
    for key, value in record.items():
        if "." in key:
            continue
        if isinstance(value, Mapping) and not lead:
            yield from _places(value, f"{key}.")
        else:
            yield lead + key


def _mapped(records: list[Mapping[str, Any]]) -> tuple[dict[str, str], list[str]]:
    """Where the records have what, by name and by value; and which choices are in doubt."""
    places = list(dict.fromkeys(place for record in records for place in _places(record)))
    fields: dict[str, str] = {}
    doubts = []
    for name, patterns in _FIELDS.items():
        for pattern in patterns:
            fitting = [
                place
                for place in sorted(places, key=lambda place: "." in place)
                if _is_called(name, pattern, place) and _fits(name, [_at(one, place) for one in records])
            ]
            if fitting:
                fields[name] = fitting[0]
                if len(fitting) > 1:
                    doubts.append(f"{name}: {' or '.join(fitting)}? {fitting[0]} is filled in")
                break
    if "id" in fields:
        fields.pop("owner", None)
        fields.pop("name", None)
    return fields, [doubt for doubt in doubts if doubt.split(":")[0] in fields]


def _is_called(name: str, pattern: str, place: str) -> bool:
    """Whether a place is called as the field may be; in an object of a record, its last key, but an owner's or a name is the model's only by the whole."""
    ends = [place] if name in ("owner", "name") else [place, place.rpartition(".")[2]]
    return any(re.fullmatch(pattern, end, re.IGNORECASE) for end in ends)


def _fits(name: str, values: list[Any]) -> bool:
    """Whether these values can be of the field: in all records that say something, and in more than half of all."""
    said = [value for value in values if value not in (None, "", [])]
    if len(said) * 2 <= len(values):
        return False
    if name == "id":
        return all(isinstance(value, str) and _ID.fullmatch(value) for value in said)
    if name in _COUNTS:
        return all(
            (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal()) for value in said
        )
    if name in _TIMES:
        return all(not isinstance(value, bool) and _MOMENT.fullmatch(str(value)) for value in said)
    if name in ("owner", "name"):
        return all(isinstance(value, str) and "/" not in value for value in said)
    return all(isinstance(value, str | list) for value in said)


def _total(answer: Any, place: tuple[str, ...], count: int) -> str:
    """The nearest number around the list that can be that of all records."""
    for depth in range(len(place) - 1, -1, -1):
        holder = _at(answer, ".".join(place[:depth]))
        for key, value in holder.items() if isinstance(holder, Mapping) else ():
            if _TOTAL.fullmatch(key) and str(value).isdecimal() and int(value) >= count:
                return ".".join((*place[:depth], key))
    return ""


def _ok(answer: Any) -> tuple[str, str]:
    """What the answer says of its success, as text; nothing where it says nothing."""
    for key in ("code", "Code", "status", "success", "Success", "errno"):
        if isinstance(answer, Mapping) and isinstance(answer.get(key), str | int | bool):
            return key, str(answer[key])
    return "", ""


def _take_request(proposal: Proposal, request: Mapping[str, Any] | None) -> None:
    """Fill in how the page was requested; without a request that is left to the operator."""
    if request is None:
        proposal.to_do.append("path: copy the path of the request from the browser, and compare method and body with it")
        return
    url = _url(request.get("url"))
    proposal.method, proposal.path = str(request.get("method") or "POST"), url.path
    if not url.path:
        proposal.to_do.append("path: the capture has no readable address of the request; copy its path from the browser")
    try:
        body = json.loads(_at(request, "postData.text") or "{}")
    except (TypeError, ValueError):
        body = {}
        proposal.to_do.append("body: the request's body is not JSON; such a call cannot be configured")
    left_out: list[str] = []
    query = _without_secrets("query", dict(parse_qsl(url.query, keep_blank_values=True)), left_out)
    proposal.query = {name: str(_templated(name, value)) for name, value in query.items()}
    proposal.body = _templated("", _without_secrets("body", body, left_out)) if isinstance(body, dict) else {}
    if left_out:
        proposal.to_do.append(f"{', '.join(left_out)}: may be secret or personal and is left out; try the call without it")
    if "{page}" not in json.dumps([proposal.query, proposal.body]):
        proposal.to_do.append("{page}: say in query or body where the page number goes")
    headers = request.get("headers")
    names = {str(_at(header, "name")).lower() for header in headers} if isinstance(headers, list) else set()
    if names & {"authorization", "token", "access-token", "x-token", "x-access-token"}:
        proposal.to_do.append("bearer_env: the browser sent a token; try without, else name the variable that holds one")


def _url(value: Any) -> SplitResult:
    try:
        return urlsplit(str(value or ""))
    except ValueError:
        return urlsplit("")


def _without_secrets(place: str, value: Any, left_out: list[str]) -> Any:
    """A request's value without what may be a secret of its sender or tell who that is; the places of what is left out are noted."""
    if isinstance(value, Mapping):
        held = {}
        for name, inner in value.items():
            at = f"{place}.{name}"
            is_secret = (is_credential(name) or _SENDERS.fullmatch(name) is not None) and inner not in (None, "", [], {})
            if is_secret or _is_token(inner):
                left_out.append(at)
            else:
                held[name] = _without_secrets(at, inner, left_out)
        return held
    if isinstance(value, list):
        kept = [inner for inner in value if not _is_token(inner)]
        left_out += [place] if len(kept) < len(value) else []
        return [_without_secrets(place, inner, left_out) for inner in kept]
    return value


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN_LIKE.fullmatch(value.strip()) is not None


def _templated(key: str, value: Any) -> Any:
    """A request's value with page and size left open."""
    if isinstance(value, dict):
        return {name: _templated(name, inner) for name, inner in value.items()}
    if str(value).isdecimal() and not isinstance(value, bool):
        return "{page}" if _PAGE.fullmatch(key) else "{page_size}" if _SIZE.fullmatch(key) else value
    return value


def _at(value: Any, place: str) -> Any:
    for key in place.split(".") if place else ():
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _quoted(value: Any) -> str:
    """A value in TOML; JSON writes texts and numbers in the same way, and null, which TOML lacks, is left out."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_quoted(inner)}" for key, inner in value.items() if inner is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_quoted(inner) for inner in value if inner is not None) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    """A table of TOML with the tables in it; a null, which TOML lacks, is left out."""
    plain = [f"{_key(key)} = {_quoted(value)}" for key, value in values.items() if not isinstance(value, Mapping) and value is not None]
    inner = [line for key, value in values.items() if isinstance(value, Mapping) for line in _table(f"{name}.{_key(key)}", value)]
    return [*(["", f"[{name}]", *plain] if plain or not inner else []), *inner]
