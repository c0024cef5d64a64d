"""A problem of own traffic as a finding: its cause, its side, its severity, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from claude_tui.analysis.diagnosis.attribution import (
    LeadingCause,
    leading_cause,
    specified,
    words_for,
)
from claude_tui.analysis.diagnosis.authentication import key_advice_by_page, whose_key
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, advice_for, cross_check_while_failing
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.gateways import whose_words
from claude_tui.analysis.diagnosis.models import OF_A_MODEL
from claude_tui.analysis.diagnosis.reported import refusal_advice_by_page
from claude_tui.analysis.diagnosis.traffic_witness import Witness
from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.analysis.traffic.families import OF_THE_SERVICE
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import count, percent, plural
from claude_tui.model.model_names import model_name
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.text import truncate
from claude_tui.model.traffic import UNKNOWN
from claude_tui.model.traffic_trouble import TrafficTrouble
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Recovery, Severity, Side
from claude_tui.model.waiting import wait_after

__all__ = [
    "answered_again",
    "brief_scope",
    "concerns",
    "evidence_of",
    "finding_of",
    "observation_of",
    "recovery_of",
    "same_cause",
    "scope_words",
    "severity_of",
]

_NO_MODEL = "calls without a model"
_SERVICE = frozenset({Cause.PROVIDER_OUTAGE, Cause.PROVIDER_ERRORS, Cause.PROVIDER_OVERLOADED})
_CAUSE_OF = {
    Outcome.RATE_LIMITED: Cause.RATE_LIMITED,
    Outcome.SPEND_LIMIT: Cause.SPEND_LIMIT,
    Outcome.KEY_REJECTED: Cause.KEY_REJECTED,
    Outcome.NOT_PERMITTED: Cause.NOT_PERMITTED,
    Outcome.BAD_REQUEST: Cause.BAD_REQUEST,
    Outcome.MODEL_NOT_FOUND: Cause.MODEL_UNAVAILABLE,
    Outcome.NETWORK: Cause.NETWORK,
}
_REQUESTS = frozenset({"request", "request_gateway", "probe_unfit"})
_STATUS = {
    Outcome.OVERLOADED: 529,
    Outcome.RATE_LIMITED: 429,
    Outcome.KEY_REJECTED: 401,
    Outcome.NOT_PERMITTED: 403,
}
# Answered probes contradict a failure rate at which at least this many of them would have failed.
_CONTRADICTS = 0.02
_NAMED = 2
_SURE, _CONTRAST, _UNCONTRASTED = 0.97, 0.9, 0.8


def same_cause(cause: Cause, trouble: TrafficTrouble) -> bool:
    """Whether the probes' cause is that of the problem; outage, errors and overload are one family."""
    if trouble.outcome in OF_THE_SERVICE:
        return cause in _SERVICE
    return _CAUSE_OF.get(trouble.outcome) is cause


def severity_of(trouble: TrafficTrouble, side: Side) -> Severity:
    """P1 if nearly every call of everybody fails; what concerns only some of them is at most a P2."""
    apart = bool(trouble.applications or trouble.models)
    if trouble.nearly_all_fail and not apart and side is not Side.NONE:
        return Severity.P1
    return Severity.P2 if trouble.many_fail else Severity.P3


def finding_of(context: DiagnosisContext, trouble: TrafficTrouble, witness: Witness) -> Finding:
    """The problem as a verdict. Which side it is on follows from who is well in the meantime."""
    shown = cross_check_while_failing(context.history, trouble.failed_at, trouble.since, context.options)
    probed = _cause_by_probes(context, trouble, shown)
    failure = observation_of(context, trouble)
    fine = _probes_fine(context, trouble)
    judged = _reported(context, _advice_of_call(failure, shown), failure) if probed is None else probed.advice
    advice = _advice(trouble, judged, contradicted=fine and not trouble.models)
    advice, words = concerns(advice, trouble)
    words["some"] = "Most" if trouble.most_fail else "Some"
    return Finding(
        advice=advice,
        confidence=_confidence(trouble, fine=fine),
        severity=severity_of(trouble, advice.side),
        evidence=(
            witness.evidence,
            _probe_evidence(context, trouble),
            evidence_of(trouble, witness) if trouble.failed else None,
            probed.evidence if probed is not None else None,
        ),
        words=(words_for(context, probed) if probed is not None else _words(context, failure)) | words,
        since=trouble.since,
        detected_at=trouble.detected_at,
        retry=wait_after(failure, advice.retry, context.at),
        failures=(failure,) if trouble.newest is not None else (),
        bucket=probed.bucket if probed is not None else None,
        fallback=_fallback(trouble),
        scope=scope_words(trouble) if "what" not in words else "",
        brief_scope=brief_scope(trouble, named="model" in words) if "what" not in words else "",
    )


def _cause_by_probes(
    context: DiagnosisContext, trouble: TrafficTrouble, shown: CrossCheck
) -> LeadingCause | None:
    """The cause according to the probes that failed alike, whose answers are complete, unlike those of calls.

    The verdict on a problem then reads the same while the probes fail and while, lately, only calls did.
    """
    failures = [
        observation
        for observation in _asked_since(context, trouble)
        if observation.outcome is trouble.outcome
    ]
    if not failures:
        return None
    lead = leading_cause(failures, shown)
    advice = whose_words(context, lead.explained, lead.advice)
    lead = specified(context, lead, whose_key(context, advice, failures[0].at, lead.explained))
    return replace(lead, advice=refusal_advice_by_page(context, lead.advice, lead.newest))


def _reported(context: DiagnosisContext, advice: Advice, failure: Observation) -> Advice:
    """The advice for calls alone, unless the page reports that others are refused in the same way."""
    return refusal_advice_by_page(context, key_advice_by_page(context, advice), failure)


def _advice_of_call(failure: Observation, shown: CrossCheck) -> Advice:
    """What the error table says of a call; advice about an unfit probe never applies to calls."""
    advice = advice_for(failure, shown) if shown.cut_off else knowledge().of(failure).advice
    return knowledge().advice["request"] if advice.id == "probe_unfit" else advice


def _words(context: DiagnosisContext, failure: Observation) -> dict[str, str | None]:
    status = failure.http_status or _STATUS.get(failure.outcome)
    return {
        "status": str(status) if status is not None else None,
        "type": truncate(failure.error_type) if failure.error_type else None,
        "host": context.facts.host,
        "key": "API key",
        "what": truncate(failure.message or failure.error_type or failure.outcome.value),
        "model": truncate(failure.model) if failure.model else None,
    }


def _advice(trouble: TrafficTrouble, advice: Advice, *, contradicted: bool) -> Advice:
    table = knowledge().advice
    if trouble.outcome not in OF_THE_SERVICE:
        # A refused probe may be at fault itself; what applications send is theirs to fix.
        return table["application_requests"] if advice.id in _REQUESTS else advice
    if trouble.applications and trouble.same_model:
        overloaded = trouble.outcome is Outcome.OVERLOADED
        return table["application_overloaded" if overloaded else "application_errors"]
    if contradicted and not trouble.applications:
        return table["traffic_only"]
    if trouble.nearly_all_fail and not (trouble.applications or trouble.models):
        return table[{"errors": "outage", "errors_no_answer": "outage_no_answer"}.get(advice.id, advice.id)]
    return advice


def concerns(advice: Advice, trouble: TrafficTrouble) -> tuple[Advice, dict[str, str | None]]:
    """What to say about the models or applications concerned, and the words for it."""
    if trouble.models and UNKNOWN not in trouble.models and trouble.outcome in OF_THE_SERVICE:
        named = knowledge().advice[OF_A_MODEL.get(advice.id, advice.id)]
        return named, {"model": _listed(map(model_name, trouble.models))}
    if advice.id in {"application_requests", "application_errors", "application_overloaded"}:
        return advice, {"what": _listed(trouble.applications) or "Your traffic"}
    if advice.id == "lossy":
        return advice, {"what": f"{count(trouble.failed)} of {count(trouble.calls)} calls"}
    return advice, {}


def scope_words(trouble: TrafficTrouble) -> str:
    """`checkout only; batch and search are answered`; empty if everybody is affected."""
    if trouble.models:
        named, well = map(_name, trouble.models), _well(trouble)
    elif trouble.applications:
        named, well = map(str, trouble.applications), list(trouble.well)
    else:
        return ""
    return f"{_listed(named)} only; {_answered(well)}"


def _well(trouble: TrafficTrouble) -> list[str]:
    """The models that are answered, unless there are none but calls without a model."""
    return [_name(model) for model in trouble.well if model != UNKNOWN] or [
        _name(model) for model in trouble.well
    ]


def _fallback(trouble: TrafficTrouble) -> str | None:
    """A model that is answered while others fail; nothing stands in for calls without a model."""
    if not trouble.models or UNKNOWN in trouble.models:
        return None
    return next((model for model in trouble.well if model != UNKNOWN), None)


def _name(model: str) -> str:
    """What a model is called; batches and files have none."""
    return _NO_MODEL if model == UNKNOWN else model_name(model)


def answered_again(trouble: TrafficTrouble) -> Evidence:
    """`The last 100 of your calls are answered`, as a minute's share still includes those that failed."""
    clause = f"The last {count(trouble.good)} of your calls are answered"
    return Evidence(EvidenceKind.TRAFFIC, (clause,), (("answered", trouble.good),))


def recovery_of(context: DiagnosisContext, trouble: TrafficTrouble) -> Recovery:
    """The progress of a problem's recovery, and from what it recovers."""
    probed = [
        observation
        for observation in _asked_since(context, trouble)
        if observation.outcome is trouble.outcome
    ]
    # Only the kind, as the words for a call may read as if they were about a probe.
    brief = failure_brief(probed[-1] if probed else observation_of(context, trouble).kind)
    return Recovery(trouble.good, trouble.needed, brief)


def brief_scope(trouble: TrafficTrouble, *, named: bool) -> str:
    """The scope for narrow places; `named` says whether the headline names the models that fail."""
    if trouble.models and named:
        return _answered(_well(trouble))
    whose = [_name(model) for model in trouble.models] or trouble.applications
    return f"{_listed(whose)} only" if whose else ""


def _answered(well: Sequence[str]) -> str:
    """`batch and search are answered`."""
    return f"{_listed(well[:_NAMED])} {'is' if len(well[:_NAMED]) == 1 else 'are'} answered"


def evidence_of(trouble: TrafficTrouble, witness: Witness) -> Evidence:
    """`529 in 38% of 910 calls of checkout in 1m`; of everybody, `529 in 340 of the 350 failed calls in 1m`.

    The share of everybody's calls is in the evidence of the witness.
    """
    failed, calls, all_failed = trouble.failed, trouble.calls, witness.view.all.failed
    kind = trouble.error_type or knowledge().general(trouble.outcome).short or trouble.outcome.value
    who = _listed(map(_name, trouble.models)) or _listed(trouble.applications)
    if who or failed > all_failed:
        whose = f" of {who}" if who else ""
        where = f"{percent(trouble.share)} of {count(calls)} calls{whose}"
    else:
        part = "all" if failed == all_failed else f"{count(failed)} of the"
        where = f"{part} {count(all_failed)} failed calls" if all_failed > 1 else "the one failed call"
    kinds = f"{truncate(kind)} in {where} in 1m"
    clauses = (kinds, f"{_listed(trouble.well[:_NAMED])} well meanwhile") if trouble.well else (kinds,)
    return Evidence(EvidenceKind.OTHER_FAILURES, clauses, (("failed", failed), ("asked", calls)))


def _probe_evidence(context: DiagnosisContext, trouble: TrafficTrouble) -> Evidence | None:
    """The results of the probes since the problem began."""
    probed = _asked_since(context, trouble)
    if not probed:
        return None
    answered = sum(not observation.failed for observation in probed)
    clause = f"{answered} of {plural(len(probed), 'message probe')} answered since it began"
    return Evidence(
        EvidenceKind.ANSWERS, (clause,), (("answered", answered), ("asked", len(probed))), tuple(probed)
    )


def _asked_since(context: DiagnosisContext, trouble: TrafficTrouble) -> list[Observation]:
    return context.history.window(Source.MESSAGES, trouble.since, context.at)


def _probes_fine(context: DiagnosisContext, trouble: TrafficTrouble) -> bool:
    """Whether the probes are answered so often that they cannot have the same problem."""
    probed = _asked_since(context, trouble)
    if not probed or any(observation.failed for observation in probed):
        return False
    return bool((1 - min(trouble.share, 0.98)) ** len(probed) < _CONTRADICTS)


def _confidence(trouble: TrafficTrouble, *, fine: bool) -> float:
    apart = bool(trouble.applications or trouble.models)
    if fine and not apart:
        return _UNCONTRASTED
    return _SURE if apart else _CONTRAST


def observation_of(context: DiagnosisContext, trouble: TrafficTrouble) -> Observation:
    """The newest of the failed calls, in the form that the error table reads."""
    call = trouble.newest
    if call is None or call.outcome is not trouble.outcome:
        return Observation(
            at=trouble.failed_at - timedelta(seconds=1),
            source=Source.MESSAGES,
            target=context.facts.host or "",
            outcome=trouble.outcome,
            http_status=_STATUS.get(trouble.outcome),
            error_type=trouble.error_type or None,
            model=trouble.models[0] if trouble.models else None,
        )
    return Observation(
        at=call.at,
        source=Source.MESSAGES,
        target=context.facts.host or "",
        outcome=call.outcome,
        http_status=call.http_status,
        error_type=call.error_type,
        message=call.message,
        request_id=call.request_id,
        timings=Timings(first_byte=call.first_byte_s, first_token=call.first_token_s, total=call.total_s),
        model=call.served_model or call.model,
        rate_limits=call.limits,
        windows=call.windows,
        retry_after_s=call.retry_after_s,
    )


def _listed(names: Iterable[str]) -> str:
    ordered = [truncate(name) for name in names]
    return " and ".join(filter(None, (", ".join(ordered[:-1]), ordered[-1] if ordered else "")))
