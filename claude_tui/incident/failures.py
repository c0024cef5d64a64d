"""Failures as entries of a timeline: the first one, then each kind in one entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.analysis.history.streaks import GAP
from claude_tui.incident.record_analysis import api_exchanges, request_ids
from claude_tui.incident.values import Record, TimelineEntry, TimelineKind
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Level

__all__ = ["failures", "model_or_source"]

_Kind = tuple[Source, str | None, str]


def failures(record: Record, start: datetime, end: datetime) -> Iterator[TimelineEntry]:
    """The first failure; then for each kind one entry with all of them, the first one included."""
    failed = [exchange for exchange in api_exchanges(record, start, end) if exchange.failed]
    if not failed:
        return
    first = failed[0]
    request = f"  {first.request_id}" if first.request_id else ""
    yield TimelineEntry(
        f"failure:{first.source.value}:{first.at.isoformat()}",
        first.at,
        first.at,
        TimelineKind.FIRST_FAILURE,
        f"first failure: {_words(first)}{request}",
        Level.BAD,
        observations=(first,),
        request_ids=request_ids((first,)),
        detail=first.message or "",
    )
    for group in _groups(failed):
        if group != [first]:
            yield _folded(group)


def _groups(failed: Iterable[Observation]) -> list[list[Observation]]:
    """Failures of one kind, grouped; a long pause starts another group."""
    current: dict[_Kind, list[Observation]] = {}
    found: list[list[Observation]] = []
    for failure in failed:
        kind = (failure.source, failure.model, failure_name(failure))
        group = current.get(kind)
        if group is None or failure.at - group[-1].at > GAP:
            group = current[kind] = []
            found.append(group)
        group.append(failure)
    return found


def _folded(group: list[Observation]) -> TimelineEntry:
    first, last = group[0], group[-1]
    times = f" ×{len(group):,}" if len(group) > 1 else ""
    return TimelineEntry(
        f"failures:{first.source.value}:{first.outcome.value}:{first.at.isoformat()}",
        first.at,
        first.at,
        TimelineKind.FAILURES,
        f"{_words(first)}{times}",
        Level.BAD,
        count=len(group),
        last_at=last.at if len(group) > 1 else None,
        observations=tuple(group),
        request_ids=request_ids(group),
        detail=first.message or "",
    )


def _words(failed: Observation) -> str:
    return f"{model_or_source(failed)} {failure_name(failed)}"


def model_or_source(observation: Observation) -> str:
    """What was requested: `claude-haiku-5-5`, `models list`."""
    if observation.source is Source.MODELS:
        return "models list"
    return observation.model or observation.source.value
