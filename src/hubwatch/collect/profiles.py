"""Profiles of namespaces, asked of the hubs that have pages of them: within a budget, and kept as pages.

They belong to no sweep of listings: each namespace is a partition of the day's pages `profiles`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from hubwatch.clock import now
from hubwatch.collect.coordination import coordinated, take_turns
from hubwatch.collect.sharing import Sharing, unsent
from hubwatch.errors import BrokenPage, HubFailure, Refused
from hubwatch.hubs import HUBS, Profiles
from hubwatch.net import Answer, Client, whole_json
from hubwatch.pages import PROFILES, Page, PageFacts, SweepPages, kept_beside
from hubwatch.settings import Settings

ASKED_AGAIN = timedelta(days=90)  # a profile is rarely changed, and what it does not tell today it does not tell tomorrow


def hubs_with_profiles() -> list[str]:
    """The hubs that have pages of profiles."""
    return [name for name, hub in HUBS.items() if hub.profiles is not None]


def collect_profiles(
    client: Client, settings: Settings, day: date, namespaces: list[str], tell: Callable[[str], object] = lambda line: None
) -> int:
    """Keep what the hub says of each namespace's profile, a partition each; returns how many have one.

    That the hub knows no profile is kept, too, as the hub said it, so that it is not asked about again tomorrow. `tell` is given
    a line where other machines do not have all of them yet.
    """
    profiles = HUBS[client.hub].profiles
    if profiles is None:
        raise HubFailure(f"{client.hub} has no pages of profiles")
    pages = SweepPages(settings.data, settings.kept_as(client.hub), day, PROFILES)
    with coordinated(settings, pages, settings.lock_wait) as agreed:
        if agreed is not None:
            take_turns(client, agreed)
        sharing = Sharing(settings, pages, agreed)
        sharing.fetch()
        held = set(pages.partitions())
        with sharing.sending(None) as sending:
            found = sum(_keep_profile(client, profiles, pages, namespace) for namespace in namespaces if namespace not in held)
        if (left := unsent(sending)) is not None:
            tell(left)
    return found


def _keep_profile(client: Client, profiles: Profiles, pages: SweepPages, namespace: str) -> bool:
    def checked(answer: Answer) -> Answer:
        if not isinstance(whole_json(answer, client.hub), dict):
            raise BrokenPage(f"{client.hub}: {answer.url} is no profile")
        return answer

    for ask in profiles.asks(client, namespace):
        try:
            answer = client.ask(ask, checked)
        except Refused as refusal:
            if refusal.status not in (401, 403, 404) or (refusal.status == 401 and client.has_token):
                raise  # a token that is not accepted says nothing of the namespace
            facts, body = PageFacts(ask.url, refusal.status, now(), 0, len(refusal.body)), refusal.body
        else:
            facts, body = PageFacts(answer.url, answer.status, answer.at, 1, len(answer.body)), answer.body
            break
    pages.append(Page(facts, body, namespace))
    return facts.records > 0


def asked_lately(data: Path, kept_as: str, day: date) -> set[str]:
    """The namespaces whose profiles were asked for within the 90 days before, whatever the answer."""
    return {
        namespace for pages in kept_beside(data, kept_as, PROFILES) if pages.day > day - ASKED_AGAIN for namespace in pages.partitions()
    }
