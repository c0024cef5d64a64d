"""The data of all report formats, and the formatting of figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.report import Period, Report
from claude_tui.analysis.uptime.tally import Tally
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.format import NOT_AVAILABLE, duration, latency, percent, stamp

__all__ = [
    "METHOD",
    "NONE",
    "Heading",
    "ReportError",
    "covered",
    "label",
    "minute",
    "quantile",
    "share",
    "spent",
]

NONE = "–"
METHOD = (
    "Uptime is measured in time: an answer holds until the next probe, but not beyond the time of a probe "
    "that is on time. What is late or missing is unknown and never counts as up; between two failures at "
    "most an hour apart the API counts as down. Failures of our own (key, limit, request, network) count for "
    "neither side. Below 50% coverage there is no percentage. Latencies are those of successes, off by at "
    "most 2.5%."
)


class ReportError(ClaudeTopError):
    """A report cannot be made or written."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The subject of a report."""

    name: str
    """The target's name in the settings, or ""."""
    base_url: str
    host: str

    @property
    def title(self) -> str:
        return f"{self.name} ({self.host})" if self.name else self.host


def share(tally: Tally) -> str:
    """`99.93%`, `n/a` with too little coverage."""
    return NOT_AVAILABLE if tally.uptime is None else percent(tally.uptime, 2)


def covered(tally: Tally) -> str:
    return percent(tally.coverage)


def spent(tally: Tally, part: int) -> str:
    """One of the parts of a tally as a duration."""
    return duration(tally.time(part)) if part >= 500_000 else NONE


def quantile(histogram: Histogram, fraction: float) -> str:
    found = histogram.quantile(fraction)
    return NOT_AVAILABLE if found is None else latency(found)


def label(period: Period, report: Report) -> str:
    """The day or hour of a period."""
    return f"{period.start:%Y-%m-%d %H:%M}" if report.by_the_hour else f"{period.start:%Y-%m-%d}"


def minute(instant: datetime) -> str:
    """`2026-11-20 14:05 UTC`."""
    return stamp(instant).replace(f":{instant:%S} UTC", " UTC")
