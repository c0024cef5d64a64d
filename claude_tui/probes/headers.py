"""Reads limits, waits, the server's clock and the server's own time from response headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.interning import interned_header
from claude_tui.model.observation import RateLimitReading, WindowReading
from claude_tui.model.text import Redactor
from claude_tui.probes.instants import parse_number
from claude_tui.probes.limits import read_rate_limits, read_windows
from claude_tui.probes.redirect import without_user
from claude_tui.probes.waits import header_wait, http_date

__all__ = [
    "HeaderFacts",
    "clock_skew",
    "lower_headers",
    "other_request_id",
    "read_headers",
    "retry_after",
]

# LiteLLM forwards the headers of the API under this prefix.
_UPSTREAM_PREFIX = "llm_provider-"

_LONGEST_SERVER_TIME_S = 86_400.0  # a day
_ORIGIN_TIME = re.compile(r"(?:\A|,)\s*x-originResponse\s*;(?:[^,]*;)?\s*dur\s*=\s*\"?([0-9.eE+]+)", re.I)

# Ids of servers other than the API, the most useful to its operators first.
_OTHER_IDS = (
    "x-request-id",
    "x-amzn-requestid",
    "x-amzn-request-id",
    "x-amz-request-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-oneapi-request-id",
    "x-litellm-call-id",
    "x-portkey-trace-id",
    "x-kong-request-id",
    "cf-aig-log-id",
    "x-correlation-id",
    "x-trace-id",
    "x-goog-request-id",
    "x-cloud-trace-context",
    "traceparent",
    "x-amzn-trace-id",
    "cf-ray",
)

_NOTABLE = re.compile(
    r"""request-id | retry-after(-ms)? | x-should-retry | x-squid-error | proxy-authenticate | proxy-status
      | x-amzn-.* | x-request-id | apim-request-id | x-oneapi-.* | x-litellm-call-id | content-encoding
      | anthropic-(ratelimit|priority|fast)-.* | x-ratelimit-.*
      | server-timing | x-envoy-.* | cf-mitigated | cf-ray | server | via | date | content-type | location
    """,
    re.VERBOSE,
)
_MAX_NOTABLE = 48
_MAX_NAME = 80
_MAX_VALUE = 200


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """The facts in one response's headers; all text is clean."""

    rate_limits: tuple[RateLimitReading, ...] = ()
    """The rate-limit buckets."""
    windows: tuple[WindowReading, ...] = ()
    """The subscription windows."""
    retry_after_s: float | None = None
    """As the SDK reads it, for any status; on a success it does not mean throttling."""
    server_s: float | None = None
    """The server's own time."""
    skew_s: float | None = None
    """The server's clock minus ours, see `clock_skew`."""
    request_id: str | None = None
    """The id that the provider's support asks for."""
    notable: tuple[tuple[str, str], ...] = ()
    """Headers worth showing in a detail view, in the order received."""


def read_headers(
    headers: Iterable[tuple[str, str]], *, now: datetime, redactor: Redactor, sent_at: datetime | None = None
) -> HeaderFacts:
    """The facts in `headers`, without invalid ones. `now` is when they arrived."""
    fields = lower_headers(headers)
    request_id = fields.get("request-id", "").strip()
    return HeaderFacts(
        rate_limits=read_rate_limits(fields, now=now),
        windows=read_windows(fields, redactor=redactor),
        retry_after_s=retry_after(fields, now=now),
        server_s=_server_time(fields),
        skew_s=clock_skew(fields, now=now, sent_at=sent_at),
        request_id=redactor.clean(request_id, 128) if request_id else None,
        notable=_notable(fields, redactor),
    )


def lower_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name, without a gateway's `llm_provider-`; the first of each name counts.

    A gateway's own header takes precedence over one that it forwards.
    """
    own: dict[str, str] = {}
    forwarded: dict[str, str] = {}
    for name, value in headers:
        lower = name.strip().lower()
        upstream = lower.removeprefix(_UPSTREAM_PREFIX)
        (own if upstream == lower else forwarded).setdefault(upstream, value)
    return own | {name: value for name, value in forwarded.items() if name not in own}


def retry_after(fields: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait, in the SDK's own order: `retry-after-ms`, then `retry-after`."""
    return header_wait(fields, now=now)


def other_request_id(fields: Mapping[str, str]) -> str | None:
    """The id that a server other than the API gave the request, with the header's name."""
    named = ((name, fields.get(name, "").strip()) for name in _OTHER_IDS)
    return next((f"{name} {value}" for name, value in named if value), None)


def clock_skew(fields: Mapping[str, str], *, now: datetime, sent_at: datetime | None = None) -> float | None:
    """The smallest skew of the server's clock, in seconds, that is consistent with its `date`.

    `date` is cut to the second and stamped somewhere between `sent_at` and `now`, so it gives a
    range; 0.0 when that range contains 0: no measurable skew. None without a date, or from a cache.
    """
    date = http_date(fields.get("date", ""))
    if date is None or fields.get("age", "0").strip() not in {"", "0"}:
        return None
    least = (date - now).total_seconds()
    most = (date - min(sent_at or now, now)).total_seconds() + 1
    return least if least > 0 else most if most < 0 else 0.0


def _server_time(fields: Mapping[str, str]) -> float | None:
    """Seconds the server spent, from the milliseconds it states; other metrics are not its own time."""
    match = _ORIGIN_TIME.search(fields.get("server-timing", ""))
    texts = (match.group(1) if match else "", fields.get("x-envoy-upstream-service-time", ""))
    for milliseconds in map(parse_number, texts):
        if milliseconds is not None and 0 <= milliseconds <= _LONGEST_SERVER_TIME_S * 1000:
            return milliseconds / 1000
    return None


def _notable(fields: Mapping[str, str], redactor: Redactor) -> tuple[tuple[str, str], ...]:
    kept = [(name, value) for name, value in fields.items() if _NOTABLE.fullmatch(name)]
    return tuple(
        interned_header(
            redactor.clean(name, _MAX_NAME),
            redactor.clean(without_user(value) if name == "location" else value, _MAX_VALUE),
        )
        for name, value in kept[:_MAX_NOTABLE]
    )
