"""The stand-in of Hugging Face, asked through real sockets by httpx and by the hub's own client."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from tests.sandbox.sandbox_rows import huggingface_row, huggingface_rows

CREATION: dict[str, Any] = {"sort": "createdAt", "direction": 1}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as opened:
        yield opened


def walk(client: httpx.Client, url: str, **params: Any) -> list[dict[str, Any]]:
    """All records of a listing, page after page by the Link header."""
    answer = client.get(f"{url}/api/models", params=params)
    records = list(answer.json())
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        records += answer.json()
    return records


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


def names(*numbers: int) -> list[str]:
    return [f"owner-{number % 3}/model-{number}" for number in numbers]


@pytest.mark.parametrize("field", ["createdAt", "downloads", "likes", "lastModified", "trendingScore"])
@pytest.mark.parametrize("direction", [1, -1])
def test_a_walk_gives_every_record_once_in_order_with_ties_by_ascending_id(client: httpx.Client, field: str, direction: int) -> None:
    rows = huggingface_rows(50)
    if field == "createdAt":
        expected = ids(rows[::direction])
    else:
        expected = ids(sorted(rows, key=lambda row: row[field], reverse=direction == -1))  # stable: rows ascend by _id
    with Sandbox(huggingface=rows[::-1]) as sandbox:
        assert ids(walk(client, sandbox.url, sort=field, direction=direction, limit=7)) == expected


def test_records_given_in_any_order_are_listed_by_creation(client: httpx.Client) -> None:
    rows = huggingface_rows(9)
    with Sandbox(huggingface=[rows[number] for number in (4, 0, 8, 2, 6, 1, 7, 3, 5)]) as sandbox:
        assert ids(walk(client, sandbox.url, limit=4, **CREATION)) == ids(rows)


def test_the_next_link_is_absolute_repeats_every_parameter_and_holds_a_keyset_cursor(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(5)) as sandbox:
        params: dict[str, Any] = {"limit": "2", "expand[]": ["downloads", "likes"]} | CREATION
        link = client.get(f"{sandbox.url}/api/models", params=params).links["next"]["url"]
    query = parse_qs(urlsplit(link).query)
    cursor = json.loads(base64.b64decode(query.pop("cursor")[0]))
    assert link.startswith(f"{sandbox.url}/api/models?")
    assert query == {"limit": ["2"], "sort": ["createdAt"], "direction": ["1"], "expand[]": ["downloads", "likes"]}
    assert cursor == {"_id": {"$gt": huggingface_row(1)["_id"]}}


def test_a_cursor_over_a_counter_names_the_value_and_the_id_of_the_last_record(client: httpx.Client) -> None:
    rows = [huggingface_row(number, likes=likes) for number, likes in enumerate((5, 9, 9))]
    with Sandbox(huggingface=rows) as sandbox:
        link = client.get(f"{sandbox.url}/api/models?sort=likes&limit=1").links["next"]["url"]
    cursor = json.loads(base64.b64decode(parse_qs(urlsplit(link).query)["cursor"][0]))
    assert cursor == {"$or": [{"likes": 9, "_id": {"$gt": rows[1]["_id"]}}, {"likes": {"$lt": 9}}]}


def test_a_cursor_made_of_a_creation_second_enters_the_listing_there(client: httpx.Client) -> None:
    rows = huggingface_rows(10)
    second = rows[6]["_id"][:8]
    cursor = base64.b64encode(json.dumps({"_id": {"$gt": second + "0" * 16}}).encode()).decode()
    with Sandbox(huggingface=rows) as sandbox:
        answer = client.get(f"{sandbox.url}/api/models", params={"cursor": cursor} | CREATION)
    assert ids(answer.json()) == names(6, 7, 8, 9)


def test_a_mirror_writes_the_hubs_own_host_into_the_link(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(3), switches=Switches(link_host="https://huggingface.co")) as sandbox:
        link = client.get(f"{sandbox.url}/api/models?limit=1").links["next"]["url"]
    assert link.startswith("https://huggingface.co/api/models?limit=1&cursor=")


def test_a_page_holds_a_thousand_records_at_most_and_by_default(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1005)) as sandbox:
        asked = [client.get(f"{sandbox.url}/api/models", params=params).json() for params in ({}, {"limit": 5000}, {"limit": 3})]
    assert [len(page) for page in asked] == [1000, 1000, 3]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("sort=trending", "trendingScore"),
        ("direction=0", "direction"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("expand[]=downloads&expand[]=stars", "downloadsAllTime"),
        ("expand=childrenModelCount", "safetensors"),
        ("expand[]=usedStorage", "safetensors"),
        ("apps=ollama", "apps"),
        ("cursor=bm9uZQ==", "cursor"),
        ("cursor=%7B%7D", "cursor"),
    ],
)
def test_a_wrong_query_is_a_400_that_names_what_would_be_right(client: httpx.Client, query: str, part: str) -> None:
    with Sandbox(huggingface=huggingface_rows(3)) as sandbox:
        answer = client.get(f"{sandbox.url}/api/models?{query}")
    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_a_400_for_an_unknown_field_names_that_field(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1)) as sandbox:
        error = client.get(f"{sandbox.url}/api/models?expand=downloads,stars").json()["error"]
    assert error.startswith("Invalid expand value: stars. Valid values are: author, ")


@pytest.mark.parametrize("query", ["expand=downloads&expand=likes", "expand[]=downloads&expand[]=likes", "expand=downloads,likes"])
def test_expand_gives_the_ids_and_exactly_the_fields_asked_for(client: httpx.Client, query: str) -> None:
    with Sandbox(huggingface=huggingface_rows(1)) as sandbox:
        record = client.get(f"{sandbox.url}/api/models?{query}").json()[0]
    assert record == {"_id": huggingface_row(0)["_id"], "id": "owner-0/model-0", "downloads": 0, "likes": 0}


def test_a_field_a_record_lacks_is_absent_not_null(client: httpx.Client) -> None:
    bare = {key: value for key, value in huggingface_row(0).items() if key not in {"pipeline_tag", "gated"}}
    with Sandbox(huggingface=[bare]) as sandbox:
        record = client.get(f"{sandbox.url}/api/models?expand[]=pipeline_tag&expand[]=gated&expand[]=likes").json()[0]
    assert set(record) == {"_id", "id", "likes"}


def test_the_default_shape_has_no_author_and_the_full_one_has(client: httpx.Client) -> None:
    with Sandbox(huggingface=[huggingface_row(0, sha="0" * 40, cardData={"license": "mit"})]) as sandbox:
        shapes = [
            client.get(f"{sandbox.url}/api/models?{query}").json()[0] for query in ("sort=likes", "full=true", "full=true&cardData=true")
        ]
    short = {"_id", "id", "modelId", "createdAt", "downloads", "likes", "private", "tags", "pipeline_tag"}
    assert set(shapes[0]) == short
    assert set(shapes[1]) == short | {"trendingScore", "author", "gated", "lastModified", "sha"}
    assert set(shapes[2]) == set(shapes[1]) | {"cardData"}


def test_filters_narrow_the_listing_and_repeated_ones_must_all_hold(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(12)) as sandbox:

        def listed(**params: Any) -> list[str]:
            return ids(walk(client, sandbox.url, limit=2, **CREATION, **params))

        assert listed(author="owner-1") == names(1, 4, 7, 10)
        assert listed(author="OWNER-1") == []
        assert listed(search="MODEL-1") == names(1, 10, 11)
        assert listed(filter=["transformers", "license:mit"]) == names(0, 2, 4, 6, 8, 10)
        assert listed(pipeline_tag="translation", author="owner-0") == names(3, 9)
        assert listed(gated="true") == names(0, 2, 3, 5, 6, 8, 9, 11)
        assert listed(gated="false") == names(1, 4, 7, 10)


def test_a_private_model_is_not_listed_and_its_detail_looks_missing(client: httpx.Client) -> None:
    rows = [huggingface_row(1), huggingface_row(4, private=True)]
    with Sandbox(huggingface=rows) as sandbox:
        assert ids(walk(client, sandbox.url)) == names(1)
        hidden, missing = (client.get(f"{sandbox.url}/api/models/{name}") for name in ("owner-1/model-4", "owner-1/none"))
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json()) == (401, {"error": "Invalid username or password."})


def test_details_follow_the_hubs_rules_of_401_403_and_404(client: httpx.Client) -> None:
    rows = [huggingface_row(0), huggingface_row(1), huggingface_row(4, disabled=True)]
    token = {"Authorization": "Bearer hf_good"}
    with Sandbox(huggingface=rows, switches=Switches(tokens={"huggingface": frozenset({"hf_good"})})) as sandbox:

        def asked(name: str, headers: dict[str, str]) -> tuple[int, str | None, str | None]:
            answer = client.get(f"{sandbox.url}/api/models/{name}", headers=headers)
            return answer.status_code, answer.headers.get("X-Error-Code"), answer.headers.get("X-Error-Message")

        assert asked("owner-1/model-1", {}) == (200, None, None)
        assert asked("owner-0/model-0", {}) == (401, None, "Invalid username or password.")  # gated
        assert asked("owner-0/model-0", token)[:2] == (403, "GatedRepo")
        assert asked("a/b", token) == (404, "RepoNotFound", "Repository not found")
        assert asked("owner-1/model-4", {}) == (403, None, "Access to this resource is disabled.")
        wrong = {"Authorization": "Bearer hf_old"}
        assert asked("owner-1/model-1", wrong) == (401, None, "Invalid credentials in Authorization header")


def test_a_detail_may_name_fields_that_a_listing_may_not(client: httpx.Client) -> None:
    with Sandbox(huggingface=[huggingface_row(1, usedStorage=12)]) as sandbox:
        record = client.get(f"{sandbox.url}/api/models/owner-1/model-1?expand=usedStorage").json()
    assert record == {"_id": huggingface_row(1)["_id"], "id": "owner-1/model-1", "usedStorage": 12}


def test_rate_headers_are_on_every_answer_and_an_empty_window_refuses_until_it_ends(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1), quota=Quota(2, 300)) as sandbox:
        answers = [client.get(f"{sandbox.url}/api/models") for _ in range(3)]
        other = client.get(f"{sandbox.url}/api/models", headers={"Authorization": "Bearer hf_x"})
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit"].split(";t=")[0] for answer in answers] == ['"api";r=1', '"api";r=0', '"api";r=0']
    assert 1 <= int(answers[2].headers["RateLimit"].rpartition("=")[2]) <= 300
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"fixed window";"api";q=2;w=300'}
    assert other.status_code == 200


def test_the_next_window_lets_requests_in_again(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1), quota=Quota(1, 1)) as sandbox:
        statuses: list[int] = []
        while 429 not in statuses:  # two requests may straddle two windows
            statuses.append(client.get(f"{sandbox.url}/api/models").status_code)
        while statuses[-1] == 429:
            statuses.append(client.get(f"{sandbox.url}/api/models").status_code)
    assert statuses[-1] == 200


def test_an_unannounced_quota_refuses_without_rate_headers_on_good_answers(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1), quota=Quota(1, 300, announce=False)) as sandbox:
        answers = [client.get(f"{sandbox.url}/api/models") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "RateLimit" not in answers[0].headers


def test_a_record_given_as_bytes_is_served_byte_for_byte(client: httpx.Client) -> None:
    odd = [
        b'{"_id":"65920080000000000000000a","id":"a/nan","downloads":NaN}',
        b'{"_id":"65920080000000000000000b","id":"a/huge","downloads":' + b"9" * 5000 + b"}",
        b'{"id":"a/twice","_id":"65920080000000000000000c","downloads":1,"downloads":2}',
        b'{"id":"a/broken","downloads":',
        b'"just text"',
    ]
    with Sandbox(huggingface=[*odd, huggingface_row(0)]) as sandbox:
        answer = client.get(f"{sandbox.url}/api/models", params={"expand[]": "likes"} | CREATION)
    for raw in odd:
        assert raw in answer.content
    assert answer.content.startswith(b'[{"_id":"65920080000000000000000')


def test_records_with_the_same_id_are_all_listed_even_across_pages(client: httpx.Client) -> None:
    twin = huggingface_row(2)
    with Sandbox(huggingface=[huggingface_row(1), twin, dict(twin), dict(twin), huggingface_row(3)]) as sandbox:
        listed = ids(walk(client, sandbox.url, limit=2, **CREATION))
    assert listed == names(1, 2, 2, 2, 3)


def test_records_without_an_object_id_get_one_from_their_creation_time(client: httpx.Client) -> None:
    rows = [
        {"id": "a/later", "createdAt": "2024-06-01T00:00:00.000Z"},
        {"id": "a/earlier", "createdAt": "2023-06-01T00:00:00.000Z"},
    ]
    with Sandbox(huggingface=rows) as sandbox:
        listed = walk(client, sandbox.url, limit=1, **CREATION)
    assert ids(listed) == ["a/earlier", "a/later"]
    assert [record["_id"][:8] for record in listed] == ["6477df80", "665a6480"]


def test_records_can_be_replaced_while_serving(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(3)) as sandbox:
        before = ids(walk(client, sandbox.url, **CREATION))
        sandbox.set_records("huggingface", huggingface_rows(2))
        after = ids(walk(client, sandbox.url, **CREATION))
    assert (before, after) == (names(0, 1, 2), names(0, 1))


def test_an_empty_hub_lists_an_empty_array(client: httpx.Client) -> None:
    with Sandbox(huggingface=[]) as sandbox:
        answer = client.get(f"{sandbox.url}/api/models")
    assert (answer.status_code, answer.json(), answer.links) == (200, [], {})


def test_the_log_tells_what_was_asked(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1)) as sandbox:
        client.get(f"{sandbox.url}/api/models?expand[]=likes", headers={"User-Agent": "hubwatch-test"})
        client.get(f"{sandbox.url}/nowhere")
    first, second = sandbox.requests
    assert (first.hub, first.method, first.path, first.query, first.status) == (
        "huggingface",
        "GET",
        "/api/models",
        (("expand[]", "likes"),),
        200,
    )
    assert first.headers["user-agent"] == "hubwatch-test"
    assert (second.path, second.status, second.fault) == ("/nowhere", 404, None)


def test_answers_are_gzipped_only_for_who_accepts_it_and_only_if_switched_on(client: httpx.Client) -> None:
    def encoding(sandbox: Sandbox, accepted: str) -> Any:
        return client.get(f"{sandbox.url}/api/models", headers={"Accept-Encoding": accepted}).headers.get("Content-Encoding")

    with (
        Sandbox(huggingface=huggingface_rows(50)) as on,
        Sandbox(huggingface=huggingface_rows(50), switches=Switches(compress=False)) as off,
    ):
        assert [encoding(on, "gzip"), encoding(on, "identity"), encoding(off, "gzip")] == ["gzip", None, None]


def test_a_sandbox_stops_by_itself_and_frees_its_port(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(1), max_seconds=0.2) as sandbox:
        assert sandbox.stopped.wait(5)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{sandbox.url}/api/models", timeout=2)


def test_organizations_and_users_have_overviews(client: httpx.Client) -> None:
    known = {"owner-0": {"fullname": "The Owner", "numUsers": 3}}
    with Sandbox(huggingface=huggingface_rows(4), switches=Switches(organizations=known)) as sandbox:

        def asked(path: str) -> tuple[int, Any]:
            answer = client.get(f"{sandbox.url}/api/{path}/overview")
            return answer.status_code, answer.json()

        organization = {"avatarUrl": "", "name": "owner-0", "fullname": "The Owner", "numModels": 2, "numUsers": 3}
        assert asked("organizations/owner-0") == (200, organization)
        assert asked("organizations/owner-1")[0] == 404
        assert asked("users/owner-1")[1]["user"] == "owner-1"
        assert asked("users/owner-0")[0] == asked("users/nobody")[0] == 404


def test_tags_by_type_trending_and_robots_are_served(client: httpx.Client) -> None:
    with Sandbox(huggingface=huggingface_rows(4), switches=Switches(robots={"huggingface": "User-agent: *\nDisallow: /\n"})) as sandbox:
        tags = client.get(f"{sandbox.url}/api/models-tags-by-type?type=license").json()
        trending = client.get(f"{sandbox.url}/api/trending?limit=1").json()["recentlyTrending"]
        robots = client.get(f"{sandbox.url}/robots.txt").text
    assert sorted(tag["id"] for tag in tags["license"]) == ["license:apache-2.0", "license:mit"]
    assert trending[0]["repoData"]["id"] == "owner-2/model-2"
    assert robots == "User-agent: *\nDisallow: /\n"


# The hub's own client.


@pytest.fixture
def hub_api(monkeypatch: pytest.MonkeyPatch) -> Any:
    from huggingface_hub import HfApi, close_session, constants

    # Both are read when the package is imported, which another test may have done before.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    yield HfApi
    close_session()


def test_huggingface_hub_lists_every_model_page_by_page(hub_api: Any) -> None:
    with Sandbox(huggingface=huggingface_rows(25), switches=Switches(page_cap=10)) as sandbox:
        api = hub_api(endpoint=sandbox.url, token=False)
        listed = list(api.list_models(sort="created_at", expand=["downloads", "gated", "createdAt"]))
        named = [model.id for model in api.list_models(author="owner-1", filter=["license:mit"], sort="likes")]
        pages = len([entry for entry in sandbox.requests if entry.path == "/api/models"])
    assert [model.id for model in listed] == names(*range(24, -1, -1))
    assert (listed[0].downloads, listed[0].gated, listed[1].gated) == (8, "auto", "manual")
    assert listed[0].created_at.isoformat() == "2024-01-02T00:00:00+00:00"
    assert sorted(named) == sorted(names(4, 10, 16, 22))
    assert pages == 4


def test_huggingface_hub_reads_details_renames_and_organizations(hub_api: Any) -> None:
    from huggingface_hub.errors import BadRequestError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    with Sandbox(huggingface=huggingface_rows(5), switches=Switches(renames={"old/name": "owner-1/model-1"})) as sandbox:
        api = hub_api(endpoint=sandbox.url, token=False)
        assert api.model_info("owner-1/model-1").likes == 1
        assert api.model_info("old/name", expand=["downloadsAllTime"]).downloads_all_time == 100
        assert api.get_organization_overview("owner-1").num_models == 2
        best = sorted(huggingface_rows(5), key=lambda row: -row["downloads"])[:2]
        assert [model.id for model in api.list_models(limit=2, sort="downloads")] == ids(best)
        with pytest.raises(HfHubHTTPError, match="Invalid username or password"):
            api.model_info("no/model")
        with pytest.raises(RepositoryNotFoundError):
            hub_api(endpoint=sandbox.url, token="hf_any").model_info("no/model")
        with pytest.raises(GatedRepoError):
            hub_api(endpoint=sandbox.url, token="hf_any").model_info("owner-0/model-0")
        with pytest.raises(BadRequestError, match="Valid values are"):
            list(api.list_models(expand=["usedStorage"]))


def test_the_real_rows_come_back_exactly(client: httpx.Client) -> None:
    shared = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[3] / "shared")
    path = shared / "real/huggingface/expand_rows.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the real rows are not at {path}")
    rows = [row for row in read_jsonl(path) if isinstance(row, dict)]
    fields = sorted({key for row in rows for key in row} - {"_id", "id"})
    with Sandbox(huggingface=rows) as sandbox:
        listed = walk(client, sandbox.url, limit=500, **CREATION, **{"expand[]": fields})
    assert {row["id"]: row for row in listed} == {row["id"]: row for row in rows}
    assert len(listed) == len(rows) == 2283
