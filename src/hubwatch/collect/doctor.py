"""Is a hub still as this version expects? At most ten read-only requests, each answer kept as evidence.

This is how an operator settles what could not be established from outside: whether the listing answers, in which shape,
how deep, with which token and quota, and what robots.txt says. Nothing is loaded and nothing is repaired.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import msgspec
from pydantic import BaseModel, Field

from hubwatch.clock import now
from hubwatch.collect.scrub import Scrubber, json_of
from hubwatch.errors import Blocked, HubFailure, RateLimited, Refused, TimedOut, Unreachable
from hubwatch.hubs import HUBS, UnreadKeys
from hubwatch.net import JSON_TYPES, Answer, Ask, Client, Transport
from hubwatch.settings import Settings

ALLOWANCE = 10
T = TypeVar("T")


class Finding(BaseModel):
    """One thing looked at: whether it is as expected, what came, and what to do when it is not."""

    name: str
    ok: bool
    told: str
    cure: str | None = None


class Report(BaseModel):
    """What was found at one hub."""

    hub: str
    endpoint: str
    at: datetime
    requests: int = 0
    findings: list[Finding] = []
    saved: list[Path] = Field(default=[], description="pages without persons, written to the folder asked for")
    evidence: Path | None = Field(default=None, description="folder with every answer as it came")

    @property
    def ok(self) -> bool:
        """Whether everything is as expected."""
        return all(finding.ok for finding in self.findings)


def examine(settings: Settings, hub: str, transport: Transport | None = None, save: Path | None = None) -> Report:
    """What was found at the hub; trouble with the hub is a finding, never an exception. `save`: where scrubbed pages go."""
    report = Report(hub=hub, endpoint=settings.hubs[hub].endpoint, at=now())
    folder = settings.data / "doctor" / hub / f"{report.at:%Y-%m-%dT%H%M%S.%fZ}"
    with Client(hub, settings.model_copy(update={"attempts": 1}), transport) as client:
        examination = Examination(client, report, folder)
        client.on_answer, client.allowance = examination.keep, ALLOWANCE
        if examination.robots(HUBS[hub].listing_path):
            HUBS[hub].probe(examination)
            examination.quota()
            examination.unread()
        report.requests = client.tally.requests
    report.evidence = folder if folder.exists() else None
    if save is not None:
        report.saved = examination.save(save)
    return report


class Examination:
    """The requests of one examination and what they found."""

    def __init__(self, client: Client, report: Report, folder: Path) -> None:
        self.client, self.report, self._folder = client, report, folder
        self._name, self._number = "", 0
        self._quota: str | None = None
        self._unread = UnreadKeys(HUBS[client.hub].keys_read, HUBS[client.hub].kinds_of_record)
        self._pages: dict[str, Any] = {}  # JSON answers by name

    def keep(self, answer: Answer) -> None:
        """Keep an answer as evidence: its bytes, and beside them what else is known of it."""
        self._number += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{self._number:02}-{self._name}"
        place.with_suffix(".body").write_bytes(answer.body)
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        facts = {"method": answer.ask.method, "url": answer.url, "status": answer.status, "at": answer.at, "headers": headers}
        if answer.ask.body:
            facts["request"] = answer.ask.body.decode()
        place.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(facts)))
        if (page := json_of(answer.body)) is not None:
            self._pages[place.name] = page
        told = [f"{name}: {value}" for name, value in headers.items() if "ratelimit" in name.lower().replace("-", "")]
        self._quota = ", ".join(told) or self._quota

    def found(self, name: str, ok: bool, told: str, cure: str | None = None) -> None:
        """Note a finding; a cure is told only for what is off."""
        self.report.findings.append(Finding(name=name, ok=ok, told=told, cure=None if ok else cure))

    def ask(
        self, name: str, ask: Ask, read: Callable[[Answer], T], cure: Callable[[HubFailure], str | None] = lambda failure: None
    ) -> T | None:
        """What `read` makes of the answer; trouble is noted as a finding with its cure, and None comes back."""
        try:
            return self.peek(name, ask, read)
        except HubFailure as failure:
            self.found(name, False, str(failure), cure(failure) or self._cure(failure))
            return None

    def peek(self, name: str, ask: Ask, read: Callable[[Answer], T]) -> T:
        """What `read` makes of the answer, whose evidence is saved under this name; trouble is raised."""
        self._name = re.sub(r"\W+", "-", name)
        return self.client.ask(ask, read)

    def shape(self, name: str, records: list[Any], expected: dict[str, str]) -> None:
        """Note which promised keys are missing or of another type in these records."""
        odd = [] if records else ["no records"]
        for record in records:
            if isinstance(record, dict):
                self._unread.take(record)
        for key, due in expected.items():
            kinds = [JSON_TYPES[type(record[key])] for record in records if isinstance(record, dict) and key in record]
            if len(kinds) < len(records):
                odd.append(f"{key} is missing in {len(records) - len(kinds)} of {len(records)}")
            if strange := sorted({kind for kind in kinds if kind != due}):
                odd.append(f"{key} is {', '.join(strange)} instead of {due}")
        told = "; ".join(odd) or f"{len(records)} records have {', '.join(expected)} as expected"
        self.found(name, not odd, told, "the hub has changed: look at the evidence, and update hubwatch")

    def robots(self, path: str) -> bool:
        """Note whether the hub is reachable and lets robots ask for the listing; False: it is not reachable."""
        try:
            answer = self.peek("robots", Ask(self.client.url("/robots.txt")), lambda answer: answer)
            text = answer.body.decode("utf-8", errors="replace")
        except (Unreachable, TimedOut) as failure:
            self.found("reachable", False, str(failure), f"check the network and that {self.client.endpoint} is the right address")
            return False
        except HubFailure as failure:
            text, told = "", f"none ({failure})"
            self.found("reachable", True, self.client.endpoint)
            self.found("robots.txt", isinstance(failure, Refused) and failure.status in (404, 410), told, self._cure(failure))
            return True
        self.found("reachable", True, self.client.endpoint)
        if text.lstrip()[:1] == "<":
            self.found("robots.txt", True, "none (a web page came)")
            return True
        rules = RobotFileParser()
        rules.parse(text.splitlines())
        allowed = rules.can_fetch("hubwatch", self.client.url(path))
        told = f"{'allows' if allowed else 'forbids'} {urlsplit(path).path} to hubwatch"
        self.found("robots.txt", allowed, told, "do not schedule sweeps before the hub's operator has agreed")
        return True

    def token(self, accepted: bool | None) -> None:
        """Note what became of the token; None: there is none, or it was not tried."""
        if not self.client.has_token:
            withheld = [note for note in self.client.tally.notes if note == self.client.withheld]
            self.found("token", True, "; ".join(["none sent, asked anonymously", *withheld]))
        elif accepted is not None:
            self.found("token", accepted, "accepted" if accepted else "not accepted", "renew or unset it")

    def quota(self) -> None:
        """Note what the hub last said about its quota."""
        left, rate = self.client.tally.quota_left, self.client.own.rate
        told = self._quota or f"the hub announces no window; paced at {rate:g} request{'' if rate == 1 else 's'} a second"
        self.found("rate quota", left != 0, told, "wait until the window is over, or set a token")

    def unread(self) -> None:
        """Note the keys of the hub's records that hubwatch does not read."""
        found = self._unread.found()
        told = f"{len(found)}: " + "; ".join(one.told for one in found) if found else "none"
        self.found("keys not read", True, told)

    def save(self, folder: Path) -> list[Path]:
        """Write the JSON answers without persons, one file each; returns the files."""
        scrubber = Scrubber(HUBS[self.client.hub].record_keys)
        for page in self._pages.values():
            scrubber.meet(page)
        folder.mkdir(parents=True, exist_ok=True)
        files = {folder / f"{self.client.hub}-{name}.json": page for name, page in self._pages.items()}
        for path, page in files.items():
            path.write_text(json.dumps(scrubber.scrubbed(page), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return list(files)

    def _cure(self, failure: HubFailure) -> str:
        if isinstance(failure, Refused) and failure.status == 401:
            return "renew or unset the token" if self.client.has_token else "the hub wants a token now: set one"
        if isinstance(failure, Blocked):
            return "a wall or a proxy answers in the hub's place: look at the evidence, lower the rate, ask the hub's operator"
        if isinstance(failure, RateLimited):
            return "wait and examine again; lower the rate when it stays so"
        if isinstance(failure, Unreachable | TimedOut):
            return "examine again; when it stays so, check the network"
        return "look at the evidence; when the hub has changed, update hubwatch"
