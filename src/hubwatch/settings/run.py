"""What the operator decides: where output goes, which endpoints and tokens, how patiently and how fast hubs are asked.

Environment names are the ecosystem's own where one exists (each hub says its own); everything else is `HUBWATCH_<NAME>`.
"""

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from hubwatch.errors import UsageError
from hubwatch.hubs import HUBS, Hub
from hubwatch.net import HubSettings, Limits, header_text
from hubwatch.pages import storage_url
from hubwatch.settings.lake import LakeSettings, lake_from

NO_CHARTS = "no report: its charts need two more packages; pip install altair vl-convert-python, then run hubwatch report"
_LEAST_MEMORY = 256 * 10**6  # bytes; with half of it some hubs' pages cannot be loaded


def charts_are_installed() -> bool:
    """Whether the packages of the extra `charts` are there."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def _bytes_of(value: str) -> int:
    """A size such as 1GB or 512MB in bytes."""
    size = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?) ?([kmgt])(i?)b", value.strip(), re.IGNORECASE)
    if not size:
        raise ValueError("is no size such as 1GB or 512MB")
    unit: int = (1024 if size[3] else 1000) ** ("kmgt".index(size[2].lower()) + 1)
    return round(float(size[1]) * unit)


class Settings(Limits):
    """All of a run's settings; `Settings.from_environment()` is the only place that reads the environment."""

    data: Path
    lock_wait: float = Field(default=0, ge=0, le=10**6, description="seconds to wait for a lock that another process holds")
    report: bool = Field(default=True, description="write the report when publishing")
    log: Literal["text", "json"] = Field(default="text", description="how events are logged on stderr")
    pages: str | None = Field(
        default=None, description="address in object storage under which machines share saved pages; None: they do not"
    )
    pages_every: float = Field(default=60, ge=0.05, le=3600, description="seconds after which a saved page is sent there at the latest")
    memory_limit: str = Field(default="1GB", description="what DuckDB may hold in memory before it spills to disk")
    lake: LakeSettings | None = Field(
        default=None, description="the DuckLake that several machines share; None: the file in the data folder"
    )

    def kept_as(self, hub: str) -> str:
        """The name under which a hub's pages and rows are kept: a site with a name of its own is never mixed with the hub's."""
        return HUBS[hub].kept_as(self.hubs[hub].endpoint)

    @property
    def writes_report(self) -> bool:
        """Whether publishing writes the report: it is wanted, and its charts can be drawn."""
        return self.report and charts_are_installed()

    @property
    def memory_beside_report(self) -> str:
        """What the database may hold while the report is made: pages and charts are in the same process, and what indexes a year of days is not counted."""
        return f"{max(_LEAST_MEMORY, round(0.62 * _bytes_of(self.memory_limit)))}B"

    @field_validator("pages")
    @classmethod
    def _is_in_storage(cls, value: str | None) -> str | None:
        return None if value is None else storage_url(value)

    @field_validator("memory_limit")
    @classmethod
    def _is_a_size(cls, value: str) -> str:
        if _bytes_of(value) < _LEAST_MEMORY:
            raise ValueError("is less than the 256MB that every stage needs")
        return value.strip()

    @classmethod
    def from_environment(cls, data: Path | None = None, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; a bad value is a `UsageError` naming the variable."""
        env = os.environ if environment is None else environment
        hubs = {name: _hub_settings(hub, env) for name, hub in HUBS.items()}
        chosen = (data or Path(env.get("HUBWATCH_DATA") or "hubwatch-data")).expanduser().absolute()
        there = next(place for place in (chosen, *chosen.parents) if os.path.exists(place))
        if not os.path.isdir(there):
            raise UsageError(f"{there} is a file; name a folder with --data or HUBWATCH_DATA")
        fields = [name for name in cls.model_fields if name not in ("data", "hubs", "lake")]
        own = {field: env[name] for field in fields if env.get(name := f"HUBWATCH_{field.upper()}")}
        if "contact" in own:
            own["contact"] = header_text("HUBWATCH_CONTACT", own["contact"])
        try:
            return cls.model_validate({"data": chosen, "hubs": hubs, "lake": lake_from(env)} | own)
        except ValidationError as error:
            name = f"HUBWATCH_{str(error.errors()[0]['loc'][0]).upper()}"
            raise _unusable(name, env.get(name), error) from None


def _unusable(name: str, value: str | None, error: ValidationError) -> UsageError:
    """What is wrong with a variable; an address that may hold a password or a token is not shown."""
    shown = name if re.search("[@?#]", value or "") else f"{name}={value!r}"
    return UsageError(f"{shown} is not usable: {error.errors()[0]['msg'].removeprefix('Value error, ')}; correct or unset it")


def _hub_settings(hub: Hub, env: Mapping[str, str]) -> HubSettings:
    """One hub's settings: its own variables, and where none gives a token, the store that the hub's tools keep one in."""
    rate, listing = f"HUBWATCH_{hub.name.upper()}_RATE", f"HUBWATCH_{hub.name.upper()}_LISTING"
    token = header_text(hub.token_variable, env.get(hub.token_variable) or "")
    try:
        asked = HubSettings.model_validate(
            {
                "endpoint": env.get(hub.endpoint_variable) or hub.sites[0].address,
                "endpoint_variable": hub.endpoint_variable,
                "rate": env.get(rate) or hub.rate,
                "rate_is_set": bool(env.get(rate)),
                "listing": env.get(listing) or None,
            }
        )
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        name = {"endpoint": hub.endpoint_variable, "rate": rate, "listing": listing}.get(field, hub.name)
        raise _unusable(name, env.get(name), error) from None
    return asked.model_copy(update={"token": token or None, "token_store": hub.token_store if env is os.environ else None})
