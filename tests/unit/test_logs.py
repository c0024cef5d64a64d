"""The program's log: what is in it, what never is, rotation by several processes, and the crash report."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_tui.cli.failure import write_report
from claude_tui.cli.logs import KEPT_LINES, log_to_file, recent_lines
from claude_tui.model.text import Redactor
from claude_tui.settings import Settings

KEY = "sk-ant-api03-planted-in-a-log-line"
ODD = "a secret of no known shape"
logger = logging.getLogger("claude_tui.tested")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "top.log"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("claude_tui")
    handlers, level, hook = list(root.handlers), own.level, threading.excepthook
    yield
    for handler in [added for added in root.handlers if added not in handlers]:
        root.removeHandler(handler)
        handler.close()
    own.setLevel(level)
    threading.excepthook = hook


def start(file: Path, level: str = "info", *, size_kb: int = 1_000, screen: bool = True) -> None:
    settings = Settings(log_level=level, log_file=file, log_size_kb=size_kb)
    log_to_file(settings, "dashboard", Redactor([ODD]), screen=screen)


def test_the_file_is_made_with_the_first_line_for_its_owner_only(file: Path) -> None:
    start(file)
    assert not file.exists()
    logger.info("verdict: %s", "all is well")
    first, second = file.read_text("utf-8").splitlines()
    assert "dashboard started: claude-top" in first
    assert f"{os.getpid()} INFO claude_tui.tested: verdict: all is well" in second
    assert second[10] == "T"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("level", "logged"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1), ("off", 0)],
)
def test_the_level_decides_what_the_file_gets_and_a_crash_report_has_it_anyway(
    file: Path, level: str, logged: int
) -> None:
    start(file, level)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logger.log(number, "line %s", number)
    text = file.read_text("utf-8") if file.exists() else ""
    assert text.count(" claude_tui.tested: line ") == logged
    assert f"line {logging.INFO}" in "\n".join(recent_lines()[-4:])


def test_no_secret_gets_into_it_whatever_carries_it(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start(file, "debug")
    logger.info("a key %s, another secret %s", KEY, ODD)
    logger.info("https://ops:hunter22@gateway.example.com/x")
    try:
        raise ValueError(f"{KEY} in an error, and {ODD}\x1b[2J")
    except ValueError:
        logger.exception("with a traceback")
    logging.getLogger("some.library").warning("Bearer %s", "abcdefghijklmnop")
    text = file.read_text("utf-8")
    for secret in (KEY, ODD, "hunter22", "abcdefghijklmnop", "\x1b"):
        assert secret not in text
        assert secret not in "\n".join(recent_lines())
    assert "ValueError" in text
    assert "    Traceback" in text
    assert "[redacted] in an error" in text
    assert capfd.readouterr() == ("", "")


def test_libraries_are_only_heard_when_something_is_wrong(file: Path) -> None:
    start(file, "debug")
    logging.getLogger("httpx").info("HTTP Request: GET https://example.com/?key=%s", KEY)
    logger.info("something")
    assert "HTTP Request" not in file.read_text("utf-8")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_is_logged_and_not_printed(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start(file)

    def fail() -> None:
        raise RuntimeError("no such luck")

    thread = threading.Thread(target=fail, name="unlucky")
    thread.start()
    thread.join()
    text = file.read_text("utf-8")
    assert "ERROR claude_tui: thread unlucky ended" in text
    assert "RuntimeError: no such luck" in text
    assert capfd.readouterr() == ("", "")


def test_a_line_that_does_not_fit_its_arguments_stops_nothing(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start(file)
    wrong = logging.LogRecord("claude_tui.tested", logging.INFO, "", 1, "%s and %s", ("one",), None)
    for handler in logging.getLogger().handlers:
        # Those of pytest raise.
        if type(handler).__module__ == "claude_tui.cli.logs":
            handler.handle(wrong)
    logger.info("next")
    assert "next" in file.read_text("utf-8")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["directory", "below a file", "full"])
def test_without_a_file_nothing_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str) -> None:
    (tmp_path / "taken").write_text("x")
    file = {"directory": tmp_path, "below a file": tmp_path / "taken" / "top.log", "full": Path("/dev/full")}
    start(file[place])
    logger.warning("cannot be written: %s", place)
    assert f"cannot be written: {place}" in recent_lines()[-1]
    assert capfd.readouterr() == ("", "")


def test_a_pipe_without_a_reader_does_not_hold_it_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    start(tmp_path / "pipe")
    logger.warning("nobody reads")
    assert "nobody reads" in recent_lines()[-1]


def test_a_file_that_was_moved_away_is_made_again(file: Path) -> None:
    start(file)
    logger.info("before")
    file.rename(file.with_name("kept"))
    logger.info("after")
    assert "after" in file.read_text("utf-8")
    assert "before" in file.with_name("kept").read_text("utf-8")


WRITER = """
import logging, sys
from pathlib import Path
from claude_tui.cli.logs import log_to_file
from claude_tui.model.text import Redactor
from claude_tui.settings import Settings
log_to_file(Settings(log_file=Path(sys.argv[1]), log_size_kb=16), "dashboard", Redactor(), screen=True)
for number in range(300):
    logging.getLogger("claude_tui.tested").info("writer %s line %s.", sys.argv[2], number)
"""


def test_a_process_that_stopped_while_it_rotates_holds_up_no_other(file: Path) -> None:
    start(file, size_kb=10)
    logger.info("the first line")
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in range(300):
            logger.info("line %d %s", number, "x" * 100)
    lines = file.read_text("utf-8").splitlines()
    assert any("line 299 " in line for line in lines)
    assert any("line 0 " in line for line in lines)
    logger.info("rotated again")
    assert file.with_name(f"{file.name}.1").exists()


def test_several_processes_write_and_rotate_one_file(file: Path) -> None:
    """Each line is whole and there once, the order of each process is kept, and the oldest files go."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(number)], stderr=subprocess.PIPE)
        for number in range(3)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, b"")
    kept = [file.with_name(f"{file.name}.{number}") for number in (3, 2, 1)]
    assert all(path.exists() for path in kept)
    assert not file.with_name(f"{file.name}.4").exists()
    lines = [line for path in (*kept, file) for line in path.read_text("utf-8").splitlines()]
    assert all(line.endswith(".") or "started" in line for line in lines)
    assert all(path.stat().st_size <= 17 * 1024 for path in (*kept, file))
    for writer in range(3):
        numbers = [int(line.split()[-1][:-1]) for line in lines if f"writer {writer} " in line]
        assert numbers == sorted(set(numbers))
        assert numbers == [] or numbers[-1] == 299


def test_a_crash_report_has_the_last_lines_and_no_values_of_variables(file: Path, tmp_path: Path) -> None:
    start(file)
    for number in range(KEPT_LINES + 50):
        logger.info("line number %s with %s", number, KEY)

    def fail(secret_of_a_variable: str) -> None:
        raise ValueError("it went wrong")

    with pytest.raises(ValueError) as failed:
        fail("-".join(["only", "in", "a", "variable"]))
    report = write_report(failed.value, ["--data-dir", str(tmp_path), "--model", "m"])
    assert report is not None
    text = report.read_text("utf-8")
    assert "ValueError: it went wrong" in text
    assert "line number 50 with [redacted]" in text
    assert f"line number {KEPT_LINES + 49} with" in text
    assert "line number 49 with" not in text
    assert "only-in-a-variable" not in text
    assert KEY not in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
