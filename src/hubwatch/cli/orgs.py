"""`hubwatch orgs`: who stands behind namespaces, on what ground, and what a reviewer should look at next."""

from typing import Annotated

import typer

from hubwatch import classify, pipeline
from hubwatch.cli.options import Data, Json, asked_day, published_in
from hubwatch.cli.reading import Hub, known_hub, show_rows
from hubwatch.errors import UsageError
from hubwatch.facts import POLICIES, load_facts
from hubwatch.settings import Settings

orgs = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who stands behind namespaces, and on what ground.")


@orgs.command("list")
def list_organizations(
    policy: Annotated[str, typer.Option("--policy", help=", ".join(POLICIES))] = POLICIES[0], as_json: Json = False, data: Data = None
) -> None:
    """Every organization with country, kind, namespaces and models under a policy."""
    if policy not in POLICIES:
        raise UsageError(f"--policy {policy} is not known; it is one of {', '.join(POLICIES)}")
    with published_in(data) as con:
        rows = classify.organizations_listing(con, load_facts(), policy)
    columns = tuple(classify.OrganizationRow.model_fields)
    show_rows(columns, [tuple(row.model_dump().values()) for row in rows], as_json)


@orgs.command("explain")
def explain(namespace: Annotated[str, typer.Argument()], hub: Hub = None, as_json: Json = False, data: Data = None) -> None:
    """Every claim about a namespace with its source, and what each policy makes of them."""
    if not namespace:
        raise UsageError("an empty namespace is none; name one, as in its models' ids")
    with published_in(data) as con:
        found = classify.explain(con, load_facts(), namespace, known_hub(hub))
    if not found.claims and all(origin.known_by == "none" for origin in found.origins):
        typer.echo(f"nothing is known of {namespace} here: see that it is spelled as in its models' ids", err=True)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    for claim in found.claims:
        told = {key: value for key, value in claim.model_dump(exclude_none=True).items() if key not in ("by", "source")}
        typer.echo(f"{claim.by}: " + ", ".join(f"{key} {value}" for key, value in told.items()) + f" [{claim.source}]")
    for origin in found.origins:
        who = f"{origin.organization or 'unknown'}, {origin.country or 'no country known'}, {origin.kind}"
        typer.echo(f"{origin.hub} under {origin.policy}: {who} (known by {origin.known_by}, confidence {origin.confidence:.2f})")


@orgs.command("unknown")
def unknown(
    limit: Annotated[int, typer.Option("--limit", min=1, help="namespaces to show at most")] = 50,
    day: Annotated[
        str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="as of the last observed day up to this [default: all]")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """The unlabelled namespaces with most downloads, and the share of their hub's downloads that each could move."""
    until = asked_day(day)
    with published_in(data) as con:
        rows = classify.unknown_namespaces(con, until, limit)
    columns = tuple(classify.Unlabelled.model_fields)
    show_rows(columns, [tuple(row.model_dump().values()) for row in rows], as_json)


@orgs.command("profiles")
def profiles(
    budget: Annotated[int, typer.Option("--budget", min=1, help="namespaces to ask for at most")] = 100, data: Data = None
) -> None:
    """Ask Hugging Face for its own profiles of the unlabelled namespaces with most downloads; judge and publish anew."""
    asked, found = pipeline.ask_profiles(Settings.from_environment(data), budget)
    typer.echo(f"{asked} namespace(s) asked for, {found} profile(s) kept; origins are judged and published anew")
