"""`hubwatch orgs`: who stands behind namespaces, on what ground, and what a reviewer should look at next."""

from typing import Annotated

import typer

from hubwatch.cli.options import Data, Format, Hub, Json, asked_day, known_hub, published_in
from hubwatch.cli.output import chosen_format, say, show_rows, warn
from hubwatch.errors import UsageError

orgs = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show who stands behind namespaces, and on what evidence.")


@orgs.command("list")
def list_organizations(
    policy: Annotated[str | None, typer.Option("--policy", help="a policy's name, such as osai [default: six-tigers]")] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List organizations with country, kind, namespaces and models under a policy."""
    from hubwatch import classify
    from hubwatch.facts import POLICIES, load_facts

    form, policy = chosen_format(form, as_json), policy if policy is not None else POLICIES[0]
    if policy not in POLICIES:
        raise UsageError(f"--policy {policy} is not known; it is one of {', '.join(POLICIES)}")
    with published_in(data) as con:
        rows = classify.organizations_listing(con, load_facts(), policy)
    columns = tuple(classify.OrganizationRow.model_fields)
    show_rows(columns, [tuple(row.model_dump().values()) for row in rows], form)


@orgs.command("explain")
def explain(namespace: Annotated[str, typer.Argument()], hub: Hub = None, as_json: Json = False, data: Data = None) -> None:
    """Show every claim about a namespace with its source, and what each policy makes of it."""
    from hubwatch import classify
    from hubwatch.facts import load_facts

    if not namespace:
        raise UsageError("NAMESPACE must not be empty; name one as in its models' ids")
    with published_in(data) as con:
        found = classify.explain(con, load_facts(), namespace, known_hub(hub))
    if not found.claims and all(origin.known_by == "none" for origin in found.origins):
        warn(f"nothing is known of {namespace} here: check the spelling against its models' ids")
    if as_json:
        say(found.model_dump_json(indent=2))
        return
    for claim in found.claims:
        told = {key: value for key, value in claim.model_dump(exclude_none=True).items() if key not in ("by", "source")}
        say(f"{claim.by}: " + ", ".join(f"{key} {value}" for key, value in told.items()) + f" [{claim.source}]")
    for origin in found.origins:
        who = f"{origin.organization or 'unknown'}, {origin.country or 'no country known'}, {origin.kind}"
        say(f"{origin.hub} under {origin.policy}: {who} (known by {origin.known_by}, confidence {origin.confidence:.2f})")


@orgs.command("unknown")
def unknown(
    limit: Annotated[int, typer.Option("--limit", min=1, help="show at most this many namespaces")] = 50,
    day: Annotated[
        str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="as of the last observed day up to this [default: all]")
    ] = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the most downloaded unlabelled namespaces, and the share of their hub's downloads that each could move."""
    from hubwatch import classify

    form = chosen_format(form, as_json)
    until = asked_day(day)
    with published_in(data) as con:
        rows = classify.unknown_namespaces(con, until, limit)
    columns = tuple(classify.Unlabelled.model_fields)
    show_rows(columns, [tuple(row.model_dump().values()) for row in rows], form)


@orgs.command("profiles")
def profiles(
    budget: Annotated[int, typer.Option("--budget", min=1, help="fetch at most this many namespaces")] = 100, data: Data = None
) -> None:
    """Fetch the profiles of the most downloaded unlabelled namespaces, then reclassify and republish."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    asked, found = pipeline.ask_profiles(Settings.from_environment(data), budget)
    say(f"{asked} namespace(s) requested, {found} profile(s) saved; origins are reclassified and republished")
