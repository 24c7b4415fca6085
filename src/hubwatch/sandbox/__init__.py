"""Local mock servers of the hubs, a folder each: for tests, the demo, dry runs and fault drills."""

from hubwatch.sandbox.demo import SHOWN, run_demo
from hubwatch.sandbox.faults import Fault, Faults
from hubwatch.sandbox.hubserver import LoggedRequest
from hubwatch.sandbox.huggingface.counters import on_a_bad_day, shown
from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.sample import latest_records
from hubwatch.sandbox.server import Sandbox, serve
from hubwatch.sandbox.switches import Switches

__all__ = [
    "SHOWN",
    "Fault",
    "Faults",
    "LoggedRequest",
    "Quota",
    "Sandbox",
    "Switches",
    "latest_records",
    "on_a_bad_day",
    "read_jsonl",
    "run_demo",
    "serve",
    "shown",
]
