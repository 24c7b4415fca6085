"""How well `form` is told without the hub's own word: `python -m tests.bench.score_form [--shared DIR]`; every error is listed.

The truth is the relation that hubs report of a derived model: 2,283 real records of Hugging Face, of which 1,397 report one, and a
real page of ModelScope's site listing. The rules for library and name are tried as if that word were missing. Where both hubs list the
same model (published pairs), the rules must say the same of both. What a hub calls a fine-tune or does not relate at all is no
adapter, conversion or merge here, so a rule that names one errs, or the hub's word does: each is listed.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from hubwatch.store import FORM

SHARED = Path(os.environ.get("HUBWATCH_SHARED") or Path(__file__).parents[3] / "shared")
FORMS = ("adapter", "quantized", "merge")
Say = Callable[[str], object]
MACRO = f"create or replace temp macro form_of(repo_kind, base_relation, hub_type, library, name) as ({FORM}).form"
_HUGGINGFACE = """
select id, split_part(id, '/', 2) as name, library_name as library, baseModels.relation as relation
from read_json(?, columns = {id: 'VARCHAR', library_name: 'VARCHAR', baseModels: 'STRUCT(relation VARCHAR)'})"""
_MODELSCOPE = """
select one.Path || '/' || one.Name as id, one.Name as name, nullif(one.AigcType, '') as hub_type, one.BaseModelRelation as relation
from (select unnest(Data.Model.Models) as one from read_json(?, columns = {Data:
  'STRUCT(Model STRUCT(Models STRUCT(Path VARCHAR, "Name" VARCHAR, AigcType VARCHAR, BaseModelRelation VARCHAR)[]))'}))"""
_PAIRS = """
select huggingface_id, modelscope_id, split_part(huggingface_id, '/', 2) as one, split_part(modelscope_id, '/', 2) as other
from read_csv(?, all_varchar = true) where not contains(coalesce(huggingface_id, '{') || coalesce(modelscope_id, '{'), '{')"""


def of_hugging_face(con: duckdb.DuckDBPyConnection, shared: Path, say: Say) -> dict[str, tuple[int, int, int]]:
    """(right, told, true) of each form, by library and name alone, of the records whose relation the hub reports."""
    sql = f"select id, relation, form_of('model', null, null, library, name) from ({_HUGGINGFACE}) order by id"
    rows = con.execute(sql, [str(shared / "real/huggingface/expand_rows.jsonl.gz")]).fetchall()
    reported = [row for row in rows if row[1]]
    counts = dict(_counted([(relation, rule) for _, relation, rule in reported]))
    for model_id, relation, rule in reported:
        if rule != relation and rule in FORMS:
            say(f"  {model_id}: {rule} by library or name, the hub reports {relation}")
    others = [(model_id, rule) for model_id, relation, rule in rows if not relation and rule != "model"]
    say(f"Hugging Face: {len(reported)} of {len(rows)} records report a relation; by library and name alone:")
    _say_counts(counts, say)
    say(
        f"  of the {len(rows) - len(reported)} without a relation {len(others)} are told by library or name: {', '.join(map(' '.join, others))}"
    )
    return counts


def of_modelscope(con: duckdb.DuckDBPyConnection, shared: Path, say: Say) -> tuple[int, int, int]:
    """How many adapters of the real page are told by the hub's type alone, by the name alone, and how many there are."""
    sql = f"select form_of('model', null, hub_type, null, ''), form_of('model', null, null, null, name), relation from ({_MODELSCOPE})"
    rows = con.execute(sql, [str(shared / "real/modelscope/site_listing_page.json")]).fetchall()
    by_type, by_name = (sum(row[at] == row[2] for row in rows) for at in (0, 1))
    told = f"told by the hub's type alone {by_type}, by name alone {by_name} (names of persons' models are not the real ones)"
    say(f"ModelScope: {len(rows)} records report a relation, all adapter; {told}")
    return by_type, by_name, len(rows)


def of_pairs(con: duckdb.DuckDBPyConnection, shared: Path, say: Say) -> tuple[int, int, int]:
    """Published pairs of which the names say the same form, all of them, and those of which either name says one."""
    by_name = ", ".join(f"form_of('model', null, null, null, {side})" for side in ("one", "other"))
    sql = f"select huggingface_id, modelscope_id, {by_name} from ({_PAIRS})"
    rows = con.execute(sql, [str(shared / "real/orgs/pairs_huggingface_modelscope.csv")]).fetchall()
    for one, other, form, other_form in rows:
        if form != other_form:
            say(f"  {one} is {form} by name, {other} {other_form}")
    same = sum(form == other for *_, form, other in rows)
    some = sum((form, other) != ("model", "model") for *_, form, other in rows)
    say(f"pairs: of {len(rows)} published pairs {same} have one form by both names; {some} are told by a name at all")
    return same, len(rows), some


def _counted(rows: list[tuple[str, str]]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for form in FORMS:
        right = sum(relation == rule == form for relation, rule in rows)
        yield form, (right, sum(rule == form for _, rule in rows), sum(relation == form for relation, _ in rows))


def _say_counts(counts: dict[str, tuple[int, int, int]], say: Say) -> None:
    for form, (right, found, true) in counts.items():
        say(f"  {form}: {right} of {found} told are right, {right} of {true} are told")


def score(say: Say, shared: Path = SHARED) -> None:
    """Every measure, in lines."""
    with duckdb.connect() as con:
        con.execute(MACRO)
        of_hugging_face(con, shared, say)
        of_modelscope(con, shared, say)
        of_pairs(con, shared, say)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=SHARED)
    folder = options.parse_args().shared
    if not (folder / "real").is_dir():
        sys.exit(f"the records are not in this repository, and not in {folder}; set HUBWATCH_SHARED to where they are")
    score(lambda line: sys.stdout.write(f"{line}\n"), folder)
