"""How figures are written on screen, in sentences and in messages."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

__all__ = [
    "NOT_AVAILABLE",
    "NO_BREAK",
    "age",
    "ago",
    "clock",
    "clock_minute",
    "count",
    "count_of",
    "day",
    "duration",
    "latency",
    "latency_figure",
    "latency_unit",
    "milliseconds",
    "moment",
    "money",
    "parse_span",
    "per_minute",
    "percent",
    "plain",
    "plural",
    "ratio",
    "rfc3339",
    "span_text",
    "stamp",
    "unbroken",
]

NOT_AVAILABLE = "n/a"
NO_BREAK = "\N{NO-BREAK SPACE}"

_YEAR_S = 365 * 86_400
# The pairs to keep together: `413` and `ms`, the halves of `3m 05s`, `3m 05s` and `ago`, `14:05:33` and
# `UTC`.
_IN_A_FIGURE = re.compile(
    r"(?<=\d) (?=(?:ms|s|UTC)\b)|(?<=\d[dhm]) (?=\d{1,2}[hms]\b)|(?<=\d[dhms]) (?=ago\b)"
)
_SPAN = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")


def duration(seconds: float | timedelta) -> str:
    """`41s`, `3m 05s`, `2h 05m`, `3d 4h`: the two leading units. Negative durations count as 0."""
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
    """How long something has lasted, without seconds above a minute: `41s`, `42m`, `1h 23m`, `19d 4h`."""
    text = duration(seconds)
    return text.split()[0] if "m " in text else text


def span_text(length: timedelta) -> str:
    """A duration as `parse_span` reads it, without rounding to units: `90s`, `5m`, `1h30m`, `24h`, `7d`."""
    left = round(length.total_seconds())
    if 60 < left < 120:
        return f"{left}s"
    words = ""
    # A day is `24h`: windows and reminders are usually given in hours while these are few.
    units = (
        (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
        if left >= 172_800
        else (("h", 3600), ("m", 60), ("s", 1))
    )
    for unit, size in units:
        number, left = divmod(left, size)
        words += f"{number}{unit}" if number else ""
    return words or "0s"


def parse_span(value: object) -> timedelta | None:
    """`30s`, `5m`, `1h30m`, `2d`, or a number of seconds; None for anything else, or for more than a year."""
    seconds = -1.0
    if isinstance(value, str) and (found := _SPAN.fullmatch(value.strip())) and any(found.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in found.groups())
        seconds = days * 86_400 + hours * 3600 + minutes * 60 + rest
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value) if 0 <= value <= _YEAR_S else -1.0
    return timedelta(seconds=seconds) if 0 <= seconds <= _YEAR_S else None


def ago(then: datetime, now: datetime) -> str:
    """`14s ago`, `3m ago`."""
    return f"{age(now - then)} ago"


def clock(instant: datetime) -> str:
    """The time of day, in the time zone of the instant (always UTC in this program)."""
    return f"{instant:%H:%M:%S}"


def clock_minute(instant: datetime) -> str:
    """The time of day without seconds: `14:05`."""
    return f"{instant:%H:%M}"


def day(instant: datetime) -> str:
    """`2026-11-20`."""
    return f"{instant:%Y-%m-%d}"


def stamp(instant: datetime) -> str:
    """Date and time: `2026-11-20 14:05:33 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def rfc3339(instant: datetime) -> str:
    """For machines: `2026-11-20T14:05:33Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(instant: datetime, now: datetime) -> str:
    """The time of day, preceded by the date unless it is today."""
    if instant.date() == now.date():
        return clock(instant)
    if abs(now - instant) < timedelta(days=300):
        return f"{instant:%b %d %H:%M}"
    return day(instant)


def count(number: float) -> str:
    """`812`, `1,000`, `14.2k`, `80k`, `1.95M`: three significant digits from ten thousand on."""
    if abs(number) < 9_999.5:
        return f"{number:,.0f}"
    for size, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        scaled = number / size
        if abs(scaled) < 999.5 or unit == "G":
            return _three_figures(scaled) + unit
    raise AssertionError("unreachable")


def count_of(part: float, whole: float) -> str:
    """`count(part)`, except that less than all never reads as all.

    Of 2M, 1,999,000 is `1.99M`; of 402,400, which is `402k`, 402,100 is `<402k`.
    """
    text, all_of_it = count(part), count(whole)
    if not 0 < part < whole or text != all_of_it:
        return text
    last_figure = 10 ** max(math.floor(math.log10(part)) - 2, 0)
    rounded_down = count(part // last_figure * last_figure)
    return f"<{all_of_it}" if rounded_down == all_of_it else rounded_down


def _three_figures(number: float) -> str:
    size = abs(number)
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def per_minute(rate: float) -> str:
    """`4.4k/min`. Below ten it has one decimal, as 0 would mean that nothing is consumed."""
    return f"{rate:.1f}/min" if 0 < rate < 9.95 else f"{count(rate)}/min"


def percent(fraction: float, digits: int = 0) -> str:
    """`18%`. Only nothing is `0%` and only everything is `100%`: close to them it is `<1%` and `99%`.

    `digits` is the number of decimals, at the ends too: `<0.1%`, `99.9%`.
    """
    least = 10**-digits
    share = fraction * 100
    if share <= 0:
        return "0%"
    if share < least:
        return f"<{least:g}%"
    if 100 - least < share < 100:
        return f"{100 - least:g}%"
    return f"{share:.{digits}f}%" if share < 999.5 else ">999%"


def ratio(times: float) -> str:
    """`9.8×`."""
    if times < 9.95:
        return f"{times:.1f}×"
    return f"{times:.0f}×" if times < 999.5 else ">999×"


def money(dollars: float) -> str:
    """`$0.03`; a tiny sum above zero is `<$0.01`."""
    if 0 < dollars < 0.005:
        return "<$0.01"
    return f"${dollars:,.2f}"


def latency_unit(*seconds: float | None) -> str:
    """`s` if any figure reaches a second, else `ms`: figures that are compared share a unit."""
    return "s" if any(value is not None and value >= 0.9995 for value in seconds) else "ms"


def latency_figure(seconds: float | None, unit: str) -> str:
    """The figure without its unit: `4.10`, `41.0`, `182`; `n/a` for None."""
    if seconds is None:
        return NOT_AVAILABLE
    if unit == "ms":
        return milliseconds(seconds)
    digits = 2 if seconds < 9.995 else 1 if seconds < 99.95 else 0
    return f"{seconds:.{digits}f}" if seconds < 9_999.5 else ">9999"


def latency(seconds: float) -> str:
    """A latency with its unit, for a sentence: `182 ms`, `4.10 s`, `41.0 s`."""
    unit = latency_unit(seconds)
    return f"{latency_figure(seconds, unit)} {unit}"


def milliseconds(seconds: float) -> str:
    """Whole milliseconds without the unit; `<1` for less than one."""
    return "<1" if 0 < seconds < 0.0005 else f"{seconds * 1000:.0f}"


def plain(word: str) -> str:
    """A word of the API without underscores: `degraded_performance` becomes `degraded performance`."""
    return word.replace("_", " ")


def plural(number: int, noun: str) -> str:
    """`1 call`, `26 calls`, `1,204 calls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def unbroken(text: str) -> str:
    """Text that keeps a figure and its unit, or the parts of a duration, together when it is wrapped."""
    return _IN_A_FIGURE.sub(NO_BREAK, text)
