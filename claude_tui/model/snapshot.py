"""Everything that the screens can show at one instant. Analysis builds these values, screens draw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

from claude_tui.model.alert import AlertsView
from claude_tui.model.arrangement import Panel
from claude_tui.model.incident import IncidentEntry, IncidentSummary
from claude_tui.model.key_lack import KeyLack
from claude_tui.model.observation import FailureKind, Observation, Source, Timings
from claude_tui.model.outlook import Outlook, Uptime
from claude_tui.model.past import PastView
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.request import ActionRequest
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Verdict
from claude_tui.model.watching import Watching

__all__ = [
    "Calls",
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
    "ProbeState",
    "Snapshot",
    "Spend",
    "StatusView",
    "Target",
    "WindowUsage",
]


class Level(StrEnum):
    """How much attention something needs. Screens show it as a glyph and a word as well as a colour."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """The monitored endpoint."""

    name: str
    """The user's name for it; "" for none."""
    base_url: str
    """The base URL of the API."""
    host: str
    """The host and port in it."""
    model: str | None
    """The model that is probed; None until one is known."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """How one of several probed models answers."""

    model: str
    """Its id."""
    name: str
    """Its name for people, such as `Opus`."""
    known: bool
    """Whether it was asked recently."""
    fails: bool
    """Whether it fails more often than by chance."""
    suspect: bool
    """Whether its newest message failed, which may be chance."""
    since: datetime | None
    """Since when it fails."""
    failures: tuple[Observation, ...]
    """Its failures since then, oldest first."""
    asked: int
    """How many messages it was sent since then; while it answers, lately."""
    at: datetime
    """When it was asked last."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status page as last read."""

    status: ProviderStatus | None
    """What the page says; None before the first attempt."""
    ours: frozenset[str]
    """The ids of the components that we use."""
    checked_at: datetime | None
    """When the page was last tried."""
    read_at: datetime | None
    """When the page was last read."""
    level: Level
    """The level of our components and their incidents."""
    silent_since: datetime | None = None
    """The start of a problem that the verdict attributes to the provider, while the page reports none."""
    stale: bool = False
    """Whether the last success is too old, so that `status` may be out of date."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left of one rate-limit bucket at an instant."""

    bucket: str
    """The name of the bucket."""
    limit: int
    """The size of the bucket."""
    remaining: int
    """What was left at `read_at`."""
    reset_at: datetime | None
    """When it is full again; None if the server did not say, or if that instant has passed."""
    burn_per_minute: float | None
    """Consumption net of replenishment; None while unknown, 0 when negligible."""
    exhausted_in: timedelta | None
    """When it will be empty; None if nothing is consumed, or if that is hours away."""
    level: Level
    """The level by the fraction left; UNKNOWN if stale."""
    read_at: datetime
    """When it was read."""
    stale: bool = False
    """Whether the reading is too old, or the bucket has been reset since."""
    runs_out_first: bool = False
    """Whether the bucket will be empty before it resets, at this burn rate."""

    @property
    def granted(self) -> bool:
        """Whether there is anything to use: a limit of 0 means that this key may not use the bucket."""
        return self.limit > 0

    @property
    def fraction(self) -> float:
        """Remaining divided by limit, 0..1."""
        return min(1.0, max(0.0, self.remaining / self.limit)) if self.limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """A subscription window."""

    window: str
    """`5h`, `7d`, or another name from a header."""
    used: float
    """The fraction used, as the server counts it."""
    reset_at: datetime | None
    """When it resets; None if the server did not say, or if that has passed."""
    status: str | None
    """The server's word for it, such as `allowed`."""
    level: Level
    """The level by use and status; UNKNOWN if stale."""
    read_at: datetime
    """When it was read."""
    stale: bool = False
    """Whether the reading is too old, or the window has been reset since."""


@dataclass(frozen=True, slots=True)
class HeadroomView:
    """The rate limits."""

    buckets: tuple[Headroom, ...]
    """Worst first."""
    windows: tuple[WindowUsage, ...]
    """Worst first."""
    read_at: datetime | None
    """When the newest reading was taken; None without one."""
    request_id: str | None
    """The request id of the newest reading."""
    stale: bool
    """Whether the newest reading is too old."""

    @property
    def presses(self) -> bool:
        """Whether a limit is so nearly used up that requests will be refused unless usage drops."""
        limits: tuple[Headroom | WindowUsage, ...] = (*self.buckets, *self.windows)
        soon = any(
            each.level is Level.WARN and each.runs_out_first for each in self.buckets if not each.stale
        )
        return soon or any(limit.level is Level.BAD for limit in limits if not limit.stale)


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """One measure over the last 15 minutes. Figures are in seconds; None means too few samples.

    Only successes have a latency.
    """

    name: str
    """`TTFT`, `message` or `models`."""
    points: tuple[float | None, ...]
    """The maximum of each bin, oldest first. An empty bin repeats the last value until the next is due."""
    now: float | None
    """The newest success."""
    now_at: datetime | None
    """When the request of that success was sent."""
    p50: float | None
    """The median."""
    p95: float | None
    """None below 20 samples."""
    p99: float | None
    """None below 100 samples."""
    samples: int
    """How many successes there were."""
    baseline: float | None
    """The usual latency: the median of `baseline_span`; None while there is too little history."""
    baseline_span: timedelta | None
    """What the baseline was measured over, up to a day; None without a baseline."""
    ratio: float | None
    """`now` divided by the baseline."""
    level: Level
    """The level of the newest three together, as a single slow answer means little."""
    highest: float | None = None
    """The slowest success, shown if there are too few samples for p99."""
    typical: float | None = None
    """The geometric mean of the newest three, by which the verdict judges."""
    failures: int = 0
    """How many exchanges failed."""
    failed: tuple[int, ...] = ()
    """How many of them in each bin of `points`."""
    failed_since: int = 0
    """How many of those were sent after `now_at`."""
    warn_above_s: float = inf
    """A latency above this is late."""
    slow_above_s: float = inf
    """A latency above this is slow."""

    @property
    def late(self) -> bool:
        """Whether the newest three together are late or slow."""
        return self.level in (Level.WARN, Level.BAD)

    @property
    def current(self) -> float | None:
        """What to show as its latency now: the newest, or while it is late what the verdict judges it by."""
        return self.typical if self.late and self.typical is not None else self.now

    @property
    def current_ratio(self) -> float | None:
        """`current` divided by the baseline."""
        return self.current / self.baseline if self.current is not None and self.baseline else None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Latencies, and the network breakdown of a new connection."""

    series: tuple[LatencySeries, ...]
    """TTFT, message and models."""
    span: timedelta
    """The time that the series cover."""
    phases: Timings | None
    """The phases of the newest models probe on a new connection."""
    phases_at: datetime | None
    """When that probe began."""
    server_s: float | None
    """The server's own processing time in that probe."""
    network_s: float | None
    """The rest of its time to first byte."""
    skew_s: float | None
    """The server's clock minus ours."""
    tls_expires_at: datetime | None
    """When the certificate it saw expires."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of failure in a window."""

    key: str
    """The key of the error class."""
    label: str
    """Its name on screen."""
    count: int
    """How many exchanges failed."""
    share: float | None
    """Count divided by the requests of the sources that have such failures, 0..1; None with too few."""
    trend: tuple[int, ...]
    """Counts per bin, oldest first."""
    level: Level
    """OK without failures, BAD with more than chance explains."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One kind among the failures of a window."""

    kind: FailureKind
    """What they have in common."""
    count: int
    """How many there are."""
    last_at: datetime
    """The newest occurrence."""
    row: str
    """The key of the ErrorRow that it belongs to."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The requests of one source in a window."""

    asked: int = 0
    failed: int = 0

    @property
    def failing_share(self) -> float | None:
        """The share that failed, 0..1; None without requests."""
        return self.failed / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class ErrorWindow:
    """The failures of the last `span`."""

    span: timedelta
    """The length of the window."""
    requests: int
    """Exchanges with the API (messages and models)."""
    failures: int
    """How many of them failed."""
    rows: tuple[ErrorRow, ...]
    """A row per error class, in the order of the screen."""
    breakdown: tuple[ErrorDetail, ...] = ()
    """Most frequent first, at most 50."""
    messages: Calls = Calls()
    """The message calls among them, which strip and verdict count."""
    models: Calls = Calls()
    """The model lists among them."""


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
    """When it happened."""
    kind: EventKind
    """What kind of event it is."""
    level: Level
    """How much attention it needs."""
    subject: str
    """What it is about, in one word."""
    text: str
    """What happened, in one line."""
    observation: Observation | None = None
    """The observation behind it, if there is one."""
    detail: str = ""
    """More text, for the event's own screen."""
    count: int = 1
    """How many like events this one stands for; everything else is that of the newest, but the key is that
    of the first."""
    first_at: datetime | None = None
    """When the first of several happened."""
    folded: tuple[Event, ...] = ()
    """The several, newest first, as far as they are listed; empty for a single one."""


@dataclass(frozen=True, slots=True)
class Focus:
    """The panel and the span of time that a zoomed screen shows."""

    panel: Panel
    span: timedelta


FAILED_SERIES = "failed"
"""The series of a latency chart that counts the failures of each bin with any."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """`points` are (instant, value), with the value None at a gap, in the unit of the chart."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """History for a zoomed panel."""

    focus: Focus
    """The panel and span that it is for."""
    start: datetime
    """The left edge."""
    end: datetime
    """The right edge."""
    unit: str
    """`s` (latency), `fraction` (headroom) or `count` (errors)."""
    series: tuple[ChartSeries, ...]
    """The curves, in the order of the legend."""


@dataclass(frozen=True, slots=True)
class ProbeState:
    """The schedule of one probe."""

    source: Source
    """What it probes."""
    interval_s: float
    """The seconds between two probes."""
    next_at: datetime | None
    """When the next one is due."""
    running: bool
    """Whether one is running."""
    last_at: datetime | None
    """When the last one began."""
    held_until: datetime | None = None
    """When a hold ends; None if it is not on hold, or has no known end."""
    held_reason: str | None = None
    """Why it is on hold; None if it follows its interval."""


@dataclass(frozen=True, slots=True)
class Spend:
    """The cost of paid probes today (UTC) in dollars, and the ceiling that stops them."""

    today_usd: float
    ceiling_usd: float

    @property
    def stopped(self) -> bool:
        return self.today_usd >= self.ceiling_usd


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about the program itself: no key, history in memory only, a damaged store."""

    key: str
    """Identifies it: a newer notice with the same key replaces it."""
    level: Level
    """How much attention it needs."""
    text: str
    """The message."""
    at: datetime
    """When it was first given."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """State of the engine that cannot be derived from observations."""

    target: Target
    """What is probed, with the model of this instant."""
    probes: tuple[ProbeState, ...]
    """The state of each probe, one for each source."""
    spend: Spend
    """What paid probes cost today."""
    notices: tuple[Notice, ...]
    """Messages about the program itself."""
    demo: str | None = None
    """The scenario of a demo; None on a real endpoint."""
    speed: float = 1.0
    """How many times faster than written the scenario is played."""
    credential: str = "ANTHROPIC_API_KEY"
    """The variable that holds the key or token in use."""
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
    takes: tuple[ActionRequest, ...] = ()
    """Who took what a verdict reported in the last days, oldest first."""
    key_lack: KeyLack | None = None
    """Why no request can carry a key."""
    incident_entries: tuple[IncidentEntry, ...] = ()
    """Everything recorded about incidents, in the order of recording."""
    field_revisions: tuple[FieldRevision, ...] = ()
    """Everything written into postmortems, in the order of writing."""
    watching: Watching = field(default_factory=Watching)
    """This process among those that share its store."""
    drill: bool = False
    """Whether what is played is a drill: `demo` then does not name it."""
    uptime: Uptime | None = None
    """That of the last 30 days, counted now and then; None before that, and in the past."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the screens can show at instant `at`."""

    at: datetime
    """The instant that everything here is as of."""
    engine: EngineState
    """The state of the engine."""
    status: StatusView
    """The Status panel."""
    headroom: HeadroomView
    """The Headroom panel."""
    latency: LatencyView
    """The Latency panel."""
    errors: tuple[ErrorWindow, ...]
    """The Errors panel, one window for each span."""
    events: tuple[Event, ...]
    """The Events panel, newest first."""
    verdict: Verdict
    """The diagnosis."""
    catalogue: Catalogue | None
    """The models that the endpoint lists; None while unknown."""
    chart: Chart | None = None
    """The history for the zoomed panel, if one is open."""
    incident: IncidentSummary | None = None
    """The incident that is open, or the one that is proposed."""
    incident_log: tuple[Event, ...] = ()
    """What happened in it, newest first, down to its first failure; empty without an incident."""
    traffic: TrafficView | None = None
    """Own traffic; None where no source of it was heard of."""
    headroom_by_model: tuple[tuple[str, HeadroomView], ...] = ()
    """What is left for each model that own traffic has told the limits of, the busiest model first."""
    past: PastView | None = None
    """Where in the record it was taken, None for a live one."""
    models: tuple[ModelState, ...] = ()
    """Each probed model, where there are several."""
    first_failure: datetime | None = None
    """When the trouble that is going on began, whether or not there is a verdict of it yet; None without."""
    outlook: Outlook = field(default_factory=Outlook)
    """What is worth knowing while all is well."""
