"""Precision and recall of linking on pairs published by others: `python tests/bench/score_link.py [--shared DIR] [--facts DIR]`.

The listings of all pairs are loaded into an empty database, with `--crowd` beside thousands of other real listings that could
draw a link astray; namespaces are classified, listings linked, and two listings count as linked when their model_key is equal.
A pair is right when it is published, or follows from published ones; rows that are wrong by their own names are listed below.
"""

import argparse
import csv
import os
import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import duckdb

from hubwatch.classify.origins import classify
from hubwatch.facts.reader import load_facts
from hubwatch.link.models import link
from hubwatch.store.warehouse import connect, migrate

Listing = tuple[str, str]
Pair = frozenset[Listing]
HUBS = {"huggingface_id": "huggingface", "modelscope_id": "modelscope", "wisemodel_id": "wisemodel"}

# Published pairs whose two names say that they are different models (reviewed 2026-11-22): ModelScope id -> Hugging Face ids.
WRONG = {
    "qwen/Qwen2-1.5B-Instruct-AWQ": ["Qwen/Qwen2.5-1.5B-Instruct-AWQ"],
    "Qwen/Qwen2.5-Coder-1.5B-Instruct": ["Qwen/Qwen2.5-Math-1.5B-Instruct"],
    "Qwen/Qwen2.5-Coder-7B-Instruct": ["Qwen/Qwen2.5-Math-7B-Instruct"],
    "Qwen/Qwen2.5-Coder-72B-Instruct": ["Qwen/Qwen2.5-Math-72B-Instruct"],
    "TeleAI/TeleChat2-35B-Nov": ["Tele-AI/TeleChat2.5-35B"],
    "AI-ModelScope/CodeLlama-13b-hf": ["TheBloke/CodeLlama-13B-fp16"],
    "AI-ModelScope/CodeLlama-7b-hf": ["TheBloke/CodeLlama-7B-fp16"],
    "AI-ModelScope/Mistral-Nemo-Instruct-2407": ["afrizalha/Mistral-Nemo-Instruct-2407-bnb-8bit"],
    "LLM-Research/Mistral-Large-Instruct-2407": ["unsloth/Mistral-Large-Instruct-2407-bnb-4bit"],
    "AI-ModelScope/gemma-7b": ["google/gemma-2b-it"],
    "AI-ModelScope/gemma-2b-it": ["google/gemma-7b"],
    "mlx-community/paligemma2-3b-mix-224-bf16": ["google/paligemma2-3b-mix-224"],
    "mlx-community/paligemma2-3b-mix-448-bf16": ["google/paligemma2-3b-mix-448"],
    "PaddlePaddle/ERNIE-4.5-0.3B-Base-PT": ["baidu/ERNIE-4.5-0.3B-PT"],
    "Xorbits/TinyLlama-1.1B-step-50K-105b-GGUF": ["TheBloke/TinyLlama-1.1B-Chat-v0.3-GGUF"],
    "liuzhenghua/Qwen2-72B-FP8-Instruct": ["neuralmagic/Qwen2-72B-Instruct-FP8"],
    "MiniMaxAI/MiniMax-Text-01": ["MiniMaxAI/MiniMax-Text-01-hf"],  # the same weights in another format
    "ZhipuAI/cogagent-chat": ["zai-org/cogagent-chat-hf"],
    "ZhipuAI/cogagent-vqa": ["zai-org/cogagent-vqa-hf"],
    "ZhipuAI/cogvlm-chat": ["zai-org/cogvlm-chat-hf"],
}


def read_pairs(shared: Path) -> tuple[set[Pair], set[Pair]]:
    """Published pairs: those taken as right, and those that are wrong by their own word or by their names."""
    right: set[Pair] = set()
    wrong: set[Pair] = set()
    for name in ("pairs_huggingface_modelscope.csv", "links_wisemodel.csv"):
        with open(shared / "real" / "orgs" / name, encoding="utf-8") as file:
            for row in csv.DictReader(file):
                ids = {column: row[column] for column in HUBS if row[column] and "{" not in row[column]}
                for one, other in combinations(ids, 2):
                    pair = frozenset([(HUBS[one], ids[one]), (HUBS[other], ids[other])])
                    of_error = "wisemodel_id" in (one, other) and row.get("note", "").startswith("README_LINK_ERROR")
                    named_apart = (one, other) == ("huggingface_id", "modelscope_id") and ids[one] in WRONG.get(ids[other], [])
                    (wrong if of_error or named_apart else right).add(pair)
    return right - wrong, wrong


def load_listings(con: duckdb.DuckDBPyConnection, listings: set[Listing]) -> None:
    """Put these listings into the store, keys only."""
    rows = [(key, hub, model_id, *model_id.split("/", 1)) for key, (hub, model_id) in enumerate(sorted(listings), 1)]
    con.execute("begin")
    con.executemany("insert into store.listing select ?, ?, ?, ?, ?, day, day, day from (select date '2026-01-01' as day)", rows)
    con.execute("commit")


def crowd(con: duckdb.DuckDBPyConnection, shared: Path) -> set[Listing]:
    """Other real listings of both hubs: they are not judged, but could draw a link astray."""
    rows = con.execute(
        "select 'huggingface', id from read_json(?, columns = {id: 'VARCHAR'}) union select distinct hub, model_id from read_parquet(?)",
        [str(shared / "real/huggingface/expand_rows.jsonl.gz"), str(shared / "real/osir/observations.parquet")],
    ).fetchall()
    return {(hub, model_id) for hub, model_id in rows if model_id.count("/") == 1}


def closed(pairs: set[Pair]) -> dict[Listing, int]:
    """Listing -> number of the group it is in when what is published is followed through."""
    group: dict[Listing, int] = {}
    members: dict[int, set[Listing]] = {}
    for number, (one, other) in enumerate(sorted(tuple(sorted(pair)) for pair in pairs)):
        merged = {one, other}
        for old in {group[listing] for listing in (one, other) if listing in group}:
            merged |= members.pop(old)
        members[number] = merged
        group.update(dict.fromkeys(merged, number))
    return group


def main() -> int:
    """Print the figures and every error; exit code 1 below the aims."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=Path(os.environ.get("HUBWATCH_SHARED", Path(__file__).parents[3] / "shared")))
    options.add_argument("--facts", type=Path)
    options.add_argument("--crowd", action="store_true")
    asked = options.parse_args()
    right, wrong = read_pairs(asked.shared)
    judged = {listing for pair in right | wrong for listing in pair}
    with connect(Path(":memory:")) as con:
        migrate(con)
        load_listings(con, judged | (crowd(con, asked.shared) if asked.crowd else set()))
        facts = load_facts(asked.facts)
        facts.stage(con)
        classify(con, facts)
        link(con)
        rows = con.execute("select hub, model_id, model_key, tier, evidence from model_listings").fetchall()
    return report(right, wrong, judged, {(row[0], row[1]): row[2:] for row in rows})


def report(right: set[Pair], wrong: set[Pair], judged: set[Listing], found: dict[Listing, tuple[str, str, str]]) -> int:
    """Write recall by tier, precision and every error to stdout; 1 when an aim is missed."""
    models: dict[str, list[Listing]] = defaultdict(list)
    for listing in sorted(judged):
        models[found[listing][0]].append(listing)
    linked = {frozenset(pair) for model in models.values() for pair in combinations(model, 2) if pair[0][0] != pair[1][0]}
    group = closed(right)
    astray = {pair for pair in linked if len({group.get(listing, listing) for listing in pair}) > 1}
    missed = right - linked
    tiers: Counter[str] = Counter()
    for pair in right & linked:
        tiers[max((found[listing][1] for listing in pair), key=["same_id", "case", "alias", "name", "mirror"].index)] += 1
    say = sys.stdout.write
    for spelt in sorted(map(sorted, missed)):
        say(f"missed  {_spelt(spelt)}  ({'; '.join(found[listing][2] for listing in spelt)})\n")
    for spelt in sorted(map(sorted, astray)):
        word = "wrong by its own word" if frozenset(spelt) in wrong else "not published"
        say(f"extra   {_spelt(spelt)}  ({word}; {found[spelt[1]][1]}: {found[spelt[1]][2]})\n")
    say(f"tiers   {', '.join(f'{tier} {count}' for tier, count in tiers.most_common())}\n")
    precision, recall = 1 - len(astray) / max(len(linked), 1), 1 - len(missed) / len(right)
    say(f"recall    {recall:7.2%}  {len(right) - len(missed)} of {len(right)} published pairs ({len(wrong)} wrong ones set aside)\n")
    say(f"precision {precision:7.2%}  {len(linked) - len(astray)} of {len(linked)} linked pairs of judged listings\n")
    return 0 if precision >= 0.99 and recall >= 0.95 else 1


def _spelt(pair: list[Listing]) -> str:
    return " = ".join(f"{hub}:{model_id}" for hub, model_id in pair)


if __name__ == "__main__":
    sys.exit(main())
