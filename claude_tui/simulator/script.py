"""A scenario as values. Times are seconds of scenario time since its start."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from random import Random

from claude_tui.model.verdict import Cause, Side
from claude_tui.simulator.truth import Truth

__all__ = [
    "OPERATIONAL",
    "ComponentPlan",
    "EndpointPlan",
    "IncidentPlan",
    "MaintenancePlan",
    "MessagesPlan",
    "ModelPlan",
    "PageAnswer",
    "PagePlan",
    "Phase",
    "Playhead",
    "Rates",
    "Reply",
    "Scenario",
    "Spread",
    "State",
    "UpdatePlan",
]

OPERATIONAL = "operational"


class Reply(StrEnum):
    """How a request to the API can end; `faults` and `stream` define what each looks like on the wire."""

    OK = "ok"
    # The API answers with an error.
    OVERLOADED = "overloaded"
    OVERLOADED_AS_500 = "overloaded_as_500"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    RATE_LIMITED = "rate_limited"
    RAMP_LIMITED = "ramp_limited"
    SPEND_LIMIT = "spend_limit"
    CONTRACT_SPEND_LIMIT = "contract_spend_limit"
    USAGE_LIMIT = "usage_limit"
    BILLING = "billing"
    KEY_REJECTED = "key_rejected"
    NOT_PERMITTED = "not_permitted"
    MODEL_NOT_FOUND = "model_not_found"
    TOO_LARGE = "too_large"
    # A stream goes wrong after HTTP 200.
    STREAM_ERROR_FIRST = "stream_error_first"
    STREAM_ERROR = "stream_error"
    STREAM_CUT = "stream_cut"
    STREAM_RESET = "stream_reset"
    # An intermediary answers, or nothing does: the request never reaches the API.
    BAD_GATEWAY = "bad_gateway"
    REGION_BLOCKED = "region_blocked"
    CHALLENGE = "challenge"
    CAPTIVE_PORTAL = "captive_portal"
    EMPTY = "empty"
    NOT_AN_OBJECT = "not_an_object"
    REFUSED = "refused"
    HANG = "hang"


class PageAnswer(StrEnum):
    """How the status page answers: as itself, or in one of the ways that leave the status unknown."""

    PAGE = "page"
    ERROR = "error"
    CHALLENGE = "challenge"
    HTML = "html"
    CAPTIVE_PORTAL = "captive_portal"
    REFUSED = "refused"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Spread:
    """A lognormal distribution of seconds, with a rare heavy tail."""

    median_s: float
    """The median of the draws before stretching."""
    p95_s: float
    """Their 95th percentile."""
    tail_share: float = 0.01
    """The share of draws that are stretched."""
    tail_factor: float = 2.0
    """The largest factor by which a draw is stretched."""

    def draw(self, random: Random) -> float:
        # The 95th percentile of a normal distribution lies 1.645 standard deviations up.
        sigma = math.log(self.p95_s / self.median_s) / 1.645
        seconds = self.median_s * math.exp(sigma * random.gauss(0.0, 1.0))
        stretched = random.random() < self.tail_share
        return seconds * random.uniform(1.0, self.tail_factor) if stretched else seconds


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """How an endpoint answers. `mix` pairs replies with weights that sum to 1; `latency` is its time."""

    mix: tuple[tuple[Reply, float], ...]
    latency: Spread

    def draw(self, random: Random) -> Reply:
        replies, weights = zip(*self.mix, strict=True)
        reply: Reply = random.choices(replies, weights)[0]
        return reply

    @property
    def refuses_all(self) -> bool:
        return all(reply is Reply.REFUSED for reply, weight in self.mix if weight > 0)


@dataclass(frozen=True, slots=True)
class MessagesPlan(EndpointPlan):
    """How `/v1/messages` answers. `latency` is that of failures only; a success takes `first_token`, then
    `between_tokens` for each further token.
    """

    first_token: Spread
    between_tokens: Spread


@dataclass(frozen=True, slots=True)
class Rates:
    """Amounts per minute of scenario time."""

    requests: float
    input_tokens: float
    output_tokens: float


@dataclass(frozen=True, slots=True)
class PagePlan:
    """The status page in one phase."""

    answer: PageAnswer
    """The page itself, or a way to fail."""
    indicator: str
    """The overall state, such as `minor`."""
    description: str
    """The sentence that goes with the indicator."""
    components: tuple[tuple[str, str], ...]
    """The components that are not operational: (key, status)."""
    latency: Spread
    """How long the page takes to answer."""

    def status_of(self, key: str) -> str:
        return dict(self.components).get(key, OPERATIONAL)


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One model of the list."""

    id: str
    """The model id."""
    display_name: str
    """The name for people."""
    line: str | None
    """The product line; None if the list states none."""
    created_at: datetime
    """When it was released."""
    lifecycle: str
    """active, deprecated or retired, unless the phase retires it."""
    deprecated_at: datetime | None
    """None if not deprecated."""
    retires_at: datetime | None
    """None if no retirement is planned."""
    max_input_tokens: int
    """The size of the context window."""
    max_tokens: int
    """The largest `max_tokens` of a request."""


@dataclass(frozen=True, slots=True)
class State:
    """How everything behaves during one phase."""

    messages: MessagesPlan
    """How `/v1/messages` answers."""
    models: EndpointPlan
    """How `/v1/models` answers."""
    count_tokens: EndpointPlan
    """How `/v1/messages/count_tokens` answers."""
    limits: Rates
    """The organisation's rate limits."""
    load: Rates
    """How much of the limits the rest of the organisation uses."""
    page: PagePlan
    """The status page."""
    unserved: frozenset[str] = frozenset()
    """Ids of models that are listed but refused with 404."""
    retired: frozenset[str] = frozenset()
    """Ids of models that are listed as retired and refused with 404."""
    mix_of: frozenset[str] = frozenset()
    """Ids of the models that `messages.mix` is for; the others answer. Empty for all."""
    bad_deploy: str = ""
    """The simulated application whose new version sends invalid requests; empty for none."""

    @property
    def unreachable(self) -> bool:
        """Whether nothing answers at all: every connection is reset as it opens."""
        endpoints = (self.messages, self.models, self.count_tokens)
        return self.page.answer is PageAnswer.REFUSED and all(plan.refuses_all for plan in endpoints)

    def lifecycle_of(self, model: ModelPlan) -> str:
        return "retired" if model.id in self.retired else model.lifecycle

    def serves(self, model: ModelPlan) -> bool:
        return self.lifecycle_of(model) != "retired" and model.id not in self.unserved


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a scenario, and its true cause."""

    name: str
    """Unique within the scenario."""
    for_s: float | None
    """Its length; None if it lasts to the end."""
    state: State
    """How everything behaves in that time."""
    cause: Cause = Cause.HEALTHY
    """The true cause, to compare verdicts with."""
    side: Side = Side.NONE
    """The true side, likewise."""


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """One update of an incident; `at_s` is when it is posted."""

    at_s: float
    status: str
    body: str


@dataclass(frozen=True, slots=True)
class IncidentPlan:
    """An incident on the status page."""

    name: str
    """The title."""
    impact: str
    """none, minor, major, critical, or maintenance."""
    components: tuple[str, ...]
    """Keys of the affected components."""
    updates: tuple[UpdatePlan, ...]
    """Oldest first."""
    oldest_first: bool = False
    """Whether the page lists the updates in that order rather than newest first."""


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """A scheduled maintenance on the status page."""

    name: str
    """The title."""
    components: tuple[str, ...]
    """Keys of the affected components."""
    starts_s: float
    """When it starts; may be before the scenario."""
    for_s: float
    """Its length."""
    body: str
    """The text of the announcement."""


@dataclass(frozen=True, slots=True)
class ComponentPlan:
    """A component of the status page."""

    key: str
    """The name that scenario files use."""
    id: str
    """The page's id."""
    name: str
    """The name on the page."""
    created_at: datetime
    """When it was added to the page."""


@dataclass(frozen=True)
class Scenario:
    """A scripted incident."""

    name: str
    """The name of the file, without its suffix."""
    title: str
    """A one-line description."""
    seed: int
    """The seed unless another is given."""
    gateway: str | None
    """`litellm` for clients behind that gateway; None for the API itself."""
    baseline: State
    """The healthy state, which returns when the last phase ends."""
    phases: tuple[Phase, ...]
    """In order; at least one."""
    components: tuple[ComponentPlan, ...]
    """The components of the status page."""
    models: tuple[ModelPlan, ...]
    """All models, in the order of the list."""
    incidents: tuple[IncidentPlan, ...]
    """The incidents on the status page."""
    maintenances: tuple[MaintenancePlan, ...]
    """The scheduled maintenances on the status page."""
    truth: Truth | None = None
    """The truth that a responder is measured against; None for a scenario that is not a drill."""

    @cached_property
    def trouble_s(self) -> float:
        """When the first phase that is not healthy starts; 0 if all of them are."""
        starts = zip(self.starts_s, self.phases, strict=True)
        return next((start for start, phase in starts if phase.cause is not Cause.HEALTHY), 0.0)

    @cached_property
    def starts_s(self) -> tuple[float, ...]:
        """The start of each phase."""
        lengths = [phase.for_s or 0.0 for phase in self.phases[:-1]]
        return tuple(accumulate(lengths, initial=0.0))

    @cached_property
    def scheduled(self) -> tuple[tuple[float, Phase], ...]:
        """Every phase with its start, and the return to the baseline if the last phase ends."""
        phases = tuple(zip(self.starts_s, self.phases, strict=True))
        last = self.phases[-1].for_s
        return (
            phases
            if last is None
            else (*phases, (self.starts_s[-1] + last, Phase("healthy", None, self.baseline)))
        )

    def phase_at(self, elapsed_s: float) -> Phase:
        return next(
            (phase for start, phase in reversed(self.scheduled) if start <= elapsed_s), self.phases[0]
        )

    def after(self, elapsed_s: float) -> Iterator[tuple[float, Phase]]:
        """The phases still to come, each with its start."""
        return ((start, phase) for start, phase in self.scheduled if start > elapsed_s)


@dataclass(frozen=True, slots=True)
class Playhead:
    """The position in a running scenario: converts real instants to scenario seconds and back."""

    started: datetime
    speed: float = 1.0

    def elapsed_s(self, now: datetime) -> float:
        return (now - self.started).total_seconds() * self.speed

    def instant(self, at_s: float) -> datetime:
        """The real instant. Time before the start is not sped up: an incident from last week stays there."""
        return self.started + timedelta(seconds=at_s / self.speed if at_s > 0 else at_s)
