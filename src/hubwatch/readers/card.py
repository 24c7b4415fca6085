"""The data card of a version: README.md's front matter as dataset hubs read it, and the licenses apart."""

import json

from hubwatch.readers.export import Exported, Resource

_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
)
_FIRST, _ORDER = "latest", ("main", "statistics", "facts", "store")


def front_matter(exported: Exported, title: str, tags: tuple[str, ...]) -> str:
    """The YAML block: license, tags, size, and a configuration for each table, view and statistic that has rows."""
    tables = sorted((one for one in exported.resources if one.rows), key=_turn)
    first = tables[0].name if tables else None
    lines = [
        "---",
        f"pretty_name: {json.dumps(title)}",
        "license: other",
        "license_name: apache-2.0-and-terms-of-sources",
        "license_link: LICENSE.md",
        "tags:",
        *(f"- {json.dumps(tag)}" for tag in tags),
        "size_categories:",
        f"- {json.dumps(size_category(sum(one.rows for one in tables)))}",
        "configs:",
    ]
    for one in tables:
        lines += [f"- config_name: {json.dumps(one.name)}", f"  data_files: {json.dumps(one.path)}"]
        lines += ["  default: true"] if one.name == first else []
    return "\n".join([*lines, "---", "", ""])


def _turn(one: Resource) -> tuple[bool, int]:
    """A viewer lists them in this order and opens with the first: what readers ask for, and what that is made of last."""
    return one.name != _FIRST, _ORDER.index(one.path.partition("/")[0])


def size_category(rows: int) -> str:
    """The range that so many rows are in, in the Hub's words."""
    return next((name for most, name in _SIZES if rows < most), "10B<n<100B")
