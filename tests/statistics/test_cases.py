"""Each folder beside this file is a statistic: small CSVs in, `expected-QUESTION.csv` out."""

from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from hubwatch import statistics
from tests.statistics.world_of import build

CASES = sorted(Path(__file__).parent.glob("*/expected*.csv"))


@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parent.name}-{path.stem.removeprefix('expected-')}")
def test_a_statistic_gives_exactly_the_expected_rows(expected: Path) -> None:
    # The question is the file's name: expected-by=country&hub=huggingface.csv
    question = dict(parse_qsl(expected.stem.removeprefix("expected").removeprefix("-")))
    with build(expected.parent) as con:
        result = statistics.run(con, expected.parent.name, **question)
    assert result.to_csv() == expected.read_text(encoding="utf-8")


def test_every_statistic_has_an_expected_case() -> None:
    assert {one.name for one in statistics.definitions()} <= {path.parent.name for path in CASES}
