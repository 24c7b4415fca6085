"""Hugging Face: the hub's own facts. How it is asked is in `walk.py`, how its records are read in `record.sql`."""

import os
from pathlib import Path

from hubwatch.errors import HubFailure, UsageError
from hubwatch.hubs.hub import Census, Costs, Hub, Profiles, Site
from hubwatch.hubs.huggingface import profiles, walk
from hubwatch.hubs.huggingface.fields import RECORD_TYPE
from hubwatch.hubs.huggingface.probe import probe
from hubwatch.net import header_text


def stored_token() -> str | None:
    """The token that `hf auth login` keeps; a file that cannot be read is a `HubFailure` that names it."""
    from huggingface_hub import constants, get_token  # here, because it costs half a second

    where = Path(os.environ.get("HF_TOKEN_PATH") or constants.HF_TOKEN_PATH)
    cure = "write the token as one line of plain text, remove the file, or set HF_TOKEN"
    try:
        return header_text(f"the token in {where}", get_token() or "") or None
    except OSError as error:
        raise HubFailure(f"the token in {where} cannot be read ({error.strerror}); {cure}") from None
    except UnicodeError:
        raise HubFailure(f"the token in {where} cannot be read (it is not UTF-8 text); {cure}") from None
    except UsageError as error:
        raise HubFailure(str(error)) from None


HUB = Hub(
    package=__name__,
    sites=(
        Site(
            name="huggingface",
            title="Hugging Face",
            title_zh="Hugging Face",
            address="https://huggingface.co",
            model_path="/",
            is_chinese=False,
            other_hosts=("hf.co", "hf-mirror.com"),
            short_names=("hf", "hugging-face", "抱抱脸"),
        ),
    ),
    endpoint_variable="HF_ENDPOINT",
    token_variable="HF_TOKEN",
    token_store=stored_token,
    rate=5.0,
    counters="counts downloads over 30 days and since creation",
    is_case_blind=True,
    ownerless_id="[a-z][a-z0-9._]*(-[a-z0-9._]+)+|gpt2|distilgpt2|ctrl",  # as in bert-base-uncased, until early 2024
    listing_path=walk.ROUTE,
    pages=walk.pages,
    probe=probe,
    profiles=Profiles(profiles.asks, profiles.read),
    archive_scheme="hf",
    costs=Costs(
        page=walk.PAGE,
        bytes_a_record=213,  # of 2,283 real records: tests/bench/cheap_days.py
        census=Census(
            source="3,117,871 models on 2026-10-03 (misakas census), 110 new an hour on 2026-09-26; "
            "models at or above 1000 downloads from Model Pulse's concentration of September 2026 (docs/scheduling.md)",
            listings=3_117_871,
            new_a_day=2_640,
            head=46_700,
            head_share=0.970,
        ),
        # requests in windows of five minutes, as the hub's page on rate limits stated on 2026-08-22
        windows={
            "anonymous": (500, 300),
            "free": (1_000, 300),
            "pro": (2_500, 300),
            "team": (3_000, 300),
            "academia": (3_000, 300),
            "enterprise": (6_000, 300),
            "enterprise-plus": (10_000, 300),
        },
        full_every=7,
        between=("head", "new"),
        sees_between="of real listings a head saw 99.9 % of downloads, 95-97 % of new likes and 23-31 % of the listings whose downloads "
        "changed (OSIR-LMTS, 2024-12 to 2025-06); head and new saw 25 of 32 changed descriptions (docs/scheduling.md)",
        is_side_by_side=True,
    ),
    promised=walk.PROMISED,
    record_type=RECORD_TYPE,
    record_keys=frozenset(RECORD_TYPE),
    # The parameters of each type of number come with their total, which is read.
    other_keys=frozenset(f"{key}.{inner}" for key, value in RECORD_TYPE.items() if isinstance(value, dict) for inner in value)
    | {"safetensors.parameters"},
    records_of=walk.records_of,
)
