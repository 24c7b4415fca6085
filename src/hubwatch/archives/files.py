"""A published snapshot's files: where they are, here or in a dataset repository (`hf://datasets/OWNER/NAME[@REV]/path`)."""

import fnmatch
import glob
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from pathlib import Path
from typing import TypeVar

from hubwatch.errors import HubFailure, UsageError
from hubwatch.hubs import HUBS
from hubwatch.settings import Settings

Answer = TypeVar("Answer")
_DATASET = re.compile(r"^hf://datasets/(?P<repo>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+(?:/pr/\d+)?))?/(?P<path>.+)$")


@dataclass(frozen=True)
class ArchiveFile:
    """A file of the snapshot: its name as given, how to have it on this machine, and the day it was committed where known."""

    name: str
    fetch: Callable[[], Path]
    committed_on: date | None = None


def archive_files(source: str, settings: Settings) -> list[ArchiveFile]:
    """The files of a path, a glob, or an hf:// address, in order of name; none is a `UsageError`."""
    if source.startswith("hf://"):
        return _from_dataset(source, settings)
    if "://" in source:
        raise UsageError(f"{source}: only files of this machine and hf://datasets/... are read; download it and name the file")
    pattern = str(Path(source).expanduser())
    paths = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))
    if Path(pattern).is_dir():
        raise UsageError(f"{source} is a folder; name its files, as '{source.rstrip('/')}/*.parquet'")
    found = [ArchiveFile(path, partial(Path, path)) for path in paths if Path(path).is_file()]
    if not found:
        raise UsageError(f"{source}: there is no such file")
    return found


def _from_dataset(source: str, settings: Settings) -> list[ArchiveFile]:
    """Files of a dataset repository at a revision, fetched into the data folder when they are needed; a broken fetch resumes."""
    from huggingface_hub import HfApi  # here, because it costs half a second

    match = _DATASET.match(source)
    if match is None:
        raise UsageError(f"{source}: write it as hf://datasets/OWNER/NAME[@REVISION]/path/of/file.parquet")
    repo, revision, path = match["repo"], match["revision"] or "main", match["path"]
    hub = next(settings.hubs[name] for name, hub in HUBS.items() if hub.archive_scheme == source.partition("://")[0])
    api = HfApi(endpoint=hub.endpoint, token=hub.usable_token() or False, user_agent="hubwatch")
    names = [path]
    if glob.has_magic(path):
        listed = _asked(source, lambda: api.list_repo_files(repo, repo_type="dataset", revision=revision))
        names = sorted(name for name in listed if fnmatch.fnmatch(name, path))
    infos = _asked(source, lambda: api.get_paths_info(repo, names, repo_type="dataset", revision=revision, expand=True)) if names else []
    committed = {info.path: commit.date.astimezone(UTC).date() for info in infos if (commit := getattr(info, "last_commit", None))}
    missing = [name for name in names if name not in {info.path for info in infos}]
    if not names:
        raise UsageError(f"{source}: no file of {repo} at {revision} has such a name")
    if missing:
        raise UsageError(f"{source}: {', '.join(missing)} is not in {repo} at {revision}")

    def fetch(name: str) -> Path:
        cache = settings.data / "archives"
        return Path(str(_asked(source, lambda: api.hf_hub_download(repo, name, repo_type="dataset", revision=revision, cache_dir=cache))))

    return [ArchiveFile(name, partial(fetch, name), committed.get(name)) for name in names]


def _asked(source: str, ask: Callable[[], Answer]) -> Answer:
    """What the hub's own library answers; its errors as ours, in one line."""
    import httpx2  # the client that huggingface_hub brings

    try:
        return ask()
    except (httpx2.HTTPError, ValueError, OSError) as error:
        first = " ".join(str(error).split())[:300]
        raise HubFailure(f"{source}: {first}; what is fetched stays, run again to go on") from error
