"""Hugging Face: the hub's own facts. How it is asked is in `walk.py`, how its records are read in `record.sql`."""

import os
from pathlib import Path

from hubwatch.errors import HubFailure, UsageError
from hubwatch.hubs.hub import Hub, Profiles, Site
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
            short_names=("hf", "hugging-face"),
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
    promised=walk.PROMISED,
    record_type=RECORD_TYPE,
    record_keys=frozenset(RECORD_TYPE),
    records_of=walk.records_of,
)
