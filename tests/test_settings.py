"""What the environment may say: each bad value is named with its variable, and nothing secret is shown."""

from pathlib import Path

import duckdb
import pytest

from hubwatch.errors import UsageError, told
from hubwatch.settings import Settings
from hubwatch.store import warehouse as store
from tests.conftest import hubwatch

TOKENS = {"huggingface": "HF_TOKEN", "modelscope": "MODELSCOPE_API_TOKEN", "wisemodel": "WISEMODEL_TOKEN"}


@pytest.mark.parametrize("variable", ["HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "WISEMODEL_ENDPOINT"])
@pytest.mark.parametrize(
    "address",
    [
        *("abc", " ", "ftp://host", "http://", "http://:80", "http://[::1", "http://host:99999", "http://host:port", "http://host:0"),
        *("http://host/?a=1", "http://host?", "http://host#part", "http://ho st", "http://ho\nst", "http://höst", "http://ho\\st"),
        *("http://a..b", f"http://{'a' * 64}.org", "http://user:s3cret@host", "http://user:s3cret@host:99999", "http://host?token=s3cret"),
    ],
)
def test_what_is_no_address_of_a_hub_is_refused_by_its_variables_name(tmp_path: Path, variable: str, address: str) -> None:
    with pytest.raises(UsageError, match=f"^{variable}.* is not usable: .*; correct or unset it$") as raised:
        Settings.from_environment(tmp_path, {variable: address})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["http://host", " https://host:8443/mirror/\n", "http://[::1]:80", "http://localhost:1", "http://1.2.3.4/a"]
)
def test_an_address_has_a_host_and_perhaps_a_port_and_a_path(tmp_path: Path, address: str) -> None:
    assert Settings.from_environment(tmp_path, {"HF_ENDPOINT": address}).hubs["huggingface"].endpoint == address.strip().rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        *("abc", " ", "s3://", "http://storage.example.org/b", "https://bucket.s3.amazonaws.com", "memory:///x", "file://x", "/var/pages"),
        *("s3://key:s3cret@bucket", "s3://bucket/x?token=s3cret", "s3://bucket#s3cret", "s3://buck et", "s3://bück"),
    ],
)
def test_what_is_no_address_of_object_storage_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match=r"^HUBWATCH_PAGES.* is not usable: .*; correct or unset it$") as raised:
        Settings.from_environment(tmp_path, {"HUBWATCH_PAGES": address})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("address", ["s3://bucket", " gs://bucket/a/b/\n", "az://container/x", "file:///var/pages"])
def test_an_address_of_object_storage_names_a_place_in_it(tmp_path: Path, address: str) -> None:
    assert Settings.from_environment(tmp_path, {"HUBWATCH_PAGES": address}).pages == address.strip().rstrip("/")


@pytest.mark.parametrize("variable", [*TOKENS.values(), "HUBWATCH_CONTACT"])
@pytest.mark.parametrize("value", ["hf_secret\nline", "hf_secret\x00", "hf_secret\x7f", "hf_secrét"])
def test_what_no_header_can_carry_is_refused_and_never_shown(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"^{variable} is not usable: ") as raised:
        Settings.from_environment(tmp_path, {variable: value})
    assert "secr" not in str(raised.value)


@pytest.mark.parametrize("hub", TOKENS)
def test_a_token_may_end_as_files_do(tmp_path: Path, hub: str) -> None:
    assert Settings.from_environment(tmp_path, {TOKENS[hub]: " hf_good\r\n"}).hubs[hub].token == "hf_good"


@pytest.mark.parametrize("name", ["DEADLINE", "PATIENCE", "READ_TIMEOUT", "CONNECT_TIMEOUT", "LOCK_WAIT"])
@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "-1"])
def test_a_time_that_no_clock_takes_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"HUBWATCH_{name}='{value}' is not usable"):
        Settings.from_environment(tmp_path, {f"HUBWATCH_{name}": value})


@pytest.mark.parametrize("value", ["0GB", "1KB", "255.9MB", "240MiB", "80%", "1e9GB", "-1GB", "1", f"{'9' * 400}GB"])
def test_memory_that_is_too_little_for_any_stage_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match=f"^HUBWATCH_MEMORY_LIMIT='{value}' is not usable: is (less than the 256MB|no size)"):
        Settings.from_environment(tmp_path, {"HUBWATCH_MEMORY_LIMIT": value})


@pytest.mark.parametrize("value", ["256MB", "245 MiB", "0.3gb", "999999TiB"])
def test_a_size_is_read_as_duckdb_reads_it(tmp_path: Path, value: str) -> None:
    limit = Settings.from_environment(tmp_path, {"HUBWATCH_MEMORY_LIMIT": value}).memory_limit
    with store.connect(Path(":memory:"), limit) as con:
        assert con.execute("select parse_formatted_bytes(?) >= 256000000", [limit]).fetchall() == [(True,)]


def test_memory_that_does_not_suffice_is_told_in_one_line_with_the_variable() -> None:
    with duckdb.connect(config={"memory_limit": "10MB", "threads": 1}) as con, pytest.raises(duckdb.OutOfMemoryException) as raised:
        con.execute("select list(repeat('x', 1000) || i) from range(1000000) t(i)")
    assert told(raised.value).endswith("; set HUBWATCH_MEMORY_LIMIT higher")
    assert "http" not in told(raised.value)


@pytest.mark.parametrize("value", ["0", "1e-320", "nan", "inf"])
def test_a_rate_is_between_one_in_a_hundred_seconds_and_a_thousand_a_second(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match=f"HUBWATCH_WISEMODEL_RATE='{value}' is not usable"):
        Settings.from_environment(tmp_path, {"HUBWATCH_WISEMODEL_RATE": value})


@pytest.mark.parametrize("command", [("status",), ("collect", "huggingface")])
@pytest.mark.parametrize("address", ["http://[::1", "http://user:s3cret@host"])
def test_a_bad_address_is_wrong_usage_of_any_command(tmp_path: Path, command: tuple[str, ...], address: str) -> None:
    done = hubwatch(tmp_path, *command, HF_ENDPOINT=address)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("hubwatch: HF_ENDPOINT")
    assert "s3cret" not in done.stderr
