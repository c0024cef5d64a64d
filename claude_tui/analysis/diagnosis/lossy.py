"""Detector of a path that loses requests here and there, counted over all sources together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from claude_tui.analysis.diagnosis.attribution import retry_after
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import is_lossy, is_lost, took_until
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.rate import (
    LEAST_RUN,
    first_conclusive,
    is_suspicious,
    successes_to_recover,
)
from claude_tui.analysis.diagnosis.severity import many_fail
from claude_tui.knowledge import knowledge
from claude_tui.model.format import duration, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Evidence, EvidenceKind, Recovery, Severity

__all__ = ["detect_lossy", "suspected_losses"]

_SPAN_S = 3600.0
# Bounds the work.
_MOST = 200
_PENDING = 12


@dataclass(frozen=True, slots=True)
class _Run:
    """Losses that belong together, by position among all losses."""

    first: int
    last: int
    confirmed: int


def detect_lossy(context: DiagnosisContext) -> Finding | None:
    """Requests to several hosts are lost more often than by chance, while others are answered."""
    losses = _losses(context)
    places = [_place(context, each.at.timestamp()) for each in losses]
    run = _last_run(places)
    if run is None:
        return None
    clean = _place(context, context.at.timestamp()) - places[run.last]
    total = places[run.last] - places[run.first] + 1
    lost = losses[run.first : run.last + 1]
    needed = successes_to_recover(len(lost), total)
    if clean >= needed or not is_lossy(context.history, context.at, lost[0].at):
        return None
    advice = knowledge().advice["lossy"]
    return Finding(
        advice=advice,
        confidence=round(0.9 * (1 - 0.5 ** len(lost)), 2),
        severity=_severity(context, lost),
        evidence=(_counted(context, lost, total + clean),),
        words={"what": f"{len(lost)} of {total + clean}"},
        since=lost[0].at,
        detected_at=datetime.fromtimestamp(took_until(losses[run.confirmed]), UTC),
        retry=retry_after(context, lost[-1], advice),
        failures=tuple(lost),
        recovery=Recovery(clean, needed, "lost requests") if clean >= max(2, needed / 2) else None,
    )


def _severity(context: DiagnosisContext, lost: Sequence[Observation]) -> Severity:
    """By the same count of messages as where messages alone fail: one link is not P2 and P3 in turn."""
    if many_fail(context.history, context.at, lost[0].at.timestamp(), context.options):
        return Severity.P2
    return Severity.P3 if len(lost) >= context.thresholds.ratio_failures else Severity.P4


def suspected_losses(context: DiagnosisContext) -> tuple[Sequence[Observation], int] | None:
    """The newest losses of several sources that may be more than chance, and the requests since the first."""
    losses = _losses(context)
    run = _last_run([_place(context, each.at.timestamp()) for each in losses])
    if run is not None:
        # They were told, and are over.
        losses = losses[run.last + 1 :]
    now = _place(context, context.at.timestamp())
    for count in range(min(len(losses), _PENDING), 1, -1):
        newest = losses[-count:]
        total = now - _place(context, newest[0].at.timestamp()) + 1
        if len({each.source for each in newest}) > 1 and is_suspicious(count, total):
            return newest, total
    return None


def _counted(context: DiagnosisContext, lost: Sequence[Observation], asked: int) -> Evidence:
    """`7 of 84 requests (8%) got no answer in 9m: 3 messages, 3 models, 1 status`."""
    span, share = duration(context.at - lost[0].at), percent(len(lost) / asked)
    parts = [
        f"{count} {source.value}"
        for source in Source
        if (count := sum(each.source is source for each in lost))
    ]
    said = f"{len(lost)} of {asked} requests ({share}) got no answer in {span}: {', '.join(parts)}"
    return Evidence(EvidenceKind.FAILURES, (said,), (("failed", len(lost)), ("asked", asked)), tuple(lost))


def _losses(context: DiagnosisContext) -> list[Observation]:
    """The newest losses of the last hour over all sources, oldest first."""
    found: list[Observation] = []
    instant = context.at.timestamp()
    for source in Source:
        items, failures = context.history.exchanges(source).items, context.history.failures(source)
        for at in failures.at[failures.span(instant - _SPAN_S, instant)][-_MOST:]:
            each = items.values[items.index_at(at)]
            if is_lost(each) and not context.never_supported(each):
                found.append(each)
    return sorted(found, key=lambda each: each.at)[-_MOST:]


def _place(context: DiagnosisContext, at: float) -> int:
    """How many exchanges of all sources had begun."""
    return sum(context.history.exchanges(source).items.count_until(at) for source in Source)


def _last_run(places: Sequence[int]) -> _Run | None:
    """The last losses that are more than chance, or None; they may be over."""
    run: _Run | None = None
    pending = 0
    for index, place in enumerate(places):
        if run is not None:
            total = places[run.last] - places[run.first] + 1
            clean = place - places[run.last] - 1
            if clean < LEAST_RUN or clean < successes_to_recover(run.last - run.first + 1, total):
                run = _Run(run.first, index, run.confirmed)
                pending = index + 1
                continue
        start = max(pending, index - _PENDING)
        indexes = places[start : index + 1]
        found = first_conclusive(indexes, [True] * len(indexes))
        if found is not None:
            run, pending = _Run(start + found[0], index, start + found[1]), index + 1
    return run
