"""`claude-top replay` of a history as it is: that of a drill, or of a target."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from claude_tui.engine.recording import RecordingError
from claude_tui.engine.replay import is_history, open_history
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.verdict import Cause
from claude_tui.store import Store
from tests.builders import after
from tests.recorded import END_S, OVERLOAD_S, everything, observations

NOW = after(END_S + 60)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `drill.db` of a drill in which trouble began ten minutes after the start."""
    directory = tmp_path_factory.mktemp("drills") / "20261120T130000Z-a1b2c3"
    store = Store.open(directory, "drill.db", now=NOW)
    for each in everything():
        store.write(each)
    store.write(DrillEntry(after(OVERLOAD_S - 600), DrillAct.STARTED, "ana", scenario="drill-01"))
    store.write(DrillEntry(after(OVERLOAD_S + 900), DrillAct.ENDED, "ana"))
    assert store.flush(10.0)
    store.close()
    return directory / "drill.db"


def test_a_drill_is_played_from_just_before_its_start_to_its_end(played: Path) -> None:
    before = played.read_bytes()
    replay = open_history(played, 1.0, NOW, lambda _: None)
    try:
        first = replay.first_snapshot()
        assert first.past is not None
        assert first.past.playback is not None
        assert first.past.playback.name == "20261120T130000Z-a1b2c3"
        assert first.at == after(OVERLOAD_S - 900)
        assert first.verdict.cause is Cause.HEALTHY
        assert first.past.playback.end == max(each.at for each in observations())
    finally:
        replay.stop()
    assert played.read_bytes() == before


def test_a_recording_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "outage.jsonl").write_text("{}\n", "utf-8")
    assert not is_history(tmp_path / "outage.jsonl")
    assert not is_history(tmp_path / "missing.db")
    assert not is_history(tmp_path)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE observations (text TEXT)")
    other.close()
    before = path.read_bytes()
    assert is_history(path)
    with pytest.raises(RecordingError, match=r"other\.db"):
        open_history(path, 1.0, NOW, lambda _: None)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["other.db"]
