"""Charts as inline SVG: the strip of days, latency over time, and the hours of the week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import floor, log10

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.report import Report
from claude_tui.analysis.uptime.tally import Grade, Tally
from claude_tui.model.format import latency
from claude_tui.report.values import covered, label, share, spent

__all__ = ["latency_chart", "strip_chart", "week_chart"]

WIDTH = 760
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# The class of a bar, and its relative height.
_MARKS = {
    Grade.UNKNOWN: ("unknown", 0.15),
    Grade.FINE: ("up", 1.0),
    Grade.SLIGHT: ("warn", 0.8),
    Grade.SOME: ("warn", 0.6),
    Grade.MUCH: ("bad", 0.4),
    Grade.MOST: ("bad", 0.2),
}
_LINES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_STEPS = 4
_TOPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)


def _availability_text(tally: Tally) -> str:
    return f"{share(tally)} up, {spent(tally, tally.down)} down"


def strip_chart(report: Report) -> str:
    """A bar for each period, which is lower the longer it was down; with details as a tooltip."""
    high, step = 46.0, WIDTH / len(report.periods)
    bars = []
    for number, period in enumerate(report.periods):
        tally = period.tallies[Service.API]
        name, part = _MARKS[tally.grade]
        words = f"{label(period, report)}: {_availability_text(tally)}, {covered(tally)} covered"
        bars.append(
            f'<rect class="{name}" x="{number * step:.1f}" y="{high * (1 - part):.1f}" '
            f'width="{max(step - 1.5, 0.8):.1f}" height="{high * part:.1f}" rx="1">'
            f"<title>{escape(words)}</title></rect>"
        )
    first, last = label(report.periods[0], report), label(report.periods[-1], report)
    texts = f'<text x="0" y="62">{first}</text><text class="end" x="{WIDTH}" y="62">{last}</text>'
    return _svg(66, f"Uptime by {_unit(report)}", [*bars, texts])


def week_chart(report: Report) -> str:
    """A cell for each hour of the week."""
    left, cell = 40.0, (WIDTH - 40.0) / 24
    parts = [f'<text x="{left + hour * cell:.1f}" y="11">{hour:02}</text>' for hour in range(0, 24, 3)]
    for day, hours in enumerate(report.week):
        y = 18 + day * 20
        parts.append(f'<text x="0" y="{y + 13}">{_WEEKDAYS[day]}</text>')
        for hour, tally in enumerate(hours):
            name, part = _MARKS[tally.grade]
            words = f"{_WEEKDAYS[day]} {hour:02}:00: {_availability_text(tally)}"
            parts.append(
                f'<rect class="{name}" x="{left + hour * cell:.1f}" y="{y + 16 * (1 - part):.1f}" '
                f'width="{cell - 2:.1f}" height="{16 * part:.1f}" rx="1">'
                f"<title>{escape(words)}</title></rect>"
            )
    return _svg(160, "Uptime by weekday and hour", parts)


def latency_chart(report: Report) -> str:
    """TTFT of each period: three lines, with gaps where there were too few successes."""
    left, right, high = 62.0, 44.0, 170.0
    of_line = {
        name: [period.latency.ttft.quantile(part) for period in report.periods] for name, part in _LINES
    }
    top = _round_up(max((value for values in of_line.values() for value in values if value), default=0.0))
    if not top:
        return '<p class="dim">Too few successes for a chart.</p>'
    step = (WIDTH - left - right) / max(len(report.periods) - 1, 1)

    def y_of(value: float) -> float:
        return 8 + high * (1 - value / top)

    parts = []
    for number in range(_STEPS + 1):
        value = top * number / _STEPS
        y = y_of(value)
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        words = latency(value) if number else "0"
        parts.append(f'<text class="end" x="{left - 8}" y="{y + 4:.1f}">{words}</text>')
    ends: list[tuple[float, str]] = []
    for name, values in of_line.items():
        for run in _runs(values):
            points = " ".join(f"{left + index * step:.1f},{y_of(value):.1f}" for index, value in run)
            if len(run) == 1:
                ((index, value),) = run
                where = f'cx="{left + index * step:.1f}" cy="{y_of(value):.1f}"'
                parts.append(f'<circle class="dot" {where} r="2"/>')
            else:
                parts.append(f'<polyline class="{name}" points="{points}"/>')
        last = next((value for value in reversed(values) if value is not None), None)
        if last is not None:
            ends.append((y_of(last), name))
    parts += [
        f'<text x="{WIDTH - right + 6}" y="{y + 4:.1f}">{name}</text>' for y, name in _apart(sorted(ends))
    ]
    first, last_label = label(report.periods[0], report), label(report.periods[-1], report)
    parts.append(f'<text x="{left}" y="{high + 26}">{first}</text>')
    parts.append(f'<text class="end" x="{WIDTH - right}" y="{high + 26}">{last_label}</text>')
    return _svg(round(high + 32), f"Time to first token by {_unit(report)}", parts)


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if value is not None:
            run.append((index, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _apart(ends: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Moves overlapping labels down."""
    lowest = float("-inf")
    for y, name in ends:
        lowest = max(y, lowest + 13)
        yield lowest, name


def _round_up(value: float) -> float:
    """The next of _TOPS times a power of ten."""
    if value <= 0:
        return 0.0
    size = 10.0 ** floor(log10(value))
    return next((top * size for top in _TOPS if value <= top * size), 10 * size)


def _unit(report: Report) -> str:
    return "hour" if report.by_the_hour else "day"


def _svg(height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
