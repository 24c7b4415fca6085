"""Pruning, verifying, status and upgrades: what stays, what is named, and what is not."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import zstandard

from hubwatch import errors as failures
from hubwatch import pipeline
from hubwatch.maintenance.upkeep import prune, status
from hubwatch.maintenance.verification import NOTICES, Finding, verify
from hubwatch.pages.kept import SweepPages, kept_sweeps, pruned_sweeps
from hubwatch.pages.segments import Page, PageFacts
from hubwatch.settings import Settings
from hubwatch.store import locks, publishing
from hubwatch.store import warehouse as store
from tests.conftest import made_once, settings_for
from tests.kept import AT, keep, record, spoil_state

UPGRADES = Path(__file__).parents[1] / "store" / "upgrades"
MONDAY = date(2026, 3, 2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


def full_day(settings: Settings, day: date, models: str = "abcd", **more: object) -> SweepPages:
    """A complete full sweep in two pages."""
    records = [record(f"o/{name}", downloads=10 + day.day) for name in models]
    return keep(settings.data, day, records[:2], records[2:], **more)  # type: ignore[arg-type]


def load(settings: Settings, *kept: SweepPages) -> None:
    pipeline.load_all(settings, list(kept))
    pipeline.publish(settings)


def week(settings: Settings) -> None:
    """Seven days: the third is missing, the fourth ended in the middle, the sixth was killed while a page was written."""
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    whole = [full_day(settings, days[number]) for number in (0, 1, 4, 6)]
    half = keep(settings.data, days[3], [record("o/a"), record("o/b")], finished=False)
    killed = full_day(settings, days[5], finished=False)
    segment = killed.segments()[-1]
    segment.write_bytes(segment.read_bytes()[:-20])
    load(settings, *whole, half, killed)


def named(settings: Settings, quick: bool = False) -> list[tuple[str | None, int | None, str]]:
    """What verify finds: source, day of the month, fault."""
    with pipeline.warehouse(settings) as con:
        return [(one.source, one.day.day if one.day else None, one.fault) for one in verify(con, settings.data, quick)]


def found(settings: Settings) -> list[Finding]:
    with pipeline.warehouse(settings) as con:
        return verify(con, settings.data)


def told(settings: Settings) -> str:
    return "\n".join(one.told() for one in found(settings))


def spoil(settings: Settings, sql: str) -> None:
    with pipeline.warehouse(settings) as con:
        con.execute(sql)
    pipeline.publish(settings, drop_days=True)


def test_a_week_with_a_missing_a_half_and_a_killed_day_has_right_days_and_verify_names_just_those(settings: Settings) -> None:
    week(settings)
    with publishing.open_published(settings.data) as con:
        days = con.execute("select day, complete, records from days order by day").fetchall()
    assert [(day.day, complete, records) for day, complete, records in days] == [
        (2, True, 4),
        (3, True, 4),
        (5, False, 2),
        (6, True, 4),
        (7, False, 2),
        (8, True, 4),
    ]
    found = [(None, 4, "missing"), ("full", 5, "incomplete"), ("full", 7, "incomplete")]
    assert named(settings) == found
    assert named(settings, quick=True) == found


def test_a_killed_day_that_is_finished_and_a_missing_day_that_is_collected_are_no_longer_named(settings: Settings) -> None:
    week(settings)
    kept = kept_sweeps(settings.data, first=date(2026, 3, 7), last=date(2026, 3, 7))[0]
    kept.set_aside()
    load(settings, full_day(settings, date(2026, 3, 4)), full_day(settings, date(2026, 3, 7)))
    assert named(settings) == [("full", 5, "incomplete")]


def test_sweeps_that_are_meant_to_be_a_week_apart_leave_no_day_missing(settings: Settings) -> None:
    load(settings, *(full_day(settings, MONDAY + timedelta(days=days)) for days in (0, 7, 15)))
    with pipeline.warehouse(settings) as con:
        assert [one.detail.partition(";")[0] for one in verify(con, settings.data, every=7)] == [
            "no sweep from 2026-03-10 to 2026-03-16 (7 days)"
        ]
        assert [one.fault for one in verify(con, settings.data)] == ["missing", "missing"]


def test_a_sweep_that_was_limited_on_purpose_is_named_with_what_collects_the_rest_and_is_no_problem(settings: Settings) -> None:
    limited = full_day(settings, MONDAY, "abc")
    state = limited.state()
    assert state
    state.limited = True
    limited.save_state(state)
    load(settings, limited)
    [one] = found(settings)
    assert (one.source, one.fault, one.fault in NOTICES) == ("full", "limited", True)
    assert one.detail == (
        "3 records, as --limit asked: a part of the hub that removes nothing; `hubwatch run huggingface --day 2026-03-02` collects the rest"
    )
    spoil(settings, "update sweeps set limited = null")  # loaded by an earlier hubwatch: its pages tell
    assert [one.fault for one in found(settings)] == ["limited"]


def test_kept_pages_that_were_never_loaded_are_named(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    full_day(settings, MONDAY + timedelta(days=1))
    keep(settings.data, MONDAY + timedelta(days=2), [record("o/a")], finished=False)
    assert named(settings) == [("full", 3, "not_loaded"), ("full", 4, "incomplete")]
    assert "not loaded; 1 records kept, the sweep has not ended" in told(settings)


def flip(path: Path, at: int) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 0xFF
    path.write_bytes(body)


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_page_that_does_not_bear_its_checksum_is_named(settings: Settings, place: str) -> None:
    kept = full_day(settings, MONDAY)
    load(settings, kept)
    segment = kept.segments()[0]
    flip(segment, len(segment.read_bytes()) - 6 if place == "last" else segment.read_bytes().index(b"(\xb5/\xfd") + 12)
    assert [fault for _, _, fault in named(settings)] == ["damage"]
    assert str(kept.folder) in told(settings)


@pytest.mark.parametrize("spoilt", ["facts", "state"])
def test_one_damaged_sweep_is_named_and_neither_hides_nor_stops_the_others(settings: Settings, spoilt: str) -> None:
    days = [full_day(settings, MONDAY + timedelta(days=number)) for number in (0, 1, 3)]
    load(settings, *days)
    if spoilt == "facts":
        flip(days[0].segments()[0], 18)
    else:
        spoil_state(days[0])
    assert named(settings) == [("full", 2, "damage"), (None, 4, "missing")]
    result = pipeline.build(settings, days)
    assert [(one.day.day, one.failed, one.records) for one in result.loaded] == [(2, True, 0), (3, False, 4), (5, False, 4)]
    assert status(settings.data, date(2026, 3, 5), 2)[0].last_complete_day == date(2026, 3, 5)
    if spoilt == "state":  # nobody can say any more whether it is the last complete one of its month
        assert [(one.day.day) for one in prune(settings.data, date(2026, 3, 10), 1, dry_run=True)] == [3]


@pytest.mark.parametrize("file", ["sweep.json", "sweep.copy.json"])
@pytest.mark.parametrize("how", ["torn", "changed", "gone"])
def test_one_damaged_file_of_a_sweeps_state_costs_nothing(settings: Settings, file: str, how: str) -> None:
    kept = full_day(settings, MONDAY)
    path, state = kept.folder / file, kept.state()
    body = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(body[:40] if how == "torn" else body.replace(b"2026", b"2025"))
    assert kept.state() == state
    load(settings, kept)
    assert named(settings) == []


def test_pages_whose_state_is_gone_are_named_with_their_folder(settings: Settings) -> None:
    kept = full_day(settings, MONDAY)
    load(settings, kept)
    for path in kept.folder.glob("sweep*.json"):
        path.unlink()
    assert named(settings) == [("full", 2, "no_pages")]
    assert f"{kept.folder} has pages and no sweep.json" in told(settings)


def test_status_sends_the_operator_to_verify_where_the_newest_pages_cannot_be_read(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    spoil_state(full_day(settings, MONDAY + timedelta(days=1)))
    assert status(settings.data, date(2026, 3, 3), 2)[0].next == "hubwatch verify"


def test_pages_that_are_gone_are_named_unless_prune_took_them(settings: Settings) -> None:
    many = [[record(f"o/m{number}")] for number in range(70)]
    cut, gone, pruned = (keep(settings.data, MONDAY + timedelta(days=number), *many) for number in range(3))
    load(settings, cut, gone, pruned)
    cut.segments()[1].unlink()
    for path in gone.folder.iterdir():
        path.unlink()
    prune(settings.data, date(2026, 3, 5), 1, dry_run=False)
    full_day(settings, date(2026, 3, 1), finished=False).set_aside()
    assert pruned_sweeps(settings.data) == {("huggingface", MONDAY, "full")}
    assert named(settings) == [("full", 3, "no_pages")]


def test_a_lost_first_segment_is_named(settings: Settings) -> None:
    kept = keep(settings.data, MONDAY, *([record(f"o/m{number}")] for number in range(70)))
    load(settings, kept)
    kept.segments()[0].unlink()
    assert "partition main lacks segment 00000" in told(settings)
    assert {fault for _, _, fault in named(settings)} == {"no_pages"}


def _two_sound_days(data: Path) -> None:
    settings = settings_for(data)
    load(settings, full_day(settings, MONDAY, "abcde"), full_day(settings, MONDAY + timedelta(days=1)))
    assert named(settings) == []


@pytest.mark.parametrize(
    ("sql", "faults"),
    [
        ("delete from store.counters where day = '2026-03-03' and listing_key = 1", {"records", "seen", "values"}),
        ("update store.counters set downloads_30d = 999 where day = '2026-03-03' and listing_key = 1", {"values"}),
        (
            "insert into store.counters select * from store.counters where day = '2026-03-03' and listing_key = 1",
            {"records", "double", "shown", "values"},
        ),
        ("update store.counters set superseded = true where day = '2026-03-03' and listing_key = 1", {"shown"}),
        ("delete from sweeps where day = '2026-03-03'", {"no_sweep", "not_loaded", "departures"}),
        ("insert into sweeps select * from sweeps where day = '2026-03-03'", {"double"}),
        ("update sweeps set rejected = 1 where day = '2026-03-03'", {"rejects", "no_pages"}),
        ("update store.listing set first_seen_on = '2026-03-03' where listing_key = 1", {"seen", "attributes"}),
        ("update store.attributes set valid_from = '2026-03-01' where listing_key = 1", {"attributes"}),
        ("insert into store.attributes select * from store.attributes where listing_key = 1", {"attributes", "values"}),
        ("delete from store.departures", {"departures"}),
        ("delete from store.listing where listing_key = 1", {"no_listing", "records", "values"}),
    ],
)
def test_tables_that_do_not_fit_each_other_are_named(settings: Settings, sql: str, faults: set[str]) -> None:
    shutil.copytree(made_once(_two_sound_days), settings.data, dirs_exist_ok=True)
    spoil(settings, sql)
    assert {fault for _, _, fault in named(settings)} == faults


def test_a_full_sweep_of_a_selection_is_not_expected_to_make_anything_gone(settings: Settings) -> None:
    later = full_day(settings, MONDAY + timedelta(days=1), "abc")
    state = later.state()
    assert state
    state.extent = "selection"
    later.save_state(state)
    load(settings, full_day(settings, MONDAY), later)
    assert named(settings) == []


def test_listings_that_were_loaded_and_not_judged_are_named(settings: Settings) -> None:
    with pipeline.warehouse(settings) as con:
        pipeline.load(con, settings, full_day(settings, MONDAY))
        pipeline.judge(con, settings)
    pipeline.publish(settings)
    assert named(settings) == []
    with pipeline.warehouse(settings) as con:
        pipeline.load(con, settings, keep(settings.data, MONDAY + timedelta(days=1), [record("new/a"), record("o/a")], sweep="head"))
    pipeline.publish(settings)
    assert sorted({fault for _, _, fault in named(settings)}) == ["not_judged", "not_linked"]


def test_a_published_file_that_cannot_be_read_is_named_and_publishing_mends_it(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    (settings.data / "hubwatch.duckdb").write_bytes(b"torn" * 300)
    assert named(settings) == [(None, None, "not_published")]
    pipeline.publish(settings)
    assert named(settings) == []


def test_a_published_file_that_is_behind_is_named(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    pipeline.load_all(settings, [full_day(settings, MONDAY + timedelta(days=1))])
    assert named(settings) == [(None, None, "not_published")]
    assert "differs in huggingface 2026-03-03" in told(settings)


def test_days_that_the_tables_lost_are_named_with_a_cure_that_keeps_them(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    (settings.data / "warehouse.duckdb").unlink()
    assert [(one.fault, "hubwatch publish" in one.detail, "install -m 644" in one.detail) for one in found(settings)] == [
        ("lost", False, True),
        ("not_loaded", False, False),
    ]


def test_prune_keeps_young_pages_and_the_last_complete_full_sweep_of_each_month(settings: Settings) -> None:
    for day in (date(2026, 1, 5), date(2026, 1, 20), date(2026, 1, 31), date(2026, 2, 3), date(2026, 3, 1)):
        full_day(settings, day, finished=day != date(2026, 1, 31))
    keep(settings.data, date(2026, 1, 28), [record("o/a")], sweep="head")
    full_day(settings, date(2026, 1, 4)).set_aside()
    load(settings, *kept_sweeps(settings.data))
    with publishing.open_published(settings.data) as con:
        before = con.execute("select * from all_observations order by all").fetchall()
    would = prune(settings.data, date(2026, 3, 10), 30, dry_run=True)
    assert [(one.day.month, one.day.day, one.sweep) for one in would] == [
        (1, 4, "full~1"),
        (1, 5, "full"),
        (1, 28, "head"),
        (1, 31, "full"),
    ]
    assert len(kept_sweeps(settings.data)) == 6
    assert prune(settings.data, date(2026, 3, 10), 30, dry_run=False) == would
    assert all(one.bytes > 0 for one in would)
    assert [(pages.day.month, pages.day.day) for pages in kept_sweeps(settings.data)] == [(1, 20), (2, 3), (3, 1)]
    assert kept_sweeps(settings.data, aside=True) == []
    assert prune(settings.data, date(2026, 3, 10), 30, dry_run=False) == []
    with publishing.open_published(settings.data) as con:
        assert con.execute("select * from all_observations order by all").fetchall() == before
    assert {fault for _, _, fault in named(settings)} == {"missing", "incomplete"}


def test_prune_keeps_the_oldest_of_the_days_to_keep(settings: Settings) -> None:
    for day in (7, 8, 9):
        keep(settings.data, date(2026, 2, day), [record("o/a")], sweep="head")
    load(settings, *kept_sweeps(settings.data))
    prune(settings.data, date(2026, 3, 10), 30, dry_run=False)
    assert [pages.day.day for pages in kept_sweeps(settings.data)] == [8, 9]


def test_prune_leaves_pages_that_are_not_published_and_says_what_loads_them(settings: Settings) -> None:
    heads = [keep(settings.data, date(2026, 2, day), [record("o/a")], sweep="head") for day in (2, 3, 4)]
    told: list[str] = []
    assert prune(settings.data, date(2026, 3, 10), 1, False, told.append) == []
    assert len(told) == 3
    load(settings, *heads[:2])
    later = PageFacts("http://hub/1", 200, AT + timedelta(days=1000), 1, 1)
    heads[1].append(Page(later, b"[]"))
    told.clear()
    assert [one.day.day for one in prune(settings.data, date(2026, 3, 10), 1, False, told.append)] == [2]
    assert told == [
        f"huggingface 2026-02-0{day} head stays: what its pages say is not published; "
        f"`hubwatch backfill pages --hub huggingface --from 2026-02-0{day} --to 2026-02-0{day}` loads them"
        for day in (3, 4)
    ]
    load(settings, *heads[1:])
    assert [pages.day.day for pages in kept_sweeps(settings.data)] == [3, 4]


def test_prune_leaves_a_sweep_alone_that_is_being_collected(settings: Settings) -> None:
    full_day(settings, date(2026, 1, 5))
    full_day(settings, date(2026, 1, 6))
    load(settings, *kept_sweeps(settings.data))
    with locks.locked(settings.data, "sweep-huggingface"), pytest.raises(failures.Busy):
        prune(settings.data, date(2026, 3, 10), 30, dry_run=False)
    assert len(kept_sweeps(settings.data)) == 2


def test_status_tells_the_last_complete_day_gaps_and_the_next_step(settings: Settings) -> None:
    assert [(hub.hub, hub.stale, hub.next) for hub in status(settings.data, MONDAY, 2)] == [
        ("huggingface", False, "hubwatch run huggingface"),
        ("modelscope", False, "hubwatch run modelscope"),
        ("wisemodel", False, "hubwatch run wisemodel"),
    ]
    week(settings)
    seen = status(settings.data, date(2026, 3, 10), 2)[0]
    assert (seen.last_complete_day, seen.sweep, seen.age_days, seen.days, seen.records) == (date(2026, 3, 8), "full", 2, 6, 4)
    assert seen.incomplete == [date(2026, 3, 5), date(2026, 3, 7)]
    assert (seen.gaps, seen.stale, seen.next) == (["2026-03-04"], False, "hubwatch run huggingface")
    assert status(settings.data, date(2026, 3, 8), 2)[0].next is None
    assert status(settings.data, date(2026, 3, 11), 2)[0].stale
    assert [hub.stale for hub in status(settings.data, date(2026, 3, 11), 2)[1:]] == [False, False]


def test_status_sends_the_operator_to_what_was_begun_or_not_loaded(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    tuesday = MONDAY + timedelta(days=1)
    begun = keep(settings.data, tuesday, [record("o/a")], sweep="head", finished=False)
    assert status(settings.data, tuesday, 2)[0].next == "hubwatch run huggingface --day 2026-03-03 --sweep head"
    begun.set_aside()
    full_day(settings, tuesday)
    assert status(settings.data, tuesday, 2)[0].next == ("hubwatch backfill pages --hub huggingface --from 2026-03-03 --to 2026-03-03")


def test_the_command_that_goes_on_with_a_sweep_names_all_it_was_asked_for(settings: Settings) -> None:
    begun = keep(settings.data, MONDAY, [record("o/a")], sweep="owners", hub="modelscope.ai", finished=False)
    state = begun.state()
    assert state is not None
    state.owners = ["o", "p"]
    begun.save_state(state)
    [other] = [hub for hub in status(settings.data, MONDAY, 2) if hub.hub == "modelscope.ai"]
    command = "MODELSCOPE_ENDPOINT=https://modelscope.ai hubwatch run modelscope --day 2026-03-02 --sweep owners --owner o --owner p"
    assert other.next == command
    assert f"`{command}` goes on" in told(settings)


def test_a_window_that_was_killed_is_named_with_the_command_that_goes_on(settings: Settings) -> None:
    keep(settings.data, MONDAY, [record("o/a")], sweep="window-2025-01-01-2025-02-01", finished=False)
    assert "`hubwatch backfill window huggingface --since 2025-01-01 --until 2025-02-01 --day 2026-03-02` goes on" in told(settings)


def test_a_hub_that_was_begun_and_never_became_complete_grows_stale(settings: Settings) -> None:
    keep(settings.data, MONDAY, [record("o/a")], finished=False)
    assert [status(settings.data, MONDAY + timedelta(days=age), 2)[0].stale for age in (0, 2, 3)] == [False, False, True]


def test_days_from_archives_and_windows_neither_age_nor_leave_gaps(settings: Settings) -> None:
    load(settings, full_day(settings, MONDAY))
    with pipeline.warehouse(settings) as con:
        con.execute(
            "insert into sweeps (hub, day, source, complete, records, rejected) values ('huggingface', '2026-01-01', 'archive:osir', false, 0, 0)"
        )
        con.execute(
            "insert into sweeps (hub, day, source, complete, records, rejected) values ('modelscope', '2026-01-01', 'archive:osir', false, 0, 0)"
        )
    pipeline.publish(settings)
    huggingface, modelscope, _ = status(settings.data, date(2026, 3, 20), 30)
    assert (huggingface.archive_days, huggingface.gaps, huggingface.stale) == (1, [], False)
    assert (modelscope.archive_days, modelscope.days, modelscope.stale) == (1, 0, False)
    assert named(settings) == []


# --- upgrades: a database of every version that was ever released ---

ROWS = {
    "sweeps": [("huggingface", "2026-01-01", "full", True, 2, 1, 0, 3), ("huggingface", "2026-01-02", "full", True, 1, 0, 0, 1)],
    "counters": [
        (1, "2026-01-01", "full", False, 5, 50, 1),
        (2, "2026-01-01", "full", False, 6, 60, 0),
        (1, "2026-01-02", "full", False, 7, 70, 2),
    ],
}


def write_newest(path: Path) -> None:
    """The database `v<N>.duckdb.zst` of the newest schema N. Run once, when N is new; the others were written when they were."""
    folder = path.parent / "made"
    with store.open_warehouse(folder) as con:
        con.execute("update store.migrations set applied_at = '2026-01-01'")
        con.executemany(
            "insert into sweeps (hub, day, source, complete, records, rejected, duplicates, listed_total) values (?, ?, ?, ?, ?, ?, ?, ?)",
            ROWS["sweeps"],
        )
        con.execute("update sweeps set endpoint = 'https://huggingface.co', extent = 'whole'")
        con.executemany(
            """insert into store.counters (listing_key, day, source, superseded, downloads_30d, downloads_total, likes)
               values (?, ?, ?, ?, ?, ?, ?)""",
            ROWS["counters"],
        )
        con.execute("insert into store.listing values (1, 'huggingface', 'o/a', 'o', 'a', '2026-01-01', '2026-01-02', '2026-01-02')")
        con.execute("insert into store.listing values (2, 'huggingface', 'o/b', 'o', 'b', '2026-01-01', '2026-01-01', '2026-01-01')")
        con.execute(
            "insert into store.attributes (listing_key, valid_from, license, created_at) values (1, '2026-01-01', 'mit', '2025-01-01')"
        )
        con.execute("insert into store.departures values ('huggingface', '2026-01-01', '2026-01-02')")
        con.execute(
            """insert into rejects (hub, day, position, source, reason, record)
               values ('huggingface', '2026-01-01', 'main-00000 page 0 record 3', 'full', 'id is not owner/name', '{}')"""
        )
        con.execute("insert into runs (run_id, stage, status) values ('r1', 'load', 'done')")
    path.write_bytes(zstandard.compress((folder / "warehouse.duckdb").read_bytes(), 19))
    shutil.rmtree(folder)


_LACKING = ("v1", "v2")  # in these the later sweep saw one of the two listings that the hub counted


def counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = con.execute(
        """select schema_name || '.' || table_name from duckdb_tables()
           where not internal and table_name not in ('migrations', 'departures') order by 1"""  # departures follow from the others
    ).fetchall()
    return {table: con.execute(f"select count(*) from {table}").fetchall()[0][0] for (table,) in tables}


@pytest.mark.parametrize("stored", sorted(path.name for path in UPGRADES.glob("v*.duckdb.zst")))
def test_a_database_of_every_earlier_version_opens_and_keeps_all_rows(tmp_path: Path, stored: str) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(zstandard.decompress((UPGRADES / stored).read_bytes()))
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as con:
        before = counts(con)
    assert sum(before.values()) >= 10
    for _ in range(2):
        with store.open_warehouse(tmp_path) as con:
            assert counts(con).items() >= before.items()
            assert con.execute("select max(version) from store.migrations").fetchall() == [(store.MIGRATIONS[-1][0],)]
            assert con.execute(
                "select hub, model_id, first_seen_on::varchar, gone_on::varchar, license from listings order by 2"
            ).fetchall() == [
                ("huggingface", "o/a", "2026-01-01", None, "mit"),
                ("huggingface", "o/b", "2026-01-01", None if stored[:2] in _LACKING else "2026-01-02", None),
            ]
            assert con.execute(
                "select model_id, day::varchar, downloads_30d, downloads_total, likes from observations order by all"
            ).fetchall() == [
                ("o/a", "2026-01-01", 5, 50, 1),
                ("o/a", "2026-01-02", 7, 70, 2),
                ("o/b", "2026-01-01", 6, 60, 0),
            ]
            assert con.execute("select day::varchar, sweep, complete, records, rejected from days order by 1").fetchall() == [
                ("2026-01-01", "full", True, 2, 1),
                ("2026-01-02", "full", True, 1, 0),
            ]
            assert verify(con, tmp_path) != []  # it can be looked at: the pages are not here


def test_every_version_of_the_schema_has_a_stored_database() -> None:
    assert sorted(path.name.partition(".")[0] for path in UPGRADES.glob("v*.duckdb.zst")) == sorted(
        f"v{version}" for version, _, _ in store.MIGRATIONS
    )
    assert all(path.stat().st_size < 2_000_000 for path in UPGRADES.glob("v*.duckdb.zst"))
