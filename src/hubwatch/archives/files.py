"""A published snapshot's files: where they are, here or in a dataset repository (`hf://datasets/OWNER/NAME[@REV]/path`)."""

import fnmatch
import glob
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hubwatch.archives.clones import cloned
from hubwatch.archives.copies import Commit, days_of_copies
from hubwatch.archives.mapping import Mapping
from hubwatch.errors import HubFailure, UsageError
from hubwatch.hubs import HUBS
from hubwatch.net import http_address
from hubwatch.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

Answer = TypeVar("Answer")
_DATASET = re.compile(r"^hf://datasets/(?P<repo>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+(?:/pr/\d+)?))?/(?P<path>.+)$")


@dataclass(frozen=True)
class ArchiveFile:
    """A file of the snapshot: its name as given, how to have it on this machine, and the day it was committed where known."""

    name: str
    fetch: Callable[[], Path]
    committed_on: date | None = None
    member: str | None = None  # of a zip, where it alone is meant
    content: str | None = None  # its hash as the hub states it
    forget: Callable[[], None] = lambda: None  # removes what was downloaded of it


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


def _from_dataset(source: str, settings: Settings, endpoint: str | None = None) -> list[ArchiveFile]:
    """Files of a dataset repository at a revision, downloaded into the data folder when they are needed; a broken download resumes.

    From another `endpoint` than the hub's own nothing is asked with the hub's token.
    """
    from huggingface_hub import try_to_load_from_cache  # here, because it costs half a second
    from huggingface_hub.hf_api import RepoFile

    match = _DATASET.match(source)
    if match is None:
        raise UsageError(f"{source}: write it as hf://datasets/OWNER/NAME[@REVISION]/path/of/file.parquet")
    repo, revision, path = match["repo"], match["revision"] or "main", match["path"]
    api = _api(settings, source, endpoint)
    asked = f"{source} at {endpoint}" if endpoint else source
    names = [path]
    if glob.has_magic(path):
        listed = _asked(asked, lambda: api.list_repo_files(repo, repo_type="dataset", revision=revision))
        names = sorted(name for name in listed if fnmatch.fnmatch(name, path))
    infos = _asked(asked, lambda: api.get_paths_info(repo, names, repo_type="dataset", revision=revision, expand=True)) if names else []
    sums = {info.path: (info.size, info.lfs.sha256 if info.lfs else None) for info in infos if isinstance(info, RepoFile)}
    committed = {info.path: commit.date.astimezone(UTC).date() for info in infos if (commit := getattr(info, "last_commit", None))}
    missing = [name for name in names if name not in {info.path for info in infos}]
    if not names:
        raise UsageError(f"{source}: no file of {repo} at {revision} has such a name")
    if missing:
        raise UsageError(f"{source}: {', '.join(missing)} is not in {repo} at {revision}")

    cache = settings.data / "archives"

    def fetch(name: str) -> Path:
        path = Path(str(_asked(asked, lambda: api.hf_hub_download(repo, name, repo_type="dataset", revision=revision, cache_dir=cache))))
        _check(path, name, *sums.get(name, (None, None)))
        return path

    def forget(name: str) -> None:
        path = try_to_load_from_cache(repo, name, cache_dir=cache, revision=revision, repo_type="dataset")
        if isinstance(path, str):
            _remove(Path(path))

    contents = {info.path: _content(info) for info in infos if isinstance(info, RepoFile)}
    return [ArchiveFile(name, partial(fetch, name), committed.get(name), None, contents.get(name), partial(forget, name)) for name in names]


def _content(info: "RepoFile") -> str:
    return info.lfs.sha256 if info.lfs else info.blob_id


def dated_as_copied(found: list[ArchiveFile], mapping: Mapping, settings: Settings, endpoint: str | None = None) -> list[ArchiveFile]:
    """The files with the day of the commit that each is a copy of, where the mapping says of what; without a day where no commit has its content."""
    match = _DATASET.match(mapping.day.copied_from or "")
    if match is None:
        return found
    from huggingface_hub.hf_api import RepoFile

    source, path = str(mapping.day.copied_from), match["path"]
    api = _api(settings, source, endpoint)
    listed = _asked(source, lambda: api.list_repo_commits(match["repo"], repo_type="dataset"))
    own = [one for one in listed if path in one.title] or listed  # its publisher names the file that a commit changes
    commits = [Commit(one.commit_id, one.created_at.astimezone(UTC).date()) for one in own]

    def content_at(commit: str) -> str | None:
        infos = _asked(source, lambda: api.get_paths_info(match["repo"], [path], repo_type="dataset", revision=commit))
        return next((_content(info) for info in infos if isinstance(info, RepoFile)), None)

    days = days_of_copies([(file.name, file.content) for file in found], commits, content_at)
    return [replace(file, committed_on=days.get(file.name)) for file in found]


def _api(settings: Settings, source: str, endpoint: str | None) -> "HfApi":
    """The hub's own library; another `endpoint` than the hub's own is asked without the hub's token."""
    from huggingface_hub import HfApi  # here, because it costs half a second

    hub = next(settings.hubs[name] for name, hub in HUBS.items() if hub.archive_scheme == source.partition("://")[0])
    return HfApi(endpoint=endpoint or hub.endpoint, token=(None if endpoint else hub.usable_token()) or False, user_agent="hubwatch")


def _check(path: Path, name: str, size: int | None, sha256: str | None) -> None:
    """`HubFailure` where the file is not what the hub says it is; it is removed, so that it is downloaded again."""
    checked = path.with_name(f"{path.name}.{sha256}") if sha256 else None
    if size is not None and path.stat().st_size == size and (checked is None or checked.exists()):
        return
    if sha256 is not None:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    if (size is not None and path.stat().st_size != size) or (sha256 is not None and found != sha256):
        _remove(path)
        raise HubFailure(
            f"{name}: what was downloaded has another size or SHA-256 than the hub says; run the command again to download it anew"
        )
    if checked is not None:
        checked.touch()


def _remove(path: Path) -> None:
    """Remove a downloaded file, which may be a link to where its content lies, and the note that it was checked."""
    notes = path.parent.glob(f"{glob.escape(path.name)}.{'[0-9a-f]' * 64}")
    for one in (path.resolve(), path, *notes):
        one.unlink(missing_ok=True)


def published_files(mapping: Mapping, copy: str | None, settings: Settings, is_dated: bool = False) -> list[ArchiveFile]:
    """The files of a ready mapping's archive: as published, from a mirror (URL), or from a copy on disk (folder).

    `is_dated` says that the day of files that do not state it is known.
    """
    where = mapping.publication
    if where is None:
        raise UsageError(
            f"mapping {mapping.name} knows no address; name its file, as hubwatch backfill archive FILE --mapping {mapping.name}"
        )
    is_folder = copy is not None and not is_mirror(copy)
    if (mapping.day.given and not is_dated) or (mapping.day.copied_from and is_folder and not is_dated):
        raise UsageError(
            f"the files of {mapping.name} do not say which day they are of; name one with its day, as hubwatch backfill archive "
            f"{where.address.replace('*', 'FOLDER')} --mapping {mapping.name} --day YYYY-MM-DD"
        )
    if (copy is None or is_mirror(copy)) and not where.is_on_hub:
        copy = str(cloned(copy or where.address, settings.data))
    if copy is None or is_mirror(copy):
        return dated_as_copied(_from_dataset(where.address, settings, copy and _mirror(copy)), mapping, settings, copy and _mirror(copy))
    folder = Path(copy).expanduser()
    if not folder.is_dir():
        raise UsageError(f"--from {copy}: is neither a folder nor a URL")
    patterns = [glob.escape(str(folder)) + f"/{pattern}" for pattern in (where.files, Path(where.files).name)]
    for pattern in patterns:
        if found := sorted(path for path in glob.glob(pattern) if Path(path).is_file()):
            return [ArchiveFile(path, partial(Path, path)) for path in found]
    raise UsageError(f"--from {copy}: holds no {where.files}, of which this archive consists")


def is_mirror(copy: str | None) -> bool:
    """Whether a copy is a mirror of the hub, from which files are downloaded, not a folder."""
    return copy is not None and copy.startswith(("http://", "https://"))


def _mirror(copy: str) -> str:
    try:
        return http_address(copy)
    except ValueError as error:
        raise UsageError(f"--from {copy}: {error}; correct it") from None


def _asked(source: str, ask: Callable[[], Answer]) -> Answer:
    """What the hub's own library answers; its errors as ours, in one line."""
    import httpx2  # the client that huggingface_hub brings

    try:
        return ask()
    except (httpx2.HTTPError, ValueError, OSError) as error:
        first = " ".join(str(error).split())[:300]
        raise HubFailure(f"{source}: {first}; what was fetched is kept; re-run the command to resume") from error
