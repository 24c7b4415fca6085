"""Hugging Face's pages of profiles: where a namespace's is, and what it says."""

from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict

from hubwatch.hubs.hub import Profile
from hubwatch.net import Ask, Client


def _storable(value: object) -> object:
    """Text with U+FFFD in place of halves of surrogate pairs, which cannot be stored."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


_Text = Annotated[str | None, BeforeValidator(_storable)]


class _Overview(BaseModel):
    """An overview as the hub gives it: an organization has `name`, a user has `user`."""

    model_config = ConfigDict(extra="ignore")
    name: _Text = None
    user: _Text = None
    fullname: _Text = None


def asks(client: Client, namespace: str) -> list[Ask]:
    """Where a namespace's own profile is: as an organization, else as a user."""
    name = quote(namespace, safe="")
    return [Ask(client.url(f"/api/organizations/{name}/overview")), Ask(client.url(f"/api/users/{name}/overview"))]


def read(value: Any) -> Profile:
    """What an overview says; `ValueError` when it is none."""
    overview = _Overview.model_validate(value)
    return Profile(overview.fullname, "user" if overview.user and not overview.name else "organization")
