"""mkdocs hook: README, CONTRIBUTING and CHANGELOG as pages of the site, and links between all of them that lead there."""

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/hubwatch/hubwatch/blob/main"
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the root's pages; their links are as if they stood in docs/."""
    for path, page in PAGES.items():
        text = (ROOT / path).read_text("utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(lambda found: f"{found[1]}{_led(found[2], '')}{found[3]}", text)))
    files.append(File.generated(config, "notebook.md", content=_notebook()))
    return files


def _notebook() -> str:
    """The notebook's cells as a page, and where the notebook itself is."""
    parts = []
    for cell in json.loads((ROOT / "docs" / "notebook.ipynb").read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    title, rest = parts[0].split("\n", 1)
    return "\n\n".join([title, "[The notebook itself](notebook.ipynb), for Jupyter.", rest.strip(), *parts[1:]]) + "\n"


def on_page_markdown(markdown: str, page: Any, **others: Any) -> str:
    """Links of docs/ to files outside of it lead to their page, or to the repository."""
    if page.file.src_uri in PAGES.values():
        return markdown
    return _LINK.sub(lambda found: f"{found[1]}{_led(found[2], 'docs')}{found[3]}", markdown)


def _led(link: str, folder: str) -> str:
    """Where a link in a file of this folder leads on the site."""
    if "://" in link or link.startswith("mailto:"):
        return link
    path = posixpath.normpath(posixpath.join(folder, link))
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{HOME}/{path}"
