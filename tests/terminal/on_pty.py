"""A program on a pty of its own, watched and ended from outside."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["BUSY_S", "PATIENCE_S", "ROOT", "SURROUNDINGS", "OnPty"]

ROOT = Path(__file__).parents[2]
# Without what would overrule the size of the pty, and without the multiplexer that the tests run in.
_NOT_OURS = frozenset({"COLUMNS", "LINES", "TMUX", "TMUX_PANE", "STY"})
SURROUNDINGS = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
PATIENCE_S = 60.0
"""After which a process counts as hanging. How soon it ends is for tests/bench."""
BUSY_S = 3.0
"""The CPU of an end while it still imports an SDK."""
SPINNING_S = 1.0
"""More CPU than an orderly end needs; a driver that spins uses as much as there is time."""


class OnPty:
    """A process with a pty of its own as its controlling terminal."""

    def __init__(
        self,
        command: list[str],
        *,
        stdin: int | None = None,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self.master, slave = os.openpty()
        self.slave = slave
        self.resize(size)
        self.modes = termios.tcgetattr(slave)

        def take_terminal() -> None:
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
            # A background job ignores SIGINT and SIGQUIT, one under nohup SIGHUP, and children inherit that.
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)

        self.process = subprocess.Popen(
            command,
            stdin=slave if stdin is None else stdin,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=take_terminal,
            env={**SURROUNDINGS, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(env or {})},
        )
        self.output = b""

    def resize(self, size: tuple[int, int]) -> None:
        """Gives the terminal this many columns and rows."""
        columns, rows = size
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def see(self, text: bytes, timeout_s: float = PATIENCE_S) -> None:
        """Wait until `text` is in the output since the last `forget`."""
        end = time.monotonic() + timeout_s
        while text not in self.output:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not appear: {self.output[-2000:]!r}"
            self.read(min(left, 0.1))

    def read(self, timeout_s: float = 0.0) -> None:
        if select.select([self.master], [], [], timeout_s)[0]:
            self.output += os.read(self.master, 65536)

    def read_all(self) -> None:
        """Reads everything that a process has written which writes no more: one read is only a part of it."""
        while select.select([self.master], [], [], 0.0)[0]:
            self.read()

    def ended(self) -> int:
        """The exit code of a process that is about to end; what it still writes is read."""
        return self.end_after(lambda: None, cpu_s=PATIENCE_S)

    def forget(self) -> None:
        self.output = b""

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def hang_up(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def calm_down(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the process has done what it does after its first frame (it imports an SDK)."""
        end, before = time.monotonic() + timeout_s, -1.0
        while self.cpu_s() - before > 0.1:
            assert time.monotonic() < end, "still busy"
            before, pause = self.cpu_s(), time.monotonic() + 0.5
            while time.monotonic() < pause:
                self.read(0.05)

    def end_after(self, cause: Callable[[], None], *, reading: bool = True, cpu_s: float = SPINNING_S) -> int:
        """Let `cause` happen and return the exit code; fails when it does not end or that costs CPU."""
        cpu_before, began = self.cpu_s(), time.monotonic()
        cause()
        pid = 0
        while not pid:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            assert time.monotonic() - began < PATIENCE_S, "still running"
            if reading and self.master >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
        self.process.returncode = code = os.waitstatus_to_exitcode(status)
        if reading and self.master >= 0:
            self.read_all()
        # A slow machine needs more for the end, as it has for the beginning.
        assert usage.ru_utime + usage.ru_stime - cpu_before < max(cpu_s, cpu_before)
        return code

    def stopped(self) -> bool:
        """Wait for the process to be stopped."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.read(0.02)
            state = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "T":
                self.read_all()  # what it wrote before may have come since the last look
                return True
        return False

    def restored(self) -> bool:
        """Whether the terminal was left as it was found."""
        left = b"\x1b[?1049l" in self.output and b"\x1b[?25h" in self.output
        return left and termios.tcgetattr(self.slave)[3] == self.modes[3]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)
