"""Pages with anything in any place: the day is loaded, the records that are sound exactly, or it fails in one line."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubwatch.errors import HubwatchError
from hubwatch.facts import Facts
from hubwatch.load.sweep import load_sweep
from hubwatch.store import warehouse as store
from tests.conftest import with_warehouse
from tests.kept import AT, keep
from tests.sandbox.sandbox_rows import huggingface_row, modelscope_row, wisemodel_row

SOUND = 40
ROWS = {"huggingface": huggingface_row, "modelscope": modelscope_row, "wisemodel": wisemodel_row}
COUNTERS = {"huggingface": "downloads", "modelscope": "Downloads"}  # WiseModel's projects have none
ODD = st.one_of(
    st.sampled_from(
        [None, True, -1, 1.5, 1e308, 2**63, 10**40, "", "\0", "\ud83d", "a/b", "../../x", "=1+1", "\u202eabc", "\x1b[31m", "NaN", "2026-13-45"]
    ),
    st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hub=st.sampled_from(sorted(ROWS)), at=st.lists(st.tuples(st.floats(0, 0.999), ODD), min_size=1, max_size=3))
def test_whatever_is_in_a_page_sound_records_load_exactly_or_the_day_fails(
    tmp_path_factory: pytest.TempPathFactory, hub: str, at: list[tuple[float, Any]]
) -> None:
    sound = [ROWS[hub](number) for number in range(SOUND)]
    spoilt: Any = [ROWS[hub](SOUND)]
    if hub == "modelscope":
        spoilt = {"Code": 200, "Message": "", "Data": {"Model": {"Models": spoilt, "TotalCount": SOUND + 1}}}
    for place, odd in at:
        inner = places(spoilt)[1:]
        if not inner:
            break
        *above, last = inner[int(place * len(inner))]
        inside = spoilt
        for key in above:
            inside = inside[key]
        inside[last] = copy.deepcopy(odd)
    folder = tmp_path_factory.mktemp("hostile")
    with store.open_warehouse(with_warehouse(folder)) as con:
        whole = {"Code": 200, "Data": {"Model": {"Models": sound}}} if hub == "modelscope" else sound
        kept = keep(folder, AT.date(), json.dumps(whole).encode(), json.dumps(spoilt).encode(), hub=hub, fields=[])
        told = ""
        try:
            load_sweep(con, kept, Facts())
        except HubwatchError as error:
            told = str(error)
        found = dict(con.execute("select model_id, coalesce(downloads_30d, downloads_total, likes) from all_observations").fetchall())
    assert "\n" not in told
    if told:
        assert found == {}
        return
    for row in sound:
        name = row.get("id") if hub == "huggingface" else row.get("path_with_namespace") or f"{row['Path']}/{row['Name']}"
        assert name in found
        assert hub not in COUNTERS or found[name] == row[COUNTERS[hub]]
