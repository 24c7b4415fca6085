"""The pages that are made from the code stand there as the code makes them today."""

import runpy
from collections.abc import Callable

import pytest

from tests.conftest import ROOT

PAGES: dict[str, Callable[[], str]] = runpy.run_path(str(ROOT / "docs/generate.py"))["PAGES"]


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_up_to_date(page: str) -> None:
    assert (ROOT / "docs" / page).read_text("utf-8") == PAGES[page](), "run `make docs` and commit what it writes"


def test_every_column_of_the_published_file_has_a_meaning() -> None:
    bare = [
        line for line in (ROOT / "docs/dictionary.md").read_text("utf-8").splitlines() if line.startswith("| `") and line.endswith("|  |")
    ]
    assert bare == []
