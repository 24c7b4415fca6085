"""Local stand-ins of the three hubs: tests, demo, dry runs, fault drills."""

from hubwatch.sandbox.faults import Fault, Faults
from hubwatch.sandbox.hubserver import LoggedRequest
from hubwatch.sandbox.jsonl import read_jsonl
from hubwatch.sandbox.quota import Quota
from hubwatch.sandbox.server import Sandbox, serve
from hubwatch.sandbox.switches import Switches

__all__ = ["Fault", "Faults", "LoggedRequest", "Quota", "Sandbox", "Switches", "read_jsonl", "serve"]
