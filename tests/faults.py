"""Everything that can go wrong on the way to an answer, as servers on loopback that do it.

A fault plays what a sound server of one of the active sources would say (`Sound`), and breaks it. Time that
a fault takes is the loop's, which it moves on by itself: nothing here waits.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

from tests.bombs import MEGABYTE, gzip_repeated
from tests.loop_time import let_pass
from tests.proxied import serving
from tests.wire_server import TLS_ALERT, Answer, Request, WireServer, make_certificate, raw_server, sse

__all__ = ["HTTP_FAULTS", "MODEL", "SOUND", "TLS_FAULTS", "Sound", "tls_server"]

MODEL = "claude-haiku-5-5"


@dataclass(frozen=True, slots=True)
class Sound:
    """The response of a healthy server."""

    content_type: str
    body: bytes

    @property
    def head(self) -> bytes:
        return self.headed(f"content-length: {len(self.body)}")

    def headed(self, *fields: str, status: str = "200 OK") -> bytes:
        """The beginning of a response, with the type of the body."""
        lines = [f"HTTP/1.1 {status}", f"content-type: {self.content_type}", *fields, "", ""]
        return "\r\n".join(lines).encode("latin-1")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


SOUND = {
    "status": Sound(
        "application/json",
        _json(
            {
                "page": {"id": "p", "name": "Claude"},
                "status": {"indicator": "none", "description": "All Systems Operational"},
                "components": [{"id": "k8w3r06qmzrp", "name": "Claude API", "status": "operational"}],
                "incidents": [],
                "scheduled_maintenances": [],
            }
        ),
    ),
    "models": Sound(
        "application/json",
        _json({"data": [{"type": "model", "id": MODEL, "display_name": "Haiku"}], "has_more": False}),
    ),
    "messages": Sound(
        "text/event-stream; charset=utf-8",
        sse(
            [
                {
                    "type": "message_start",
                    "message": {
                        "id": "msg_1",
                        "type": "message",
                        "role": "assistant",
                        "content": [],
                        "model": MODEL,
                        "stop_reason": None,
                        "usage": {"input_tokens": 9, "output_tokens": 1},
                    },
                },
                {
                    "type": "content_block_start",
                    "index": 0,
                    "content_block": {"type": "text", "text": ""},
                },
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": "OK"},
                },
                {"type": "content_block_stop", "index": 0},
                {
                    "type": "message_delta",
                    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                    "usage": {"output_tokens": 4},
                },
                {"type": "message_stop"},
            ]
        ),
    ),
}
"""The healthy responses, by the source that requests them."""

Play = Callable[[Request, Answer, Sound], Awaitable[None]]
# Longer than any limit of a probe in these tests.
_AGES_S = 1000.0
# Of the event loop, in each of which a socket is read.
_ROUNDS = 100


def _sent(*parts: Callable[[Sound], bytes] | bytes, then: str = "close") -> Play:
    """Sends the parts, then closes, resets or hangs."""

    async def play(_: Request, answer: Answer, sound: Sound) -> None:
        for part in parts:
            await answer.send(part if isinstance(part, bytes) else part(sound))
        if then == "reset":
            answer.reset()
        elif then == "hang":
            await _ages()
            await answer.hang()
        else:
            answer.close()

    return play


async def _ages() -> None:
    """Lets more time pass than any limit, once the other side has read what was sent."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    let_pass(_AGES_S)


def _half(sound: Sound) -> bytes:
    return sound.body[: len(sound.body) // 2]


async def _drip(_: Request, answer: Answer, sound: Sound) -> None:
    """Each byte arrives before a read timeout would notice, and all of them together far too late."""
    for byte in sound.head + sound.body:
        await answer.send(bytes([byte]))
        let_pass(0.2)
        await asyncio.sleep(0)
    answer.close()


async def _interim(_: Request, answer: Answer, sound: Sound) -> None:
    while True:
        await answer.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)
        let_pass(0.5)
        await asyncio.sleep(0)


def _endless(head: tuple[str, ...], pieces: Callable[[], Iterator[bytes]], status: str = "200 OK") -> Play:
    async def play(_: Request, answer: Answer, sound: Sound) -> None:
        await answer.send(sound.headed(*head, status=status))
        for piece in pieces():
            await answer.send(piece)
        answer.close()

    return play


async def _redirect_loop(request: Request, answer: Answer, _: Sound) -> None:
    path = request.line.split(" ")[1]
    await answer.send(
        f"HTTP/1.1 307 Temporary Redirect\r\nlocation: {path}\r\ncontent-length: 0\r\n\r\n".encode()
    )


async def _redirect_chain(request: Request, answer: Answer, _: Sound) -> None:
    """Always redirects to another address, so that no loop is seen."""
    target = f"/hop{request.connection}-{request.number}"
    await answer.send(f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode())


def _chunked(sound: Sound) -> bytes:
    return sound.headed("transfer-encoding: chunked")


def _chunk(sound: Sound) -> bytes:
    part = _half(sound)
    return b"%x\r\n%b\r\n" % (len(part), part)


HTTP_FAULTS: dict[str, Play] = {
    # The connection ends.
    "reset before the answer": _sent(then="reset"),
    "closed before the answer": _sent(),
    "reset in the status line": _sent(b"HTTP/1.1 20", then="reset"),
    "closed in the status line": _sent(b"HTTP/1.1 20"),
    "reset in the headers": _sent(lambda sound: sound.head[:-9], then="reset"),
    "closed in the headers": _sent(lambda sound: sound.head[:-9]),
    "reset behind the headers": _sent(lambda sound: sound.head, then="reset"),
    "reset in the body": _sent(lambda sound: sound.head, _half, then="reset"),
    "closed in the body": _sent(lambda sound: sound.head, _half),
    "reset between chunks": _sent(_chunked, _chunk, then="reset"),
    "closed between chunks": _sent(_chunked, _chunk),
    "closed in a chunk": _sent(_chunked, b"fff\r\n", _half),
    # Time passes.
    "silent": _sent(then="hang"),
    "stalls in the status line": _sent(b"HTTP/1.", then="hang"),
    "stalls in the headers": _sent(lambda sound: sound.head[:-9], then="hang"),
    "stalls behind the headers": _sent(lambda sound: sound.head, then="hang"),
    "stalls in the body": _sent(lambda sound: sound.head, _half, then="hang"),
    "stalls between chunks": _sent(_chunked, _chunk, then="hang"),
    "drips": _drip,
    # It is too much.
    "a gigabyte": _endless((), lambda: repeat(b"x" * MEGABYTE, 1000)),
    "a gigabyte of an error": _endless((), lambda: repeat(b"x" * MEGABYTE, 1000), status="500 Oh"),
    "a gigabyte of blanks": _endless((), lambda: repeat(b" " * MEGABYTE, 1000)),
    "a gzip bomb": _endless(("content-encoding: gzip",), lambda: gzip_repeated(b" ", 1000)),
    "a gzip bomb of an error": _endless(
        ("content-encoding: gzip",), lambda: gzip_repeated(b"x", 1000), status="502 Bad Gateway"
    ),
    "a long header": _sent(lambda sound: sound.headed("x-long: " + "x" * 500_000)),
    "many headers": _sent(lambda sound: sound.headed(*(f"x-{n}: y" for n in range(50_000)))),
    "interim answers without end": _interim,
    # It is wrong.
    "a length that is too long": _sent(
        lambda sound: sound.headed(f"content-length: {len(sound.body) + 9}"), lambda sound: sound.body
    ),
    "a length that is too short": _sent(
        lambda sound: sound.headed(f"content-length: {len(sound.body) // 2}"), lambda sound: sound.body
    ),
    "a negative length": _sent(lambda sound: sound.headed("content-length: -5"), lambda sound: sound.body),
    "no number as length": _sent(lambda sound: sound.headed("content-length: many"), lambda s: s.body),
    "a length beyond numbers": _sent(lambda s: s.headed("content-length: " + "9" * 4000), lambda s: s.body),
    "two lengths": _sent(
        lambda sound: sound.headed(f"content-length: {len(sound.body)}", "content-length: 3"),
        lambda sound: sound.body,
    ),
    "no such chunk": _sent(_chunked, b"zz\r\n", _half),
    "a chunk beyond numbers": _sent(_chunked, b"f" * 40 + b"\r\n", _half),
    "a header without a colon": _sent(lambda sound: sound.headed("oh dear"), lambda sound: sound.body),
    "a header with NUL": _sent(lambda sound: sound.headed("x-a: a\0b"), lambda sound: sound.body),
    "a header with a line feed only": _sent(b"HTTP/1.1 200 OK\nx: y\n\n", lambda sound: sound.body),
    "headers twice": _sent(
        lambda sound: sound.headed(
            "request-id: req_1", "Request-Id: req_2", "retry-after: 1", "retry-after: 2"
        ),
        lambda sound: sound.body,
    ),
    "a folded header": _sent(lambda sound: sound.headed("x-a: a\r\n b"), lambda sound: sound.body),
    "no HTTP at all": _sent(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "HTTP/0.9": _sent(lambda sound: sound.body),
    "HTTP/2": _sent(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
    "no such status": _sent(b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n"),
    "another protocol": _sent(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n", then="hang"),
    "no gzip": _sent(
        lambda sound: sound.headed("content-encoding: gzip", f"content-length: {len(sound.body)}"),
        lambda sound: sound.body,
    ),
    "a torn gzip": _sent(
        lambda sound: sound.headed("content-encoding: gzip"), lambda sound: gzip.compress(sound.body)[:-12]
    ),
    "an unknown coding": _sent(lambda s: s.headed("content-encoding: rot13"), lambda sound: sound.body),
    "nothing": _sent(lambda sound: sound.headed("content-length: 0")),
    "no content": _sent(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "bytes that are no text": _sent(
        lambda sound: sound.headed("content-length: 2000"), b"\xff\xfe\x00\x80" * 500
    ),
    "brackets": _sent(lambda sound: sound.headed("content-length: 100000"), b"[" * 100_000),
    "a redirect loop": _redirect_loop,
    "redirects without end": _redirect_chain,
}
"""What a server does with each request. All but a length that is too short are failures for every source."""


# -- TLS -----------------------------------------------------------------------------


def _tls(pem: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


@asynccontextmanager
async def _handshake(then: str) -> AsyncIterator[int]:
    """The port of a server that reads the first bytes of a handshake, and closes, resets or says no more."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if then == "hang":
            let_pass(_AGES_S)
            await asyncio.Event().wait()
        elif then == "reset":
            option = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
            writer.transport.abort()

    async with serving(meet) as url:
        yield urlsplit(url).port or 0


@dataclass(frozen=True, slots=True)
class TlsFault:
    """A server that cannot be trusted, or that breaks off TLS."""

    names: str = "DNS:localhost,IP:127.0.0.1"
    """The name in its certificate."""
    end: str = "20400101000000Z"
    """When the certificate expires."""
    trusted: bool = False
    """Whether the client knows the issuer."""
    raw: Callable[[], AbstractAsyncContextManager[int]] | None = None
    """Replaces the certificate: something that speaks no TLS."""


TLS_FAULTS = {
    "expired": TlsFault(end="20200201000000Z", trusted=True),
    "self-signed": TlsFault(),
    "another host": TlsFault(names="DNS:elsewhere", trusted=True),
    "closed in the handshake": TlsFault(raw=lambda: _handshake("close")),
    "reset in the handshake": TlsFault(raw=lambda: _handshake("reset")),
    "stalls in the handshake": TlsFault(raw=lambda: _handshake("hang")),
    "an alert": TlsFault(raw=lambda: raw_server(TLS_ALERT)),
    "plain HTTP": TlsFault(raw=lambda: raw_server(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")),
    "garbage": TlsFault(raw=lambda: raw_server(b"\x16\x03\x03\xff\xff" + bytes(4096))),
}


@asynccontextmanager
async def tls_server(
    fault: TlsFault, folder: Path, sound: Sound
) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """The URL of a server with a fault, and what its client trusts."""
    if fault.raw is not None:
        async with fault.raw() as port:
            yield f"https://localhost:{port}", ssl.create_default_context()
        return
    pem = make_certificate(folder, fault.names, end=fault.end)
    trust = ssl.create_default_context(cafile=str(pem)) if fault.trusted else ssl.create_default_context()
    async with WireServer(sound.head + sound.body, tls=_tls(pem)) as server:
        yield server.url_of("localhost"), trust
