"""One HTTP exchange on a connection of its own, measured phase by phase."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpcore
import httpx

from claude_tui.model.observation import Timings
from claude_tui.model.text import Redactor
from claude_tui.probes.body import ACCEPT_ENCODING, codings_of, read, without_transport_headers
from claude_tui.probes.classify import Classified
from claude_tui.probes.clock import Clock
from claude_tui.probes.dial import Dialer
from claude_tui.probes.exchange_trace import ExchangeTrace
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.proxy_setting import Proxy, ProxySettingError
from claude_tui.probes.transport_errors import (
    TooLargeError,
    UndecodableError,
    explain,
    too_slow,
    untrusted,
)

__all__ = ["MAX_BODY", "Exchange", "Requester"]

MAX_BODY = 2_000_000

_FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
    ProxySettingError,
    TooLargeError,
    UndecodableError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one request. With a `fault` the answer is missing or incomplete.

    `sent_at` and `received_at` bracket the server's work on our clock: a `date` header says by how
    much the clocks differ. `headers` are as the server spelt them, not yet redacted.
    """

    at: datetime
    timings: Timings
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_at: datetime | None
    received_at: datetime | None
    tls_expires_at: datetime | None
    fault: Classified | None


class Requester:
    """Sends GET requests, each on a fresh connection, each over after `timeout_s` seconds at the latest."""

    def __init__(self, *, clock: Clock, redactor: Redactor, timeout_s: float, routes: Proxies) -> None:
        self._clock = clock
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._routes = routes
        self._trust: ssl.SSLContext | None = None

    async def get(self, url: str, headers: Mapping[str, str]) -> Exchange:
        """Never raises for what the network or the server does. Redirects are not followed.

        A body of more than `MAX_BODY` bytes is a fault; where the answer is no success it is cut there.
        """
        fault = await self._load_trust(url)
        proxy = self._routes.proxy_for(url)
        trace = ExchangeTrace(self._clock, proxy=proxy)
        body = bytearray()
        if fault is None:
            fault = await self._measured(url, headers, trace, proxy, body)
        return Exchange(
            at=trace.at,
            timings=trace.timings(),
            status=trace.status,
            headers=trace.headers,
            body=bytes(body),
            sent_at=trace.sent_at,
            received_at=trace.received_at,
            tls_expires_at=trace.tls_expires_at,
            fault=fault,
        )

    async def _load_trust(self, url: str) -> Classified | None:
        """Reads the trusted certificates once; in a thread, as that takes tens of milliseconds."""
        if self._trust is not None:
            return None
        try:
            self._trust = await asyncio.to_thread(self._routes.trust_for, url)
        except OSError as error:
            return untrusted(error, redactor=self._redactor)
        return None

    async def _measured(
        self, url: str, headers: Mapping[str, str], trace: ExchangeTrace, proxy: Proxy | None, body: bytearray
    ) -> Classified | None:
        host = urlsplit(url).netloc.rpartition("@")[2]
        dialer = Dialer(self._routes.resolve)
        dialer.wire = trace
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._fetch(url, headers, dialer, proxy, body)
        except TimeoutError:
            return too_slow(trace, host, self._timeout_s)
        except _FAILURES as error:
            return explain(error, trace, host, redactor=self._redactor)
        finally:
            await dialer.close()
        return None

    async def _fetch(
        self, url: str, headers: Mapping[str, str], dialer: Dialer, proxy: Proxy | None, body: bytearray
    ) -> None:
        trace = dialer.wire
        assert trace is not None
        pool = httpcore.AsyncConnectionPool(
            self._trust, proxy=_proxy(proxy) if proxy is not None else None, network_backend=_Backend(dialer)
        )
        fields = httpx.Headers({"Accept-Encoding": ACCEPT_ENCODING})
        fields.update(headers)
        async with (
            httpx.AsyncClient(
                transport=_DialedTransport(pool), trust_env=False, timeout=None, headers=fields
            ) as client,
            client.stream("GET", url, extensions={"trace": trace.record}) as response,
        ):
            async for piece in response.aiter_raw():
                body += piece
            trace.finish()


def _proxy(proxy: Proxy) -> httpcore.Proxy:
    url, user = proxy.split()
    return httpcore.Proxy(url, auth=user)


class _Backend(httpcore.AsyncNetworkBackend):
    """httpcore's own connections, made by a Dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)

        return await self._dialer.dial(host, port, connect)


class _DialedTransport(httpx.AsyncBaseTransport):
    """httpx over a pool of one's own: httpx's own transport takes no network backend."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        )
        return httpx.Response(
            status_code=answer.status,
            headers=without_transport_headers(answer.headers),
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        answer = self._answer
        codings = codings_of(answer.headers)
        return read(answer.aiter_stream(), codings, MAX_BODY, cut=answer.status >= 300)

    async def aclose(self) -> None:
        await self._answer.aclose()
