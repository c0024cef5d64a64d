"""`claude-top replay` of an existing history: that of a drill, or of a target."""

from __future__ import annotations

import queue
import sqlite3
from pathlib import Path

import pytest

from claude_tui.engine.conditions import Conditions
from claude_tui.engine.recording import RecordingError
from claude_tui.engine.replay import Replay, is_history, open_history, open_incident
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.past import Move, MoveKind, Playback
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.settings import load
from claude_tui.store import Store
from tests.builders import after, healthy
from tests.recorded import END_S, OVERLOAD_S, everything, observations

NOW = after(END_S + 60)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `drill.db` of a drill in which trouble began ten minutes after the start."""
    directory = tmp_path_factory.mktemp("drills") / "20261120T130000Z-a1b2c3"
    store = Store.open(directory, "drill.db", now=NOW)
    for item in everything():
        store.write(item)
    store.write(DrillEntry(after(OVERLOAD_S - 600), DrillAct.STARTED, "ana", scenario="drill-01"))
    store.write(DrillEntry(after(OVERLOAD_S + 900), DrillAct.ENDED, "ana"))
    assert store.flush(60.0)
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
        assert first.past.playback.end == max(observation.at for observation in observations())
    finally:
        replay.stop()
    assert played.read_bytes() == before


def test_where_nobody_had_probed_yet_it_begins_with_the_first_answer(tmp_path: Path) -> None:
    """Nobody sits through ten minutes of “No probe has come back”."""
    store = Store.open(tmp_path, "history.db", now=NOW)
    for observation in healthy(0, 600):
        store.write(observation)
    assert store.flush(60.0)
    replay = Replay(store, Playback("INC-1", after(-600), after(600), 1.0, playing=True), Conditions())
    try:
        first = replay.first_snapshot()
        seen: queue.Queue[Snapshot] = queue.Queue()
        replay.start(seen.put)
        replay.travel(Move(MoveKind.MINUTE, -5))
        moved = seen.get(timeout=60)
        while moved.past is None or not moved.past.note:
            moved = seen.get(timeout=60)
    finally:
        replay.stop()
    assert after(0) < first.at < after(5)
    assert "No probe has come back" not in first.verdict.summary
    assert moved.at == first.at


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
    assert [file.name for file in tmp_path.iterdir()] == ["other.db"]


def test_what_is_neither_a_file_nor_an_incident_is_reported_as_neither(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path), "base_url": "https://api.example.test"}, {}, config=None)

    def refused(name: str) -> str:
        with pytest.raises(RecordingError) as raised:
            open_incident(settings, {}, name, 1.0, NOW, lambda _: None)
        return str(raised.value)

    message = refused("outage.gz")
    assert "there is no file outage.gz" in message
    assert "nothing is recorded of api.example.test" in message
    Store.open(tmp_path, "api.example.test.db", now=NOW).close()
    assert refused("3").endswith("as an incident: no incident has been declared on this target")
