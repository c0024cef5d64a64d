"""Packages that load what they re-export when it is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from claude_tui.probes.lazy_packages import forget, lazy_packages

FILES = {
    "__init__.py": """
from . import parts
from .names import *
from .counting import count as _count
from .first import First
from .second import Second as Other
import json

_count()
__all__ = ["First", "Other", "parts"]


def third():
    from .third import THIRD
    return THIRD
""",
    "names.py": "STAR = 1",
    "counting.py": "counted = []\ndef count(): counted.append(1)",
    "first.py": "class First: pass",
    "second.py": "class Second: pass",
    "third.py": "THIRD = 3",
    "parts/__init__.py": "from .inner import Inner\nfrom ..first import First\nfrom .missing import Missing",
    "parts/inner.py": "class Inner: pass",
    "usual/__init__.py": "from .inner import Inner",
    "usual/inner.py": "class Inner: pass",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A library of which all packages but `usual` are lazy."""
    for name, text in FILES.items():
        path = tmp_path / "lazy_library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with lazy_packages(r"lazy_library(\.parts)?"):
        library = importlib.import_module("lazy_library")
        importlib.import_module("lazy_library.usual")
    yield library
    for name in loaded():
        del sys.modules[name]


def loaded() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] == "lazy_library"}


def test_only_what_is_used_at_once_is_loaded(library: ModuleType) -> None:
    assert loaded() == {
        "lazy_library",
        "lazy_library.counting",
        "lazy_library.names",
        "lazy_library.parts",
        "lazy_library.usual",
        "lazy_library.usual.inner",
    }
    assert sys.modules["lazy_library.counting"].counted == [1]


def test_a_name_is_loaded_when_it_is_used(library: ModuleType) -> None:
    assert library.Other is library.Other is sys.modules["lazy_library.second"].Second
    assert "lazy_library.first" not in sys.modules
    assert library.parts.First is library.First
    assert "lazy_library.parts.inner" not in sys.modules


def test_an_import_of_a_name_loads_it(library: ModuleType) -> None:
    names: dict[str, object] = {}
    exec("from lazy_library.parts import Inner\nfrom lazy_library import *", names)
    assert {"Inner", "First", "Other", "parts"} <= names.keys()
    assert names["Inner"] is sys.modules["lazy_library.parts.inner"].Inner


def test_the_rest_of_a_package_is_as_usual(library: ModuleType) -> None:
    assert library.STAR == 1
    assert library.json is sys.modules["json"]
    assert library.third() == 3


def test_a_name_that_cannot_be_loaded_is_an_error_each_time(library: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match=r"lazy_library\.parts\.missing"):
            _ = library.parts.Missing


def test_a_name_that_is_not_there_is_missing(library: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'lazy_library' has no attribute 'Second'"):
        _ = library.Second


def test_the_import_system_is_left_as_it_was() -> None:
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError), lazy_packages("anything"):
        raise RuntimeError
    assert sys.meta_path == before


def test_a_library_that_cannot_be_lazy_can_be_imported_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "eager_library"
    package.mkdir()
    (package / "__init__.py").write_text("from .base import Base\nclass Derived(Base): x = 1 / Base.size\n")
    (package / "base.py").write_text("class Base: size = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AttributeError), lazy_packages("eager_library"):
        importlib.import_module("eager_library")
    forget("eager_library")
    assert importlib.import_module("eager_library").Derived.x == 0.5
    forget("eager_library")
    assert not [name for name in sys.modules if name.startswith("eager_library")]
