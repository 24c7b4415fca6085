"""A file as it was published -> files to read: unpacked and read to its checksum, text as UTF-8 with plain line ends."""

import bz2
import codecs
import gzip
import lzma
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

import zstandard

from hubwatch.archives.forms import refuse_other_form
from hubwatch.archives.members import KINDS, PACKED, PIECE, READABLE, Plain, Room, fresh, is_tar, untarred, unzipped, whole_size
from hubwatch.errors import DayFailure

_TEXT = {"", ".dat", ".data", ".out", ".lst", ".list", ".asc", ".log", ".psv", ".ssv"}  # names that say nothing of what a text holds
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, zlib.error, zstandard.ZstdError, lzma.LZMAError)
_ZSTD_PIECE = 2**12  # what one gives is had at once, and may be 32,000 times as much
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def plain_files(name: str, path: Path, folder: Path, encoding: str | None, members: str | None = None) -> Iterator[Plain]:
    """The files in a published file, each ready to read; what is made of it goes to `folder`. Damage is a `DayFailure`.

    `members` is a pattern of the files to read in a zip or tar; without it they are all that can be read.
    """
    room = Room(printable(name), path.stat().st_size)
    for packed in _unpacked(Plain(printable(name), path, ""), folder, room, members):
        kind = _kind(packed)
        found = replace(packed, kind=kind)
        yield (
            replace(found, path=_as_utf8(found, folder, encoding))
            if kind in ("csv", "json")
            else replace(found, path=_named(found, folder))
        )


def printable(name: str) -> str:
    """A file's name as text: bytes of it that are not UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def _unpacked(file: Plain, folder: Path, room: Room, members: str | None = None, level: int = 0) -> Iterator[Plain]:
    """The file itself, or what it holds packed. A zip of packed files is unpacked through."""
    room.take(0, level)
    with file.path.open("rb") as stream:
        start = stream.read(512)
    suffix = PurePosixPath(file.name).suffix.lower()
    if not start:
        raise DayFailure(f"{file.name}: the file is empty; download it again")
    if start.startswith(b"PK\x03\x04") and KINDS.get(suffix) == "sheet":
        room.take(whole_size(file))
    elif start.startswith(b"PK\x03\x04"):
        for member in unzipped(file, folder, members, room):
            yield from [member] if member.kind else _unpacked(member, folder, room, level=level + 1)
        return
    if is_tar(start, file.name):
        for member in untarred(file, folder, members, room):
            yield from _unpacked(member, folder, room, level=level + 1)
        return
    opened = _UNPACKERS.get(_packing(start, suffix))
    if opened is None:
        yield file
        return
    inner = file.name.removesuffix(PurePosixPath(file.name).suffix) if suffix in PACKED else file.name
    inner += ".tar" if suffix in (".tgz", ".tbz2", ".txz") else ""
    target = fresh(folder, PurePosixPath(inner).suffix)
    try:
        with file.path.open("rb") as packed, target.open("wb") as whole:
            for piece in opened(packed):
                room.take(len(piece))
                whole.write(piece)
    except _DAMAGED as error:
        raise DayFailure(f"{file.name} cannot be read: {error or 'it is cut off'}; download it again") from error
    yield from _unpacked(Plain(inner, target, ""), folder, room, members, level + 1)


_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ\x00": "xz", b"BZh": "bz2"}


def _packing(start: bytes, suffix: str) -> str:
    """How a file is packed: by how it begins, else by its name (then unpacking it fails, and says so)."""
    return next((packing for magic, packing in _MAGIC.items() if start.startswith(magic)), PACKED.get(suffix, ""))


def _pieces(opened: IO[bytes]) -> Iterator[bytes]:
    while piece := opened.read(PIECE):
        yield piece


def _zstd(packed: IO[bytes]) -> Iterator[bytes]:
    """The content of every frame; a frame that does not end is an error. (The streaming readers take a cut frame for an end.)"""
    frame, begun = zstandard.ZstdDecompressor().decompressobj(), False
    while piece := packed.read(_ZSTD_PIECE):
        while piece:
            yield frame.decompress(piece)
            begun = not frame.eof
            piece = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if begun:
        raise EOFError("its last zstd frame is cut off")


def _checked(opener: Callable[[IO[bytes]], AbstractContextManager[IO[bytes]]]) -> Callable[[IO[bytes]], Iterator[bytes]]:
    """Unpacking by one of Python's own readers, which check a file's end and sum themselves."""

    def pieces(packed: IO[bytes]) -> Iterator[bytes]:
        with opener(packed) as opened:
            yield from _pieces(opened)

    return pieces


_UNPACKERS: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    "gzip": _checked(lambda packed: gzip.GzipFile(fileobj=packed)),  # type: ignore[arg-type,return-value]
    "bz2": _checked(bz2.BZ2File),
    "xz": _checked(lzma.LZMAFile),
    "zstd": _zstd,
}


def _kind(file: Plain) -> str:
    """What the file holds, by how it begins where that is certain, else by its name."""
    if file.kind:
        return file.kind
    with file.path.open("rb") as stream:
        start = stream.read(512)
    if not start:
        raise DayFailure(f"{file.name}: the file is empty; download it again")
    if start.startswith(b"PAR1"):
        return "parquet"
    begins = start.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if begins.startswith(b"version https://git-lfs"):
        raise DayFailure(f"{file.name}: is a pointer of Git LFS, not the file; get it with `git lfs pull`")
    if begins.startswith((b"<!doctype", b"<html", b"<?xml", b"%pdf")):
        raise DayFailure(f"{file.name}: is a page or document, not {READABLE}; download the file itself")
    suffix = PurePosixPath(file.name).suffix.lower()
    kind = KINDS.get(suffix)
    if kind == "sheet" and start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return kind
    refuse_other_form(file.name, start)
    if kind is None and (suffix not in _TEXT or _is_binary(start)):
        raise DayFailure(f"{file.name}: not {READABLE}; save it as one of these")
    if kind == "sheet" and _is_binary(start):
        raise DayFailure(f"{file.name} cannot be read: it is not a workbook; download it again")
    if re.match(rb"\{\s*[\"}]|\[\s*[\[{\"\]]", begins):
        return "json"
    return "csv" if kind in ("sheet", None) or (kind == "json" and re.match(rb"[a-z_]+ *[,;\t|]", begins)) else kind


def _is_binary(start: bytes) -> bool:
    return b"\x00" in start and not start.startswith(tuple(mark for mark, _ in _BOMS))


def _as_utf8(file: Plain, folder: Path, encoding: str | None) -> Path:
    """The text as DuckDB reads it: UTF-8 without a mark, lines ended by \\n alone. A copy only where the file is otherwise."""
    with file.path.open("rb") as stream:
        start = stream.read(4096)
        own = next((name for mark, name in _BOMS if start.startswith(mark)), None) or encoding or _unmarked(file, start)
        returns = own == "utf-8" and (b"\r" in start or any(b"\r" in piece for piece in _pieces(stream)))
    if own == "utf-8" and not returns:
        return _named(file, folder)
    target = fresh(folder, ".txt")
    try:
        # bytes that are not UTF-8 stay as they are: only their rows are rejected
        errors = "surrogateescape" if own in ("utf-8", "utf-8-sig") else "strict"
        with (
            file.path.open(encoding=own, errors=errors, newline=None) as text,
            target.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as plain,
        ):
            shutil.copyfileobj(text, plain, PIECE)
    except UnicodeError as error:
        why = error.reason if isinstance(error, UnicodeDecodeError) else error
        raise DayFailure(f'{file.name}: is not {own} text ({why}); say its encoding in the mapping, as encoding = "gb18030"') from None
    return target


def _unmarked(file: Plain, start: bytes) -> str:
    """The encoding of a text without a mark: every second byte of UTF-16 is zero where it is English."""
    if b"\x00" not in start:
        return "utf-8"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) / 8 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    raise DayFailure(f'{file.name}: is not text; say its encoding in the mapping, as encoding = "utf-16"')


def _named(file: Plain, folder: Path) -> Path:
    """The file under a name that DuckDB takes: a path is bytes, and need not be UTF-8."""
    try:
        str(file.path).encode()
    except UnicodeEncodeError:
        link = fresh(folder, PurePosixPath(file.name).suffix)
        link.unlink()
        link.symlink_to(file.path.absolute())
        return link
    return file.path
