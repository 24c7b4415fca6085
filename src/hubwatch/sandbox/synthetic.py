"""Made-up Hugging Face records for benchmarks and load tests: right in form and proportion, true of nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hubwatch.sandbox.wire import encode

FIRST_SECOND = 1646263744  # 2022-03-02T23:29:04Z, where the hub's creation times begin
LAST_SECOND = 1795132800  # 2026-11-20
TEMPLATES = 2048
NAMESPACES = 40_000
SYLLABLES = "ba be da do fa go ka ki la lo ma mi na no ra ri sa so ta to va vi wa xe yu za".split()  # noqa: SIM905
TASKS = ("text-generation", "text-classification", "image-text-to-text", "text-to-image", "feature-extraction")
LICENSES = ("apache-2.0", "mit", "llama3.1", "other", "cc-by-nc-4.0", "gemma")


def huggingface_records(count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield `count` records of about 780 bytes in creation order, encoded in the shape of `expand[]`.

    `_id` begins with the creation second. Downloads and namespaces are as uneven as on a hub: few have most.
    """
    dice = random.Random(seed)
    bodies = [_body(dice) for _ in range(TEMPLATES)]
    owners = [_word(dice, 3) + f"-{number:x}" for number in range(NAMESPACES)]
    step = (LAST_SECOND - FIRST_SECOND) / max(1, count)
    uniform, hour, prefix = dice.random, -1, ""
    for number in range(count):
        second = FIRST_SECOND + int(number * step)
        if second // 3600 != hour:
            hour = second // 3600
            prefix = datetime.fromtimestamp(hour * 3600, UTC).strftime("%Y-%m-%dT%H:")
        downloads = min(int(3 / (1.000001 - uniform()) ** 1.35) - 3, 200_000_000)
        owner = owners[int(NAMESPACES * uniform() ** 3)]
        yield (
            f'{{"_id":"{second:08x}{number:016x}","id":"{owner}/model-{number:07x}","author":"{owner}",'
            f'"createdAt":"{prefix}{second % 3600 // 60:02d}:{second % 60:02d}.000Z","downloads":{downloads},'
            f'"downloadsAllTime":{downloads * 7 + number % 5},"likes":{downloads // 900},'
        ).encode() + bodies[int(TEMPLATES * uniform())]


def _body(dice: random.Random) -> bytes:
    """The part of a record that many share, from after the counters to the closing brace."""
    task, licence, language = dice.choice(TASKS), dice.choice(LICENSES), dice.choice(("en", "zh", "multilingual"))
    base = f"{_word(dice, 3)}/{_word(dice, 2)}-{dice.choice((1, 3, 7, 8, 14, 32, 72))}B"
    modified = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(1_500_000))
    tags = [
        "transformers",
        "safetensors",
        _word(dice, 2),
        task,
        language,
        f"arxiv:2{dice.randrange(1000, 9999)}.{dice.randrange(10**5):05d}",
    ]
    tags += [f"base_model:{base}", f"base_model:finetune:{base}", f"license:{licence}", "endpoints_compatible", "region:us"]
    weights = dice.randrange(10**8, 10**11)
    fields: dict[str, Any] = {
        "lastModified": modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "trendingScore": dice.choice((0, 0, 0, 1, 2, 0.5)),
        "private": False,
        "gated": dice.choice((False, False, False, False, "auto", "manual")),
        "tags": tags if dice.random() < 0.7 else tags[:6] + tags[-2:],
        "pipeline_tag": task,
        "library_name": "transformers",
        "cardData": {"license": licence, "language": [language], "base_model": base, "tags": tags[2:4]},
    }
    if dice.random() < 0.8:
        fields["safetensors"] = {"parameters": {"BF16": weights}, "total": weights}
    if dice.random() < 0.6:
        parent = f"{dice.getrandbits(96):024x}"
        fields["baseModels"] = {"relation": "finetune", "models": [{"_id": parent, "id": base}]}
    return encode(fields)[1:]


def _word(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choices(SYLLABLES, k=syllables))
