"""The doctor against stand-ins: all well, and each thing that can be off, with its cure and its evidence."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch.collect import doctor
from hubwatch.collect.doctor import Report, examine
from hubwatch.hubs import HUBS
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches, WiseModelListing
from hubwatch.settings import Settings
from tests.sandbox.sandbox_rows import huggingface_rows, modelscope_rows, wisemodel_rows

NAMES = {
    "huggingface": ["reachable", "robots.txt", "token", "listing", "order", "next page", "own cursor", "rate quota", "keys not read"],
    "modelscope": [
        *("reachable", "robots.txt", "site listing", "order by change", "order by downloads", "order by creation"),
        *("depth", "openapi", "totals", "token", "rate quota", "keys not read"),
    ],
    "wisemodel": [
        *("reachable", "robots.txt", "token", "project list", "order", "next page", "license", "owner's projects", "front end"),
        *("site listing", "rate quota", "keys not read"),
    ],
}


def look(data: Path, hub: str, faults: tuple[str, ...] = (), switches: Switches | None = None, **env: Any) -> Report:
    rows = {"huggingface": huggingface_rows(60), "modelscope": modelscope_rows(250), "wisemodel": wisemodel_rows(60)}[hub]
    listed: dict[str, Any] = {hub: rows}
    with Sandbox(**listed, faults=Faults.parse(faults), switches=switches, max_seconds=60) as sandbox:
        settings = Settings.from_environment(data, sandbox.endpoints | {"HUBWATCH_READ_TIMEOUT": "2"} | env)
        report = examine(settings, hub)
        assert report.requests == len(sandbox.requests) <= 10
        assert {request.method for request in sandbox.requests} <= {"GET", "PUT", "POST"}  # PUT and POST are how some hubs list
    return report


def off(report: Report) -> dict[str, str]:
    return {finding.name: finding.told for finding in report.findings if not finding.ok}


@pytest.mark.parametrize("hub", HUBS)
def test_a_hub_as_expected_has_nothing_off_and_every_answer_is_kept(tmp_path: Path, hub: str) -> None:
    report = look(tmp_path, hub)
    assert report.ok, off(report)
    assert [finding.name for finding in report.findings] == NAMES[hub]
    assert all(finding.cure is None for finding in report.findings)
    assert report.evidence is not None
    assert report.evidence.parent == tmp_path / "doctor" / hub
    names = [path.stem.partition("-")[2] for path in report.evidence.glob("*.body")]
    assert len(set(names)) == len(names) == report.requests, names
    first = json.loads((report.evidence / "01-robots.json").read_text("utf-8"))
    assert (first["method"], first["status"]) == ("GET", 200)
    assert (report.evidence / "01-robots.body").read_text("utf-8").startswith("User-agent")


@pytest.mark.parametrize(
    ("hub", "faults", "name", "told"),
    [
        ("huggingface", ("huggingface:missing-key=downloads",), "listing", "downloads is missing in 20 of 20"),
        ("huggingface", ("huggingface:changed-type=likes",), "listing", "likes is"),
        ("modelscope", ("modelscope:missing-key=Downloads",), "site listing", "Downloads is missing in 20 of 20"),
        ("wisemodel", ("wisemodel:missing-key=created_at",), "project list", "created_at is missing in 20 of 20"),
        ("modelscope", ("modelscope:html-405",), "site listing", "web page"),
        ("modelscope", ("modelscope:soft-error",), "openapi", "InternalServerError"),
        ("wisemodel", ("wisemodel:html",), "project list", "web page"),
        ("huggingface", ("huggingface:429",), "listing", "429"),
        ("huggingface", ("huggingface:truncated",), "listing", "not whole JSON"),
        ("huggingface", ("huggingface:link-self@1",), "next page", "repeats records of the first"),
    ],
)
def test_what_is_off_is_named_with_a_cure(tmp_path: Path, hub: str, faults: tuple[str, ...], name: str, told: str) -> None:
    report = look(tmp_path, hub, faults)
    assert not report.ok
    assert told in off(report)[name], off(report)
    assert all(finding.cure for finding in report.findings if not finding.ok)


def test_a_refused_site_listing_is_off_and_says_what_sweeps_do_then(tmp_path: Path) -> None:
    report = look(tmp_path, "modelscope", switches=Switches(dolphin="forbidden"))
    assert list(off(report)) == ["site listing"]
    [finding] = [finding for finding in report.findings if not finding.ok]
    assert finding.cure == "full sweeps go by the OpenAPI while it is so, and end incomplete where that is cut"


@pytest.mark.parametrize(
    ("hub", "variable"), [("huggingface", "HF_TOKEN"), ("modelscope", "MODELSCOPE_API_TOKEN"), ("wisemodel", "WISEMODEL_TOKEN")]
)
def test_a_token_that_is_not_accepted_is_off_and_never_in_the_evidence(tmp_path: Path, hub: str, variable: str) -> None:
    switches = Switches(tokens={hub: frozenset({"good-token"})})
    worn = look(tmp_path / "worn", hub, switches=switches, **dict[str, Any]({variable: "worn-token"}))
    assert not worn.ok
    assert any("renew" in (finding.cure or "") for finding in worn.findings)
    good = look(tmp_path / "good", hub, switches=switches, **dict[str, Any]({variable: "good-token"}))
    assert ("token", True, "accepted") in [(finding.name, finding.ok, finding.told) for finding in good.findings], good
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [text for text in kept if b"-token" in text]


def test_robots_that_are_sent_away_are_off(tmp_path: Path) -> None:
    report = look(tmp_path, "wisemodel", switches=Switches(robots={"wisemodel": "User-agent: *\nDisallow: /api/\n"}))
    assert off(report) == {"robots.txt": "forbids /api/v4/projects to hubwatch"}


def test_a_configured_listing_is_examined_field_by_field(tmp_path: Path) -> None:
    def configured(field: str) -> str:
        path = tmp_path / f"{field}.json"
        body = {"baseReq": {"page": "{page}", "pageSize": "{page_size}"}}
        path.write_text(json.dumps({"path": "/gateway/list", "body": body, "fields": {"id": "path_with_namespace", "likes": field}}))
        return str(path)

    switches = Switches(wisemodel_listing=WiseModelListing("/gateway/list"))
    report = look(tmp_path, "wisemodel", switches=switches, HUBWATCH_WISEMODEL_LISTING=configured("id"))
    assert report.ok, off(report)
    report = look(tmp_path, "wisemodel", switches=switches, HUBWATCH_WISEMODEL_LISTING=configured("nowhere"))
    assert off(report) == {"site listing": "20 records of 60; no value at likes"}


def test_code_repositories_are_told_and_not_taken_for_models(tmp_path: Path) -> None:
    rows = [row | {"path_with_namespace": f"codes/{row['path_with_namespace']}"} for row in wisemodel_rows(3)] + wisemodel_rows(60)[3:]
    with Sandbox(wisemodel=rows) as sandbox:
        report = examine(Settings.from_environment(tmp_path, sandbox.endpoints), "wisemodel")
    told = {finding.name: finding.told for finding in report.findings}
    assert report.ok, off(report)
    assert told["code repositories"] == "3 of the first 20 projects are under codes/: no listings"
    assert told["license"].startswith(rows[3]["path_with_namespace"])


def test_a_hub_that_cannot_be_reached_is_one_finding_after_one_request(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    settings = Settings.from_environment(tmp_path, {"HF_ENDPOINT": "http://127.0.0.1:9"})
    report = examine(settings, "huggingface", httpx.MockTransport(refuse))
    assert list(off(report)) == ["reachable"]
    assert (report.requests, report.evidence) == (1, None)


def test_redirects_count_and_the_allowance_is_never_exceeded(tmp_path: Path) -> None:
    asked: list[str] = []

    def turn(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(302, headers={"location": str(request.url)})

    settings = Settings.from_environment(tmp_path, {"WISEMODEL_ENDPOINT": "http://127.0.0.1:9"})
    report = examine(settings, "wisemodel", httpx.MockTransport(turn))
    assert len(asked) == report.requests == doctor.ALLOWANCE
    assert not report.ok


def test_a_token_that_is_withheld_is_told(tmp_path: Path) -> None:
    settings = Settings.from_environment(tmp_path, {"WISEMODEL_ENDPOINT": "http://hub.example", "WISEMODEL_TOKEN": "good-token"})
    report = examine(settings, "wisemodel", httpx.MockTransport(lambda request: httpx.Response(404, json={})))
    told = {finding.name: finding.told for finding in report.findings}["token"]
    assert told == "none sent, asked anonymously; the token is not sent to http://hub.example, because that is not https"


def test_a_report_is_machine_readable(tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(look(tmp_path, "wisemodel").model_dump_json())
    assert found["hub"] == "wisemodel"
    assert set(found["findings"][0]) == {"name", "ok", "told", "cure"}
