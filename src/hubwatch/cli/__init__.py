"""The command line. Nothing is imported before it is needed: help and errors come at once."""

from collections.abc import Callable
from typing import NoReturn


def imported() -> Callable[[], NoReturn]:
    """The command line, imported now; calling what comes back runs it."""
    from hubwatch.cli.app import main

    return main
