"""Where records are in JSON documents: found by what keys and values are, with the day that only what is around them states."""

import json
from datetime import date

import pytest

from hubwatch.archives.mapping import Mapping
from hubwatch.archives.records import Records
from hubwatch.errors import DayFailure

ALPHA, BETA = {"id": "acme/alpha", "downloads": 41}, {"id": "umbra/beta", "downloads": 7}
NUMBERS = {"acme/alpha": 41, "umbra/beta": 7}


def how(records: str | None = None, day: str | None = None, ids: tuple[str, ...] = ("id",), likes: bool = False) -> Mapping:
    counters: dict[str, object] = {"downloads_30d": {"column": "downloads", "window": "30d"}} | ({"likes": "likes"} if likes else {})
    where: dict[str, object] = {"column": day} if day else {"value": date(2026, 3, 9)}
    about = {"name": "own", "title": "own", "hub": {"value": "huggingface"}, "day": where, "model_id": ids[0]}
    return Mapping.model_validate(about | {"counters": counters, "records": records})


def found(document: object, mapping: Mapping) -> list[object]:
    return [json.loads(record) for record in Records("a.json", mapping).of(json.dumps(document).encode())]


@pytest.mark.parametrize(
    "document",
    [
        NUMBERS,
        {"downloads": NUMBERS},
        {"models": NUMBERS},
        {"total": 2, "made_at": "today", **NUMBERS},
        {"columns": ["downloads"], "index": ["acme/alpha", "umbra/beta"], "data": [[41], [7]]},
        [["id", "downloads"], ["acme/alpha", 41], ["umbra/beta", 7]],
    ],
    ids=["by-id", "named", "under-a-word", "beside-a-sum", "split-by-id", "lists"],
)
def test_a_number_beside_an_id_is_the_only_counter_that_the_mapping_names(document: object) -> None:
    mapping = how(ids=("index",)) if "index" in document else how()  # type: ignore[operator]
    key = "index" if "index" in document else "id"  # type: ignore[operator]
    assert found(document, mapping) == [{key: "acme/alpha", "downloads": 41}, {key: "umbra/beta", "downloads": 7}]


def test_a_number_beside_an_id_is_a_value_where_the_mapping_names_two_counters() -> None:
    assert found(NUMBERS, how(likes=True))[0] == {"id": "acme/alpha", "value": 41}


def test_a_figure_as_text_beside_an_id_is_as_good_as_a_number_and_other_texts_are_none() -> None:
    document = {"source": "a page", "acme/alpha": "1.2M", "and/or": "words", "umbra/beta": "7"}
    assert found(document, how()) == [{"id": "acme/alpha", "downloads": "1.2M"}, {"id": "umbra/beta", "downloads": "7"}]


def test_columns_that_are_keyed_by_id_are_joined() -> None:
    document = {"downloads": NUMBERS, "likes": {"acme/alpha": 3, "umbra/beta": 0}}
    assert found(document, how()) == [ALPHA | {"likes": 3}, BETA | {"likes": 0}]


def test_records_under_days_have_that_day_and_several_days_need_it_in_the_mapping() -> None:
    document = {"2026-03-09": [ALPHA], "2026-03-10": {"acme/alpha": 43}}
    assert found(document, how(day="day")) == [
        {"day": "2026-03-09", **ALPHA},
        {"day": "2026-03-10", "id": "acme/alpha", "downloads": 43},
    ]
    with pytest.raises(DayFailure, match="records are under 2 days"):
        found(document, how())


def test_days_under_an_id_are_rows_of_their_own() -> None:
    document = {"acme/alpha": {"2026-03-09": 41, "2026-03-10": 43}}
    assert found(document, how(day="seen")) == [
        {"id": "acme/alpha", "seen": "2026-03-09", "downloads": 41},
        {"id": "acme/alpha", "seen": "2026-03-10", "downloads": 43},
    ]


def test_the_day_may_be_in_an_object_beside_the_records_and_a_word_inside_a_record_hides_none() -> None:
    document = {"meta": {"made": "2026-03-09"}, "models": [ALPHA | {"tags": ["meta.made"]}]}
    assert found(document, how("models", "meta.made")) == [{"meta.made": "2026-03-09", **ALPHA, "tags": ["meta.made"]}]


def test_a_record_keeps_its_own_day() -> None:
    document = {"made": "2026-03-09", "models": [ALPHA | {"made": "2026-03-01"}]}
    assert found(document, how("models", "made")) == [ALPHA | {"made": "2026-03-01"}]


def test_a_star_takes_the_lists_under_all_keys() -> None:
    document = {"acme": [ALPHA], "umbra": [BETA], "pages": 2}
    assert found(document, how("*")) == [ALPHA, BETA]
    with pytest.raises(DayFailure, match=r'records = "acme" or records = "umbra", for all of them records = "\*"'):
        found(document, how())


def test_a_list_of_ids_is_one_of_models_without_counters() -> None:
    assert found(["acme/alpha", "umbra/beta"], how()) == [{"id": "acme/alpha"}, {"id": "umbra/beta"}]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([["acme/alpha", 41], ["umbra/beta", 7]], "the first does not name their columns; put such a list in front"),
        ({"acme/alpha": [41, 3]}, "and nothing names its values"),
        ({"made": "today"}, "it has made. Correct the mapping"),
    ],
)
def test_what_nothing_names_is_refused_with_the_fix(document: object, told: str) -> None:
    with pytest.raises(DayFailure, match=told):
        found(document, how())
