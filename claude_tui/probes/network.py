"""One HTTP exchange on its own connection, measured by phase."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from claude_tui.model.addresses import Bypassed
from claude_tui.model.observation import Timings
from claude_tui.model.text import Redactor
from claude_tui.probes.body import ACCEPT_ENCODING
from claude_tui.probes.classify import Classified
from claude_tui.probes.clock import Clock
from claude_tui.probes.dial import Dialer
from claude_tui.probes.dialed import FAILURES, BodyLimits, DialedBackend, DialedTransport
from claude_tui.probes.exchange_trace import ExchangeTrace
from claude_tui.probes.http_client import httpcore2, httpx2
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.transport_errors import explain, too_slow, untrusted

__all__ = ["MAX_BODY", "Exchange", "Requester"]

MAX_BODY = 2_000_000

_LIMITS = BodyLimits(MAX_BODY)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The result of one request."""

    at: datetime
    """When the exchange began."""
    timings: Timings
    """The duration of each phase."""
    status: int | None
    """The HTTP status, None when no answer came."""
    headers: tuple[tuple[str, str], ...]
    """As the server spelt them, not yet redacted."""
    body: bytes
    """The part of the decoded body that arrived."""
    sent_at: datetime | None
    """With `received_at` it brackets the server's work on our clock, to measure the clock skew."""
    received_at: datetime | None
    """When the headers of the answer had arrived."""
    tls_expires_at: datetime | None
    """When the server's certificate expires."""
    fault: Classified | None
    """Why the answer is missing or incomplete."""
    bypassed: Bypassed | None = None
    """The kind of address that was tried first and failed, if the other kind was connected."""


class Requester:
    """Sends GET requests, each on a fresh connection and each for at most `timeout_s` seconds."""

    def __init__(self, *, clock: Clock, redactor: Redactor, timeout_s: float, routes: Proxies) -> None:
        self._clock = clock
        self._redactor = redactor
        self._timeout_s = timeout_s
        self._routes = routes
        self._trust: ssl.SSLContext | None = None

    async def get(self, url: str, headers: Mapping[str, str]) -> Exchange:
        """Never raises because of the network or the server. Redirects are not followed.

        A body of more than `MAX_BODY` bytes is a fault, except that an error response is truncated.
        """
        fault = await self._load_trust(url)
        trace = ExchangeTrace(self._clock, proxy=self._routes.proxy_for(url))
        body = bytearray()
        if fault is None:
            fault = await self._measured(url, headers, trace, body)
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
            bypassed=trace.bypassed,
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
        self, url: str, headers: Mapping[str, str], trace: ExchangeTrace, body: bytearray
    ) -> Classified | None:
        host = urlsplit(url).netloc.rpartition("@")[2]
        dialer = Dialer(self._routes.resolve)
        dialer.trace = trace
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._fetch(url, headers, dialer, trace, body)
            await dialer.settle()
        except TimeoutError:
            return too_slow(trace, host, self._timeout_s)
        except FAILURES as error:
            return explain(error, trace, host, redactor=self._redactor)
        finally:
            await dialer.close()
        return None

    async def _fetch(
        self, url: str, headers: Mapping[str, str], dialer: Dialer, trace: ExchangeTrace, body: bytearray
    ) -> None:
        pool = httpcore2.AsyncConnectionPool(
            self._trust,
            proxy=httpcore2.Proxy(*trace.proxy.split()) if trace.proxy is not None else None,
            network_backend=DialedBackend(dialer),
        )
        fields = httpx2.Headers({"Accept-Encoding": ACCEPT_ENCODING})
        fields.update(headers)
        async with (
            httpx2.AsyncClient(
                transport=DialedTransport(pool, dialer, _LIMITS),
                trust_env=False,
                timeout=None,
                headers=fields,
            ) as client,
            client.stream("GET", url) as response,
        ):
            async for piece in response.aiter_raw():
                body += piece
            trace.finish()
