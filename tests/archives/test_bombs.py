"""Small files that unpack to what would fill the disk, or to themselves without end, are refused before they do."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from hubwatch.archives import members
from hubwatch.archives.unpack import plain_files
from hubwatch.errors import DayFailure

BLANKS = b"model_id,downloads\n" + b" " * 30_000_000


@pytest.fixture(autouse=True)
def small_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_LEAST_ROOM", 2_000_000)


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        about = tarfile.TarInfo(name)
        about.size = len(content)
        archive.addfile(about, io.BytesIO(content))
    return packed.getvalue()


def unpacked(folder: Path, name: str, content: bytes) -> int:
    """Read the file as an archive; the bytes that came out of it."""
    (folder / name).write_bytes(content)
    room = folder / "room"
    room.mkdir()
    try:
        list(plain_files(name, folder / name, room, None))
    finally:
        held = sum(path.stat().st_size for path in room.iterdir())
    return held


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", zipped("a.csv", BLANKS)),
        ("a.csv.gz", gzip.compress(BLANKS)),
        ("a.csv.bz2", bz2.compress(BLANKS)),
        ("a.csv.xz", lzma.compress(BLANKS, preset=0)),
        ("a.csv.zst", zstandard.compress(BLANKS)),
        ("a.tar.gz", tarred("a.csv", BLANKS)),
        ("a.zip", zipped("a.csv.gz", gzip.compress(BLANKS))),
        ("a.xlsx", zipped("xl/workbook.xml", BLANKS)),
    ],
)
def test_a_small_file_of_gigabytes_is_refused_before_it_fills_the_disk(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DayFailure, match=r"it unpacks to over .* unpack it and name its files"):
        unpacked(tmp_path, name, content)
    assert sum(path.stat().st_size for path in (tmp_path / "room").iterdir()) < 20_000_000


def test_a_file_packed_in_itself_is_unpacked_no_further_than_a_few_times(tmp_path: Path) -> None:
    content = zipped("a.csv", b"model_id,downloads\nacme/alpha,1\n")
    assert unpacked(tmp_path, "once.zip", content) == 32
    for _ in range(20):
        content = gzip.compress(content)
    with pytest.raises(DayFailure, match="packed in itself over 8 times"):
        unpacked(tmp_path / "room", "often.csv.gz", content)


def test_a_file_that_packs_well_is_read_whole(tmp_path: Path) -> None:
    lines = b"".join(b"acme/model-%d,%d\n" % (number, number % 7) for number in range(300_000))
    assert unpacked(tmp_path, "a.csv.gz", gzip.compress(lines)) == len(lines) > 2_000_000
