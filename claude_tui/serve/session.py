"""One browser's dashboard: a process that ends when the browser disconnects."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from claude_tui.model.secret_variables import KEY_VARIABLES, without_keys
from claude_tui.serve.packets import Focus, Keys, PacketError, Size, as_packet, read_packet

__all__ = ["Program", "Session"]

_READY = b"__GANGLION__\n"
_LINES_BEFORE_READY = 20
_END_WITHIN_S = 5.0
"""The dashboard's own watchdog ends it after half of that."""


@dataclass(frozen=True, slots=True)
class Program:
    """The program that is started for each browser."""

    command: Sequence[str]
    environ: Mapping[str, str]
    """The environment, without secrets that it does not need: a read-only dashboard needs no key."""

    @classmethod
    def of(cls, command: Sequence[str], environ: Mapping[str, str], *, read_only: bool) -> Program:
        kept = without_keys(environ)
        if not read_only:
            kept |= {name: environ[name] for name in KEY_VARIABLES if name in environ}
        # A browser has colours and UTF-8, whatever terminal or service manager the server runs in.
        return cls(
            command,
            {
                **kept,
                "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
                "TEXTUAL_COLOR_SYSTEM": "truecolor",
                "COLORTERM": "truecolor",
                "TERM": "xterm-256color",
                "TERM_PROGRAM": "textual",
                "PYTHONUTF8": "1",
                "LC_ALL": "C.UTF-8",
            },
        )


class Session:
    """A running dashboard. `show` sends terminal output to the browser."""

    def __init__(self, process: asyncio.subprocess.Process, show: Callable[[bytes], Awaitable[None]]) -> None:
        self._process = process
        self._show = show

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls, program: Program, size: Size, show: Callable[[bytes], Awaitable[None]]) -> Session:
        """Starts the dashboard, with the standard error of the server. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={
                **program.environ,
                "COLUMNS": str(size.columns),
                "LINES": str(size.rows),
                "ROWS": str(size.rows),
            },
            # ctrl+c in the server's terminal ends the server, which ends its sessions.
            start_new_session=True,
        )
        return cls(process, show)

    async def run(self) -> None:
        """Forwards the dashboard's output until it ends. A slow browser slows it down and takes no memory."""
        stdout = self._process.stdout
        assert stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError, PacketError, ConnectionError, ValueError):
            for _ in range(_LINES_BEFORE_READY):
                if await stdout.readline() == _READY:
                    break
            while True:
                packet = await read_packet(stdout)
                if packet.kind == b"D":
                    await self._show(packet.body)
                elif packet.kind == b"M" and json.loads(packet.body).get("type") == "exit":
                    return

    async def send(self, message: Keys | Size | Focus) -> None:
        if message == Keys(""):
            return  # Textual's reader takes an empty packet for the end of its input
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            stdin.write(as_packet(message))
            await stdin.drain()

    async def end(self) -> None:
        """Ends the dashboard: cleanly by closing its input, or at once if it hangs."""
        process, stdin, stdout = self._process, self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        # It may have to finish a write first.
        draining = asyncio.create_task(_drain(stdout))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_WITHIN_S):
                    await process.wait()
        finally:
            # A server that has to end at once must not leave a process behind either.
            draining.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass
