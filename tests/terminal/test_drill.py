"""A drill on a real pty, from the brief to the score, against the real simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claude_tui.simulator.scenario import load_drill
from claude_tui.store import DRILL_ENTRIES, Store
from tests.bench.program import Program
from tests.store_values import NOW

CLAUDE_TOP = (sys.executable, "-m", "claude_tui")
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_"))]:
        monkeypatch.delenv(variable)
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CLAUDE_TOP_DATA_DIR": str(tmp_path / "data"),
        "CLAUDE_TOP_RESPONDER": "ana",
    }


def scores(env: dict[str, str]) -> list[dict[str, object]]:
    shown = subprocess.run(
        [*CLAUDE_TOP, "drill", "scores", "--json"], env=os.environ | env, capture_output=True, check=True
    )
    found: list[dict[str, object]] = json.loads(shown.stdout)
    return found


def test_a_short_drill_is_played_to_its_score(env: dict[str, str], tmp_path: Path) -> None:
    _, truth = load_drill("drill-01")
    command = [*CLAUDE_TOP, "drill", "drill-01", "--speed", "40"]
    with Program(command, env=env, columns=120, rows=40) as program:
        program.wait_for(b"checkout team")
        assert b"DRILL" in program.output
        program.type(b"\r")
        program.wait_for(b"overloaded")
        program.type(b"A")
        program.wait_for(b"Whose")
        program.type(b"\x1b[B\t\x1b[B\x1b[B\r")
        program.wait_for(b"Noted.")
        before_the_end = bytes(program.output)
        program.type(b"E")
        program.wait_for(b"End the drill?")
        program.type(b"\x1b[B\r")
        program.wait_for(b"What it was")
        program.type(b"\x03")
        assert program.exit_code(60) == 0
        after = bytes(program.output).rpartition(b"\x1b[?1049l")[2].decode()
    assert truth.debrief[:20].encode() not in before_the_end
    assert b"drill-01" not in before_the_end
    assert "drill-01: " in after
    assert "✓ You said         theirs: the API is overloaded" in after
    assert "Traceback" not in after
    (score,) = scores(env)
    assert score["scenario"] == "drill-01"
    assert (score["side_right"], score["cause_right"], score["ending"]) == (True, True, "stopped")
    assert score["by"] == "ana"
    (directory,) = [path for path in (tmp_path / "data" / "drills").iterdir() if path.is_dir()]
    store = Store.open(directory, "drill.db", now=NOW)
    try:
        acts = [str(entry.act) for _, entry in store.entries_after(DRILL_ENTRIES, 0)]
    finally:
        store.close()
    assert acts == ["started", "answered", "ended"]


def test_whoever_just_quits_a_drill_has_a_score_too_and_the_process_gives_nothing_away(
    env: dict[str, str],
) -> None:
    command = [*CLAUDE_TOP, "drill", "--speed", "20", "--ascii"]
    with Program(command, env=env, columns=80, rows=24) as program:
        program.wait_for(b"Drill: briefing")
        shown = Path(f"/proc/{program.process.pid}/cmdline").read_bytes()
        assert b"drill-" not in shown
        program.type(b"\rA")
        program.wait_for(b"Whose")
        program.type(b"\x1b[B\r")
        program.wait_for(b"Noted.")
        program.type(b"q")
        assert program.exit_code(60) == 0
        debrief = bytes(program.output).rpartition(b"\x1b[?1049l")[2]
        assert b"of 100 points" in debrief
        # A terminal that cannot show other characters cannot do so after the end either.
        assert debrief.isascii()
    (score,) = scores(env)
    assert score["ending"] == "quit"


def test_an_incident_that_is_declared_and_resolved_ends_the_drill(env: dict[str, str]) -> None:
    with Program(
        [*CLAUDE_TOP, "drill", "drill-03", "--speed", "20"], env=env, columns=120, rows=40
    ) as program:
        program.wait_for(b"Drill: briefing")
        program.type(b"\r")
        program.wait_for(b"401")
        for key, title in ((b"i", b"Declare an incident"), (b"R", b"keep it open")):
            start = len(program.output)
            program.type(key)
            program.wait_for(title, start=start)
            program.type(b"all is down\r" if key == b"i" else b"\x1b[B\r")
            program.wait_for(b"by ana", start=start)
        program.wait_for(b"The incident is resolved.")
        program.type(b"\x1b[B\r")
        program.wait_for(b"What it was")
        program.type(b"\x03")
        assert program.exit_code(60) == 0
    (score,) = scores(env)
    assert score["ending"] == "resolved"
    assert score["noticed_s"] is not None
    written = score["postmortem"]
    assert isinstance(written, dict)
    assert written["fields"] == 8


def test_a_scenario_without_a_truth_is_no_drill(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "mine"\n')
    with Program([*CLAUDE_TOP, "drill", str(file)], env=env) as program:
        assert program.exit_code(60) == 3
        assert b"a drill needs one" in program.output
