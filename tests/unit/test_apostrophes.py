"""Every text on screen has the straight apostrophe: any terminal draws it, and people search for it."""

from __future__ import annotations

from pathlib import Path

import pytest

import claude_tui

PACKAGE = Path(claude_tui.__file__).parent
# These read what others wrote, or translate it for terminals that have no such sign.
FOREIGN = {
    "check/text.py",
    "doctor/text.py",
    "incident/postmortem/lint.py",
    "knowledge/sentences.py",
    "knowledge/sentences.toml",
    "model/masking.py",
    "probes/credentials.py",
    "tui/render/large.py",
    "tui/render/symbols.py",
}


@pytest.mark.parametrize("suffix", ["py", "toml", "md"])
def test_apostrophes_are_straight(suffix: str) -> None:
    files = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob(f"*.{suffix}")}
    assert files
    assert [name for name in files.keys() - FOREIGN if "’" in files[name].read_text("utf-8")] == []
