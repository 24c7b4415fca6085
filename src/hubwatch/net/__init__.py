"""The one client: identity, timeouts, rate windows, retries. Sole owner of httpx and tenacity."""

from hubwatch.net.client import Client, Tally, Transport
from hubwatch.net.limits import HubSettings, Limits, header_text, http_address, is_loopback
from hubwatch.net.messages import JSON_TYPES, Answer, Ask, array_of, lenient_json, whole_array, whole_json
from hubwatch.net.pacing import Announced, Pacer, announced

__all__ = [
    "JSON_TYPES",
    "Announced",
    "Answer",
    "Ask",
    "Client",
    "HubSettings",
    "Limits",
    "Pacer",
    "Tally",
    "Transport",
    "announced",
    "array_of",
    "header_text",
    "http_address",
    "is_loopback",
    "lenient_json",
    "whole_array",
    "whole_json",
]
