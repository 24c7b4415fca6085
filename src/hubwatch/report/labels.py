"""Versions of what is judged of a hub's listings: of their accounts, their families, and which of them are one model."""

from datetime import date

import duckdb


class Labels:
    """Versions of the labels that held on a day: a new account, or a label valid later, changes nothing of an earlier day."""

    def __init__(self, con: duckdb.DuckDBPyConnection, policy: str) -> None:
        self.con, self.policy = con, policy
        self._of_hub: dict[tuple[str, str], list[tuple[date | None, date | None, date | None, int]]] = {}

    def on(self, hub: str, day: date, by: str) -> str:
        """Differs where any label of the hub's accounts of that day does, or which of its listings are one model; by family also where a family does."""
        names = ["family", "origin", "link"] if by == "family" else ["origin", "link"]
        return " ".join(str(self._sum(hub, name, day)) for name in names)

    def _sum(self, hub: str, name: str, day: date) -> int:
        if (hub, name) not in self._of_hub:
            asked = {"hub": hub, "policy": self.policy} if name == "origin" else {"hub": hub}
            self._of_hub[hub, name] = self.con.execute(_LABELS[name], asked).fetchall()
        return sum(
            part
            for seen, since, until, part in self._of_hub[hub, name]
            if (seen is None or seen <= day) and (since is None or since <= day) and (until is None or day < until)
        )


_LABELS = {
    "origin": """
        select first_seen, valid_from, valid_to, sum(hash(namespace, organization, country, kind))::hugeint
        from origins join (select namespace, min(first_seen_on) as first_seen from store.listing where hub = $hub group by namespace) using (namespace)
        where hub = $hub and policy = $policy group by all""",
    "family": """
        select first_seen_on, null::date, null::date, sum(hash(model_id, family))::hugeint
        from store.listing join (select model_id, family from model_listings where hub = $hub and family is not null) using (model_id)
        where hub = $hub group by all""",
    # Each listing with the one before it of the same model: that there is another is news only since both were seen.
    "link": """
        select first_seen_on, null::date, null::date, sum(hash(model_id, before, is_mirror, was_mirror))::hugeint from (
          select first_seen_on, model_id, is_mirror, lag(model_id) over same as before, lag(is_mirror) over same as was_mirror
          from store.listing join (select model_id, model_key, is_mirror from model_listings where hub = $hub and tier <> 'single') using (model_id)
          where hub = $hub window same as (partition by model_key order by first_seen_on, model_id)
        ) where before is not null group by all""",
}
