"""The proxy's cost, measured from outside.

    python -m tests.bench.proxy [--quick] [--nginx PROGRAM] [--litellm PROGRAM]

Direct and proxied calls are interleaved in one run, as machines differ and their load changes. The upstream
is a bare server in a process of its own; the client is bare as well. nginx, as a plain reverse proxy, stands
beside it where Debian's package is installed, and LiteLLM's proxy where `litellm` is on the PATH or named:
`python3 -m venv DIR && DIR/bin/pip install 'litellm[proxy]'`, then `--litellm DIR/bin/litellm`. It gets one
worker and a configuration that passes `/v1/messages` on to the same upstream; it asks for the key as it does
in use. As it is too slow for 50 streams, which would only measure its queue, and takes a core from the
others, it stands in a second table, at fewer streams, with all of them again. It rewrites bodies and drops
comments of a stream: the instant of sending therefore travels in the text of each delta. Linux, by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from claude_tui.simulator.sockets import free_port

STREAMS = 50
FEW_STREAMS = 5
OPEN = 500
START_S = 60.0
EVENTS = 20
EVENT_S = 0.03
TICKS = os.sysconf("SC_CLK_TCK")

KEY = "sk-ant-api03-bench-no-real-key"
STREAM, LEFT_OPEN, MESSAGE = 64, 65, 66
"""What the upstream is to do, as `max_tokens`: all else a proxy may write anew."""


def request(wanted: int) -> bytes:
    body = (
        b'{"max_tokens":%d,"messages":[{"role":"user","content":"%b"}],"model":"claude-haiku-5-5","stream":%b}'
        % (wanted, b"word " * 400, b"false" if wanted == MESSAGE else b"true")
    )
    return (
        b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: %b\r\n"
        b"user-agent: Anthropic/Python 2.11.0\r\ncontent-type: application/json\r\naccept-encoding: gzip\r\n"
        b"anthropic-version: 2023-06-01\r\nx-stainless-retry-count: 0\r\nContent-Length: %d\r\n\r\n%b"
        % (KEY.encode(), len(body), body)
    )


LIMITS = b"".join(
    b"anthropic-ratelimit-%b-limit: 1000\r\nanthropic-ratelimit-%b-remaining: 999\r\n"
    b"anthropic-ratelimit-%b-reset: 2026-11-20T14:05:33Z\r\n" % (bucket, bucket, bucket)
    for bucket in (b"requests", b"tokens", b"input-tokens", b"output-tokens")
)
ANSWERED = (
    b'{"model":"claude-haiku-5-5","id":"msg_1","type":"message","role":"assistant","content":[{"type":"text",'
    b'"text":"' + b"word " * 100 + b'"}],"stop_reason":"end_turn","stop_sequence":null,'
    b'"usage":{"input_tokens":400,"output_tokens":100}}'
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_1\r\n%b"
    b"content-length: %d\r\n\r\n%b" % (LIMITS, len(ANSWERED), ANSWERED)
)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_1\r\n"
    b"%btransfer-encoding: chunked\r\n\r\n" % LIMITS
)
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message",'
    b'"role":"assistant","model":"claude-haiku-5-5","content":[],"stop_reason":null,"stop_sequence":null,'
    b'"usage":{"input_tokens":400,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
)
STOP = (
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":'
    b'{"output_tokens":20}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


# -- the upstream ------------------------------------------------------------------


def delta() -> bytes:
    """An event with the instant of its sending, so that a client can tell how old it is."""
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"sent=%.6f some more words"}}\n\n' % time.perf_counter()
    )


_WANTED = re.compile(rb'"max_tokens": ?(\d+)')
_LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)\r\n", re.IGNORECASE)


class Upstream(asyncio.Protocol):
    """Answers with a message, with the events of a stream, or with the first ones of it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not gap or length is None or len(body) < int(length[1]):
            return
        self._received = b""
        found = _WANTED.search(body)
        wanted = int(found[1]) if found is not None else MESSAGE
        if wanted == STREAM:
            self._transport.write(STREAM_HEAD + chunk(START))
            asyncio.get_running_loop().call_later(EVENT_S, self._event, EVENTS)
        elif wanted == LEFT_OPEN:
            self._transport.write(STREAM_HEAD + chunk(START) + chunk(delta()))
        else:
            self._transport.write(ANSWER)

    def _event(self, left: int) -> None:
        if left == 0:
            self._transport.write(chunk(STOP) + b"0\r\n\r\n")
            return
        self._transport.write(chunk(delta()))
        asyncio.get_running_loop().call_later(EVENT_S, self._event, left - 1)


async def serve_upstream(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


# -- the client --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Streamed:
    """What one stream showed."""

    first_token_s: float
    ages: tuple[float, ...]
    """Seconds from the sending of each event to its arrival."""


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


_STAMP = re.compile(rb"sent=(\d+\.\d+) ")


async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streamed:
    began = time.perf_counter()
    writer.write(request(STREAM))
    first, ages, tail = 0.0, [], b""
    while not tail.endswith(b"0\r\n\r\n"):
        data = await reader.read(65_536)
        if not data:
            raise ConnectionError(f"a stream ended early: {tail!r}")
        now = time.perf_counter()
        if not first and b"content_block_delta" in data:
            first = now - began
        ages += [now - float(stamp) for stamp in _STAMP.findall(data)]
        tail = (tail + data)[-16:]
    return Streamed(first, tuple(ages))


async def streams(urls: Sequence[str], rounds: int, clients: int) -> dict[str, list[Streamed]]:
    """So many clients, each of which asks one address after the other, `rounds` times."""
    found: dict[str, list[Streamed]] = {url: [] for url in urls}

    async def client(number: int) -> None:
        connections = {url: await connect(url) for url in urls}
        for url in urls:
            await stream(*connections[url])  # what is only slow once
        await asyncio.sleep(number * EVENT_S * EVENTS / clients)
        for turn in range(rounds):
            for at in range(len(urls)):
                url = urls[(number + turn + at) % len(urls)]
                found[url].append(await stream(*connections[url]))
        for _, writer in connections.values():
            writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return found


async def calls(url: str, seconds: float, clients: int = 32) -> float:
    """Small calls a second that `clients` connections get through."""
    count, asked = 0, request(MESSAGE)
    until = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal count
        reader, writer = await connect(url)
        while time.perf_counter() < until:
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                raise ConnectionError(f"not an answer: {head!r}")
            await reader.readexactly(int(length[1]))
            count += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return count / (time.perf_counter() - began)


async def open_streams(url: str, count: int) -> list[asyncio.StreamWriter]:
    writers = []
    for _ in range(count):
        reader, writer = await connect(url)
        writer.write(request(LEFT_OPEN))
        await reader.readuntil(b"content_block_delta")
        writers.append(writer)
    return writers


# -- programs ----------------------------------------------------------------------


@contextmanager
def running(command: Sequence[str], port: int, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """A program that listens on `port`; yields its process id."""
    surroundings = {**os.environ, **(env or {})}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings
    )
    try:
        until = time.monotonic() + START_S
        while not asyncio.run(_answers(port)):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} does not listen on port {port}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@contextmanager
def proxy(upstream: str, workers: int = 1) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = (sys.executable, "-m", "claude_tui", "proxy", "--listen", f"127.0.0.1:{port}", "--drain", "0")
    with running((*command, "--upstream", upstream, "--workers", str(workers)), port) as pid:
        yield f"http://127.0.0.1:{port}", pid


NGINX = """
daemon off; worker_processes 1; error_log stderr error; pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
    access_log off; client_max_body_size 0; keepalive_requests 1000000;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    upstream api {{ server {upstream}; keepalive 1024; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 600s;
        }}
    }}
}}
"""


@contextmanager
def nginx(program: str, upstream: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "nginx.conf")
        config.write_text(NGINX.format(folder=folder, upstream=urlsplit(upstream).netloc, port=port))
        with running((program, "-c", str(config), "-p", folder), port) as pid:
            yield f"http://127.0.0.1:{port}", pid


LITELLM = """
model_list:
  - model_name: claude-haiku-5-5
    litellm_params: {{model: anthropic/claude-haiku-5-5, api_base: "{upstream}", api_key: {key}}}
general_settings: {{master_key: {key}}}
"""


@contextmanager
def litellm(program: str, upstream: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text(LITELLM.format(upstream=upstream, key=KEY))
        command = (program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port))
        # It asks the internet for prices, and writes a line for each call, unless told otherwise.
        env = {"HOME": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
        with running((*command, "--telemetry", "False", "--num_workers", "1"), port, env) as pid:
            yield f"http://127.0.0.1:{port}", pid


def processes(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_s(pid: int) -> float:
    """CPU time of a process and its children."""
    total = 0
    for process in processes(pid):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


# -- what is measured --------------------------------------------------------------


def ms(values: Sequence[float]) -> str:
    ordered = sorted(values)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"p50 {statistics.median(ordered) * 1000:7.2f}  p99 {p99 * 1000:7.2f} ms"


def at(values: Sequence[float], quantile: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)]


def report_streams(addresses: dict[str, str], rounds: int, clients: int) -> None:
    found = asyncio.run(streams(list(addresses.values()), rounds, clients))
    direct = found[addresses["direct"]]
    print(f"\nfirst token and age of events, {clients} streams at a time, {len(direct)} each")
    for name, url in addresses.items():
        firsts = [call.first_token_s for call in found[url]]
        ages = [age for call in found[url] for age in call.ages]
        line = f"  {name:<12} first token {ms(firsts)}   events {ms(ages)}"
        if name != "direct":
            base = [call.first_token_s for call in direct]
            added = [(at(firsts, q) - at(base, q)) * 1000 for q in (0.5, 0.99)]
            line += f"   added {added[0]:+.2f} p50 {added[1]:+.2f} p99"
        print(line)


def report_calls(name: str, url: str, pid: int | None, seconds: float) -> None:
    asyncio.run(calls(url, seconds / 10))
    before = cpu_s(pid) if pid is not None else 0.0
    rate = asyncio.run(calls(url, seconds))
    line = f"  {name:<12} {rate:7.0f} calls/s"
    if pid is not None:
        each_ms = (cpu_s(pid) - before) * 1000 / (rate * seconds)
        line += f"   {each_ms:.3f} ms CPU a call, so {1000 / each_ms:.0f} calls/s on a core of its own"
    print(line)


async def resident_with_open(url: str, pid: int) -> float:
    """Megabytes of the largest process of a proxy with OPEN open streams."""
    writers = await open_streams(url, OPEN)
    found = max(resident_mb(process) for process in processes(pid))
    for writer in writers:
        writer.transport.abort()
    return found


def report_memory(name: str, url: str, pid: int) -> None:
    before, filled = resident_mb(pid), asyncio.run(resident_with_open(url, pid))
    print(f"  {name:<12} {before:.1f} MB idle, {filled:.1f} MB with {OPEN} open streams")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--nginx", default=shutil.which("nginx"), metavar="PROGRAM")
    parser.add_argument("--litellm", default=shutil.which("litellm"), metavar="PROGRAM")
    parser.add_argument("--upstream-at", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.upstream_at:
        asyncio.run(serve_upstream(options.upstream_at))
        return
    rounds, seconds = (4, 3.0) if options.quick else (20, 10.0)
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    port = free_port()
    upstream = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        again = (sys.executable, "-m", "tests.bench.proxy", "--upstream-at", str(port))
        stack.enter_context(running(again, port))
        programs = {"claude-top": stack.enter_context(proxy(upstream))}
        if options.nginx:
            programs["nginx"] = stack.enter_context(nginx(options.nginx, upstream))
        addresses = {"direct": upstream} | {name: url for name, (url, _) in programs.items()}
        report_streams(addresses, rounds, STREAMS)
        if options.litellm:
            programs["LiteLLM"] = stack.enter_context(litellm(options.litellm, upstream))
            addresses["LiteLLM"] = programs["LiteLLM"][0]
            report_streams(addresses, rounds * STREAMS // FEW_STREAMS // 2, FEW_STREAMS)
        print("\nsmall calls on 32 kept connections")
        report_calls("direct", upstream, None, seconds)
        for name, (url, pid) in programs.items():
            report_calls(name, url, pid, seconds)
        two, two_pid = stack.enter_context(proxy(upstream, workers=2))
        report_calls("two workers", two, two_pid, seconds)
        print("\nmemory")
        for name in ("claude-top", "LiteLLM"):
            if name in programs:
                report_memory(name, *programs[name])


if __name__ == "__main__":
    main()
