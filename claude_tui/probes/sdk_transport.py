"""httpx2 transports for the SDK's client: traced, decoded within bounds, and dialed phase by phase.

Imported with the SDK only (see `sdk.py`); httpx2 is what the SDK is built on.
"""

from __future__ import annotations

from typing import Final

import httpcore2
import httpx2

from claude_tui.probes.dial import Dialer
from claude_tui.probes.dialed import BodyLimits, BoundedBody, DialedBackend, DialedTransport
from claude_tui.probes.proxies import Proxies

__all__ = ["make_transport"]

# The SDK does not yield to the loop within a piece, and copies the unfinished event with each line:
# 64 kB of empty lines take it a tenth of a second, a large event seconds.
_PIECE: Final = 4_096


def make_transport(
    base_url: str, dialer: Dialer, *, routes: Proxies, limit: int, keepalive_expiry_s: float | None
) -> httpx2.AsyncBaseTransport:
    """A transport for one base URL that reads at most `limit` bytes of an answer, as sent and as decoded.

    A longer body is a BodyError, but that of an unsuccessful answer is cut there. The transport
    records each exchange in `dialer.trace`, and keeps one idle connection for `keepalive_expiry_s`.
    Raises OSError when the trusted certificates cannot be read, ProxySettingError for a proxy that
    cannot be used.
    """
    proxy = routes.proxy_for(base_url)
    pool = httpcore2.AsyncConnectionPool(
        routes.trust_for(base_url),
        proxy=httpcore2.Proxy(*proxy.split()) if proxy is not None else None,
        max_keepalive_connections=1,
        keepalive_expiry=keepalive_expiry_s,
        network_backend=_Backend(dialer, httpcore2.AnyIOBackend()),
    )
    return _Transport(pool, dialer, BodyLimits(limit, _PIECE))


class _Backend(DialedBackend[httpcore2.AsyncNetworkStream], httpcore2.AsyncNetworkBackend):
    """httpcore2's own connections, opened by a Dialer."""


class _Body(BoundedBody, httpx2.AsyncByteStream):
    """httpx2 accepts nothing else as a stream."""


class _Transport(
    DialedTransport[httpx2.Request, httpx2.Response, httpcore2.Request], httpx2.AsyncBaseTransport
):
    """httpx2 over a pool of our own."""

    _core_url, _core_request = httpcore2.URL, httpcore2.Request
    _response, _body = httpx2.Response, _Body
