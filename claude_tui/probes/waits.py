"""How long a response asks to wait: by its headers, then by the fields of its body, then by its text.

Dates are the server's: they count from its own `date` if the response has one, as our clock may be wrong.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from claude_tui.probes.instants import parse_instant

__all__ = ["LONGEST_WAIT_S", "body_wait", "header_wait", "http_date", "server_now", "stated_wait"]

# The SDK never waits longer than this (2^32 ms).
LONGEST_WAIT_S = 4_294_967.0
# This many seconds are 31 years, so a larger number is an instant, if that is near the present.
_EPOCH_FROM = 1_000_000_000
_NEAR = timedelta(days=62)
_MAX_BODY = 20_000

_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_SECONDS = ("retry-after", "x-retry-after", "x-ratelimit-retry-after")

_UNITS = {
    "ms": 0.001,
    "millisecond": 0.001,
    "milliseconds": 0.001,
    "毫秒": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "秒": 1.0,
    "m": 60.0,
    "min": 60.0,
    "mins": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "分钟": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hrs": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "小时": 3600.0,
    "d": 86_400.0,
    "day": 86_400.0,
    "days": 86_400.0,
    "天": 86_400.0,
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AMOUNT = rf"[0-9]{{1,10}}(?:\.[0-9]{{1,9}})?\s{{0,3}}(?:{_UNIT})(?![a-z])"
_SPAN = rf"{_AMOUNT}(?:[\s,]{{0,3}}(?:and\s)?{_AMOUNT}){{0,3}}"
_PART = re.compile(rf"([0-9]{{1,10}}(?:\.[0-9]{{1,9}})?)\s{{0,3}}({_UNIT})(?![a-z])", re.I)
_ONLY_SPAN = re.compile(rf"\s*{_SPAN}\s*\Z", re.I)

# A field of a body, with any nesting and quoting.
_FIELD = re.compile(
    r"""\b(?P<name>retry[_-]?after(?:[_-]?(?:ms|milliseconds|seconds?|secs?|s))?|retry[_-]?(?:delay|in)
          |cool[_-]?down(?:[_-]?(?:seconds|secs?|s))?|(?:seconds|time)[_-]?(?:until|to)[_-]?(?:retry|reset)
          |(?:x-ratelimit-)?resets?(?:[_-]?(?:at|time|in|seconds|after))?|next[_-]?(?:reset|retry)(?:[_-]?at)?)
        \\{0,4}["']\s{0,3}:\s{0,3}\\{0,4}["']?(?P<value>[^"'\\,}\]]{1,60})""",
    re.I | re.X,
)
_WORDS = (
    re.compile(
        rf"""\b(?:try|retry|retrying|available|wait|waiting|reset|resets|retried)\b[^.0-9]{{0,40}}?(?P<span>{_SPAN})
        """,
        re.I | re.X,
    ),
    re.compile(rf"(?:请|等待|于|在)[^。0-9]{{0,10}}(?P<span>{_SPAN})[^。]{{0,4}}(?:后|重试|再试)", re.I),
    re.compile(rf"(?P<span>{_SPAN})\s?(?:后|之后)(?:重试|再试|恢复|重置)", re.I),
)
# Azure API Management: `Quota will be replenished in 02:24:23`.
_CLOCK = re.compile(
    r"\b(?:replenished|reset|retry|again|available) (?:in|after) (?:(\d{1,3})\.)?(\d{1,2}):(\d\d):(\d\d)\b",
    re.I,
)
# Only with a time zone: without one it may be any local time.
_INSTANT = re.compile(
    r"""\b(?:try|retry|available|resets?|until|重置|恢复|重试)[^.0-9]{0,40}?
        (?P<at>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d))""",
    re.I | re.X,
)
# Claude Code's backend: `usage limit reached|1750000000`.
_MARKED_EPOCH = re.compile(r"\breached\s?\|\s?(?P<at>\d{10})\b")


def header_wait(fields: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that the headers (lower-case names) ask for; None without a valid value.

    The milliseconds first, as the SDK does. A date that has passed is 0.
    """
    for name in _MILLISECONDS:
        milliseconds = _plain_number(fields.get(name, ""))
        if milliseconds is not None and milliseconds >= 0:
            return min(milliseconds / 1000, LONGEST_WAIT_S)
    base = server_now(fields, now)
    waits = (_wait_of(fields[name], base) for name in _SECONDS if name in fields)
    return next((wait for wait in waits if wait is not None), None)


def body_wait(text: str, fields: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that the text of a body asks for, by a field or by a sentence."""
    base, text = server_now(fields, now), text[:_MAX_BODY]
    waits = [wait for wait in _field_waits(text, base) if wait > 0]
    if waits:
        return waits[0]
    return next((wait for wait in _word_waits(text, base) if wait > 0), None)


def stated_wait(status: int | None, header_s: float | None, body_s: float | None) -> float | None:
    """The wait of a failure: by its headers, or else by its body.

    A retry-after on a success means nothing.
    """
    of_failure = header_s if status is not None and status >= 400 else None
    return body_s if of_failure is None else of_failure


def server_now(fields: Mapping[str, str], now: datetime) -> datetime:
    """The server's clock by its `date`, unless a cache sent it; else ours."""
    if fields.get("age", "0").strip() not in {"", "0"}:
        return now
    return http_date(fields.get("date", "")) or now


def http_date(text: str) -> datetime | None:
    """An HTTP date in any of its three forms."""
    try:
        parsed = email.utils.parsedate_tz(text)
        return None if parsed is None else datetime.fromtimestamp(email.utils.mktime_tz(parsed), UTC)
    except (ValueError, OverflowError, OSError, IndexError, TypeError):
        return None


def _field_waits(text: str, base: datetime) -> Iterator[float]:
    """First the fields that state a wait, then those that state when something resets."""
    found = [(match["name"].lower(), match["value"]) for match in _FIELD.finditer(text)]
    for about_reset in (False, True):
        for name, value in found:
            if ("reset" in name) is not about_reset:
                continue
            milliseconds = name.endswith(("ms", "milliseconds"))
            wait = _wait_of(value, base)
            if wait is not None:
                yield wait / 1000 if milliseconds else wait


def _word_waits(text: str, base: datetime) -> Iterator[float]:
    for match in _INSTANT.finditer(text):
        if (at := parse_instant(re.sub(r"\s?UTC\Z", "Z", match["at"], flags=re.I))) is not None:
            yield _until(at, base)
    for match in _CLOCK.finditer(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        yield float(86_400 * days + 3600 * hours + 60 * minutes + seconds)
    for pattern in _WORDS:
        for match in pattern.finditer(text):
            yield min(_span_s(match["span"]), LONGEST_WAIT_S)
    for match in _MARKED_EPOCH.finditer(text):
        if (at := parse_instant(match["at"])) is not None:
            yield _until(at, base)


def _wait_of(text: str, base: datetime) -> float | None:
    """A wait written as seconds, as a span (`1m30s`, `34.07s`), as an epoch or as a date."""
    text = text.strip()
    first = text.partition(",")[0].strip()
    # Two headers of one name are joined by a comma, which dates contain as well.
    seconds = _plain_number(first)
    if seconds is not None:
        if seconds < 0:
            return None
        at = parse_instant(first) if seconds >= _EPOCH_FROM else None
        is_near = at is not None and abs(at - base) <= _NEAR
        return _until(at, base) if at is not None and is_near else min(seconds, LONGEST_WAIT_S)
    if _ONLY_SPAN.match(text):
        return min(_span_s(text), LONGEST_WAIT_S)
    at = parse_instant(text) or http_date(text)
    return _until(at, base) if at is not None else None


def _plain_number(text: str) -> float | None:
    """Like the SDK, which also accepts `1_000` and digits of other scripts, but only finite numbers."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _until(at: datetime, base: datetime) -> float:
    return min(max(0.0, (at - base).total_seconds()), LONGEST_WAIT_S)


def _span_s(text: str) -> float:
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))
