"""Files of the site: written whole, only where their content changed, and taken away when no page has them any more."""

import hashlib
import json
import os
from pathlib import Path

MANIFEST = ".manifest.json"
_MADE_FROM = ".made-from"


class SiteFolder:
    """A folder that one build fills. `close` removes what an earlier build wrote and this one did not; other files stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: list[str] = []
        self._now: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._before = self._read_manifest()

    def write(self, name: str, content: str | bytes) -> None:
        """Put a file in place in one step, unless it is already so."""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        digest = hashlib.sha256(data).hexdigest()[:16]
        self._now[name] = digest
        path = self.folder / name
        if self._before.get(name, "").partition("<")[0] == digest and path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._replace(name, data)
        self.changed.append(name)

    def stands(self, made_from: str) -> bool:
        """Whether a build from the same was finished here and each of its files is still there."""
        path = self.folder / _MADE_FROM
        if not self._before or not path.exists() or path.read_bytes() != made_from.encode():
            return False
        return all((self.folder / name).exists() for name in self._before)

    def begin(self) -> None:
        """From here on the folder may hold pages of two builds, until `close`."""
        (self.folder / _MADE_FROM).unlink(missing_ok=True)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def digest(self, name: str) -> str:
        """Of a file written or kept by this build."""
        return self._now[name].partition("<")[0]

    def keep(self, name: str, made_from: str) -> bool:
        """Whether an earlier build made this file from the same; if so it stays. Else write it and call `made`."""
        if self._before.get(name, "").endswith(f"<{made_from}") and (self.folder / name).exists():
            self._now[name] = self._before[name]
            return True
        return False

    def made(self, name: str, made_from: str) -> None:
        """Remember what a file was made from, so that `keep` knows it the next time."""
        self._now[name] = f"{self._now.get(name, '').partition('<')[0]}<{made_from}"

    def close(self, made_from: str | None = None) -> None:
        """Take away what this build did not write; `made_from` is what `stands` is to know it by."""
        for name in self._before.keys() - self._now.keys():
            (self.folder / name).unlink(missing_ok=True)
        self._remove_empty_folders()
        self._replace(MANIFEST, json.dumps(self._now, sort_keys=True, indent=0).encode())
        if made_from is not None:
            self._replace(_MADE_FROM, made_from.encode())

    def _replace(self, name: str, data: bytes) -> None:
        """Put a file in place in one step."""
        path = self.folder / name
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)

    def _remove_empty_folders(self) -> None:
        for name in {str(Path(name).parent) for name in self._before} - {"."}:
            folder = self.folder / name
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _read_manifest(self) -> dict[str, str]:
        """What the last build wrote. One that cannot be read is none: everything is then written again."""
        path = self.folder / MANIFEST
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        names = found.items() if isinstance(found, dict) else ()
        return {name: digest for name, digest in names if isinstance(digest, str) and _inside(name)}


def _inside(name: str) -> bool:
    """Whether a name from the manifest stays inside the folder."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts
