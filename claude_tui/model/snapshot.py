"""Everything that screens can show at one instant. Values only: analysis builds them, screens draw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

from claude_tui.model.alert import AlertsView
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.past import PastView
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.verdict import Verdict

__all__ = [
    "Chart",
    "ChartSeries",
    "EngineState",
    "ErrorDetail",
    "ErrorRow",
    "ErrorWindow",
    "Event",
    "EventKind",
    "Focus",
    "Headroom",
    "HeadroomView",
    "LatencySeries",
    "LatencyView",
    "Level",
    "Notice",
    "Panel",
    "ProbeState",
    "Snapshot",
    "Spend",
    "StatusView",
    "Target",
    "WindowUsage",
]


class Level(StrEnum):
    """How much attention something needs. Screens show it as a glyph and a word, besides a colour."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Panel(StrEnum):
    """The panels that can be zoomed, in the order of the number keys; the verdict strip is 0."""

    VERDICT = "verdict"
    STATUS = "status"
    HEADROOM = "headroom"
    ERRORS = "errors"
    LATENCY = "latency"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Target:
    """What is watched. `model` is None until one is known."""

    name: str
    base_url: str
    host: str
    model: str | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status page as last read."""

    status: ProviderStatus | None
    ours: frozenset[str]
    """The ids of the components that we use."""
    checked_at: datetime | None
    """The last attempt to read the page."""
    read_at: datetime | None
    """The last success."""
    level: Level
    silent_since: datetime | None = None
    """The start of a problem that the verdict attributes to the provider, while the page reports none."""
    stale: bool = False
    """The last success is too old, so `status` may be out of date."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left of one rate-limit bucket at an instant."""

    bucket: str
    limit: int
    remaining: int
    reset_at: datetime | None
    """None when the server gave none, or one that has passed."""
    burn_per_minute: float | None
    """Consumption net of replenishment; None while unknown, 0 when negligible."""
    exhausted_in: timedelta | None
    """None when nothing is consumed, or exhaustion is hours away."""
    level: Level
    read_at: datetime
    stale: bool = False
    """The reading is too old, or the bucket has been reset since."""
    runs_out_first: bool = False
    """At this burn rate the bucket is empty before it resets."""

    @property
    def fraction(self) -> float:
        """Remaining divided by limit, 0..1."""
        return min(1.0, max(0.0, self.remaining / self.limit)) if self.limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """A subscription window."""

    window: str
    used: float
    """The fraction used, as the server counts it."""
    reset_at: datetime | None
    status: str | None
    level: Level
    read_at: datetime
    stale: bool = False


@dataclass(frozen=True, slots=True)
class HeadroomView:
    """The rate limits."""

    buckets: tuple[Headroom, ...]
    """Worst first."""
    windows: tuple[WindowUsage, ...]
    """Worst first."""
    read_at: datetime | None
    request_id: str | None
    """The request that the newest reading came with."""
    stale: bool
    """The newest reading is too old."""


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """One measure over the last 15 minutes. Figures are in seconds; None means too few samples.

    Only successes have a latency.
    """

    name: str
    """`TTFT`, `message` or `models`."""
    points: tuple[float | None, ...]
    """The maximum of each bin, oldest first. An empty bin repeats the last one while the next is not due."""
    now: float | None
    """The newest success."""
    now_at: datetime | None
    """When the request of that success was sent."""
    p50: float | None
    p95: float | None
    p99: float | None
    samples: int
    """How many successes there were."""
    baseline: float | None
    """The usual latency: the median of `baseline_span`, or what small models take."""
    baseline_span: timedelta | None
    """What the baseline was measured over, up to a day; None where the baseline is assumed."""
    ratio: float | None
    """`now` divided by the baseline."""
    level: Level
    """The level of the newest three together, as a single slow answer is no slowness."""
    highest: float | None = None
    """The slowest success, for where there are too few samples for p99."""
    typical: float | None = None
    """The median of the newest three."""
    failures: int = 0
    """How many exchanges failed."""
    failed_since: int = 0
    """How many of those were sent after `now_at`."""
    warn_above_s: float = inf
    """A latency above this is late."""
    slow_above_s: float = inf
    """A latency above this is slow."""


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Latencies, and the network breakdown of a new connection."""

    series: tuple[LatencySeries, ...]
    span: timedelta
    """What the series cover."""
    phases: Timings | None
    """The phases of the newest models probe on a new connection."""
    phases_at: datetime | None
    server_s: float | None
    """The server's own time in that probe."""
    network_s: float | None
    """Its time to first byte beyond `server_s`."""
    skew_s: float | None
    """The server's clock minus ours."""
    tls_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of failure in a window."""

    key: str
    label: str
    count: int
    share: float | None
    """Count divided by requests, 0..1; None with too few requests."""
    trend: tuple[int, ...]
    """Counts per bin, oldest first."""
    level: Level


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One combination of source, outcome, status and type among the failures of a window."""

    source: Source
    outcome: Outcome
    http_status: int | None
    error_type: str | None
    count: int
    last_at: datetime
    """The newest occurrence."""
    row: str
    """The key of the ErrorRow that it belongs to."""


@dataclass(frozen=True, slots=True)
class ErrorWindow:
    """The failures of the last `span`."""

    span: timedelta
    requests: int
    """Exchanges with the API (messages and models)."""
    failures: int
    rows: tuple[ErrorRow, ...]
    breakdown: tuple[ErrorDetail, ...] = ()
    """Most frequent first, at most 50."""


class EventKind(StrEnum):
    FAILURE = "failure"
    RECOVERY = "recovery"
    STATUS = "status"
    LIMIT = "limit"
    MODEL = "model"
    NOTICE = "notice"
    VERDICT = "verdict"
    ALERT = "alert"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    key: str
    """Stable, so that a selection survives an update."""
    at: datetime
    kind: EventKind
    level: Level
    subject: str
    text: str
    observation: Observation | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Focus:
    """What a zoomed screen shows: a panel over a span."""

    panel: Panel
    span: timedelta


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """`points` are (instant, value), with the value None at a gap, in the unit of the chart."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """History for a zoomed panel."""

    focus: Focus
    start: datetime
    end: datetime
    unit: str
    """`s` (latency), `fraction` (headroom) or `count` (errors)."""
    series: tuple[ChartSeries, ...]


@dataclass(frozen=True, slots=True)
class ProbeState:
    """The schedule of one probe."""

    source: Source
    interval_s: float
    next_at: datetime | None
    running: bool
    last_at: datetime | None
    held_until: datetime | None = None
    held_reason: str | None = None
    """Why it is not following its interval, if so."""


class KeyLack(StrEnum):
    """Why no request can carry a key: there is none, or it is of a kind that is never sent."""

    MISSING = "missing"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Spend:
    """What paid probes cost today (UTC), in dollars, against the ceiling that stops them."""

    today_usd: float
    ceiling_usd: float

    @property
    def stopped(self) -> bool:
        return self.today_usd >= self.ceiling_usd


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about the program itself: no key, history in memory only, a damaged store."""

    key: str
    level: Level
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EngineState:
    """State of the engine that cannot be derived from observations."""

    target: Target
    """What is probed, with the model of this instant."""
    probes: tuple[ProbeState, ...]
    """Where each probe stands, one for each source."""
    spend: Spend
    """What paid probes cost today."""
    notices: tuple[Notice, ...]
    """What the person must know about the program itself."""
    demo: str | None = None
    """The scenario that is played, None on a real endpoint."""
    speed: float = 1.0
    """How many times as fast as written the scenario is played."""
    key_problem: str | None = None
    """What looks wrong with a key that is sent all the same."""
    alerts: AlertsView = field(default_factory=AlertsView)
    """The alerts as of this instant."""
    recorded: tuple[Event, ...] = ()
    """Events that are not in the observations (verdicts, alerts, what people did), newest first."""
    step_marks: tuple[StepMark, ...] = ()
    """Marks on steps of playbooks in the last days, oldest first."""
    severity_marks: tuple[SeverityMark, ...] = ()
    """Severities set by people in the last days, oldest first."""
    key_lack: KeyLack | None = None
    """Why no request can carry a key."""
    incident_entries: tuple[IncidentEntry, ...] = ()
    """Everything recorded about incidents, in the order of recording."""
    field_revisions: tuple[FieldRevision, ...] = ()
    """Everything written into postmortems, in the order of writing."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that screens can show at instant `at`."""

    at: datetime
    engine: EngineState
    status: StatusView
    headroom: HeadroomView
    latency: LatencyView
    errors: tuple[ErrorWindow, ...]
    events: tuple[Event, ...]
    verdict: Verdict
    catalogue: Catalogue | None
    chart: Chart | None = None
    past: PastView | None = None
    """Where in the record it was taken, None for a live one."""
