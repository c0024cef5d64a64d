"""`claude-top proxy` as processes: what it prints, its signals, its workers, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import pytest

from claude_tui.simulator.scenario import load
from claude_tui.simulator.sockets import listen, url_of
from claude_tui.simulator.thread import SimulatorThread
from tests.ports import unused_port

pytestmark = pytest.mark.usefixtures("own_home")

PROGRAM = [sys.executable, "-m", "claude_tui", "proxy"]
WITHIN_S = 60.0


class Running:
    """A proxy that has printed what to export."""

    def __init__(self, process: subprocess.Popen[str], url: str, printed: list[str]) -> None:
        self.process, self.url, self.printed = process, url, printed
        self.port = int(url.rpartition(":")[2])

    def health(self) -> dict[str, object]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN_S) as sock:
            sock.sendall(b"GET /.claude-top/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := sock.recv(65_536):
                data += piece
        found: dict[str, object] = json.loads(data.partition(b"\r\n\r\n")[2])
        return found

    def end(self) -> tuple[int, str]:
        """Exit code and messages."""
        _, stderr = self.process.communicate(timeout=WITHIN_S)
        return self.process.returncode, stderr


@contextmanager
def running(upstream: str, *arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [*PROGRAM, "--listen", "127.0.0.1:0", "--upstream", upstream, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = []
        while not printed or not printed[-1].startswith("export ENABLE"):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            printed.append(line.rstrip("\n"))
        yield Running(process, printed[0].partition("=")[2], printed)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


class Held:
    """An upstream that answers on demand; a stream is open until then."""

    def __init__(self) -> None:
        self._listening = listen()
        self.url = url_of(self._listening)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def call_through(self, proxy: Running) -> tuple[socket.socket, socket.socket]:
        """A call in progress: the client's end and the upstream's."""
        client = socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN_S)
        client.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        upstream, _ = self._listening.accept()
        upstream.settimeout(WITHIN_S)
        received(upstream, b"\r\n\r\n{}")
        upstream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        received(client, b"\r\na\r\n")
        return client, upstream


def received(sock: socket.socket, ending: bytes) -> None:
    data = b""
    while not data.endswith(ending):
        piece = sock.recv(65_536)
        assert piece, data
        data += piece


def until(reached: Callable[[], bool]) -> None:
    for _ in range(int(WITHIN_S / 0.05)):
        if reached():
            return
        time.sleep(0.05)
    pytest.fail("not reached in time")


def test_a_stream_that_is_open_may_finish_after_sigterm() -> None:
    with Held() as held, running(held.url) as proxy:
        client, upstream = held.call_through(proxy)
        with client, upstream:
            proxy.process.send_signal(signal.SIGTERM)
            until(lambda: not answers(proxy.port))
            upstream.sendall(b"1\r\nb\r\n0\r\n\r\n")
            assert rest(client) == b"1\r\nb\r\n0\r\n\r\n"
        code, stderr = proxy.end()
    assert code == 0
    assert "1 open call may continue for 60s" in stderr


@pytest.mark.parametrize("how", ["a second signal", "the end of the drain"])
def test_what_stays_open_is_cut_off(how: str) -> None:
    drain = "3600" if how == "a second signal" else "0.2"
    with Held() as held, running(held.url, "--drain", drain) as proxy:
        client, upstream = held.call_through(proxy)
        with client, upstream:
            proxy.process.send_signal(signal.SIGTERM)
            if how == "a second signal":
                until(lambda: not answers(proxy.port))
                proxy.process.send_signal(signal.SIGTERM)
            assert not rest(client).endswith(b"0\r\n\r\n")
            assert proxy.end()[0] == 0


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S).close()
    except ConnectionRefusedError:
        return False
    return True


def rest(sock: socket.socket) -> bytes:
    data = b""
    try:
        while piece := sock.recv(65_536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def workers(proxy: Running) -> set[int]:
    children = Path(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children").read_text("ascii")
    return set(map(int, children.split()))


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")


@needs_proc
def test_workers_share_the_port_and_one_that_is_killed_is_replaced() -> None:
    with SimulatedApi() as api, running(api.base_url, "--workers", "3") as proxy:
        first = workers(proxy)
        assert len(first) == 3
        seen: set[object] = set()
        until(lambda: seen.add(proxy.health()["pid"]) or seen == first)
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(workers(proxy) - {victim}) == 3)
        until(lambda: proxy.health()["pid"] not in first)
        proxy.process.send_signal(signal.SIGTERM)
        code, stderr = proxy.end()
    assert code == 0
    assert "worker" in stderr
    assert "was killed by SIGKILL" in stderr


@needs_proc
def test_a_killed_worker_loses_its_open_calls_and_what_it_had_not_written(own_home: Path) -> None:
    """The 10 s that were not over; what was recorded before, and what comes after, is counted once."""
    with SimulatedApi() as api, running(api.base_url, "--workers", "2") as proxy:
        call_models(proxy, 30)
        until(lambda: recorded(api.base_url) == 30)
        call_models(proxy, 7)
        first = workers(proxy)
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(workers(proxy) - first) == 2 and answers(proxy.port))
        call_models(proxy, 5)
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.end()[0] == 0
        # The seven may have been written, all or none of each worker, if 10 s were over just then.
        assert 35 <= recorded(api.base_url) <= 42


def call_models(proxy: Running, times: int) -> None:
    for _ in range(times):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN_S) as sock:
            sock.sendall(
                b"GET /v1/models HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
                b"Connection: close\r\n\r\n"
            )
            assert rest(sock).startswith(b"HTTP/1.1 200")


def recorded(url: str) -> int:
    """How many calls the record has; 0 while there is none."""
    done = subprocess.run(
        [sys.executable, "-m", "claude_tui", "traffic", "--json", "--base-url", url],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return int(json.loads(done.stdout)["all"]["calls"]) if done.returncode == 0 else 0


@needs_proc
def test_workers_do_not_outlive_their_supervisor() -> None:
    with SimulatedApi() as api, running(api.base_url, "--workers", "2", "--drain", "0") as proxy:
        orphans = workers(proxy)
        proxy.process.kill()
        proxy.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))


class SimulatedApi(SimulatorThread):
    def __init__(self) -> None:
        super().__init__(load("healthy"), latency_scale=0.0)

    def __enter__(self) -> SimulatedApi:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def test_it_says_what_to_export_and_what_its_presence_changes() -> None:
    with running("https://api.anthropic.com") as proxy:
        assert re.fullmatch(r"export ANTHROPIC_BASE_URL=http://127\.0\.0\.1:\d+", proxy.printed[0])
        assert "export ENABLE_TOOL_SEARCH=true" in proxy.printed
        printed, stderr = stopped(proxy, signal.SIGINT)
    assert "export _CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL=1" in printed
    assert "passes calls on to https://api.anthropic.com" in stderr
    with running("https://gateway.example.com/anthropic") as proxy:
        printed, _ = stopped(proxy, signal.SIGTERM)
    assert "FIRST_PARTY" not in printed


def test_what_it_says_and_how_many_calls_failed_is_in_the_log(own_home: Path) -> None:
    log = own_home / "state" / "claude-top" / "log" / "claude-top.log"
    # Nobody listens there: the proxy answers 502.
    address = f"http://127.0.0.1:{unused_port()}"
    with running(address, "--workers", "2", "--log-level", "debug") as proxy:
        client = anthropic.Anthropic(base_url=proxy.url, api_key="sk-ant-api03-planted", max_retries=0)
        with pytest.raises(anthropic.APIStatusError):
            client.messages.create(
                model="claude-haiku-5-5",
                max_tokens=8,
                messages=[{"role": "user", "content": "a planted question"}],
            )
        _, stderr = stopped(proxy, signal.SIGTERM)
    written = log.read_text("utf-8")
    assert "proxy started: claude-top" in written
    assert f"INFO claude_tui.proxy: {proxy.url} passes calls on to {address}" in written
    assert "INFO claude_tui.proxy: 1 of 1 calls failed: refused ×1" in written
    assert "DEBUG claude_tui.proxy: POST messages" in written
    assert "INFO claude_tui.proxy: stopped" in written
    assert "planted" not in written
    assert "refused" not in stderr
    assert "Traceback" not in written


def stopped(proxy: Running, number: signal.Signals) -> tuple[str, str]:
    """The rest of its standard output, and its messages."""
    assert proxy.process.stdout is not None
    assert proxy.process.stderr is not None
    proxy.process.send_signal(number)
    return proxy.process.stdout.read(), proxy.process.stderr.read()


def refused(*arguments: str, **environ: str) -> str:
    result = subprocess.run(
        [*PROGRAM, *arguments], env=os.environ | environ, capture_output=True, text=True, timeout=WITHIN_S
    )
    assert result.returncode == 3
    assert result.stdout == ""
    return result.stderr


def test_it_refuses_what_would_not_work() -> None:
    port = unused_port()
    here = f"127.0.0.1:{port}"
    assert "--allow-remote" in refused("--listen", "0.0.0.0:8787")
    assert "this proxy itself" in refused("--listen", here, ANTHROPIC_BASE_URL=f"http://localhost:{port}")
    assert "an IP address and a port" in refused("--listen", "example.com:80")
    assert "whole number from 1 to 64" in refused("--workers", "0")
    assert "begins with ftp://" in refused("--upstream", "ftp://example.com")
    assert "HTTPS_PROXY cannot be used" in refused(
        HTTPS_PROXY="socks4://a:1", ANTHROPIC_BASE_URL="https://a.example"
    )
    for workers in ("1", "2"):
        with listen() as taken:
            busy = f"127.0.0.1:{taken.getsockname()[1]}"
            assert "cannot listen on" in refused("--listen", busy, "--workers", workers)


def test_a_fingerprint_is_what_the_settings_call_a_key() -> None:
    command = [*PROGRAM, "--fingerprint"]
    environ = os.environ | {"ANTHROPIC_API_KEY": "sk-ant-api03-a-key"}
    prints = [
        subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert prints[0] == prints[1]
    assert re.fullmatch(r"key:[0-9a-f]{10}\n", prints[0])
    assert "ANTHROPIC_API_KEY" in refused("--fingerprint")


@needs_proc
def test_two_hundred_slow_clients_take_bounded_memory() -> None:
    """Each asks for 10 MB and reads nothing: 2 GB that must not be buffered."""
    from tests.bench.proxy import resident_mb

    with listen() as upstream, running(url_of(upstream), "--drain", "0") as proxy:
        upstream.settimeout(WITHIN_S)
        before, sockets = resident_mb(proxy.process.pid), []
        for _ in range(200):
            client = socket.socket()
            # The system would take megabytes for each of them.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(WITHIN_S)
            client.connect(("127.0.0.1", proxy.port))
            client.sendall(b"GET /v1/files/a/content HTTP/1.1\r\nHost: x\r\n\r\n")
            serving, _ = upstream.accept()
            serving.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
            serving.setblocking(False)
            sockets += [client, serving]
            serving.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        sent = dict.fromkeys(sockets[1::2], 0)
        for _ in range(40):
            for serving in sent:
                try:
                    sent[serving] += serving.send(b"x" * 262_144)
                except BlockingIOError:
                    continue
            time.sleep(0.01)
        assert max(sent.values()) < 10_000_000, "the system took it all: nothing is shown"
        assert resident_mb(proxy.process.pid) - before < 100
        assert proxy.health()["open_calls"] == 200
        for sock in sockets:
            sock.close()


def test_a_counting_client_and_the_record_agree(own_home: Path) -> None:
    """Two workers and a client that counts: `traffic --json` says the same, and no answer is in the store."""
    counted = {"calls": 0, "output": 0}
    with SimulatedApi() as api:
        with (
            running(api.base_url, "--workers", "2") as proxy,
            anthropic.Anthropic(
                base_url=proxy.url,
                api_key="canary-key-0123456789",
                default_headers={"x-claude-top-app": "shop"},
            ) as client,
        ):
            for _ in range(12):
                message = client.messages.create(
                    model="claude-haiku-5-5",
                    max_tokens=32,
                    messages=[{"role": "user", "content": "canary-prompt"}],
                    extra_headers={"connection": "close"},
                )
                counted["calls"] += 1
                counted["output"] += message.usage.output_tokens
                answer = message.content[0].to_dict()["text"]
            proxy.process.send_signal(signal.SIGTERM)
            proxy.end()
        result = subprocess.run(
            [sys.executable, "-m", "claude_tui", "traffic", "--json", "--base-url", api.base_url],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
        )
    document = json.loads(result.stdout)
    (row,) = document["rows"]
    assert row["name"] == "shop"
    assert row["calls"] == counted["calls"]
    assert row["tokens"]["output"] == counted["output"]
    kept = b"".join(path.read_bytes() for path in own_home.rglob("*") if path.is_file())
    assert b"claude-haiku-5-5" in kept
    for secret in ("canary-key-0123456789", "canary-prompt", str(answer)):
        assert secret.encode() not in kept
