"""Ctrl-C in the middle of a query: the query ends, and so does what asked it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn
from weakref import WeakSet

import duckdb

_open: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()


def interruptible(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, whose query `interrupts` ends."""
    _open.add(con)
    return con


@contextlib.contextmanager
def interrupts() -> Iterator[None]:
    """Ctrl-C (or SIGTERM, where it is taken for it) as `KeyboardInterrupt`, also in the middle of a query, where DuckDB makes an error of
    its own of it, and goes on until the threads that work on the query are through with it, unless they are told."""
    heard = []
    if threading.current_thread() is threading.main_thread():
        heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is signal.default_int_handler]
    for number in heard:
        signal.signal(number, _stop)
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error
    finally:
        for number in heard:
            signal.signal(number, signal.default_int_handler)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for con in list(_open):
        with contextlib.suppress(duckdb.Error):  # it is closed
            con.interrupt()
    raise KeyboardInterrupt
