"""The values of an incident: its record, its state, the entries of its timeline, its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from claude_tui.analysis.options import Options
from claude_tui.incident.traffic_impact import TrafficImpact
from claude_tui.model.alert import AlertEntry
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.request import ActionRequest
from claude_tui.model.snapshot import Level
from claude_tui.model.traffic import RollUp
from claude_tui.model.verdict import Severity, VerdictChange

__all__ = ["ErrorClass", "Figures", "Incident", "Record", "Span", "TimelineEntry", "TimelineKind"]

_LEAST_SHOWN = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Span:
    """Time from `start` to `end`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is known about a span of time, as of its end. Each tuple is oldest first."""

    span: Span
    """From before the first failure to the end of the incident, or until now."""
    observations: tuple[Observation, ...] = ()
    """The exchanges of the span."""
    statuses: tuple[ProviderStatus, ...] = ()
    """What the status page said: the report in force at the start, then each change."""
    verdict_changes: tuple[VerdictChange, ...] = ()
    """The change in force at the start, then those of the span."""
    step_marks: tuple[StepMark, ...] = ()
    """The steps of playbooks that people marked."""
    walk_turns: tuple[WalkTurn, ...] = field(default=(), kw_only=True)
    """The turns that people took in the decision tree."""
    severity_marks: tuple[SeverityMark, ...] = ()
    """The severities that people set instead of the computed one."""
    alert_entries: tuple[AlertEntry, ...] = ()
    """What happened to alerts: pages, acknowledgements, deliveries."""
    requests: tuple[ActionRequest, ...] = ()
    """What people asked the collector to do."""
    entries: tuple[IncidentEntry, ...] = ()
    """Acts of people, or of the program, on incidents: all rows there are, in the order of recording."""
    traffic: tuple[RollUp, ...] = field(default=(), kw_only=True)
    """Own traffic from the first failure to the end, in roll-ups."""
    options: Options = field(default_factory=Options)
    """The settings for reading it: which components count, how long an observation holds."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, as its entries describe it."""

    id: str
    """The id: 32 hexadecimal digits."""
    label: str
    """The label: `INC-7` for the seventh that was declared in this store, in the order of recording."""
    title: str
    """Its current title."""
    severity: Severity
    """The severity that people set; NONE before anybody did."""
    started_at: datetime
    """The first failure, not the declaration; for merged incidents, that of the earliest."""
    declared_at: datetime
    """When it was declared."""
    declared_by: str
    """Who declared it; PROGRAM if the program did."""
    start_follows: bool = field(default=False, kw_only=True)
    """Whether nobody typed the start, which is then the first failure, as soon as the record shows it."""
    lead: str = ""
    """Who leads the response; empty if nobody does."""
    communications: str = ""
    """Who handles communications; empty if nobody does."""
    detected_at: datetime | None = None
    """When it was detected, according to a person; None leaves it to the record (see `figures`)."""
    mitigated_at: datetime | None = None
    """Since when its impact has been under control."""
    resolved_at: datetime | None = None
    """When it ended; None while it is open, also if it was reopened."""
    resolved_recorded_at: datetime | None = None
    """When somebody said that it had ended."""
    merged_into: str = ""
    """The id of the incident that continues this one."""
    merged: tuple[str, ...] = ()
    """The ids of the incidents that this one continues, oldest first."""
    entries: tuple[IncidentEntry, ...] = ()
    """Its own entries and those of the incidents merged into it, by time of recording."""

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None and not self.merged_into

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who did something about it, in order of appearance."""
        return tuple(dict.fromkeys(entry.by for entry in self.entries if entry.by))


class TimelineKind(StrEnum):
    """What a timeline entry is about, in the order of kinds at the same instant."""

    FIRST_FAILURE = "first_failure"
    FAILURES = "failures"  # many of one kind, folded into one entry
    DECLARED = "declared"
    DETECTED = "detected"  # the first verdict that called for a response
    VERDICT = "verdict"
    SEVERITY = "severity"
    PAGED = "paged"
    DELIVERY = "delivery"
    STATUS_PAGE = "status_page"
    ACKNOWLEDGED = "acknowledged"
    ROLE = "role"
    RUNBOOK = "runbook"
    PROBED = "probed"  # a probe that somebody asked for
    NOTE = "note"
    CHANGE = "change"  # renamed, merged, reopened, a corrected time
    MITIGATED = "mitigated"
    RECOVERED = "recovered"  # the first of the good run
    UNKNOWN = "unknown"  # nobody probed
    RESOLVED = "resolved"

    @property
    def by_people(self) -> bool:
        """Whether people do it, which makes such entries stand out."""
        return self in _BY_PEOPLE


_BY_PEOPLE = frozenset(
    {
        TimelineKind.ACKNOWLEDGED,
        TimelineKind.CHANGE,
        TimelineKind.DECLARED,
        TimelineKind.MITIGATED,
        TimelineKind.NOTE,
        TimelineKind.PROBED,
        TimelineKind.RESOLVED,
        TimelineKind.ROLE,
        TimelineKind.RUNBOOK,
    }
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline."""

    key: str
    """Stable across reloads and exports: what pins, corrections and postmortems refer to."""
    happened_at: datetime
    recorded_at: datetime
    """When it was recorded; later than `happened_at` if somebody wrote it down afterwards."""
    kind: TimelineKind
    text: str
    """The text: one line or, for notes, several."""
    level: Level = Level.INFO
    author: str = ""
    """Who did it; empty if no person did."""
    host: str = ""
    """On which machine."""
    pinned: bool = False
    """Whether somebody marked it as important."""
    count: int = 1
    """How many events are folded into it."""
    last_at: datetime | None = None
    """The last of the events folded into it."""
    observations: tuple[Observation, ...] = ()
    """All exchanges that it rests on, oldest first."""
    request_ids: tuple[str, ...] = ()
    """Their request ids: the first, the last, and up to 50 between them."""
    detail: str = ""
    """More text for the opened entry: the whole update of the status page."""
    corrections: tuple[IncidentEntry, ...] = ()
    """The corrections, oldest first: text and time are those of the last one."""
    original: str = ""
    """The text before any correction; empty without one."""


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """One class of error among the failures of an incident."""

    name: str
    """`529 overloaded_error`."""
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The computed figures of an incident; None for what has not happened, or is unknown."""

    started: datetime
    """The first failure, not the declaration."""
    end: datetime
    """The resolution, or the instant of the record while it is open."""
    ongoing: bool
    """Whether it is still open, so that `end` moves."""
    declared: datetime
    """When somebody, or the program, declared it."""
    detected: datetime | None = None
    """The first verdict that called for a response."""
    acknowledged: datetime | None = None
    """The first acknowledgement."""
    acknowledged_by: str = ""
    """Who acknowledged first."""
    mitigated: datetime | None = None
    """Since when its impact has been under control."""
    recovered: datetime | None = None
    """The start of the run of successes that still lasts; None while it fails or while that is unknown."""
    resolved: datetime | None = None
    """When somebody said that it ended."""
    page_posted: datetime | None = None
    """The status page's first report of a problem with what we use."""
    detection_lead: timedelta | None = None
    """How long before the page our probes saw it; negative if the page was first; None without a report."""
    page_read: bool = True
    """Whether the page could be read between start and end: if not, nobody knows what it posted."""
    per_severity: tuple[tuple[Severity, timedelta], ...] = ()
    """How long the verdict had each severity between start and end, worst first; NONE means no problem seen.
    Together with `unknown`, the times add up to the duration."""
    requests: int = 0
    """Exchanges with the API between start and end."""
    failed: int = 0
    """How many of them failed."""
    errors: tuple[ErrorClass, ...] = ()
    """Their classes, most frequent first."""
    worst: Observation | None = None
    """The slowest success."""
    worst_s: float | None = None
    """Its time to first token, or its total time if that was not measured."""
    request_ids: tuple[str, ...] = ()
    """The request ids of the failures: the first, the last, and up to 50 between them."""
    unknown: tuple[Span, ...] = ()
    """Spans between start and end in which nobody probed, or the probes were inconclusive: never healthy."""
    traffic: TrafficImpact | None = None
    """The impact on the calls of our applications; None if those are not counted."""

    @property
    def duration(self) -> timedelta:
        """From start to end."""
        return self.end - self.started

    @property
    def shown_severities(self) -> tuple[tuple[Severity, timedelta], ...]:
        """Those of `per_severity` except remains of an earlier verdict, which would read `P4 for 0s`."""
        return tuple(pair for pair in self.per_severity if pair[1] >= _LEAST_SHOWN)

    @property
    def unknown_time(self) -> timedelta:
        return sum((span.length for span in self.unknown), timedelta())

    @property
    def coverage(self) -> float:
        """The known fraction of the duration, 0..1."""
        if self.duration <= timedelta():
            return 1.0
        return max(0.0, 1 - self.unknown_time / self.duration)

    def after_start(self, instant: datetime | None) -> timedelta | None:
        """How long after the first failure; None for what has not happened."""
        return None if instant is None else instant - self.started
