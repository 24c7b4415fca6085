"""Where a version of an export can be put: a dataset on a hub, or a folder that is a git repository."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hubwatch.errors import HubFailure, UsageError
from hubwatch.hubs import HUBS
from hubwatch.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_DATASET = re.compile(r"(?P<scheme>\w+)://datasets/(?P<repo>[\w.-]+/[\w.-]+)/?")
Answer = TypeVar("Answer")


class Place(Protocol):
    """A place for versions, each in the stead of the one before, which stays in the place's history."""

    @property
    def name(self) -> str:
        """As it was named."""

    def require_token(self) -> None:
        """Raise `HubFailure` where a token is needed and there is none: known before anything is exported."""

    def held(self) -> list[str]:
        """The paths of the files that are there now."""

    def fetch(self, path: str, folder: Path) -> Path:
        """One of those files, on this machine."""

    def put(self, folder: Path, paths: list[str], stale: list[str], title: str, text: str) -> str:
        """Put these files of the folder there and take the stale ones away, as one commit; its address."""


def place(to: str, settings: Settings, private: bool = False) -> Place:
    """The place that an address or a path names; `UsageError` for what is neither a dataset nor in a git repository."""
    if "://" not in to:
        if private:
            raise UsageError("--private is for a dataset on a hub; leave it out for a folder")
        return _repository(Path(to).expanduser())
    schemes = {hub.archive_scheme: name for name, hub in HUBS.items() if hub.archive_scheme}
    match = _DATASET.fullmatch(to)
    if match is None or match["scheme"] not in schemes:
        known = " or ".join(f"{scheme}://datasets/OWNER/NAME" for scheme in schemes)
        raise UsageError(f"--to {to} is not a place for an export; write {known}, or name a folder that is a git repository")
    return HubDataset(to, match["repo"], settings, schemes[match["scheme"]], private)


class HubDataset:
    """A dataset repository, by the hub's own client, with the token of its store or variable."""

    def __init__(self, name: str, repo: str, settings: Settings, hub: str, private: bool) -> None:
        self.name, self._repo, self._private = name, repo, private
        self._settings, self._token_variable = settings.hubs[hub], HUBS[hub].token_variable
        self._head: str | None = None
        self._is_there = False

    @property
    def _api(self) -> "HfApi":
        from huggingface_hub import HfApi  # here, because it costs half a second

        return HfApi(endpoint=self._settings.endpoint, token=self._settings.usable_token() or False, user_agent="hubwatch")

    def require_token(self) -> None:
        if not self._settings.usable_token():
            raise HubFailure(f"{self.name}: there is no token to upload with; {self._log_in}")

    @property
    def _log_in(self) -> str:
        return f"log in with `hf auth login`, or set {self._token_variable} to a token that may write there"

    def held(self) -> list[str]:
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            found = self._asked(lambda: self._api.dataset_info(self._repo), RepositoryNotFoundError)
        except RepositoryNotFoundError:
            return []
        self._head, self._is_there = found.sha, True
        return sorted(one.rfilename for one in found.siblings or [])

    def fetch(self, path: str, folder: Path) -> Path:
        def ask() -> Any:
            return self._api.hf_hub_download(self._repo, path, repo_type="dataset", revision=self._head, cache_dir=folder)

        return Path(str(self._asked(ask)))

    def put(self, folder: Path, paths: list[str], stale: list[str], title: str, text: str) -> str:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete
        from huggingface_hub.utils.tqdm import disable_progress_bars

        api = self._api
        if not self._is_there:
            self._asked(lambda: api.create_repo(self._repo, repo_type="dataset", private=self._private or None, exist_ok=True))
        operations: list[Any] = [CommitOperationAdd(path, folder / path) for path in paths]
        operations += [CommitOperationDelete(path) for path in stale]
        if not sys.stderr.isatty():
            disable_progress_bars()
        made = self._asked(
            lambda: api.create_commit(
                self._repo, operations, repo_type="dataset", commit_message=title, commit_description=text, parent_commit=self._head
            )
        )
        return f"{self._settings.endpoint}/datasets/{self._repo}/tree/{made.oid}"

    def _asked(self, ask: Callable[[], Answer], *passed: type[Exception]) -> Answer:
        """What the hub's own client answers; its errors as ours, in one line, except those passed on."""
        import httpx2  # the client that huggingface_hub brings
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return ask()
        except passed:
            raise
        except HfHubHTTPError as error:
            raise HubFailure(f"{self.name}: {self._refused(error.response.status_code, error)}") from error
        except (httpx2.HTTPError, ValueError, OSError, RuntimeError) as error:
            first = " ".join(str(error.__cause__ or error).split())[:300]
            raise HubFailure(f"{self.name}: {first}; nothing was uploaded; run the command again") from error

    def _refused(self, status: int, error: Exception) -> str:
        if status in (401, 403):
            return f"the hub refuses ({status}): {self._log_in}"
        if status in (409, 412):
            return f"it changed meanwhile ({status}); run the command again"
        return f"the hub answers {status}: {' '.join(str(error).split())[:200]}; nothing was uploaded; run the command again"


@dataclass(frozen=True)
class Repository:
    """A folder in a git repository: a version is a commit there; nothing is pushed."""

    name: str
    folder: Path

    def require_token(self) -> None:
        """A commit needs none."""

    def held(self) -> list[str]:
        listed = _git(self.folder, "ls-files", "-z", "--cached", "--others", "--", ".")
        return sorted(path for path in listed.split("\0") if path and (self.folder / path).is_file())

    def fetch(self, path: str, folder: Path) -> Path:
        return self.folder / path

    def put(self, folder: Path, paths: list[str], stale: list[str], title: str, text: str) -> str:
        changed = _git(self.folder, "status", "--porcelain", "--", *_literally([*paths, *stale]))
        if changed:
            few = ", ".join(line[3:] for line in changed.splitlines()[:3])
            raise UsageError(f"{self.name} has uncommitted changes in {few}; commit them, or take them back, first")
        for path in paths:
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, self.folder / path)
        for path in stale:
            (self.folder / path).unlink()
        _git(self.folder, "add", "--force", "--all", "--", *_literally([*paths, *stale]))
        _git(self.folder, "commit", "--quiet", "--message", title, "--message", text, "--", *_literally([*paths, *stale]))
        return f"{self.name}, commit {_git(self.folder, 'rev-parse', '--short', 'HEAD').strip()}; `git push` sends it on"


def _repository(folder: Path) -> Repository:
    if not folder.is_dir():
        raise UsageError(f"--to {folder} is not a folder; name one that is a git repository, or write hf://datasets/OWNER/NAME")
    if shutil.which("git") is None:
        raise UsageError("git is not installed; it is needed to put a version into a repository")
    found = subprocess.run(["git", "-C", str(folder), "rev-parse", "--is-inside-work-tree"], capture_output=True, text=True, check=False)
    if found.stdout.strip() != "true":
        raise UsageError(f"--to {folder} is not a git repository; run `git init` in it, or write the files alone: hubwatch export {folder}")
    return Repository(str(folder), folder)


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise UsageError(f"git {words[0]} failed in {folder}: {said}")
    return done.stdout


def _literally(paths: Iterable[str]) -> list[str]:
    return [f":(literal){path}" for path in paths]
