"""A whole incident by the keys of the installed program, on a real pty."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench.program import Program

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="measures through /proc")


def test_an_outage_is_declared_noted_and_resolved(tmp_path: Path) -> None:
    env = {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CLAUDE_TOP_RESPONDER": "ana",
        "CLAUDE_TOP_INCIDENT_AFTER_S": "0",
    }
    command = [sys.executable, "-m", "claude_tui", "--demo", "outage", "--speed", "10"]
    with Program(command, env=env) as program:
        program.wait_for(b"declares an incident", 120)
        program.type(b"i")
        program.wait_for(b"next field", 60)
        program.type(b"\r")
        program.wait_for(b"INC-1", 60)
        program.wait_for(b"first failure", 60)
        program.type(b"n")
        program.wait_for(b"Note on INC-1", 60)
        program.type(b"-1m the fallback is on\r")
        program.wait_for(b"Noted by ana", 60)
        program.type(b"R")
        program.wait_for(b"Resolve INC-1?", 60)
        program.type(b"\x1b[B\r")
        program.wait_for(b"INC-1 resolved", 60)
        # The first one may ask, as an alert is open.
        program.type(b"\x03\x03")
        assert program.exit_code(60) == 0
        assert b"Traceback" not in program.output
