"""The stages as they run, for whoever shows them: nothing is imported and nothing is shown unless somebody asks for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

Show = Callable[[str], AbstractContextManager[None]]
_show: ContextVar[Show | None] = ContextVar("show", default=None)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """While inside, every stage of this thread runs within `show(its name)`."""
    before = _show.set(show)
    try:
        yield
    finally:
        _show.reset(before)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Run a stage, shown by whoever asked for it."""
    show = _show.get()
    if show is None:
        yield
    else:
        with show(name):
            yield
