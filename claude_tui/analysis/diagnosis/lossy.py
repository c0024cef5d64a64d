"""The detector of a path that loses requests now and then, counted over all sources together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from claude_tui.analysis.diagnosis.attribution import retry_after
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.losses import is_lossy, is_lost, took_until
from claude_tui.analysis.diagnosis.quiet import quiet_s, returns_soon
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

__all__ = ["detect_lossy", "path_is_well", "suspected_losses"]

_SPAN_S = 3600.0
# Bounds the work.
_MOST = 200
_PENDING = 12


@dataclass(frozen=True, slots=True)
class _Run:
    """Losses that belong together, by index among all losses."""

    first: int
    last: int
    confirmed: int
    pause_s: float = 0.0
    """The longest pause that looked like the end and was not, in seconds."""


@dataclass(frozen=True, slots=True)
class _Losses:
    """The newest losses, oldest first, and what follows from them."""

    values: Sequence[Observation]
    places: Sequence[int]
    """For each, how many exchanges of all sources had begun by then."""
    run: _Run | None
    """The last of them that are more than chance, or None; they may be over."""


def detect_lossy(context: DiagnosisContext) -> Finding | None:
    """Requests to several hosts are lost more often than by chance, while others are answered."""
    found = _found(context)
    losses, places, run = found.values, found.places, found.run
    if run is None:
        return None
    clean = _place(context, context.at.timestamp()) - places[run.last]
    total = places[run.last] - places[run.first] + 1
    lost = losses[run.first : run.last + 1]
    needed = successes_to_recover(len(lost), total)
    clean_s, needed_s = _newest(context) - lost[-1].at.timestamp(), _quiet_s(context, lost, run.pause_s)
    over = clean >= needed and clean_s >= needed_s
    # If the problem may be over, the path is judged as of its last loss.
    judged = lost[-1].at if clean >= needed else context.at
    if over or not is_lossy(context.history, judged, lost[0].at):
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
        recovery=Recovery(clean, needed, "lost requests", clean_s, needed_s)
        if clean >= max(2, needed / 2)
        else None,
    )


def path_is_well(context: DiagnosisContext, since: datetime) -> bool:
    """Whether a path that lost requests before or since `since` has recovered, according to all sources.

    They show it sooner than the messages alone, of which there are the fewest.
    """
    found = _found(context)
    losses, places, run = found.values, found.places, found.run
    if run is None or losses[run.last].at < since:
        return False
    lost = losses[run.first : run.last + 1]
    total = places[run.last] - places[run.first] + 1
    clean = _place(context, context.at.timestamp()) - places[-1]
    clean_s = _newest(context) - losses[-1].at.timestamp()
    return clean >= successes_to_recover(len(lost), total) and clean_s >= _quiet_s(context, lost, run.pause_s)


def _severity(context: DiagnosisContext, lost: Sequence[Observation]) -> Severity:
    """The severity, counted as for messages, so that one link does not alternate between P2 and P3."""
    if many_fail(context.history, context.at, lost[0].at.timestamp(), context.options):
        return Severity.P2
    return Severity.P3 if len(lost) >= context.thresholds.ratio_failures else Severity.P4


def suspected_losses(context: DiagnosisContext) -> tuple[Sequence[Observation], int] | None:
    """The newest losses of several sources that may be more than chance, and the requests since the first."""
    found = _found(context)
    # The losses of the last run were reported, and are over.
    start = found.run.last + 1 if found.run is not None else 0
    losses, places = found.values[start:], found.places[start:]
    now = _place(context, context.at.timestamp())
    for count in range(min(len(losses), _PENDING), 1, -1):
        newest = losses[-count:]
        total = now - places[-count] + 1
        if len({loss.source for loss in newest}) > 1 and is_suspicious(count, total):
            return newest, total
    return None


def _counted(context: DiagnosisContext, lost: Sequence[Observation], asked: int) -> Evidence:
    """`7 of 84 requests (8%) got no answer in 9m: 3 messages, 3 models, 1 status`."""
    span, share = duration(context.at - lost[0].at), percent(len(lost) / asked)
    parts = [
        f"{count} {source.value}"
        for source in Source
        if (count := sum(loss.source is source for loss in lost))
    ]
    clause = f"{len(lost)} of {asked} requests ({share}) got no answer in {span}: {', '.join(parts)}"
    return Evidence(EvidenceKind.FAILURES, (clause,), (("failed", len(lost)), ("asked", asked)), tuple(lost))


def _found(context: DiagnosisContext) -> _Losses:
    """The losses as of the context's instant; several detectors ask for them."""

    def found() -> _Losses:
        losses = _losses(context)
        places = _places(context, [loss.at.timestamp() for loss in losses])
        return _Losses(losses, places, _last_run(context, places, losses))

    key = (context.history.version, context.at, context.options.messages_interval_s)
    return context.history.cached("losses of all sources", key, found)


def _losses(context: DiagnosisContext) -> list[Observation]:
    """The newest losses of the last hour over all sources, oldest first."""
    found: list[Observation] = []
    instant = context.at.timestamp()
    for source in Source:
        items, failures = context.history.exchanges(source).items, context.history.failures(source)
        for at in failures.at[failures.span(instant - _SPAN_S, instant)][-_MOST:]:
            observation = items.values[items.index_at(at)]
            if is_lost(observation) and not context.never_supported(observation):
                found.append(observation)
    return sorted(found, key=lambda observation: observation.at)[-_MOST:]


def _place(context: DiagnosisContext, at: float) -> int:
    """How many exchanges of all sources had begun by an instant."""
    return _places(context, [at])[0]


def _places(context: DiagnosisContext, instants: Sequence[float]) -> list[int]:
    """How many exchanges of all sources had begun by each instant."""
    begun = [context.history.exchanges(source).items.at for source in Source]
    return [sum([bisect_right(at, instant) for at in begun]) for instant in instants]


def _newest(context: DiagnosisContext) -> float:
    """When the newest exchange of any source began, in POSIX seconds."""
    newest = (context.newest(source) for source in Source)
    return max(observation.at.timestamp() for observation in newest if observation is not None)


def _quiet_s(context: DiagnosisContext, lost: Sequence[Observation], pause_s: float) -> float:
    """How long no request may be lost before the problem is over."""
    lasted_s = (lost[-1].at - lost[0].at).total_seconds()
    return quiet_s(lasted_s, pause_s, context.options.messages_interval_s)


def _last_run(context: DiagnosisContext, places: Sequence[int], losses: Sequence[Observation]) -> _Run | None:
    """The last losses that are more than chance, or None; they may be over.

    If only time is missing until the end, a single loss may be chance, which would prolong the problem on any
    day.
    """
    run: _Run | None = None
    pending = 0
    for index, place in enumerate(places):
        if run is not None:
            total = places[run.last] - places[run.first] + 1
            clean = place - places[run.last] - 1
            lost = run.last - run.first + 1
            if clean < LEAST_RUN or clean < successes_to_recover(lost, total):
                run = _Run(run.first, index, run.confirmed, run.pause_s)
                pending = index + 1
                continue
        start = max(pending, index - _PENDING)
        indexes = places[start : index + 1]
        found = first_conclusive(indexes, [True] * len(indexes))
        if found is None:
            continue
        begun = _Run(start + found[0], index, start + found[1])
        if run is not None:
            paused_s = (losses[begun.first].at - losses[run.last].at).total_seconds()
            if returns_soon(paused_s, context.options.messages_interval_s):
                begun = replace(run, last=index, pause_s=max(run.pause_s, paused_s))
        run, pending = begun, index + 1
    return run
