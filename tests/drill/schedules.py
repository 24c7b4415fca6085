"""A seed -> one schedule: a hub, a command, and what goes wrong before and during it. The same seed gives the same schedule."""

import random
from dataclasses import dataclass, field

from tests.drill.world import ROWS, STATES

# Weights: what a machine meets most, most often.
COMMANDS = {"collect": 6, "run": 5, "build": 6, "load": 2, "classify": 1, "measure": 2, "publish": 4, "backfill": 2, "prune": 1}
DURING = {
    "kill": 8,  # SIGKILL at a step
    "die": 4,  # death after so much time of the processor, wherever that is
    "term": 4,  # SIGTERM at a step
    "midnight": 2,  # the clock jumps to the next day at a step
    "full": 3,  # no file can grow beyond a size
    "nobody": 1,  # the folder cannot be written to
    "twins": 3,  # the same command twice at once
    "reader": 2,  # somebody holds the published file open all the time
    "hub": 6,  # faults of the hub
}
BEFORE = {
    "none": 10,
    "page-torn": 2,
    "page-flipped": 2,
    "state-torn": 2,
    "state-gone": 1,
    "warehouse-flipped": 2,
    "warehouse-torn": 2,
    "warehouse-gone": 1,
    "published-flipped": 2,
    "published-torn": 2,
    "published-gone": 1,
    "runs-torn": 1,
    "strays": 1,
}
# Faults of a hub that do not change what a whole page says, with how long each lasts.
_BROKEN = ("503", "502", "500", "429", "429-granular", "retry-after", "reset", "cut-short", "truncated", "stall", "silent")
HUB_FAULTS = (*_BROKEN, "html", "html-403", "html-503", "empty", "soft-error")


@dataclass(frozen=True)
class Accident:
    """One thing that goes wrong; `at` is where: a share of steps, time, or bytes."""

    kind: str
    at: float
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """What is done to one folder: damage before the command, then the command once for each accident during it."""

    seed: int
    hub: str
    command: str
    before: Accident
    during: tuple[Accident, ...] = field(default=())

    def told(self) -> str:
        """The schedule in one line."""
        met = [f"{one.kind}@{one.at:.3f}{' ' + ','.join(one.faults) if one.faults else ''}" for one in (self.before, *self.during)]
        return f"seed {self.seed}: {self.hub} {self.command}: {'; '.join(met)}"


def scheduled(seed: int) -> Schedule:
    """The schedule of a seed."""
    dice = random.Random(seed)
    hub, command = dice.choice(sorted(ROWS)), _pick(dice, COMMANDS)
    assert command in STATES
    before = Accident(_pick(dice, BEFORE), dice.random())
    asks = command in ("collect", "run")
    possible = {kind: weight for kind, weight in DURING.items() if asks or kind != "hub"}
    count = dice.choice((1, 1, 1, 2, 3))
    during = tuple(_accident(dice, hub, _pick(dice, possible)) for _ in range(count))
    return Schedule(seed, hub, command, before, during)


def _accident(dice: random.Random, hub: str, kind: str) -> Accident:
    at = dice.random()
    return Accident(kind, at, tuple(_fault(dice, hub) for _ in range(dice.choice((1, 1, 2)))) if kind == "hub" else ())


def _fault(dice: random.Random, hub: str) -> str:
    first = dice.randrange(1, 7)
    last = dice.choice((first, first + 1, first + 3))
    return f"{hub}:{dice.choice(HUB_FAULTS)}@{first}-{last}"


def _pick(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
