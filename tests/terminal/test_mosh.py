"""The demo over mosh, which keeps a terminal of its own between the program and the one in front."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.on_pty import PATIENCE_S, ROOT, SURROUNDINGS, OnPty

pytestmark = pytest.mark.skipif(
    shutil.which("mosh-server") is None or shutil.which("mosh-client") is None, reason="mosh is not installed"
)
DEMO = (sys.executable, "-m", "claude_tui", "--demo", "outage", "--speed", "20")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[OnPty]:
    env = {
        **SURROUNDINGS,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }
    server = subprocess.run(
        ["mosh-server", "new", "-i", "127.0.0.1", "-c", "256", "--", *DEMO],
        env=env, capture_output=True, check=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    found = re.search(rb"MOSH CONNECT (\d+) (\S+)", server.stdout)
    assert found is not None, server.stdout + server.stderr
    key = {**env, "MOSH_KEY": found[2].decode()}
    terminal = OnPty(["mosh-client", "127.0.0.1", found[1].decode()], env=key)
    try:
        yield terminal
    finally:
        # mosh's own key to leave, after which the server ends what runs in it.
        if terminal.process.poll() is None:
            terminal.type(b"\x1e.")
            terminal.process.wait(PATIENCE_S)
        terminal.close()


def test_it_is_drawn_and_copies_and_leaves_the_terminal_as_it_was(client: OnPty) -> None:
    client.see(b"Headroom")
    client.see(b"LIVE")
    client.forget()
    client.type(b"y")
    end = time.monotonic() + PATIENCE_S
    while not (found := re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]{64,})\x07", client.output)):
        assert time.monotonic() < end, client.output[-2000:]
        client.read(0.1)
    assert base64.b64decode(found[0]).decode().startswith("[DEMO, simulated] ")
    client.type(b"\x03\x03")
    end = time.monotonic() + PATIENCE_S
    while client.process.poll() is None:
        assert time.monotonic() < end, "still running"
        client.read(0.1)
    assert client.process.returncode == 0
    assert b"Traceback" not in client.output
