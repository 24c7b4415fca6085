"""The hubs, explicitly: a module that says how to ask, and a SQL file that says how records become listings."""

import json
import re
from importlib.resources import files

from hubwatch.hubs.huggingface import walk as huggingface
from hubwatch.hubs.modelscope import walk as modelscope
from hubwatch.hubs.wisemodel import walk as wisemodel
from hubwatch.pages import Hub

# By the name under which pages and rows are kept; modelscope.ai is a site of its own and speaks as modelscope.cn does.
HUBS: dict[str, Hub] = {"huggingface": huggingface, "modelscope": modelscope, "modelscope.ai": modelscope, "wisemodel": wisemodel}
_SHAPED = re.compile(r"json_transform\(record, '(?P<shape>[^']+)'\)")


def record_sql(hub: str) -> str:
    """The hub's SQL: from relation `record` (segment, position, record JSON) to columns of listings and a reject reason."""
    return files(f"hubwatch.hubs.{HUBS[hub].NAME}").joinpath("record.sql").read_text("utf-8")


def shaped_sql(hub: str) -> tuple[str, str] | None:
    """The type that the hub's SQL gives to every record, and the same SQL over records read as that type; None if it gives none.

    Read so, a page is parsed once instead of twice. One value of another type stops DuckDB; then `record_sql` reads the rest.
    """
    sql = record_sql(hub)
    found = _SHAPED.search(sql)
    if found is None:
        return None
    shape = "case when record is not null then 'OBJECT' else 'NULL' end"
    return _type(json.loads(found["shape"])), _SHAPED.sub("record", sql).replace("json_type(record)", shape)


def _type(shape: object) -> str:
    if isinstance(shape, dict):
        return "STRUCT(" + ", ".join(f'"{key}" {_type(inner)}' for key, inner in shape.items()) + ")"
    if isinstance(shape, list):
        return f"{_type(shape[0])}[]"
    return str(shape)
