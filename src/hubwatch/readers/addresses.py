"""Where published files were put, by their SHA-256: noted beside the published file, so that citations say it."""

import json
from pathlib import Path

FILE = "published.json"
_MOST = 50


def remember(published: Path, sha256: str, address: str) -> None:
    """Note that the published file was put at this address."""
    known = addresses(published)
    known.pop(sha256, None)
    kept = dict([*known.items(), (sha256, address)][-_MOST:])
    (published.parent / FILE).write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def addresses(published: Path) -> dict[str, str]:
    """The addresses of the published files of this folder; none where none was noted, or the note cannot be read."""
    try:
        known = json.loads((published.parent / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in known.items()} if isinstance(known, dict) else {}
