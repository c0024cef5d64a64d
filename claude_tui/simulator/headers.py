"""Response headers with the traps of the real ones: what is there, what is missing, and how it is spelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.model.format import rfc3339
from claude_tui.simulator.exchange import Exchange, Headers
from claude_tui.simulator.limits import Level

__all__ = ["api_headers", "edge_headers", "rate_limit_headers", "title_case"]

# Seconds of the way to the data centre and back, which the server's own time does not contain.
WAY_S = 0.03
UNTOUCHED = "1970-01-01T00:00:00Z"


def edge_headers(exchange: Exchange, content_type: str) -> Headers:
    return (("content-type", content_type), ("cf-ray", exchange.ray), ("server", "cloudflare"))


def api_headers(exchange: Exchange, wait_s: float, content_type: str, *, identified: bool = True) -> Headers:
    """What every answer of the API carries; `wait_s` is how long it took to make it."""
    own: Headers = (
        ("cf-cache-status", "DYNAMIC"),
        ("anthropic-organization-id", exchange.organization_id),
        *_server_time(exchange, wait_s),
    )
    named: Headers = (("request-id", exchange.request_id),) if identified else ()
    return (*edge_headers(exchange, content_type), *own, *named)


def _server_time(exchange: Exchange, wait_s: float) -> Headers:
    """The server's own time in ms: under either name, under both, or not at all."""
    own_ms = round(max(wait_s - WAY_S, wait_s * 0.6) * 1000)
    timing = ("server-timing", f"x-originResponse;dur={own_ms}")
    envoy = ("x-envoy-upstream-service-time", str(max(own_ms - 2, 0)))
    kinds: list[Headers] = [(timing,), (envoy,), (timing, envoy), ()]
    return exchange.random.choices(kinds, (60, 15, 15, 10))[0]


def rate_limit_headers(exchange: Exchange, levels: Sequence[Level], *, refused: str | None = None) -> Headers:
    """The trios of each bucket and of `tokens`, their sum. `refused` names the bucket that ran out.

    One answer in ten lacks the requests trio. Resets are cut to whole seconds and reckoned from the arrival
    of the request, so that most lie in the past by the time of the answer. An untouched bucket of a
    refused request may claim to reset in 1970.
    """
    tokens = [level for level in levels if level.bucket != "requests"]
    shown = [*levels, Level.sum("tokens", tokens)]
    if refused is None and exchange.random.random() < 0.1:
        shown = [level for level in shown if level.bucket != "requests"]
    epoch = refused is not None and exchange.random.random() < 0.5
    return tuple(header for level in shown for header in _trio(exchange.arrived, level, epoch=epoch))


def _trio(arrived: datetime, level: Level, *, epoch: bool) -> Headers:
    name = f"anthropic-ratelimit-{level.bucket}-"
    reset = UNTOUCHED if epoch and level.full else _rfc3339(arrived + timedelta(seconds=level.reset_in_s))
    return (
        (name + "limit", str(level.limit)),
        (name + "remaining", str(level.remaining)),
        (name + "reset", reset),
    )


def _rfc3339(instant: datetime) -> str:
    return rfc3339(instant)


def title_case(headers: Headers) -> Headers:
    return tuple(("-".join(part.capitalize() for part in name.split("-")), value) for name, value in headers)
