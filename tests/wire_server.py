"""A TCP server on loopback that answers each request byte by byte, as a test defines, even wrongly."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

__all__ = [
    "TLS_ALERT",
    "Answer",
    "Request",
    "WireServer",
    "make_certificate",
    "raw_server",
    "response",
    "sse",
    "stream_of",
]


@dataclass(frozen=True, slots=True)
class Request:
    """`number` counts the requests of one connection, `connection` the connections, both from 1."""

    connection: int
    number: int
    line: str
    headers: Mapping[str, str]
    body: bytes


class Answer:
    """What a handler writes to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """Drops the connection with a TCP reset."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()

    async def hang(self) -> None:
        """Stops sending until the server stops."""
        await asyncio.Event().wait()


Handler = Callable[[Request, Answer], Awaitable[None]]


class WireServer:
    """`async with WireServer(handler) as server:`; `requests` are those that it received."""

    def __init__(
        self, handler: Handler | bytes, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._handler = handler
        self._tls = tls
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return self.url_of(self._host)

    def url_of(self, host: str) -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(self.connections, reader, writer))
        self._tasks.add(task)

    async def _serve(
        self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answer = Answer(writer)
        number = 0
        try:
            while not writer.is_closing() and (head := await reader.readuntil(b"\r\n\r\n")):
                number += 1
                request = await _read(head, connection, number, reader)
                self.requests.append(request)
                if isinstance(self._handler, bytes):
                    await answer.send(self._handler)
                else:
                    await self._handler(request, answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.transport.abort()


async def _read(head: bytes, connection: int, number: int, reader: asyncio.StreamReader) -> Request:
    line, *rest = head.decode("latin-1").split("\r\n")
    fields = (field.partition(":") for field in rest if field)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(connection, number, line, headers, body)


def response(
    body: bytes | object = b"",
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> bytes:
    """A whole response with a content-length; an object that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": content_type, "content-length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def stream_of(events: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A response that streams `events` and ends properly."""
    return response(events, headers=headers, content_type="text/event-stream; charset=utf-8")


def sse(events: Sequence[Mapping[str, object]]) -> bytes:
    """Server-sent events, each named as its type."""
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


# A fatal record_overflow, in which GnuTLS and Java take the first bytes of an HTTP request for a length.
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x16"


@asynccontextmanager
async def raw_server(raw: bytes) -> AsyncIterator[int]:
    """The port of a server that sends `raw` in answer to anything, and closes the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(65536)
            writer.write(raw)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


_CONFIG = """
[ca]
default_ca = here
[here]
new_certs_dir = {folder}
database = {folder}/index
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {names}
basicConstraints = CA:TRUE
"""


def make_certificate(
    folder: Path, names: str = "DNS:localhost,IP:127.0.0.1", *, start: str = "20200101000000Z", end: str
) -> Path:
    """A self-signed certificate with its key, in one file. Skips the test where there is no openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    pem, key, csr, config = (folder / name for name in ("cert.pem", "key.pem", "csr.pem", "ca.conf"))
    config.write_text(_CONFIG.format(folder=folder, names=names))
    (folder / "index").touch()
    run = [openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*run, "-keyout", key, "-out", csr, "-subj", "/CN=test"], check=True, capture_output=True)
    run = [openssl, "ca", "-batch", "-selfsign", "-notext", "-config", str(config), "-keyfile", str(key)]
    run += ["-startdate", start, "-enddate", end, "-in", str(csr), "-out", str(pem)]
    subprocess.run(run, check=True, capture_output=True)
    pem.write_bytes(key.read_bytes() + pem.read_bytes())
    return pem
