"""Views that spare an analyst the traps: a day's leading source with its extent and health, labels of one policy, one row a listing.

They read reviewed facts, whose tables are empty until the first `classify`: `FACTS` makes those that are not there.
"""

from hubwatch.store.columns import View, columns

FACTS = (
    "create schema if not exists facts",
    """create table if not exists facts.organizations(
      organization varchar, country varchar, kind varchar, parent varchar, other_names varchar[])""",
    "create table if not exists facts.licenses(raw varchar, license varchar, class varchar)",
    "create table if not exists facts.country_groups(country varchar, name varchar, region varchar)",
    "create table if not exists facts.release_dates(hub varchar, model_id varchar, released_on date)",
    "create table if not exists facts.counting_rules(hub varchar, valid_from date, rule varchar, source varchar)",
    "create table if not exists facts.placeholder_times(hub varchar, moment varchar)",
    "create table if not exists facts.listed_systems(file varchar, line integer, system varchar, organizations varchar[])",
    "create table if not exists facts.policies(policy varchar, organization varchar, country varchar, kind varchar)",
)

LIST = "osai_2025-06-09.csv"  # of data/lists: what is read where no other list is named

# As in `--by origin` (statistics/sql/parts/01_words.sql); a test holds the two together.
_ADJECTIVES = {
    "CN": "Chinese", "US": "US", "FR": "French", "DE": "German", "GB": "British", "JP": "Japanese", "KR": "South Korean", "CA": "Canadian",
    "IL": "Israeli", "IN": "Indian", "SG": "Singaporean", "AE": "Emirati", "SA": "Saudi", "CH": "Swiss", "HK": "Hong Kong",
    "TW": "Taiwanese", "RU": "Russian", "IT": "Italian", "ES": "Spanish", "NL": "Dutch", "SE": "Swedish", "FI": "Finnish",
    "NO": "Norwegian", "DK": "Danish", "PL": "Polish", "AT": "Austrian", "BE": "Belgian", "AU": "Australian", "BR": "Brazilian",
    "VN": "Vietnamese", "ID": "Indonesian", "TH": "Thai", "TR": "Turkish", "UA": "Ukrainian", "INTL": "International",
}  # fmt: skip
_KINDS = {
    "big_tech": "Big Tech",
    "ai_tiger": "AI tigers",
    "company": "companies",
    "academic": "academia",
    "research_institute": "research institutes",
    "community": "communities",
    "individual": "individuals",
    "mirror": "mirrors",
}


def _words(column: str, words: dict[str, str]) -> str:
    cases = " ".join(f"when '{code}' then '{word}'" for code, word in words.items())
    return f"case {column} {cases} else {column} end"


_ORIGIN = f"coalesce({_words('country', _ADJECTIVES)} || ' ' || {_words('kind', _KINDS)}, 'unknown')"
_EVER = f"""(select *, {_ORIGIN} as origin from (select hub, namespace, organization, country, nullif(kind, 'unknown') as kind, valid_from, valid_to
   from origins where policy = 'six-tigers'))"""
_NOW = f"(from {_EVER} where valid_to is null)"
_FLAGGED = "(select distinct hub, model_id, day from flags where model_id <> '')"

_LABELLED = columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the listing
day | DATE | UTC date the observation is recorded for
source | VARCHAR | the day's leading source, of which this row is
extent | VARCHAR | what part of the hub that source covers: whole, head, window, selection; compare days of one extent only
complete | BOOLEAN | the source ended by itself and was not limited
health | VARCHAR | how far the day's counters can be trusted as a whole: ok, partial, stalled, catch_up, rolled_back, dipped
namespace | VARCHAR | the owner part of model_id
organization | VARCHAR | the organization behind the namespace, policy six-tigers; null when unknown
parent | VARCHAR | the organization that owns it; null where it has none
country | VARCHAR | the organization's home country, ISO 3166-1 alpha-2 or INTL; null when unknown
country_name | VARCHAR | that country in words
kind | VARCHAR | big_tech, ai_tiger, company, academic, ...; null when unknown
origin | VARCHAR | country and kind in words, such as Chinese Big Tech; unknown where either is
family | VARCHAR | model family by rule; null when none applies
license | VARCHAR | the license that held on the day
license_class | VARCHAR | its class; null when unknown
task | VARCHAR | main task, as of the day
library | VARCHAR | main library, as of the day
parameters | BIGINT | number of parameters as reported by the hub; null when not reported
created_at | TIMESTAMP | UTC instant of the repository's creation as reported by the hub
first_seen_on | DATE | first observed day
downloads_30d | BIGINT | downloads in the 30 days before; null when not reported
downloads_total | BIGINT | downloads since creation; null when not reported
likes | BIGINT | likes at that time; null when not reported
flagged | BOOLEAN | whether there is a reason to doubt one of these counters; see flags
""")

LABELLED = (
    View(
        "labelled",
        "one row a listing and day from the day's leading source, with extent, health, and labels under the policy six-tigers that held on the day",
        _LABELLED,
        f"""select l.hub, l.model_id, c.day, d.source, d.extent, d.complete, d.health, l.namespace, g.organization, parent, g.country,
 country_name, g.kind, coalesce(origin, 'unknown') as origin, family, a.license, license_class, task, library, parameters, created_at,
 l.first_seen_on, c.downloads_30d, c.downloads_total, c.likes, f.hub is not null as flagged
 from store.counters c join store.listing l using (listing_key)
 join days d on d.hub = l.hub and d.day = c.day and d.source = c.source
 left join store.attributes a on a.listing_key = c.listing_key and a.valid_from <= c.day and coalesce(a.valid_to > c.day, true)
 left join {_EVER} g on g.hub = l.hub and g.namespace = l.namespace
   and coalesce(g.valid_from <= c.day, true) and coalesce(g.valid_to > c.day, true)
 left join (select organization, min(parent) as parent from facts.organizations group by all) p on p.organization = g.organization
 left join (select country, min(name) as country_name from facts.country_groups group by all) n on n.country = g.country
 left join (select license, nullif(min(class), 'unknown') as license_class from facts.licenses group by all) t on t.license = a.license
 left join (select hub, model_id, family from model_listings) m on m.hub = l.hub and m.model_id = l.model_id
 left join {_FLAGGED} f on f.hub = l.hub and f.model_id = l.model_id and f.day = c.day""",
    ),
    View(
        "latest",
        "the rows of labelled on each hub's last complete day of its whole; where it has none, on its last complete day, else its last",
        _LABELLED,
        """select labelled.* from labelled semi join (select hub, day from days qualify row_number() over (partition by hub
   order by extent = 'whole' and complete and coalesce(health in ('ok', 'catch_up'), true) desc, complete and sweep = 'full' desc,
     complete desc, day desc) = 1) last
 on last.hub = labelled.hub and last.day = labelled.day""",
    ),
    View(
        "labelled_derivations",
        "which listing says it is made from which, both with their labels under the policy six-tigers as of now",
        columns("""
hub | VARCHAR | the hub
model_id | VARCHAR | the derived listing
created_at | TIMESTAMP | its creation, UTC, as reported by the hub
organization | VARCHAR | the organization behind it; null when unknown
country | VARCHAR | that organization's home country; null when unknown
origin | VARCHAR | country and kind in words; unknown where either is
family | VARCHAR | its family by rule; null when none applies
relation | VARCHAR | finetune, adapter, merge, quantized, another word of the hub, or unknown
base_model_id | VARCHAR | the listing that it says it is made from
base_listed | BOOLEAN | whether the hub lists that
base_organization | VARCHAR | the organization behind the base's namespace, also where the base is not listed
base_country | VARCHAR | that organization's home country
base_origin | VARCHAR | country and kind of the base in words; unknown where either is
base_family | VARCHAR | the base's family by rule, also where the base is not listed; null when none applies
root_model_id | VARCHAR | the end of the chain of bases
"""),
        f"""select r.hub, r.model_id, created_at, g.organization, g.country, coalesce(g.origin, 'unknown') as origin, m.family, relation,
 base_model_id, base.hub is not null as base_listed, b.organization as base_organization, b.country as base_country,
 coalesce(b.origin, 'unknown') as base_origin, coalesce(base_family, base.family) as base_family, root_model_id
 from derivations r
 left join (select hub, model_id, namespace, created_at from listings) l on l.hub = r.hub and l.model_id = r.model_id
 left join {_NOW} g on g.hub = r.hub and g.namespace = l.namespace
 left join (select hub, model_id, family from model_listings) m on m.hub = r.hub and m.model_id = r.model_id
 left join (select hub, model_id, family from model_listings) base on base.hub = r.hub and base.model_id = r.base_model_id
 left join {_NOW} b on b.hub = r.hub and b.namespace = split_part(r.base_model_id, '/', 1)""",
    ),
    View(
        "labelled_models",
        "the same thing across hubs, with the labels of its organization under the policy six-tigers",
        columns("""
model_key | VARCHAR | key of the model, as in models
name | VARCHAR | name of the model
organization | VARCHAR | the organization that released it; null when unknown
country | VARCHAR | that organization's home country; null when unknown
kind | VARCHAR | its kind; null when unknown
origin | VARCHAR | country and kind in words; unknown where either is
hubs | VARCHAR[] | hubs that list it, sorted
first_hub | VARCHAR | the hub with the earliest created_at
first_seen_at | TIMESTAMP | that instant, UTC
"""),
        f"""select model_key, name, models.organization, country, kind, coalesce(origin, 'unknown') as origin, hubs, first_hub, first_seen_at
 from models left join (select organization, min(country) as country, min(kind) as kind, min(origin) as origin from {_NOW}
   where organization is not null group by all) g on g.organization = models.organization""",
    ),
    View(
        "listed",
        "the list that listed_origin_share reads where you make no table or view of this name: the 141 systems of the European Open AI Index"
        " on 2025-06-09 (main-database@463ba045, CC-BY-4.0)",
        columns("""
subject | VARCHAR | its row in the list, and the system as printed; a row for each organization that it names
organization | VARCHAR | the organization
amount | INTEGER | 1 each
"""),
        f"""select line || ': ' || system as subject, unnest(organizations) as organization, 1 as amount
 from facts.listed_systems where file = 'lists/{LIST}'""",
    ),
)
