"""Who may import whom: no circles, other folders by their faces only, and one owner of each library that others must not use."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "hubwatch"
# The folders that alone import a library; flows are outside of the package.
OWNERS = {
    "httpx": ("hubwatch.net",),
    "tenacity": ("hubwatch.net",),
    "obstore": ("hubwatch.pages",),
    "prefect": ("flows",),
    "psycopg": ("hubwatch.collect",),
    "typer": ("hubwatch.cli",),
    "rich": ("hubwatch.cli", "hubwatch.statistics"),  # a result renders itself as a table
}


def modules() -> dict[str, Path]:
    """Every module of the package and of the flows by its name; a folder's face by the folder's."""
    found = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in PACKAGE.rglob("*.py")
    }
    return found | {f"flows.{path.stem}": path for path in (ROOT / "flows").glob("*.py")}


MODULES = modules()


def imports_of(name: str) -> Iterator[str]:
    """What a module imports, wherever in it and for whatever purpose: modules, and names as `module.name`."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules_imported_by(name: str) -> set[str]:
    """The modules among those of ours that a module imports; of a name that a face offers, the face."""
    found = set()
    for asked in imports_of(name):
        face = asked.rpartition(".")[0]
        found.add(asked if asked in MODULES and asked.rpartition(".")[2] not in OFFERED.get(face, ()) else face)
    return (found & MODULES.keys()) - {name}


def offered_by(name: str) -> set[str]:
    """The names that a folder's face offers under `__all__`."""
    for node in ast.parse(MODULES[name].read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


OFFERED = {name: offered_by(name) for name, path in MODULES.items() if path.name == "__init__.py"}


def folder_of(name: str) -> str:
    """The stage a module belongs to: the folder below the package, or the module itself."""
    return ".".join(name.split(".")[:2])


def circle_in(edges: dict[str, set[str]]) -> list[str]:
    """A circle of imports, in order; empty when there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(edges[name]):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := walk(name, []))), [])


def test_a_circle_is_found_where_there_is_one() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_modules_import_one_another_in_a_circle_not_even_for_types() -> None:
    assert circle_in({name: modules_imported_by(name) for name in MODULES}) == []


def test_no_folders_import_one_another_in_a_circle() -> None:
    edges: dict[str, set[str]] = {folder_of(name): set() for name in MODULES if not name.startswith("flows.")}
    edges.pop("hubwatch", None)  # the public face is above all and its version below
    for name in MODULES:
        if folder_of(name) in edges:
            edges[folder_of(name)] |= {folder_of(other) for other in modules_imported_by(name)} - {folder_of(name), "hubwatch"}
    assert circle_in(edges) == []


def test_another_folder_is_imported_by_its_face() -> None:
    inside = [
        f"{name} imports {other}"
        for name in sorted(MODULES)
        for other in sorted(modules_imported_by(name))
        if folder_of(other) not in (folder_of(name), other) and not name.startswith("hubwatch.hubs.") and "." in other
    ]
    assert inside == []


@pytest.mark.parametrize(("library", "owners"), OWNERS.items())
def test_a_library_is_imported_by_its_owners_alone(library: str, owners: tuple[str, ...]) -> None:
    users = {name for name in MODULES if any(asked.split(".")[0] == library for asked in imports_of(name))}
    assert users
    assert sorted(name for name in users if not any(f"{name}.".startswith(f"{owner}.") for owner in owners)) == []


def test_connections_to_duckdb_are_opened_in_the_store_alone() -> None:
    opening = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "connect" and isinstance(node.value, ast.Name) and node.value.id == "duckdb"
    }
    assert opening
    assert {folder_of(name) for name in opening} == {"hubwatch.store"}


def test_nothing_but_the_command_line_imports_the_sandbox() -> None:
    users = {name for name in MODULES if any(folder_of(other) == "hubwatch.sandbox" for other in modules_imported_by(name))}
    assert sorted({folder_of(name) for name in users} - {"hubwatch.sandbox"}) == ["hubwatch.cli"]
    top = [
        name
        for name in users
        if folder_of(name) == "hubwatch.cli"
        for node in ast.parse(MODULES[name].read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom) and "sandbox" in ast.dump(node)
    ]
    assert top == []  # only inside of the commands that need it


def test_nothing_outside_of_the_hubs_folders_names_a_hub() -> None:
    from hubwatch.hubs import sites

    naming = [
        f"{name} names {text!r}"
        for name, path in sorted(MODULES.items())
        if folder_of(name) not in ("hubwatch.hubs", "hubwatch.sandbox")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(text := node.value, str) and text in sites()
    ]
    assert naming == []
