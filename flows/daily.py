"""The whole way as one flow: `python flows/daily.py` runs it here and now, without a server of yours or a deployment."""

import atexit
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")  # before Prefect reads its settings: nothing is reported
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")  # its first start, on a busy machine, takes long

from prefect import flow
from pydantic import Field
from runs import run_of, settle

from collect import HubName, SweepName, build_kept, collect_sweep, show_days
from hubwatch.collect import asked_sweep
from hubwatch.hubs import HUBS
from hubwatch.outcomes import BuildResult


@flow(name="daily", flow_run_name="daily", validate_parameters=True)
def daily(
    hubs: list[HubName] | None = None,
    sweep: SweepName = "full",
    day: date | None = None,
    data: Path | None = None,
    limit: Annotated[int, Field(ge=1)] | None = None,
) -> BuildResult:
    """Collect these hubs (none: all) side by side, load, judge, publish; one hub's failure is said when the others are published."""
    with run_of(data) as settings:
        asked = [asked_sweep(hub, sweep, day, limit=limit) for hub in hubs or HUBS]
        collecting = [collect_sweep.submit(settings, each) for each in asked]
        for future in collecting:
            future.wait()
        result = build_kept(settings)
        show_days(settings)
        failed = [f"{each.hub}: {future.state.message}" for each, future in zip(asked, collecting, strict=True) if future.state.is_failed()]
        settle("; ".join([*failed, result.shortfall] if result.shortfall else failed))
    return result


def _leave(code: list[int]) -> None:
    """End at once: in an orderly exit DuckDB prints 40 lines about objects that Prefect's threads still hold."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code[0])


if __name__ == "__main__":
    code = [1]
    atexit.register(_leave, code)  # runs last: what Prefect registers when the flow runs comes before it, and stops its server
    try:
        ended = daily(return_state=True)
    except Exception as error:  # noqa: BLE001  Prefect's own: no server where PREFECT_API_URL says, or none that starts
        server = os.environ.get("PREFECT_API_URL")
        where = f"the Prefect server at {server} does not answer" if server else "Prefect could not start its server"
        fix = "start it, or unset PREFECT_API_URL to run without" if server else "see `prefect server start`"
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        sys.exit(f"hubwatch: {where} ({said}); {fix}; `hubwatch run` collects without Prefect")
    code[0] = 0 if ended.is_completed() else 1
    sys.exit(None if ended.is_completed() else f"hubwatch: {ended.message}")
