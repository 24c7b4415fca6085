"""Hugging Face as other stand-ins may give it: cursors that overlap, ids of any order, stray values, refusals in any words."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hubwatch import pipeline
from hubwatch.clock import now
from hubwatch.errors import Refused
from hubwatch.hubs.huggingface.fields import FIELDS, refused_fields
from hubwatch.outcomes import HubResult
from hubwatch.pages.sweep import Sweep
from tests.conftest import settings_for
from tests.hubs.hub_day import collect_and_load, rows
from tests.kept import record
from tests.scripted import Scripted, Step, answer

DAY = date(2026, 5, 20)


def made(number: int, key: str | None = None, **more: Any) -> dict[str, Any]:
    """A model created a minute after the one before it; `key` is an `_id` of another order."""
    at = 1_700_000_000 + 60 * number
    own = {"_id": key or f"{at:08x}{number:016x}", "createdAt": f"2023-11-14T{number // 60:02}:{number % 60:02}:00.000Z"}
    return record(f"a/m{number}", **(own | more))


def linked(page: list[dict[str, Any]] | bytes, cursor: str) -> bytes:
    return answer(page, Link=f'</api/models?cursor={cursor}>; rel="next"')


def run(data: Path, *steps: Step) -> tuple[HubResult, list[str]]:
    """The result of a full sweep of these pages, and the ids that are then held."""
    with Scripted(*steps) as server:
        result = collect_and_load(settings_for(data, server.url, HUBWATCH_ATTEMPTS=2), Sweep("huggingface", DAY))
    return result, [name for (name,) in rows(data, "select model_id from observations order by model_id")]


def test_a_page_that_begins_with_the_last_record_of_the_page_before_is_settled_by_key(tmp_path: Path) -> None:
    result, names = run(tmp_path, linked([made(1), made(2)], "b"), linked([made(2), made(3)], "c"), answer([made(3), made(4)]))
    assert (result.complete, result.records) == (True, 4)
    assert names == ["a/m1", "a/m2", "a/m3", "a/m4"]


def test_creation_order_is_believed_where_ids_have_another(tmp_path: Path) -> None:
    pages = [[made(1, "f" * 24), made(2, "a" * 24)], [made(3, "0" * 24), made(4, "e" * 24)]]
    result, names = run(tmp_path, linked(pages[0], "b"), answer(pages[1]))
    assert result.complete
    assert names == ["a/m1", "a/m2", "a/m3", "a/m4"]


def test_a_record_that_comes_again_out_of_order_is_settled_by_key(tmp_path: Path) -> None:
    newer = made(1, likes=9, lastModified="2026-01-01T00:00:00.000Z")
    result, names = run(tmp_path, linked([made(1), made(2)], "b"), linked([made(3), newer], "c"), answer([made(2)]))
    assert (result.complete, result.records) == (True, 3)
    assert names == ["a/m1", "a/m2", "a/m3"]


@pytest.mark.parametrize("likes", [1, 2])
def test_a_walk_that_stands_still_or_goes_back_fails_and_keeps_what_it_had(tmp_path: Path, likes: int) -> None:
    again = [made(1, likes=likes), made(2 - likes // 2, likes=likes)]
    result, names = run(tmp_path, linked([made(1), made(2)], "b"), linked([made(3), made(4)], "c"), linked(again, "d"))
    assert result.failed
    assert "not behind" in result.message
    assert names == ["a/m1", "a/m2", "a/m3", "a/m4"]


def test_an_empty_page_that_was_named_is_asked_again_before_it_is_the_end(tmp_path: Path) -> None:
    result, names = run(tmp_path / "hiccup", linked([made(1), made(2)], "b"), answer([]), answer([made(3)]))
    assert (result.complete, result.retries) == (True, 1)
    assert names == ["a/m1", "a/m2", "a/m3"]
    result, names = run(tmp_path / "end", linked([made(1), made(2)], "b"), answer([]))
    assert (result.complete, result.retries) == (True, 1)
    assert names == ["a/m1", "a/m2"]


@pytest.mark.parametrize("stray", [rb"\ud83d", b"\xff"], ids=["half-a-surrogate-pair", "no-utf-8"])
def test_stray_bytes_reject_their_record_and_the_walk_goes_on(tmp_path: Path, stray: bytes) -> None:
    good = [made(number) for number in range(1, 31)]
    body = json.dumps([*good, made(31, library_name="@")]).encode().replace(b"@", stray)
    result, names = run(tmp_path, linked(body, "b"), answer([made(32)]))
    assert (result.complete, result.records, result.rejected) == (True, 31, 1)
    assert "a/m31" not in names


def test_a_replacement_character_that_the_hub_wrote_itself_is_text(tmp_path: Path) -> None:
    good = [made(number) for number in range(1, 31)]
    body = json.dumps([*good, made(31, library_name="@"), made(32, library_name="\ufffd")]).encode().replace(b"@", rb"\ud83d")
    result, names = run(tmp_path, answer(body))
    assert (result.complete, result.records, result.rejected) == (True, 31, 1)
    assert "a/m32" in names


VALID = [name for name in FIELDS if name not in ("gated", "safetensors")]


@pytest.mark.parametrize(
    "error",
    [
        {"error": f"Invalid expand: gated, valid values: {', '.join(VALID)}"},
        {"error": "Invalid expand: gated\nValid:\n - " + "\n - ".join(VALID)},
        {"error": "expand must be one of " + ", ".join(VALID[:-1]) + f", or {VALID[-1]}."},
        {"error": "Invalid expand value", "valid": VALID},
        {"error": "Invalid option: expected one of " + "|".join(f'"{name}"' for name in VALID) + " \u2192 at expand[7]"},
    ],
)
def test_the_fields_that_a_400_leaves_out_of_its_list_are_those_refused(error: dict[str, Any]) -> None:
    refusal = Refused("400", 400, json.dumps(error).encode())
    assert refused_fields(refusal, list(FIELDS)) == ["gated", "safetensors"]


@pytest.mark.parametrize(
    "text",
    [
        "Bad request: https://huggingface.co/api/models?" + "&".join(f"expand[]={name}" for name in FIELDS),
        "Bad request: /api/models?" + "&".join(f"expand%5B%5D={name}" for name in FIELDS),
        "Invalid cursor for sort createdAt",
        "tags and likes of gated models need a token",
        "Invalid sort, must be one of createdAt, downloads, likes, lastModified, trendingScore",
    ],
)
def test_a_400_about_something_else_costs_no_field(text: str) -> None:
    assert refused_fields(Refused("400", 400, json.dumps({"error": text}).encode()), list(FIELDS)) == []


def test_valid_fields_may_be_listed_with_spaces() -> None:
    text = f"Unknown value gated. Valid values: author {' '.join(VALID)} siblings sha"
    assert refused_fields(Refused("400", 400, json.dumps({"error": text}).encode()), list(FIELDS)) == ["gated", "safetensors"]


def test_a_field_refused_in_the_midst_of_a_sweep_is_dropped_from_there_on(tmp_path: Path) -> None:
    refusal = answer({"error": f"Invalid expand: gated, valid values: {', '.join(n for n in FIELDS if n != 'gated')}"}, "400 Bad Request")
    result, _names = run(tmp_path, linked([made(1), made(2)], "b"), refusal, answer([made(3)]))
    assert (result.complete, result.records) == (True, 3), result.message
    assert "the hub refused 1 field, no longer requested: gated" in result.message


def test_a_page_that_is_empty_once_ends_no_sweep_that_is_gone_on_with(tmp_path: Path) -> None:
    settings_broken, _ = run(tmp_path, linked([made(1), made(2)], "b"), answer([], "404 Not Found"))
    assert settings_broken.failed
    result, names = run(tmp_path, answer([]), answer([made(3)]))
    assert (result.complete, result.retries) == (True, 1), result.message
    assert names == ["a/m1", "a/m2", "a/m3"]


def full(first: int) -> list[dict[str, Any]]:
    return [made(number) for number in range(first, first + 1000)]


@pytest.mark.parametrize("size", [1000, 300])
def test_a_full_page_that_lost_its_link_is_gone_on_from_whatever_the_hubs_size(tmp_path: Path, size: int) -> None:
    just_now = made(1300, createdAt=f"{now():%Y-%m-%dT%H:%M:%S}.000Z")  # as a busy hub always has one
    before = [linked([made(number) for number in range(1, 301)], "a")] if size == 300 else []
    last = [made(number) for number in range(301, 601)] if size == 300 else full(1)
    rest = answer([made(number) for number in range(601 if size == 300 else 1001, 1201)])
    with Scripted(*before, answer(last), answer([just_now, made(1200)]), linked(last, "b"), rest) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
        assert "direction=-1" in server.requests[len(before) + 1]
    assert (result.complete, result.records) == (True, 1200)


@pytest.mark.parametrize(
    "sweep",
    [
        Sweep("huggingface", DAY, "head", floor=100),
        Sweep("huggingface", DAY, "owners", owners=("a",)),
        Sweep("huggingface", DAY, "new", since=datetime(2023, 11, 10)),
    ],
    ids=lambda sweep: sweep.kind,
)
def test_every_kind_of_sweep_goes_on_where_a_page_lost_its_link(tmp_path: Path, sweep: Sweep) -> None:
    rank = 1 if sweep.kind == "owners" else -1  # oldest first, else most downloaded or newest first
    models = sorted((made(number, downloads=number) for number in range(1, 1301)), key=lambda model: rank * model["downloads"])
    own_cursor = [answer([])] if sweep.kind == "new" else []
    older = [made(-number, createdAt="2023-01-01T00:00:00.000Z") for number in range(1, 4)] if sweep.kind == "new" else []
    first, rest, other_end = models[:1000], [*models[1000:], *older], answer([*older, *models[:-10:-1]])
    again = linked(first, "b")
    with Scripted(*own_cursor, answer(first), again if sweep.kind == "head" else other_end, again, answer(rest), other_end) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), sweep)
        question = server.requests[len(own_cursor) + 1]
    assert f"direction={-1 if sweep.kind == 'head' else -rank}" in question
    assert ("author=a" in question) == (sweep.kind == "owners")
    assert (result.complete, result.records) == (True, 1300), result.message


@pytest.mark.parametrize("ascending", [True, False])
def test_a_head_sweep_goes_on_by_what_has_fewer_downloads_or_by_the_page_itself(tmp_path: Path, ascending: bool) -> None:
    models = [made(number, downloads=20_000 - number) for number in range(1, 1031)]
    first, rest = models[:1000], [*models[1000:], *(made(number, downloads=5) for number in range(1031, 1034))]
    asked = [answer(first), answer(rest[::-1])] if ascending else [linked(first, "b")]
    with Scripted(answer(first), *asked, linked(first, "b"), linked(rest, "c"), answer(b"{}", "400 Bad Request")) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY, "head", floor=100))
        assert len(server.requests) == 3 + len(asked)
    assert (result.complete, result.records) == (True, 1033), result.message


@pytest.mark.parametrize("pages", [63, 64])
def test_a_listing_that_breaks_off_in_empty_pages_is_not_complete_wherever_these_are_kept(tmp_path: Path, pages: int) -> None:
    kept = [linked([made(number)], f"{number}") for number in range(1, pages + 1)]
    newest = answer([made(number) for number in range(1000, 990, -1)])
    with Scripted(*kept, answer([]), answer([]), newest, answer([]), answer([]), newest) as server:
        result = collect_and_load(settings_for(tmp_path, server.url, HUBWATCH_ATTEMPTS=2), Sweep("huggingface", DAY))
    assert (result.complete, result.records) == (False, pages)
    assert "behind the last page" in result.message


def test_a_small_owner_is_asked_for_once(tmp_path: Path) -> None:
    with Scripted(answer([made(1)])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY, "owners", owners=("a",)))
        assert (result.complete, result.records, len(server.requests)) == (True, 1, 1)


def test_a_link_that_cannot_be_read_ends_no_sweep(tmp_path: Path) -> None:
    result, names = run(tmp_path, answer([made(1), made(2)], Link="http://127.0.0.1/api/models?cursor=b; rel=next"))
    assert (result.failed, names) == (True, [])
    assert "names a next page in a way that cannot be read" in result.message


def test_a_hub_that_lists_more_than_it_links_to_is_not_complete_and_is_asked_again(tmp_path: Path) -> None:
    with Scripted(answer(full(1)), answer([made(1200)]), answer(full(1)), answer([made(1200)])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
    assert (result.complete, result.records) == (False, 1000)
    assert "behind the last page" in result.message
    with Scripted(answer([made(1200)]), linked(full(1), "b"), answer([made(1200)])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
    assert (result.complete, result.records) == (True, 1001)
    with Scripted(answer([])) as server:
        collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
        assert server.requests == []


@pytest.mark.parametrize(
    "newest", [answer([made(1000)]), answer([]), answer([made(10**6, createdAt="2999-01-01T00:00:00Z")]), answer(b"{}", "400 Bad Request")]
)
def test_a_last_page_that_is_full_is_the_end_where_nothing_lies_behind_it(tmp_path: Path, newest: bytes) -> None:
    with Scripted(answer(full(1)), newest) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
    assert (result.complete, result.records) == (True, 1000)


def test_a_model_created_as_the_sweep_begins_does_not_lie_behind_its_end(tmp_path: Path) -> None:
    fresh = made(2000, createdAt=f"{now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}.000Z")
    with Scripted(answer(full(1)), answer([fresh])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY))
    assert (result.complete, result.records) == (True, 1000)


def test_a_hub_that_lists_nothing_at_first_is_asked_again_and_never_complete(tmp_path: Path) -> None:
    result, names = run(tmp_path / "once", answer([]), answer([made(1)]))
    assert (result.complete, result.retries, names) == (True, 1, ["a/m1"])
    with Scripted(answer([])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url, HUBWATCH_ATTEMPTS=2), Sweep("huggingface", DAY))
    assert (result.failed, "lists nothing at all" in result.message) == (True, True)
    result, names = run(tmp_path, answer([made(1)]))
    assert (result.complete, names) == (True, ["a/m1"])


@pytest.mark.parametrize("odd", [-1, 0, "many", None, True])
def test_one_odd_counter_at_the_end_of_a_page_does_not_end_a_head_sweep(tmp_path: Path, odd: object) -> None:
    pages = [[made(number, downloads=500) for number in range(first, first + 50)] for first in (1, 51)]
    pages[0][-1]["downloads"] = odd
    below = [made(number, downloads=5) for number in range(101, 104)]
    with Scripted(linked(pages[0], "b"), linked([*pages[1], *below], "c"), answer([made(200)])) as server:
        collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY, kind="head", floor=100))
        assert len(server.requests) == 2
    assert rows(tmp_path, "select count(*) from observations where downloads_30d = 500")[0][0] >= 99


def test_private_models_that_a_token_shows_are_no_listings(tmp_path: Path) -> None:
    result, names = run(tmp_path, answer([made(1, private=False), made(2, private=True), made(3)]))
    assert (result.complete, result.records, result.rejected, names) == (True, 2, 0, ["a/m1", "a/m3"])


def test_a_walk_by_downloads_that_goes_round_fails(tmp_path: Path) -> None:
    pages = [linked([made(1, likes=number), made(2, downloads=9 + number)], f"c{number}") for number in range(9)]
    with Scripted(*pages) as server:
        settings = settings_for(tmp_path, server.url, HUBWATCH_ATTEMPTS=2)
        result = pipeline.collect_all(settings, [Sweep("huggingface", DAY, "head", floor=1)])["huggingface"]
    assert result.failed
    assert "begins and ends with the records of an earlier page" in result.message


def test_a_record_dated_in_the_future_does_not_end_the_walk(tmp_path: Path) -> None:
    late = made(2, createdAt="2099-01-01T00:00:00.000Z")
    result, names = run(tmp_path, linked([made(1), late], "b"), answer([made(3), made(4)]))
    assert (result.complete, names) == (True, ["a/m1", "a/m2", "a/m3", "a/m4"]), result.message


def test_times_with_an_offset_are_read_as_utc_and_ids_that_are_no_text_are_rejected(tmp_path: Path) -> None:
    good = [made(number) for number in range(2, 40)]
    result, _names = run(tmp_path, answer([made(1, createdAt="2024-03-01T08:00:00.000+08:00"), *good, made(40, id=["a/b"])]))
    assert (result.records, result.rejected) == (39, 1), result.message
    assert rows(tmp_path, "select created_at from listings where model_id = 'a/m1'") == [(datetime(2024, 3, 1),)]


def test_a_number_that_python_cannot_read_costs_no_other_record(tmp_path: Path) -> None:
    good = [made(number) for number in range(1, 40)]
    body = json.dumps([*good, made(40, downloads="@")]).replace('"@"', "9" * 5000).encode()
    result, _names = run(tmp_path, linked(body, "b"), answer([made(41)]))
    assert (result.complete, result.records, result.rejected) == (True, 41, 1), result.message  # its id can be read


def test_a_record_nested_deeper_than_python_reads_costs_neither_its_page_nor_the_walk(tmp_path: Path) -> None:
    deep = ("[" * 5000 + '"]"' + "]" * 5000).encode()
    body = json.dumps([made(1), made(2, extra="@"), made(3)]).encode().replace(b'"@"', deep)
    result, names = run(tmp_path / "1", linked(body, "b"), answer([made(4)]))
    assert (result.complete, result.rejected, names) == (True, 0, ["a/m1", "a/m2", "a/m3", "a/m4"]), result.message
    good = [made(number) for number in range(1, 40)]
    result, _names = run(tmp_path / "2", answer(json.dumps([*good, "@"]).encode().replace(b'"@"', deep)))
    assert (result.complete, result.records, result.rejected) == (True, 39, 1), result.message
    with Scripted(answer(body[:3000])) as server:
        result = collect_and_load(settings_for(tmp_path, server.url, HUBWATCH_ATTEMPTS=1), Sweep("huggingface", DAY))
    assert "is not whole JSON" in result.message


@pytest.mark.parametrize(
    ("said", "bases", "relation"),
    [
        ({"tags": ["base_model:x/y", "base_model:finetune:x/y"]}, ["x/y"], "finetune"),
        ({"tags": ["base_model:distill:x/y"]}, ["x/y"], "distill"),
        ({"tags": ["base_model:Finetune:x/y"]}, ["x/y"], "finetune"),
        ({"tags": ["base_model:https://huggingface.co/x/y", "base_model:merge:http://hf.co/z/w"]}, ["x/y", "z/w"], "merge"),
        ({"tags": ["base_model:a file", "base_model:x/y/z", "base_model:./outputs/x/y"]}, None, None),
        ({"baseModels": {"relation": "", "models": []}, "tags": ["base_model:x/y", "base_model:adapter:x/y"]}, ["x/y"], "adapter"),
        ({"baseModels": {"relation": "quantized", "models": [{"id": "x/y"}, {"id": "no id"}, {}]}}, ["x/y"], "quantized"),
    ],
)
def test_bases_are_ids_and_their_relation_is_read_in_any_case(
    tmp_path: Path, said: dict[str, Any], bases: list[str] | None, relation: str | None
) -> None:
    run(tmp_path, answer([made(1, **({"tags": [], "baseModels": None} | said))]))
    assert rows(tmp_path, "select base_models, base_relation from listings") == [(bases, relation)]


def test_a_head_sweep_goes_on_while_models_are_at_the_floor(tmp_path: Path) -> None:
    pages = [
        [made(number, downloads=1000) for number in range(4)],
        [made(4, downloads=1000), *(made(number, downloads=999) for number in (5, 6, 7))],
    ]
    with Scripted(linked(pages[0], "b"), linked(pages[1], "c"), answer([made(8, downloads=998)])) as server:
        got = collect_and_load(settings_for(tmp_path, server.url), Sweep("huggingface", DAY, "head", floor=1000))
        assert len(server.requests) == 2
    assert (got.complete, got.records) == (True, 8)
