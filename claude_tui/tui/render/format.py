"""How figures read on screen: durations, counts, shares, money and clocks, in one place."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = [
    "NOT_AVAILABLE",
    "age",
    "ago",
    "clock",
    "count",
    "duration",
    "latency",
    "latency_unit",
    "milliseconds",
    "moment",
    "money",
    "per_minute",
    "percent",
    "plural",
    "ratio",
    "span_words",
]

NOT_AVAILABLE = "n/a"


def duration(seconds: float | timedelta) -> str:
    """`41s`, `3m 05s`, `2h 05m`, `3d 4h`: the two leading units; negative counts as none."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3600}h"


def age(seconds: float | timedelta) -> str:
    """How long something has lasted, when seconds no longer matter: `41s`, `42m`, `1h 23m`, `19d 4h`."""
    text = duration(seconds)
    return text.split()[0] if "m " in text else text


def span_words(span: timedelta) -> str:
    """A span that is a setting, not a measurement: `5m`, `1h`, `24h`, `90s`."""
    seconds = int(span.total_seconds())
    for size, unit in ((3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return duration(span)


def ago(then: datetime, now: datetime) -> str:
    """`14s ago`, `3m ago`."""
    return f"{age(now - then)} ago"


def clock(instant: datetime) -> str:
    """The time of day, in the zone the instant carries (UTC everywhere in this program)."""
    return f"{instant:%H:%M:%S}"


def moment(instant: datetime, now: datetime) -> str:
    """The time of day, with the date in front when it is not the day of `now`."""
    if instant.date() == now.date():
        return clock(instant)
    if abs(now - instant) < timedelta(days=300):
        return f"{instant:%b %d %H:%M}"
    return f"{instant:%Y-%m-%d}"


def count(number: float) -> str:
    """`812`, `1,000`, `14.2k`, `80k`, `1.95M`: three figures once past ten thousand."""
    if abs(number) < 9_999.5:
        return f"{number:,.0f}"
    for size, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        scaled = number / size
        if abs(scaled) < 999.5 or unit == "G":
            return _three_figures(scaled) + unit
    raise AssertionError("unreachable")


def _three_figures(number: float) -> str:
    size = abs(number)
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def per_minute(rate: float) -> str:
    """`4.4k/min`; below ten with one decimal, because 0 would say that nothing is spent."""
    return f"{rate:.1f}/min" if 0 < rate < 9.95 else f"{count(rate)}/min"


def percent(fraction: float) -> str:
    """`18%`. Never `0%` of something nor `100%` of less than all: `<1%` and `99%` instead."""
    if fraction <= 0:
        return "0%"
    if fraction < 0.01:
        return "<1%"
    if 0.99 < fraction < 1:
        return "99%"
    return f"{fraction * 100:.0f}%" if fraction < 9.995 else ">999%"


def ratio(times: float) -> str:
    """`9.8×`."""
    if times < 9.95:
        return f"{times:.1f}×"
    return f"{times:.0f}×" if times < 999.5 else ">999×"


def money(dollars: float) -> str:
    """`$0.03`; a real but tiny sum is `<$0.01`."""
    if 0 < dollars < 0.005:
        return "<$0.01"
    return f"${dollars:,.2f}"


def latency_unit(*seconds: float | None) -> str:
    """`s` when any of the figures reaches a second, else `ms`: one unit for a row that is compared."""
    return "s" if any(value is not None and value >= 0.9995 for value in seconds) else "ms"


def latency(seconds: float | None, unit: str) -> str:
    """The figure without its unit: `4.10`, `41.0`, `182`; `n/a` when there is none."""
    if seconds is None:
        return NOT_AVAILABLE
    if unit == "ms":
        return milliseconds(seconds)
    digits = 2 if seconds < 9.995 else 1 if seconds < 99.95 else 0
    return f"{seconds:.{digits}f}" if seconds < 9_999.5 else ">9999"


def milliseconds(seconds: float) -> str:
    """Whole milliseconds without the unit; `<1` for less than one."""
    return "<1" if 0 < seconds < 0.0005 else f"{seconds * 1000:.0f}"


def plural(number: int, noun: str) -> str:
    """`1 call`, `26 calls`, `1,204 calls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
