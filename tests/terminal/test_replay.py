"""A recording from machine to machine: exported, replayed in the dashboard on a pty, an incident too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_tui.engine.sources import store_name
from claude_tui.probes.credentials import Credentials
from tests.builders import after
from tests.recorded import END_S, everything
from tests.terminal.on_pty import PATIENCE_S, OnPty

BASE_URL = "http://127.0.0.1:9"
CLAUDE_TOP = [sys.executable, "-m", "claude_tui"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the record of the target."""
    from claude_tui.store import Store

    directory = tmp_path_factory.mktemp("data")
    credentials = Credentials.from_environ({}, base_url=BASE_URL)
    store = Store.open(directory, store_name(credentials), now=after(END_S))
    for item in everything():
        store.write(item)
    assert store.flush(PATIENCE_S)
    store.close()
    return directory


@pytest.fixture
def env(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CLAUDE_TOP_DATA_DIR": str(data_dir),
        "ANTHROPIC_BASE_URL": BASE_URL,
    }


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLAUDE_TOP, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture
def recording(env: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "outage.jsonl.gz"
    span = ("--since", "2026-11-20 12:50", "--until", "2026-11-20 14:00")
    done = run(env, "record", "export", *span, str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "2026-11-20 12:50:00 UTC to 2026-11-20 14:00:00 UTC" in done.stderr
    return path


@pytest.fixture
def elsewhere(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Another machine: nothing is recorded there."""
    return env | {"CLAUDE_TOP_DATA_DIR": str(tmp_path / "empty"), "TMPDIR": str(tmp_path)}


def playing(program: OnPty) -> Iterator[OnPty]:
    try:
        yield program
    finally:
        program.close()


def test_a_recording_plays_on_a_machine_that_has_no_record(
    recording: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    program = OnPty([*CLAUDE_TOP, "replay", str(recording), "--speed", "60"], env=elsewhere)
    for played in playing(program):
        played.see("▶ REPLAY 2026-11-20 12:5".encode())
        played.see(b"13:0")
        played.type(b" ")
        played.see("❚❚ REPLAY".encode())
        played.type(b"g")
        played.see(b"Go to a time")
        played.type(b"13:05 UTC\r")
        played.see(b"It's them.")
        played.type(b"p")
        played.see(b"This is a recording")
        played.type(b"q")
        assert played.ended() == 0
    assert not (tmp_path / "empty").exists()
    assert not list(tmp_path.glob("claude-top-replay-*"))


def test_an_incident_is_played_from_the_record(env: dict[str, str]) -> None:
    program = OnPty([*CLAUDE_TOP, "replay", "INC-1"], env=env)
    for played in playing(program):
        played.see("▶ REPLAY 2026-11-20 12:50".encode())
        played.type(b"q")
        assert played.ended() == 0


def test_an_incident_is_exported(env: dict[str, str], tmp_path: Path) -> None:
    done = run(env, "record", "export", "--incident", "1", str(tmp_path / "inc.gz"))
    assert done.returncode == 0
    assert "2026-11-20 12:50:00 UTC to 2026-11-20 13:40:00 UTC" in done.stderr


def test_what_cannot_be_done_is_shown_in_a_line(
    recording: Path, env: dict[str, str], elsewhere: dict[str, str], tmp_path: Path
) -> None:
    again = run(env, "record", "export", "--since", "2h", str(recording))
    never = run(elsewhere, "record", "export", "--since", "2h", str(tmp_path / "x.gz"))
    odd = run(env, "record", "export", "--since", "noonish", str(tmp_path / "x.gz"))
    unknown = run(env, "record", "export", "--incident", "INC-7", str(tmp_path / "x.gz"))
    for done, says in (
        (again, "is there already; --force replaces it"),
        (never, "nothing is recorded of 127.0.0.1:9"),
        (odd, "--since noonish: Expected a time such as 14:03"),
        (unknown, "there is no incident 'INC-7'; the newest are: INC-1"),
    ):
        assert done.returncode == 3
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x.gz").exists()


def test_a_torn_recording_is_refused_before_any_screen(
    recording: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    recording.write_bytes(recording.read_bytes()[:-40])
    program = OnPty([*CLAUDE_TOP, "replay", str(recording)], env=elsewhere)
    for played in playing(program):
        played.see(b"torn")
        assert played.ended() == 3
        assert b", line " in played.output
        assert b"\x1b[?1049h" not in played.output
    assert not list(tmp_path.glob("claude-top-replay-*"))
