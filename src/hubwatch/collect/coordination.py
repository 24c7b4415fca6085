"""What collectors on several machines agree on, in Postgres: who walks a sweep, and whose turn it is to ask a hub. Sole owner of psycopg.

A sweep is held by a session's advisory lock: it ends with its connection, as a file's lock with its process, and needs no clock. Each
take-over raises the sweep's epoch; whoever has a lower one stops. Turns are given out by the server's clock, one row a quota.
"""

import hashlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from hubwatch.errors import Busy, Outage, Overtaken, StorageFault, UsageError
from hubwatch.net import Announced, Client, Pacer, announced
from hubwatch.pages import SweepPages
from hubwatch.settings import Settings

if TYPE_CHECKING:
    import psycopg

# A machine that is cut off asks for nothing more, for every request needs a turn; its session ends here after about half a minute.
_SESSION = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "options": "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c statement_timeout=15000",
}
_POSTGRES = "postgres:"  # how DuckDB writes a catalog there
_POLL = 0.5  # seconds between looks at a lock that another one has
_RESTART = 10.0  # seconds that a restart of the server may take before a sweep fails to begin
_MAKING = 7_201_511_001  # the lock under which the schema is made
_IS_MADE = "select to_regprocedure('hubwatch.take_turn(text,float8,boolean,int,float8,int,int,bigint)')"
_EPOCH = "select epoch from hubwatch.sweeps where (hub, day, sweep) = (%s, %s, %s)"
_HOLDER = """select coalesce(max(holder || ' since ' || to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'), 'another machine')
  from hubwatch.sweeps where (hub, day, sweep) = (%s, %s, %s)"""
_TAKE = """insert into hubwatch.sweeps as held
  select %s, %s::date, %s, 1, %s, clock_timestamp() where pg_try_advisory_lock(%s)
  on conflict (hub, day, sweep) do update set epoch = held.epoch + 1, holder = excluded.holder, since = excluded.since
  returning epoch"""
_TURN = f"select pause, number, ({_EPOCH}) from hubwatch.take_turn(%s, %s, %s, %s, %s, %s, %s, %s)"
# Sessions of ours that the server still holds, though their connection is gone.
_END_OURS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()"


class Turn(NamedTuple):
    """Leave to send a request, in so many seconds; the number counts the turns of a quota."""

    pause: float
    number: int


class Said(NamedTuple):
    """What the answer to the request of a turn announced, at an instant of the monotonic clock."""

    window: Announced
    at: float
    turn: int


class Coordination:
    """One sweep's session. Hold it while the sweep is walked; `epoch` is what fences whoever had the sweep before."""

    def __init__(self, conninfo: str, pages: SweepPages) -> None:
        self._conninfo, self._key = conninfo, (pages.hub, pages.day, pages.sweep)
        self._name = f"hubwatch-{secrets.token_hex(6)}"
        self._lock = threading.RLock()
        self._con: psycopg.Connection[Any] | None = None
        self._is_over = False
        self.epoch = 0

    def take(self, wait: float) -> None:
        """Take the sweep, or after `wait` seconds raise `Busy` naming who has it; `StorageFault` where Postgres cannot be asked."""
        until = time.monotonic() + wait
        self._wait_for_server()
        values = [*self._key, f"process {os.getpid()} on {socket.gethostname()}", self._number()]
        while (epoch := self._ask(_TAKE, values)[0]) is None:
            if time.monotonic() >= until:
                raise Busy(f"{self._told()} is collected by {self._ask(_HOLDER, self._key)[0]}; wait for it or end it, then run again")
            time.sleep(_POLL)
        self.epoch = epoch

    def _wait_for_server(self) -> None:
        """Wait out a restart."""
        until = time.monotonic() + _RESTART
        while True:
            try:
                self._ask("select 1", [])
                return
            except StorageFault:
                if time.monotonic() >= until:
                    raise
                time.sleep(_POLL)

    def confirm(self) -> None:
        """Raise `Overtaken` where another machine has the sweep now, `StorageFault` where that cannot be known."""
        (epoch,) = self._ask(_EPOCH, self._key)
        self._compare(epoch)

    def turn(self, bucket: str, spacing: float, follows_window: bool, said: Said | None = None) -> Turn:
        """When a request may be sent, for who still has the sweep; `said` is what the hub's last answer told of its window."""
        window: tuple[Any, ...] = (None, None, None, None, None)
        if said is not None:
            told = said.window
            window = (told.left, told.resets - (time.monotonic() - said.at), told.quota, told.seconds, said.turn)
        pause, number, epoch = self._ask(_TURN, [*self._key, bucket, spacing, follows_window, *window])
        self._compare(epoch)
        return Turn(float(pause), number)

    def close(self) -> None:
        """Give the sweep back."""
        with self._lock:
            self._is_over = True
            if self._con is not None:
                self._con.close()

    def _compare(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            raise Overtaken(f"{self._told()}: another machine has gone on with this sweep; the next run here fetches what it has")

    def _ask(self, query: str, values: Any) -> tuple[Any, ...]:
        """The one row of an answer; asked once more where the connection broke, and the sweep is still this one's."""
        import psycopg

        with self._lock:
            if self._is_over:
                raise StorageFault(f"{self._told()} was given back")
            for is_last in (False, True):
                try:
                    if self._con is None or self._con.closed:
                        self._connect()
                    assert self._con is not None
                    row: tuple[Any, ...] | None = self._con.execute(query, values).fetchone()
                    return row if row is not None else (None,)
                except psycopg.OperationalError as error:
                    if self._con is not None:
                        self._con.close()
                    if is_last:
                        raise StorageFault(self._away(error)) from None
                except psycopg.Error as error:
                    raise StorageFault(self._away(error)) from None
        raise AssertionError("the last try returns or raises")

    def _connect(self) -> None:
        """Connect, and take the sweep again if it was held: unless another machine has it by now."""
        import psycopg

        if self._con is not None:
            self._con.close()
        given = psycopg.conninfo.conninfo_to_dict(self._conninfo)
        session: dict[str, Any] = {name: value for name, value in _SESSION.items() if name not in given}
        self._con = psycopg.connect(self._conninfo, autocommit=True, application_name=self._name, **session)
        if self._con.execute(_IS_MADE).fetchone() == (None,):
            _make(self._con)
        self._con.execute(_END_OURS, [self._name])
        if not self.epoch:
            return
        for _ in range(20):
            self._compare(self._epoch_now())
            if self._con.execute("select pg_try_advisory_lock(%s)", [self._number()]).fetchone() == (True,):
                self._compare(self._epoch_now())
                return
            time.sleep(0.1)
        raise psycopg.OperationalError("another session holds the sweep")

    def _epoch_now(self) -> int | None:
        assert self._con is not None
        row = self._con.execute(_EPOCH, self._key).fetchone()
        return None if row is None else row[0]

    def _number(self) -> int:
        """The sweep as Postgres names locks."""
        return int.from_bytes(hashlib.sha256(self._told().encode()).digest()[:8], "big", signed=True)

    def _told(self) -> str:
        return " ".join(map(str, self._key))

    def _away(self, error: Exception) -> str:
        import psycopg

        given = psycopg.conninfo.conninfo_to_dict(self._conninfo)
        host = given.get("host") or os.environ.get("PGHOST") or "this machine"
        said = " ".join(str(error).splitlines()[0].split())[:200] if str(error) else type(error).__name__
        cure = "check that it runs, HUBWATCH_WAREHOUSE, and the rights of its user"
        return f"Postgres on {host} cannot say who collects {self._told()} ({said}); {cure}"


class SharedPacer(Pacer):
    """Turns that every collector of a quota takes from one place."""

    def __init__(self, coordination: Coordination, bucket: str, interval: float, follows_window: bool) -> None:
        super().__init__(interval, follows_window)
        self._coordination, self._bucket = coordination, bucket
        self._said: Said | None = None
        self._own = threading.local()  # the number of the turn that this thread took last

    def next(self) -> float:
        with self._one_by_one:
            said, self._said, spacing = self._said, None, self._interval
        try:
            turn = self._coordination.turn(self._bucket, spacing, self._follows_window, said)
        except StorageFault as fault:
            raise Outage(str(fault)) from None
        self._own.turn = turn.number
        return turn.pause

    def done(self) -> None:
        """Nothing: who is under way is known from the turns."""

    def heard(self, headers: Mapping[str, str], before: int | None) -> int | None:
        left = super().heard(headers, before)
        if (said := announced(headers)) is not None:
            with self._one_by_one:
                self._said = Said(said, time.monotonic(), self._own.turn)
        return left


@contextmanager
def coordinated(settings: Settings, pages: SweepPages, wait: float = 0) -> Iterator[Coordination | None]:
    """Inside, this process alone of all machines has the sweep; None where they share no Postgres."""
    if settings.lake is None or not settings.lake.catalog.startswith(_POSTGRES):
        yield None
        return
    conninfo = settings.lake.catalog.removeprefix(_POSTGRES)
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise UsageError("HUBWATCH_WAREHOUSE in Postgres needs one more package: pip install 'psycopg[binary]'") from None
    coordination = Coordination(conninfo, pages)
    try:
        coordination.take(wait)
        yield coordination
    finally:
        coordination.close()


def take_turns(client: Client, coordination: Coordination) -> None:
    """Have a client ask in turns with all who ask this hub with the same token."""
    own = client.own
    token = own.usable_token() if client.has_token else None
    whose = hashlib.sha256(token.encode()).hexdigest()[:16] if token else "anonymous"
    interval = 0.0 if own.is_loopback else 1 / own.rate
    client.pacer = SharedPacer(coordination, f"{own.endpoint} {whose}", interval, follows_window=not own.rate_is_set)


def _make(con: "psycopg.Connection[Any]") -> None:
    """Make what is agreed on, unless another one just did."""
    with con.transaction():
        con.execute("select pg_advisory_xact_lock(%s)", [_MAKING])
        if con.execute(_IS_MADE).fetchone() == (None,):
            con.execute(files("hubwatch.collect").joinpath("coordination.pgsql").read_bytes())
