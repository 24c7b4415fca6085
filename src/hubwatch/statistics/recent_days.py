"""The last days' figures and completeness per hub, as a table for whoever looks after the collecting."""

from importlib.resources import files
from pathlib import Path

from hubwatch import store

NOT_SAID = "not said"


def day_figures(data: Path, days: int = 7) -> list[dict[str, str | int]]:
    """A row for each hub's last `days` observed days, newest first, from the published file; what a hub does not say is "not said"."""
    with store.open_published(data) as con:
        found = con.execute(files("hubwatch.statistics").joinpath("recent_days.sql").read_text("utf-8"), [days])
        names = [column[0] for column in found.description or []]
        rows = found.fetchall()
    return [_shown(dict(zip(names, row, strict=True))) for row in rows]


def _shown(row: dict[str, str | int | bool | None]) -> dict[str, str | int]:
    shown: dict[str, str | int] = {name: NOT_SAID if value is None else value for name, value in row.items()}
    return shown | {"complete": "yes" if row["complete"] else "no", "message": row["message"] or ""}
