"""A problem with one of several probed models: which of them it concerns, and which one answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claude_tui.analysis.diagnosis.attribution import LeadingCause, leading_cause, retry_after, words_for
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import cross_check_at
from claude_tui.analysis.diagnosis.evidence import kinds_of
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.gateways import whose_words
from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.analysis.traffic.families import family_of
from claude_tui.analysis.views.models import model_states, names_of
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.model_names import families_in, model_name
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import ModelState
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Recovery, Severity

__all__ = [
    "OF_A_MODEL",
    "Scope",
    "detect_model_failures",
    "scope_of_messages",
    "scoped",
    "unprobed_in_page",
]

# The advice about one model in place of the advice about the API.
OF_A_MODEL = {
    "outage": "model_errors",
    "outage_no_answer": "model_errors",
    "errors": "model_errors",
    "errors_no_answer": "model_errors",
    "errors_streams": "model_errors",
    "errors_stalled": "model_errors",
    "errors_odd": "model_errors",
    "overloaded": "model_overloaded",
    "capacity": "model_overloaded",
    "overloaded_stream": "model_overloaded",
}
"""The replacement by the id of the advice for the API."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of the probed models a problem concerns."""

    failing: tuple[ModelState, ...]
    """The models that fail."""
    answering: tuple[ModelState, ...]
    """The models that answer."""
    apart: tuple[ModelState, ...] = ()
    """The models that fail in another way."""

    @property
    def words(self) -> str:
        """`Opus only; Haiku and Sonnet answer`, or `Haiku and Opus alike`."""
        if self.apart:
            verb = "fails" if len(self.apart) == 1 else "fail"
            others = f"; {self.others}" if self.answering else ""
            return f"{names_of(self.failing)} only; {names_of(self.apart)} {verb} for another reason{others}"
        if not self.answering:
            return f"{names_of(self.failing)} alike" if len(self.failing) > 1 else ""
        return f"{names_of(self.failing)} only; {self.others}"

    @property
    def others(self) -> str:
        """`Haiku and Sonnet answer`; empty if none does."""
        if not self.answering:
            return ""
        return f"{names_of(self.answering)} {'answers' if len(self.answering) == 1 else 'answer'}"

    @property
    def fallback(self) -> str | None:
        """The id of a model that answers."""
        return self.answering[0].model if self.answering else None


def scoped(advice: Advice, scope: Scope | None) -> Advice:
    """What to say if only some of the models fail."""
    if scope is None or not scope.answering:
        return advice
    return knowledge().advice[OF_A_MODEL.get(advice.id, advice.id)]


def scope_of_messages(context: DiagnosisContext) -> Scope | None:
    """The scope of failing messages; None if only one model is probed."""
    states = _states(context)
    newest = context.newest(Source.MESSAGES)
    own = next((state for state in states if newest is not None and state.model == newest.model), None)
    if own is None:
        return None
    others = [state for state in states if state is not own and state.known]
    episode = context.open_episode(Source.MESSAGES)
    kind = family_of(context.failures_of(episode, 1)[-1].outcome) if episode is not None else None
    alike = [
        other for other in others if other.fails and kind in {None, family_of(other.failures[-1].outcome)}
    ]
    return Scope(
        (own, *alike),
        tuple(other for other in others if not other.fails and not other.suspect),
        tuple(other for other in others if other.fails and other not in alike),
    )


def detect_model_failures(context: DiagnosisContext) -> Finding | None:
    """Further models fail while messages to the first are answered."""
    states = [state for state in _states(context) if state.known]
    newest = context.newest(Source.MESSAGES)
    first = newest.model if newest is not None else None
    failing = tuple(state for state in states if state.fails and state.model != first)
    if not failing:
        return None
    failures = _failures_of(failing)
    cross_check = cross_check_at(context.history, context.at, failures[0].at, context.options)
    lead = leading_cause(failures, cross_check)
    if lead.advice.cause in {Cause.NETWORK, Cause.UNKNOWN}:
        return None
    failing, apart = _split_by_kind(failing, lead)
    failures = _failures_of(failing)
    since = failures[0].at
    scope = Scope(failing, tuple(state for state in states if not state.fails and not state.suspect), apart)
    advice = scoped(whose_words(context, lead.explained, lead.advice), scope)
    asked = sum(model.asked for model in failing)
    kinds = kinds_of([failure.kind for failure in failures], lead.failures)
    counted = f"{len(failures)} of {asked} messages to {names_of(failing)} failed: {kinds}"
    many = len(failures) >= context.thresholds.ratio_failures
    return Finding(
        advice=advice,
        confidence=round((1 - 0.5 ** len(failures)) * (0.7 + 0.3 * lead.share), 2),
        severity=Severity.P2 if many else Severity.P3,
        evidence=(
            Evidence(
                EvidenceKind.FAILURES,
                (counted,),
                (("failed", len(failures)), ("asked", asked)),
                tuple(lead.failures),
            ),
        ),
        words={**words_for(context, lead), "model": names_of(failing)},
        since=since,
        detected_at=failures[1].at,
        retry=retry_after(context, lead.newest, advice),
        failures=lead.explained,
        recovery=_recovery(failing, lead),
        scope=scope.words,
        brief_scope=scope.others if advice.id in OF_A_MODEL.values() else "",
        fallback=scope.fallback,
    )


def _split_by_kind(
    failing: tuple[ModelState, ...], lead: LeadingCause
) -> tuple[tuple[ModelState, ...], tuple[ModelState, ...]]:
    """The models that fail as most of their messages do, and those that fail for another reason."""
    kind = family_of(lead.typical.outcome)
    alike = tuple(model for model in failing if family_of(model.failures[-1].outcome) is kind)
    return (alike, tuple(model for model in failing if model not in alike)) if alike else (failing, ())


def _failures_of(failing: Sequence[ModelState]) -> list[Observation]:
    """The failures of these models, oldest first."""
    return sorted(
        (failure for state in failing for failure in state.failures), key=lambda failure: failure.at
    )


def _recovery(failing: Sequence[ModelState], lead: LeadingCause) -> Recovery | None:
    """The progress of the model that is furthest from its recovery; None while one of them has not begun."""
    last = min(failing, key=lambda model: model.good)
    return Recovery(last.good, last.needed, failure_brief(lead.typical)) if last.recovering else None


def unprobed_in_page(context: DiagnosisContext) -> tuple[str, str] | None:
    """The models that the page names and own traffic does not call; the probed ones if these are others."""
    named = families_in(" ".join(context.page_report.reports))
    probed = {state.name for state in _states(context)}
    if context.traffic is not None:
        named -= {model_name(model.name) for model in context.traffic.models if model.calls >= LEAST_CALLS}
    newest = context.newest(Source.MESSAGES)
    if not probed and newest is not None and newest.model is not None:
        probed = {model_name(newest.model)}
    if not named or not probed or not named.isdisjoint(probed):
        return None
    return _listed(named), _listed(probed)


def _listed(names: frozenset[str] | set[str]) -> str:
    ordered: Sequence[str] = sorted(names)
    return " and ".join(filter(None, (", ".join(ordered[:-1]), ordered[-1])))


def _states(context: DiagnosisContext) -> tuple[ModelState, ...]:
    return model_states(context.history, context.at, context.options)
