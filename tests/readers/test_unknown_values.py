"""A word that nobody has is answered with those written like it, never with an empty table or a figure that it did not change."""

from pathlib import Path
from typing import Any

import pytest

import hubwatch


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "big tec"}, "nothing here is of kind 'big tec'; did you mean big_tech"),
        ({"family": "Qwenn"}, "nothing here is of family 'Qwenn'; did you mean Qwen"),
        ({"license_class": "permisive"}, "nothing here is of license class 'permisive'; did you mean permissive"),
        ({"task": "text-generatio"}, "nothing here is of task 'text-generatio'; did you mean text-generation?"),
        ({"namespace": "meta-lama"}, "nothing here is of namespace 'meta-lama'; did you mean meta-llama?"),
        ({"namespace": "阿里巴巴"}, "nothing here is of namespace '阿里巴巴'; did you mean --organization Alibaba?"),
        ({"leave_out": ["Qwenn"]}, "nothing here is of namespace or organization 'Qwenn'; did you mean Qwen?"),
    ],
)
def test_a_filter_by_a_word_that_nobody_has_names_those_written_like_it(published: Path, asked: dict[str, Any], said: str) -> None:
    with hubwatch.open(published) as db, pytest.raises(hubwatch.HubwatchError) as refused:
        db.stats("download-share", hub="huggingface", by="country", **asked)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"kind": "Big Tech"}, {"kind": "big_tech"}),
        ({"task": "Text Generation"}, {"task": "text-generation"}),
        ({"license_class": "Permissive"}, {"license_class": "permissive"}),
        ({"namespace": "qwen"}, {"namespace": "Qwen"}),
        ({"policy": "OSAI"}, {"policy": "osai"}),
    ],
)
def test_a_word_in_other_letters_asks_the_same_question(published: Path, written: dict[str, Any], kept: dict[str, Any]) -> None:
    with hubwatch.open(published) as db:
        one, other = (db.stats("download-share", hub="huggingface", by="country", **asked) for asked in (written, kept))
        assert one.rows
        assert one.citation.id == other.citation.id


def test_a_row_is_cited_by_its_words_too(published: Path) -> None:
    with hubwatch.open(published) as db:
        assert db.cite("download-share", "Big Tech", hub="huggingface", by="kind").group == "big_tech"
        assert db.cite("download-share", "China,big tech", hub="huggingface", by="country,kind").group == "CN, big_tech"


def test_a_known_word_without_a_listing_is_an_answer_without_rows(published: Path) -> None:
    with hubwatch.open(published) as db:
        empty = db.stats("download-share", hub="huggingface", by="country", kind="government")
        assert (empty.rows, "no row" in " ".join(empty.notes)) == ([], True)


def test_an_organization_is_left_out_by_any_of_its_names(published: Path) -> None:
    with hubwatch.open(published) as db:
        ours = db.stats("download-share", hub="huggingface", by="country", leave_out=["Alibaba"])
        theirs = db.stats("download-share", hub="huggingface", by="country", leave_out=["阿里巴巴"])
        assert [(row["group"], row["value"]) for row in theirs] == [("US", 200), ("unknown", 100)]
        assert theirs.citation.id == ours.citation.id


def test_a_group_is_suggested_by_its_countrys_name(published: Path) -> None:
    with hubwatch.open(published) as db, pytest.raises(hubwatch.HubwatchError, match=r"did you mean China \(CN\)\?"):
        db.cite("download-share", "Chna", hub="huggingface", by="country")
