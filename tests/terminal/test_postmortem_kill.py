"""`kill -9` in the middle of a sentence: what was typed into the postmortem is in the history."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.engine import store_name
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.probes.credentials import Credentials
from claude_tui.store import FIELD_REVISIONS, Store
from tests.terminal.on_pty import PATIENCE_S, OnPty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts CPU in /proc")

BASE_URL = "http://127.0.0.1:9"


def prepared(directory: Path) -> None:
    """A history with an incident that is open."""
    now = datetime.now(UTC)
    store = Store.open(directory, store_name(Credentials.from_environ({}, base_url=BASE_URL)), now=now)
    declared = IncidentAct.DECLARED
    began = now - timedelta(minutes=3)
    store.write(IncidentEntry(now, "1" * 32, "a" * 32, declared, began, "ana", "", "Nothing answers"))
    assert store.close(PATIENCE_S)


def texts(directory: Path) -> list[str]:
    store = Store.open(
        directory, store_name(Credentials.from_environ({}, base_url=BASE_URL)), now=datetime.now(UTC)
    )
    try:
        return [revision.text for _, revision in store.entries_after(FIELD_REVISIONS, 0)]
    finally:
        store.close(PATIENCE_S)


def test_what_was_typed_survives_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    prepared(data)
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")}
    dead = {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": BASE_URL}
    command = [sys.executable, "-m", "claude_tui", "--data-dir", str(data)]
    terminal = OnPty([*command, "--status-url", BASE_URL], env={**homes, **dead})
    try:
        terminal.see(b"LIVE")
        terminal.type(b"f")
        terminal.see(b"Root cause")
        terminal.type(b"\t\t\t\t\r")
        terminal.see(b"kept as you type")
        terminal.type(b"theirs alone")
        # What has been a second on the screen is in the history: nothing else tells when it is written.
        end = time.monotonic() + PATIENCE_S
        while "theirs alone" not in texts(data):
            assert time.monotonic() < end, "it was never recorded"
            terminal.read(0.1)
        os.kill(terminal.process.pid, signal.SIGKILL)
        terminal.process.wait()
        assert texts(data)[-1] == "theirs alone"
    finally:
        terminal.close()
