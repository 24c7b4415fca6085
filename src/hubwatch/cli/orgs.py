"""`hubwatch orgs`: who stands behind namespaces, on what ground, and what a reviewer should look at next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hubwatch.cli.options import Data, Format, Hub, Json, SeenDay, asked_day, known_hub, published_in
from hubwatch.cli.output import chosen_format, inform, say, show_record, show_rows, warn
from hubwatch.errors import NoSuchName, UsageError, counted
from hubwatch.spelling import hint, meant

if TYPE_CHECKING:
    from hubwatch import classify

Row = tuple[Any, ...]
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

    form, asked = chosen_format(form, as_json), meant(policy, POLICIES) if policy is not None else POLICIES[0]
    if asked is None:
        raise NoSuchName(f"--policy {policy} is not known{hint(str(policy), POLICIES)} (policies: {', '.join(POLICIES)})")
    with published_in(data) as con:
        rows = classify.organizations_listing(con, load_facts(), asked)
    columns = tuple(classify.OrganizationRow.model_fields)
    show_rows(columns, [tuple(row.model_dump().values()) for row in rows], form)


@orgs.command("explain")
def explain(
    name: Annotated[str, typer.Argument(help="a namespace, or an organization by any of its names")],
    hub: Hub = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show every claim about a namespace or an organization with its source, and what each policy makes of it."""
    from hubwatch import classify
    from hubwatch.facts import load_facts

    if not name.strip():
        raise UsageError("NAME must not be empty; name a namespace as in its models' ids, or an organization")
    form = chosen_format(form, as_json)
    facts, named = load_facts(), known_hub(hub)
    with published_in(data) as con:
        found = classify.explain(con, facts, name, named)
        organization = classify.explain_organization(facts, name)
        if not found.is_listed and organization is None and found.is_unknown:
            raise classify.no_such_name(con, facts, name)
    of_namespace = found.is_listed or any(claim.by == "fact" for claim in found.claims) or organization is None
    if form == "json":
        shown = found if of_namespace or organization is None else organization
        say(shown.model_dump_json(indent=2))
        return
    if organization is not None and form == "table":
        also = f", also known as {', '.join(organization.also_known_as)}" if organization.also_known_as else ""
        say(f"{organization.organization}{also}" + (f"; belongs to {organization.parent}" if organization.parent else ""))
    claims, labels = _said(found if of_namespace else None, organization)
    if form != "table":
        show_rows(_SAID, [*claims, *labels], form)
        return
    for heading, rows in (("What sources say", claims), ("What each policy makes of it", labels)):
        if rows:
            say(f"\n{heading}")
            show_rows(_SAID, rows)
    if of_namespace and found.is_unknown:
        warn(f"nothing is known of {found.namespace}, which is listed here")


_SAID = (
    *("by", "hub", "namespace", "policy", "organization", "country", "kind", "confidence", "known_by"),
    *("valid_from", "valid_to", "renamed_to", "purpose", "note", "source"),
)


def _said(found: classify.Explanation | None, organization: classify.OrganizationExplanation | None) -> tuple[list[Row], list[Row]]:
    """Rows of what sources say of a namespace or an organization, and of the labels that policies give it."""
    claims = dict.fromkeys([*(found.claims if found else ()), *(organization.claims if organization else ())])
    labels = [one.model_dump() | {"by": "policy"} for one in found.origins] if found else []
    if organization is not None and found is None:
        labels = [one.model_dump() | {"by": "policy", "organization": organization.organization} for one in organization.policies]
    return [_row(one.model_dump()) for one in claims], [_row(one) for one in labels]


def _row(said: dict[str, Any]) -> Row:
    return tuple(said.get(column) for column in _SAID)


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


@orgs.command("sensitivity")
def sensitivity(
    hub: Hub = None,
    by: Annotated[str, typer.Option("--by", help="country or kind")] = "country",
    metric: Annotated[str, typer.Option("--metric", help="downloads_30d, downloads_total, likes or models")] = "downloads_30d",
    day: SeenDay = None,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show how much shares depend on labels: under each policy, with each contested label flipped, weighted by confidence."""
    from hubwatch import statistics
    from hubwatch.hubs import HUBS

    form = chosen_format(form, as_json)
    asked, on = known_hub(hub) or next(iter(HUBS)), asked_day(day)
    with published_in(data) as con:
        at, rows = statistics.sensitivity(con, asked, by, metric, on)
    show_rows(("scenario", "group", "value", "share", "difference"), [*rows], form)
    inform(f"{metric} on {at.hub}, {at.day}, {at.sweep} sweep; value and share of each scenario, difference to the default policy")


@orgs.command("profiles")
def profiles(
    budget: Annotated[int, typer.Option("--budget", min=1, help="fetch at most this many namespaces")] = 100,
    form: Format = "table",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Fetch the profiles of the most downloaded unlabelled namespaces, then reclassify and republish."""
    from hubwatch import pipeline
    from hubwatch.settings import Settings

    form = chosen_format(form, as_json)
    asked, found = pipeline.ask_profiles(Settings.from_environment(data), budget)
    told = f"{counted(asked, 'namespace')} requested, {counted(found, 'profile')} saved; origins are reclassified and republished"
    show_record(form, {"stage": "profiles", "requested": asked, "saved": found}, told)
