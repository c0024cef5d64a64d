"""The time that a note mentions: "at 14:05 we switched to the fallback"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from claude_tui.model.format import parse_span

__all__ = ["time_in"]

# Before the first failure, people look for causes within half a day; an earlier time belongs to another day.
_BEFORE = timedelta(hours=12)
# Clocks of responders differ a little: "at 14:05" may be written at 14:04:40 by the clock of this machine.
_AHEAD = timedelta(minutes=1)

_CLOCK = re.compile(
    r"""(?<![\w.:/-])
        (?: (?P<date>\d{4}-\d{2}-\d{2})[T ] )?
        (?P<hour>[01]?\d|2[0-3]) : (?P<minute>[0-5]\d) (?: :(?P<second>[0-5]\d) )?
        (?: \s?(?P<half>[ap]m)\b )?
        (?: \s*(?P<zone>Z\b|UTC\b|GMT\b|local(?:\ time)?\b|[+-]\d{2}:?\d{2}\b) )?
        (?!\w|:\d|\.\d|-\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MINUS = re.compile(r"(?:^|(?<=[\s(,]))[-−](?P<span>(?:\d+[dhms])+)(?!\w|:\d)", re.IGNORECASE)
_AGO = re.compile(
    r"""(?<![\w.]) (?P<number>\d{1,4}|an?|one|half\ an) \s?
        (?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?) \s+ ago\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBERS = {"a": 1.0, "an": 1.0, "one": 1.0, "half an": 0.5}


def time_in(
    text: str, *, recorded_at: datetime, started_at: datetime, local: tzinfo = UTC
) -> datetime | None:
    """The first time that the text mentions, in UTC; None if it mentions none that is plausible.

    `14:05`, `2:05 pm`, `14:05:30`, `2026-11-20 14:05`, `-5m`, `5 minutes ago`. A time of day is UTC unless
    the text says `local` or an offset. Without a date it is the latest such time up to `recorded_at`; a time
    to come, or one more than half a day before the incident, is not when something happened.
    """
    found = sorted(
        (*_relative(text, recorded_at), *_of_day(text, recorded_at, local)),
        key=lambda candidate: candidate[0],
    )
    meant = (at for _, at in found if started_at - _BEFORE <= at <= recorded_at + _AHEAD)
    at = next(meant, None)
    return min(at, recorded_at) if at is not None else None


def _relative(text: str, recorded_at: datetime) -> Iterator[tuple[int, datetime]]:
    for match in _MINUS.finditer(text):
        span = parse_span(match["span"].lower())
        if span is not None:
            yield match.start(), recorded_at - span
    for match in _AGO.finditer(text):
        number = _NUMBERS.get(match["number"].lower())
        amount = float(match["number"]) if number is None else number
        seconds = amount * _UNITS[match["unit"][0].lower()]
        yield match.start(), recorded_at - timedelta(seconds=seconds)


def _of_day(text: str, recorded_at: datetime, local: tzinfo) -> Iterator[tuple[int, datetime]]:
    for match in _CLOCK.finditer(text):
        of_day, zone = _time_of_day(match), _zone(match["zone"], local)
        if of_day is None:
            continue
        at = (
            _on(match["date"], of_day, zone) if match["date"] else _latest(of_day, zone, recorded_at + _AHEAD)
        )
        if at is not None:
            yield match.start(), at


def _time_of_day(match: re.Match[str]) -> time | None:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, int(match["minute"]), int(match["second"] or 0))


def _zone(name: str | None, local: tzinfo) -> tzinfo:
    if not name or name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if name.lower().startswith("local"):
        return local
    parsed = datetime.strptime(name.replace(":", ""), "%z").tzinfo
    return parsed if parsed is not None else UTC


def _on(day: str, of_day: time, zone: tzinfo) -> datetime | None:
    try:
        return _instant(date.fromisoformat(day), of_day, zone, fold=0)
    except ValueError:
        return None


def _latest(of_day: time, zone: tzinfo, until: datetime) -> datetime | None:
    """The latest instant up to `until` at which clocks of that zone show the time."""
    today = until.astimezone(zone).date()
    candidates = (
        _instant(today - timedelta(days=back), of_day, zone, fold=fold) for back in (0, 1) for fold in (1, 0)
    )
    return max((candidate for candidate in candidates if candidate <= until), default=None)


def _instant(day: date, of_day: time, zone: tzinfo, *, fold: int) -> datetime:
    return datetime.combine(day, of_day, zone).replace(fold=fold).astimezone(UTC)
