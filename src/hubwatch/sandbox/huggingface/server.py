"""The stand-in of the Hugging Face Hub: the listing, details, organizations, and its ways to say no."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from hubwatch.sandbox.huggingface.listing import Listing, tags_of
from hubwatch.sandbox.huggingface.orders import sort_value
from hubwatch.sandbox.huggingface.records import RecordStore
from hubwatch.sandbox.huggingface.shapes import UnknownFields, detail
from hubwatch.sandbox.switches import ROBOTS, Switches
from hubwatch.sandbox.wire import Answer, Request, json_answer, text_answer

TAG_TYPES = ("dataset", "license", "arxiv", "doi", "region", "base_model")
NO_LOGIN = "Invalid username or password."
BAD_TOKEN = "Invalid credentials in Authorization header"


class HuggingFace:
    """Answers as the Hub does, over the records on its store."""

    name = "huggingface"

    def __init__(self, records: Iterable[dict[str, Any] | bytes], switches: Switches) -> None:
        self._switches = switches
        self._listing = Listing(RecordStore(records), switches)

    def set_records(self, records: Iterable[dict[str, Any] | bytes]) -> None:
        """Serve other records from the next request on; requests under way end with the old ones."""
        self._listing = Listing(RecordStore(records), self._switches)

    def rate_headers(self, limit: int, window: int, remaining: int, reset: int) -> list[tuple[str, str]]:
        return [
            ("RateLimit", f'"api";r={remaining};t={reset}'),
            ("RateLimit-Policy", f'"fixed window";"api";q={limit};w={window}'),
        ]

    def answer(self, request: Request) -> Answer:
        """The answer to a request, the X- headers of the Hub included."""
        answer = self._route(request)
        answer.headers.append(("X-Powered-By", "huggingface-moon"))
        return answer

    def refusal(self, trouble: str, request: Request, seconds: int) -> Answer:
        """`rate`: the window is empty; `granular`: another limit, with r>0; `expired`: the token; `soft`: 200 without data."""
        if trouble == "rate":
            answer = json_answer({"error": "You have exceeded the rate limit."}, 429)
            answer.headers.append(("RateLimit", f'"api";r=0;t={seconds}'))
            return answer
        if trouble == "granular":
            answer = json_answer({"error": "You have exceeded the rate limit for this operation."}, 429)
            answer.headers.append(("RateLimit", f'"api";r=99794;t={max(1, seconds)}'))
            return answer
        if trouble == "expired":
            return _error(401, BAD_TOKEN)
        return json_answer({"error": "Internal Error - We're working hard to fix this as soon as possible!"})

    def _route(self, request: Request) -> Answer:
        listing = self._listing  # one snapshot for the whole request
        path = unquote(request.path).rstrip("/")
        if request.method not in {"GET", "HEAD"}:
            return _error(404, "Not found")
        if path == "/robots.txt":
            return text_answer(self._switches.robots.get(self.name, ROBOTS))
        if request.token is not None and not self._switches.accepts(self.name, request.token):
            return _error(401, BAD_TOKEN)
        match path.removeprefix("/").split("/"):
            case ["api", "models"]:
                return listing.answer(request, self._switches.link_host)
            case ["api", "models", *parts]:
                named = parts[: parts.index("revision")] if "revision" in parts else parts
                answer = self._detail(listing.store, request, "/".join(named))
                answer.route = "detail"
                return answer
            case ["api", "organizations", name, "overview"]:
                return self._overview(listing.store, name, organization=True)
            case ["api", "users", name, "overview"]:
                return self._overview(listing.store, name, organization=False)
            case ["api", "models-tags-by-type"]:
                return json_answer(_tags_by_type(listing.store, request.first("type")))
            case ["api", "trending"]:
                return json_answer({"recentlyTrending": _trending(listing.store, request)})
            case ["api", "agent-harnesses"]:
                return json_answer({"standardEnvVars": [], "harnesses": {}})
            case ["api", "whoami-v2"]:
                return json_answer({"type": "user", "name": "sandbox", "orgs": []}) if request.token else _error(401, NO_LOGIN)
        return _error(404, "Sorry, we can't find the page you are looking for.")

    def _detail(self, store: RecordStore, request: Request, model_id: str) -> Answer:
        """One model; what a caller may not see looks like what does not exist."""
        if (renamed := self._switches.renames.get(model_id)) is not None:
            query = urlsplit(request.target).query
            location = f"/api/models/{renamed}" + (f"?{query}" if query else "")
            return Answer(status=307, content_type="text/plain; charset=utf-8", headers=[("Location", location)])
        record = store.find(model_id)
        if record is None or (record.get("gated") and not self._switches.open_gated_details):
            if request.token is None:
                return _error(401, NO_LOGIN)
            if record is None:
                return _error(404, "Repository not found", "RepoNotFound")
            message = f"Access to model {model_id} is restricted and you are not in the authorized list."
            return _error(403, message, "GatedRepo")
        if record.get("disabled"):
            return _error(403, "Access to this resource is disabled.")
        try:
            return json_answer(detail(record, request))
        except UnknownFields as trouble:
            return json_answer({"error": str(trouble)}, 400)

    def _overview(self, store: RecordStore, name: str, organization: bool) -> Answer:
        models = store.namespaces()[name]
        known = self._switches.organizations
        is_organization = name in known if known is not None else models > 0
        if organization and is_organization:
            told = dict(known[name]) if known is not None else {}
            return json_answer({"avatarUrl": "", "name": name, "fullname": name, "numModels": models} | told)
        if not organization and models and not is_organization:
            return json_answer({"avatarUrl": "", "user": name, "fullname": name, "isPro": False, "numModels": models, "orgs": []})
        return _error(404, "This organization does not exist" if organization else "This user does not exist")


def _error(status: int, message: str, code: str | None = None) -> Answer:
    headers = [("X-Error-Message", message)] + ([("X-Error-Code", code)] if code else [])
    return json_answer({"error": message}, status, headers=headers)


def _tags_by_type(store: RecordStore, only: str | None) -> dict[str, list[dict[str, str]]]:
    """The tags the records use, by type."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in store.records():
        for field, kind in (("pipeline_tag", "pipeline_tag"), ("library_name", "library")):
            if isinstance(record.get(field), str):
                found[kind][record[field]] += 1
        for tag in tags_of(record):
            kind, colon, _ = str(tag).partition(":")
            found[kind if colon and kind in TAG_TYPES else "other"][str(tag)] += 1
    kinds = [only] if only else sorted(found)
    return {kind: [{"id": tag, "label": tag.partition(":")[2] or tag, "type": kind} for tag in found[kind]] for kind in kinds}


def _trending(store: RecordStore, request: Request) -> list[dict[str, Any]]:
    limit = request.first("limit") or "10"
    fields = ("id", "author", "downloads", "likes", "gated", "lastModified", "pipeline_tag", "private")
    best = sorted(store.records(), key=lambda record: -float(sort_value(record, "trendingScore")))
    chosen = best[: int(limit) if limit.isdigit() else 10]
    return [{"repoType": "model", "repoData": {key: row[key] for key in fields if key in row}} for row in chosen]
