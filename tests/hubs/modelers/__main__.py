"""hubwatch with a fourth hub: its name in `HUBS`, and nothing else."""

from hubwatch.hubs import HUBS
from tests.hubs.modelers import HUB

HUBS[HUB.name] = HUB

if __name__ == "__main__":
    from hubwatch.cli.app import main

    main()
