"""A terminal program on a real pty, measured from outside: its output, CPU and memory. Linux only."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Program:
    """Runs `command` on a pty of `columns` x `rows`, with `env` added to our environment."""

    command: Sequence[str]
    columns: int = 120
    rows: int = 40
    env: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Program:
        self.output = bytearray()
        self.fd, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=_take_terminal,
            env=surroundings() | dict(self.env),
        )
        os.close(terminal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def exit_code(self, timeout_s: float) -> int:
        """The exit code of a program that is about to end; what it still writes is read."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"still running after {timeout_s} s")
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode

    def read(self, timeout_s: float) -> bytes:
        """What arrives within `timeout_s`, at most one read; empty on silence or at the end."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.output += data
        return data

    def read_for(self, seconds: float) -> int:
        """Bytes written during `seconds`."""
        before, end = len(self.output), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(min(left, 0.05))
        return len(self.output) - before

    def wait_for(self, text: bytes, timeout_s: float = 60.0, start: int = 0) -> float:
        """Seconds since the program started until `text` stands in the output from byte `start` on."""
        end = time.monotonic() + timeout_s
        while text not in self.output[start:]:
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{text!r} did not appear in {timeout_s} s: {bytes(self.output[-2000:])!r}"
                )
            self.read(0.02)
        return time.monotonic() - self.started

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def cpu_s(self) -> float:
        """CPU seconds of the program and its children so far."""
        return sum(_cpu_s(pid) for pid in _family(self.process.pid))

    def rss_mb(self) -> float:
        return sum(_rss_mb(pid) for pid in _family(self.process.pid))


def surroundings() -> dict[str, str]:
    """Our environment, without what would overrule the size of the pty.

    Nor does it forbid to keep what is compiled: an installed program is compiled once.
    """
    hidden = {"COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"}
    return {k: v for k, v in os.environ.items() if k not in hidden} | {"TERM": "xterm-256color"}


def _take_terminal() -> None:
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


def _family(pid: int) -> list[int]:
    pids = [pid]
    for parent in pids:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                pids += [int(child) for child in children.read_text().split()]
            except OSError:
                continue  # the thread ended while we looked
    return pids


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _rss_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0
    )
