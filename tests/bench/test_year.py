"""The simulated year's hubs change as it says, and its schedule is that of prefect.yaml."""

import random
from datetime import date, timedelta

import pytest

pytest.importorskip("yaml")
import itertools

from tests.bench.year import START, listings_of, record_of, slots


def test_models_come_and_go_at_the_stated_rates() -> None:
    listings = listings_of(20_000, 100, random.Random(1))
    new = [one for one in listings if one.created >= START]
    assert len(new) == 1700  # 85 of 100,000 a day
    gone = sum(one.removed <= START + timedelta(days=100) for one in listings)
    assert 300 < gone < 500  # 20 of 100,000 a day
    told = [record_of("huggingface", listings[7], START + timedelta(days=number)) for number in range(200)]
    assert sum(before["pipeline_tag"] != record["pipeline_tag"] for before, record in itertools.pairwise(told)) == 1


def test_the_schedule_is_that_of_prefect_yaml() -> None:
    def due(day: date) -> list[str]:
        return [f"{slot.hour} {slot.flow} {slot.parameters.get('sweep', '')}".strip() for slot in slots() if slot.is_due(day)]

    daily = ["1 collect head", "1 collect full", "1 collect full", "2 collect new", "6 build"]
    assert due(date(2026, 1, 6)) == daily  # a Tuesday
    assert due(date(2026, 1, 4)) == [*daily[:4], "3 collect full", daily[4]]
    assert due(date(2026, 2, 2)) == [*daily[:4], "5 profiles", daily[4], "8 backfill"]
    assert due(date(2026, 3, 3)) == [*daily, "7 prune"]
