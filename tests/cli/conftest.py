"""The published database of tests/readers, for commands that read."""

from tests.readers.conftest import published as published
