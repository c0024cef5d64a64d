"""Everything that the screens can show at one instant. Analysis builds these values, screens draw them.

The parts with modules of their own are exported here as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from claude_tui.model.alert import AlertsView
from claude_tui.model.chart import FAILED_SERIES, Chart, ChartSeries, Focus
from claude_tui.model.error_window import Calls, ErrorDetail, ErrorRow, ErrorWindow
from claude_tui.model.event import Event, EventKind
from claude_tui.model.headroom import Headroom, HeadroomView, WindowUsage
from claude_tui.model.incident import IncidentEntry, IncidentSummary
from claude_tui.model.latency import LatencySeries, LatencyView
from claude_tui.model.level import Level
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation, Source
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
    "FAILED_SERIES",
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
    "ModelState",
    "Notice",
    "ProbeState",
    "Snapshot",
    "Spend",
    "StatusView",
    "Target",
    "WindowUsage",
]


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
    """How many messages it was sent since then, or lately while it answers."""
    at: datetime
    """When it was asked last."""
    good: int = 0
    """How many messages in a row it has answered since its last failure, while it fails."""
    needed: int = 0
    """How many in a row show that it answers again."""

    @property
    def recovering(self) -> bool:
        """Whether it fails, but has answered lately."""
        return self.fails and self.good > 0


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
    concerning: frozenset[str] = frozenset()
    """The ids of the incidents that concern what we use."""
    silent_since: datetime | None = None
    """The start of a problem that the verdict attributes to the provider, while the page reports none."""
    stale: bool = False
    """Whether the last success is too old, so that `status` may be out of date."""


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
    """How many times faster than real time the scenario is played."""
    credential: str = "ANTHROPIC_API_KEY"
    """The variable that holds the key or token in use."""
    key_problem: str | None = None
    """What looks wrong with the key, which is sent anyway."""
    alerts: AlertsView = field(default_factory=AlertsView)
    """The alerts as of this instant."""
    recorded: tuple[Event, ...] = ()
    """Events that are not in the observations (verdicts, alerts, what people did), newest first."""
    step_marks: tuple[StepMark, ...] = ()
    """Marks on steps of playbooks in the last days, oldest first."""
    severity_marks: tuple[SeverityMark, ...] = ()
    """Severities set by people in the last days, oldest first."""
    takes: tuple[ActionRequest, ...] = ()
    """Who took on the problem of a verdict in the last days, oldest first."""
    no_key_reason: NoKeyReason | None = None
    """Why no request can carry a key."""
    incident_entries: tuple[IncidentEntry, ...] = ()
    """Everything recorded about incidents, in the order of recording."""
    field_revisions: tuple[FieldRevision, ...] = ()
    """Everything written into postmortems, in the order of writing."""
    watching: Watching = field(default_factory=Watching)
    """This process among those that share its store."""
    drill: bool = False
    """Whether a drill is being played; `demo` then does not name the scenario."""
    uptime: Uptime | None = None
    """The uptime of the last 30 days; None before it is first counted, and in the past."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the screens can show at instant `at`."""

    at: datetime
    """The instant that everything here is as of; see `panels_at`."""
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
    """The events of that incident, newest first, back to its first failure; empty without an incident."""
    traffic: TrafficView | None = None
    """Own traffic; None before any source has reported."""
    headroom_by_model: tuple[tuple[str, HeadroomView], ...] = ()
    """What is left for each model whose limits own traffic has reported, the busiest model first."""
    past: PastView | None = None
    """Where in the record this Snapshot was taken; None for a live one."""
    models: tuple[ModelState, ...] = ()
    """The state of each probed model if several are probed; otherwise empty."""
    first_failure: datetime | None = None
    """When the current trouble began, even if there is no verdict on it yet; None without trouble."""
    outlook: Outlook = field(default_factory=Outlook)
    """What is worth knowing while all is well."""
    panels_at: datetime | None = None
    """The instant that all but `at`, `engine` and `verdict` is as of, if nothing but time has passed since.

    None if that is `at`.
    """
