"""Errors among the messages of one round, which no further messages can confirm."""

from __future__ import annotations

from claude_tui.analysis.diagnosis.attribution import leading_cause, retry_after, specified, words_for
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import cross_check_at
from claude_tui.analysis.diagnosis.evidence import failures_evidence, models_in_short
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.gateways import whose_words
from claude_tui.analysis.diagnosis.intermittent import advice_if_occasional
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.severity import severity_of_rare
from claude_tui.model.observation import Source

__all__ = ["detect_errors_in_round"]

# Of a few messages one may fail by chance, but an error response hardly does.
_SURE = 0.5
# This many messages of a round may get no response by chance.
_CHANCE = 1


def detect_errors_in_round(context: DiagnosisContext) -> Finding | None:
    """Some of the messages of a finished round got an error response, too few for any other verdict.

    On a healthy day that happens to one message in 2,000. A message that got no response is chance ten times
    as often: a single one is only mentioned.
    """
    if context.policy.checks_again:
        return None
    messages = context.recent(Source.MESSAGES)
    failed = [observation for observation in messages if observation.failed]
    errors = [failure for failure in failed if not is_lost(failure)] or failed[_CHANCE:]
    if not errors:
        return None
    cross_check = cross_check_at(context.history, context.at, errors[-1].at, context.options)
    lead = leading_cause(errors, cross_check)
    lead = specified(context, lead, advice_if_occasional(whose_words(context, lead.explained, lead.advice)))
    words = words_for(context, lead)
    if lead.advice.id == "overloaded_rare":
        words["what"] = f"{len(errors)} of {len(messages)} messages"
    return Finding(
        advice=lead.advice,
        confidence=_SURE * lead.certainty,
        severity=severity_of_rare(len(errors), len(errors), len(messages), context.thresholds),
        evidence=(
            failures_evidence(
                context, context.episodes[Source.MESSAGES][-1], lead.failures, models_in_short(context)
            ),
            lead.evidence,
        ),
        words=words,
        since=errors[0].at,
        detected_at=errors[-1].at,
        retry=retry_after(context, lead.newest, lead.advice),
        failures=lead.explained,
        bucket=lead.bucket,
        also=lead.also,
    )
