"""The page `architecture`: every file that it names exists."""

from __future__ import annotations

import re

from tests.documents import ROOT
from tests.manual_tables import PAGES

TEXT = (PAGES / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "claude_tui"
PATHS = {path for path in re.findall(r"`([\w./-]+)`", TEXT) if "/" in path and not path.startswith(".venv")}


def there(path: str) -> bool:
    return any((root / path).exists() for root in (PACKAGE, ROOT))


def test_every_path_on_it_exists() -> None:
    assert len(PATHS) > 30
    assert [path for path in sorted(PATHS) if not there(path)] == []


def test_every_package_is_on_it() -> None:
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    listed = set(re.findall(r"^- `(\w+/)`:", TEXT, re.MULTILINE))
    assert listed == packages


def test_it_names_the_place_for_twenty_changes_and_more() -> None:
    entries = re.split(r"^\d+\. \*\*", TEXT, flags=re.MULTILINE)[1:]
    assert len(entries) >= 20
    assert [entry for entry in entries if not re.search(r"`[\w-]+/", entry)] == []
