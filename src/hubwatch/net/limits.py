"""What a client needs to be told: which hub is where, how fast and how patiently it is asked. Nothing here sends."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hubwatch.errors import UsageError

_LOOPBACK = ("localhost", "127.", "::1")
_PROXIES_AND_CERTIFICATES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")  # what httpx reads
_Seconds = Annotated[float, Field(gt=0, le=10**6)]  # longer ones no clock of the system takes


def is_loopback(endpoint: str) -> bool:
    """Whether an address is on this machine."""
    return (urlsplit(endpoint).hostname or "").startswith(_LOOPBACK)


def proxy_variables() -> str:
    """The names of the proxy and certificate variables that are set; "" when none is."""
    return ", ".join(name for name, value in os.environ.items() if name.upper() in _PROXIES_AND_CERTIFICATES and value)


def header_text(name: str, value: str) -> str:
    """The value without surrounding blanks; a `UsageError` that names it, and never shows it, when no header can carry it."""
    if not re.fullmatch(r"[ -~]*", value.strip()):
        raise UsageError(f"{name} is not usable: it must be one line of printable ASCII characters; correct or unset it")
    return value.strip()


def http_address(value: str) -> str:
    """The address of a host, with a port and a path at most, and no slash at its end; `ValueError` where it is none."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        host = (parts.hostname or "").encode("idna")  # as looking it up does
        is_address = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or re.search(r"[^!-~]|[@?#\\]", value):
        raise ValueError("it is not an http(s) address of a host, with a port and a path at most")
    return value.rstrip("/")


class HubSettings(BaseModel):
    """How one hub is asked: its endpoint (scheme and host, no trailing slash), token, and requests a second."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    endpoint_variable: str = Field(description="the environment variable that says where the hub is")
    token: str | None = Field(default=None, repr=False)
    token_store: Callable[[], str | None] | None = Field(
        default=None, exclude=True, repr=False, description="where a token is looked up that no variable gives; read when a client is made"
    )
    rate: float = Field(ge=0.01, le=1000)
    rate_is_set: bool = Field(default=False, description="the operator set the rate; else a window that the hub announces may allow more")
    listing: Path | None = Field(default=None, description="file that says how the hub's own site lists, where an operator found that out")

    @field_validator("endpoint")
    @classmethod
    def _is_an_http_address(cls, value: str) -> str:
        return http_address(value)

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.endpoint)

    def usable_token(self) -> str | None:
        """The token to send, from the settings or from the store; `UsageError` when the store cannot be read."""
        return self.token or (self.token_store() if self.token_store else None)


class Limits(BaseModel):
    """Everything that a client is bound by; `Settings` adds what the other stages need."""

    model_config = ConfigDict(frozen=True)

    contact: str = "https://github.com/hubwatch/hubwatch"
    hubs: dict[str, HubSettings]
    connect_timeout: _Seconds = 10
    read_timeout: _Seconds = 30
    deadline: _Seconds = Field(default=120, description="seconds one request may take in all, whatever trickles")
    attempts: int | None = Field(
        default=None, ge=1, le=50, description="how often one request is sent at most [an outage: within the patience; otherwise 6 times]"
    )
    patience: _Seconds = Field(default=900, description="seconds to wait for one response over all attempts")
    max_body: int = Field(default=64 * 2**20, gt=0, description="bytes a page may have, unpacked")
