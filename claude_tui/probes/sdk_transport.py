"""The transport of the SDK's client: traced, decoded within bounds, and dialed phase by phase."""

from __future__ import annotations

from typing import Final

from claude_tui.probes.dial import Dialer
from claude_tui.probes.dialed import BodyLimits, DialedBackend, DialedTransport
from claude_tui.probes.http_client import httpcore2, httpx2
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
        network_backend=DialedBackend(dialer),
    )
    return DialedTransport(pool, dialer, BodyLimits(limit, _PIECE))
