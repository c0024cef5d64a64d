"""Facts from the verdict: what is wrong, whose problem it is, how bad, and what the status page says."""

from __future__ import annotations

from datetime import datetime

from claude_tui.model.format import clock, clock_minute, duration, percent, plain
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from claude_tui.runbook.fact import Fact, FactDefinition, flag, number, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["VERDICT_FACTS"]

_NO_VERDICT = Fact(None, "No verdict yet")


def _cause(context: FactContext) -> Fact:
    verdict = context.verdict
    if verdict is None:
        return _NO_VERDICT
    words = f"{plain(verdict.cause.value)}, {percent(verdict.confidence)} sure"
    if verdict.also:
        words += f"; also {', '.join(plain(cause.value) for cause in verdict.also)}"
    return Fact(verdict.cause.value, f"Verdict: {words}")


def _side(context: FactContext) -> Fact:
    if context.verdict is None:
        return _NO_VERDICT
    return Fact(context.verdict.side.value, f"Whose: {context.verdict.side.owner}")


def _severity(context: FactContext) -> Fact:
    verdict = context.verdict
    if verdict is None:
        return _NO_VERDICT
    if verdict.severity is Severity.NONE:
        return Fact(verdict.severity.value, "Severity: none")
    words = f"Severity: {verdict.severity.value}{_target(verdict, context.at)}"
    if verdict.since is not None:
        words += f"; since {clock(verdict.since)} UTC, {duration(context.at - verdict.since)} ago"
    return Fact(verdict.severity.value, words)


def _target(verdict: Verdict, at: datetime) -> str:
    if verdict.severity is Severity.P1 or verdict.respond_by is None:
        return ", respond now" if verdict.severity is Severity.P1 else ""
    day = f"{verdict.respond_by:%a} " if verdict.respond_by.date() != at.date() else ""
    return f", respond by {day}{clock_minute(verdict.respond_by)} UTC"


def _page(context: FactContext) -> Fact:
    verdict, view = context.verdict, context.snapshot.status
    if verdict is None:
        return _NO_VERDICT
    noticed = f" (we noticed {duration(context.at - view.silent_since)} ago)" if view.silent_since else ""
    stage = f"its incident is {verdict.page_stage}; components are green" if verdict.page_stage else ""
    words = {
        PageAgreement.CONFIRMS: f"Status page: {stage}" if stage else "The status page confirms it",
        PageAgreement.CONTRADICTS: "The status page reports trouble that our probes don't see",
        PageAgreement.SILENT: f"Status page: nothing posted yet{noticed}",
        PageAgreement.RESOLVED: "The status page reported it, and says it is resolved",
        PageAgreement.AGREES: "The status page reports no trouble either",
        PageAgreement.UNKNOWN: "The status page does not say",
    }
    return Fact(verdict.page.value, words[verdict.page])


def _retry_after(context: FactContext) -> Fact:
    verdict = context.verdict
    if verdict is None or verdict.retry_after_s is None:
        return Fact(None, "No retry time is known: retrying may not help")
    return Fact(verdict.retry_after_s, f"Retry in {duration(verdict.retry_after_s)}, not sooner")


def _other_model_answers(context: FactContext) -> Fact:
    verdict = context.verdict
    if verdict is None:
        return _NO_VERDICT
    if not verdict.scope:
        return Fact(None, "Only one model is probed: see the setting also_models")
    scope = f"Models: {verdict.scope}"
    return Fact(
        verdict.fallback is not None,
        scope + (f"; fall back to {truncate(verdict.fallback)}" if verdict.fallback else ""),
    )


VERDICT_FACTS: tuple[FactDefinition, ...] = (
    text("cause", _cause, "The verdict's cause.", Cause),
    text("side", _side, "Whose problem it is.", Side),
    text("severity", _severity, "How bad it is.", Severity),
    text("page", _page, "What the status page says next to what the probes see.", PageAgreement),
    flag(
        "other_model_answers",
        _other_model_answers,
        "Whether another probed model answers while one fails; unknown where one is probed.",
    ),
    number(
        "retry_after_s", _retry_after, "Seconds until trying again makes sense; unknown where it does not."
    ),
)
