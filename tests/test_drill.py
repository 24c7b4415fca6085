"""Schedules of the fault drill that cost little; `make drill` runs a thousand."""

import pytest

from tests.drill.drilling import Drill
from tests.drill.schedules import scheduled

# Of one hub, whose folders are then made once; with what each comes to.
SEEDS = {
    67: "same",
    82: "same",
    203: "same",
    267: "same",
    335: "cured",
}


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Drill:
    folder = tmp_path_factory.mktemp("drill")
    for above in (folder, folder.parent, folder.parent.parent):
        above.chmod(0o755)  # a user without rights must reach it
    return Drill(folder)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plain_rerun_ends_in_the_same_tables_or_the_printed_command_does(drill: Drill, seed: int) -> None:
    verdict = drill.run(scheduled(seed))
    assert verdict.outcome == SEEDS[seed], verdict.told()


def test_a_seed_gives_one_schedule_and_seeds_give_every_accident() -> None:
    assert scheduled(17) == scheduled(17)
    every = [scheduled(seed) for seed in range(1000)]
    assert len({(one.command, one.before.kind) for one in every}) >= 100
    assert {met.kind for one in every for met in one.during} == {
        "kill",
        "die",
        "term",
        "midnight",
        "full",
        "nobody",
        "twins",
        "reader",
        "hub",
    }
