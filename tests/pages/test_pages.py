"""Pages are kept byte for byte; a torn end is dropped, damage before it is named."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest
import zstandard

from hubwatch.errors import PageDamage
from hubwatch.pages.kept import SEGMENT_PAGES, SweepPages, SweepState
from hubwatch.pages.segments import Page, PageFacts, read_segment

DAY = date(2026, 1, 1)


def page(number: int, partition: str = "main") -> Page:
    body = f'[{{"id": "a/m{number}"}}]  \n'.encode() + os.urandom(64).hex().encode()
    return Page(PageFacts(f"u{number}", 200, datetime(2026, 1, 1), 1, len(body), f"u{number + 1}"), body, partition)


def sweep(data: Path) -> SweepPages:
    return SweepPages(data, "huggingface", DAY, "full")


def test_pages_come_back_byte_for_byte_with_their_facts_across_segments(tmp_path: Path) -> None:
    pages = [page(number) for number in range(SEGMENT_PAGES + 3)]
    for one in pages:
        sweep(tmp_path).append(one)
    assert list(sweep(tmp_path).read()) == pages
    assert [facts.url for facts in sweep(tmp_path).facts()] == [one.facts.url for one in pages]
    assert [sum(1 for _ in read_segment(path)) for path in sweep(tmp_path).segments()] == [SEGMENT_PAGES, 3]


def test_a_segment_is_plain_zstd_that_other_tools_read(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for number in range(3):
        kept.append(page(number))
    raw = zstandard.ZstdDecompressor().stream_reader(kept.segments()[0].read_bytes(), read_across_frames=True).read()
    assert raw == b"".join(one.body for one in kept.read())


def test_every_possible_torn_end_is_dropped_and_appending_goes_on_behind_the_last_whole_page(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for number in range(3):
        kept.append(page(number))
    path = kept.segments()[0]
    whole = path.read_bytes()
    pages = list(kept.read())
    begin_of_last = len(whole) - (len(whole) - whole.rindex(b"\x5b\x2a\x4d\x18"))
    for cut in range(begin_of_last, len(whole)):
        path.write_bytes(whole[:cut])
        again = sweep(tmp_path)
        last = again.last_page()
        assert last is not None
        assert last.url == "u1"
        assert list(again.read()) == pages[:2]
        again.append(pages[2])
        assert path.read_bytes() == whole


def test_a_page_torn_from_the_start_leaves_nothing(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    kept.append(page(0))
    os.truncate(kept.segments()[0], 5)
    assert sweep(tmp_path).last_page() is None
    assert sweep(tmp_path).segments() == []


def test_a_damaged_page_before_whole_ones_is_named_and_never_dropped(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for number in range(3):
        kept.append(page(number))
    path = kept.segments()[0]
    data = bytearray(path.read_bytes())
    data[150] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(PageDamage, match=r"main-00000\.json\.zst"):
        list(sweep(tmp_path).read())
    with pytest.raises(PageDamage, match="damaged"):
        sweep(tmp_path).last_page()


def test_partitions_lie_side_by_side_and_go_on_each_by_itself(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for number, name in enumerate(["owner-a/b", "owner-c", "owner-a/b"]):
        kept.append(page(number, name))
    assert kept.partitions() == ["owner-a/b", "owner-c"]
    last = sweep(tmp_path).last_page("owner-a/b")
    assert last is not None
    assert last.url == "u2"


def test_a_sample_comes_from_all_along_the_sweep_and_is_all_of_a_short_one(tmp_path: Path) -> None:
    pages = SweepPages(tmp_path, "huggingface", date(2026, 1, 1), "full")
    for number in range(SEGMENT_PAGES + 40):
        pages.append(page(number))
    numbers = [kept.facts.next for kept in pages.sample(records=10**6)]
    assert len(numbers) == SEGMENT_PAGES + 40
    every = (SEGMENT_PAGES + 40) // 8
    assert [kept.facts.next for kept in pages.sample(records=8 * page(0).facts.records)] == numbers[::every]


def test_a_sweep_set_aside_is_kept_but_no_longer_the_sweep(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    kept.append(page(0))
    kept.save_state(SweepState(hub="huggingface", day=DAY, sweep="full", endpoint="e", started_at=datetime(2026, 1, 1)))
    aside = kept.set_aside()
    assert aside is not None
    assert aside.name == "full~1"
    assert sweep(tmp_path).state() is None
    assert sweep(tmp_path).segments() == []


def test_an_owners_pages_are_those_that_the_sweep_says_are_its_own(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    state = SweepState(hub="huggingface", day=DAY, sweep="owners", endpoint="e", started_at=datetime(2026, 1, 1))
    for owner, name in (("Qwen", "owner-Qwen"), ("Qwen2", "owner-Qwen2"), ("Qwen", "groups-Qwen"), ("Qwen", "owner-Qwen")):
        kept.append(page(0, name))
        state.owns(owner, name)
    kept.save_state(state)
    kept_state = sweep(tmp_path).state()
    assert kept_state is not None
    assert kept_state.owned == {"Qwen": ["owner-Qwen", "groups-Qwen"], "Qwen2": ["owner-Qwen2"]}
    assert kept_state.of_owners("Qwen", "nobody") == {"owner-Qwen", "groups-Qwen"}
    assert sum(1 for _ in kept.facts(kept_state.of_owners("Qwen"))) == 3
    assert list(kept.facts(kept_state.of_owners("nobody"))) == []


LISTINGS: list[str] = []  # folders that were listed


def _note_listing(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("os.listdir", "os.scandir"):
        LISTINGS.append(str(arguments[0]))


def test_the_folder_of_a_sweep_is_listed_once_however_many_partitions_it_has(tmp_path: Path) -> None:
    sys.addaudithook(_note_listing)
    kept = sweep(tmp_path)
    state = SweepState(hub="huggingface", day=DAY, sweep="owners", endpoint="e", started_at=datetime(2026, 1, 1))
    for number in range(300):
        kept.append(page(number, f"owner-{number}"))
        state.owns(str(number), f"owner-{number}")
        kept.save_state(state)
    assert LISTINGS.count(str(kept.folder)) <= 2
    time.sleep(0.1)  # what is listed right after a change is listed once more
    reader = sweep(tmp_path)
    LISTINGS.clear()
    assert sum(1 for _ in reader.facts()) == 300
    assert len([path for name in reader.partitions() for path in reader.segments(name)]) == 300
    assert LISTINGS.count(str(kept.folder)) == 1


def test_pages_that_another_process_adds_are_seen_at_once(tmp_path: Path) -> None:
    reader, writer = sweep(tmp_path), sweep(tmp_path)
    for number in range(50):
        writer.append(page(number, f"owner-{number}"))
        assert len(reader.partitions()) == number + 1
    reader.segments("owner-7")[0].unlink()
    assert "owner-7" not in writer.partitions()


def test_no_changed_byte_of_a_pages_facts_is_believed(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for number in range(2):
        kept.append(page(number))
    path, pages, facts, refused = kept.segments()[0], list(kept.read()), list(kept.facts()), 0
    whole = path.read_bytes()
    for at in range(16, whole.index(b"}") + 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        for read, expected in ((lambda: list(sweep(tmp_path).read()), pages), (lambda: list(sweep(tmp_path).facts()), facts)):
            try:
                assert read() == expected  # the name of the checksum itself
            except PageDamage:
                refused += 1
    assert refused >= 2 * (whole.index(b"}") - 16 - len('"check"'))
    path.write_bytes(whole)
    assert list(kept.read()) == pages


def test_what_is_kept_can_be_looked_at_on_another_thread_while_pages_are_written(tmp_path: Path) -> None:
    kept, done, switched = sweep(tmp_path), threading.Event(), sys.getswitchinterval()

    def look() -> None:
        while not done.is_set():
            for at in range(0, 150, 25):
                kept.last_page(f"part {at}")
            kept.segments()

    with ThreadPoolExecutor(1) as beside:
        looked = beside.submit(look)
        sys.setswitchinterval(1e-6)  # threads take turns as often as they can
        try:
            for at in range(150):
                kept.append(page(at, f"part {at}"))
                kept.append(page(at + 1000, f"part {at}"))
                (kept.folder / f"{at}.new").touch()  # so that both threads list the folder again
                assert len(kept.segments()) == len(set(kept.segments())) == at + 1
        finally:
            sys.setswitchinterval(switched)
            done.set()
        looked.result()
    assert kept.count() == sweep(tmp_path).count() == 300
    assert len(kept.segments()) == len(set(kept.segments())) == 150
