"""Imports a library whose packages load what they re-export only when it is used, as in PEP 810."""

from __future__ import annotations

import builtins
import importlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["forget", "lazy_packages"]


@contextmanager
def lazy_packages(names: str) -> Iterator[None]:
    """Within it, packages whose name matches the pattern `names` are imported without what they re-export.

    Each name that such a package imports from a module of its library is loaded when it is first used, also
    afterwards. Name only packages that use these names for nothing but calls while they are imported.
    """
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def forget(library: str) -> None:
    """Removes the modules of a library whose import has failed, so that it can be imported again."""
    for name in [name for name in sys.modules if name == library or name.startswith(f"{library}.")]:
        del sys.modules[name]


class _Finder:
    def __init__(self, names: str) -> None:
        self._matches = re.compile(names).fullmatch

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if self._matches(name) else None
        if spec is not None and spec.submodule_search_locations and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs a package with placeholders for what it re-exports, which are replaced when they are used."""

    def exec_module(self, module: ModuleType) -> None:
        names = vars(module)
        names["__builtins__"] = vars(builtins) | {"__import__": _import}
        super().exec_module(module)
        names["__builtins__"] = vars(builtins)
        reexports = {name: value for name, value in names.items() if isinstance(value, _Reexport)}
        for name in reexports:
            del names[name]

        def load(name: str) -> Any:
            if name not in reexports:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            names[name] = value = reexports[name].load()
            return value

        # PEP 562
        names["__getattr__"] = load


@dataclass(frozen=True, slots=True)
class _Reexport:
    package: str
    module: str
    name: str

    def load(self) -> Any:
        return getattr(importlib.import_module(self.module, self.package), self.name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.load()(*args, **options)


def _import(
    name: str,
    names: dict[str, Any],
    scope: Mapping[str, Any] | None = None,
    wanted: Sequence[str] | None = None,
    level: int = 0,
) -> Any:
    """`__import__`, but `from .module import name` gives a placeholder, unless it stands in a function."""
    if not level or not name or not wanted or "*" in wanted or scope is not names:
        return __import__(name, names, scope, wanted or (), level)
    origin = "." * level + name
    return SimpleNamespace(**{each: _Reexport(names["__package__"], origin, each) for each in wanted})
