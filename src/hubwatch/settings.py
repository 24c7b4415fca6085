"""What the operator decides: where output goes, which endpoints and tokens, how patiently and how fast hubs are asked.

Environment names are the ecosystem's own where one exists (`HF_ENDPOINT`, `HF_TOKEN`, `MODELSCOPE_API_TOKEN`, ...);
everything else is `HUBWATCH_<NAME>`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

HUBS = ("huggingface", "modelscope", "wisemodel")
_LOOPBACK = ("localhost", "127.", "::1")

_ENDPOINTS = {
    "huggingface": ("HF_ENDPOINT", "https://huggingface.co"),
    "modelscope": ("MODELSCOPE_ENDPOINT", "https://www.modelscope.cn"),
    "wisemodel": ("WISEMODEL_ENDPOINT", "https://wisemodel.cn"),
}
_TOKENS = {"huggingface": "HF_TOKEN", "modelscope": "MODELSCOPE_API_TOKEN", "wisemodel": "WISEMODEL_TOKEN"}
_RATES = {"huggingface": 5.0, "modelscope": 2.0, "wisemodel": 1.0}  # requests a second; see the hubs' modules


def asked_as(kept_as: str) -> str:
    """The hub that is asked for what is kept under this name."""
    return "modelscope" if kept_as == "modelscope.ai" else kept_as


def command(kept_as: str, words: str) -> str:
    """The command line that asks the hub whose rows are kept under this name."""
    return f"{'MODELSCOPE_ENDPOINT=https://modelscope.ai ' if kept_as == 'modelscope.ai' else ''}hubwatch {words}"


def is_the_hubs_own(hub: str, endpoint: str) -> bool:
    """Whether this address is the hub's own site, not a mirror of it or a local stand-in."""
    own = "modelscope.ai" if hub == "modelscope.ai" else (urlsplit(_ENDPOINTS[hub][1]).hostname or "").removeprefix("www.")
    host = urlsplit(endpoint).hostname or ""
    return host == own or host.endswith(f".{own}")


class UsageError(Exception):
    """The operator asked for something that cannot be; the message says what and the cure (exit code 2)."""


def is_loopback(endpoint: str) -> bool:
    """Whether an address is on this machine."""
    return (urlsplit(endpoint).hostname or "").startswith(_LOOPBACK)


class HubSettings(BaseModel):
    """How one hub is asked: its endpoint (scheme and host, no trailing slash), token, and requests a second."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    token: str | None = Field(default=None, repr=False)
    rate: float = Field(gt=0, le=1000)

    @field_validator("endpoint")
    @classmethod
    def _is_an_http_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is not an http(s) address")
        return value.rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.endpoint)


class Settings(BaseModel):
    """All of a run's settings; `Settings.from_environment()` is the only place that reads the environment."""

    model_config = ConfigDict(frozen=True)

    data: Path
    contact: str = "https://github.com/hubwatch/hubwatch"
    hubs: dict[str, HubSettings]
    connect_timeout: float = Field(default=10, gt=0)
    read_timeout: float = Field(default=30, gt=0)
    deadline: float = Field(default=120, gt=0, description="seconds one request may take in all, whatever trickles")
    attempts: int = Field(default=6, ge=1, le=50, description="how often one request is asked at most")
    patience: float = Field(default=900, gt=0, description="seconds to wait for one answer over all attempts")
    max_body: int = Field(default=64 * 2**20, gt=0, description="bytes a page may have, unpacked")
    wisemodel_listing: Path | None = Field(default=None, description="file that says how WiseModel's own listing is asked")
    lock_wait: float = Field(default=0, ge=0, description="seconds to wait for a lock that another process holds")
    report: bool = Field(default=True, description="write the report when publishing")
    log: Literal["text", "json"] = Field(default="text", description="how events are logged on stderr")
    memory_limit: str = Field(default="1GB", description="what DuckDB may hold in memory before it spills to disk")

    def kept_as(self, hub: str) -> str:
        """The name under which a hub's pages and rows are kept: modelscope.ai is a site of its own, never mixed with modelscope.cn."""
        host = urlsplit(self.hubs[hub].endpoint).hostname or ""
        return "modelscope.ai" if hub == "modelscope" and ("." + host).endswith(".modelscope.ai") else hub

    @field_validator("memory_limit")
    @classmethod
    def _is_a_size(cls, value: str) -> str:
        if not re.fullmatch(r"\d+(\.\d+)? ?([kmgt]i?b|%)", value.strip(), re.IGNORECASE):
            raise ValueError("is no size such as 1GB or 512MB")
        return value.strip()

    @classmethod
    def from_environment(cls, data: Path | None = None, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; a bad value is a `UsageError` naming the variable."""
        env = os.environ if environment is None else environment
        hubs = {}
        for hub in HUBS:
            endpoint_name, default = _ENDPOINTS[hub]
            rate_name = f"HUBWATCH_{hub.upper()}_RATE"
            try:
                hubs[hub] = HubSettings.model_validate(
                    {
                        "endpoint": env.get(endpoint_name) or default,
                        "token": _token(hub, env),
                        "rate": env.get(rate_name) or _RATES[hub],
                    }
                )
            except ValidationError as error:
                name = {"endpoint": endpoint_name, "rate": rate_name}.get(str(error.errors()[0]["loc"][0]), hub)
                raise UsageError(f"{name}={env.get(name)!r} {_reason(error)}") from None
        chosen = data or Path(env.get("HUBWATCH_DATA") or "hubwatch-data")
        fields = [name for name in cls.model_fields if name not in ("data", "hubs")]
        own = {field: env[name] for field in fields if env.get(name := f"HUBWATCH_{field.upper()}")}
        try:
            return cls.model_validate({"data": chosen.expanduser().absolute(), "hubs": hubs} | own)
        except ValidationError as error:
            name = f"HUBWATCH_{str(error.errors()[0]['loc'][0]).upper()}"
            raise UsageError(f"{name}={env.get(name)!r} {_reason(error)}") from None


def _reason(error: ValidationError) -> str:
    return f"is not usable: {error.errors()[0]['msg'].removeprefix('Value error, ')}; correct or unset it"


def _token(hub: str, env: Mapping[str, str]) -> str | None:
    """The hub's token: its variable, and for Hugging Face also the token store that `hf auth login` fills."""
    token = (env.get(_TOKENS[hub]) or "").strip()
    if not token and hub == "huggingface" and env is os.environ:
        from huggingface_hub import get_token  # here, because it costs half a second

        token = get_token() or ""
    return token or None
