"""Own traffic as the third source beside probes and status page: what it adds to a finding, or finds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.traffic_finding import (
    answered_again,
    brief_scope,
    concerns,
    evidence_of,
    finding_of,
    observation_of,
    recovery_of,
    same_cause,
    scope_words,
    severity_of,
)
from claude_tui.analysis.diagnosis.traffic_witness import Witness, witness_at
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import count, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.traffic_trouble import TrafficTrouble
from claude_tui.model.verdict import Cause, Severity, Side

__all__ = ["with_traffic"]

_SERVICE = frozenset({Cause.PROVIDER_OUTAGE, Cause.PROVIDER_ERRORS, Cause.PROVIDER_OVERLOADED})
# Own traffic neither confirms nor excludes what the probes see of latency or the page reports.
_NOT_COMPARED = frozenset({Cause.PROVIDER_SLOW, Cause.PROVIDER_NOTICE, Cause.UNKNOWN, Cause.HEALTHY})
_MUCH_LESS = 0.2
_FAR_MORE = 1.5
# Only the probes are affected if chance would give them this many of all failures with less than this
# probability.
_IMPROBABLE = 0.01
_LEAST_FAILURES = 2
_CERTAIN, _COMPARED = 0.97, 0.85
# In the words of the error table: an outage counts as errors if some calls succeed.
_DOWN = {"errors": "outage", "errors_no_answer": "outage_no_answer"}
_NOT_DOWN = {down: errors for errors, down in _DOWN.items()}


def with_traffic(context: DiagnosisContext, finding: Finding) -> Finding:
    """The finding of the probes, combined with what own traffic shows."""
    witness = witness_at(context)
    if witness is None:
        return finding
    troubles = witness.lasting
    if not troubles:
        return _only_probes_fail(context, finding, witness)
    if not finding.severity.trouble or finding.advice.cause in _NOT_COMPARED:
        return _traffic_finding(context, finding, troubles, witness)
    alike = next((trouble for trouble in troubles if same_cause(finding.advice.cause, trouble)), None)
    if alike is None or _outweighed(alike, troubles[0]):
        return _both(context, finding, troubles, witness)
    others = tuple(trouble for trouble in troubles if trouble is not alike)
    return _with_further_troubles(context, _both_fail(context, finding, alike, witness), others, witness)


# -- traffic fails ---------------------------------------------------------------------------


def _traffic_finding(
    context: DiagnosisContext, finding: Finding, troubles: Sequence[TrafficTrouble], witness: Witness
) -> Finding:
    """Own traffic fails, while the probes are fine, slow, or know nothing."""
    found = finding_of(context, troubles[0], witness)
    if finding.severity.trouble:
        if finding.severity.worse_than(found.severity):
            return _with_traffic_evidence(
                replace(finding, also=_causes_with(finding, found.advice.cause)), witness
            )
        found = replace(found, also=_causes_with(found, finding.advice.cause))
    elif all(trouble.recovering for trouble in troubles):
        well = answered_again(troubles[0])
        found = replace(found, recovery=recovery_of(context, troubles[0]), evidence=(well, *found.evidence))
    return _with_further_troubles(context, found, troubles[1:], witness)


def _outweighed(trouble: TrafficTrouble, other: TrafficTrouble) -> bool:
    """Whether far more real calls fail for another reason than the probes' failures."""
    return trouble is not other and other.overall > _FAR_MORE * trouble.overall


def _both_fail(
    context: DiagnosisContext, finding: Finding, trouble: TrafficTrouble, witness: Witness
) -> Finding:
    """Both fail alike: the shares are those of real calls, if there are enough of them."""
    service = finding.advice.cause in _SERVICE
    counts = service and trouble.has_enough_calls
    severity = severity_of(trouble, finding.advice.side)
    since = min(filter(None, (finding.since, trouble.since)))
    detected = min(filter(None, (finding.detected_at, trouble.detected_at)))
    advice, words = finding.advice, dict(finding.words)
    scope, brief, fallback = finding.scope, finding.brief_scope, finding.fallback
    if not (trouble.models or trouble.applications) and fallback in witness.models:
        # Probes of that model are rare; its real calls fail as well.
        scope = brief = ""
        fallback = None
    if counts:
        advice = _by_share(advice, trouble)
        words["some"] = "Most" if trouble.most_fail else "Some"
    if service and trouble.models and not scope:
        advice, named = concerns(advice, trouble)
        words, scope = words | named, scope_words(trouble)
        brief = brief_scope(trouble, named="model" in named)
    return _with_traffic_evidence(
        replace(
            finding,
            advice=advice,
            words=words,
            scope=scope,
            brief_scope=brief,
            fallback=fallback,
            severity=severity if counts else Severity.worst((severity, finding.severity)),
            confidence=max(finding.confidence, _CERTAIN),
            since=since,
            detected_at=detected,
            recovery=recovery_of(context, trouble) if finding.recovery and trouble.recovering else None,
        ),
        witness,
    )


def _by_share(advice: Advice, trouble: TrafficTrouble) -> Advice:
    """An outage if nearly every real call fails, errors if some of them do."""
    table = _DOWN if trouble.nearly_all_fail and not (trouble.models or trouble.applications) else _NOT_DOWN
    return knowledge().advice[table.get(advice.id, advice.id)]


def _both(
    context: DiagnosisContext, finding: Finding, troubles: Sequence[TrafficTrouble], witness: Witness
) -> Finding:
    """Both fail, for different reasons: that of real calls leads, unless it is less severe."""
    found = finding_of(context, troubles[0], witness)
    met = any(same_cause(finding.advice.cause, trouble) for trouble in troubles)
    if (
        met
        or not finding.severity.worse_than(found.severity)
        or _problem_of_probes(context, finding, witness) is not None
    ):
        found = replace(found, also=_causes_with(found, finding.advice.cause))
        return _with_further_troubles(context, found, troubles[1:], witness)
    return _with_further_troubles(context, _with_traffic_evidence(finding, witness), troubles, witness)


def _with_further_troubles(
    context: DiagnosisContext, finding: Finding, troubles: Sequence[TrafficTrouble], witness: Witness
) -> Finding:
    """The finding with the causes of further problems, and how many calls fail for each."""
    for trouble in troubles[:2]:
        cause = knowledge().of(observation_of(context, trouble)).advice.cause
        if cause is finding.advice.cause or same_cause(finding.advice.cause, trouble):
            continue
        finding = replace(
            finding,
            also=_causes_with(finding, cause),
            evidence=(*finding.evidence, evidence_of(trouble, witness)),
        )
    return finding


def _causes_with(finding: Finding, cause: Cause) -> tuple[Cause, ...]:
    """The other causes of a finding, and one more."""
    more = () if cause is finding.advice.cause or cause in {Cause.HEALTHY, Cause.UNKNOWN} else (cause,)
    return tuple(dict.fromkeys((*finding.also, *more)))


def _with_traffic_evidence(finding: Finding, witness: Witness) -> Finding:
    """The finding with the figures of own traffic as the second piece of evidence."""
    evidence = witness.evidence
    if evidence is None or evidence in finding.evidence:
        return finding
    return replace(finding, evidence=(*finding.evidence[:1], evidence, *finding.evidence[1:]))


# -- traffic is fine -------------------------------------------------------------------------


def _only_probes_fail(context: DiagnosisContext, finding: Finding, witness: Witness) -> Finding:
    """Own traffic has no problem, so the problem may be one of the probes only."""
    return _problem_of_probes(context, finding, witness) or _with_traffic_evidence(finding, witness)


def _problem_of_probes(context: DiagnosisContext, finding: Finding, witness: Witness) -> Finding | None:
    """The finding as a problem of the probes alone; None if real calls do not show that."""
    if not finding.severity.trouble or finding.advice.cause in _NOT_COMPARED or finding.since is None:
        return None
    failures = [failure for failure in finding.failures if failure.source is not Source.MODELS]
    if finding.recovery is not None or (len(failures) < _LEAST_FAILURES and not context.ends_conclusively):
        return None
    shared = witness.shared_until(finding.since)
    late = [failure for failure in failures if shared is None or failure.at > shared]
    if not late or (shared is not None and len(late) < _LEAST_FAILURES):
        return None
    since = late[0].at
    failed, calls = witness.since(since)
    asked = len(context.history.window(Source.MESSAGES, since - timedelta(microseconds=1), context.at))
    share = len(late) / max(asked, len(late))
    if calls < LEAST_CALLS or failed > _MUCH_LESS * share * calls:
        return None
    if _chance_of_probes(len(late), max(asked, len(late)), failed, calls) > _IMPROBABLE:
        return None
    model = failures[-1].model
    uses = model is None or model in witness.models
    advice = _advice_of_probe(finding.advice, failures[-1], uses=uses)
    rest = f"{percent(failed / calls)} of {count(calls)} calls of your traffic failed meanwhile"
    severity = finding.severity if Severity.P3.worse_than(finding.severity) else Severity.P3
    return _with_traffic_evidence(
        replace(
            finding,
            advice=advice,
            severity=severity,
            confidence=min(finding.confidence, _COMPARED),
            scope="Only the probe fails: its key, model or network" if advice is finding.advice else "",
            note=" ".join(filter(None, (finding.note, f"{rest}."))),
            fallback=None,
        ),
        witness,
    )


def _chance_of_probes(failed: int, asked: int, failed_calls: int, calls: int) -> float:
    """The probability that so many of all failures met the probes by chance (Fisher's exact test)."""
    total = failed + failed_calls
    among_all = _log_choices(asked + calls, total)
    return sum(
        math.exp(_log_choices(asked, met) + _log_choices(calls, total - met) - among_all)
        for met in range(failed, min(asked, total) + 1)
        if total - met <= calls
    )


def _log_choices(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def _advice_of_probe(advice: Advice, failure: Observation, *, uses: bool) -> Advice:
    """Whether the cause is the probe's model, which no application uses, or something else about it."""
    if advice.side is Side.PATH or is_lost(failure):
        return knowledge().advice["probe_network"]
    if advice.cause not in _SERVICE:
        return advice
    return knowledge().advice["probe_only" if uses else "probe_model"]
