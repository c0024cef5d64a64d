"""A fault that ends the program: the terminal is given back, a line names the report, which has the log."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.terminal.on_pty import PATIENCE_S, OnPty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SECRET = "sk-ant-api03-planted-in-a-crash-01"
PROGRAM = """
import logging, os, sys
from pathlib import Path
from textual.widgets import Static
from claude_tui.cli import _guarded
from claude_tui.cli.logs import log_to_file
from claude_tui.model.text import Redactor
from claude_tui.settings import Settings
from claude_tui.tui import hangup
from claude_tui.tui.boundary import FaultBoundary

class Faulty(FaultBoundary):
    def compose(self):
        yield Static("READY")

    def on_key(self):
        in_a_variable = "only-" + "here"
        logging.getLogger("claude_tui.tested").info("the last line before it, with %s", os.environ["SECRET"])
        raise RuntimeError("it broke with " + os.environ["SECRET"])

def run():
    log_to_file(Settings(log_level="off"), "dashboard", Redactor(), screen=True)
    return hangup.run(lambda: hangup.Session(Faulty(None), lambda: None))

sys.exit(_guarded(run, ["--data-dir", sys.argv[1]]))
"""


def test_it_gives_the_terminal_back_and_names_its_report(tmp_path: Path) -> None:
    env = {"SECRET": SECRET, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    terminal = OnPty([sys.executable, "-c", PROGRAM, str(tmp_path)], env=env)
    try:
        terminal.see(b"READY")
        assert terminal.end_after(lambda: terminal.type(b"x"), cpu_s=PATIENCE_S) == 3
        assert terminal.restored()
        after = terminal.output.rpartition(b"\x1b[?1049l")[2].decode()
        assert "Traceback" not in terminal.output.decode("utf-8", "replace")
        (line,) = [line for line in after.splitlines() if "claude-top:" in line]
        assert "unexpected RuntimeError: it broke with [redacted]" in line
        named = re.search(r"details in (\S+\.txt)", line)
        assert named is not None
        (report,) = tmp_path.glob("crash-*.txt")
        assert Path(named[1]) == report
        text = report.read_text("utf-8")
        assert "RuntimeError: it broke with [redacted]" in text
        assert "the last line before it, with [redacted]" in text
        assert SECRET not in text + after
        assert "only-here" not in text
    finally:
        terminal.close()
