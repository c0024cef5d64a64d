"""The current state as a text for users: plain, honest, without anything internal. All times are UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.model.format import plural
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause, EvidenceKind, PageAgreement, Severity, Side, Verdict

__all__ = ["users_text"]

_NEXT_UPDATE = timedelta(minutes=30)
_STEP_MINUTES = 5
# From this many minutes on, hours are precise enough.
_HOURS_FROM = 120
_EFFECTS = {
    Severity.P1: "Most requests are failing at the moment.",
    Severity.P2: "Many requests are failing at the moment.",
    Severity.P3: "Some requests are failing; most work.",
    Severity.P4: "Very few requests are failing; nearly all work.",
}
# A P2 may be a twentieth of the requests or nearly all of them.
_FEW, _MOST = 0.25, 0.5
_SLOW = "Responses take longer than usual."
_CAUSES = {
    Side.THEM: "As far as we know, the cause is at our AI provider.",
    Side.US: "The cause is on our side, and we are working on it.",
    Side.PATH: "As far as we know, the connection to our AI provider is disrupted.",
}
_UNKNOWN_CAUSE = "We do not know the cause yet and are investigating."
_ADVICE = "If something fails, wait a few minutes and try again. Nothing else is needed on your side."


def users_text(snapshot: Snapshot) -> str:
    """A few sentences for our own status page, or for a support team."""
    engine, verdict = snapshot.engine, snapshot.verdict
    simulated = f"[{'DRILL' if engine.drill else 'DEMO'}, simulated] " if engine.demo is not None else ""
    return f"{simulated}{' '.join(_sentences(verdict, snapshot.at))}"


def _sentences(verdict: Verdict, at: datetime) -> tuple[str, ...]:
    if verdict.cause is Cause.PROVIDER_NOTICE:
        return (
            "Our AI provider reports problems with a part of its service that we use.",
            f"In our own checks, our AI features are working as of {at:%H:%M} UTC.",
            "We are watching it.",
        )
    if not verdict.severity.trouble:
        if verdict.cause is Cause.HEALTHY and not verdict.checking:
            return (f"Our AI features are working normally as of {at:%H:%M} UTC on {_day(at)}.",)
        return (
            f"We are checking whether our AI features are working, as of {at:%H:%M} UTC on {_day(at)}.",
            "We are not aware of a problem so far.",
        )
    return (
        _began(verdict, at),
        _SLOW if verdict.cause is Cause.PROVIDER_SLOW else _effect(verdict),
        *(("It is getting better, but we are not sure yet that it is over.",) if verdict.recovery else ()),
        _CAUSES.get(verdict.side, _UNKNOWN_CAUSE),
        *_confirmed(verdict),
        _ADVICE,
        f"We will say more by {_next_update(at):%H:%M} UTC.",
    )


def _effect(verdict: Verdict) -> str:
    """What users notice: by severity, and in a P2 by the share of our probes or calls that failed."""
    failing = _failing(verdict) if verdict.severity is Severity.P2 else None
    if failing is None or _FEW <= failing <= _MOST:
        return _EFFECTS[verdict.severity]
    return _EFFECTS[Severity.P3 if failing < _FEW else Severity.P1]


def _failing(verdict: Verdict) -> float | None:
    """The share of requests that failed, from 0 to 1; None if nothing was counted, or nothing any more."""
    kinds = (EvidenceKind.TRAFFIC, EvidenceKind.FAILURES)
    for figures in (dict(item.figures) for kind in kinds for item in verdict.evidence if item.kind is kind):
        if figures.get("asked"):
            return figures["failed"] / figures["asked"]
    return None


def _began(verdict: Verdict, at: datetime) -> str:
    since = verdict.since
    if since is None:
        return f"There is a problem with our AI features, as of {at:%H:%M} UTC on {_day(at)}."
    minutes = max(int((at - since).total_seconds() // 60), 1)
    lasted = plural(minutes, "minute") if minutes < _HOURS_FROM else f"{minutes // 60} hours"
    return (
        f"There has been a problem with our AI features since {since:%H:%M} UTC on {_day(since)}, "
        f"for {lasted} so far."
    )


def _confirmed(verdict: Verdict) -> tuple[str, ...]:
    if verdict.side is not Side.THEM:
        return ()
    if verdict.page is PageAgreement.CONFIRMS:
        return ("They have confirmed it on their status page.",)
    if verdict.page is PageAgreement.RESOLVED:
        return ("They reported it on their status page, and say it is resolved.",)
    return ("They have not reported it yet.",) if verdict.page is PageAgreement.SILENT else ()


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _next_update(at: datetime) -> datetime:
    """A time half an hour ahead, on a full five minutes."""
    then = at + _NEXT_UPDATE
    rounded = then - timedelta(minutes=then.minute % _STEP_MINUTES)
    return rounded if rounded - at >= _NEXT_UPDATE else rounded + timedelta(minutes=_STEP_MINUTES)
