"""How the classifier does on published labels, forms on reported relations, and the linker on published pairs: `make score`. Every error is listed.

The labels are those of `shared/real/orgs/labels.csv` (namespaces with country and kind, from several indexes). A label that its own
sources dispute (`a|b`) counts as right when we say any of its sides. Some rows say of themselves that they describe the makers of
a model and not the account it lies in; we judge accounts, so the shares are given without those rows too. What the tool is judged on
is another half of such labels.
"""

import csv
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from hubwatch.classify import origins as classify
from hubwatch.facts.reader import load_facts
from hubwatch.store import warehouse as store

SHARED = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[3] / "shared")

OF_THE_MAKERS = "label describes the model's makers, not the account"

LABELLED_ON = date(2025, 9, 30)  # most of the labels' sources are of that summer: what changed hands since is no error of theirs

SAME = {"individual_or_unaffiliated": "individual", "Philippines": "PH"}  # the labels' own spellings of what we call otherwise


def labels() -> list[dict[str, str]]:
    with (SHARED / "real/orgs/labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def score(say: Callable[[str], object]) -> tuple[float, float, float]:
    """Share of labelled namespaces given an origin; of those, shares right in country and in kind."""
    rows = labels()
    with tempfile.TemporaryDirectory() as folder:
        con = store.open_warehouse(Path(folder))
        con.executemany(
            "insert into store.listing values (?, ?, ?, ?, 'm', '2026-01-01', '2026-01-01', '2026-01-01')",
            [[number, row["hub"], f"{row['namespace']}/m", row["namespace"]] for number, row in enumerate(rows, 1)],
        )
        classify.classify(con, load_facts())
        found = con.execute(
            "select hub, namespace, organization, country, kind, known_by from origins where policy = 'six-tigers' "
            "and coalesce(valid_from <= $day, true) and coalesce($day < valid_to, true)",
            {"day": LABELLED_ON},
        ).fetchall()
        con.close()
    judged = {(hub, namespace): rest for hub, namespace, *rest in found}
    given = 0
    right = {"country": [0, 0], "kind": [0, 0]}
    of_accounts = {"country": [0, 0], "kind": [0, 0]}
    for row in rows:
        organization, country, kind, known_by = judged[row["hub"], row["namespace"]]
        given += kind != "unknown"
        for what, said, label, dispute in (
            ("country", country, row["country"], row["country_conflict"]),
            ("kind", kind, row["category"], row["category_conflict"]),
        ):
            if not label or kind == "unknown":
                continue
            is_right = said in {SAME.get(side, side) for side in (label, *dispute.split("|"))} - {""}
            for counts in (right, of_accounts) if OF_THE_MAKERS not in row["account_note"] else (right,):
                counts[what][0] += is_right
                counts[what][1] += 1
            if not is_right:
                say(f"  {row['hub']} {row['namespace']}: {what} {said}, labelled {label} ({organization}, known by {known_by})")
        if kind == "unknown":
            say(f"  {row['hub']} {row['namespace']}: no origin ({row['org_name'] or 'no name'})")
    share_given = given / len(rows)
    country, kind_right = (good / max(all_, 1) for good, all_ in right.values())
    say(f"labels: {len(rows)} namespaces, given an origin {share_given:.1%}, country right {country:.1%}, kind right {kind_right:.1%}")
    accounts = ", ".join(f"{what} right {good / max(all_, 1):.1%} of {all_}" for what, (good, all_) in of_accounts.items())
    say(f"        without labels that describe a model's makers and not the account: {accounts}")
    return share_given, country, kind_right


if __name__ == "__main__":
    if not SHARED.is_dir():
        sys.exit("no shared labels here; set HUBWATCH_SHARED to where they are")
    score(lambda line: sys.stdout.write(line + "\n"))
    from tests.bench import score_form, score_link

    score_form.score(lambda line: sys.stdout.write(line + "\n"))
    score_link.main()
