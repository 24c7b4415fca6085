"""What a hub's probe is given to look at the hub, and steps that several probes take."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from hubwatch.errors import HubFailure
from hubwatch.net import Answer, Ask, Client, whole_json

T = TypeVar("T")
SAMPLE = 20  # records of a probe's page
CHANGED = "the hub has changed: look at the evidence, and update hubwatch"


class Look(Protocol):
    """The requests of one examination and what they found."""

    @property
    def client(self) -> Client: ...

    def ask(self, name: str, ask: Ask, read: Callable[[Answer], T], cure: Callable[[HubFailure], str | None] = ...) -> T | None:
        """What `read` makes of the answer; a failure is noted as a finding with its cure, and None comes back."""
        ...

    def peek(self, name: str, ask: Ask, read: Callable[[Answer], T]) -> T:
        """The same where a failure is no finding: it is raised. The name is that of the saved evidence."""
        ...

    def found(self, name: str, ok: bool, told: str, cure: str | None = None) -> None:
        """Note a finding; the cure is shown only for what is not as expected."""
        ...

    def shape(self, name: str, records: list[Any], expected: dict[str, str]) -> None:
        """Note which promised keys are missing or of another type in these records."""
        ...

    def token(self, accepted: bool | None) -> None:
        """Note what became of the token; None: there is none, or it was not tried."""
        ...


def follow_link(look: Look, link: str, route: str, keys: list[Any]) -> None:
    """Note whether the link to the next page leads to other records."""
    try:
        address = look.client.at_home(link, route)
    except HubFailure as failure:
        look.found("next page", False, str(failure), CHANGED)
        return
    after = look.ask("next page", Ask(address), a_list)
    if after is not None:
        more = [record.get("_id", record.get("id")) for record in after if isinstance(record, dict)]
        repeats = bool(set(map(str, keys)) & set(map(str, more)))
        look.found("next page", not repeats, "repeats records of the first" if repeats else "goes on behind the first", CHANGED)


def note_order(look: Look, name: str, values: list[Any]) -> None:
    """Note whether these values fall, as was asked for."""
    known = [value for value in values if value is not None]
    falls = known == sorted(known, reverse=True)
    look.found(name, falls, "falling, as asked for" if falls else f"not falling: {known[:5]}", CHANGED)


def ascends(keys: list[Any]) -> bool:
    """Whether keys of one type ascend without a repetition."""
    return all(type(key) is type(keys[0]) and key is not None for key in keys) and keys == sorted(set(keys))


def a_list(answer: Answer) -> list[Any]:
    """The answer's JSON list; `HubFailure` when it is none."""
    value = whole_json(answer, "doctor")
    if not isinstance(value, list):
        raise HubFailure(f"{answer.url} returned a JSON {type(value).__name__} instead of a list")
    return value


def an_object(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object; `HubFailure` when it is none."""
    value = whole_json(answer, "doctor")
    if not isinstance(value, dict):
        raise HubFailure(f"{answer.url} returned a JSON {type(value).__name__} instead of an object")
    return value
