"""Detectors of failures: of messages, or of the model list alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from claude_tui.analysis.diagnosis.attribution import (
    LeadingCause,
    leading_cause,
    retry_after,
    some_or_most,
    specified,
    words_for,
)
from claude_tui.analysis.diagnosis.authentication import accepted_in_turn, whose_key
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import (
    CrossCheck,
    PathState,
    advice_for,
    cross_check_at,
    decides_alone,
)
from claude_tui.analysis.diagnosis.episodes import ANSWERS_RETURN, DOWN, Episode
from claude_tui.analysis.diagnosis.evidence import (
    failures_evidence,
    kinds_of,
    models_clause,
    ruled_out,
)
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.gateways import whose_words
from claude_tui.analysis.diagnosis.losses import is_lost, took_until
from claude_tui.analysis.diagnosis.models import OF_A_MODEL, Scope, scope_of_messages, scoped
from claude_tui.analysis.diagnosis.reported import refusal_advice_by_page
from claude_tui.analysis.diagnosis.severity import severity_of_messages
from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.analysis.views.models import names_of
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Recovery, Severity, Side

__all__ = ["detect_message_failures", "detect_model_list_failures"]

# A conclusive failure counts as the three that would confirm any other.
_CONCLUSIVE_AS = 3
# A share of no more than this, among at least this many messages, is small.
_RARE_SHARE, _RARE_OF = 0.1, 20
_DOWN = {"errors": "outage", "errors_no_answer": "outage_no_answer"}
# After one or two failures, which may be as much luck as the answers, it takes more of these.
_AFTER_FEW = 5
_COUNTED_S = 3600.0
# What is wrong with a request is wrong each time that it is sent.
_REFUSALS = frozenset({"model", "model_access", "model_listed", "permission", "request", "request_gateway"})
_NOTHING_GETS_THROUGH = frozenset({*_DOWN.values(), "outage_unprobed"})


# -- messages ----------------------------------------------------------------------------


def detect_message_failures(context: DiagnosisContext) -> Finding | None:
    """Messages were probed recently, and fail more often than by chance."""
    episode = context.open_episode(Source.MESSAGES)
    if episode is None or not episode.active or context.is_stale(Source.MESSAGES):
        return None
    now = cross_check_at(context.history, context.at, episode.since, context.options)
    cross_check = _while_it_failed(context, episode) or now
    failures = context.failures_of(episode)
    lead = leading_cause(failures, cross_check)
    if lead.advice.cause is Cause.UNKNOWN:
        return _unexplained(context, episode, lead)
    scope = scope_of_messages(context)
    lead = _advised(context, episode, lead, scope)
    models = context.open_episode(Source.MODELS)
    clause = models_clause(context, now)
    return Finding(
        advice=lead.advice,
        confidence=_confidence(episode, lead, cross_check, conclusive=_is_conclusive(context, lead)),
        severity=_severity_of_messages(context, episode, lead),
        evidence=(
            failures_evidence(context, episode, lead.failures, clause),
            ruled_out(context, cross_check, lead.advice, episode.since, failures),
            lead.evidence or _key_problem(context, lead.advice),
            _other_failures(failures, lead, cross_check),
            _not_asked_again(context),
        ),
        words=_words(context, lead, scope, episode),
        since=episode.since,
        detected_at=_detected(context, episode),
        retry=retry_after(context, lead.newest, lead.advice),
        failures=lead.explained,
        bucket=lead.bucket,
        also=_with_models(context, models, lead.advice.cause, lead.also),
        recovery=_recovery(context, episode, lead),
        scope=scope.words if scope is not None and lead.advice.side is not Side.PATH else "",
        brief_scope=scope.others if scope is not None and lead.advice.id in OF_A_MODEL.values() else "",
        fallback=scope.fallback if scope is not None else None,
    )


def _unexplained(context: DiagnosisContext, episode: Episode, lead: LeadingCause) -> Finding:
    """Failures of a kind that nothing is known about, in their own words."""
    counted = failures_evidence(context, episode, lead.failures)
    message = truncate(lead.newest.message or "")
    return Finding(
        lead.advice,
        confidence=0.0,
        evidence=(counted, Evidence(EvidenceKind.SPECIFIC, (message,)) if message else None),
        words=words_for(context, lead),
        failures=lead.explained,
    )


def _advised(
    context: DiagnosisContext, episode: Episode, lead: LeadingCause, scope: Scope | None
) -> LeadingCause:
    """The cause with advice that fits what else is known: whose it is, its scope, what the page says."""
    lead = replace(lead, advice=whose_words(context, lead.explained, lead.advice))
    advice = scoped(_as_rare(_as_outage(lead, context, episode), episode), scope)
    advice = whose_key(context, advice, episode.since, lead.explained)
    lead = specified(context, lead, advice)
    if lead.advice.id in _REFUSALS and accepted_in_turn(
        context, episode.source, episode.since, lead.newest.outcome
    ):
        return replace(lead, advice=knowledge().advice["refused_in_turn"])
    return replace(lead, advice=refusal_advice_by_page(context, lead.advice, lead.newest))


def _while_it_failed(context: DiagnosisContext, episode: Episode) -> CrossCheck | None:
    """What the other sources showed at the last failure; None if messages still fail.

    What has recovered since then says nothing about whose problem it was.
    """
    if not episode.clean:
        return None
    last = context.history.exchanges(episode.source).items.values[episode.last]
    known_at = min(datetime.fromtimestamp(took_until(last), UTC), context.at)
    return cross_check_at(context.history, known_at, episode.since, context.options)


def _words(
    context: DiagnosisContext, lead: LeadingCause, scope: Scope | None, episode: Episode
) -> dict[str, str | None]:
    words = words_for(context, lead)
    silent = lead.advice.id == "errors_no_answer"
    words["some"] = some_or_most(
        exchange.failed and (is_lost(exchange) or not silent) for exchange in _counted(context, episode)
    )
    if lead.advice.id == "overloaded_rare":
        words["what"] = f"{percent(episode.share)} of messages"
    if lead.advice.id == "lossy":
        words["what"] = f"{episode.failures} of {episode.total} messages"
    of_a_model = scope is not None and lead.advice.id in {"model_errors", "model_overloaded"}
    return words | {"model": names_of(scope.failing)} if scope is not None and of_a_model else words


def _counted(context: DiagnosisContext, episode: Episode) -> Sequence[Observation]:
    """The exchanges that the evidence counts: of the episode or of its last hour, or those of the round."""
    if not context.policy.checks_again:
        return context.recent(episode.source)
    items = context.history.exchanges(episode.source).items
    hour = items.index_at(context.at.timestamp() - _COUNTED_S)
    return items.values[max(episode.first, hour) : items.count_until(context.at.timestamp())]


def _is_conclusive(context: DiagnosisContext, lead: LeadingCause) -> bool:
    """Whether the newest failure is conclusive, with nothing to suggest that it is not ours."""
    return context.ends_conclusively or (lead.advice.side is Side.US and decides_alone(lead.newest))


def _recovery(context: DiagnosisContext, episode: Episode, lead: LeadingCause) -> Recovery | None:
    """The progress of an episode's recovery, and from what it recovers."""
    if not (episode.recovering or _answers_return(context, episode, lead)):
        return None
    counted = Recovery(episode.clean, episode.successes_to_recover, failure_brief(lead.typical))
    return replace(counted, good_s=episode.clean_s, needed_s=episode.quiet_s) if episode.quiet_s else counted


def _answers_return(context: DiagnosisContext, episode: Episode, lead: LeadingCause) -> bool:
    """Whether requests that all failed are answered again, also if that may still be luck."""
    if not (context.policy.checks_again and episode.active):
        return False
    if episode.failures < DOWN:
        return episode.failures == episode.total and episode.clean >= _AFTER_FEW
    every = episode.failures == episode.total or lead.advice.id in _NOTHING_GETS_THROUGH
    return every and episode.clean >= ANSWERS_RETURN


def _severity_of_messages(context: DiagnosisContext, episode: Episode, lead: LeadingCause) -> Severity:
    """The severity by count. A conclusive failure is at least a P2, and a P1 if it affects every message."""
    advice = lead.advice
    counted = severity_of_messages(
        context.history,
        context.at,
        episode,
        advice.cause,
        context.options,
    )
    if context.ends_conclusively:
        useless = advice.retry is not None and not advice.retry.worthwhile
        every = useless and episode.failures == episode.total
        return Severity.worst((counted, Severity.P1 if every else Severity.P2))
    if _is_conclusive(context, lead) and episode.failures == episode.total and not episode.clean:
        counted = Severity.worst((counted, Severity.P2))
    return context.policy.severity(context, episode.source, counted)


def _models_fail(context: DiagnosisContext) -> bool:
    """Whether every model list request has failed since the first did, on an endpoint that has a list."""
    models = context.open_episode(Source.MODELS)
    fail = models is not None and models.failures == models.total and not models.clean
    return fail and not context.is_stale(Source.MODELS) and context.ever_answered(Source.MODELS)


def _as_outage(lead: LeadingCause, context: DiagnosisContext, episode: Episode) -> Advice:
    """The advice. If nearly every call fails, errors are an outage."""
    advice = lead.advice
    if advice.id not in _DOWN or not _is_outage(lead, context, episode):
        return advice
    return knowledge().advice[_DOWN[advice.id]]


def _as_rare(advice: Advice, episode: Episode) -> Advice:
    """The advice. For a small share of overloads, retries are enough; nobody has to shed load."""
    few = episode.share <= _RARE_SHARE and episode.total + episode.clean >= _RARE_OF
    return knowledge().advice["overloaded_rare"] if few and advice.id == "overloaded" else advice


def _is_outage(lead: LeadingCause, context: DiagnosisContext, episode: Episode) -> bool:
    items = context.history.exchanges(episode.source).items
    first = items.index_at(lead.changed.at.timestamp()) if lead.changed is not None else episode.first
    return context.policy.is_outage(context, episode.source, first, _least_down(context, episode))


def _least_down(context: DiagnosisContext, episode: Episode) -> int:
    """How many failures in a row are an outage: fewer if the other source fails as well."""
    if episode.source is Source.MODELS or not _models_fail(context):
        return DOWN
    models = context.open_episode(Source.MODELS)
    return 1 if models is not None and models.active else DOWN - 1


def _detected(context: DiagnosisContext, episode: Episode) -> datetime | None:
    """When it was more than chance: as failures of one episode, or earlier as intermittent errors."""
    if episode.confirmed_at is None:
        return None
    failures = context.history.failures(episode.source)
    items = context.history.exchanges(episode.source).items
    begin, end = items.at[episode.first], items.at[episode.last]
    instants = failures.at[failures.index_at(begin) : failures.count_until(end)]
    needed, span_s = context.thresholds.rare_failures, context.thresholds.rare_span_s
    answered = [at for at in instants[: 4 * needed] if not is_lost(items.values[items.index_at(at)])]
    if len(answered) < needed or answered[needed - 1] - answered[0] > span_s:
        return _instant(episode.confirmed_at)
    rare = items.values[items.index_at(answered[needed - 1])]
    return rare.at if took_until(rare) < episode.confirmed_at else _instant(episode.confirmed_at)


def _with_models(
    context: DiagnosisContext, models: Episode | None, cause: Cause, also: tuple[Cause, ...]
) -> tuple[Cause, ...]:
    """The other causes, including that of the failing model list if it differs."""
    family = {Cause.PROVIDER_OUTAGE, Cause.PROVIDER_ERRORS}
    if models is None or not models.active:
        return also
    cross_check = cross_check_at(context.history, context.at, models.since, context.options)
    other = leading_cause(context.failures_of(models), cross_check).advice.cause
    same = other is cause or {other, cause} <= family
    return also if same or other in also else (*also, other)


def _confidence(
    episode: Episode, lead: LeadingCause, cross_check: CrossCheck, *, conclusive: bool = False
) -> float:
    """The confidence, 0..1.

    It rises with every failure, and is lower for a mix of causes or without another source to compare with.
    """
    certain = 1 - 0.5 ** max(episode.failures, _CONCLUSIVE_AS if conclusive else 0)
    pure = 0.7 + 0.3 * lead.share
    compared = 1.0 if cross_check.models is not PathState.UNKNOWN else 0.85
    # A timeout without phases, or a connection that only messages lose, may be the fault of either side.
    vague = is_lost(lead.newest) and lead.advice.side is Side.THEM
    return certain * pure * compared * (0.8 if vague else 1.0) * lead.certainty


def _other_failures(
    failures: Sequence[Observation], lead: LeadingCause, cross_check: CrossCheck
) -> Evidence | None:
    """The other failures, by name and count."""
    if not lead.also:
        return None
    others = [failure for failure in failures if advice_for(failure, cross_check).cause in lead.also]
    if not others:
        return None
    listed = f"Also {len(others)} of the last {len(failures)} failures: "
    listed += kinds_of([failure.kind for failure in others], others)
    return Evidence(EvidenceKind.OTHER_FAILURES, (listed,), (("failed", len(others)),), tuple(others))


def _not_asked_again(context: DiagnosisContext) -> Evidence | None:
    held = context.facts.held if context.ends_conclusively else None
    return Evidence(EvidenceKind.NOT_PROBED, (f"Not asked again: {truncate(held)}",)) if held else None


def _instant(at: float | None) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at is not None else None


# -- the model list alone -----------------------------------------------------------------


def detect_model_list_failures(context: DiagnosisContext) -> Finding | None:
    """The model list fails while messages are answered or not probed."""
    episode = context.open_episode(Source.MODELS)
    if episode is None or not episode.active or context.is_stale(Source.MODELS):
        return None
    alone = context.is_stale(Source.MESSAGES)
    if not alone and context.never_supported(context.failures_of(episode, 1)[-1]):
        return None
    cross_check = cross_check_at(context.history, context.at, episode.since, context.options)
    lead = leading_cause(context.failures_of(episode), cross_check)
    if lead.advice.cause is Cause.UNKNOWN:
        return None
    lead = replace(lead, advice=whose_words(context, lead.explained, lead.advice))
    advice = _alone(lead, context, episode) if alone else _beside_messages(lead.advice)
    advice = whose_key(context, advice, episode.since, lead.explained)
    messages = "" if alone else "messages succeed"
    return Finding(
        advice=advice,
        confidence=_confidence(episode, lead, cross_check) * (0.8 if alone else 0.9),
        severity=_severity_of_models(context, episode, alone=alone),
        evidence=(
            failures_evidence(context, episode, lead.failures, messages),
            _held(context) if alone else None,
        ),
        words=words_for(context, lead),
        since=episode.since,
        detected_at=_detected(context, episode),
        retry=retry_after(context, lead.newest, advice),
        failures=lead.explained,
        also=lead.also,
        recovery=_recovery(context, episode, replace(lead, advice=advice)),
    )


def _alone(lead: LeadingCause, context: DiagnosisContext, episode: Episode) -> Advice:
    outage = _as_outage(lead, context, episode)
    return knowledge().advice["outage_unprobed"] if outage.id == "outage" else outage


def _beside_messages(advice: Advice) -> Advice:
    if advice.id in {"errors", "errors_no_answer", "errors_stalled", "errors_odd"}:
        return knowledge().advice["errors_list"]
    if advice.id in {"gateway_or_api", "gateway_silent", "gateway_streams", "gateway_odd"}:
        return knowledge().advice["gateway_list"]
    return knowledge().advice["new_connections"] if advice.cause is Cause.NETWORK else advice


def _severity_of_models(context: DiagnosisContext, episode: Episode, *, alone: bool) -> Severity:
    """One level lower while messages are answered, as users depend on messages and not on the list."""
    if episode.failures < context.thresholds.ratio_failures:
        return Severity.P3 if alone else Severity.P4
    return Severity.P2 if alone else Severity.P3


def _held(context: DiagnosisContext) -> Evidence | None:
    held = context.facts.held
    listed = f"Messages are not probed: {truncate(held or '')}"
    return Evidence(EvidenceKind.NOT_PROBED, (listed,)) if held else None


def _key_problem(context: DiagnosisContext, advice: Advice) -> Evidence | None:
    """What looks wrong with a key that was rejected."""
    problem = context.facts.key_problem if advice.cause is Cause.KEY_REJECTED else None
    return Evidence(EvidenceKind.SPECIFIC, (truncate(problem),)) if problem else None
