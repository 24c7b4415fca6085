"""What Prefect deploys from, as a folder: the flows, which come with hubwatch, and the schedule of a plan."""

import shutil
from pathlib import Path

from hubwatch.collect.planning import Plan
from hubwatch.collect.timetable import prefect_file
from hubwatch.errors import UsageError


def write_deployment(plan: Plan, folder: Path) -> list[Path]:
    """Write prefect.yaml and flows/ into a new or empty folder; the files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; name a new folder")
    (folder / "flows").mkdir(parents=True)
    schedule = folder / "prefect.yaml"
    schedule.write_text(prefect_file(plan) + "\n", "utf-8")
    flows = sorted(_flows().glob("*.py"))
    return [schedule, *(Path(shutil.copyfile(path, folder / "flows" / path.name)) for path in flows)]


def _flows() -> Path:
    """The folder of the flows: in an installed package inside of it, in a checkout at its root."""
    packaged = Path(__file__).parents[1] / "deployment" / "flows"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "flows"
