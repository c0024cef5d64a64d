"""Rate-limit buckets and subscription windows, as response headers state them.

Several families of headers state them:

- `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`;
- `anthropic-{priority,fast}-{input,output}-tokens-{...}`, with no "ratelimit" in the name;
- `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, a gateway's own, also without `x-` or as one header
  `ratelimit` (`limit=100, remaining=0, reset=25` or `"default";r=0;t=25`);
- `anthropic-ratelimit-unified-{5h,7d,...}-{utilization,reset,status}`, what is *used* of a subscription.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from claude_tui.model.observation import REJECTED, RateLimitReading, WindowReading
from claude_tui.model.text import Redactor
from claude_tui.probes.instants import parse_instant, parse_number, parse_whole

__all__ = ["read_rate_limits", "read_windows"]

_WORD = r"[a-z0-9_.-]{1,40}"
_ANTHROPIC = re.compile(
    rf"anthropic-ratelimit-(?!unified-)(?P<bucket>{_WORD})-(?P<figure>limit|remaining|reset)"
)
_FAMILY = re.compile(
    r"anthropic-(?!ratelimit-)(?P<bucket>[a-z0-9_]{1,20}-(?:(?:input-|output-)?tokens|requests))"
    r"-(?P<figure>limit|remaining|reset)"
)
_GATEWAY = re.compile(
    rf"(?:x-)?ratelimit-(?:(?P<scope>{_WORD}?)-)?(?P<figure>limit|remaining|reset)(?:-(?P<bucket>{_WORD}))?"
)
_ITEM = re.compile(r"\b(?P<name>limit|remaining|reset|r|t)=(?P<value>[0-9]{1,12})", re.I)
_ITEMS = {"limit": "limit", "remaining": "remaining", "reset": "reset", "r": "remaining", "t": "reset"}
_UNIFIED = "anthropic-ratelimit-unified-"
_WINDOW = re.compile(rf"{_UNIFIED}(?P<window>{_WORD})-(?:utilization|status)")
_CLAIMS = (("seven_day", "7d"), ("five_hour", "5h"), ("overage_included", "oi"))
_DURATION = re.compile(
    r"(?:(?P<h>[0-9.]{1,9})h)?(?:(?P<m>[0-9.]{1,9})m(?!s))?(?:(?P<s>[0-9.]{1,9})s)?(?:(?P<ms>[0-9.]{1,9})ms)?"
)

_FIRST = ("requests", "tokens", "input", "output")
_GATEWAY_PREFIX = "gateway"
_MAX_BUCKETS = 32
# Nobody uses ten times a window: a larger figure is a percentage or invalid, and is not shown.
_MOST_USED = 10.0
# Seconds below this in a gateway's reset are a wait, above it an epoch.
_LONGEST_WAIT_S = 10_000_000
_LONGEST_SHARED = 40

T = TypeVar("T")


def read_rate_limits(fields: Mapping[str, str], *, now: datetime) -> tuple[RateLimitReading, ...]:
    """One reading per bucket that states a limit or what remains, the standard four first.

    `fields` has lower-case names. Buckets: `requests`, `tokens`, `input`, `output`; `priority-input`,
    `fast-output`; `gateway-requests` for a gateway's own, unless it repeats the API's figures.
    A reset is kept as stated, even in 1970 or the past.
    """
    figures: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        if (named := _bucket(name)) is not None:
            bucket, figure = named
            figures.setdefault(bucket, {})[figure] = value
    for match in _ITEM.finditer(fields.get("ratelimit", "")):
        figures.setdefault(_GATEWAY_PREFIX, {}).setdefault(_ITEMS[match["name"].lower()], match["value"])
    readings = {bucket: _reading(bucket, values, now) for bucket, values in figures.items()}
    stated = [reading for reading in readings.values() if (reading.limit, reading.remaining) != (None, None)]
    return tuple(sorted((r for r in stated if not _is_mirror(r, readings)), key=_order)[:_MAX_BUCKETS])


def read_windows(fields: Mapping[str, str], *, redactor: Redactor) -> tuple[WindowReading, ...]:
    """One reading per subscription window that states its utilization or a status, in the order received.

    A rejection that no window states is attributed to the window in `representative-claim`.
    """
    names = dict.fromkeys(match["window"] for name in fields if (match := _WINDOW.fullmatch(name)))
    readings = [reading for name in names if (reading := _window(name, fields, redactor)) is not None]
    refused = [reading for reading in readings if reading.rejected]
    if _word(fields, f"{_UNIFIED}status", redactor) == REJECTED and not refused:
        claim = _claimed(fields, redactor)
        known = next((reading for reading in readings if reading.window == claim), None)
        stated = (known.reset_at if known else None) or parse_instant(fields.get(f"{_UNIFIED}{claim}-reset"))
        reset_at = stated or parse_instant(fields.get(f"{_UNIFIED}reset"))
        used = known.utilization if known else None
        readings = [reading for reading in readings if reading is not known]
        readings.append(WindowReading(claim, used, reset_at, REJECTED))
    return tuple(readings)[:_MAX_BUCKETS]


def _window(name: str, fields: Mapping[str, str], redactor: Redactor) -> WindowReading | None:
    used = parse_number(fields.get(f"{_UNIFIED}{name}-utilization", ""))
    if used is not None and not 0 <= used <= _MOST_USED:
        return None
    status = _word(fields, f"{_UNIFIED}{name}-status", redactor)
    # The status of `overage` alone is a policy: extra usage is switched off.
    if used is None and (status is None or name.startswith("overage")):
        return None
    return WindowReading(name, used, parse_instant(fields.get(f"{_UNIFIED}{name}-reset")), status)


def _claimed(fields: Mapping[str, str], redactor: Redactor) -> str:
    """`seven_day_opus` as `7d_opus`: the window that decides, as the headers abbreviate it."""
    claim = _word(fields, f"{_UNIFIED}representative-claim", redactor) or "unified"
    for words, short in _CLAIMS:
        claim = claim.replace(words, short)
    return claim


def _word(fields: Mapping[str, str], name: str, redactor: Redactor) -> str | None:
    text = fields.get(name, "").strip()
    return redactor.clean(text, 40) if text else None


# Cached, as all responses have the same names, and a proxy reads thousands.
@lru_cache(maxsize=256)
def _bucket(name: str) -> tuple[str, str] | None:
    """The bucket and the figure that a header names."""
    if match := _ANTHROPIC.fullmatch(name) or _FAMILY.fullmatch(name):
        return _short(match["bucket"]), match["figure"]
    if match := _GATEWAY.fullmatch(name):
        parts = (_GATEWAY_PREFIX, match["scope"], match["bucket"])
        return _short("-".join(part for part in parts if part)), match["figure"]
    return None


def _short(bucket: str) -> str:
    """`input-tokens` is `input` here, `gateway-tokens` stays."""
    return re.sub(r"(input|output)-tokens\Z", r"\1", bucket)


def _shared(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse`, which returns the same object for a text that was parsed before.

    A day has thousands of responses with the same limits, and their buckets reset at the same instant.
    """
    known = lru_cache(maxsize=64)(parse)
    return lambda text: known(text) if len(text) <= _LONGEST_SHARED else parse(text)


_whole, _instant = _shared(parse_whole), _shared(parse_instant)


def _reading(bucket: str, values: Mapping[str, str], now: datetime) -> RateLimitReading:
    limit, remaining = _whole(values.get("limit", "")), _whole(values.get("remaining", ""))
    reset = values.get("reset")
    return RateLimitReading(
        bucket=bucket,
        limit=limit if limit is not None and limit >= 0 else None,
        # Some gateways report an overdraft as a negative value.
        remaining=max(0, remaining) if remaining is not None else None,
        reset_at=_gateway_reset(reset, now) if bucket.startswith(_GATEWAY_PREFIX) else _instant(reset or ""),
    )


def _gateway_reset(text: str | None, now: datetime) -> datetime | None:
    """Gateways write a wait (`6m0s`, `20ms`, `60`), an epoch or an instant."""
    if text is None:
        return None
    seconds = parse_number(text)
    if seconds is None:
        seconds = _duration_s(text.strip())
    if seconds is not None and 0 <= seconds < _LONGEST_WAIT_S:
        return now + timedelta(seconds=seconds)
    return parse_instant(text)


def _duration_s(text: str) -> float | None:
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    parts = [(parse_number(match[unit]), size) for unit, size in units.items() if match[unit]]
    return sum(number * size for number, size in parts if number is not None)


def _is_mirror(reading: RateLimitReading, readings: Mapping[str, RateLimitReading]) -> bool:
    """Whether a gateway's bucket only repeats the figures of the API's bucket of that name."""
    own = readings.get(_short(reading.bucket.removeprefix(f"{_GATEWAY_PREFIX}-")))
    if own is None or own is reading:
        return False
    return (own.limit, own.remaining) == (reading.limit, reading.remaining)


def _order(reading: RateLimitReading) -> tuple[int, str]:
    known = reading.bucket in _FIRST
    return (_FIRST.index(reading.bucket) if known else len(_FIRST), reading.bucket)
