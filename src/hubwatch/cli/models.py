"""`hubwatch models`: which listings are the same model across hubs, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from hubwatch.cli.options import Data, Format, Hub, Json, known_hub, published_in
from hubwatch.cli.output import chosen_format, say, show_rows
from hubwatch.errors import UsageError

if TYPE_CHECKING:
    from hubwatch.link import Explanation

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show which listings are the same model across hubs, and why.")


@models.callback()
def _group() -> None:
    """Keeps `explain` a command of its own, though it is the only one."""


@models.command("explain")
def explain(
    model_id: Annotated[str, typer.Argument(metavar="OWNER/NAME")],
    hub: Hub = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show the model that a listing is: every listing of it on every hub, how each was recognised, and the evidence."""
    from hubwatch.link import LinkedListing, explain_id

    if not model_id.strip():
        raise UsageError("OWNER/NAME must not be empty; name a model as its hub does, such as Qwen/Qwen3-8B")
    form = chosen_format(form, as_json)
    with published_in(data) as con:
        found = explain_id(con, model_id, known_hub(hub))
    if form == "json":
        say(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        say(_told(one))
        columns = tuple(LinkedListing.model_fields)
        show_rows(columns, [tuple(listing.model_dump().values()) for listing in one.listings], form)


def _told(model: Explanation) -> str:
    """The model in one line."""
    by = f"by {model.organization}" if model.organization else "by an unknown organization"
    first = f"; first created on {model.first_hub}, {model.first_seen_at:%Y-%m-%d} as reported by the hub" if model.first_seen_at else ""
    return f"{model.model_key}: {model.name} {by}, on {', '.join(model.hubs)}{first}"
