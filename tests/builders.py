"""Observations, status reports and engine states for tests; a test spells out only what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.history.history import History
from claude_tui.model.observation import (
    Observation,
    Outcome,
    RateLimitReading,
    Source,
    Timings,
    Usage,
    WindowReading,
)
from claude_tui.model.provider import (
    Catalogue,
    Component,
    IncidentUpdate,
    ModelInfo,
    ProviderIncident,
    ProviderStatus,
)
from claude_tui.model.snapshot import EngineState, ProbeState, Spend, Target
from claude_tui.model.verdict import Evidence, EvidenceKind, Verdict

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
API = "k8-api"
CHAT = "rw-chat"
MODEL = "claude-haiku-5-5"

_ANSWERS = {
    Outcome.OVERLOADED: (529, "overloaded_error"),
    Outcome.SERVER_ERROR: (500, "api_error"),
    Outcome.RATE_LIMITED: (429, "rate_limit_error"),
    Outcome.SPEND_LIMIT: (429, "rate_limit_error"),
    Outcome.KEY_REJECTED: (401, "authentication_error"),
    Outcome.NOT_PERMITTED: (403, "permission_error"),
    Outcome.BAD_REQUEST: (400, "invalid_request_error"),
    Outcome.MODEL_NOT_FOUND: (404, "not_found_error"),
    Outcome.INVALID_RESPONSE: (200, None),
    Outcome.TRUNCATED_STREAM: (200, None),
}


def after(seconds: float) -> datetime:
    """This many seconds after `NOON`."""
    return NOON + timedelta(seconds=seconds)


def messages(
    at: datetime | float,
    outcome: Outcome = Outcome.OK,
    *,
    ttft: float | None = 0.4,
    total: float | None = 0.64,
    limits: Iterable[RateLimitReading] = (),
    windows: Iterable[WindowReading] = (),
    model: str | None = MODEL,
    error_type: str | None = None,
    http_status: int | None = None,
    message: str | None = None,
    skew_s: float | None = None,
) -> Observation:
    """One exchange of the messages probe, at an instant or this many seconds after `NOON`."""
    at = at if isinstance(at, datetime) else after(at)
    status, kind = (200, None) if outcome is Outcome.OK else _ANSWERS.get(outcome, (None, None))
    failed = outcome.failed
    return Observation(
        at=at,
        source=Source.MESSAGES,
        target="https://api.anthropic.com",
        outcome=outcome,
        http_status=http_status or status,
        error_type=error_type or kind,
        message=message,
        request_id=f"req_{int(at.timestamp() * 1000):x}",
        timings=Timings(first_byte=0.1, first_token=None if failed else ttft, total=total),
        model=model,
        stop_reason=None if failed else "end_turn",
        usage=None if failed else Usage(input_tokens=12, output_tokens=4),
        rate_limits=tuple(limits),
        windows=tuple(windows),
        skew_s=skew_s,
    )


def models(
    at: datetime | float,
    outcome: Outcome = Outcome.OK,
    *,
    total: float | None = 0.182,
    timings: Timings | None = None,
    server_s: float | None = 0.119,
    http_status: int | None = None,
    error_type: str | None = None,
) -> Observation:
    """One exchange of the models probe."""
    status, kind = (200, None) if outcome is Outcome.OK else _ANSWERS.get(outcome, (None, None))
    return Observation(
        at=at if isinstance(at, datetime) else after(at),
        source=Source.MODELS,
        target="https://api.anthropic.com",
        outcome=outcome,
        http_status=http_status or status,
        error_type=error_type or kind,
        timings=timings or Timings(dns=0.002, connect=0.014, tls=0.031, first_byte=0.135, total=total),
        server_s=server_s,
        skew_s=0.2,
    )


def page(at: datetime | float, outcome: Outcome = Outcome.OK) -> Observation:
    """One fetch of the status page."""
    return Observation(
        at=at if isinstance(at, datetime) else after(at),
        source=Source.STATUS,
        target="status.example.test",
        outcome=outcome,
        http_status=200 if outcome is Outcome.OK else None,
    )


def bucket(
    name: str,
    remaining: int | None,
    limit: int | None = 1000,
    reset_in: float | None = None,
    *,
    at: float = 0,
) -> RateLimitReading:
    """A reading that resets `reset_in` seconds after `at`."""
    return RateLimitReading(name, limit, remaining, None if reset_in is None else after(at + reset_in))


def status(
    at: datetime | float,
    api: str = "operational",
    *,
    chat: str = "operational",
    indicator: str = "none",
    incidents: Iterable[ProviderIncident] = (),
) -> ProviderStatus:
    """A page that was read, with the API's component and another one."""
    return ProviderStatus(
        fetched_at=at if isinstance(at, datetime) else after(at),
        source="https://status.example.test",
        indicator=indicator,
        description="in words",
        components=(
            Component(API, "Claude API (api.anthropic.com)", api),
            Component(CHAT, "claude.ai", chat),
        ),
        incidents=tuple(incidents),
    )


def unread(at: datetime | float, reason: str = "timeout") -> ProviderStatus:
    """A page that could not be read."""
    fetched_at = at if isinstance(at, datetime) else after(at)
    return ProviderStatus(fetched_at, "https://status.example.test", unknown_reason=reason)


def incident(
    ident: str = "i1",
    *,
    stage: str = "investigating",
    impact: str = "major",
    components: Iterable[str] = (API,),
    updates: Iterable[str] = ("We are looking into it.",),
    name: str = "Elevated errors",
) -> ProviderIncident:
    return ProviderIncident(
        id=ident,
        name=name,
        status=stage,
        impact=impact,
        started_at=NOON,
        components=tuple(components),
        updates=tuple(IncidentUpdate(NOON, stage, body) for body in updates),
    )


def catalogue(at: datetime | float, *idents: str, lifecycle: str | None = "active") -> Catalogue:
    fetched_at = at if isinstance(at, datetime) else after(at)
    return Catalogue(fetched_at, tuple(ModelInfo(ident, ident, NOON, lifecycle, None) for ident in idents))


def engine(*, held: str | None = None, source: Source = Source.MESSAGES) -> EngineState:
    """An engine at the default pace; `held` is why `source` is not being probed."""
    intervals = ((Source.STATUS, 60.0), (Source.MODELS, 15.0), (Source.MESSAGES, 30.0))
    return EngineState(
        target=Target("test", "https://api.example.test", "api.example.test", MODEL),
        probes=tuple(
            ProbeState(of, interval, None, False, None, held_reason=held if of is source else None)
            for of, interval in intervals
        ),
        spend=Spend(0.01, 0.5),
        notices=(),
    )


def history_of(*items: Observation | ProviderStatus | Catalogue) -> History:
    """A History of these items, in the order given."""
    history = History()
    for item in items:
        if isinstance(item, Observation):
            history.add_observation(item)
        elif isinstance(item, ProviderStatus):
            history.add_status(item)
        else:
            history.add_catalogue(item)
    return history


def healthy(
    start: float, end: float, *, messages_s: float = 30.0, models_s: float = 15.0
) -> list[Observation]:
    """Steady successes of both API sources over `start` <= seconds < `end`, with slight variation."""
    observations: list[Observation] = []
    for index in range(int((end - start) / messages_s)):
        wobble = 0.01 * (index % 7)
        observations.append(messages(start + index * messages_s, ttft=0.4 + wobble, total=0.64 + wobble))
    observations += [
        models(start + index * models_s + 1, total=0.17 + 0.004 * (index % 5))
        for index in range(int((end - start) / models_s))
    ]
    return sorted(observations, key=lambda observation: observation.at)


def stated(*sentences: str) -> tuple[Evidence, ...]:
    """Evidence with these sentences."""
    return tuple(
        Evidence(
            EvidenceKind.STATUS_PAGE if sentence.startswith("Status page") else EvidenceKind.FAILURES,
            tuple(sentence.removesuffix(".").split("; ")),
        )
        for sentence in sentences
    )


def texts(verdict: Verdict) -> tuple[str, ...]:
    """The evidence of a verdict as sentences."""
    return tuple(sentence.text for sentence in verdict.evidence)
