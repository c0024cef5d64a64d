"""Refusals that look like ours, while the status page reports that requests are refused in just this way."""

from __future__ import annotations

import re

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation
from claude_tui.model.verdict import Cause
from claude_tui.model.waiting import has_used_up_limit

__all__ = ["refusal_advice_by_page"]

# How an incident's title names each kind of refusal, besides the HTTP status.
_NAMES = {
    Cause.RATE_LIMITED: r"rate[ -]?limit",
    Cause.SPEND_LIMIT: r"\bbilling\b|\bcredits?\b|\bpayments?\b|\b(?:spend|usage) limits?",
    Cause.NOT_PERMITTED: r"permission|\bforbidden\b|access denied|\bdisabled\b",
    Cause.MODEL_UNAVAILABLE: r"not[ _-]found",
    Cause.BAD_REQUEST: r"invalid[ _-]request|bad requests?",
}
# What the answer itself or the list of models proves is ours, whatever the page reports.
_DOUBTFUL = frozenset(
    {
        "account_disabled",
        "billing",
        "model",
        "model_listed",
        "permission",
        "rate_limited",
        "request",
        "spend",
        "spend_own",
    }
)


def refusal_advice_by_page(context: DiagnosisContext, advice: Advice, newest: Observation) -> Advice:
    """The advice for a refusal; if an incident on the page is about this very refusal, it may be theirs."""
    if advice.id not in _DOUBTFUL or not context.page_report.active or has_used_up_limit(newest):
        return advice
    words = rf"{_NAMES[advice.cause]}|\b{newest.http_status or '-'}s?\b"
    named = any(re.search(words, report, re.IGNORECASE) for report in context.page_report.reports)
    return knowledge().advice["refused_reported"] if named else advice
