"""What is asked of Hugging Face to see whether it is as this version expects: token, fields, order, the next page, our own cursor."""

from datetime import timedelta
from typing import Any

from hubwatch.clock import now
from hubwatch.hubs.huggingface import walk
from hubwatch.hubs.huggingface.cursors import keyset_cursor
from hubwatch.hubs.huggingface.fields import FIELDS
from hubwatch.hubs.probing import CHANGED, SAMPLE, Look, a_list, an_object, ascends, follow_link
from hubwatch.net import Answer, Ask


def probe(look: Look) -> None:
    """Token, fields, order by creation, the next page, and a cursor of our own making."""
    client = look.client
    if client.has_token:
        said = look.ask("token", Ask(client.url("/api/whoami-v2")), an_object, lambda failure: "renew it or unset HF_TOKEN")
        if said is not None:
            look.token(True)
    else:
        look.token(None)
    fields = [("expand[]", name) for name in FIELDS]
    params = [("limit", str(SAMPLE)), ("sort", "createdAt"), ("direction", "1"), *fields]
    links: list[str] = []

    def read(answer: Answer) -> list[Any]:
        links.extend([answer.next_link] if answer.next_link else [])
        return a_list(answer)

    records = look.ask("listing", Ask(client.url(walk.ROUTE, params)), read)
    if records is None:
        return
    look.shape("listing", records, walk.PROMISED)
    keys = [record.get("_id") for record in records if isinstance(record, dict)]
    look.found("order", ascends(keys), "by creation, oldest first" if ascends(keys) else f"_id does not ascend: {keys[:3]}", CHANGED)
    if not links:
        look.found("next page", len(records) < SAMPLE, "no Link to a next page", CHANGED)
    else:
        follow_link(look, links[0], walk.ROUTE, keys)
    since = now() - timedelta(days=7)
    entered = look.ask("own cursor", Ask(client.url(walk.ROUTE, [*params, ("cursor", keyset_cursor(since))])), a_list)
    if entered is not None:
        created = [str(record.get("createdAt", "")) for record in entered if isinstance(record, dict)]
        taken = bool(created) and min(created) >= since.isoformat()[:19]
        look.found("own cursor", True, "taken" if taken else "not taken: sweeps of new models walk from the newest instead")
