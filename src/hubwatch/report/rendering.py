"""What turns the site's figures into text: the templates, JSON inside of pages, the script of the live charts."""

import json
import os
import subprocess
import sys
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hubwatch.report import words
from hubwatch.report.tables import table_html


def environment() -> Environment:
    """Jinja2 that escapes everything and knows no undefined name."""
    made = Environment(
        loader=PackageLoader("hubwatch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.without_controls,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["slug"] = words.slug
    made.globals["table_html"] = table_html
    return made


def script_json(value: object) -> Markup:
    """JSON that may stand inside a script element: no sign in it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    for sign, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(sign, escaped)
    return Markup(text)


_BUNDLE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


@cache
def charts_script() -> str:
    """The JavaScript that draws charts in a browser. A process of its own puts it together: that takes 120 MB, which Python would keep."""
    path = os.pathsep.join(filter(None, sys.path))
    made = subprocess.run([sys.executable, "-c", _BUNDLE], stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": path})
    return made.stdout.decode()
