"""An archive that is published in a git repository -> a clone of it in the data folder."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from hubwatch.errors import HubFailure, UsageError, short

_PATIENCE = 3600  # seconds: some repositories are large, and a clone says nothing while it goes on


def cloned(address: str, data: Path) -> Path:
    """The folder of the repository as it is now; one cloned before is brought up to date. A broken clone is begun again."""
    if shutil.which("git") is None:
        raise UsageError(f"{address}: git is not installed; install it, or pass a copy of the repository with --from FOLDER")
    folder = data / "archives" / re.sub(r"\W+", "-", re.sub(r"^\w+://", "", address)).strip("-")
    if (folder / ".git").is_dir():
        _git(address, "-C", str(folder), "pull", "--quiet", "--ff-only")
        return folder
    begun = folder.with_name(f"{folder.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.parent.mkdir(parents=True, exist_ok=True)
    _git(address, "clone", "--quiet", "--depth", "1", "--", address, str(begun))
    begun.rename(folder)
    return folder


def _git(address: str, *arguments: str) -> None:
    """Run git without a question to anybody; what it calls fatal is the error."""
    try:
        subprocess.run(
            ["git", *arguments],
            check=True,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["git failed"]
        said = next((line for line in lines if line.startswith("fatal:")), lines[-1]).removeprefix("fatal: ")
        raise HubFailure(f"{address}: {short(said, 200)}; re-run the command, or pass a clone with --from FOLDER") from None
    except subprocess.TimeoutExpired:
        raise HubFailure(f"{address}: git took more than {_PATIENCE} seconds; clone it yourself and pass it with --from FOLDER") from None
