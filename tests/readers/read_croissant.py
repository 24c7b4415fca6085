"""Read an export with mlcroissant, in the environment of `make croissant`: its complaints, and the rows of each record set, as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import mlcroissant  # type: ignore[import-not-found, unused-ignore]


def main(folder: Path) -> None:
    dataset: Any = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    rows = {one.uuid: sum(1 for _ in dataset.records(record_set=one.uuid)) for one in dataset.metadata.record_sets}
    sys.stdout.write(json.dumps({"complaints": sorted({*issues.errors, *issues.warnings}), "rows": rows}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
