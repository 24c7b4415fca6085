"""The whole of ModelScope through its windows, with names spread like real ones, at a reduced size."""

import random
from pathlib import Path
from typing import Any

import pytest

from hubwatch.clock import today
from hubwatch.pages.sweep import Sweep
from hubwatch.sandbox.server import Sandbox
from hubwatch.sandbox.switches import Switches
from hubwatch.settings import Settings
from tests.hubs.hub_day import collect_and_load, rows
from tests.hubs.spread import spread_models


@pytest.mark.parametrize("search", ["anywhere", "prefix"])
def test_a_hub_behind_a_window_is_collected_within_one_and_a_half_times_the_requests_of_one_without(tmp_path: Path, search: Any) -> None:
    models = spread_models(20_000)
    with Sandbox(modelscope=models, switches=Switches(window=2_000, search=search), max_seconds=300) as sandbox:
        result = collect_and_load(
            Settings.from_environment(tmp_path, sandbox.endpoints | {"HUBWATCH_ATTEMPTS": "2"}), Sweep("modelscope", today())
        )
    seen = rows(tmp_path, "select count(*) from observations")[0][0]
    assert result.complete, result.message
    assert seen >= 0.995 * len(models)
    assert result.requests <= 1.5 * len(models) / 100
    assert seen == len(models) or f"{len(models) - seen} of {len(models)} models are in no slice" in result.message


@pytest.mark.parametrize("search", ["anywhere", "prefix"])
def test_with_the_sites_listing_refused_names_lead_to_99_of_100_models_and_the_rest_is_named(tmp_path: Path, search: Any) -> None:
    models = spread_models(9_000)
    odd = random.Random(1).sample(models[4_000:], 30)  # each begins with a letter of its own, behind the depth of every order
    for number, model in enumerate(odd):
        model |= {"Name": f"{chr(0x3042 + number)}-{number}", "Downloads": 0, "LastUpdatedTime": 1_600_000_000}
    with Sandbox(modelscope=models, switches=Switches(dolphin="forbidden", search=search), max_seconds=300) as sandbox:
        result = collect_and_load(
            Settings.from_environment(tmp_path, sandbox.endpoints | {"HUBWATCH_ATTEMPTS": "2"}), Sweep("modelscope", today())
        )
    seen = rows(tmp_path, "select count(*) from observations")[0][0]
    assert 0.99 * len(models) <= seen < len(models)
    assert (result.complete, result.failed) == (False, False)
    assert f"{seen} of {len(models)} models were seen" in result.message
    assert f"{len(models) - seen} whose names begin with none of the letters searched" in result.message
    assert result.requests <= 3.5 * len(models) / 50


def test_where_the_search_finds_any_part_of_a_name_most_are_reached_and_the_rest_is_a_number(tmp_path: Path) -> None:
    models = spread_models(8_000)
    with Sandbox(modelscope=models, switches=Switches(window=2_000, search="name"), max_seconds=300) as sandbox:
        result = collect_and_load(
            Settings.from_environment(tmp_path, sandbox.endpoints | {"HUBWATCH_ATTEMPTS": "2"}), Sweep("modelscope", today())
        )
    seen = rows(tmp_path, "select count(*) from observations")[0][0]
    assert seen >= 0.97 * len(models), result.message
    assert seen == len(models) or f"{len(models) - seen} " in result.message
    assert result.complete == (seen >= 0.995 * len(models))
