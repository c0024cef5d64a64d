"""All that any screen can show at one instant. Values only: analysis builds them, screens draw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

from claude_tui.model.alert import AlertsView
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.playbook import SeverityMark, StepMark
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
    """How much something deserves attention. Screens show it as glyph and word, then colour."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Panel(StrEnum):
    """What can be seen over the full screen, in the order of the number keys: the strip is 0."""

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
    """The status page as last read. `ours` are the ids of the components that count.

    `checked_at` is the last attempt, `read_at` the last success. `stale` says that the page has not been
    read for longer than it should be: `status` is then history. `silent_since` is when the trouble began
    that the verdict lays at the provider's door, while the page reports none of ours.
    """

    status: ProviderStatus | None
    ours: frozenset[str]
    checked_at: datetime | None
    read_at: datetime | None
    level: Level
    silent_since: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left of one rate-limit bucket at an instant.

    `fraction` is remaining/limit in 0..1. `burn_per_minute` is net of what flows back; None is not
    known, 0 nothing worth telling. `exhausted_in` is None when nothing is being spent or it would take hours.
    `reset_at` is None when the server gave none or one that has passed. `stale` says that the
    reading is too old, or that its reset has come since. `runs_out_first` says that at this burn
    the bucket is empty before it resets.
    """

    bucket: str
    limit: int
    remaining: int
    reset_at: datetime | None
    burn_per_minute: float | None
    exhausted_in: timedelta | None
    level: Level
    read_at: datetime
    stale: bool = False
    runs_out_first: bool = False

    @property
    def fraction(self) -> float:
        return min(1.0, max(0.0, self.remaining / self.limit)) if self.limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """A subscription window: `used` is the fraction used, as the server counts it."""

    window: str
    used: float
    reset_at: datetime | None
    status: str | None
    level: Level
    read_at: datetime
    stale: bool = False


@dataclass(frozen=True, slots=True)
class HeadroomView:
    """Buckets and windows, worst first. `stale` when the newest reading is older than it should be."""

    buckets: tuple[Headroom, ...]
    windows: tuple[WindowUsage, ...]
    read_at: datetime | None
    request_id: str | None
    stale: bool


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
    """When that was asked for."""
    p50: float | None
    p95: float | None
    p99: float | None
    samples: int
    """How many successes there were."""
    baseline: float | None
    """What is usual: the median of `baseline_span`, or what small models take."""
    baseline_span: timedelta | None
    """What the baseline was measured over, a day where there is as much; None where it is assumed."""
    ratio: float | None
    """`now` divided by the baseline."""
    level: Level
    """How late the newest three are: one slow answer is no slowness."""
    highest: float | None = None
    """The slowest success, for where there are too few samples for p99."""
    typical: float | None = None
    """The median of the newest three."""
    failures: int = 0
    """How many exchanges failed."""
    failed_since: int = 0
    """How many of those were asked for after `now_at`."""
    warn_above_s: float = inf
    """A latency above this is late."""
    slow_above_s: float = inf
    """A latency above this is slow."""


@dataclass(frozen=True, slots=True)
class LatencyView:
    """`phases` is the network breakdown of the newest models probe on a fresh connection.

    `server_s` is the server's own time in it, `network_s` what first byte has beyond that.
    """

    series: tuple[LatencySeries, ...]
    span: timedelta
    phases: Timings | None
    phases_at: datetime | None
    server_s: float | None
    network_s: float | None
    skew_s: float | None
    tls_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of failure in a window.

    `share` is count/requests in 0..1, None with too few requests; `trend` counts per bin, oldest first.
    """

    key: str
    label: str
    count: int
    share: float | None
    trend: tuple[int, ...]
    level: Level


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One combination of source, outcome, status and type among the failures of a window.

    `row` is the key of the ErrorRow it belongs to; `last_at` is its newest occurrence.
    """

    source: Source
    outcome: Outcome
    http_status: int | None
    error_type: str | None
    count: int
    last_at: datetime
    row: str


@dataclass(frozen=True, slots=True)
class ErrorWindow:
    """`requests` counts the exchanges with the API (messages and models) in `span`.

    `breakdown` is the most frequent first, at most 50 kinds.
    """

    span: timedelta
    requests: int
    failures: int
    rows: tuple[ErrorRow, ...]
    breakdown: tuple[ErrorDetail, ...] = ()


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
    """Something that happened. `key` is stable over time, so that a selection survives an update."""

    key: str
    at: datetime
    kind: EventKind
    level: Level
    subject: str
    text: str
    observation: Observation | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Focus:
    """What a zoomed screen wants to see beyond the panels: a panel over a span."""

    panel: Panel
    span: timedelta


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """`points` are (instant, value) with value None where a gap belongs; units are the chart's."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """History for a zoomed panel. `unit` is `s` (latency), `fraction` (headroom) or `count` (errors)."""

    focus: Focus
    start: datetime
    end: datetime
    unit: str
    series: tuple[ChartSeries, ...]


@dataclass(frozen=True, slots=True)
class ProbeState:
    """Where one probe stands. `held_reason` says why it is not following its interval, if so."""

    source: Source
    interval_s: float
    next_at: datetime | None
    running: bool
    last_at: datetime | None
    held_until: datetime | None = None
    held_reason: str | None = None


class KeyLack(StrEnum):
    """Why no request can carry a key: there is none, or it is one that is never sent."""

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
    """Something the person must know about the program itself: no key, memory only, a damaged store."""

    key: str
    level: Level
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EngineState:
    """What only the engine knows, and nobody can derive from observations."""

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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that any screen can show at instant `at`."""

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
