"""Where the shared figures are; tests that rest on them skip, saying so, where they are absent."""

import os
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[2] / "shared")


def shared(path: str) -> Path:
    """A file of the shared figures, or a skip that names it."""
    found = _FOLDER / path
    if not found.exists():
        pytest.skip(f"{found} is not here (HUBWATCH_SHARED names the folder)")
    return found
