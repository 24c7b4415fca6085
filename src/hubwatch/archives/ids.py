"""Which models rows are of: one id where a hub takes several spellings for one, and none that is a data set's."""

import re

import duckdb

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import DayFailure
from hubwatch.hubs import hub_of, sites

_OTHER_KIND = re.compile(r"(?i)(?<![a-z])(datasets|spaces)(?![a-z])")
KIND_NAMES = ("repo_type", "repotype", "repo_kind", "type", "kind", "resource_type", "entity_type", "item_type", "asset_type")
OTHER_KINDS = {"dataset", "datasets", "data set", "space", "spaces"}
_MODELS = re.compile(r"(?i)(?<![a-z])models?(?![a-z])")


def kind_in(name: str) -> str | None:
    """`datasets` or `spaces` where a name says that, and not models."""
    found = _OTHER_KIND.search(name)
    return found[1].lower() if found and not _MODELS.search(name) else None


def refuse_other_kinds(mapping: Mapping, name: str) -> None:
    """`DayFailure` for a file whose name, or the key of whose records, says that they are data sets or Spaces."""
    if mapping.rows == "models":
        return
    own = "/".join(name.split("/")[-1:] if "://" not in name else name.split("/")[3:])
    for said in (own, mapping.records or ""):
        if kind := kind_in(said):
            raise DayFailure(
                f'{name}: is of {kind}, by "{said}", and only models are loaded; if its rows are models, say rows = "models" in the mapping'
            )


def fold_spellings(con: duckdb.DuckDBPyConnection) -> None:
    """Give the rows of a listing that is spelled in several cases one id: the one held, else the one with most downloads.

    On a hub to which they are the same, they would else be several listings and count several times.
    """
    con.execute("drop table if exists spelled")
    con.execute(
        """create temp table spelled as
           with own as (select hub, model_id, max(coalesce(downloads_30d, downloads_total, likes, 0)) as counted from archive_rows
             where reason is null and hub in (select unnest(?::varchar[])) group by all),
           known as (select hub, model_id from store.listing semi join (select distinct hub, lower(model_id) as folded from own) o
             on listing.hub = o.hub and lower(listing.model_id) = o.folded),
           ranked as (select hub, lower(model_id) as folded, model_id,
               row_number() over (partition by hub, lower(model_id) order by is_held desc, counted desc, model_id) as rank,
               count(distinct model_id) over (partition by hub, lower(model_id)) as spellings
             from (select hub, model_id, counted, (hub, model_id) in (select (hub, model_id) from known) as is_held from own
               union all select hub, model_id, 0, true from known anti join own using (hub, model_id)))
           select hub, folded, model_id as chosen from ranked where rank = 1 and spellings > 1""",
        [[name for name in sites() if hub_of(name).is_case_blind]],
    )
    con.execute(
        """update archive_rows set model_id = chosen from spelled
           where archive_rows.hub = spelled.hub and lower(archive_rows.model_id) = folded and archive_rows.model_id <> chosen"""
    )
