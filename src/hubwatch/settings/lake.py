"""Where the warehouse lies that several machines share: a DuckLake, whose catalog is in Postgres and whose files are on object storage.

Secrets come from the ecosystem's own variables and stand in no address: what is printed or stored of a lake names none.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hubwatch.errors import UsageError

# What a connection to Postgres may say. A password belongs into PGPASSWORD or ~/.pgpass, which Postgres' own library reads.
_ALLOWED = (
    "dbname", "host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name",
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
)  # fmt: skip
_ENCRYPTED = ("require", "verify-ca", "verify-full")
_WORD = re.compile(r"\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s']*)\s*")
_FORM = "write ducklake:postgres:dbname=NAME host=HOST user=USER"


class Storage(BaseModel):
    """How S3 storage is reached."""

    model_config = ConfigDict(frozen=True)
    key_id: str | None = None
    secret: SecretStr | None = None
    session_token: SecretStr | None = None
    endpoint: str | None = Field(default=None, description="address of the service; None: Amazon's")
    region: str = "us-east-1"


class LakeSettings(BaseModel):
    """One lake: `catalog` as DuckDB attaches it (`postgres:...`, or the path of a catalog file), `data` where its files lie."""

    model_config = ConfigDict(frozen=True)
    catalog: str
    data: str | None = Field(default=None, description="address of the files; needed once, to make the lake: its catalog keeps it")
    storage: Storage = Storage()


def lake_from(env: Mapping[str, str]) -> LakeSettings | None:
    """The lake that the environment names, None where it names none; `UsageError` for what cannot be used or would not be encrypted."""
    address = env.get("HUBWATCH_WAREHOUSE")
    if not address:
        return None
    kind, _, catalog = address.strip().partition(":")
    if kind != "ducklake" or not catalog:
        raise UsageError(f"HUBWATCH_WAREHOUSE is no DuckLake; {_FORM}, or unset it for the file in the data folder")
    if catalog.startswith("postgres:"):
        catalog = "postgres:" + _connection(catalog.removeprefix("postgres:"), env)
    elif re.match(r"[a-z]{2,}:", catalog):
        raise UsageError(f"HUBWATCH_WAREHOUSE: a catalog of this kind is not supported; {_FORM}")
    data = env.get("HUBWATCH_WAREHOUSE_DATA") or None
    storage = _storage(env)
    if data is not None and (re.search("[@?#]", data) or (":" in data and not data.startswith("s3://"))):
        raise UsageError(
            "HUBWATCH_WAREHOUSE_DATA is neither s3://BUCKET/PREFIX nor a folder; keys go to AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return LakeSettings(catalog=catalog, data=data, storage=storage)


def _connection(text: str, env: Mapping[str, str]) -> str:
    """The connection's words, encrypted where it leaves this machine."""
    words: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if not found:
            raise UsageError(f"HUBWATCH_WAREHOUSE cannot be read as NAME=VALUE words; {_FORM}")
        words[found[1]], at = found[2], found.end()
    for name in words:
        if name not in _ALLOWED:
            where = "; set PGPASSWORD or write ~/.pgpass" if "pass" in name else f"; it takes {', '.join(_ALLOWED[:5])} and the like"
            raise UsageError(f"HUBWATCH_WAREHOUSE must not hold {name}{where}")
    host = words.get("host", env.get("PGHOST") or "").strip("'")
    mode = words.get("sslmode", env.get("PGSSLMODE") or "").strip("'")
    if host and not host.startswith("/") and not _is_here(host):
        if mode and mode not in _ENCRYPTED:
            raise UsageError(
                f"HUBWATCH_WAREHOUSE: sslmode={mode} sends the catalog unencrypted to another machine; use verify-full, or at least require"
            )
        words["sslmode"] = mode or "require"
    return " ".join(f"{name}={value}" for name, value in words.items())


def _storage(env: Mapping[str, str]) -> Storage:
    endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None
    if endpoint is not None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise UsageError("AWS_ENDPOINT_URL is not usable: it must be https://HOST[:PORT], without user and password")
        if parts.scheme == "http" and not _is_here(parts.hostname):
            raise UsageError("AWS_ENDPOINT_URL would send data unencrypted to another machine; use https://")
        endpoint = f"{parts.scheme}://{parts.netloc}"
    return Storage(
        key_id=env.get("AWS_ACCESS_KEY_ID") or None,
        secret=SecretStr(env["AWS_SECRET_ACCESS_KEY"]) if env.get("AWS_SECRET_ACCESS_KEY") else None,
        session_token=SecretStr(env["AWS_SESSION_TOKEN"]) if env.get("AWS_SESSION_TOKEN") else None,
        endpoint=endpoint,
        region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1",
    )


def _is_here(host: str) -> bool:
    """Whether every one of these hosts (a list with commas, as Postgres takes it) is this machine."""
    return all(_is_loopback(one) for one in host.split(","))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
