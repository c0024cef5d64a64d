"""`check` as a process against endpoints that answer without end: it ends, and stays small."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from tests.bombs import MEGABYTE, gzip_layers, gzip_repeated
from tests.wire_server import Answer, Request, WireServer

ROOT = Path(__file__).parents[2]
GIGABYTE = 1_000 * MEGABYTE
# Far more than three probes of two seconds each take, even on a busy machine.
PATIENCE_S = 240.0
# Says on stderr what the most was that `check` had in memory, in bytes. A process of its own, as the
# figure of a child begins with its parent's.
WATCHED = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "claude_tui", *sys.argv[1:]]).returncode
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(most if sys.platform == "darwin" else most * 1024, file=sys.stderr)
sys.exit(code)
"""

Bomb = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Checked:
    document: dict[str, Any]
    memory: int

    @property
    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        return {probe["name"]: (probe["outcome"], probe["error_type"]) for probe in self.document["probes"]}


def head(status: str, content_type: str, encoding: str | None = None) -> bytes:
    coded = f"content-encoding: {encoding}\r\n" if encoding else ""
    return f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{coded}\r\n".encode()


def stream(*pieces: Iterable[bytes], encoding: str | None = None) -> Iterator[bytes]:
    yield head("200 OK", "text/event-stream", encoding)
    for piece in pieces:
        yield from piece


def error(body: Iterable[bytes], encoding: str | None = None) -> Iterator[bytes]:
    yield head("500 Internal Server Error", "text/html", encoding)
    yield from body


@cache
def compressed_twice() -> bytes:
    return gzip_layers(2, 200 * MEGABYTE)


def endless_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from repeat(b"x-more: of the same\r\n" * 1000)


async def checked(bomb: Bomb, *, dripping: bool = False, timeout_s: int = 60) -> Checked:
    """The output of `check --timeout` when every request is answered with `bomb`."""

    bomb()  # what it takes to make one must not be waited for by whoever it is for

    async def play(request: Request, answer: Answer) -> None:
        for piece in bomb():
            await answer.send(piece)
            if dripping:
                await asyncio.sleep(0.02)
        answer.close()

    async with WireServer(play) as server, checking(server.url, timeout_s) as process:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    *noise, memory = err.decode().split()
    assert not noise
    return Checked(json.loads(out), int(memory))


@asynccontextmanager
async def checking(url: str, timeout_s: int) -> AsyncIterator[asyncio.subprocess.Process]:
    ours = ("ANTHROPIC_", "CLAUDE_TOP_")
    environ = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}
    environ |= {
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
        "ANTHROPIC_API_KEY": "sk-ant-api03-" + "k" * 40,
        "ANTHROPIC_BASE_URL": url,
        "CLAUDE_TOP_STATUS_URL": url,
        "CLAUDE_TOP_MODEL": "claude-haiku-4-5",
    }
    arguments = ("check", "--json", "--samples", "1", "--timeout", str(timeout_s))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WATCHED, *arguments),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


TOO_LARGE = ("invalid_response", "too_large")
TOO_LATE = ("timeout", "read_timeout")
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.mark.parametrize(
    ("bomb", "found"),
    [
        (lambda: stream(gzip_repeated(b"\n", 400), encoding="gzip"), TOO_LARGE),
        (lambda: stream(gzip_repeated(b":\n", 400), encoding="gzip"), TOO_LARGE),
        (lambda: stream(gzip_repeated(b"data: {}\n\n", 400), encoding="gzip"), TOO_LARGE),
        (lambda: stream(gzip_repeated(b"x", 400), encoding="gzip"), TOO_LARGE),
        (lambda: stream([compressed_twice()], encoding="gzip, gzip"), TOO_LARGE),
        (lambda: stream(repeat(b":\n" * 30_000)), TOO_LARGE),
        (lambda: stream(repeat(PING * 1000)), TOO_LARGE),
        (endless_headers, ("invalid_response", "protocol")),
        (lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), TOO_LATE),
    ],
    ids=[
        "empty lines, compressed",
        "comments, compressed",
        "events, compressed",
        "one line, compressed",
        "compressed twice",
        "comments",
        "pings",
        "headers",
        "interim answers",
    ],
)
async def test_check_ends(bomb: Bomb, found: tuple[str, str]) -> None:
    # Only what never ends by itself may run into the timeout, however busy the machine is.
    seen = await checked(bomb, timeout_s=2) if found is TOO_LATE else await checked(bomb)
    assert seen.outcomes["models"] == seen.outcomes["messages"] == found


async def test_check_ends_when_the_answer_drips() -> None:
    seen = await checked(lambda: stream(repeat(b":\n")), dripping=True, timeout_s=2)
    assert seen.outcomes["models"] == seen.outcomes["messages"] == TOO_LATE


async def test_a_gigabyte_of_an_error_takes_little_memory() -> None:
    begun = b"It broke. "
    small = await checked(lambda: error([begun]))
    for bomb in (
        lambda: error([begun, *repeat(b"x" * MEGABYTE, GIGABYTE // MEGABYTE)]),
        lambda: error(gzip_repeated(begun, GIGABYTE // MEGABYTE), "gzip"),
    ):
        large = await checked(bomb)
        assert large.memory - small.memory < 20 * MEGABYTE
        for probe in large.document["probes"]:
            assert probe["outcome"] == "server_error"
            assert "It broke. " in probe["message"]
