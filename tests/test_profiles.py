"""The hubs' own profiles: asked within a budget, kept as pages, and taken into account whenever origins are judged."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline, publishing
from hubwatch.clock import today
from hubwatch.failures import HubFailure, Refused
from hubwatch.pages import kept_beside
from hubwatch.profiles import asked_lately
from hubwatch.sandbox import Faults, Sandbox, Switches
from hubwatch.settings import Settings
from hubwatch.sweeps import Sweep
from tests.conftest import settings_for
from tests.kept import record
from tests.test_readme import hubwatch

ORGANIZATIONS = {"abc": {"fullname": "Universität Mannheim"}, "def": {"fullname": "Just a Company Ltd"}}


def origins(data: Path) -> dict[str, Any]:
    with publishing.open_published(data) as con:
        found = con.execute("select namespace, country, kind, known_by from origins where policy = 'six-tigers' order by namespace")
        return {namespace: tuple(rest) for namespace, *rest in found.fetchall()}


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
    assert asked_lately(tmp_path, today() + timedelta(days=89)) == {"abc", "def", "ghi"}
    assert asked_lately(tmp_path, today() + timedelta(days=90)) == set()


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
        pipeline.run(settings, [Sweep("huggingface", today())])
    assert origins(tmp_path)["abc"] == ("DE", "academic", "profile")


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
    assert (done.returncode, done.stdout) == (0, "1 namespace(s) asked for, 1 profile(s) kept; origins are judged and published anew\n")
    assert origins(tmp_path / "hubwatch-data")["abc"][2] == "profile"
