-- Who stands behind each namespace of `judged_namespaces`(hub, namespace): in `judged_origins` one row per policy, and more than one
-- where its owner changed, each with the days for which it holds.
-- Asked in this order, the first answer holds: reviewed fact, the same name's fact on another hub, the hub's own
-- profile, what the name alone says, nothing. Inputs beside it: schema `facts`, `judged_profiles`,
-- and `name_claims`(text, rule, kind, country, confidence, source): what the name rules say of a text.

-- statement: fold: spellings that differ only by case, accents, spaces and punctuation are one
CREATE OR REPLACE TEMP MACRO fold(spelling) AS regexp_replace(lower(strip_accents(nfc_normalize(spelling))), '[^\p{L}\p{N}]+', '', 'g');

-- statement: ancestry: every organization with itself (distance 0) and all it belongs to
CREATE OR REPLACE TEMP TABLE ancestry AS
WITH RECURSIVE up AS (
    SELECT organization, organization AS ancestor, 0 AS distance FROM facts.organizations
    UNION ALL
    SELECT up.organization, parents.parent, distance + 1
    FROM up JOIN facts.organizations AS parents ON parents.organization = up.ancestor
    WHERE parents.parent IS NOT NULL
)
FROM up;

-- statement: policies: country and kind of every organization under every policy
-- A policy re-judges a country or kind: a child that differs from the re-judged parent there keeps its own word. A policy may also
-- have no use for a kind (`instead`): who has it by the review alone is of another kind there.
CREATE OR REPLACE TEMP TABLE judged_organizations AS
WITH said AS (
    SELECT ancestry.organization, policies.policy, distance, policies.source,
           CASE WHEN distance = 0 OR own.country IS NOT DISTINCT FROM above.country OR policy = 'home-country'
                THEN policies.country END AS country,
           CASE WHEN distance = 0 OR own.kind = above.kind THEN policies.kind END AS kind
    FROM ancestry
    JOIN facts.policies AS policies ON policies.organization = ancestor
    JOIN facts.organizations AS own ON own.organization = ancestry.organization
    JOIN facts.organizations AS above ON above.organization = ancestor
), nearest AS (
    SELECT organization, policy,
           arg_min(country, distance) AS country,   -- arg_min passes over nulls: a nearer row may leave one open
           arg_min(kind, distance) AS kind,
           arg_min(source, distance) FILTER (country IS NOT NULL OR kind IS NOT NULL) AS source
    FROM said GROUP BY ALL
), roots AS (
    SELECT ancestry.organization, arg_max(home.country, distance) AS country
    FROM ancestry JOIN facts.organizations AS home ON home.organization = ancestor
    GROUP BY ALL
), instead AS (
    SELECT policy, split_part(pair, '=', 1) AS kind, split_part(pair, '=', 2) AS used, source
    FROM (SELECT policy, source, unnest(kinds_instead) AS pair FROM facts.policy_meanings)
), judged AS (
    SELECT own.organization, asked.policy,
           coalesce(nearest.country, CASE WHEN asked.policy = 'home-country' THEN roots.country END, own.country) AS country,
           coalesce(nearest.kind, instead.used, own.kind) AS kind,
           coalesce(nearest.source, instead.source) AS source
    FROM facts.organizations AS own
    JOIN roots USING (organization)
    CROSS JOIN judged_policies AS asked
    LEFT JOIN nearest ON nearest.organization = own.organization AND nearest.policy = asked.policy
    LEFT JOIN instead ON instead.policy = asked.policy AND instead.kind = own.kind
)
SELECT judged.organization, judged.policy,
       CASE WHEN policy = 'home-country' THEN coalesce(place.counted_with, judged.country) ELSE judged.country END AS country,
       judged.kind,
       coalesce(judged.source, CASE WHEN policy = 'home-country' AND place.counted_with IS NOT NULL THEN place.source END) AS source
FROM judged LEFT JOIN facts.country_groups AS place ON place.country = judged.country;

-- statement: spans: each namespace once for each stretch of time in which the facts of its name are the same
-- `since` is the first day of the stretch (-infinity: from the beginning), `until` the first day after it (infinity: open).
CREATE OR REPLACE TEMP TABLE judged_spans AS
WITH changes AS (
    SELECT lower(namespace) AS folded, unnest([valid_from, valid_to]) AS day FROM facts.namespace_facts
    UNION
    SELECT lower(renamed_to), unnest([valid_from, valid_to]) FROM facts.namespace_facts WHERE renamed_to IS NOT NULL
), starts AS (
    SELECT hub, namespace, day AS since FROM judged_namespaces JOIN changes ON folded = lower(namespace) WHERE day IS NOT NULL
    UNION
    SELECT hub, namespace, '-infinity'::DATE FROM judged_namespaces
)
SELECT hub, namespace, since, coalesce(lead(since) OVER (PARTITION BY hub, namespace ORDER BY since), 'infinity'::DATE) AS until
FROM starts;

-- statement: current facts: one fact a namespace and stretch: the one valid at its start, else the last that ended
-- The namespace that replaced another (renamed_to) and has no row of its own belongs to the same organization.
CREATE OR REPLACE TEMP TABLE current_facts AS
WITH moments AS (
    SELECT DISTINCT lower(namespace) AS folded, since FROM judged_spans
), begun AS (
    SELECT facts.*, since, valid_to IS NULL OR valid_to > since AS is_valid
    FROM facts.namespace_facts AS facts JOIN moments ON folded = lower(namespace)
    WHERE valid_from IS NULL OR valid_from <= since
), own AS (
    SELECT hub, namespace, since, organization, confidence, source
    FROM begun
    QUALIFY row_number() OVER (
        PARTITION BY hub, namespace, since ORDER BY is_valid DESC, valid_to DESC NULLS FIRST, valid_from DESC NULLS LAST
    ) = 1
), successors AS (
    SELECT facts.hub, facts.renamed_to AS namespace, since, any_value(facts.organization) AS organization,
           min(facts.confidence) * 0.95 AS confidence, any_value(facts.source) AS source
    FROM facts.namespace_facts AS facts JOIN moments ON folded = lower(facts.renamed_to)
    ANTI JOIN facts.namespace_facts AS known ON known.hub = facts.hub AND known.namespace = facts.renamed_to
    WHERE facts.renamed_to IS NOT NULL AND (valid_from IS NULL OR valid_from <= since)
    GROUP BY facts.hub, facts.renamed_to, since
    HAVING count(DISTINCT facts.organization) = 1
)
FROM own UNION ALL BY NAME FROM successors;

-- statement: spelt: of two namespaces of one hub that differ by case alone, one may be a look-alike
CREATE OR REPLACE TEMP TABLE spelt AS
SELECT hub, namespace, since, spellings <= 1 AS is_lone
FROM judged_spans
JOIN (SELECT *, count(*) FILTER (is_listed) OVER (PARTITION BY hub, lower(namespace)) AS spellings FROM judged_namespaces) USING (hub, namespace);

-- statement: famous: whom a look-alike in another case would pay to be taken for: Big Tech and tigers under any policy
CREATE OR REPLACE TEMP TABLE famous AS
SELECT DISTINCT organization FROM judged_organizations WHERE kind IN ('big_tech', 'ai_tiger');

-- statement: by fact: the exact spelling first; another case only where it can mean one namespace of that hub
-- Some hubs (variable `case_blind_hubs`) give no second account of a name in another case; elsewhere anybody may take it.
CREATE OR REPLACE TEMP TABLE by_fact AS
WITH one_spelling AS (
    SELECT hub, lower(namespace) AS folded, since, any_value(organization) AS organization,
           any_value(confidence) * if(hub IN getvariable('case_blind_hubs'), 0.95, 0.76) AS confidence,
           if(hub IN getvariable('case_blind_hubs'), '', 'in another case ' || any_value(namespace) || ': ') || any_value(source) AS source
    FROM current_facts GROUP BY hub, lower(namespace), since HAVING count(*) = 1
)
SELECT asked.hub, asked.namespace, asked.since,
       CASE WHEN exact.hub IS NOT NULL THEN exact.organization ELSE one_spelling.organization END AS organization,
       coalesce(exact.confidence, one_spelling.confidence) AS confidence,
       coalesce(exact.source, one_spelling.source) AS source
FROM spelt AS asked
LEFT JOIN current_facts AS exact USING (hub, namespace, since)
LEFT JOIN one_spelling ON one_spelling.hub = asked.hub AND one_spelling.folded = lower(asked.namespace) AND one_spelling.since = asked.since
    AND (asked.hub IN getvariable('case_blind_hubs') OR (asked.is_lone AND one_spelling.organization NOT IN (FROM famous)))
WHERE exact.hub IS NOT NULL OR one_spelling.hub IS NOT NULL;

-- statement: by another hub: the same name elsewhere, when it is the name of a body and not a word anybody may take
-- One body's namespaces often differ by case between hubs (openbmb, OpenBMB). Another case counts where its hub has no second
-- namespace so spelt, of which one would be a look-alike, where elsewhere one body alone is so spelt, and where that is not a famous one.
CREATE OR REPLACE TEMP TABLE by_other_hub AS
SELECT asked.hub, asked.namespace, asked.since,
       coalesce(any_value(elsewhere.organization) FILTER (elsewhere.namespace = asked.namespace), any_value(elsewhere.organization)) AS organization,
       if(bool_or(elsewhere.namespace = asked.namespace), 0.8, 0.76) * min(elsewhere.confidence) AS confidence,
       'the same name on ' || min(elsewhere.hub) || ': ' || arg_min(elsewhere.source, (elsewhere.hub, elsewhere.namespace)) AS source
FROM spelt AS asked
JOIN current_facts AS elsewhere
    ON lower(elsewhere.namespace) = lower(asked.namespace) AND elsewhere.since = asked.since AND elsewhere.hub <> asked.hub
JOIN facts.organizations AS body ON body.organization = elsewhere.organization
LEFT JOIN name_claims AS claim ON claim.text = asked.namespace
WHERE body.kind NOT IN ('individual', 'mirror', 'unknown')
  AND length(asked.namespace) >= 4
  AND (elsewhere.namespace = asked.namespace OR (asked.is_lone AND elsewhere.organization NOT IN (FROM famous)))
  AND claim.rule IS DISTINCT FROM 'nothing-generic'   -- the other rules that stop are of look-alikes, not of a reviewed name
GROUP BY asked.hub, asked.namespace, asked.since
HAVING count(DISTINCT elsewhere.organization) = 1
    OR count(DISTINCT elsewhere.organization) FILTER (elsewhere.namespace = asked.namespace) = 1;

-- statement: names: every folded spelling that means exactly one organization
CREATE OR REPLACE TEMP TABLE organization_names AS
WITH spellings AS (
    SELECT organization, fold(organization) AS folded FROM facts.organizations
    UNION
    SELECT organization, fold(unnest(other_names)) FROM facts.organizations
)
SELECT folded, any_value(organization) AS organization
FROM spellings WHERE folded <> '' GROUP BY folded HAVING count(*) = 1;

-- statement: by profile: what the hub's own page of the account says
-- Anybody may write a famous name there. Big Tech, tigers and short names need the account's name to say the same.
CREATE OR REPLACE TEMP TABLE by_profile AS
WITH named AS (
    SELECT profile.hub, profile.namespace, profile.full_name, profile.account_type, profile.fetched_on,
           body.organization, body.kind, body.country, claim.rule, claim.kind AS rule_kind, claim.country AS rule_country,
           claim.confidence AS rule_confidence,
           same.organization IS NOT NULL AS corroborated,
           length(fold(profile.full_name)) >= CASE WHEN regexp_matches(profile.full_name, '\p{Han}') THEN 3 ELSE 6 END AS long_enough
    FROM judged_profiles AS profile
    LEFT JOIN organization_names AS spelt ON spelt.folded = fold(profile.full_name)
    LEFT JOIN facts.organizations AS body ON body.organization = spelt.organization
    LEFT JOIN organization_names AS same ON same.folded = fold(profile.namespace) AND same.organization = spelt.organization
    LEFT JOIN name_claims AS claim ON claim.text = profile.full_name
), judged AS (
    SELECT *, account_type = 'organization' AND organization IS NOT NULL AND kind NOT IN ('individual', 'mirror')
              AND (corroborated OR (long_enough AND kind NOT IN ('big_tech', 'ai_tiger'))) AS is_organization
    FROM named
)
SELECT hub, namespace,
       CASE WHEN is_organization THEN organization END AS organization,
       CASE WHEN is_organization THEN country WHEN account_type = 'organization' THEN rule_country END AS country,
       CASE WHEN is_organization THEN kind WHEN account_type = 'user' THEN 'individual' ELSE rule_kind END AS kind,
       CASE WHEN is_organization THEN 0.8 WHEN account_type = 'user' THEN 0.7 ELSE 0.95 * rule_confidence END AS confidence,
       concat_ws(' ', 'profile on ' || hub || ':', account_type, '''' || full_name || '''', 'as of ' || fetched_on,
                 CASE WHEN NOT is_organization AND account_type = 'organization' THEN '(rule ' || rule || ')' END) AS source
FROM judged
WHERE is_organization OR account_type = 'user' OR (account_type = 'organization' AND organization IS NULL AND rule_kind IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY hub, namespace ORDER BY fetched_on DESC NULLS LAST) = 1;

-- statement: origins: the first answer, under every policy; stretches that tell the same are one
CREATE OR REPLACE TEMP TABLE judged_origins AS
WITH known AS (
    SELECT *, NULL AS country, NULL AS kind, 'fact' AS known_by, 1 AS turn FROM by_fact
    UNION ALL BY NAME
    SELECT *, NULL AS country, NULL AS kind, 'fact_other_hub' AS known_by, 2 AS turn FROM by_other_hub
    UNION ALL BY NAME
    SELECT by_profile.*, since, 'profile' AS known_by, 3 AS turn FROM by_profile JOIN judged_spans USING (hub, namespace)
    UNION ALL BY NAME
    SELECT asked.hub, asked.namespace, since, NULL AS organization, claim.country, claim.kind, claim.confidence,
           'name rule ' || claim.rule || ': ' || claim.source AS source, 'rule' AS known_by, 4 AS turn
    FROM judged_spans AS asked JOIN name_claims AS claim ON claim.text = asked.namespace
    WHERE claim.kind IS NOT NULL
), first_known AS (
    FROM known QUALIFY row_number() OVER (PARTITION BY hub, namespace, since ORDER BY turn) = 1
), stretches AS (
    SELECT asked.*, known.* EXCLUDE (hub, namespace, since),
           hash(known.organization, known.country, known.kind, known.confidence, known.known_by, known.source) AS told
    FROM judged_spans AS asked LEFT JOIN first_known AS known USING (hub, namespace, since)
), told_anew AS (
    FROM stretches QUALIFY told IS DISTINCT FROM lag(told) OVER (PARTITION BY hub, namespace ORDER BY since) OR since = '-infinity'
), first_told AS (
    SELECT *, lead(since) OVER (PARTITION BY hub, namespace ORDER BY since) AS valid_to FROM told_anew
)
SELECT known.hub, known.namespace, policies.policy, known.organization,
       CASE WHEN known.organization IS NULL THEN known.country ELSE body.country END AS country,
       coalesce(CASE WHEN known.organization IS NULL THEN known.kind ELSE body.kind END, 'unknown') AS kind,
       round(coalesce(known.confidence, 0), 3)::DOUBLE AS confidence,
       coalesce(known.known_by, 'none') AS known_by,
       coalesce(known.source || coalesce('; policy: ' || body.source, ''), 'name rule ' || stop.rule || ': ' || stop.source) AS source,
       nullif(known.since, '-infinity') AS valid_from, known.valid_to, testing.purpose
FROM first_told AS known
CROSS JOIN judged_policies AS policies
LEFT JOIN name_claims AS stop ON stop.text = known.namespace AND stop.kind IS NULL
LEFT JOIN judged_organizations AS body ON body.organization = known.organization AND body.policy = policies.policy
LEFT JOIN (SELECT hub, namespace, 'testing' AS purpose FROM facts.testing_namespaces) AS testing
    ON testing.hub = known.hub AND testing.namespace = known.namespace;

-- statement: insert: who only owns bases that the hub does not list has rows where something is known of it
INSERT INTO origins BY NAME
FROM judged_origins SEMI JOIN judged_namespaces AS asked
    ON asked.hub = judged_origins.hub AND asked.namespace = judged_origins.namespace AND (is_listed OR known_by <> 'none');

-- statement: rule claims: what the rules say of the judged texts, heard or not
SELECT 'rule' AS by, text AS namespace, country, kind, confidence, rule || ': ' || source AS source,
       CASE WHEN kind IS NULL THEN 'such a name says nothing of who is behind it' END AS note
FROM name_claims ORDER BY text;

-- statement: unlabelled: the reviewer's work list; parameters: the last day to look at, the hub (null: all), how many rows
-- A share is comparable between hubs, a count is not: 30 rolling days there, everything since the start here.
WITH last_days AS (
    -- a whole sweep where there is one: a head or new sweep shows a part of the hub
    SELECT hub, arg_max(day, (complete AND sweep = 'full', complete, day)) AS day FROM days WHERE day <= ? GROUP BY hub
), on_day AS (
    SELECT listings.hub, listings.namespace, observations.day, downloads_30d, downloads_total
    FROM observations
    JOIN last_days ON last_days.hub = observations.hub AND last_days.day = observations.day
    JOIN listings ON listings.hub = observations.hub AND listings.model_id = observations.model_id
), hubs AS (
    SELECT hub, CASE WHEN count(downloads_30d) > 0 THEN 'downloads_30d' WHEN count(downloads_total) > 0 THEN 'downloads_total' END AS unit,
           coalesce(sum(downloads_30d), sum(downloads_total)) AS downloads
    FROM on_day GROUP BY hub
), namespaces AS (
    SELECT on_day.hub, namespace, any_value(day) AS day, any_value(unit) AS unit, any_value(hubs.downloads) AS of_hub, count(*) AS models,
           CASE any_value(unit) WHEN 'downloads_30d' THEN sum(downloads_30d) WHEN 'downloads_total' THEN sum(downloads_total) END AS downloads
    FROM on_day JOIN hubs ON hubs.hub = on_day.hub
    GROUP BY on_day.hub, namespace
)
SELECT hub, namespace, day, models, downloads::BIGINT AS downloads, unit, CASE WHEN of_hub > 0 THEN downloads / of_hub END AS share
FROM namespaces
ANTI JOIN (FROM origins WHERE kind <> 'unknown' AND valid_to IS NULL) AS judged USING (hub, namespace)
WHERE hub = coalesce(?, hub)
ORDER BY share DESC NULLS LAST, downloads DESC NULLS LAST, models DESC, hub, namespace
LIMIT ?;
