"""Have Prefect tell an operator: of each run that failed or crashed, and of a day on which nothing was built.

python flows/notify.py [--url URL | --block TYPE/NAME] [--late-after HOURS]

The address may be in HUBWATCH_NOTIFY_URL instead, where no list of processes shows it. It is sent a POST with {"text": "..."}, which Slack,
Mattermost and most others take. Run again, it changes the automations that it made.
"""

import argparse
import asyncio
import os
import sys
from datetime import timedelta
from uuid import UUID

from prefect import get_client
from prefect.automations import Automation
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.types import SecretDict

BLOCK = "hubwatch-notify"
FAILED = "hubwatch: a run failed"
LATE = "hubwatch: nothing was built"
_ENDS = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}


async def webhook(url: str) -> UUID:
    """The block that posts to this address, which Prefect keeps as a secret; the id of its document."""
    text = {"text": "{{subject}}\n{{body}}"}
    secrets = SecretDict({"address": url})
    block = CustomWebhookNotificationBlock(name="hubwatch", url="{{address}}", json_data=text, secrets=secrets, headers=None, cookies=None)
    return UUID(str(await block.asave(BLOCK, overwrite=True)))


def automations(block_id: UUID, late_after: timedelta) -> list[Automation]:
    """What is told of, and how."""
    ours: dict[str, str | list[str]] = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.hubwatch"}
    build: dict[str, str | list[str]] = {"prefect.resource.role": "deployment", "prefect.resource.name": "build"}
    hours = f"{late_after.total_seconds() / 3600:.3g}"
    failed = EventTrigger(
        expect=_ENDS, match_related=ours, for_each={"prefect.resource.id"}, posture=Posture.Reactive, threshold=1, within=timedelta(0)
    )
    late = EventTrigger(
        expect={"prefect.flow-run.Completed"}, match_related=[ours, build], posture=Posture.Proactive, threshold=1, within=late_after
    )
    return [
        Automation(
            name=FAILED,
            description="Tells of each run of hubwatch that failed or crashed, with the reason.",
            trigger=failed,
            actions=[
                SendNotification(
                    block_document_id=block_id,
                    subject="hubwatch: {{ deployment.name }} {{ flow_run.state.name | lower }}",
                    body="{{ flow_run.name }}: {{ flow_run.state.message }}",
                )
            ],
        ),
        Automation(
            name=LATE,
            description=f"Tells when no build has completed for {hours} hours.",
            trigger=late,
            actions=[
                SendNotification(
                    block_document_id=block_id,
                    subject="hubwatch: nothing was built",
                    body=f"No build has completed for {hours} hours; `hubwatch status` names the days that are missing.",
                )
            ],
        ),
    ]


async def keep(wanted: Automation) -> None:
    """Make the automation, or change the one of its name."""
    try:
        held = await Automation.aread(name=wanted.name)
    except ValueError:  # there is none
        await wanted.acreate()
        return
    wanted.id = held.id
    await wanted.aupdate()


async def _block(name: str) -> UUID:
    """The id of a block that somebody made, named TYPE/NAME."""
    kind, _, own = name.partition("/")
    async with get_client() as client:
        return (await client.read_block_document_by_name(own, kind)).id


async def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", default=os.environ.get("HUBWATCH_NOTIFY_URL"), help="where to post [default: $HUBWATCH_NOTIFY_URL]")
    asked.add_argument("--block", metavar="TYPE/NAME", help="a notification block of yours, such as slack-webhook/ops")
    asked.add_argument("--late-after", type=float, default=26, metavar="HOURS", help="without a completed build [default: 26]")
    options = asked.parse_args()
    if not (options.block or options.url):
        asked.error("name an address with --url or HUBWATCH_NOTIFY_URL, or a block with --block")
    if options.late_after * 3600 < 10:
        asked.error("--late-after is less than the ten seconds that Prefect can tell apart")
    block_id = await _block(options.block) if options.block else await webhook(options.url)
    for one in automations(block_id, timedelta(hours=options.late_after)):
        await keep(one)
        sys.stdout.write(f"automation: {one.name}\n")


if __name__ == "__main__":
    asyncio.run(main())
