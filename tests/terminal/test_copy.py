"""What `y` sends to a terminal, straight and from inside tmux."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import pytest

from tests.terminal.on_pty import BUSY_S, OnPty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts CPU in /proc")

STRAIGHT = rb"(?<!\x1b)\x1b\]52;c;([A-Za-z0-9+/=]*)\x07"
THROUGH_TMUX = rb"\x1bPtmux;\x1b\x1b\]52;c;([A-Za-z0-9+/=]*)\x07\x1b\\"


@pytest.mark.parametrize(
    ("environ", "forms"),
    [({}, (STRAIGHT,)), ({"TMUX": "/tmp/tmux,1,0", "TERM": "tmux-256color"}, (STRAIGHT, THROUGH_TMUX))],
    ids=["straight", "tmux"],
)
def test_the_summary_is_copied(tmp_path: Path, environ: dict[str, str], forms: tuple[bytes, ...]) -> None:
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")}
    terminal = OnPty([sys.executable, "-m", "claude_tui", "--demo"], env={**homes, "TMUX": "", **environ})
    try:
        terminal.see(b"LIVE")
        terminal.type(b"y")
        terminal.see(b"Copied")
        for form in forms:
            (sent,) = re.findall(form, terminal.output)
            text = base64.b64decode(sent).decode()
            assert text.startswith("[DEMO, simulated] ")
            assert len(text.split("\n")) == 5
        assert terminal.end_after(lambda: terminal.type(b"\x03"), cpu_s=BUSY_S) == 0
    finally:
        terminal.close()
