"""The result of a detector, and how it becomes a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.engine_facts import API_KEY
from claude_tui.analysis.diagnosis.machine import machine_note
from claude_tui.analysis.diagnosis.severity import respond_by
from claude_tui.analysis.diagnosis.status_page import agreement_of, has_reported_since, page_clause, page_lead
from claude_tui.knowledge import Advice
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation
from claude_tui.model.text import truncate
from claude_tui.model.verdict import (
    Cause,
    Evidence,
    EvidenceKind,
    PageAgreement,
    Recovery,
    RetrySource,
    Severity,
    Side,
    Verdict,
)

__all__ = ["Finding", "verdict_of"]

_CONFIRMED, _SURE = 0.03, 0.99
# While a problem may be over, the advice against it is out of date; what is left is not to undo things too
# early.
_IN_RECOVERY = "Change nothing back until it is sure, then undo it in steps"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one detector."""

    advice: Advice
    """The cause, the side and the next steps."""
    confidence: float
    """How certain the cause is, in 0..1."""
    severity: Severity = Severity.NONE
    """NONE if nothing is wrong."""
    evidence: tuple[Evidence | None, ...] = ()
    """The strongest evidence first; None entries do not apply."""
    words: Mapping[str, str | None] = field(default_factory=dict)
    """The values for the placeholders of the advice."""
    since: datetime | None = None
    """When the problem began."""
    detected_at: datetime | None = None
    """When it could no longer be chance."""
    retry: tuple[float | None, RetrySource] = (None, RetrySource.NONE)
    """Seconds until a retry makes sense, and where that figure comes from."""
    failures: tuple[Observation, ...] = ()
    """The failures that the cause explains, oldest first."""
    bucket: str | None = None
    """The rate limit that was hit."""
    also: tuple[Cause, ...] = ()
    """Other causes at the same time."""
    recovery: Recovery | None = None
    """The progress of the recovery, if the problem seems to be over."""
    checking: bool = False
    """Whether a first failure is being checked."""
    scope: str = ""
    """Which of the probed models it concerns."""
    brief_scope: str = ""
    """`scope` for narrow places; empty if it is short enough."""
    fallback: str | None = None
    """A model that answers in the meantime."""
    note: str = ""
    """A remark in addition to the evidence."""


def verdict_of(context: DiagnosisContext, finding: Finding) -> Verdict:
    """The finding, with what the status page says about it and the response target."""
    side = finding.advice.side
    troubled = finding.severity.trouble
    theirs = troubled and side in {Side.THEM, Side.UNCLEAR}
    probes_fail = theirs and finding.advice.cause is not Cause.PROVIDER_NOTICE
    confirmed = probes_fail and context.page_report.troubled
    detected_at = finding.detected_at if troubled else None
    page = page_clause(context.page_report, context.view, context.at, with_others=troubled)
    evidence = (*finding.evidence, Evidence(EvidenceKind.STATUS_PAGE, (page,)))
    steps = _steps(context, finding)
    return Verdict(
        cause=finding.advice.cause,
        side=side,
        severity=finding.severity,
        confidence=round(min(finding.confidence + _CONFIRMED * confirmed, _SURE), 2),
        summary=_summary(finding),
        evidence=tuple(item for item in evidence if item is not None),
        next_step=_step(steps),
        first_step=steps[0],
        brief=_brief(finding),
        retry_after_s=finding.retry[0],
        opening=finding.advice.opening,
        retry_source=finding.retry[1],
        failures=finding.failures,
        page_reports=context.page_report.reports,
        other_reports=context.page_report.others,
        page=_agreement(context, finding, provider_fails=probes_fail),
        page_stage=context.page_report.stage if probes_fail else "",
        since=finding.since if troubled else None,
        detected_at=detected_at,
        respond_by=respond_by(finding.severity, detected_at, context.thresholds) if detected_at else None,
        lead=page_lead(context.page_report, finding.since) if probes_fail else None,
        bucket=finding.bucket,
        also=finding.also,
        recovery=finding.recovery,
        checking=finding.checking,
        scope=finding.scope,
        fallback=finding.fallback,
        note=_note(context, finding),
    )


def _agreement(context: DiagnosisContext, finding: Finding, *, provider_fails: bool) -> PageAgreement:
    agreement = agreement_of(context.page_report, finding.advice.cause, provider_fails=provider_fails)
    if not provider_fails or agreement is not PageAgreement.SILENT or finding.since is None:
        return agreement
    reported = has_reported_since(context.history, finding.since, context.at, context.options)
    return PageAgreement.RESOLVED if reported else agreement


def _note(context: DiagnosisContext, finding: Finding) -> str:
    """The remark of the finding; in trouble, also what is wrong with this machine or its network."""
    own = machine_note(context) if finding.severity.trouble else ""
    return finding.note if own in finding.note else " ".join(filter(None, (finding.note, own)))


def _summary(finding: Finding) -> str:
    scope = f" {finding.scope}." if finding.scope else ""
    if finding.recovery is None:
        return finding.advice.summary(**finding.words) + scope
    return f"{finding.advice.opening} {finding.recovery.words}".strip() + scope


def _brief(finding: Finding) -> str:
    """The summary in fewer words. If it names the models that fail, its scope need not repeat them."""
    scope = finding.brief_scope or finding.scope
    scope = f" {scope}." if scope else ""
    if finding.recovery is None:
        return finding.advice.brief(**finding.words) + scope
    return f"{finding.advice.opening} {finding.recovery.brief}".strip() + scope


def _step(steps: tuple[str, ...]) -> str:
    return "; ".join(step for step in steps if step)


def _steps(context: DiagnosisContext, finding: Finding) -> tuple[str, ...]:
    """The next step, followed by other measures."""
    if finding.recovery is not None:
        return (_IN_RECOVERY,)
    advised = _advised(context, finding.advice)
    if finding.fallback is None:
        return advised
    rest = _step(advised)
    return (f"Fall back to {truncate(finding.fallback)}, which answers", f"{rest[:1].lower()}{rest[1:]}")


def _advised(context: DiagnosisContext, advice: Advice) -> tuple[str, ...]:
    """The advised steps, naming the variable in use; without a usable key, also how to probe inference."""
    reason = context.facts.no_key_reason
    if reason is None:
        return tuple(step.replace(API_KEY, context.facts.credential) for step in (advice.next, advice.then))
    if API_KEY in advice.steps:
        return (advice.next, advice.then)
    fix = f"set {API_KEY}" if reason is NoKeyReason.MISSING else "fix the key"
    return (advice.next, advice.then, f"{fix} to probe inference as well")
