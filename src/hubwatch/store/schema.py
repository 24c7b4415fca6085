"""Every table and column once: type, unit, meaning. DDL and comments, the data dictionary inside the file, come from here (`columns.py`).

Three DuckDB schemas: `main` holds the public contract, `store` what it is made of (narrow counters each day,
attributes only when they change), `facts` the reviewed facts as loaded. Readers use `main`.
"""

from hubwatch.hubs import listed, sites
from hubwatch.store.columns import Table, View, columns
from hubwatch.store.labelled import FACTS as FACTS
from hubwatch.store.labelled import LABELLED
from hubwatch.store.sql import literal

_LISTING_IDENTITY = f"""
hub | VARCHAR | the hub, or the site of it that is kept apart: {listed(sites())}
model_id | VARCHAR | owner/name in the hub's exact case (with subgroups where a hub has them: group/subgroup/name)
namespace | VARCHAR | the owner part of model_id, up to the first /
name | VARCHAR | the part of model_id after the owner
"""

# What a hub says of a listing; a row is kept only when one of these changes.
ATTRIBUTES = columns("""
hub_key | VARCHAR | the hub's own immutable id of the repository, null where it gives none
title | VARCHAR | the name shown by the hub, in its own language
created_at | TIMESTAMP | UTC instant of the repository's creation by the hub's word; may precede its publication
modified_at | TIMESTAMP | UTC instant of the last change by the hub's word
license_raw | VARCHAR | the license as the hub spells it; several joined by a comma
license | VARCHAR | the license as an SPDX-like id in lower case; unknown spellings stay as they are
task | VARCHAR | main task in the shared vocabulary
library | VARCHAR | main library in the shared vocabulary
parameters | BIGINT | number of parameters as the hub counts them; null when it does not say
base_models | VARCHAR[] | model_ids on the same hub that this one says it is made from
base_relation | VARCHAR | how: finetune, adapter, merge, quantized, or another word of the hub; null when it does not say
gated | VARCHAR | the hub's word on access: false, auto, manual, true; null when it does not say
repo_kind | VARCHAR | model, or unknown where the hub does not tell models from data sets
parameters_note | VARCHAR | why parameters are unknown though the hub reports a number; null otherwise
base_revisions | VARCHAR[] | the revision of each of base_models, in their order, where the hub names one; null when it names none
tasks | VARCHAR[] | every task, as the hub writes it; null where a hub reports at most one
hub_type | VARCHAR | the hub's own word for what the model is, such as LoRA; null when not reported
visibility | VARCHAR | the hub's own word on who may see it; null when not reported
""")

COUNTERS = columns("""
downloads_30d | BIGINT | downloads in the 30 days before, the hub's own rolling figure; null when the hub has none
downloads_total | BIGINT | downloads since creation, cumulative; null when the hub does not say
likes | BIGINT | likes at that time; null when the hub does not say
""")

# A relation of these columns without rows: what a source does not name is null.
NO_LISTINGS = f"""select null::varchar as model_id, null::varchar as reason, null::varchar as passed_over,
  {", ".join(f"null::{c.type} as {c.name}" for c in (*ATTRIBUTES, *COUNTERS) if c.name != "license")} where false"""

STORE = (
    Table(
        "store.listing",
        "one row a listing: its key and when it was seen",
        columns(f"""
listing_key | INTEGER | internal number of the listing; not stable between databases
{_LISTING_IDENTITY.strip()}
first_seen_on | DATE | first observed day
last_seen_on | DATE | last observed day
last_listed_on | DATE | last day on which the hub listed it: the last observed one, or a later one whose record could not be read
"""),
    ),
    Table(
        "store.unread",
        "listings that a sweep lists with a record that could not be read (its text is in rejects): they are not gone",
        columns("""
hub | VARCHAR | the hub
day | DATE | UTC date of the sweep
source | VARCHAR | the sweep
model_id | VARCHAR | the listing
"""),
    ),
    Table(
        "store.attributes",
        "history of a listing's attributes: a row for each stretch of observed days with equal attributes",
        (
            *columns("""
listing_key | INTEGER | the listing
valid_from | DATE | first observed day of the stretch
valid_to | DATE | observed day on which they changed (exclusive); null for the stretch that holds now
"""),
            *ATTRIBUTES,
        ),
    ),
    Table(
        "store.overruled",
        "what a source states of a listing where another source of the day is followed; what is not here is in store.attributes",
        (
            *columns("""
listing_key | INTEGER | the listing
day | DATE | the day
source | VARCHAR | the source that is not followed, or not in all
"""),
            *ATTRIBUTES,
        ),
    ),
    Table(
        "store.counters",
        "counters of a listing on a day as one source gave them",
        (
            *columns("""
listing_key | INTEGER | the listing
day | DATE | UTC date the observation counts for
source | VARCHAR | full, head, new, owners, window-SINCE-UNTIL, or archive:NAME
superseded | BOOLEAN | true where a source of the day that leads this one has the listing, too
"""),
            *COUNTERS,
        ),
    ),
    Table(
        "store.departures",
        "for each day on which listings were listed last, the first later complete full sweep: the day they were gone",
        columns("""
hub | VARCHAR | the hub
last_listed_on | DATE | a day on which listings were listed last
gone_on | DATE | the first complete full sweep after it, if that saw all that the hub counts or a later one agrees
"""),
    ),
    Table(
        "store.repositories",
        "listings that a hub knows by the same key: one repository that was renamed; all others are listed once",
        columns("""
listing_key | INTEGER | the listing
repository | INTEGER | the least listing_key of the listings that are this repository
place | INTEGER | order of the listings of a repository by when they were seen last, from 1
is_last | BOOLEAN | the repository's last id, or one that the hub still lists
"""),
    ),
    Table(
        "store.other_ids",
        "ids by which listings name a base and which their hub lists otherwise: by a reviewed rename of the owner, or in another case",
        columns("""
hub | VARCHAR | the hub
named | VARCHAR | the id as listings name it
listed_as | VARCHAR | the id that the hub lists it under
"""),
    ),
    Table(
        "store.fingerprints",
        "keys and JSON types of the hub's records on a loaded day, to notice when the hub changes",
        columns("""
hub | VARCHAR | the hub
source | VARCHAR | the sweep
day | DATE | the day
key | VARCHAR | top-level key of the records
types | VARCHAR[] | JSON types it had, most frequent first
share | DOUBLE | share of sampled records that had the key, 0..1
is_read | BOOLEAN | whether hubwatch reads the key
example | VARCHAR | of a key that is not read: what it holds, without personal details
"""),
    ),
    Table(
        "store.steps",
        "what became of a source's counters from one of its days to the next, in figures that health is judged by",
        columns("""
hub | VARCHAR | the hub
source | VARCHAR | the source
day | DATE | the day
before | DATE | the source's day before it
earlier | DATE | the source's day before that; null where there is none
shared | BIGINT | listings of both days
larger | BIGINT | of these, the larger ones by what they are due between the days, at most 2,000, whose counters are not rounded
frozen | BIGINT | of the larger, those whose counter stands exactly as before
compared | BIGINT | listings with a counter of 100 and more
unchanged | BIGINT | of these, those whose counter stands exactly as before
counted | BIGINT | listings with a cumulative counter of 100 and more
fell | BIGINT | of these, those whose counter fell
flow | DOUBLE | downloads between the days: the sum of what cumulative counters rose by
usual | DOUBLE | downloads that the rolling counters of the day before lead to expect
rolling | BIGINT | of the larger, those with a rolling counter on both days
sunk | BIGINT | of these, those that lost more than the days between can take away, and a tenth
fell_quarter | BIGINT | of these, those that lost a quarter
rose_tenth | BIGINT | of these, those that gained a tenth
rose_third | BIGINT | of these, those that gained a third
sum_30d | DOUBLE | sum of downloads_30d over the shared listings
sum_total | DOUBLE | sum of downloads_total over the shared listings
unread_30d | DOUBLE | downloads_30d that listings had before whose counter or record cannot be read
unread_total | DOUBLE | downloads_total that such listings had before
"""),
    ),
    Table(
        "store.recoveries",
        "what the cumulative counters that fell at once lack on the days afterwards",
        columns("""
hub | VARCHAR | the hub
source | VARCHAR | the source
start | DATE | the day on which they fell
before | DATE | the source's day before it
day | DATE | the day, up to eight of the source
shortfall | DOUBLE | what the fallen counters lack, with what they would have gained since
"""),
    ),
    Table(
        "store.unmeasured",
        "days that were loaded, replaced or taken away since flags and health were last made",
        columns("""
hub | VARCHAR | the hub
day | DATE | the day
until | DATE | the first day after it whose flags stand; null: it is one day
"""),
    ),
    Table(
        "store.loaded",
        "from which saved pages each sweep was last loaded, or why it could not be: what is still to be loaded follows from it",
        columns("""
hub | VARCHAR | the hub
day | DATE | the day
source | VARCHAR | the sweep
pages | VARCHAR | hash over the sweep's state and the sizes of its segments
rules | VARCHAR | version of hubwatch that loaded it
fault | VARCHAR | why it could not be loaded; null when it was
"""),
    ),
    Table(
        "store.dropped",
        "days that were taken away on purpose (`hubwatch drop-day`) and not loaded again",
        columns("""
hub | VARCHAR | the hub
day | DATE | the day
source | VARCHAR | the sweep or archive
"""),
    ),
    Table(
        "store.flagged",
        "by which rules the flags were last made: by others, all days are looked at again",
        columns("""
rules | VARCHAR | hash of the rules, their constants included
"""),
    ),
    Table(
        "store.rises",
        "observations whose cumulative counter rose fivefold and by 1,000 or more: what is observed later decides whether they are flagged",
        columns("""
hub | VARCHAR | the hub
day | DATE | the day
listing_key | BIGINT | the listing
"""),
    ),
    Table(
        "store.migrations",
        "which changes of this schema the file has seen",
        columns("""
version | INTEGER | number of the migration
applied_at | TIMESTAMP | UTC instant
title | VARCHAR | what it changed
"""),
    ),
)

_SWEEP_FACTS = """
complete | BOOLEAN | the sweep ended by itself and was not limited
records | BIGINT | listings loaded
rejected | BIGINT | records that could not be read, or not in all; each is in rejects
part_read | BIGINT | of the rejected, those that are listings all the same, without what could not be read; null where none could be
rejected_30d | BIGINT | sum of downloads_30d of rejected records that are no listings, as far as it could be read
rejected_total | BIGINT | sum of downloads_total of such records
rejected_likes | BIGINT | sum of likes of such records
given_30d | BIGINT | listings loaded that have downloads_30d; null where they were not counted (loaded by an earlier hubwatch)
given_total | BIGINT | listings loaded that have downloads_total
given_likes | BIGINT | listings loaded that have likes
passed_over | BIGINT | records that are not public models, or of another owner than was asked for; the message says how many of what
duplicates | BIGINT | further records of a listing already in the sweep; settled by the newest
listed_total | BIGINT | listings that there are by the hub's word: its count of models, and beside them those of unknown kind; null when it does not count
started_at | TIMESTAMP | UTC instant of the first request
finished_at | TIMESTAMP | UTC instant of the last page
loaded_at | TIMESTAMP | UTC instant of loading; a backfill of the same pages that gives the same facts does not move it
content_hash | VARCHAR | hash over the day's facts, of an archive over its counters; the same facts give the same hash
message | VARCHAR | what was odd: dropped fields, fallback, what is missing
endpoint | VARCHAR | the address that was asked; null for archives and for days loaded before schema 2
extent | VARCHAR | what part of the hub the source covers: whole, head (by downloads, down to a floor), window (created within it), selection
extent_note | VARCHAR | the extent in words, where more is known of it; null otherwise
health | VARCHAR | ok, partial, stalled, catch_up, rolled_back, dipped: how far the counters can be trusted as a whole; null before `measure`
health_note | VARCHAR | the figures behind the health; null when there is nothing to report
"""

_SWEEP_COLUMNS = ", ".join(column.name for column in columns(_SWEEP_FACTS))

TABLES = (
    Table(
        "sweeps",
        "what was loaded of each hub, day and source; days shows the leading one",
        columns(f"""
hub | VARCHAR | the hub
day | DATE | UTC date the observations count for
source | VARCHAR | full, head, new, owners, window-SINCE-UNTIL, or archive:NAME
{_SWEEP_FACTS.strip()}
speaks | VARCHAR[] | attributes that the source states on this day; null: all of them
limited | BOOLEAN | the sweep was asked for so many records only (--limit); null for archives and for days loaded by an earlier hubwatch
"""),
    ),
    Table(
        "origins",
        "who stands behind a namespace, under each policy: one row, or one for each period where its owner changed. A day's label: "
        "join on hub and namespace where policy = 'six-tigers' and coalesce(valid_from <= day, true) and coalesce(day < valid_to, true)",
        columns("""
hub | VARCHAR | the hub
namespace | VARCHAR | the owner part of model_id
policy | VARCHAR | the named way to judge disputed kinds, described in facts.policy_meanings: six-tigers, osai, home-country, fortune-500
organization | VARCHAR | the body behind the namespace; null when unknown
country | VARCHAR | home of that body, ISO 3166-1 alpha-2, INTL for bodies without one, null when unknown
kind | VARCHAR | big_tech, ai_tiger, company, academic, research_institute, government, community, individual, mirror, unknown
confidence | DOUBLE | 0..1, how sure the judgement is
known_by | VARCHAR | fact, fact_other_hub, profile, rule, none
source | VARCHAR | where the judgement can be checked; also the name rule that keeps a namespace unknown
valid_from | DATE | first day on which this holds; null: from the beginning
valid_to | DATE | first day on which it no longer holds; null while it does
purpose | VARCHAR | testing where the namespace exists for automated tests, whose downloads are no adoption; else null
"""),
    ),
    Table(
        "organization_origins",
        "country and kind of every reviewed organization under each policy, units of others included",
        columns("""
organization | VARCHAR | the organization
policy | VARCHAR | the policy
country | VARCHAR | its country under that policy, ISO 3166-1 alpha-2 or INTL; null when unknown
kind | VARCHAR | its kind under that policy
source | VARCHAR | where the policy's word can be checked, null where it follows the review
"""),
    ),
    Table(
        "profiles",
        "what a hub's own profile page says of a namespace",
        columns("""
hub | VARCHAR | the hub
namespace | VARCHAR | the namespace
full_name | VARCHAR | the name shown
account_type | VARCHAR | organization or user
said_type | VARCHAR | the hub's own word for the type of account, as it came; null where it gives none
fetched_on | DATE | day of the request, or of the sweep whose records named it
"""),
    ),
    Table(
        "models",
        "the same thing across hubs",
        columns("""
model_key | VARCHAR | key of the model: the listing it is named after, as hub:model_id
name | VARCHAR | name of the model
organization | VARCHAR | the body that released it, policy six-tigers; null when unknown
first_hub | VARCHAR | the hub with the earliest created_at (the hubs' own word)
first_seen_at | TIMESTAMP | that instant, UTC
hubs | VARCHAR[] | hubs that list it, sorted
"""),
    ),
    Table(
        "model_listings",
        "which model a listing is, and how that is known",
        columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the listing
model_key | VARCHAR | the model
tier | VARCHAR | same_id, case, alias, mirror, name, or single when found on one hub only
evidence | VARCHAR | what the judgement rests on, in words
is_mirror | BOOLEAN | the listing re-hosts another body's model
family | VARCHAR | model family by rule; null when none applies
"""),
    ),
    Table(
        "derivations",
        "which listing says it is made from which",
        columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the derived listing
base_model_id | VARCHAR | the listing it is made from, by the id that its hub lists now (listings.base_models has the id as said); may be missing there
relation | VARCHAR | finetune, adapter, merge, quantized, another word of the hub, or unknown
root_model_id | VARCHAR | the end of the chain of bases; the first in order where chains split or run in a circle
depth | INTEGER | steps to the root
base_family | VARCHAR | family of the base by rule, also where its hub does not list it; null when none applies
root_family | VARCHAR | family of the root by rule, likewise
"""),
    ),
    Table(
        "flags",
        "machine-found reasons to doubt a number; the number itself stays",
        columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the listing; empty for a whole day
day | DATE | the day of the doubtful number
flag | VARCHAR | the reason's name
detail | VARCHAR | the figures behind it
"""),
    ),
    Table(
        "rejects",
        "records that could not be read",
        columns("""
hub | VARCHAR | the hub
day | DATE | the day
position | VARCHAR | partition, page and record in the kept pages of the sweep; of an archive its file and the place in it
source | VARCHAR | the sweep or archive
reason | VARCHAR | why
record | VARCHAR | the record as it came
model_id | VARCHAR | the listing that it is all the same, without what could not be read; null where it is none
"""),
    ),
    Table(
        "runs",
        "what was run, stage by stage",
        columns("""
run_id | VARCHAR | one run of one stage for one hub
stage | VARCHAR | collect, load, classify, link, measure, publish, backfill
hub | VARCHAR | the hub; null for stages over all
day | DATE | the day
started_at | TIMESTAMP | UTC instant
finished_at | TIMESTAMP | UTC instant
status | VARCHAR | done, incomplete, failed
message | VARCHAR | what was odd, in one line
requests | BIGINT | requests sent
retries | BIGINT | of these, repeated ones
bytes | BIGINT | bytes received
"""),
    ),
    Table(
        "statistics",
        "the definition of every statistic",
        columns("""
name | VARCHAR | name in snake_case
title | VARCHAR | in words
definition | VARCHAR | what a row means, numerator and denominator
unit | VARCHAR | unit of the value
window | VARCHAR | the time the value covers
sql | VARCHAR | the statements that make its table macro; call it as from NAME(hub := '...', ...)
"""),
    ),
)

_URL = f"""case hub {" ".join(f"when '{site.name}' then '{site.model_page}'" for site in sites().values())} end || model_id"""

# What part of a hub a sweep covers; an archive says it of itself, and one that does not is a selection.
_EXTENTS = {"full": "whole", "head": "head", "owners": "selection", "new": "window", "window": "window"}
_WIDEST_FIRST = ["whole", "head", "selection", "window"]
EXTENT = f"""coalesce(extent, case when starts_with(source, 'window-') then 'window'
 {" ".join(f"when source = '{source}' then '{extent}'" for source, extent in _EXTENTS.items())} else 'selection' end)"""

# Whether a complete sweep listed all that the hub counts.
SAW_ALL = "(listed_total is null or records + rejected - coalesce(part_read, 0) >= listed_total)"

# Which of a day's sources leads: the widest, then complete sweeps before archives before incomplete sweeps, then the one with more
# listings. A name decides nothing that shows: it comes after the hash of what the sources hold.
PRECEDENCE = f"""list_position({_WIDEST_FIRST}, {EXTENT}),
 case when complete then 0 when starts_with(source, 'archive:') then 1 else 2 end, records desc nulls last, content_hash, source"""


def extent_of(source: str) -> str:
    """The extent of a sweep by its name; of an archive that says nothing, `selection`."""
    return _EXTENTS.get("window" if source.startswith("window-") else source, "selection")


def precedence(source: str) -> int:
    """The order of extents for Python, of sweeps that are all complete or all not: 1 leads."""
    return _WIDEST_FIRST.index(extent_of(source)) + 1


# Grouped though each row is one group: over a join with the bare table, while that is empty, DuckDB 2.0.0 takes sums for one-byte
# integers in some orders of joins, and a reader's query fails.
_DEPARTURES = "(select hub, last_listed_on, max(gone_on) as gone_on from store.departures group by all)"

# What a listing is: the hub's own words first, then its library, then its name. No rule is sure of what none of them says.
_ADAPTER_NAME = r"(^|[-_. ])(q?lora|lycoris|locon|dora|adapters?)([-_. ]|$)"
_ADAPTED_NAME = r"(^|[-_. ])(merged?|fused|(with|via|from)[-_ ](q?lora|adapters?))([-_. ]|$)"  # an adapter that is part of a model now
_QUANTIZED_NAME = (
    r"(^|[-_. ])(gguf|ggml|gptq|awq|exl2|exl3|mlx|bnb|hqq|aqlm|auto-?round|nf4|fp8|nvfp4|mxfp4|int4|int8|[2-8]-?bit|w[48]a(8|16)|q[2-8]_[0k][a-z_]*)"
    r"([-_. ]|$)"
)
# What was trained after it was quantized.
_TRAINED_NAME = r"^ft[-_]|(bit|bnb|nf4|fp8|int[48])[-_. ](.*[-_. ])?(sft|dpo|grpo|orpo|kto|ppo|rlhf|ft|fine-?tuned?|merged?|[0-9]{6,}|[0-9]*steps)([-_. ]|$)"
_MERGE_NAME = r"(^|[-_. ])(mergekit|slerp|model[-_]?stock|dare[-_]?ties|task[-_]arithmetic)([-_. ]|$)"
FORM = f"""case when repo_kind is distinct from 'model' then null
 when lower(base_relation) in ('adapter', 'quantized', 'merge', 'finetune')
   then {{'form': lower(base_relation), 'ground': 'the hub reports the relation ' || base_relation}}
 when lower(hub_type) in ('lora', 'lycoris', 'locon', 'adapter', 'controlnet')
   then {{'form': 'adapter', 'ground': 'the hub reports the type ' || hub_type}}
 when lower(library) in ('peft', 'lora', 'adapter-transformers') then {{'form': 'adapter', 'ground': 'library ' || library}}
 when lower(library) in ('gguf', 'ggml', 'mlx', 'exllamav2', 'llama.cpp', 'gptq', 'awq') then {{'form': 'quantized', 'ground': 'library ' || library}}
 when lower(library) in ('mergekit') then {{'form': 'merge', 'ground': 'library ' || library}}
 when regexp_matches(lower(name), '{_ADAPTER_NAME}') and not regexp_matches(lower(name), '{_ADAPTED_NAME}')
   then {{'form': 'adapter', 'ground': 'its name'}}
 when regexp_matches(lower(name), '{_QUANTIZED_NAME}') and not regexp_matches(lower(name), '{_TRAINED_NAME}')
   then {{'form': 'quantized', 'ground': 'its name'}}
 when regexp_matches(lower(name), '{_MERGE_NAME}') then {{'form': 'merge', 'ground': 'its name'}}
 else {{'form': 'model', 'ground': 'nothing reports otherwise'}} end"""

_HUBS = ", ".join(
    f"({literal(site.name)}, {literal(site.title)}, {literal(site.title_zh)}, {rank}, {literal(site.is_chinese)}, {literal(site.address)})"
    for rank, site in enumerate(sites().values(), 1)
)

VIEWS = (
    View(
        "hubs",
        "the hubs that this version knows, and their sites that are kept apart",
        columns("""
hub | VARCHAR | the name under which its rows are kept
title | VARCHAR | its name in words
title_zh | VARCHAR | its name in Chinese
rank | INTEGER | 1 for the hub that is preferred where several know the same model
is_chinese | BOOLEAN | whether it is a site for readers in China
address | VARCHAR | where it is
"""),
        f"select * from (values {_HUBS}) hubs(hub, title, title_zh, rank, is_chinese, address)",
    ),
    View(
        "listings",
        "one model on one hub as last observed",
        (
            *columns(_LISTING_IDENTITY),
            *ATTRIBUTES[1:],
            *columns("""
first_seen_on | DATE | first observed day
last_seen_on | DATE | last observed day
gone_on | DATE | day of the first complete full sweep without it, if that saw all that the hub counts or a later one agrees; null while listed
url | VARCHAR | its page on the hub
form | VARCHAR | model, finetune, adapter, quantized or merge, as far as the hub's words, library and name show; null for unknown kinds of repository
form_ground | VARCHAR | what form rests on; how far library and name can be trusted is measured in docs/cookbook.md
hub_key | VARCHAR | the hub's own immutable id of the repository
listing_key | INTEGER | internal number, joins store.counters and store.attributes
"""),
        ),
        f"""select hub, model_id, namespace, name, {", ".join(f"a.{c.name}" for c in ATTRIBUTES[1:])},
 first_seen_on, last_seen_on, gone_on, {_URL} as url, ({FORM}).form as form, ({FORM}).ground as form_ground, a.hub_key, listing_key
 from store.listing left join (select * from store.attributes where valid_to is null) a using (listing_key)
 left join {_DEPARTURES} using (hub, last_listed_on)""",
    ),
    View(
        "observations",
        "counters of a listing on a day, from the leading one of the sources that have it",
        (
            *columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the listing
day | DATE | UTC date the observation counts for
"""),
            *COUNTERS,
            *columns("""
source | VARCHAR | the sweep or archive it comes from
listing_key | INTEGER | internal number of the listing
"""),
        ),
        f"""select hub, model_id, day, {", ".join(c.name for c in COUNTERS)}, source, listing_key
 from store.counters join (select listing_key, hub, model_id from store.listing) using (listing_key) where not superseded""",
    ),
    View(
        "all_observations",
        "counters of a listing on a day from every source that knows them; superseded ones stay visible here",
        (
            *columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the listing
day | DATE | UTC date the observation counts for
source | VARCHAR | the sweep or archive it comes from
superseded | BOOLEAN | true where observations shows another source
"""),
            *COUNTERS,
        ),
        f"""select hub, model_id, day, source, superseded, {", ".join(c.name for c in COUNTERS)}
 from store.counters join (select listing_key, hub, model_id from store.listing) using (listing_key)""",
    ),
    View(
        "days",
        "what is known of each hub on each day: the leading source",
        columns(f"""
hub | VARCHAR | the hub
day | DATE | UTC date the observations count for
sweep | VARCHAR | as source
{_SWEEP_FACTS.strip()}
source | VARCHAR | the source that leads: the widest, then the complete, then the one with more listings
others | VARCHAR[] | further sources of the day, by precedence; null where there are none
"""),
        f"""select hub, day, source as sweep, {_SWEEP_COLUMNS.replace(", extent,", f", {EXTENT} as extent,")}, source,
 list(source) over (partition by hub, day order by {PRECEDENCE} rows between 1 following and unbounded following) as others
 from sweeps qualify row_number() over (partition by hub, day order by {PRECEDENCE}) = 1""",
    ),
    *LABELLED,
)


def comments() -> list[str]:
    """`COMMENT ON` statements for every table, view and column."""
    return [said for relation in (*STORE, *TABLES, *VIEWS) for said in relation.comments()]
