"""HTTP over connections that a Dialer opens, measured and bounded: for the free probes and for the SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from claude_tui.probes.body import PIECE, codings_of, read, without_transport_headers
from claude_tui.probes.dial import Dialer
from claude_tui.probes.http_client import httpcore2, httpx2
from claude_tui.probes.proxy_setting import ProxySettingError
from claude_tui.probes.transport_errors import BodyError

__all__ = ["FAILURES", "BodyLimits", "DialedBackend", "DialedTransport"]

FAILURES: Final[tuple[type[Exception], ...]] = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    httpcore2.ProxyError,
    ProxySettingError,
    BodyError,
    OSError,
    ValueError,
)
"""All exceptions of an exchange that are caused by the network, the server or the environment."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """At most `size` bytes of a body are read, as sent and as decoded, in pieces of at most `piece` bytes."""

    size: int
    piece: int = PIECE


class DialedBackend(httpcore2.AsyncNetworkBackend):
    """The network backend of a pool: the library's own sockets, opened by a Dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        async def connect(address: str) -> httpcore2.AsyncNetworkStream:
            return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)

        return await self._dialer.dial(host, port, connect)


class _BoundedBody(httpx2.AsyncByteStream):
    """A response body, decoded within limits. Past them, an error is cut, and a success is a BodyError.

    `keep` gets every piece of it.
    """

    def __init__(self, answer: httpcore2.Response, limits: BodyLimits, keep: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._limits = limits
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer, limits = self._answer, self._limits
        codings = codings_of(answer.headers)
        cut = answer.status >= 300
        body = read(answer.aiter_stream(), codings, limits.size, cut=cut, size=limits.piece)
        async with aclosing(body) as pieces:
            async for piece in pieces:
                self._keep(piece)
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


def _ignore(_piece: bytes) -> None:
    pass


class DialedTransport(httpx2.AsyncBaseTransport):
    """The client's transport over a pool of our own: records each exchange in the dialer's current trace."""

    def __init__(self, pool: httpcore2.AsyncConnectionPool, dialer: Dialer, limits: BodyLimits) -> None:
        self._pool = pool
        self._dialer = dialer
        self._limits = limits

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        trace = self._dialer.trace
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions={**request.extensions, **({"trace": trace.record} if trace is not None else {})},
            )
        )
        return httpx2.Response(
            status_code=answer.status,
            headers=without_transport_headers(answer.headers),
            stream=_BoundedBody(answer, self._limits, trace.keep if trace is not None else _ignore),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
