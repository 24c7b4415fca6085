"""The published database of tests/published, for commands that read."""

from tests.published.conftest import published as published
