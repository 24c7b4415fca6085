"""What a schedule costs: arithmetic on sizes and quotas, sizes from what is held, and the schedule as cron and Prefect take it."""

from datetime import date
from pathlib import Path

import pytest

from hubwatch.collect import cron_lines, plan_sweeps, prefect_file, timetable
from hubwatch.collect.planning import Basis, Pace, Plan, Unseen, Wanted, of_hub, planned
from hubwatch.collect.timetable import late
from hubwatch.errors import UsageError
from hubwatch.hubs import HUBS
from hubwatch.pipeline import build
from tests.bench.cheap_days import CONCENTRATION, MONTH, head_of, most_in_head, told
from tests.conftest import ROOT, settings_for
from tests.kept import keep, record

DAY = date(2026, 1, 5)
WHOLE = Basis("huggingface", "counted", 3_118_000, head=47_000, new=55_000, seen_between=100_000, share_between=0.97, bytes_a_record=200.0)
WEEKLY = Wanted(full_every=7, between=("head", "new"), page=1000, is_side_by_side=True)


@pytest.mark.parametrize(
    ("requests", "pace", "together", "seconds"),
    [
        (3118, Pace(5.0, (500, 300)), True, 3118 * 300 / 500),  # the window decides
        (3118, Pace(5.0, (2500, 300)), True, 3118 * 300 / 2500),  # and allows more than the rate, which nobody set
        (3118, Pace(2.0, (2500, 300), is_rate_set=True), True, 3118 / 2),  # but not than a rate that the operator set
        (300, Pace(5.0, (500, 300)), True, 60),  # within one window
        (300, Pace(5.0, (500, 300)), False, 300),  # one after the other, a second each
        (300, Pace(2.0, latency=0.1), False, 150),
    ],
)
def test_a_sweep_takes_what_the_rate_the_window_or_the_latency_makes_it_take(
    requests: int, pace: Pace, together: bool, seconds: float
) -> None:
    assert pace.seconds(requests, together) == pytest.approx(seconds)


def test_a_plan_adds_up_a_weekly_full_sweep_and_two_cheap_ones_a_day() -> None:
    plan = Plan([planned(WHOLE, Pace(5.0, (500, 300)), WEEKLY, "anonymous")])
    full, head, new = plan.hubs[0].sweeps
    assert [(one.sweep, one.every_days, one.requests, one.minutes) for one in (full, head, new)] == [
        ("full", 7, 3118, 31.2),
        ("head", 1, 47, 0.8),
        ("new", 1, 55, 0.9),
    ]
    assert (full.pages_mb, full.database_mb) == (623.6, 118.8)
    assert plan.average().requests == pytest.approx(3118 / 7 + 47 + 55, abs=0.1)
    assert plan.busiest().requests == 3118 + 47 + 55
    assert plan.hubs[0].unseen == Unseen(days=6, listings=3_018_000, share_of_downloads=0.03)
    assert plan.disk_gb(10, 90) == round(10 * (plan.average().pages_mb + plan.average().database_mb) / 1000, 1)


def test_a_full_sweep_every_day_leaves_nothing_unseen_and_needs_no_other() -> None:
    plan = planned(WHOLE, Pace(5.0), Wanted(full_every=1, between=("head", "new"), page=1000))
    assert [one.sweep for one in plan.sweeps] == ["full"]
    assert plan.unseen == Unseen(days=0, listings=0, share_of_downloads=0.0)


def test_a_hub_that_nobody_counted_is_in_the_schedule_and_in_no_sum() -> None:
    plan = Plan([planned(Basis("wisemodel", "not known", None), Pace(1.0), Wanted())])
    assert (plan.unknown, plan.average().requests, plan.hubs[0].sweeps[0].requests) == (["wisemodel"], 0, None)
    assert [slot.cron for slot in timetable(plan).slots] == ["0 1 * * *"]


def test_the_build_waits_for_the_longest_sweep_and_a_sweep_longer_than_its_day_is_named() -> None:
    slow = Plan([planned(WHOLE, Pace(0.15, is_rate_set=True), WEEKLY)])
    assert timetable(slow).build_at == 9  # 3,118 requests at 0.15 a second: 5.8 hours behind 03:00
    assert {slot.sweep.sweep: slot.again for slot in timetable(slow).slots}["full"] is None  # it is still running an hour before
    endless = Plan([planned(WHOLE, Pace(0.02, is_rate_set=True), WEEKLY)])
    (line,) = late(timetable(endless), endless.hubs)
    assert line.startswith("huggingface: a sweep of 43 hours may not end before the build at 21:00")


def test_sizes_come_from_the_last_complete_day_of_the_whole_hub_that_is_held(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    fresh = {"createdAt": "2026-01-01T00:00:00.000Z"}
    records = [record("a/head", downloads=5000), record("a/new", downloads=500, **fresh), record("a/both", downloads=2500, **fresh)]
    records += [record(f"a/tail-{number}", downloads=100) for number in range(20)]
    saved = keep(tmp_path, DAY, records)
    assert plan_sweeps(settings, ["huggingface"]).hubs[0].source == HUBS["huggingface"].costs.census.source  # type: ignore[union-attr]
    build(settings)
    (hub,) = plan_sweeps(settings, ["huggingface"]).hubs
    assert hub.source.endswith("hubwatch.duckdb, 2026-01-05")
    assert {one.sweep: one.listings for one in hub.sweeps} == {"full": 23, "head": 2, "new": 2}
    assert hub.unseen.listings == 20
    assert hub.unseen.share_of_downloads == 0.2
    size = sum(path.stat().st_size for path in saved.segments())
    assert hub.sweeps[0].pages_mb == round(size / 1e6, 1)


def test_a_head_of_unknown_size_is_named_and_what_was_measured_at_another_floor_is_not_said_of_it(tmp_path: Path) -> None:
    plan = plan_sweeps(settings_for(tmp_path), ["huggingface"], floor=5000)
    assert plan.unknown == ["huggingface head"]
    assert plan.hubs[0].unseen.measured == ""
    assert plan_sweeps(settings_for(tmp_path), ["huggingface"]).unknown == []


def test_a_sweep_named_twice_is_planned_once(tmp_path: Path) -> None:
    plan = plan_sweeps(settings_for(tmp_path), ["huggingface"], between=["head,head"])
    assert [one.sweep for one in plan.hubs[0].sweeps] == ["full", "head"]


def test_options_of_one_hub_come_before_those_of_all(tmp_path: Path) -> None:
    plan = plan_sweeps(
        settings_for(tmp_path), ["huggingface", "modelscope"], full=["monthly", "modelscope=daily"], between=["none"], quota=["2500/300"]
    )
    assert [(hub.hub, hub.sweeps[0].every_days, hub.window) for hub in plan.hubs] == [
        ("huggingface", 30, (2500, 300)),
        ("modelscope", 1, None),
    ]
    hubs = ["huggingface", "modelscope"]
    assert of_hub(["weekly", "modelscope=daily"], "modelscope", hubs, "--full") == "daily"
    assert of_hub(["weekly", "hf=daily"], "huggingface", hubs, "--full") == "daily"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"full": ["hourly"]}, "--full hourly is not known; it is daily, weekly, monthly"),
        ({"full": ["github=daily"]}, "'github' is not a hub; hubs are huggingface, modelscope, wisemodel"),
        ({"between": ["tail"]}, "--between tail is not known; it is head, new, both with a comma, or none"),
        ({"between": ["wisemodel=head"]}, "--between wisemodel=head: wisemodel has no head sweep"),
        ({"quota": ["fast"]}, "--quota fast is not valid; write requests/seconds, such as 1000/300"),
        ({"quota": ["0/300"]}, "--quota 0/300 is not valid"),
        ({"token_kind": "gold"}, "--token-kind gold is not known; it is one of anonymous, free, pro"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(tmp_path: Path, options: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_sweeps(settings_for(tmp_path), list(HUBS), **options)  # type: ignore[arg-type]
    assert str(error.value).startswith(told)


def test_a_token_doubles_the_quota_and_a_kind_may_be_named(tmp_path: Path) -> None:
    kinds = {}
    for name, environment, kind in (("none", {}, None), ("token", {"HF_TOKEN": "x"}, None), ("pro", {}, "pro")):
        (hub,) = plan_sweeps(settings_for(tmp_path, **environment), ["huggingface"], token_kind=kind).hubs
        kinds[name] = (hub.token_kind, hub.window, hub.sweeps[0].minutes)
    assert kinds == {
        "none": ("anonymous", (500, 300), 31.2),
        "token": ("free", (1000, 300), 15.6),
        "pro": ("pro", (2500, 300), 6.2),
    }


def test_the_default_plan_gives_the_deployments_of_prefect_yaml(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    written = yaml.safe_load(prefect_file(plan_sweeps(settings_for(tmp_path), list(HUBS))))
    shipped = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    ours = {one["name"]: one for one in shipped["deployments"]}
    for made in written["deployments"]:
        assert {**made, "description": ""} == {**ours[made["name"]], "description": ""}
    assert len(written["deployments"]) == 9
    assert written["definitions"] == shipped["definitions"]


def test_every_cron_line_is_a_command_of_hubwatch_and_the_zone_is_stated(tmp_path: Path) -> None:
    import typer.main

    from hubwatch.cli.app import app

    plan = plan_sweeps(settings_for(tmp_path), list(HUBS), floor=50)
    lines = [line for line in cron_lines(plan, "/opt/bin", "/var/lib/x").splitlines() if not line.startswith("#")]
    assert lines[:4] == ["CRON_TZ=UTC", "PATH=/opt/bin:/usr/bin:/bin", "HUBWATCH_DATA=/var/lib/x", "HUBWATCH_LOCK_WAIT=3600"]
    assert "0 1 * * *    hubwatch --quiet collect huggingface --sweep head --floor 50" in lines
    assert "0 1 * * *    hubwatch --quiet collect modelscope wisemodel" in lines
    assert "0 5 * * *    hubwatch --quiet collect modelscope wisemodel" in lines
    root = typer.main.get_command(app)
    for line in lines[4:]:
        *_, command = line.split(None, 5)
        name, _, *words = command.split()
        assert name == "hubwatch"
        made = root
        while hasattr(made, "commands"):
            made = made.commands[words.pop(0)]
        made.make_context(name, words)


def test_the_head_of_the_whole_hub_follows_from_its_published_concentration() -> None:
    count, share = head_of(CONCENTRATION, MONTH, 1000)
    census = HUBS["huggingface"].costs.census
    assert census is not None
    assert (census.head, census.head_share) == (round(count, -2), round(share, 3))
    assert count < most_in_head(CONCENTRATION, MONTH, 1000)


def test_the_documentation_states_what_cheap_days_were_measured_to_see() -> None:
    assert list(told(1000)) == [
        "downloads: 99.93% to 99.96% in 7 months; head of 1874 of 6687",
        "moved: 99.54% to 99.90% in 7 months; head of 1874 of 6687",
        "liked: 94.55% to 97.15% in 7 months; head of 1874 of 6687",
        "changed: 22.91% to 30.91% in 7 months; head of 1874 of 6687",
        "newly_seen: 17.19% to 38.24% in 7 months; head of 1874 of 6687",
        "attributes changed in 90 days: 32 listings, 25 of them in head or new",
        "made public after creation: 34 of 40 within 21 days, the longest after 33",
        "whole hub, September 2026: about 46,696 listings at 1000 downloads or more (at most 143,643), 97.0% of downloads",
        "saved: 213 bytes a record (huggingface, 2283 records)",
        "saved: 393 bytes a record (modelscope, 10 records)",
    ]
    text = " ".join((ROOT / "docs" / "scheduling.md").read_text("utf-8").split())
    for figure in (
        "99.9 %",
        "99.5 to 99.9 %",
        "94.6 to 97.1 %",
        "23 to 31 %",
        "17 to 38 %",
        "25 of 32",
        "34 of 40",
        "46,700",
        "143,643",
        "97.0 %",
    ):
        assert figure in text, figure
