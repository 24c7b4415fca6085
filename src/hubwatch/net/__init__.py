"""The one client: identity, timeouts, rate windows, retries. Sole owner of httpx and tenacity."""

from hubwatch.net.client import Client
from hubwatch.net.messages import JSON_TYPES, Answer, Ask, array_of, lenient_json, whole_array, whole_json

__all__ = [
    "JSON_TYPES",
    "Answer",
    "Ask",
    "Client",
    "array_of",
    "lenient_json",
    "whole_array",
    "whole_json",
]
