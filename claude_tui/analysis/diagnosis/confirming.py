"""The detector of a problem that is being confirmed, before its severity is known."""

from __future__ import annotations

from dataclasses import replace

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import decides_alone
from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.evidence import failures_evidence
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.intermittent import detect_intermittent, is_older, severity_before
from claude_tui.analysis.diagnosis.losses import took_until
from claude_tui.analysis.diagnosis.onset import is_confirming, onset
from claude_tui.analysis.diagnosis.outages import detect_message_failures, detect_model_list_failures
from claude_tui.analysis.diagnosis.slow import detect_slow
from claude_tui.analysis.diagnosis.unknown import models_evidence, unknown
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Severity

__all__ = ["detect_confirming"]


def detect_confirming(context: DiagnosisContext) -> Finding | None:
    """A second failure while further messages are in flight: the severity is known within seconds.

    Without waiting it reports that nothing gets through, or one conclusive failure. A problem that was
    already reported, of the model list or of intermittent errors, keeps its severity until then.
    """
    episode = context.open_episode(Source.MESSAGES)
    if episode is None or not context.policy.checks_again or context.first_asks_to_wait:
        return None
    if not is_confirming(context.history, episode, context.at, context.options.confirmation):
        return None
    finding = detect_message_failures(context) or detect_intermittent(context)
    if finding is None or finding.severity is Severity.P1 or _is_decided(finding):
        return None
    begun = onset(context.history, episode)
    first = context.history.exchanges(Source.MESSAGES).items.values[episode.first if begun is None else begun]
    reported = Severity.P3 if begun != episode.first else _severity_reported_before(context, first)
    if reported.trouble:
        return replace(finding, severity=reported) if finding.severity.worse_than(reported) else None
    return (
        None if is_older(context, finding.failures, first.at) else _checking_again(context, episode, finding)
    )


def _checking_again(context: DiagnosisContext, episode: Episode, finding: Finding) -> Finding:
    """P3 while confirming; reported slowness is not taken back."""
    if (slow := detect_slow(context)) is not None:
        return slow
    counted = failures_evidence(context, episode, finding.failures)
    return replace(
        unknown("confirming", models_evidence(context), what=counted.clauses[0]),
        checking=True,
        since=episode.since,
        failures=finding.failures,
    )


def _is_decided(finding: Finding) -> bool:
    """Whether one of its failures is conclusive, or losses of all sources have shown a faulty path."""
    return finding.advice.cause is Cause.NETWORK or decides_alone(finding.failures[-1])


def _severity_reported_before(context: DiagnosisContext, first: Observation) -> Severity:
    """The severity that was reported before the first of these messages failed."""
    models, listed = context.open_episode(Source.MODELS), Severity.NONE
    if models is not None and models.confirmed_at is not None and models.confirmed_at < took_until(first):
        found = detect_model_list_failures(context)
        listed = found.severity if found is not None else Severity.NONE
    return Severity.worst((listed, severity_before(context, first.at)))
