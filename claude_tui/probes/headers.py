"""Reads limits, waits, the server's clock and the server's own time from response headers."""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from claude_tui.model.observation import RateLimitReading, WindowReading
from claude_tui.model.text import Redactor
from claude_tui.probes.instants import parse_number
from claude_tui.probes.limits import read_rate_limits, read_windows
from claude_tui.probes.redirect import without_user

__all__ = ["HeaderFacts", "clock_skew", "lower_headers", "read_headers", "retry_after"]

# LiteLLM forwards the headers of the API under this prefix.
_UPSTREAM_PREFIX = "llm_provider-"

# The SDK never waits longer than this (2^32 ms).
LONGEST_RETRY_AFTER_S = 4_294_967.0

_LONGEST_SERVER_TIME_S = 86_400.0  # a day
_ORIGIN_TIME = re.compile(r"(?:\A|,)\s*x-originResponse\s*;(?:[^,]*;)?\s*dur\s*=\s*\"?([0-9.eE+]+)", re.I)

_NOTABLE = re.compile(
    r"""request-id | retry-after(-ms)? | x-should-retry
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
    """As the SDK reads it, whatever the status: on a success it does not mean throttled."""
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
    """Seconds to wait: `retry-after-ms`, then `retry-after` in seconds, then as an HTTP date.

    This is the SDK's own order. Where it would get a negative or non-finite number, and so ignore
    it, the answer is None; a date that has passed is 0.
    """
    if (milliseconds := _wait(fields.get("retry-after-ms"))) is not None:
        return min(milliseconds / 1000, LONGEST_RETRY_AFTER_S)
    text = fields.get("retry-after")
    if (seconds := _wait(text)) is not None:
        return min(seconds, LONGEST_RETRY_AFTER_S)
    date = _http_date(text) if text is not None and not _is_number(text) else None
    return None if date is None else min(max(0.0, (date - now).total_seconds()), LONGEST_RETRY_AFTER_S)


def clock_skew(fields: Mapping[str, str], *, now: datetime, sent_at: datetime | None = None) -> float | None:
    """The least skew of the server's clock, in seconds, that its `date` allows.

    `date` is cut to the second and stamped somewhere between `sent_at` and `now`, so it gives a
    range; 0.0 when that range contains 0: no measurable skew. None without a date, or from a cache.
    """
    date = _http_date(fields.get("date", ""))
    if date is None or fields.get("age", "0").strip() not in {"", "0"}:
        return None
    least = (date - now).total_seconds()
    most = (date - min(sent_at or now, now)).total_seconds() + 1
    return least if least > 0 else most if most < 0 else 0.0


def _wait(text: str | None) -> float | None:
    if text is None or not _is_number(text):
        return None
    value = float(text)
    return value if value >= 0 and math.isfinite(value) else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _http_date(text: str) -> datetime | None:
    try:
        parsed = email.utils.parsedate_tz(text)
        return None if parsed is None else datetime.fromtimestamp(email.utils.mktime_tz(parsed), UTC)
    except (ValueError, OverflowError, OSError, IndexError, TypeError):
        return None


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
        (
            redactor.clean(name, _MAX_NAME),
            redactor.clean(without_user(value) if name == "location" else value, _MAX_VALUE),
        )
        for name, value in kept[:_MAX_NOTABLE]
    )
