"""A record of 90 days of a watched API: outages, slow days, days without probes, our own failures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.hours import HOUR, HourRow, hour_of
from claude_tui.analysis.uptime.record import Record
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.provider import Component, ProviderIncident, ProviderStatus
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange

__all__ = ["days_before", "hours_ago", "ninety_days"]

OURS = ("Claude API",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60 * 1_000_000
# Hours before the present: minutes down, and how it failed.
OUTAGES = {
    30: (12, Outcome.OVERLOADED, "overloaded_error"),
    7 * 24 + 3: (55, Outcome.SERVER_ERROR, "api_error"),
    7 * 24 + 2: (60, Outcome.SERVER_ERROR, "api_error"),
    7 * 24 + 1: (21, Outcome.OVERLOADED, "overloaded_error"),
    19 * 24: (3, Outcome.TIMEOUT, ""),
    41 * 24 + 5: (44, Outcome.OVERLOADED, "overloaded_error"),
    63 * 24: (8, Outcome.TRUNCATED_STREAM, ""),
}
OURS_AT = {24 * 12 + 4: (38, Outcome.RATE_LIMITED, "rate_limit_error")}
SLOW_DAYS = range(18, 22)
NOBODY = range(24 * 50, 24 * 53)


def hours_ago(at: datetime, hours: float) -> datetime:
    return at - timedelta(hours=hours)


def days_before(at: datetime, days: float) -> datetime:
    return at - timedelta(days=days)


# Half a second of work, and forty tests ask for the same instant.
@lru_cache(maxsize=4)
def ninety_days(at: datetime, *, days: int = 88) -> Record:
    """The record at an instant, begun this many days before."""
    random = Random(20261120)
    now = (at - _EPOCH) // timedelta(microseconds=1)
    rows: list[HourRow] = []
    for ago in range(days * 24, -1, -1):
        if ago not in NOBODY:
            span = HOUR if ago else now % HOUR
            rows += _hour(hour_of(now) - ago, ago, span, random)
    return Record(at, tuple(rows), tuple(_reports(at)), tuple(_acts(at)), tuple(_verdicts(at)))


def _hour(hour: int, ago: int, span: int, random: Random) -> Iterator[HourRow]:
    minutes, outcome, error_type = OUTAGES.get(ago) or OURS_AT.get(ago) or (0, Outcome.OK, "")
    failing = min(minutes * _MINUTE, span)
    if failing:
        yield HourRow(hour, Source.MESSAGES, "claude-haiku-4-5", outcome, error_type, minutes * 2, failing)
    slow = 3.0 if ago // 24 in SLOW_DAYS and 13 <= hour % 24 <= 17 else 1.0
    ttft = [0.41 * slow * random.lognormvariate(0, 0.3) for _ in range(120 - minutes * 2)]
    yield HourRow(
        hour, Source.MESSAGES, "claude-haiku-4-5", Outcome.OK, "", len(ttft), span - failing,
        Histogram.of(ttft), Histogram.of(seconds + 0.25 for seconds in ttft),
    )  # fmt: skip
    yield HourRow(hour, Source.MODELS, "", Outcome.OK, "", 240, span)
    yield HourRow(hour, Source.STATUS, "", Outcome.OK, "", 60, span)


def _page(at: datetime, api: str, chat: str, *incidents: ProviderIncident) -> ProviderStatus:
    components = (
        Component("api", "Claude API (api.anthropic.com)", api),
        Component("web", "claude.ai", chat),
    )
    return ProviderStatus(at, "https://status.claude.com", "none", "", components, incidents)


def _reports(at: datetime) -> Iterator[ProviderStatus]:
    fine = "operational"
    yield _page(days_before(at, 89), fine, fine)
    yield _page(hours_ago(at, 41 * 24 + 4.6), "degraded_performance", fine)
    yield _page(hours_ago(at, 41 * 24 + 4.2), fine, fine)
    yield _page(hours_ago(at, 7 * 24 + 2.5), "partial_outage", "major_outage")
    yield _page(hours_ago(at, 7 * 24), fine, "degraded_performance")
    yield _page(hours_ago(at, 6 * 24 + 20), fine, fine)


def _act(at: datetime, incident: str, act: IncidentAct, text: str = "") -> IncidentEntry:
    return IncidentEntry(
        at, f"{incident}-{act}-{at.timestamp():.0f}", incident, act, at, "ana", "ops-1", text
    )


def _acts(at: datetime) -> Iterator[IncidentEntry]:
    start = hours_ago(at, 41 * 24 + 5)
    yield _act(start, "one", IncidentAct.DECLARED, "Overloaded at lunch time")
    yield _act(start + timedelta(minutes=5), "one", IncidentAct.SEVERITY, "P2")
    yield _act(start + timedelta(minutes=44), "one", IncidentAct.RESOLVED)
    start = hours_ago(at, 7 * 24 + 3)
    yield _act(start, "two", IncidentAct.DECLARED, "Elevated errors")
    yield _act(start + timedelta(minutes=9), "two", IncidentAct.RENAMED, "500s on all models, then 529s")
    yield _act(start + timedelta(minutes=9), "two", IncidentAct.SEVERITY, "P1")
    yield _act(start + timedelta(minutes=142), "two", IncidentAct.RESOLVED)
    start = hours_ago(at, 0.4)
    yield _act(start, "three", IncidentAct.DECLARED, "Is the time to first token going up?")


def _verdicts(at: datetime) -> Iterator[VerdictChange]:
    start = hours_ago(at, 7 * 24 + 3)
    yield VerdictChange(start, Cause.PROVIDER_ERRORS, Side.THEM, Severity.P1, "It's them.")
    after = start + timedelta(minutes=115)
    yield VerdictChange(after, Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P2, "It's them.")
    yield VerdictChange(after + timedelta(minutes=25), Cause.HEALTHY, Side.NONE, Severity.NONE, "Fine.")
