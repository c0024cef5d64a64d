"""What a scenario file says, as values. Times are seconds of scenario time, from its start."""

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
    """How a request to the API can end. What each looks like on the wire stands in `faults` and `stream`."""

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
    # Something on the way answers, or nothing does: the API never sees the request.
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
    """A lognormal distribution of seconds, with a rare heavy tail.

    One draw in 1/`tail_share` is stretched by up to `tail_factor`.
    """

    median_s: float
    p95_s: float
    tail_share: float = 0.01
    tail_factor: float = 2.0

    def draw(self, random: Random) -> float:
        # The 95th percentile of a normal distribution lies 1.645 standard deviations up.
        sigma = math.log(self.p95_s / self.median_s) / 1.645
        seconds = self.median_s * math.exp(sigma * random.gauss(0.0, 1.0))
        stretched = random.random() < self.tail_share
        return seconds * random.uniform(1.0, self.tail_factor) if stretched else seconds


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """`mix` pairs replies with weights that sum to 1. `latency` is how long an answer takes."""

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
    """Here `latency` is for answers that are no success; a success takes `first_token` and then
    `between_tokens` for each further token."""

    first_token: Spread
    between_tokens: Spread


@dataclass(frozen=True, slots=True)
class Rates:
    """Per minute of scenario time."""

    requests: float
    input_tokens: float
    output_tokens: float


@dataclass(frozen=True, slots=True)
class PagePlan:
    """What the status page says. `components` holds those that are not operational: (key, status)."""

    answer: PageAnswer
    indicator: str
    description: str
    components: tuple[tuple[str, str], ...]
    latency: Spread

    def status_of(self, key: str) -> str:
        return dict(self.components).get(key, OPERATIONAL)


@dataclass(frozen=True, slots=True)
class ModelPlan:
    id: str
    display_name: str
    line: str | None
    created_at: datetime
    lifecycle: str
    deprecated_at: datetime | None
    retires_at: datetime | None
    max_input_tokens: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class State:
    """How everything behaves for a while. `load` is what the rest of the organisation uses of `limits`.

    Models in `unserved` are refused with 404 though listed; those in `retired` are listed as retired too.
    """

    messages: MessagesPlan
    models: EndpointPlan
    count_tokens: EndpointPlan
    limits: Rates
    load: Rates
    page: PagePlan
    unserved: frozenset[str] = frozenset()
    retired: frozenset[str] = frozenset()

    @property
    def unreachable(self) -> bool:
        """Nothing answers at all: connections die as they open."""
        endpoints = (self.messages, self.models, self.count_tokens)
        return self.page.answer is PageAnswer.REFUSED and all(plan.refuses_all for plan in endpoints)

    def lifecycle_of(self, model: ModelPlan) -> str:
        return "retired" if model.id in self.retired else model.lifecycle

    def serves(self, model: ModelPlan) -> bool:
        return self.lifecycle_of(model) != "retired" and model.id not in self.unserved


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a scenario and the truth about it. `for_s` is None when it lasts to the end."""

    name: str
    for_s: float | None
    state: State
    cause: Cause = Cause.HEALTHY
    side: Side = Side.NONE


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    at_s: float
    status: str
    body: str


@dataclass(frozen=True, slots=True)
class IncidentPlan:
    """`updates` are oldest first; the page lists them newest first unless `oldest_first`."""

    name: str
    impact: str
    components: tuple[str, ...]
    updates: tuple[UpdatePlan, ...]
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    name: str
    components: tuple[str, ...]
    starts_s: float
    for_s: float
    body: str


@dataclass(frozen=True, slots=True)
class ComponentPlan:
    key: str
    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True)
class Scenario:
    """A scripted incident. `baseline` is the healthy state, which returns when the last phase ends."""

    name: str
    title: str
    seed: int
    gateway: str | None
    baseline: State
    phases: tuple[Phase, ...]
    components: tuple[ComponentPlan, ...]
    models: tuple[ModelPlan, ...]
    incidents: tuple[IncidentPlan, ...]
    maintenances: tuple[MaintenancePlan, ...]
    truth: Truth | None = None
    """What a responder is measured against; None for a scenario that is no drill."""

    @cached_property
    def trouble_s(self) -> float:
        """When the first phase that is not healthy starts; 0 where all of them are."""
        starts = zip(self.starts_s, self.phases, strict=True)
        return next((start for start, phase in starts if phase.cause is not Cause.HEALTHY), 0.0)

    @cached_property
    def starts_s(self) -> tuple[float, ...]:
        """When each phase starts."""
        lengths = [phase.for_s or 0.0 for phase in self.phases[:-1]]
        return tuple(accumulate(lengths, initial=0.0))

    @cached_property
    def scheduled(self) -> tuple[tuple[float, Phase], ...]:
        """Every phase with its start, and the return to the baseline where the last phase ends."""
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
        """The real instant. Time before the start is not sped up: an incident of last week was last week."""
        return self.started + timedelta(seconds=at_s / self.speed if at_s > 0 else at_s)
