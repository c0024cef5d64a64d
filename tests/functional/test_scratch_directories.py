"""What killed demos leave behind, and who may clear it away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from claude_tui.tui.scratch import ScratchDirectory, sweep

PREFIX = "scratch-"
KILLED = """
import os, signal, sys
from pathlib import Path
from claude_tui.tui.scratch import ScratchDirectory
files = ScratchDirectory(sys.argv[2]).make(Path(sys.argv[1]))
(files / "demo.db").write_text("history")
os.kill(os.getpid(), signal.SIGKILL)
"""


def used(directory: Path) -> ScratchDirectory:
    scratch = ScratchDirectory(PREFIX)
    (scratch.make(directory) / "demo.db").write_text("history")
    return scratch


def files_in(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.rglob("*.db"))


def test_one_in_use_is_left_alone_and_gone_when_its_owner_removes_it(tmp_path: Path) -> None:
    scratch = used(tmp_path)
    sweep(tmp_path, PREFIX)
    assert files_in(tmp_path) == ["demo.db"]
    scratch.remove()
    assert not list(tmp_path.iterdir())
    scratch.remove()


def test_removing_what_was_never_made_is_no_fault(tmp_path: Path) -> None:
    ScratchDirectory(PREFIX).remove()
    assert not list(tmp_path.iterdir())


def test_one_whose_process_was_killed_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), PREFIX], check=False)
    assert files_in(tmp_path) == ["demo.db"]
    sweep(tmp_path, PREFIX)
    assert not list(tmp_path.iterdir())


def test_a_process_id_in_use_again_does_not_keep_one(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}{os.getpid()}-abcdefgh"
    (left / "data").mkdir(parents=True)
    sweep(tmp_path, PREFIX)
    assert not list(tmp_path.iterdir())


def test_one_in_use_by_a_process_that_cannot_be_seen_from_here_is_left_alone(tmp_path: Path) -> None:
    """In another container its number says nothing; its lock does."""
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    scratch = used(tmp_path)
    (own,) = tmp_path.iterdir()
    own.rename(tmp_path / f"{PREFIX}{ended.pid}-abcdefgh")
    sweep(tmp_path, PREFIX)
    assert files_in(tmp_path) == ["demo.db"]
    scratch.remove()


def test_what_only_looks_similar_is_not_touched(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    named_by_a_person = tmp_path / f"{PREFIX}notes-of-today"
    for directory in (precious, named_by_a_person):
        directory.mkdir()
        (directory / "notes.db").write_text("mine")
    (tmp_path / f"{PREFIX}1-linkedxx").symlink_to(precious)
    (tmp_path / f"{PREFIX}1-linkgone").symlink_to(tmp_path / "gone")
    (tmp_path / f"{PREFIX}1-afilexxx").write_text("mine")
    before = sorted(tmp_path.iterdir())
    sweep(tmp_path, PREFIX)
    assert sorted(tmp_path.iterdir()) == before
    assert files_in(tmp_path) == ["notes.db", "notes.db"]
