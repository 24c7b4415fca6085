"""The hubs, explicitly: a module that says how to ask, and a SQL file that says how records become listings."""

from importlib.resources import files
from types import ModuleType

from hubwatch.hubs import huggingface

HUBS: dict[str, ModuleType] = {"huggingface": huggingface}


def record_sql(hub: str) -> str:
    """The hub's SQL: from relation `record` (segment, position, record JSON) to columns of listings and a reject reason."""
    return files("hubwatch.hubs").joinpath(f"{hub}.sql").read_text("utf-8")
