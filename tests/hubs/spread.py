"""ModelScope models whose names are spread like real ones: made from the names of the bundled sample."""

import random
from typing import Any

from hubwatch.sandbox import latest_records

ENDINGS = ("GGUF", "lora", "v2", "sft", "awq", "int4", "ft", "chat", "test", "exp")
CHINESE = "国风写实动漫模型人像古"
TASKS = (*("text-generation",) * 26, *("text-to-image",) * 23, *("image-text-to-text",) * 8, "asr", "tts", "translation", *(None,) * 30)
NOW = 1_795_000_000


def spread_models(count: int, seed: int = 5) -> list[dict[str, Any]]:
    """`count` models: two thirds of persons, names with an ending of their own behind a real one, a few that begin in Chinese."""
    dice = random.Random(seed)
    sample = latest_records()
    ids = sorted(
        {f"{one['Path']}/{one['Name']}" if "Path" in one else one["id"] for hub in ("modelscope", "huggingface") for one in sample[hub]}
    )
    found: dict[str, dict[str, Any]] = {}
    number = 0
    while len(found) < count:
        number += 1
        owner, _, name = dice.choice(ids).partition("/")
        if dice.random() < 0.8:
            name += f"-{dice.choice(ENDINGS)}{dice.randrange(10**4)}"
        if dice.random() < 0.03:
            name = dice.choice(CHINESE) + name
        is_person = dice.random() < 0.65
        if is_person:
            owner = f"user{int(count / 6 * dice.random() ** 2)}"
        found.setdefault(f"{owner}/{name}".lower(), _model(dice, number, owner, name, is_person))
    return list(found.values())


def _model(dice: random.Random, number: int, owner: str, name: str, is_person: bool) -> dict[str, Any]:
    age, task = dice.randrange(100_000_000), dice.choice(TASKS)
    return {
        **{"Id": number, "Path": owner, "Name": name, "ChineseName": ""},
        **{"CreatedTime": NOW - age, "LastUpdatedTime": NOW - int(age * dice.random() ** 0.3)},
        **{"Downloads": int(3 / (1.000001 - dice.random()) ** 1.3) - 3, "Stars": 0, "License": "apache-2.0"},
        **{"Tasks": [{"Name": task, "ChineseName": ""}] if task else None, "Libraries": [], "ModelType": [], "Tags": []},
        "Organization": None if is_person else {"Id": 1, "Name": owner, "Type": 1},
    }
