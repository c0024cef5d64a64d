"""Response headers with the quirks of the real ones: some are missing, and the spelling varies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.model.format import rfc3339
from claude_tui.simulator.exchange import Exchange, Headers
from claude_tui.simulator.limits import Level

__all__ = ["api_headers", "edge_headers", "rate_limit_headers", "title_case"]

# Seconds of the round trip to the data centre, which the server's own time excludes.
ROUND_TRIP_S = 0.03
EPOCH = "1970-01-01T00:00:00Z"


def edge_headers(exchange: Exchange, content_type: str) -> Headers:
    return (("content-type", content_type), ("cf-ray", exchange.ray), ("server", "cloudflare"))


def api_headers(exchange: Exchange, wait_s: float, content_type: str, *, identified: bool = True) -> Headers:
    """The headers of every API answer; `wait_s` is how long the answer took."""
    own: Headers = (
        ("cf-cache-status", "DYNAMIC"),
        ("anthropic-organization-id", exchange.organization_id),
        *_server_time(exchange, wait_s),
    )
    named: Headers = (("request-id", exchange.request_id),) if identified else ()
    return (*edge_headers(exchange, content_type), *own, *named)


def _server_time(exchange: Exchange, wait_s: float) -> Headers:
    """The server's own time in ms: under either name, under both, or not at all."""
    own_ms = round(max(wait_s - ROUND_TRIP_S, wait_s * 0.6) * 1000)
    timing = ("server-timing", f"x-originResponse;dur={own_ms}")
    envoy = ("x-envoy-upstream-service-time", str(max(own_ms - 2, 0)))
    kinds: list[Headers] = [(timing,), (envoy,), (timing, envoy), ()]
    return exchange.random.choices(kinds, (60, 15, 15, 10))[0]


def rate_limit_headers(exchange: Exchange, levels: Sequence[Level], *, refused: str | None = None) -> Headers:
    """Limit, remaining and reset of each bucket and of `tokens`, the sum of the token buckets.

    `refused` names the bucket that ran out. One answer in ten lacks the requests bucket. Resets are
    truncated to whole seconds and counted from the arrival of the request, so most are in the past when the
    answer is sent. An untouched bucket of a refused request may claim to reset in 1970.
    """
    tokens = [level for level in levels if level.bucket != "requests"]
    shown = [*levels, Level.sum("tokens", tokens)]
    if refused is None and exchange.random.random() < 0.1:
        shown = [level for level in shown if level.bucket != "requests"]
    epoch = refused is not None and exchange.random.random() < 0.5
    return tuple(
        header for level in shown for header in _bucket_headers(exchange.arrived, level, epoch=epoch)
    )


def _bucket_headers(arrived: datetime, level: Level, *, epoch: bool) -> Headers:
    name = f"anthropic-ratelimit-{level.bucket}-"
    reset = EPOCH if epoch and level.full else rfc3339(arrived + timedelta(seconds=level.reset_in_s))
    return (
        (name + "limit", str(level.limit)),
        (name + "remaining", str(level.remaining)),
        (name + "reset", reset),
    )


def title_case(headers: Headers) -> Headers:
    return tuple(("-".join(part.capitalize() for part in name.split("-")), value) for name, value in headers)
