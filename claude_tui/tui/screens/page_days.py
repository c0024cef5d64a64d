"""Day by day: what was measured here beside what the status page said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.report import Period, Report, by_outcome
from claude_tui.analysis.uptime.tally import Grade
from claude_tui.model.format import span_text
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.grade_marks import GRADE_MARKS
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, pad, right
from claude_tui.tui.screens.history_figures import role_of, share, time_in

__all__ = ["page_days"]

_ROWS = (
    (Service.API, "our messages"),
    (Service.PAGE, "your components"),
    (Service.CHAT, "claude.ai"),
)
_LABEL, _SHARE, _DAY, _DOWN = 17, 9, 8, 9
_MOST_DAYS = 30


def page_days(report: Report, cells: int) -> Lines:
    """The uptime of the record's spans with a mark for each day, then the days with trouble, newest first."""
    first, last = (f"{period.start:%b %d}" for period in (report.periods[0], report.periods[-1]))
    spans = "".join(right(span_text(span.span), _SHARE) for span in report.spans)
    dates = first + last.rjust(max(len(report.periods) - len(first), 0))
    bad = [period for period in reversed(report.periods) if _is_bad(period)]
    return (
        heading(
            "Uptime", f"by our messages and by the page; days of the last {span_text(report.span)}", cells
        ),
        crop(line(Span(" " * _LABEL + spans + "  " + dates, "faint")), cells),
        *(crop(_row(report, service, label), cells) for service, label in _ROWS),
        BLANK,
        heading("Days with trouble", "newest first" if bad else "none", cells),
        *(crop(line(*_day(period)), cells) for period in bad[:_MOST_DAYS]),
    )


def _row(report: Report, service: Service, label: str) -> Line:
    tallies = [span.tallies[service] for span in report.spans]
    shares = (Span(right(share(tally), _SHARE), role_of(tally)) for tally in tallies)
    marks = [GRADE_MARKS[period.tallies[service].grade] for period in report.periods]
    runs = groupby(marks, key=lambda mark: mark[1])
    days = (Span("".join(glyph for glyph, _ in run), role) for role, run in runs)
    return line(Span(pad(label, _LABEL), "dim"), *shares, Span("  "), *days)


def _is_bad(period: Period) -> bool:
    grades = (period.tallies[service].grade for service in (Service.API, Service.PAGE))
    return any(grade not in (Grade.FINE, Grade.UNKNOWN) for grade in grades)


def _day(period: Period) -> Iterator[Span]:
    """`Nov 19  our messages  99.17%  12m 00s down   your components  99.94%  1m 26s down   overloaded 24`."""
    yield Span(pad(f"{period.start:%b %d}", _DAY), "text")
    for service, label in _ROWS[:2]:
        tally = period.tallies[service]
        yield Span(f"{label} ", "dim")
        yield Span(right(share(tally), _SHARE), role_of(tally))
        yield Span(right(time_in(tally, tally.down), _DOWN), "text" if tally.down else "faint")
        yield Span(" down   ", "dim")
    kinds = (f"{name} {number:,}" for name, number in by_outcome(period.failures))
    yield Span(" · ".join(kinds), "dim")
