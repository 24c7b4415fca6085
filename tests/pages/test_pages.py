"""Pages are kept byte for byte; a torn end is dropped, damage before it is named."""

import dataclasses
import os
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


def test_an_owners_pages_are_not_those_of_an_owner_with_a_longer_name(tmp_path: Path) -> None:
    kept = sweep(tmp_path)
    for name in ("owner-Qwen", "owner-Qwen2", "groups-Qwen", "users-QwenFan"):
        kept.append(dataclasses.replace(page(0), partition=name))
    assert kept.partitions("Qwen") == ["groups-Qwen", "owner-Qwen"]
    assert sum(1 for _ in kept.facts("Qwen")) == 2
