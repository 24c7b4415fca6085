"""Damaged and hostile files: each is loaded, its unreadable rows rejected, or refused in one line; nothing else comes of it."""

import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubwatch.errors import HubwatchError
from hubwatch.store import warehouse as store
from tests.archives.test_shapes import bring, con, held, refused, written  # noqa: F401  con is a fixture
from tests.conftest import with_warehouse

ROWS = [(f"acme/m{number}", 1001 * number) for number in range(30)]
TEXT = "id,downloads\n" + "".join(f"{name},{count}\n" for name, count in ROWS)
DOCUMENT = json.dumps([{"id": name, "downloads": count} for name, count in ROWS])


def zipped(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
    return made.getvalue()


PACKED: dict[str, Callable[[], bytes]] = {
    "a.csv": lambda: TEXT.encode(),
    "a.json": lambda: DOCUMENT.encode(),
    "a.jsonl": lambda: "\n".join(json.dumps(one) for one in json.loads(DOCUMENT)).encode(),
    "a.csv.gz": lambda: gzip.compress(TEXT.encode()),
    "a.csv.zst": lambda: zstandard.compress(TEXT.encode()),
    "a.csv.xz": lambda: lzma.compress(TEXT.encode()),
    "a.zip": lambda: zipped(TEXT),
    "utf16.csv": lambda: TEXT.encode("utf-16"),
}
LUMPS = st.sampled_from(
    [b'"', b"\n", b"\r", b"\0", b",", b"}", b"]", b"NaN", b"1e999", b"\xff\xff", b"\xef\xbb\xbf", b"[[" * 500, b"\\u0000"]
)
DAMAGE = st.lists(st.tuples(st.floats(0, 1), st.one_of(LUMPS, st.binary(max_size=8)), st.integers(0, 20)), min_size=1, max_size=3)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(PACKED)), damage=DAMAGE)
def test_whatever_damages_a_file_it_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: list[tuple[float, bytes, int]]
) -> None:
    body = PACKED[name]()
    for place, lump, lost in damage:
        at = int(place * len(body))
        body = body[:at] + lump + body[at + lost :]
    folder = tmp_path_factory.mktemp("hostile")
    with store.open_warehouse(with_warehouse(folder / "data")) as opened:
        try:
            for day in bring(opened, written(folder, name, body)):
                assert day.outcome in ("loaded", "failed")
                assert "\n" not in (day.message or ""), day.message
            told = ""
        except HubwatchError as error:
            told = str(error)
        found = opened.execute("select model_id from store.listing").fetchall()
    assert "\n" not in told
    assert all(one.count("/") == 1 and one.isprintable() for (one,) in found)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_damage_in_the_midst_of_a_packed_file_is_told_as_such(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:  # noqa: F811
    body = bytearray(PACKED[name]())
    middle = len(body) // 2
    body[middle : middle + 20] = b"\xff" * 20
    assert refused(con, written(tmp_path, name, bytes(body))).endswith("; download it again")


def test_of_json_that_is_not_utf8_only_that_record_is_rejected(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:  # noqa: F811
    body = DOCUMENT.encode().replace(b"acme/m0", b"acme/\xff\xff", 1)
    bring(con, written(tmp_path, "a.json", body))
    assert sorted((name, count) for name, _, count in held(con)) == sorted(ROWS[1:])


def test_a_header_of_several_lines_is_quoted_in_one(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:  # noqa: F811
    told = refused(con, written(tmp_path, "a.csv", '"' + TEXT))
    assert "it has id,downloads\\x0aacme/m0,0\\x0a" in told
    assert len(told) < 400
