"""The demo in real tmux and GNU screen: drawing, keys, sizes, detaching, mouse, and what it leaves behind."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.programs import needs_program
from tests.terminal.on_pty import PATIENCE_S, ROOT, SURROUNDINGS, OnPty

pytestmark = [
    needs_program("tmux", verifies="the dashboard in tmux"),
    needs_program("screen", verifies="the dashboard in GNU screen"),
]

DEMO = f"{sys.executable} -m claude_tui --demo outage --speed 20"
BEFORE = "what-stood-here-before"
PANELS = ("1 Status", "2 Headroom", "3 Errors", "4 Latency", "5 Events")


class Multiplexer(ABC):
    """A server of its own with one shell in it, and a terminal that is attached to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.env = {
            **SURROUNDINGS,
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "TMUX_TMPDIR": str(directory),
            "SCREENDIR": str(directory / "screens"),
            "TMPDIR": str(directory),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
        }
        (directory / "screens").mkdir(mode=0o700)
        self.client = self.attached(self.new())

    @abstractmethod
    def new(self) -> list[str]:
        """The command that makes the session, in the foreground."""

    @abstractmethod
    def again(self) -> list[str]:
        """The command that attaches to it."""

    @abstractmethod
    def text(self) -> str:
        """What the window shows."""

    @abstractmethod
    def end(self) -> None:
        """Ends the server and everything in it."""

    def attached(self, command: list[str], size: tuple[int, int] = (120, 40)) -> OnPty:
        # Not a moment later: GNU screen misses a change of size while it starts.
        return OnPty(command, env=self.env, size=size)

    def resize(self, size: tuple[int, int]) -> None:
        self.client.resize(size)

    def run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, check=True, timeout=PATIENCE_S)
        return done.stdout.decode("utf-8", "replace")

    def until(self, met: Callable[[str], bool]) -> str:
        end = time.monotonic() + PATIENCE_S
        while not met(text := self.text()):
            assert time.monotonic() < end, f"did not appear:\n{text}"
            # Whatever it writes has to be read, or it waits.
            self.client.read(0.05)
        return text


class Tmux(Multiplexer):
    def new(self) -> list[str]:
        return ["tmux", "-L", "t", "-f", "/dev/null", "new-session", "-s", "s", "/bin/sh"]

    def again(self) -> list[str]:
        return ["tmux", "-L", "t", "attach", "-t", "s"]

    def ask(self, *arguments: str) -> str:
        return self.run("tmux", "-L", "t", *arguments)

    def text(self) -> str:
        try:
            return self.ask("capture-pane", "-p", "-t", "s")
        except subprocess.CalledProcessError:
            return ""  # it has not started yet

    def state(self, name: str) -> str:
        return self.ask("display-message", "-p", "-t", "s", f"#{{{name}}}").strip()

    def end(self) -> None:
        subprocess.run(["tmux", "-L", "t", "kill-server"], env=self.env, capture_output=True, check=False)


class Screen(Multiplexer):
    def new(self) -> list[str]:
        rc = self.directory / "screenrc"
        rc.write_text("startup_message off\naltscreen on\ndefutf8 on\nterm screen-256color\n")
        return ["screen", "-U", "-c", str(rc), "-S", "s", "/bin/sh"]

    def again(self) -> list[str]:
        # Its server may not have noticed yet that the first terminal is gone.
        return ["screen", "-U", "-d", "-r", "s"]

    def text(self) -> str:
        file = self.directory / "hardcopy"
        file.unlink(missing_ok=True)
        subprocess.run(
            ["screen", "-S", "s", "-p", "0", "-X", "hardcopy", str(file)],
            env=self.env, capture_output=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def end(self) -> None:
        subprocess.run(["screen", "-S", "s", "-X", "quit"], env=self.env, capture_output=True, check=False)


@pytest.fixture(params=[Tmux, Screen])
def multiplexer(request: pytest.FixtureRequest) -> Iterator[Multiplexer]:
    # Sockets need a short path.
    directory = Path(tempfile.mkdtemp(prefix="ct-mux-"))
    made = request.param(directory)
    try:
        made.until(lambda text: bool(text.strip()))
        made.client.type(f"echo {BEFORE}\n".encode())
        made.until(lambda text: f"\n{BEFORE}" in text)
        made.client.type(f"{DEMO}; echo ended-with-$?\n".encode())
        made.until(lambda text: all(panel in text for panel in PANELS))
        yield made
    finally:
        made.end()
        made.client.close()
        shutil.rmtree(directory, ignore_errors=True)


def is_whole(text: str, columns: int, rows: int) -> bool:
    """Whether a dashboard of that size stands there, each part of it once and nothing of another size."""
    lines = text.splitlines()
    return (
        bool(lines)
        and rows - 2 <= len(lines) <= rows
        and max(map(len, lines)) <= columns
        and "LIVE" in lines[0]
        and "? help" in lines[-1]
        and all(sum(panel in line for line in lines) == 1 for panel in PANELS)
    )


def is_as_before(text: str) -> bool:
    """Whether the alternate screen is gone, and the former content is back."""
    return BEFORE in text and not any(panel in text for panel in PANELS)


def settles(multiplexer: Multiplexer, size: tuple[int, int]) -> None:
    """The dashboard is whole in that size, after others.

    A busy GNU screen may miss a resize, and stay with an earlier size until the next one.
    """
    columns, rows = size
    end = time.monotonic() + PATIENCE_S
    while True:
        multiplexer.resize(size)
        again = time.monotonic() + 5.0 if isinstance(multiplexer, Screen) else end
        while time.monotonic() < again:
            if is_whole(text := multiplexer.text(), columns, rows):
                return
            multiplexer.client.read(0.05)
        assert time.monotonic() < end, f"did not appear:\n{text}"
        multiplexer.resize((columns - 1, rows))


def demos(directory: Path) -> list[Path]:
    return list(directory.glob("claude-top-demo-*"))


def test_it_works_there_and_leaves_nothing_behind(multiplexer: Multiplexer) -> None:
    client = multiplexer.client
    client.type(b"?")
    multiplexer.until(lambda text: "Help" in text and "What to do when" in text)
    client.type(b"q")
    multiplexer.until(lambda text: "5 Events" in text)

    settles(multiplexer, (80, 24))
    for columns in (60, 100, 90, 119):
        multiplexer.resize((columns, 30))
    settles(multiplexer, (120, 40))

    client.type(b"\x03\x03")
    multiplexer.until(lambda text: "ended-with-0" in text and is_as_before(text))
    if isinstance(multiplexer, Tmux):
        states = ("alternate_on", "mouse_any_flag", "mouse_all_flag", "mouse_sgr_flag", "cursor_flag")
        assert [multiplexer.state(state) for state in states] == ["0", "0", "0", "0", "1"]
    client.type(b"echo typed-$((40 + 2))\n")
    multiplexer.until(lambda text: "typed-42" in text)
    assert demos(multiplexer.directory) == []


def test_it_is_stopped_and_brought_back_and_resized_without_end(multiplexer: Multiplexer) -> None:
    client = multiplexer.client
    client.type(b"\x1a")
    multiplexer.until(lambda text: "topped" in text and is_as_before(text))
    client.type(b"fg\n")
    multiplexer.until(lambda text: is_whole(text, 120, 40))

    for number in range(200):
        multiplexer.resize((40 + number % 100, 10 + number % 40))
        client.read(0.01)
    settles(multiplexer, (120, 40))
    client.type(b"\x03\x03")
    # What is typed before the shell prompts again may be dropped as the terminal is given back.
    multiplexer.until(lambda text: is_as_before(text) and text.rstrip().endswith(("#", "$")))
    client.type(b"echo left-with-$?\n")
    multiplexer.until(lambda text: "left-with-0" in text)
    assert demos(multiplexer.directory) == []


def test_it_goes_on_while_nobody_is_attached(multiplexer: Multiplexer) -> None:
    """The connection breaks; the next one shows the current dashboard."""
    first = multiplexer.client
    first.hang_up()
    first.process.wait(PATIENCE_S)
    second = multiplexer.client = multiplexer.attached(multiplexer.again(), (100, 30))
    multiplexer.until(lambda text: "s them" in text and "LIVE" in text)
    second.type(b"4")
    multiplexer.until(lambda text: "[15m]" in text)
    second.type(b"\x03\x03")
    multiplexer.until(lambda text: "ended-with-0" in text)
    assert demos(multiplexer.directory) == []


def test_what_is_copied_reaches_the_terminal_outside(multiplexer: Multiplexer) -> None:
    if isinstance(multiplexer, Tmux):
        multiplexer.ask("set-option", "-s", "set-clipboard", "on")
    client = multiplexer.client
    client.forget()
    client.type(b"y")
    end = time.monotonic() + PATIENCE_S
    # tmux sends its own form of the sequence, screen what it was given in pieces.
    while not (found := re.findall(rb"\x1b\]52;c?;([A-Za-z0-9+/=]{64,})(?:\x07|\x1b\\)", client.output)):
        assert time.monotonic() < end, client.output[-2000:]
        client.read(0.1)
    text = base64.b64decode(found[0]).decode()
    assert text.startswith("[DEMO, simulated] ")
    assert len(text.split("\n")) == 5


def test_the_mouse_works_in_tmux_when_that_passes_it_on(multiplexer: Multiplexer) -> None:
    if not isinstance(multiplexer, Tmux):
        # GNU screen passes the mouse on as well, without any setting.
        assert isinstance(multiplexer, Screen)
    else:
        multiplexer.ask("set-option", "-g", "mouse", "on")
    # In trouble, which makes the strip above the panels taller. What screen copies may be read half-written.
    rows = multiplexer.until(lambda text: "s them" in text and "3 Errors" in text).splitlines()
    y = next(number for number, row in enumerate(rows) if "3 Errors" in row)
    x = rows[y].index("3 Errors")
    multiplexer.client.type(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m".encode())
    multiplexer.until(lambda text: "[15m]" in text and "1 Status" not in text)


@pytest.mark.parametrize("term", ["linux", "screen", "tmux-256color", "xterm-mono", "vt220"])
def test_other_terminals_are_drawn_on_and_given_back(term: str, tmp_path: Path) -> None:
    env = {"TERM": term, "COLORTERM": "", "XDG_CONFIG_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    terminal = OnPty([sys.executable, "-m", "claude_tui", "--demo", "outage"], env=env)
    try:
        terminal.see(b"Events")
        assert b"\x1b[38;2;" not in terminal.output
        assert terminal.end_after(lambda: terminal.type(b"\x03\x03"), cpu_s=PATIENCE_S) == 0
        assert terminal.restored()
        assert demos(tmp_path) == []
    finally:
        terminal.close()
