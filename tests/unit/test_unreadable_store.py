"""Every command that reads the history says that it cannot, and never that nothing is recorded."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from claude_tui.cli import main
from claude_tui.model.paths import is_missing, is_present
from claude_tui.store import Store, is_there
from claude_tui.store.faults import StoreError
from tests.store_values import NOW, seen

BASE_URL = "https://api.example.test"
NAME = "api.example.test.db"
EMPTY_WORDS = ("nothing is recorded", "no incident", "no own traffic", "no dashboard", "for a while")

COMMANDS = (
    "uptime",
    "uptime --json",
    "report --since 1d",
    "record export --since 2h {out}",
    "record export --incident 1 {out}",
    "traffic",
    "incidents",
    "incidents list",
    "incidents show 1",
    "incidents export 1",
    "postmortem",
    "postmortem list",
    "postmortem show",
    "postmortem export",
    "alerts list",
)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    store = Store.open(directory, NAME, now=NOW)
    store.write(seen(0))
    assert store.flush(10.0)
    store.close()
    return directory


def locked(directory: Path, until: ExitStack) -> None:
    """Another process keeps the database for itself."""
    connection = until.enter_context(closing(sqlite3.connect(directory / NAME, isolation_level=None)))
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("CREATE TABLE other (a)")


def held(directory: Path, until: ExitStack) -> None:
    """Another process keeps the directory locked."""
    handle = os.open(directory, os.O_RDONLY)
    until.callback(os.close, handle)
    fcntl.flock(handle, fcntl.LOCK_EX)


def a_directory(directory: Path, _: ExitStack) -> None:
    for path in directory.iterdir():
        path.unlink()
    (directory / NAME).mkdir()


def under_a_file(directory: Path, _: ExitStack) -> None:
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    directory.write_text("a file where the data directory should be")


def in_a_circle(directory: Path, _: ExitStack) -> None:
    (directory / NAME).unlink()
    (directory / NAME).symlink_to(NAME)


def a_pipe(directory: Path, _: ExitStack) -> None:
    (directory / NAME).unlink()
    os.mkfifo(directory / NAME)


Spoil = Callable[[Path, ExitStack], None]
QUICK: tuple[Spoil, ...] = (a_directory, under_a_file, in_a_circle, a_pipe)


@pytest.fixture
def until() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def run(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str, str]]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", BASE_URL)
    monkeypatch.setenv("CLAUDE_TOP_DATA_DIR", str(data_dir))

    def run(command: str) -> tuple[int, str, str]:
        code = main(command.format(out=tmp_path / "out.gz").split())
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def assert_unreadable(result: tuple[int, str, str]) -> None:
    code, out, err = result
    assert code == 3
    assert out == ""
    assert "cannot be read" in err
    assert err.count("\n") == 1
    assert not any(words in err for words in EMPTY_WORDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("spoil", QUICK, ids=lambda function: function.__name__)
def test_what_is_no_store_is_refused(
    spoil: Spoil, command: str, data_dir: Path, until: ExitStack, run: Callable[[str], tuple[int, str, str]]
) -> None:
    spoil(data_dir, until)
    assert_unreadable(run(command))


@pytest.mark.parametrize(
    "command", ["uptime", "report", "traffic", "record export --since 2h {out}", "incidents"]
)
@pytest.mark.parametrize("spoil", [locked, held], ids=lambda function: function.__name__)
def test_a_store_that_another_process_keeps_is_not_empty(
    spoil: Spoil, command: str, data_dir: Path, until: ExitStack, run: Callable[[str], tuple[int, str, str]]
) -> None:
    spoil(data_dir, until)
    result = run(command)
    assert_unreadable(result)
    assert "another process keeps" in result[2]


def test_an_import_leaves_a_directory_in_its_place_alone(
    data_dir: Path, until: ExitStack, run: Callable[[str], tuple[int, str, str]], tmp_path: Path
) -> None:
    a_directory(data_dir, until)
    code, _, err = run(f"incidents import {tmp_path / 'inc.json'}")
    assert code == 3
    assert "it is a directory" in err
    assert [path.name for path in data_dir.iterdir()] == [NAME]


def test_where_there_is_none_that_is_shown(
    data_dir: Path, run: Callable[[str], tuple[int, str, str]]
) -> None:
    (data_dir / NAME).unlink()
    code, _, err = run("incidents")
    assert (code, "no incident has been declared" in err) == (0, True)
    code, _, err = run("uptime")
    assert (code, "nothing is recorded yet" in err) == (3, True)


def test_scores_that_cannot_be_read_are_not_none(
    data_dir: Path, run: Callable[[str], tuple[int, str, str]]
) -> None:
    (data_dir / "drills" / "scores.jsonl").mkdir(parents=True)
    for command in ("drill scores", "drill scores --json", "drill list"):
        code, out, err = run(command)
        assert (code, out) == (3, "")
        assert "the scores cannot be read: is a directory" in err


# -- files where one may not look ----------------------------------------------------------


def test_a_path_that_cannot_be_looked_at_is_neither_there_nor_missing(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    there = tmp_path / "there"
    there.touch()
    assert (is_missing(there), is_present(there)) == (False, True)
    assert (is_missing(tmp_path / "not"), is_present(tmp_path / "not")) == (True, False)
    assert (is_missing(there / "below"), is_present(there / "below")) == (True, False)
    assert (is_missing(circle), is_present(circle)) == (False, False)
    assert (is_missing(Path("a\0b")), is_present(Path("a\0b"))) == (True, False)
    assert is_there(there)
    assert not is_there(tmp_path / "not")
    with pytest.raises(StoreError, match="it is a directory"):
        is_there(tmp_path)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("record export --since 2h {circle}", "cannot be written: "),
        ("report --since 1d {circle}", "cannot be written: "),
        ("uptime --config {circle}", "cannot be read: "),
        ("config show --config {circle}", "cannot be read: "),
        ("simulate {circle}", "cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_looked_at_is_a_message_and_no_crash(
    command: str, says: str, tmp_path: Path, run: Callable[[str], tuple[int, str, str]]
) -> None:
    circle = tmp_path / "circle.toml"
    circle.symlink_to(circle)
    code, _, err = run(command.replace("{circle}", str(circle)))
    assert code == 3
    assert "unexpected" not in err
    if "--since" not in command:  # nothing is recorded of the last hours
        assert says in err
        assert "circle.toml" in err
