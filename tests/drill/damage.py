"""Damage to what is on disk: bits, ends and whole files."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.drill.world import SECOND


def harm(data: Path, hub: str, kind: str, at: float) -> None:
    """Do the damage of this kind, at this share of the file; nothing where the file is not there."""
    what, _, how = kind.partition("-")
    dice = random.Random(f"{kind} {at}")
    if kind == "strays":
        for name in (".hubwatch.duckdb.1.tmp", "hubwatch.duckdb.tmp", "warehouse.duckdb.part", "pages/.part", "locks/warehouse.holder"):
            (data / name).parent.mkdir(exist_ok=True)
            (data / name).write_bytes(dice.randbytes(100))
        return
    for path in _files(data, hub, what):
        _HOW[how](path, at, dice)


def _files(data: Path, hub: str, what: str) -> list[Path]:
    if what in ("page", "state"):
        folder = data / "pages" / hub / SECOND.isoformat() / "full"
        return sorted(folder.glob("sweep.json" if what == "state" else "*.json.zst"))[-1:]
    names = {"warehouse": "warehouse.duckdb", "published": "hubwatch.duckdb", "runs": "runs.jsonl"}
    return [path for path in [data / names[what]] if path.exists()]


def _tear(path: Path, at: float, dice: random.Random) -> None:
    """Cut the file off, as a machine without power does."""
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * at)])


def _flip(path: Path, at: float, dice: random.Random) -> None:
    """One bit other than it was written, in a byte that holds something."""
    body = bytearray(path.read_bytes())
    if used := [place for place in (int(len(body) * at), *(dice.randrange(len(body)) for _ in range(400))) if body and body[place]]:
        body[used[0]] ^= 1 << dice.randrange(8)
        path.write_bytes(body)


def _remove(path: Path, at: float, dice: random.Random) -> None:
    path.unlink()


_HOW: dict[str, Callable[[Path, float, random.Random], None]] = {"torn": _tear, "flipped": _flip, "gone": _remove}
