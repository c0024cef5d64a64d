"""Processes of `claude-top agent` on one data directory, and what they send."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from claude_tui.simulator.scenario import load
from claude_tui.simulator.thread import SimulatorThread

__all__ = ["PATIENCE_S", "Agent", "Agents", "Hook", "Tap", "tapped", "until", "webhook"]

PATIENCE_S = 60.0
_REQUEST = re.compile(rb"(?:GET|POST) (/\S*) HTTP/1\.1\r\n")


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.05)


# -- what is sent ----------------------------------------------------------------------------


@dataclass
class Tap:
    """A simulator behind a forwarder that counts requests by path."""

    requests: Counter[str] = field(default_factory=Counter)
    url: str = ""


@contextmanager
def tapped(scenario: str) -> Iterator[Tap]:
    simulator = SimulatorThread(load(scenario), latency_scale=0.0, speed=20)
    simulator.start()
    target = urlsplit(simulator.base_url)
    tap = Tap()

    class Forwarder(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((target.hostname, target.port)) as there:
                back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
                back.start()
                _copy(self.request, there, tap.requests)
                back.join(PATIENCE_S)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Forwarder) as server:
        tap.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield tap
        finally:
            server.shutdown()
            thread.join()
            simulator.stop()


def _copy(source: socket.socket, sink: socket.socket, counted: Counter[str] | None = None) -> None:
    # A killed process leaves resets behind.
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if counted is not None:
                counted.update(path.decode() for path in _REQUEST.findall(data))
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@dataclass
class Hook:
    """A web hook, and the pages that it received."""

    pages: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def webhook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.pages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"json://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


# -- processes -------------------------------------------------------------------------------


@dataclass
class Agent:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[str]:
        """Its log without the timestamps."""
        if not self.log.exists():
            return []
        return [line.partition(" ")[2] for line in self.log.read_text("utf-8").splitlines()]

    @property
    def role(self) -> str:
        """`collecting` or `watching`; "" before the agent has logged either."""
        roles = [line.partition(":")[0] for line in self.lines if line.startswith(("collecting", "watching"))]
        return roles[-1] if roles else ""

    @property
    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


class Agents:
    """Starts agents on `directory / "data"`, and ends all of them."""

    def __init__(
        self, directory: Path, url: str, settings: str = "", environ: Mapping[str, str] = {}
    ) -> None:
        self.data = directory / "data"
        self._directory = directory
        self._number = 0
        self.all: list[Agent] = []
        (directory / "config.toml").write_text(
            f'base_url = "{url}"\nstatus_urls = ["{url}"]\nmodels_interval_s = 2\nmessages_interval_s = 5\n'
            f'status_interval_s = 15\ndata_dir = "{self.data}"\n{settings}',
            "utf-8",
        )
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))},
            "HOME": str(directory),
            "ANTHROPIC_API_KEY": "sk-ant-api03-test-no-real-key",
            **environ,
        }

    def start(self, *arguments: str) -> Agent:
        self._number += 1
        log = self._directory / f"agent-{self._number}.log"
        config = str(self._directory / "config.toml")
        command = [sys.executable, "-m", "claude_tui", "agent", "--log-file", str(log), "--config", config]
        with (self._directory / f"agent-{self._number}.err").open("wb") as errors:
            process = subprocess.Popen(
                [*command, *arguments],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        self.all.append(Agent(process, log))
        return self.all[-1]

    @property
    def alive(self) -> list[Agent]:
        return [agent for agent in self.all if agent.process.poll() is None]

    @property
    def collector(self) -> Agent | None:
        return next((agent for agent in self.alive if agent.role == "collecting"), None)

    @property
    def errors(self) -> str:
        return "".join(path.read_text("utf-8") for path in sorted(self._directory.glob("agent-*.err")))

    def __enter__(self) -> Agents:
        return self

    def __exit__(self, *_: object) -> None:
        for agent in self.alive:
            agent.kill()
