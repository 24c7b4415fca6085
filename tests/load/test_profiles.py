"""The hubs' own profiles: asked within a budget, kept as pages, and taken into account whenever origins are judged."""

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hubwatch import pipeline
from hubwatch.clock import now, today
from hubwatch.collect.profiles import asked_lately
from hubwatch.errors import HubFailure, Refused
from hubwatch.load.profiles import load_kept
from hubwatch.pages.kept import SweepPages, kept_beside
from hubwatch.pages.segments import Page, PageFacts
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.faults import Faults
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from hubwatch.store import publishing
from hubwatch.store import warehouse as store
from tests.conftest import hubwatch, settings_for, with_warehouse
from tests.kept import keep, record

ORGANIZATIONS = {"abc": {"fullname": "Universität Mannheim"}, "def": {"fullname": "Just a Company Ltd"}}


def origins(data: Path) -> dict[str, Any]:
    with publishing.open_published(data) as con:
        found = con.execute("select namespace, country, kind, known_by from origins where policy = 'six-tigers' order by namespace")
        return {namespace: tuple(rest) for namespace, *rest in found.fetchall()}


def keep_profile(data: Path, namespace: str, body: bytes) -> None:
    SweepPages(data, "huggingface", today(), "profiles").append(Page(PageFacts("u", 200, now(), 1, len(body)), body, namespace))


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with store.open_warehouse(with_warehouse(tmp_path)) as opened:
        yield opened


@pytest.fixture
def hub() -> Sandbox:
    """abc and def are organizations, ghi is a person; downloads are in this order, and Qwen needs no profile."""
    listed = [record(f"{name}/m", downloads=downloads) for name, downloads in (("Qwen", 99), ("abc", 40), ("def", 30), ("ghi", 20))]
    return Sandbox(huggingface=listed, switches=Switches(organizations=ORGANIZATIONS))


def collected(hub: Sandbox, data: Path) -> Settings:
    settings = settings_for(data, hub.url)
    pipeline.run(settings, [Sweep("huggingface", today())])
    return settings


def asked_for(hub: Sandbox) -> list[str]:
    return [request.path.split("/")[3] for request in hub.requests if request.path.endswith("/overview")]


def test_profiles_are_asked_for_by_downloads_within_the_budget_and_never_twice(hub: Sandbox, tmp_path: Path) -> None:
    with hub:
        settings = collected(hub, tmp_path)
        assert origins(tmp_path)["abc"] == (None, "unknown", "none")
        assert pipeline.ask_profiles(settings, 2) == (2, 2)
        assert asked_for(hub) == ["abc", "def"]
        assert pipeline.ask_profiles(settings, 2) == (1, 1)  # def is unknown still, and not asked for again
        assert asked_for(hub) == ["abc", "def", "ghi", "ghi"]  # no organization, so a person
        assert pipeline.ask_profiles(settings, 2) == (0, 0)
    assert {name: origins(tmp_path)[name] for name in ("abc", "def", "ghi")} == {
        "abc": ("DE", "academic", "profile"),
        "def": (None, "unknown", "none"),
        "ghi": (None, "individual", "profile"),
    }
    with publishing.open_published(tmp_path) as con:
        assert con.execute("select count(*) from runs where stage = 'collect' and requests = 2").fetchall() == [(2,)]


def test_that_there_is_no_profile_is_kept_as_the_hub_said_it_and_not_asked_again(hub: Sandbox, tmp_path: Path) -> None:
    with hub:
        settings = collected(hub, tmp_path)
        with Sandbox(huggingface=[record("elsewhere/m")]) as other:  # knows none of them
            assert pipeline.ask_profiles(settings_for(tmp_path, other.url), 9) == (3, 0)
        assert pipeline.ask_profiles(settings, 9) == (0, 0)
    (pages,) = kept_beside(tmp_path, "huggingface", "profiles")
    assert {(page.partition, page.facts.status) for page in pages.read()} == {(name, 404) for name in ("abc", "def", "ghi")}
    assert all("does not exist" in json.loads(page.body)["error"] for page in pages.read())
    assert asked_lately(tmp_path, "huggingface", today() + timedelta(days=89)) == {"abc", "def", "ghi"}
    assert asked_lately(tmp_path, "huggingface", today() + timedelta(days=90)) == set()


def test_a_token_that_is_not_accepted_is_told_and_says_nothing_of_a_namespace(tmp_path: Path) -> None:
    switches = Switches(organizations=ORGANIZATIONS, tokens={"huggingface": frozenset({"good"})})
    with Sandbox(huggingface=[record("abc/m")], switches=switches) as hub:
        settings = collected(hub, tmp_path)
        with pytest.raises(Refused, match=r"401.*the token was not accepted"):
            pipeline.ask_profiles(settings_for(tmp_path, hub.url, HF_TOKEN="bad"), 9)
        assert pipeline.ask_profiles(settings, 9) == (1, 1)


def test_a_database_made_anew_from_kept_pages_knows_the_profiles(hub: Sandbox, tmp_path: Path) -> None:
    with hub:
        settings = collected(hub, tmp_path)
        pipeline.ask_profiles(settings, 9)
    before = origins(tmp_path)
    (tmp_path / "warehouse.duckdb").unlink()
    pipeline.build(settings)
    assert origins(tmp_path) == before
    assert before["abc"][2] == "profile"


def test_a_damaged_profile_does_not_keep_the_others_from_being_judged(hub: Sandbox, tmp_path: Path) -> None:
    with hub:
        settings = collected(hub, tmp_path)
        pipeline.ask_profiles(settings, 9)
        (pages,) = kept_beside(tmp_path, "huggingface", "profiles")
        for segment in pages.segments("def"):
            segment.write_bytes(b"damaged" + segment.read_bytes())
        (tmp_path / "warehouse.duckdb").unlink()
        pipeline.build(settings)
    judged = origins(tmp_path)
    assert (judged["abc"], judged["ghi"][2]) == (("DE", "academic", "profile"), "profile")
    with publishing.open_published(tmp_path) as con:
        told = con.execute("select message from runs where stage = 'classify' and message is not null").fetchall()
    assert told == [(f"the profile of def kept on {today()} cannot be read and is skipped",)]


@pytest.mark.parametrize(
    ("body", "full_name"),
    [
        (b'{"name": "odd", "fullname": "A\xffB"}', "A\ufffdB"),
        (b'{"name": "odd", "fullname": "A\\ud800B \\ud83d\\ude00"}', "A\ufffdB \U0001f600"),
        (b'{"name": "odd", "fullname": "A\\u0000B"}', "A\x00B"),
        (b'\xef\xbb\xbf{"name": "odd", "fullname": "A", "numModels": ' + b"9" * 5000 + b', "more": NaN}', "A"),
        (b'{"name": "odd", "fullname": 5}', None),
        (b'["odd"]', None),
        (b'{"name": "odd", "ful', None),
        (b"[" * 100_000, None),
    ],
)
def test_an_odd_profile_is_read_leniently_or_passed_over_alone(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, body: bytes, full_name: str | None
) -> None:
    keep_profile(tmp_path, "abc", b'{"name": "abc", "fullname": "Before"}')
    keep_profile(tmp_path, "odd", body)
    keep_profile(tmp_path, "xyz", b'{"user": "xyz", "fullname": "Behind"}')
    remarks = load_kept(con, tmp_path)
    held = {"abc": "Before", "xyz": "Behind"} | ({} if full_name is None else {"odd": full_name})
    assert dict(con.execute("select namespace, full_name from profiles").fetchall()) == held
    passed_over = f"the profile of odd kept on {today()} cannot be read and is skipped"
    assert remarks == ([passed_over] if full_name is None else [])


def test_an_odd_profile_is_kept_and_the_next_one_asked_for(tmp_path: Path) -> None:
    listed = [record("abc/m", downloads=40), record("def/m", downloads=30)]
    odd: dict[str, dict[str, Any]] = {"abc": {"fullname": ["Universität Mannheim"]}, "def": {"fullname": "Universität \ud800 Mannheim"}}
    with Sandbox(huggingface=listed, switches=Switches(organizations=odd)) as hub:
        settings = collected(hub, tmp_path)
        assert pipeline.ask_profiles(settings, 9) == (2, 2)
        assert asked_for(hub) == ["abc", "def"]
    assert origins(tmp_path)["def"] == ("DE", "academic", "profile")


@pytest.mark.parametrize(("held", "stands"), [(-1, "Kept"), (0, "Held"), (1, "Held")])
def test_a_kept_profile_replaces_an_earlier_one_alone(con: duckdb.DuckDBPyConnection, tmp_path: Path, held: int, stands: str) -> None:
    row = ["huggingface", "abc", "Held", "organization", today() + timedelta(days=held)]
    con.execute("insert into profiles (hub, namespace, full_name, account_type, fetched_on) values (?, ?, ?, ?, ?)", row)
    keep_profile(tmp_path, "abc", b'{"name": "abc", "fullname": "Kept"}')
    load_kept(con, tmp_path)
    assert con.execute("select full_name from profiles").fetchall() == [(stands,)]


def test_trouble_on_the_way_keeps_what_was_answered_and_asks_for_the_rest_next_time(tmp_path: Path) -> None:
    listed = [record("abc/m", downloads=40), record("def/m", downloads=30)]
    once = Faults.parse(["huggingface/any:500@3"])  # after the listing and the first profile
    with Sandbox(huggingface=listed, switches=Switches(organizations=ORGANIZATIONS), faults=once) as hub:
        settings = collected(hub, tmp_path)
        with pytest.raises(HubFailure, match="500"):
            pipeline.ask_profiles(settings_for(tmp_path, hub.url, HUBWATCH_ATTEMPTS=1), 9)
        assert pipeline.ask_profiles(settings, 9) == (1, 1)
        assert asked_for(hub) == ["abc", "def", "def"]
    assert origins(tmp_path)["abc"] == ("DE", "academic", "profile")


def test_the_command_says_what_it_did_and_before_the_first_run_what_to_do(hub: Sandbox, tmp_path: Path) -> None:
    early = hubwatch(tmp_path, "orgs", "profiles")
    assert (early.returncode, "run `hubwatch run`" in early.stderr) == (1, True)
    with hub:
        collected(hub, tmp_path / "hubwatch-data")
        done = hubwatch(tmp_path, "orgs", "profiles", "--budget", "1", **hub.endpoints)
    assert (done.returncode, done.stdout) == (0, "1 namespace requested, 1 profile saved; origins are reclassified and republished\n")
    assert origins(tmp_path / "hubwatch-data")["abc"][2] == "profile"


def test_organizations_in_a_listing_are_read_within_the_memory_in_which_it_is_loaded(tmp_path: Path) -> None:
    listed = [
        {
            "Path": "abc",
            "Name": f"m{number}",
            "Downloads": 1,
            "Stars": 1,
            "Organization": {"Name": "abc", "FullName": "ABC Ltd"},
            "ReadMe": "x" * 10**5,
        }
        for number in range(100)
    ]
    body = json.dumps({"Code": 200, "Success": True, "Data": {"Model": {"Models": listed, "TotalCount": 100}}}).encode()
    kept = keep(tmp_path, today(), body, hub="modelscope")
    with contextlib.closing(store.open_warehouse(tmp_path, "100MB")) as con:
        assert pipeline.load(con, settings_for(tmp_path), kept).records == 100
        assert con.execute("select namespace, full_name from profiles").fetchall() == [("abc", "ABC Ltd")]


def test_a_listing_names_the_persons_among_its_owners(tmp_path: Path) -> None:
    nobody = {"Id": 0, "Name": "", "FullName": "", "Type": 0}
    owners = {
        "someone": nobody,
        "abc": {"Name": "abc", "FullName": "ABC Ltd", "Type": 2},
        "untold": None,
        "typeless": {"Name": "", "FullName": ""},
        "nameless": {"Name": None, "Type": "0"},
        "named-person": {"Name": "named-person", "FullName": "小明", "Type": 0},
        "unnamed-company": {"Name": "unnamed-company", "FullName": None, "Type": 1},
        "guest": {"Name": "other", "FullName": "Other", "Type": 1},
        "hidden": {"Name": "hidden", "FullName": "Hidden", "Type": 1},
    }
    listed = [{"Path": path, "Name": "m", "Downloads": 1, "Stars": 1, "Organization": who} for path, who in owners.items()]
    listed[-1] |= {"Visibility": 1}
    body = json.dumps({"Code": 200, "Success": True, "Data": {"Model": {"Models": listed, "TotalCount": len(listed)}}}).encode()
    kept = keep(tmp_path, today(), body, hub="modelscope")
    with contextlib.closing(store.open_warehouse(with_warehouse(tmp_path))) as con:
        pipeline.load(con, settings_for(tmp_path), kept)
        assert con.execute("select hub, namespace, full_name, account_type, said_type from profiles order by 2").fetchall() == [
            ("modelscope", "abc", "ABC Ltd", "organization", "2"),
            ("modelscope", "named-person", None, "user", "0"),
            ("modelscope", "nameless", None, "user", "0"),
            ("modelscope", "someone", None, "user", "0"),
            ("modelscope", "unnamed-company", None, "organization", "1"),
        ]
        pipeline.judge(con, settings_for(tmp_path))
        assert con.execute("select kind, known_by from origins where namespace = 'someone' and policy = 'six-tigers'").fetchall() == [
            ("individual", "profile")
        ]
