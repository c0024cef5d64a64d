"""The installed program on a real pty: first frame, keys, resize, colours, and what it writes per second."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.program import Program

CLAUDE_TOP = (sys.executable, "-m", "claude_tui")
NOBODY = "http://127.0.0.1:9"
PATIENCE_S = 60.0
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="measures through /proc")


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which no key and no settings of the person running the tests count."""
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CLAUDE_TOP_DATA_DIR": str(tmp_path / "data"),
        "CLAUDE_TOP_STATUS_URL": NOBODY,
        "ANTHROPIC_BASE_URL": NOBODY,
        "COLORTERM": "truecolor",
    }


@pytest.fixture
def demo(env: dict[str, str]) -> Iterator[Program]:
    with Program([*CLAUDE_TOP, "--demo", "tour"], env=env) as program:
        program.wait_for(b"LIVE")
        yield program


def until(program: Program, met: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < end, bytes(program.output[-2000:])
        program.read(0.05)


def test_the_demo_begins_full_and_stays_under_3_kb_a_second(demo: Program) -> None:
    # The state of the connection stands in the first row, and may come alone.
    demo.wait_for(b"quit")
    until(demo, lambda: b"DEMO" in demo.output)
    until(demo, lambda: re.search(rb"\xe2[\xa0-\xa3][\x81-\xbf]", demo.output))  # of Braille
    # The requests of the demo's account, larger with its load.
    until(demo, lambda: re.search(rb"of 1,\d\d\d", demo.output))
    demo.read_for(5)
    assert demo.read_for(12) / 12 <= 3000


@pytest.mark.parametrize(("colours", "band"), [("", b"48;5;52"), ("truecolor", b"48;2;42;20;22")])
def test_the_red_band_is_there_with_256_colours_too(env: dict[str, str], colours: str, band: bytes) -> None:
    with Program([*CLAUDE_TOP, "--demo", "outage"], env=env | {"COLORTERM": colours}) as program:
        program.wait_for(band)


def test_the_mouse_is_left_to_the_terminal_where_that_is_asked_for(env: dict[str, str]) -> None:
    for arguments, asked in (((), True), (("--no-mouse",), False)):
        with Program([*CLAUDE_TOP, "--demo", "tour", *arguments], env=env) as program:
            program.wait_for(b"quit")
            assert (b"\x1b[?1000h" in program.output) is asked


def test_sizes_in_the_environment_do_not_overrule_the_terminal(env: dict[str, str]) -> None:
    with Program([*CLAUDE_TOP, "--demo", "tour"], env=env | {"COLUMNS": "40", "LINES": "10"}) as program:
        program.wait_for(b"Latency")  # for which 40x10 has no room


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_q_and_ctrl_c_quit_and_give_the_terminal_back(demo: Program, key: bytes) -> None:
    demo.type(key)
    assert demo.exit_code(60) == 0
    assert b"\x1b[?1049l" in demo.output
    assert b"Traceback" not in demo.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_with_an_open_alert_a_key_asks_and_a_signal_does_not(
    env: dict[str, str], number: signal.Signals, code: int
) -> None:
    with Program([*CLAUDE_TOP, "--demo", "outage", "--speed", "10"], env=env) as program:
        program.wait_for(b"1 alert", 60)
        program.type(b"q")
        program.wait_for(b"not acknowledged", 60)
        program.process.send_signal(number)
        assert program.exit_code(60) == code
        assert b"\x1b[?1049l" in program.output


def test_a_resize_is_followed_live_down_to_nothing_and_back(demo: Program) -> None:
    for columns, rows in ((80, 24), (20, 5), (1, 1), (200, 60)):
        start = len(demo.output)
        demo.resize(columns, rows)
        until(demo, lambda start=start: len(demo.output) > start)
        demo.read_for(0.5)
    assert b"Traceback" not in demo.output
    demo.type(b"q")
    assert demo.exit_code(60) == 0


def test_without_colour_no_colour_is_sent(env: dict[str, str]) -> None:
    with Program([*CLAUDE_TOP, "--demo"], env=env | {"NO_COLOR": "1"}) as program:
        program.wait_for(b"quit")
        program.wait_for(b"All is well")
        assert b"38;2;" not in program.output
        assert b"48;2;" not in program.output
        assert b"38;5;" not in program.output


OPENED = (b"t", b"?", b"\x10", b"/", b"d", b"m", b"i", b"h", b"y", b"2", b"4")


@pytest.mark.parametrize(("theme", "coloured"), [("ansi", True), ("mono", False)])
def test_only_the_terminals_own_colours_are_sent(env: dict[str, str], theme: str, coloured: bool) -> None:
    with Program([*CLAUDE_TOP, "--demo", "outage", "--theme", theme], env=env) as program:
        program.wait_for(b"quit")
        for key in OPENED:
            program.type(key)
            program.read_for(0.4)
            program.type(b"\x1b")
            program.read_for(0.2)
        written = bytes(program.output)
    codes = {code for codes in re.findall(rb"\x1b\[([0-9;]*)m", written) for code in codes.split(b";")}
    own = {str(number).encode() for tens in (30, 40, 90, 100) for number in range(tens, tens + 8)}
    attributes = {b"", *(str(number).encode() for number in (*range(10), 39, 49))}
    assert codes <= own | attributes
    assert bool(codes & own) is coloured
    assert b"Traceback" not in written


@pytest.mark.parametrize(
    ("flags", "more"),
    [((), {"LANG": "C", "LC_ALL": "", "LC_CTYPE": ""}), (("--ascii",), {}), ((), {"TERM": "linux"})],
    ids=["locale", "flag", "console"],
)
def test_in_ascii_not_one_byte_is_anything_else(
    env: dict[str, str], flags: tuple[str, ...], more: dict[str, str]
) -> None:
    with Program([*CLAUDE_TOP, "--demo", "outage", *flags], env=env | more) as program:
        program.wait_for(b"quit")
        for key in OPENED:
            program.type(key)
            program.read_for(0.3)
            program.type("é".encode() if key == b"/" else b"")
            program.type(b"\x1b")
            program.read_for(0.2)
        written = bytes(program.output)
    assert written.isascii(), re.findall(rb"[^\x80-\xff]{0,20}[\x80-\xff]+", written)[:5]
    assert b"+-" in written
    assert b"Traceback" not in written


def test_a_dumb_terminal_is_told_what_to_use_instead(env: dict[str, str]) -> None:
    with Program([*CLAUDE_TOP, "--demo"], env=env | {"TERM": "dumb"}) as program:
        assert program.exit_code(60) == 3
        assert b"claude-top check" in program.output
        assert b"\x1b[" not in program.output


def test_no_key_and_no_network_still_give_a_dashboard_that_says_so(env: dict[str, str]) -> None:
    with Program(CLAUDE_TOP, env=env) as program:
        program.wait_for(b"ANTHROPIC_API_KEY")
        program.wait_for(b"refused")
        assert b"Traceback" not in program.output


def test_the_key_is_never_on_the_wire(env: dict[str, str]) -> None:
    key = "sk-ant-api03-do-not-show-me-0123456789"
    with Program(CLAUDE_TOP, env=env | {"ANTHROPIC_API_KEY": key}) as program:
        program.wait_for(b"refused")
        program.type(b"?")
        program.read_for(1)
        assert key.encode() not in program.output
    kept = [*Path(env["CLAUDE_TOP_DATA_DIR"]).rglob("*")]
    assert len(kept) >= 3
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        assert path.is_dir() or key.encode() not in path.read_bytes()


CRASHING = """
import sys
from claude_tui.cli import main
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.help import HelpScreen

def crash(*_):
    raise RuntimeError("with the key " + "sk-ant-api03-do-not-show-me-0123456789")

if sys.argv[1] == "help":
    HelpScreen.content = crash
else:
    DashboardScreen.plan = crash
raise SystemExit(main(["--demo"]))
"""


def crashing(what: str) -> list[str]:
    return [sys.executable, "-c", CRASHING, what]


def test_a_crash_is_one_line_and_a_report_and_no_traceback(env: dict[str, str], tmp_path: Path) -> None:
    with Program(crashing("dashboard"), env=env | {"TMPDIR": str(tmp_path)}) as program:
        assert program.exit_code(60) == 3
        assert b"unexpected RuntimeError: with the key [redacted]" in program.output
        assert b"Traceback" not in program.output
        assert b"\x1b[?1049l" in program.output
    (report,) = tmp_path.rglob("crash-*.txt")
    assert "RuntimeError" in report.read_text()
    assert "do-not-show-me" not in report.read_text()


def test_a_screen_that_fails_is_closed_with_a_report_and_the_rest_goes_on(
    env: dict[str, str], tmp_path: Path
) -> None:
    with Program(crashing("help"), env=env | {"TMPDIR": str(tmp_path)}) as program:
        program.wait_for(b"quit")
        program.type(b"?")
        program.wait_for(b"closed")
        length = len(program.output)
        program.type(b"m")
        program.wait_for(b"Playbook", start=length)
        program.type(b"\x03")
        assert program.exit_code(60) == 0
        assert b"Traceback" not in program.output
        assert b"do-not-show-me" not in program.output
    (report,) = tmp_path.rglob("crash-*.txt")
    assert "RuntimeError" in report.read_text()
    assert "do-not-show-me" not in report.read_text()


# What opens each dialog, and what can be read in it. The cursor of the palette stands on a letter.
DIALOGS = (
    (b"a", b"Acknowledge"),
    (b"z", b"Snooze"),
    (b"s", b"Severity"),
    (b"t", b"Theme"),
    (b":", b"earch"),
    (b"m", b"Playbook"),
    (b"w", b"Your"),
    (b"o", b"verdict"),
    (b"x", b"skipped"),
    (b"N", b"Restart"),
)


def test_two_enters_in_one_write_end_a_dialog_once(env: dict[str, str], tmp_path: Path) -> None:
    demo = [*CLAUDE_TOP, "--demo", "outage", "--speed", "60"]
    with Program(demo, env=env | {"TMPDIR": str(tmp_path)}) as program:
        program.wait_for(b"alert", 60)
        for key, shown in DIALOGS:
            start = len(program.output)
            program.type(key)
            program.wait_for(shown, start=start)
            if key not in b"mx":
                program.type(b"\r\r")
                program.read_for(0.5)
        program.type(b"\x03")
        assert program.exit_code(60) == 0
        assert b"Traceback" not in program.output
    assert not list(tmp_path.rglob("crash-*.txt"))
