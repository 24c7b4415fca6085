"""The hubs, explicitly: a module that says how to ask, and a SQL file that says how records become listings."""

from importlib.resources import files
from types import ModuleType

from hubwatch.hubs import huggingface, modelscope, wisemodel

# By the name under which pages and rows are kept; modelscope.ai is a site of its own and speaks as modelscope.cn does.
HUBS: dict[str, ModuleType] = {"huggingface": huggingface, "modelscope": modelscope, "modelscope.ai": modelscope, "wisemodel": wisemodel}


def record_sql(hub: str) -> str:
    """The hub's SQL: from relation `record` (segment, position, record JSON) to columns of listings and a reject reason."""
    return files("hubwatch.hubs").joinpath(f"{HUBS[hub].NAME}.sql").read_text("utf-8")
