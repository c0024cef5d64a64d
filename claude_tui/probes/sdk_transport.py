"""httpx2 transports for the SDK's client: traced, decoded within bounds, and dialed phase by phase.

Imported with the SDK only (see `sdk.py`); httpx2 is what the SDK is built on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpcore2
import httpx2

from claude_tui.probes.body import codings_of, read, without_transport_headers
from claude_tui.probes.dial import Dialer
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.proxy_setting import Proxy

__all__ = ["make_transport"]

# The SDK works through a piece without giving up the loop, and copies what it has of an event with
# each of its lines: it takes a tenth of a second over 64 kB of empty lines, and seconds over a large event.
_PIECE: Final = 4_096


def make_transport(
    base_url: str, dialer: Dialer, *, routes: Proxies, limit: int, keepalive_expiry_s: float | None
) -> httpx2.AsyncBaseTransport:
    """A transport for one base URL that reads at most `limit` bytes of an answer, as sent and as decoded.

    More is a TooLargeError, and where the answer is no success the end of it.
    It tells `dialer.wire` what happens, and keeps one idle connection for `keepalive_expiry_s`.
    Raises OSError when the trusted certificates cannot be read, ProxySettingError for
    a proxy that cannot be used.
    """
    proxy = routes.proxy_for(base_url)
    pool = httpcore2.AsyncConnectionPool(
        routes.trust_for(base_url),
        proxy=_proxy(proxy) if proxy is not None else None,
        max_keepalive_connections=1,
        keepalive_expiry=keepalive_expiry_s,
        network_backend=_Backend(dialer),
    )
    return _DialedTransport(pool, dialer, limit)


def _proxy(proxy: Proxy) -> httpcore2.Proxy:
    url, user = proxy.split()
    return httpcore2.Proxy(url, auth=user)


class _DialedTransport(httpx2.AsyncBaseTransport):
    """httpx2 over a pool of one's own: its own transport takes no network backend."""

    def __init__(self, pool: httpcore2.AsyncConnectionPool, dialer: Dialer, limit: int) -> None:
        self._pool = pool
        self._dialer = dialer
        self._limit = limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        trace = self._dialer.wire
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
            stream=_Body(answer, self._limit),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: httpcore2.Response, limit: int) -> None:
        self._answer = answer
        self._limit = limit

    def __aiter__(self) -> AsyncIterator[bytes]:
        answer = self._answer
        codings = codings_of(answer.headers)
        return read(answer.aiter_stream(), codings, self._limit, cut=answer.status >= 300, size=_PIECE)

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Backend(httpcore2.AsyncNetworkBackend):
    """httpcore2's own connections, made by a Dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        async def connect(address: str) -> httpcore2.AsyncNetworkStream:
            return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)

        return await self._dialer.dial(host, port, connect)
