"""Which days and incidents of the history are listed, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.incidents import Incident
from claude_tui.analysis.uptime.report import FailureCount, Period, Report
from claude_tui.knowledge import knowledge
from claude_tui.model.filtering import Filter, FilterField, Searched
from claude_tui.model.format import plain

__all__ = ["KNOWN_FIELDS", "ORDERS", "listed_incidents", "listed_periods"]

KNOWN_FIELDS = (FilterField.WORD, FilterField.STATUS, FilterField.CLASS, FilterField.SINCE)
"""The fields that the history knows: it is kept by day and outcome, without applications."""

_NEWEST = "newest"
_ORDER_OF: dict[str, Callable[[Period], float | None]] = {
    "down": lambda period: period.tallies[Service.API].down,
    "failed": lambda period: sum(failure.count for failure in period.failures),
    "TTFT p50": lambda period: period.latency.ttft.quantile(0.5),
    "p95": lambda period: period.latency.ttft.quantile(0.95),
    "whole p95": lambda period: period.latency.total.quantile(0.95),
}
ORDERS = (_NEWEST, *_ORDER_OF)
"""The columns that the days can be sorted by: newest first, or highest figure first."""


def listed_periods(report: Report, wanted: Filter, order: str) -> tuple[Period, ...]:
    """The days or hours that satisfy every term of a filter. `since:` includes the one that it begins in."""
    ends = (*(period.start for period in report.periods[1:]), report.at)
    pairs = zip(report.periods, ends, strict=True)
    kept = [period for period, end in pairs if wanted.keeps(_period(period, end), report.at)]
    kept.reverse()
    if order == _NEWEST:
        return tuple(kept)
    figure_of = _ORDER_OF[order]

    def rank(period: Period) -> tuple[bool, float]:
        """Unknown figures come last; of two equal ones, the newer comes first."""
        value = figure_of(period)
        return value is None, -(value or 0.0)

    return tuple(sorted(kept, key=rank))


def listed_incidents(incidents: Sequence[Incident], wanted: Filter, at: datetime) -> tuple[Incident, ...]:
    """The incidents that satisfy every term of a filter that is not about a status."""
    about = wanted.only(FilterField.WORD, FilterField.CLASS, FilterField.SINCE)
    return tuple(incident for incident in incidents if about.keeps(_incident(incident, at), at))


def _period(period: Period, end: datetime) -> Searched:
    tally = period.tallies[Service.API]
    states = [name for name, time in (("down", tally.down), ("ours", tally.ours)) if time]
    if tally.unknown == tally.span:
        states.append("nobody probed")
    classes = {word for failure in period.failures for word in (failure.outcome, failure.error_type) if word}
    texts = (f"{period.start:%Y-%m-%d %b %d %a %H:%M}", *states, *classes, *map(plain, classes))
    statuses = frozenset(status for failure in period.failures for status in _statuses_of(failure))
    return Searched(end, "\n".join(texts).casefold(), statuses, frozenset(classes))


def _incident(incident: Incident, at: datetime) -> Searched:
    cause = incident.cause.value if incident.cause is not None else "cause unknown"
    state = "" if incident.end else "open"
    texts = (incident.id, incident.title, incident.severity.value, cause, plain(cause), state)
    return Searched(incident.end or at, "\n".join(texts).casefold(), classes=frozenset({cause}))


def _statuses_of(failure: FailureCount) -> frozenset[str]:
    return _usual_statuses(failure.outcome, failure.error_type)


@cache
def _usual_statuses(outcome: str, error_type: str) -> frozenset[str]:
    """The HTTP statuses that such failures usually have, as those of single calls are not kept that long."""
    found = {error_class.status for error_class in knowledge().classes if outcome in error_class.outcomes}
    found |= {error.status for error in knowledge().errors if error_type and error.type == error_type}
    return frozenset(str(status) for status in found if status is not None)
