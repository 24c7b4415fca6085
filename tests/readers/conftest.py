"""A small published database: two days of a hub, one owner known, one not."""

from datetime import date
from pathlib import Path

import pytest

from hubwatch import pipeline
from tests.conftest import settings_for
from tests.kept import keep, record

FIRST, LAST = date(2026, 1, 31), date(2026, 3, 2)


def publish_days(data: Path, *, qwen: int = 700) -> Path:
    """Publish the two days into `data`, with so many downloads for Qwen on the last."""
    for day, most in ((FIRST, 500), (LAST, qwen)):
        models = [record("Qwen/a", downloads=most), record("meta-llama/b", downloads=200), record("who-is-this-xyz/c", downloads=100)]
        keep(data, day, models)
    pipeline.build(settings_for(data))
    return data


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder."""
    return publish_days(tmp_path_factory.mktemp("published") / "data")
