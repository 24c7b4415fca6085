"""What a name alone may say: the name rules as one set-based look over distinct texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from hubwatch.facts import NameRule
from hubwatch.store import literal

FEW = 3_000  # texts; so many are looked at one by one before a sieve's patterns, which are all the rules' again, are compiled
SIEVE = 6_000  # characters of patterns looked for in one pass; past some 15,000 the automaton outgrows RE2's memory: 50 x slower

# A name is read as it stands and with its parts apart (`StanfordNLP`, `Stanford-NLP`), each on its own line.
READ_APART = r"""
    text || chr(10) || regexp_replace(regexp_replace(regexp_replace(text,
        '[_\s]+', '-', 'g'),
        '([\p{Ll}\p{N}])(\p{Lu})', '\1-\2', 'g'),
        '(\p{Lu}+)(\p{Lu}\p{Ll})', '\1-\2', 'g')
"""


def claim_names(con: duckdb.DuckDBPyConnection, rules: Sequence[NameRule]) -> None:
    """Fill the temporary table `name_claims` from the temporary table `name_texts`(text): what the rules say of each.

    The first rule that matches and is not of a country alone holds; without a kind it says: nothing can be said. A rule
    without a country takes that of the first matching rule of a country alone, and says nothing where there is none:
    half an origin is too often a wrong one.
    """
    deciding = [(at, rule) for at, rule in enumerate(rules) if rule.kind or not rule.country]
    placing = [(at, rule) for at, rule in enumerate(rules) if not rule.kind and rule.country]
    (texts,) = con.execute("SELECT count(*) FROM name_texts").fetchall()[0]
    sieve = _any_match(deciding) if texts > FEW else "true"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE name_claims AS
        WITH apart AS (SELECT text, {READ_APART} AS name FROM name_texts),
        decided AS (SELECT text, name, {_first_match(deciding)} AS decider_at FROM apart WHERE {sieve}),
        placed AS (SELECT text, decider_at, {_first_match(placing)} AS placer_at FROM decided),
        rules AS (SELECT unnest(from_json(?::JSON, '[{{"at":"INTEGER","rule":"VARCHAR","kind":"VARCHAR","country":"VARCHAR",
                  "confidence":"DOUBLE","source":"VARCHAR"}}]'), recursive := true))
        SELECT placed.text, decider.rule, decider.kind, coalesce(decider.country, placer.country) AS country,
               decider.confidence, decider.source
        FROM placed
        JOIN rules AS decider ON decider.at = decider_at
        LEFT JOIN rules AS placer ON placer.at = placer_at AND decider.kind IS NOT NULL
        WHERE decider.kind IS NULL OR coalesce(decider.country, placer.country) IS NOT NULL
        """,
        [_as_json(rules)],
    )


def _as_json(rules: Sequence[NameRule]) -> str:
    kept = ("rule", "kind", "country", "confidence", "source")
    return "[" + ",".join('{"at":' + str(at) + "," + rule.model_dump_json(include=set(kept))[1:] for at, rule in enumerate(rules)) + "]"


def _first_match(rules: Iterable[tuple[int, NameRule]]) -> str:
    """The number of the first rule that matches. A constant pattern is compiled once for all rows; one from a column would be for each.

    No rule matches an empty text. regexp_matches would compile each three times, and is faster only over many rows.
    """
    whens = " ".join(f"WHEN regexp_extract(name, {_flagged(rule.pattern)}) <> '' THEN {at}" for at, rule in rules)
    return f"CASE {whens} END" if whens else "NULL"


def _flagged(pattern: str) -> str:
    """Whatever the case, each of a name's lines by itself."""
    return literal("(?im)" + pattern)


def _any_match(rules: Sequence[tuple[int, NameRule]]) -> str:
    """A cheap sieve: most names match nothing, and joined patterns find that in a few looks."""
    sieves: list[str] = []
    for _, rule in rules:
        pattern = f"(?:{rule.pattern})"
        if sieves and len(sieves[-1]) + len(pattern) < SIEVE:
            sieves[-1] += "|" + pattern
        else:
            sieves.append(pattern)
    return " OR ".join(f"regexp_matches(name, {_flagged(pattern)})" for pattern in sieves) or "false"
