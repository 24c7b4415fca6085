"""Each injectable fault does on the wire what its name says."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from hubwatch.sandbox.faults import KINDS, Fault, Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from tests.sandbox.sandbox_rows import huggingface_row, huggingface_rows, modelscope_rows, wisemodel_rows

CREATION: dict[str, Any] = {"sort": "createdAt", "direction": 1, "limit": 2}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5) as opened:
        yield opened


def sandbox_with(*texts: str, count: int = 6, **options: Any) -> Sandbox:
    return Sandbox(huggingface=huggingface_rows(count), faults=Faults.parse(texts), **options)


def listing(client: httpx.Client, sandbox: Sandbox, **params: Any) -> httpx.Response:
    return client.get(f"{sandbox.url}/api/models", params=CREATION | params)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("huggingface:429@3", Fault("huggingface", "429", first=3, last=3)),
        ("huggingface:429=30@3-5", Fault("huggingface", "429", "30", first=3, last=5)),
        ("huggingface:502@2+", Fault("huggingface", "502", first=2)),
        ("modelscope:html-405@page2x1", Fault("modelscope", "html-405", page=2, times=1)),
        ("wisemodel/detail:silent", Fault("wisemodel", "silent", route="detail")),
        ("huggingface/any:reset@12.5%", Fault("huggingface", "reset", route="any", share=0.125)),
        (
            "huggingface:link-away=http://a.invalid:8080@1",
            Fault("huggingface", "link-away", "http://a.invalid:8080", first=1, last=1),
        ),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("huggingface", "HUB"),
        ("github:429", "github"),
        ("huggingface:explode@1", "explode"),
        ("huggingface:429@soon", "HUB"),
        ("huggingface:429=soon@1", "takes a number"),
        ("modelscope:link-self@1", "no next link"),
    ],
)
def test_a_text_that_is_no_fault_is_refused_with_the_reason(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        Fault.parse(text)


def test_faults_strike_by_number_and_by_range_and_leave_the_others_alone(client: httpx.Client) -> None:
    with sandbox_with("huggingface:502@2", "huggingface:503@4-5") as sandbox:
        statuses = [listing(client, sandbox).status_code for _ in range(6)]
        logged = [entry.fault for entry in sandbox.requests]
    assert statuses == [200, 502, 200, 503, 503, 200]
    assert logged == [None, "502", None, "503", "503", None]


def test_a_fault_of_a_page_strikes_that_page_as_often_as_it_is_asked_for(client: httpx.Client) -> None:
    with sandbox_with("huggingface:500@page2", "huggingface:504@page3x1") as sandbox:
        second = listing(client, sandbox).links["next"]["url"]
        third = httpx.URL(f"{sandbox.url}/api/models", params={**CREATION, "skip": 4})
        statuses = [client.get(url).status_code for url in (second, second, third, third)]
    assert statuses == [500, 500, 504, 200]


def test_a_fault_by_share_is_the_same_for_the_same_seed(client: httpx.Client) -> None:
    def struck(seed: int) -> list[int]:
        with Sandbox(huggingface=huggingface_rows(1), faults=Faults((Fault("huggingface", "500", share=0.3),), seed)) as sandbox:
            return [listing(client, sandbox).status_code for _ in range(60)]

    first = struck(1)
    assert first == struck(1) != struck(2)
    assert 5 < first.count(500) < 35


def test_requests_of_other_routes_neither_count_nor_meet_a_listing_fault(client: httpx.Client) -> None:
    with sandbox_with("huggingface:500@1", "huggingface/detail:502@1") as sandbox:
        robots = client.get(f"{sandbox.url}/robots.txt").status_code
        page = listing(client, sandbox).status_code
        detail = client.get(f"{sandbox.url}/api/models/owner-1/model-1").status_code
    assert (robots, page, detail) == (200, 500, 502)


def test_silent_never_answers(client: httpx.Client) -> None:
    with sandbox_with("huggingface:silent@1") as sandbox:
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{sandbox.url}/api/models", timeout=0.3)
        assert [(entry.fault, entry.status) for entry in sandbox.requests] == [("silent", 0)]
        assert listing(client, sandbox).status_code == 200


def test_a_sandbox_with_a_silent_connection_stops_at_once(client: httpx.Client) -> None:
    with sandbox_with("huggingface:silent") as sandbox:
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{sandbox.url}/api/models", timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_delay_answers_well_but_late(client: httpx.Client) -> None:
    with sandbox_with("huggingface:delay=0.3@1") as sandbox:
        began = time.monotonic()
        answer = listing(client, sandbox)
    assert (answer.status_code, len(answer.json())) == (200, 2)
    assert time.monotonic() - began >= 0.3


def test_trickle_sends_byte_after_byte(client: httpx.Client) -> None:
    with sandbox_with("huggingface:trickle=0.05@1") as sandbox:
        began, arrived = time.monotonic(), b""
        with client.stream("GET", f"{sandbox.url}/api/models") as answer:
            assert int(answer.headers["Content-Length"]) > 100
            for chunk in answer.iter_raw():
                arrived += chunk
                if len(arrived) >= 6:
                    break
    assert arrived.startswith(b"[{")
    assert 0.2 < time.monotonic() - began < 3


def test_stall_sends_half_and_then_nothing(client: httpx.Client) -> None:
    with sandbox_with("huggingface:stall@1") as sandbox, client.stream("GET", f"{sandbox.url}/api/models", timeout=0.4) as answer:
        chunks = answer.iter_raw()
        first = next(chunks)
        with pytest.raises(httpx.ReadTimeout):
            list(chunks)
    assert first.startswith(b"[")


@pytest.mark.parametrize("kind", ["reset", "cut-short"])
def test_a_connection_that_ends_within_the_body_is_an_error_of_transport(client: httpx.Client, kind: str) -> None:
    with sandbox_with(f"huggingface:{kind}@1") as sandbox:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            listing(client, sandbox)
        assert listing(client, sandbox).status_code == 200


def test_truncated_json_comes_with_a_length_that_agrees(client: httpx.Client) -> None:
    with sandbox_with("huggingface:truncated@1") as sandbox:
        answer = listing(client, sandbox)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()


@pytest.mark.parametrize(("kind", "status"), [("html", 200), ("html-403", 403), ("html-405", 405), ("html-503", 503)])
def test_html_comes_where_json_is_due(client: httpx.Client, kind: str, status: int) -> None:
    with sandbox_with(f"huggingface:{kind}@1") as sandbox:
        answer = listing(client, sandbox)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_429_says_that_the_window_is_empty_and_when_it_opens(client: httpx.Client) -> None:
    with sandbox_with("huggingface:429=7@1") as sandbox:
        answer = listing(client, sandbox)
    assert (answer.status_code, answer.headers["RateLimit"]) == (429, '"api";r=0;t=7')
    assert answer.headers["RateLimit-Policy"] == '"fixed window";"api";q=100000;w=300'
    assert "Retry-After" not in answer.headers


def test_429_granular_refuses_while_the_window_has_room(client: httpx.Client) -> None:
    with sandbox_with("huggingface:429-granular@1") as sandbox:
        answer = listing(client, sandbox)
    assert (answer.status_code, answer.headers["RateLimit"]) == (429, '"api";r=99794;t=60')


def test_retry_after_comes_in_seconds_as_a_date_and_absurd(client: httpx.Client) -> None:
    with sandbox_with("huggingface:retry-after=3@1", "huggingface:retry-after-date=60@2", "huggingface:retry-after-absurd@3") as sandbox:
        answers = [listing(client, sandbox) for _ in range(3)]
    seconds, date, absurd = (answer.headers["Retry-After"] for answer in answers)
    assert [answer.status_code for answer in answers] == [429, 429, 429]
    assert seconds == "3"
    assert 50 < parsedate_to_datetime(date).timestamp() - time.time() <= 60
    assert int(absurd) > 10**9


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_has_its_status(client: httpx.Client, status: int) -> None:
    with sandbox_with(f"huggingface:{status}@1") as sandbox:
        assert listing(client, sandbox).status_code == status


def test_redirect_points_to_another_host(client: httpx.Client) -> None:
    with sandbox_with("huggingface:redirect=http://other.invalid@1") as sandbox:
        answer = listing(client, sandbox)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("http://other.invalid/api/models?sort=createdAt")


def test_links_turn_to_the_page_itself_to_an_earlier_one_and_away(client: httpx.Client) -> None:
    with sandbox_with("huggingface:link-self@2", "huggingface:link-back@3", "huggingface:link-away=http://other.invalid@4") as sandbox:
        first = listing(client, sandbox)
        url = first.links["next"]["url"]
        itself = client.get(url).links["next"]["url"]
        back = listing(client, sandbox, limit=3).links["next"]["url"]
        away = listing(client, sandbox).links["next"]["url"]
    assert itself == url
    assert back == url
    assert away == url.replace(sandbox.url, "http://other.invalid")


def test_an_endless_body_goes_on_until_the_client_leaves(client: httpx.Client) -> None:
    arrived = 0
    with sandbox_with("huggingface:endless@1") as sandbox:
        with client.stream("GET", f"{sandbox.url}/api/models") as answer:
            for chunk in answer.iter_raw():
                arrived += len(chunk)
                if arrived > 8_000_000:
                    break
        assert listing(client, sandbox).status_code == 200
    assert arrived > 8_000_000


def test_an_empty_body_and_a_wrong_content_type(client: httpx.Client) -> None:
    with sandbox_with("huggingface:empty@1", "huggingface:wrong-type@2") as sandbox:
        empty, wrong = listing(client, sandbox), listing(client, sandbox)
    assert (empty.status_code, empty.content) == (200, b"")
    assert (wrong.status_code, wrong.headers["Content-Type"], len(wrong.json())) == (200, "text/plain", 2)


def test_duplicate_repeats_the_last_record_of_the_page_before(client: httpx.Client) -> None:
    with sandbox_with("huggingface:duplicate@2") as sandbox:
        first = listing(client, sandbox)
        second = client.get(first.links["next"]["url"])
    assert [row["id"] for row in second.json()] == [first.json()[-1]["id"], "owner-2/model-2", "owner-0/model-3"]


def test_invalid_utf8_cannot_be_decoded(client: httpx.Client) -> None:
    with sandbox_with("huggingface:invalid-utf8@1") as sandbox:
        body = listing(client, sandbox).content
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_a_gzip_bomb_is_small_on_the_wire_and_large_unpacked(client: httpx.Client) -> None:
    with sandbox_with("huggingface:gzip-bomb=20@1") as sandbox, client.stream("GET", f"{sandbox.url}/api/models") as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 200_000
    assert len(gzip.decompress(packed)) == 20 * (1 << 20)  # checks the checksum too


def test_missing_key_and_changed_type_touch_every_record_of_the_page(client: httpx.Client) -> None:
    with sandbox_with("huggingface:missing-key=likes@1", "huggingface:changed-type@2", "huggingface:changed-type=tags@3") as sandbox:
        missing, text, tags = (listing(client, sandbox, full="true").json() for _ in range(3))
    assert ["likes" in row for row in missing] == [False, False]
    assert [row["downloads"] for row in text] == ["0", "7"]
    assert tags[0]["tags"] == {"0": "transformers", "1": "license:mit"}


def test_a_fault_of_the_records_leaves_records_it_cannot_read_alone(client: httpx.Client) -> None:
    rows: list[Any] = [huggingface_row(0), b'{"id":"a/broken",']
    with Sandbox(huggingface=rows, faults=Faults.parse(["huggingface:missing-key=likes"])) as sandbox:
        body = listing(client, sandbox).content
    assert b'{"id":"a/broken",' in body
    assert b'"likes"' not in body


def test_each_hub_spells_soft_errors_and_expired_tokens_its_own_way(client: httpx.Client) -> None:
    hubs: dict[str, Any] = {"huggingface": huggingface_rows(1), "modelscope": modelscope_rows(1), "wisemodel": wisemodel_rows(1)}
    texts = [f"{hub}:{kind}@{number}" for hub in hubs for number, kind in enumerate(("soft-error", "expired-token"), start=1)]
    asked = {"huggingface": "/api/models", "modelscope": "/openapi/v1/models", "wisemodel": "/api/v4/projects"}
    with Sandbox(**hubs, faults=Faults.parse(texts)) as sandbox:
        answers = {hub: [client.get(sandbox.url_of(hub) + path) for _ in range(2)] for hub, path in asked.items()}
    statuses = {hub: [answer.status_code for answer in pair] for hub, pair in answers.items()}
    assert statuses == {"huggingface": [200, 401], "modelscope": [200, 401], "wisemodel": [200, 401]}
    soft = {hub: pair[0].json() for hub, pair in answers.items()}
    assert list(soft["huggingface"]) == ["error"]
    assert soft["modelscope"]["success"] is False
    assert list(soft["wisemodel"]) == ["message"]
    assert answers["modelscope"][1].json()["code"] == "InvalidAuthentication"


def test_every_kind_of_fault_can_strike_a_listing_without_breaking_the_stand_in(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in KINDS:
        fault = Fault("huggingface", kind, "16" if kind == "gzip-bomb" else "", first=1, last=1)
        with Sandbox(huggingface=huggingface_rows(3), faults=Faults((fault,))) as sandbox:
            try:
                with client.stream("GET", f"{sandbox.url}/api/models", timeout=0.3) as answer:
                    next(answer.iter_raw(), b"")
            except httpx.TransportError:
                assert kind in {"silent", "delay", "trickle", "stall", "reset", "cut-short"}
            after = client.get(f"{sandbox.url}/api/models")
            assert (after.status_code, len(after.json())) == (200, 3), kind
            assert sandbox.requests[0].fault == kind
    assert "stand-in of" not in caplog.text


def test_faults_work_with_compression_on_and_off(client: httpx.Client) -> None:
    for compress in (True, False):
        with sandbox_with("huggingface:truncated@1", count=40, switches=Switches(compress=compress)) as sandbox:
            answer = listing(client, sandbox, limit=40)
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert answer.headers.get("Content-Encoding") == ("gzip" if compress else None)
