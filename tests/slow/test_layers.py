"""The import graph: each package imports only downwards, as pyproject.toml has it; nothing in a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import claude_tui

ROOT = Path(__file__).parents[2]
PACKAGE = Path(claude_tui.__file__).parent


def test_imports_only_go_down() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, modules: frozenset[str]) -> Iterator[str]:
    """The modules that `source` imports anywhere: at its top, for types only, or within a function.

    `from package import name` is an import of the module `package.name` where there is one, else of the
    package, whose `__init__` then has to import the name from somewhere.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not followed here"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield from [name for name in (submodule, node.module) if name in modules][:1]


def import_graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Module to the modules that it imports."""
    modules = frozenset(sources)
    return {name: set(imported(source, modules)) - {name} for name, source in sources.items()}


def circle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle in their order; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_among_the_modules() -> None:
    sources = {module_name(file): file.read_text() for file in PACKAGE.rglob("*.py")}
    assert "claude_tui.tui.app" in sources
    assert circle_in(import_graph(sources)) == []


def test_type_only_and_lazy_imports_count_as_circles() -> None:
    sources = {
        "p": "",
        "p.top": "from p.below import Below",
        "p.below": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.top import Top",
    }
    assert set(circle_in(import_graph(sources))) == {"p.top", "p.below"}
    sources["p.below"] = "def f() -> None:\n    import p.top"
    assert set(circle_in(import_graph(sources))) == {"p.top", "p.below"}
    sources["p.below"] = "from p import other"
    assert circle_in(import_graph(sources)) == []
    sources["p"] = "from p.top import Top"
    sources["p.below"] = "from p import Top"
    assert set(circle_in(import_graph(sources))) == {"p", "p.top", "p.below"}
