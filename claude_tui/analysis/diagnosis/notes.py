"""What a verdict mentions besides its evidence, even though nothing is wrong."""

from __future__ import annotations

from datetime import timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import is_missing
from claude_tui.analysis.diagnosis.evidence import low_limits, named
from claude_tui.analysis.diagnosis.lowered import lowered_limits
from claude_tui.analysis.diagnosis.machine import machine_note
from claude_tui.analysis.diagnosis.slow_models import slow_models_note
from claude_tui.knowledge import Reach, knowledge
from claude_tui.model.format import duration
from claude_tui.model.observation import Source

__all__ = ["LATELY", "notes"]

LATELY = timedelta(hours=1)
"""How long a limit that was lowered or has refused something is mentioned."""


def notes(context: DiagnosisContext) -> str:
    """What is worth mentioning even though nothing is wrong."""
    return " ".join(
        note
        for note in (
            _lone_failure(context),
            _page_note(context),
            low_limits(context),
            _lowered_note(context),
            slow_models_note(context),
            machine_note(context),
        )
        if note
    )


def _lowered_note(context: DiagnosisContext) -> str:
    """Limits that were lowered recently, before anything is refused because of it."""
    lowered = lowered_limits(context.history, context.at, LATELY)
    return " ".join(f"The {limit.bucket} limit was lowered {limit.words}." for limit in lowered[:2])


def _lone_failure(context: DiagnosisContext) -> str:
    for source in (Source.MESSAGES, Source.MODELS):
        episode = context.open_episode(source)
        if episode is None:
            continue
        newest = context.failures_of(episode, 1)[-1]
        ago = duration(context.at - newest.at)
        if source is Source.MODELS and not context.ever_answered(source) and is_missing(newest):
            return f"This endpoint has no list of models ({named(newest)}); messages work."
        # A confirmed episode is over, as all sources together show.
        if episode.confirmed_at is None and knowledge().of(newest).reach is not Reach.UNSENT:
            few = f"{'One' if episode.failures == 1 else episode.failures} {source.value} probe"
            few += " failed" if episode.failures == 1 else "s failed, the last"
            return f"{few} {ago} ago ({named(newest)}): too little for a verdict."
    return ""


def _page_note(context: DiagnosisContext) -> str:
    if context.page_report.others:
        others = "; ".join(context.page_report.others[:2])
        return f"Status page: {others}; not what we use, and our probes are fine."
    if not context.page_report.reports or context.page_report.active:
        return ""
    if context.page_report.stage:
        return "The page is still monitoring an incident; components are green and our probes are fine."
    return "Maintenance of what we use is under way; our probes are fine."
