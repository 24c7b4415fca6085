"""What can go wrong, by name: at a hub, and with the files here. Each message says what was asked, what came, and the cure where there is one."""

import errno
import os
import re
import traceback
from pathlib import Path

CURES = {
    "warehouse.duckdb": "; in its folder run `rm -f warehouse.duckdb.wal && cp hubwatch.duckdb warehouse.duckdb` (or cp hubwatch.previous.duckdb,"
    " where that is damaged as well), then `hubwatch build` loads the saved pages that it lacks",
    "hubwatch.duckdb": "; `hubwatch publish` replaces it by a whole one",
}
DAMAGE = ("Corrupt database file", "Could not read enough bytes from file")  # what DuckDB says where it meets it, however far inside


class HubwatchError(Exception):
    """The root of every error that hubwatch raises on purpose: one line that says what, which one, and the cure."""


class UsageError(HubwatchError):
    """The operator asked for something that cannot be; the message says what and the cure."""

    exit_code = 2


class NoSuchName(UsageError):
    """No hub, statistic, policy, group, namespace or organization has this name; the message tells the nearest ones."""

    exit_code = 1


class HubFailure(HubwatchError):
    """A hub did not give what was asked; the day of this hub fails, other hubs go on. Knows what asking cost."""

    requests = 0
    retries = 0


class TransientFailure(HubFailure):
    """Asking again may help; `wait` is how many seconds the hub asked us to wait, None when it did not say."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unreachable(TransientFailure):
    """No connection, or it broke before the answer was whole."""


class TimedOut(TransientFailure):
    """The hub was silent, or slower than the request's deadline allows."""


class RateLimited(TransientFailure):
    """The hub answered 429: its window is empty, or a limit of its own beside the window."""


class ServerTrouble(TransientFailure):
    """The hub answered 5xx, or with an error inside a 200."""


class TooDeep(TransientFailure):
    """The hub shows no more of this listing: finer questions may, waiting and another token do not."""


class Outage(ServerTrouble):
    """The hub answered that it cannot answer now (408, 425, 502, 503, 504): it is away for a while, whatever is asked."""


class SoftError(ServerTrouble):
    """The hub answered 200 and says inside that it failed."""


class Blocked(TransientFailure):
    """A web page came instead of JSON: a wall, a maintenance page, a proxy's login."""


class BrokenPage(TransientFailure):
    """The answer is not whole JSON, or not of the shape this route gives."""


class LoopingPages(TransientFailure):
    """A page names itself or an earlier page as the next, or repeats one."""


class Refused(HubFailure):
    """The hub understood and declined (4xx); `status` and `body` say how."""

    def __init__(self, message: str, status: int, body: bytes = b"") -> None:
        super().__init__(message)
        self.status, self.body = status, body


class TooLarge(HubFailure):
    """The body is larger than a page may be."""


class ForeignLink(HubFailure):
    """The hub points at another host and there is nothing to go on from on its own."""


class ClientRenderedPage(HubFailure):
    """A page is an empty shell that a browser would fill; it says nothing about what the hub lists."""


class DayFailure(HubwatchError):
    """A day's pages were not loaded: drift, too many rejects, too few records. What was loaded before stands."""


class Busy(HubwatchError):
    """Another process holds the lock; the message says who."""


class Overtaken(Busy):
    """Another machine has gone on with the sweep that this one was at."""


class StorageFault(HubwatchError):
    """Object storage does not do what is asked: it is away, or refuses; the message names the object and the cure."""


class StoreFault(HubwatchError):
    """A database file cannot be used as it lies; the message says the cure."""


class PageDamage(HubwatchError):
    """A kept page cannot be read back; the message names the file."""


class FactError(HubwatchError, ValueError):
    """One line that names the file, the row and the cure of a fact that cannot be used."""


class StatisticsError(HubwatchError):
    """A statistic cannot be given; one line says which, why, and what to ask instead."""


class WrongQuestion(StatisticsError, UsageError):
    """What is asked does not exist: no such statistic, parameter or value, whatever the data."""


class NoSuchChoice(WrongQuestion, NoSuchName):
    """No statistic, and no value of a parameter, has this name."""


class HeadError(HubwatchError, ValueError):
    """The head comment of a .sql file is not what a definition needs; names file and key."""


class ClaimError(HubwatchError, ValueError):
    """A row of the claims file that cannot be used; names the row and the cure."""


class NoSuchListing(HubwatchError):
    """The listing asked about is not in `model_listings`."""


# Control characters, half surrogate pairs, and marks that reorder or hide text: harmless as their escapes only.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def plain(text: str) -> str:
    """Text of strangers as text: control characters and marks that change the direction of writing as their escapes."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", text)


def short(text: str, most: int = 60) -> str:
    """A stranger's text to quote in a line: plain, and no longer than that."""
    return plain(text[: most + 1]) if len(text) <= most else plain(text[:most]) + "..."


def counted(number: int, word: str, words: str | None = None) -> str:
    """A number of things: 1 model, 2 models, 1,000 models; `words` where the plural is not the word and an s."""
    return f"{number:,} {word if number == 1 else words or f'{word}s'}"


def told(error: BaseException) -> str:
    """An error and its notes in one line."""
    import duckdb  # here, because help and usage errors need no database

    lines = [str(error), *getattr(error, "__notes__", [])]
    if isinstance(error, duckdb.OutOfMemoryException):
        lines[0] = f"{lines[0].splitlines()[0]}; set HUBWATCH_MEMORY_LIMIT higher"  # in place of DuckDB's own settings
    if isinstance(error, duckdb.Error) and any(sign in lines[0] for sign in DAMAGE):
        named = {name: cure for name, cure in CURES.items() if f'{name}"' in lines[0]} or CURES
        lines += [f"damaged {name}{cure}" for name, cure in named.items()]
    if any(os.strerror(full) in line for line in lines for full in (errno.ENOSPC, errno.EDQUOT)):  # in DuckDB's words, too
        lines.append("make room there; the same command then goes on")
    return plain("; ".join(" ".join(line.split()) for line in lines if line))


def unexpected(error: BaseException) -> str:
    """An error that no code expects, in one line with the place it comes from: a fault of hubwatch to be reported."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {Path(frame.filename).name} line {frame.lineno}" for frame in place)
    return f"a fault of hubwatch{where}, please report it: {type(error).__name__}: {told(error)}"
