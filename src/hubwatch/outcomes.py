"""What a stage or a run did, hub by hub: for the command line, for flows, and as JSON."""

from datetime import date

from pydantic import BaseModel, Field


class HubResult(BaseModel):
    """What a run did for one hub."""

    complete: bool = False
    records: int = Field(default=0, description="listings loaded")
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    message: str = ""
    failed: bool = Field(default=False, exclude=True)
    limited: bool = Field(default=False, exclude=True)
    unsent: bool = Field(default=False, exclude=True, description="some of its pages are on this machine alone, not in HUBWATCH_PAGES yet")
    busy: bool = Field(default=False, exclude=True, description="another process is at work on this hub")

    @property
    def as_asked(self) -> bool:
        """Whether the hub gave what was asked for, everything or as much as `--limit` wanted, and it is where it should be."""
        return not self.failed and not self.unsent and (self.complete or self.limited)


class HubResults(BaseModel):
    """What a stage did, hub by hub, machine-readable."""

    hubs: dict[str, HubResult]


class RunResult(BaseModel):
    """What a run did, machine-readable (`run --json`)."""

    day: date
    hubs: dict[str, HubResult]
    published: str | None = None


class KeptResult(HubResult):
    """What loading one kept sweep gave."""

    hub: str
    day: date
    sweep: str

    def told(self) -> str:
        """The sweep in one line."""
        state = "failed" if self.failed else f"{self.records} records{'' if self.complete else ', incomplete'}"
        return f"{self.hub} {self.day} {self.sweep}: {state}" + (f": {self.message}" if self.message else "")


class BuildResult(BaseModel):
    """What a build loaded, oldest day first, and where it published."""

    loaded: list[KeptResult]
    published: str
    refused: list[str] = Field(
        default=[], description="sweeps that failed in an earlier build and whose pages are as they were, one line each"
    )

    @property
    def shortfall(self) -> str:
        """What failed or is incomplete, in one line; empty when all is as asked."""
        short = [sweep for sweep in self.loaded if not sweep.as_asked]
        return "; ".join(f"{sweep.hub} {sweep.day} {sweep.sweep}: {shortfall(sweep)}" for sweep in short)


def shortfall(result: HubResult) -> str:
    """Why a result is not as asked, in one line; empty when it is."""
    if result.as_asked:
        return ""
    return f"{'failed' if result.failed else 'incomplete'}: {' '.join(result.message.split()) or 'the hub said no reason'}"
