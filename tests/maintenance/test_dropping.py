"""Taking a day away: shown first, then as if it had never been loaded, and not loaded again."""

from datetime import timedelta
from pathlib import Path

import pytest

from hubwatch import pipeline, store
from hubwatch.clock import today
from hubwatch.errors import UsageError
from hubwatch.maintenance import status
from hubwatch.pages import kept_sweeps
from tests.conftest import settings_for
from tests.kept import keep, record

AHEAD = today() + timedelta(days=300)


def test_a_day_in_the_future_is_shown_dropped_and_not_missed_afterwards(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    keep(tmp_path, today(), [record("a/x"), record("a/y")])
    pipeline.build(settings)
    keep(tmp_path, AHEAD, [record("a/x"), record("b/new")])
    pipeline.build(settings)
    told = next(one for one in status(tmp_path, today(), 2) if one.hub == "huggingface")
    assert (told.last_complete_day, told.age_days, told.ahead) == (today(), 0, [AHEAD])
    assert f"in the future, a clock was wrong: {AHEAD}" in told.told()
    (shown,) = pipeline.drop_day(settings, "huggingface", AHEAD, None, confirmed=False)
    assert (shown.source, shown.records, shown.only_here, shown.leads, shown.then) == ("full", 2, 1, True, None)
    with store.open_published(tmp_path) as con:
        assert con.execute("select count(*) from days").fetchall() == [(2,)]
    pipeline.drop_day(settings, "huggingface", AHEAD, None, confirmed=True)
    pipeline.build(settings)
    with store.open_published(tmp_path) as con:
        assert con.execute("select day from sweeps").fetchall() == [(today(),)]
        assert con.execute("select model_id, gone_on from listings order by 1").fetchall() == [("a/x", None), ("a/y", None)]
    assert [pages.sweep for pages in kept_sweeps(tmp_path, aside=True)] == ["full~1"]
    with pytest.raises(UsageError, match=f"huggingface has no day {AHEAD}; the nearest are {today()} .full."):
        pipeline.drop_day(settings, "huggingface", AHEAD, None, confirmed=True)
