"""Whose problem a rejected key is: ours, or that of their authentication, which may reject valid keys too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.gateways import api_or_gateway
from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, Outcome, Source

__all__ = ["accepted_in_turn", "key_advice_by_page", "whose_key"]

# This many successes show that the key was valid, so that a rejection needs another explanation.
_GOOD_RUN = 20
# How many exchanges before the first rejection are searched for successes, as other problems may precede it.
_LOOKED_AT = 240
# A gateway rejects the key by itself, or reports that the provider has rejected the gateway's own.
_OF_GATEWAY = frozenset({"gateway_key", "upstream_key"})
_ON_THE_PAGE = re.compile(r"authenticat|\b401\b|\bapi keys?\b", re.IGNORECASE)


def whose_key(
    context: DiagnosisContext, advice: Advice, since: datetime, rejections: Sequence[Observation]
) -> Advice:
    """The advice for a key that has been rejected since `since`.

    It is theirs if the same key is accepted in between, or if the page reports it; unclear after a long run
    of successes, as somebody may have revoked the key; ours if the key was never accepted. Behind a gateway,
    either the gateway or the API may have rejected it.
    """
    if advice.id not in _OF_GATEWAY and advice.id != "key":
        return advice
    known = knowledge().advice
    if (reported := key_advice_by_page(context, advice)) is not advice:
        return reported
    gateway = advice.id in _OF_GATEWAY or api_or_gateway(context, rejections[-1])
    between = _accepted_between(context, since) or _accepted_in_round(context)
    if between and not gateway:
        return known["auth_theirs"]
    if between or _accepted_before(context, since) or _accepted_first_in_round(context):
        return known["gateway_key_unclear" if gateway else "key_unclear"]
    return known["key_or_gateway_key"] if gateway and advice.id == "key" else advice


def key_advice_by_page(context: DiagnosisContext, advice: Advice) -> Advice:
    """The advice for a rejected key; if the page reports that others' are rejected, it is theirs."""
    if advice.id not in {"key", "upstream_key"}:
        return advice
    page = (*context.page_report.reports, *context.page_report.unrated)
    theirs = any(_ON_THE_PAGE.search(report) for report in page)
    return knowledge().advice["auth_theirs"] if theirs else advice


def _accepted_between(context: DiagnosisContext, since: datetime) -> bool:
    """Whether a request was accepted between two rejections of its source."""
    return any(accepted_in_turn(context, source, since, Outcome.KEY_REJECTED) for source in API_SOURCES)


def _accepted_in_round(context: DiagnosisContext) -> bool:
    """Whether, in the only round there is, messages were accepted beside or after a rejected one."""
    messages = [] if context.policy.checks_again else context.recent(Source.MESSAGES)
    rejected = [observation.outcome is Outcome.KEY_REJECTED for observation in messages]
    if rejected.count(True) > 1:
        messages = messages[rejected.index(True) :]
    return any(not observation.failed for observation in messages)


def _accepted_first_in_round(context: DiagnosisContext) -> bool:
    """Whether, in the only round there is, a message was accepted before all others were rejected."""
    return not context.policy.checks_again and any(
        not observation.failed for observation in context.recent(Source.MESSAGES)
    )


def accepted_in_turn(context: DiagnosisContext, source: Source, since: datetime, refused: Outcome) -> bool:
    """Whether the same request was accepted between two refusals of this kind since `since`."""
    items, failures = context.history.exchanges(source).items, context.history.failures(source)
    instants = failures.at[
        failures.index_at(since.timestamp()) : failures.count_until(context.at.timestamp())
    ]
    if len(instants) < 2:
        return False
    first, last = items.index_at(instants[0]), items.index_at(instants[-1])
    if last - first + 1 == len(instants):
        return False
    between = items.values[first : last + 1][-_LOOKED_AT:]
    rejected = [index for index, observation in enumerate(between) if observation.outcome is refused]
    return bool(rejected) and any(
        not observation.failed and observation.error_type is None
        for observation in between[rejected[0] : rejected[-1]]
    )


def _accepted_before(context: DiagnosisContext, since: datetime) -> bool:
    return any(_accepted(context, source, since) >= _GOOD_RUN for source in API_SOURCES)


def _accepted(context: DiagnosisContext, source: Source, since: datetime) -> int:
    """How many of the earlier requests were accepted.

    A model list that answers without a key has an error type.
    """
    items = context.history.exchanges(source).items
    before = items.values[: items.index_at(since.timestamp())][-_LOOKED_AT:]
    return sum(not observation.failed and observation.error_type is None for observation in before)
