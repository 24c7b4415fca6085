"""What every flow shares: settings, the run's lease, and an end to runs that nobody runs any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Crashed

from hubwatch import pipeline, store
from hubwatch.errors import told
from hubwatch.settings import Settings

LOCK_WAIT = 3600.0  # a scheduled run waits for the one before it rather than fail
LONGEST_START = timedelta(minutes=15)  # from a worker's taking a run up to its first line
TAG = "hubwatch"


class RunFailed(Exception):
    """A run did not do all it should; the message says in one line what is missing."""


@contextmanager
def run_of(data: Path | None) -> Iterator[Settings]:
    """Settings for a run that holds its lease meanwhile; first, runs left behind by killed processes are ended."""
    if data is not None and not data.is_absolute():  # a worker runs in a folder of its own
        raise RunFailed(f"data={data} is relative, and a worker runs elsewhere; name the whole path, or set HUBWATCH_DATA")
    settings = Settings.from_environment(data)
    if not settings.lock_wait:
        settings = settings.model_copy(update={"lock_wait": LOCK_WAIT})
    with store.held(settings.data, str(flow_run.get_id())):
        end_abandoned_runs(settings.data)
        try:
            yield settings
        except pipeline.FAILURES as error:
            raise RunFailed(told(error)) from error


def end_abandoned_runs(data: Path) -> None:
    """Mark runs as crashed whose process is gone: those whose lease nobody holds, and those that never began."""
    with get_client(sync_client=True) as client:
        for run_id in store.abandoned(data):
            try:
                run = client.read_flow_run(UUID(run_id))
            except ObjectNotFound:  # a run of another server: its own runs settle it
                continue
            if run.state is not None and not run.state.is_final():
                _crash(client, run, "its process was killed")
            store.settle(data, run_id)
        for run in client.read_flow_runs(flow_run_filter=_PENDING):
            if run.state is not None and datetime.now(UTC) - run.state.timestamp > LONGEST_START:
                _crash(client, run, "its process never began")


_PENDING = FlowRunFilter(
    tags=FlowRunFilterTags(all_=[TAG]),
    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING])),
)


def _crash(client: SyncPrefectClient, run: FlowRun, why: str) -> None:
    get_run_logger().warning("run %s is left behind: %s; marked as crashed", run.name, why)
    client.set_flow_run_state(run.id, Crashed(message=f"{why}; a later run found it"), force=True)


def settle(reason: str) -> None:
    """Fail the run visibly when there is a reason to."""
    if reason:
        raise RunFailed(reason)
