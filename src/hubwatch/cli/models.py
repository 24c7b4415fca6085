"""`hubwatch models`: which listings are the same model across hubs, and why."""

import json
from typing import Annotated

import typer

from hubwatch.cli.options import Data, Json, published_in
from hubwatch.cli.reading import Hub, known_hub, show_rows
from hubwatch.link import Explanation, LinkedListing, explain_id

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Which listings are the same model across hubs, and why.")


@models.callback()
def _group() -> None:
    """Keeps `explain` a command of its own, though it is the only one."""


@models.command("explain")
def explain(
    model_id: Annotated[str, typer.Argument(metavar="OWNER/NAME")], hub: Hub = None, as_json: Json = False, data: Data = None
) -> None:
    """The model that a listing is: every listing of it on every hub, how each was recognised, and on what ground."""
    with published_in(data) as con:
        found = explain_id(con, model_id, known_hub(hub))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(_told(one))
        columns = tuple(LinkedListing.model_fields)
        show_rows(columns, [tuple(listing.model_dump().values()) for listing in one.listings], as_json=False)


def _told(model: Explanation) -> str:
    """The model in one line."""
    by = f"by {model.organization}" if model.organization else "by an unknown organization"
    first = f"; first created on {model.first_hub}, {model.first_seen_at:%Y-%m-%d} by its word" if model.first_seen_at else ""
    return f"{model.model_key}: {model.name} {by}, on {', '.join(model.hubs)}{first}"
