"""hubwatch in Python: open the published file, ask for a figure, cite it, query it; or collect a day.

    import hubwatch

    with hubwatch.open("hubwatch-data") as db:
        share = db.stats("download-share", hub="huggingface", by="country")
        print(share.rows[0], share.citation.sentences[0])

Importing hubwatch is cheap: what is needed is imported when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubwatch.version import VERSION as __version__

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from hubwatch.errors import HubwatchError as HubwatchError
    from hubwatch.outcomes import RunResult
    from hubwatch.readers import Database
    from hubwatch.settings import Settings as Settings

__all__ = ["HubwatchError", "Settings", "__version__", "open", "run"]


def open(data: str | Path | None = None, as_of: str | int | date | None = None) -> Database:
    """The published database of a data folder (default: $HUBWATCH_DATA, else ./hubwatch-data), or a published file by its path.

    Where $HUBWATCH_WAREHOUSE names a lake, a folder stands for that: its last snapshot, or with `as_of` an earlier one (its
    number, or the last one of a day). Read-only. Close it, or use it in a `with` statement. Raises `HubwatchError` where there is none.

        db = hubwatch.open("hubwatch-data")
    """
    from hubwatch.readers import Database

    return Database(data, as_of)


def run(*hubs: str, data: str | Path | None = None, day: date | None = None, accept_shrink: bool = False, **sweep: Any) -> RunResult:
    """Collect these hubs (default: all), load, classify, link, measure and publish, as `hubwatch run` does; what each hub gave.

    `sweep` takes the options of the command: `kind` ("full", "head", "new", "owners"), `owners`, `limit`, `floor`, `since`, ...

        result = hubwatch.run("huggingface", data="hubwatch-data", kind="head", floor=10_000)
    """
    from pathlib import Path

    from hubwatch import pipeline
    from hubwatch.collect import asked_sweep
    from hubwatch.hubs import HUBS
    from hubwatch.settings import Settings

    settings = Settings.from_environment(Path(data) if data is not None else None)
    return pipeline.run(settings, [asked_sweep(hub, day=day, **sweep) for hub in hubs or HUBS], accept_shrink)


def __getattr__(name: str) -> Any:
    if name == "HubwatchError":
        from hubwatch.errors import HubwatchError

        return HubwatchError
    if name == "Settings":
        from hubwatch.settings import Settings

        return Settings
    raise AttributeError(f"module 'hubwatch' has no attribute {name!r}")
