"""What killed demos leave behind, and who may clear it away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from claude_tui.tui.run import DEMO_PREFIX, sweep_demos


def test_only_directories_of_demos_that_have_ended_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    killed = tmp_path / f"{DEMO_PREFIX}{ended.pid}-abc"
    running = tmp_path / f"{DEMO_PREFIX}{os.getpid()}-abc"
    nameless = tmp_path / f"{DEMO_PREFIX}old-abc"
    mine = tmp_path / "precious"
    for directory in (killed, running, nameless, mine):
        directory.mkdir()
        (directory / "demo.db").write_text("history")
    link = tmp_path / f"{DEMO_PREFIX}{ended.pid}-link"
    link.symlink_to(mine)
    sweep_demos(tmp_path)
    assert not killed.exists()
    assert all((directory / "demo.db").exists() for directory in (running, nameless, mine))


def test_what_another_demo_is_clearing_away_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / f"{DEMO_PREFIX}{2**40}-abc").symlink_to(tmp_path / "gone")
    sweep_demos(tmp_path)
    assert list(tmp_path.iterdir())
