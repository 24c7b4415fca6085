"""What the operator decides: where output goes, which endpoints and tokens, how patiently and how fast hubs are asked.

Environment names are the ecosystem's own where one exists (`HF_ENDPOINT`, `HF_TOKEN`, `MODELSCOPE_API_TOKEN`, ...);
everything else is `HUBWATCH_<NAME>`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hubwatch.errors import UsageError

HUBS = ("huggingface", "modelscope", "wisemodel")
_LOOPBACK = ("localhost", "127.", "::1")

_ENDPOINTS = {
    "huggingface": ("HF_ENDPOINT", "https://huggingface.co"),
    "modelscope": ("MODELSCOPE_ENDPOINT", "https://www.modelscope.cn"),
    "wisemodel": ("WISEMODEL_ENDPOINT", "https://wisemodel.cn"),
}
_TOKENS = {"huggingface": "HF_TOKEN", "modelscope": "MODELSCOPE_API_TOKEN", "wisemodel": "WISEMODEL_TOKEN"}
_PROXIES_AND_CERTIFICATES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")  # what httpx reads
_RATES = {"huggingface": 5.0, "modelscope": 2.0, "wisemodel": 1.0}  # requests a second; see the hubs' modules


_LEAST_MEMORY = 256 * 10**6  # bytes; with half of it some hubs' pages cannot be loaded
_Seconds = Annotated[float, Field(gt=0, le=10**6)]  # longer ones no clock of the system takes


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


def is_loopback(endpoint: str) -> bool:
    """Whether an address is on this machine."""
    return (urlsplit(endpoint).hostname or "").startswith(_LOOPBACK)


def endpoint_variable(hub: str) -> str:
    """The environment variable that says where the hub is."""
    return _ENDPOINTS[hub][0]


def surroundings() -> str:
    """The names of those variables that are set by which requests find proxies and certificates; "" when none is."""
    return ", ".join(name for name, value in os.environ.items() if name.upper() in _PROXIES_AND_CERTIFICATES and value)


def header_text(name: str, value: str) -> str:
    """The value without blanks around it; `UsageError` that names it and never shows it when no header can carry it."""
    if not re.fullmatch(r"[ -~]*", value.strip()):
        raise UsageError(f"{name} is not usable: it must be one line of printable ASCII characters; correct or unset it")
    return value.strip()


class HubSettings(BaseModel):
    """How one hub is asked: its endpoint (scheme and host, no trailing slash), token, and requests a second."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    token: str | None = Field(default=None, repr=False)
    rate: float = Field(ge=0.01, le=1000)

    @field_validator("endpoint")
    @classmethod
    def _is_an_http_address(cls, value: str) -> str:
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

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.endpoint)


class Settings(BaseModel):
    """All of a run's settings; `Settings.from_environment()` is the only place that reads the environment."""

    model_config = ConfigDict(frozen=True)

    data: Path
    contact: str = "https://github.com/hubwatch/hubwatch"
    hubs: dict[str, HubSettings]
    connect_timeout: _Seconds = 10
    read_timeout: _Seconds = 30
    deadline: _Seconds = Field(default=120, description="seconds one request may take in all, whatever trickles")
    attempts: int = Field(default=6, ge=1, le=50, description="how often one request is asked at most")
    patience: _Seconds = Field(default=900, description="seconds to wait for one answer over all attempts")
    max_body: int = Field(default=64 * 2**20, gt=0, description="bytes a page may have, unpacked")
    wisemodel_listing: Path | None = Field(default=None, description="file that says how WiseModel's own listing is asked")
    lock_wait: float = Field(default=0, ge=0, le=10**6, description="seconds to wait for a lock that another process holds")
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
        size = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?) ?([kmgt])(i?)b", value.strip(), re.IGNORECASE)
        if not size:
            raise ValueError("is no size such as 1GB or 512MB")
        if float(size[1]) * (1024 if size[3] else 1000) ** ("kmgt".index(size[2].lower()) + 1) < _LEAST_MEMORY:
            raise ValueError("is less than the 256MB that every stage needs")
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
                asked = {"endpoint": env.get(endpoint_name) or default, "rate": env.get(rate_name) or _RATES[hub]}
                hubs[hub] = HubSettings.model_validate(asked).model_copy(update={"token": _token(hub, env)})
            except ValidationError as error:
                name = {"endpoint": endpoint_name, "rate": rate_name}.get(str(error.errors()[0]["loc"][0]), hub)
                raise _unusable(name, env.get(name), error) from None
        chosen = (data or Path(env.get("HUBWATCH_DATA") or "hubwatch-data")).expanduser().absolute()
        there = next(place for place in (chosen, *chosen.parents) if os.path.exists(place))
        if not os.path.isdir(there):
            raise UsageError(f"{there} is a file; name a folder with --data or HUBWATCH_DATA")
        fields = [name for name in cls.model_fields if name not in ("data", "hubs")]
        own = {field: env[name] for field in fields if env.get(name := f"HUBWATCH_{field.upper()}")}
        if "contact" in own:
            own["contact"] = header_text("HUBWATCH_CONTACT", own["contact"])
        try:
            return cls.model_validate({"data": chosen, "hubs": hubs} | own)
        except ValidationError as error:
            name = f"HUBWATCH_{str(error.errors()[0]['loc'][0]).upper()}"
            raise _unusable(name, env.get(name), error) from None


def _unusable(name: str, value: str | None, error: ValidationError) -> UsageError:
    """What is wrong with a variable; an address that may hold a password or a token is not shown."""
    shown = name if re.search("[@?#]", value or "") else f"{name}={value!r}"
    return UsageError(f"{shown} is not usable: {error.errors()[0]['msg'].removeprefix('Value error, ')}; correct or unset it")


def _token(hub: str, env: Mapping[str, str]) -> str | None:
    """The hub's token: its variable, and for Hugging Face also the token store that `hf auth login` fills."""
    name = _TOKENS[hub]
    token = header_text(name, env.get(name) or "")
    if not token and hub == "huggingface" and env is os.environ:
        from huggingface_hub import get_token  # here, because it costs half a second

        token = header_text("the token that `hf auth login` keeps", get_token() or "")
    return token or None
