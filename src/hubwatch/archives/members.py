"""An archive of several files (zip, tar) -> those that hold a table, each to its checksum where the form has one."""

import fnmatch
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from hubwatch.errors import DayFailure, short

KINDS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".xlsx": "sheet",
    ".xlsm": "sheet",
    ".xlsb": "sheet",
    ".xls": "sheet",
    ".ods": "sheet",
}
READABLE = "Parquet, CSV, JSON, JSON Lines or Excel, also packed as .gz, .zst, .xz, .bz2, .zip or .tar"
PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd", ".xz": "xz", ".bz2": "bz2", ".tgz": "gzip", ".tbz2": "bz2", ".txz": "xz"}
PIECE = 2**20
_LEAST_ROOM, _MOST_TIMES, _MOST_LEVELS = 10**9, 200, 8  # bytes; of its size; of packed files in packed files
_NOTE = re.compile(r"(?i)(readme|licen[cs]e|notice|changelog|citation|about|copying)\b.*\.txt$")
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error)


@dataclass(frozen=True)
class Plain:
    """A file to read: how messages call it, where it is now, what it holds (parquet, csv, json, sheet)."""

    name: str
    path: Path
    kind: str


class Room:
    """What one published file may unpack to: a small one that holds gigabytes of nothing would fill the disk."""

    def __init__(self, name: str, size: int) -> None:
        self.name, self.most = name, max(_LEAST_ROOM, _MOST_TIMES * size)
        self.taken = 0

    def take(self, size: int, level: int = 0) -> None:
        """Count so many bytes, this deep in packed files; `DayFailure` where that is more than any archive of models needs."""
        self.taken += size
        if self.taken > self.most:
            raise DayFailure(f"{self.name}: it unpacks to over {self.most / 1e9:.0f} GB; if that is right, unpack it and name its files")
        if level > _MOST_LEVELS:
            raise DayFailure(f"{self.name}: it is packed in itself over {_MOST_LEVELS} times; unpack it and name its files")


def fresh(folder: Path, suffix: str) -> Path:
    """A new empty file in the folder."""
    path = folder / f"{sum(1 for _ in folder.iterdir()):06}{suffix}"
    path.touch(exist_ok=False)
    return path


def member_names(path: Path, members: str | None = None) -> list[str]:
    """The files in a zip or tar that can be read and match the pattern, in order of name; none for any other file, or a damaged one."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _able(archive.namelist(), members)
        with tarfile.open(path) as packed:
            return _able([one.name for one in packed if one.isfile()], members)
    except _DAMAGED:
        return []


def is_tar(start: bytes, name: str) -> bool:
    """Whether a file that begins so is a tar: older ones are known by their names alone."""
    return start[257:262] == b"ustar" or name.lower().endswith(".tar")


def untarred(file: Plain, folder: Path, pattern: str | None, room: Room) -> Iterator[Plain]:
    """The members of a tar that can be read. One that was cut between two members lacks its last block of zeros."""
    try:
        with tarfile.open(file.path) as archive:
            every = {one.name: one for one in archive if one.isfile()}
            assert archive.fileobj is not None
            archive.fileobj.seek(archive.offset)
            if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise EOFError("it is cut off")
            for member in _wanted(file, list(every), pattern):
                packed = archive.extractfile(every[member])
                assert packed is not None
                yield _copied(file, member, packed, folder, room)
    except _DAMAGED as error:
        raise DayFailure(f"{file.name} cannot be read: {error}; download it again") from error


def _copied(file: Plain, member: str, packed: IO[bytes], folder: Path, room: Room) -> Plain:
    target = fresh(folder, PurePosixPath(member).suffix)
    with packed, target.open("wb") as whole:
        while piece := packed.read(PIECE):
            room.take(len(piece))
            whole.write(piece)
    return Plain(f"{file.name}/{member}", target, "")


def _wanted(file: Plain, names: list[str], pattern: str | None) -> list[str]:
    """The members to read; none is a `DayFailure`."""
    if members := _able(names, pattern):
        return members
    said = f'matches members = "{pattern}" of the mapping' if pattern else f"is {READABLE}"
    raise DayFailure(f"{file.name}: no file in it {said}; it has {', '.join(map(short, names[:10])) or 'none'}")


def unzipped(file: Plain, folder: Path, pattern: str | None, room: Room) -> Iterator[Plain]:
    """The members of a zip that can be read; each is read to its checksum."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            if any(one in ("xl/workbook.xml", "[Content_Types].xml") for one in archive.namelist()):
                room.take(whole_size(file))
                yield replace(file, kind="sheet")
                return
            for member in _wanted(file, archive.namelist(), pattern):
                yield _copied(file, member, archive.open(member), folder, room)
    except _DAMAGED as error:
        raise DayFailure(f"{file.name} cannot be read: {error}; download it again") from error
    except (RuntimeError, NotImplementedError) as error:  # it has a password, or is packed in a way that Python does not know
        raise DayFailure(f"{file.name} cannot be read: {error}; unpack it and name its files") from error


def whole_size(file: Plain) -> int:
    """The bytes that the members of a zip (a workbook is one) say they unpack to; of a damaged one, none."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            return sum(one.file_size for one in archive.infolist())
    except _DAMAGED:
        return 0


def _able(names: list[str], pattern: str | None) -> list[str]:
    """The members to read: those that match, else all that hold a table, without the notes (README, LICENSE) that are put beside."""
    if pattern is not None:
        return sorted(one for one in names if not one.endswith("/") and fnmatch.fnmatch(one, pattern))
    tables = [one for one in names if _is_table(one)]
    found = sorted(one for one in tables if not _NOTE.match(PurePosixPath(one).name))
    plain = [one for one in names if not one.endswith("/") and not PurePosixPath(one).suffix]
    return found or (plain if len(names) == len(plain) == 1 else [])  # pandas takes the suffix off the only file


def _is_table(member: str) -> bool:
    path = PurePosixPath(member)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    stem = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return not hidden and not member.endswith("/") and stem.suffix.lower() in KINDS
