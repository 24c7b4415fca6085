"""Listings -> models: which listings on which hubs are one model, on what evidence; and which listing is made from which.

`link(con)` replaces the tables `models`, `model_listings` and `derivations`; `explain(con, hub, model_id)` says why.
"""

from datetime import datetime
from importlib.resources import files

import duckdb
from pydantic import BaseModel, Field

from hubwatch.errors import NoSuchListing
from hubwatch.hubs import sites
from hubwatch.link.bases import derive
from hubwatch.link.families import make_family_macros
from hubwatch.store import transaction

_STEPS = ("bodies.sql", "copies.sql", "models.sql", "former_ids.sql")
_TEMPORARY = """present present_namespaces organization_roots renames known_namespaces body_spellings lone_spellings bodies
 shared_listings meeting anchored standing_keys mirrors shortened likely originals candidate_downloads candidates chosen reuploads
 stand_ins copies tied linked linked_models moved_ids former_ids families_found derived base_families famous_organizations"""

# A base that its hub does not list has no model; its family follows from the owner's organization and its name all the same.
_BASE_FAMILIES = """create or replace temp table base_families as
with named as (select hub, base_model_id as model_id from derived union select hub, root_model_id from derived)
select hub, model_id, family from named join model_listings using (hub, model_id)
union all
select hub, model_id, family_of(organization, name) as family
from (select hub, model_id, split_part(model_id, '/', 1) as namespace, split_part(model_id, '/', -1) as name
  from named anti join model_listings using (hub, model_id))
left join (select hub, namespace, organization from origins where policy = 'six-tigers' and valid_to is null) using (hub, namespace)"""


class LinkResult(BaseModel):
    """What linking found, in counts."""

    listings: int
    models: int
    on_several_hubs: int = Field(description="models listed on more than one hub")
    mirrors: int = Field(description="listings that re-host another body's model")
    derivations: int


def link(con: duckdb.DuckDBPyConnection) -> LinkResult:
    """Replace `models`, `model_listings`, `derivations` and `store.other_ids` by what the listings, origins and facts say; counts of it.

    The connection must hold the public schema and staged facts, and no open transaction. The same facts give the same
    rows, in whatever order the listings lie.
    """
    make_family_macros(con)
    con.execute("set variable hubs = ?::varchar[]", [list(sites())])
    for step in _STEPS:
        con.execute(files("hubwatch.link").joinpath(step).read_text("utf-8"))
    derive(con)
    with transaction(con):
        con.execute("delete from models; delete from model_listings; delete from derivations; delete from store.other_ids")
        con.execute("""insert into store.other_ids by name
            select hub, model_id as named, listed_as from former_ids anti join moved_ids using (hub, model_id)""")
        con.execute("""insert into models by name
            select model_key, name, organization, first_hub, first_seen_at, hubs from all_models""")
        con.execute("""insert into model_listings by name
            select all_listings.*, family from all_listings left join families_found using (model_key)""")
        con.execute(_BASE_FAMILIES)
        con.execute("""insert into derivations by name
            select derived.hub, derived.model_id, base_model_id, relation, root_model_id, depth,
              base.family as base_family, root.family as root_family
            from derived left join base_families base on base.hub = derived.hub and base.model_id = base_model_id
            left join base_families root on root.hub = derived.hub and root.model_id = root_model_id""")
    for table in _TEMPORARY.split():
        con.execute(f"drop table if exists temp.{table}")
    return _counts(con)


def _counts(con: duckdb.DuckDBPyConnection) -> LinkResult:
    row = con.execute("""select (select count(*) from model_listings), count(*), count(*) filter (len(hubs) > 1),
        (select count(*) from model_listings where is_mirror), (select count(*) from derivations) from models""").fetchone()
    assert row is not None
    return LinkResult(listings=row[0], models=row[1], on_several_hubs=row[2], mirrors=row[3], derivations=row[4])


# --- why ---


class LinkedListing(BaseModel):
    """One listing of a model, and on what ground it is one."""

    hub: str
    model_id: str
    tier: str
    evidence: str
    is_mirror: bool
    family: str | None


class Explanation(BaseModel):
    """A model with all its listings, the one it is named after first."""

    model_key: str
    name: str
    organization: str | None
    first_hub: str | None
    first_seen_at: datetime | None = Field(description="earliest created_at of its listings, UTC, by the hubs' own word")
    hubs: list[str]
    listings: list[LinkedListing]


def explain(con: duckdb.DuckDBPyConnection, hub: str, model_id: str) -> Explanation:
    """The model that this listing is, with every listing of it and the evidence for each; `NoSuchListing` when unknown."""
    found = con.execute(
        """select model_key, name, organization, first_hub, first_seen_at, hubs from models
        semi join (select model_key from model_listings where hub = ? and model_id = ?) asked using (model_key)""",
        [hub, model_id],
    ).fetchone()
    if found is None:
        raise NoSuchListing(f"{hub} lists no {model_id} here{_hint(con, model_id, hub)}")
    rows = con.execute(
        """select hub, model_id, tier, evidence, is_mirror, family from model_listings where model_key = ?
        order by hub || ':' || model_id <> model_key, is_mirror, hub, model_id""",
        [found[0]],
    )
    listings = [LinkedListing(**dict(zip(LinkedListing.model_fields, row, strict=True))) for row in rows.fetchall()]
    return Explanation(**dict(zip(Explanation.model_fields, (*found, listings), strict=True)))


def explain_id(con: duckdb.DuckDBPyConnection, model_id: str, hub: str | None = None) -> list[Explanation]:
    """The models that this id is on the hubs that list it (or on `hub` alone): one where it is the same on all of them.

    An id that nobody lists is a `NoSuchListing` that names the nearest ones.
    """
    if hub is not None:
        return [explain(con, hub, model_id)]
    found: dict[str, Explanation] = {}
    for (one,) in con.execute("select hub from model_listings where model_id = ? order by hub", [model_id]).fetchall():
        model = explain(con, one, model_id)
        found.setdefault(model.model_key, model)
    if found:
        return list(found.values())
    raise NoSuchListing(f"no hub lists {model_id} here{_hint(con, model_id)}")


def _hint(con: duckdb.DuckDBPyConnection, model_id: str, hub: str | None = None) -> str:
    """Listings of the same name, in whatever case and of whichever owner, else those written most like it."""
    alike = con.execute(
        """with asked as (
             select model_id, lower(split_part(model_id, '/', -1)) = lower(split_part($asked, '/', -1)) as is_named_so,
               jaro_winkler_similarity(lower(model_id), lower($asked)) as likeness
             from (select distinct model_id from model_listings where $hub is null or hub = $hub)
           )
           select model_id from asked where is_named_so or likeness >= 0.9
           qualify likeness = 1 or max(likeness) over () < 1
           order by is_named_so desc, likeness desc, model_id limit 5""",
        {"asked": model_id, "hub": hub},
    ).fetchall()
    return f"; did you mean {' or '.join(name for (name,) in alike)}?" if alike else ": give OWNER/NAME as the hub writes it"
