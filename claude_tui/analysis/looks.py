"""What the newest exchanges of one source come to: it fails, it answers, or nobody has looked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from claude_tui.analysis.columns import Column
from claude_tui.analysis.course import Course
from claude_tui.analysis.history import History
from claude_tui.analysis.kinds import FailureKind
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import EngineState, Level

__all__ = ["Look", "Standing", "look_at"]

T = TypeVar("T")

SPAN = timedelta(minutes=5)
# An answer may be on its way for this long before a missing one is worth a word.
PATIENCE_S = 60.0
# One lost probe is no failure of the service.
MIN_FAILURES = 2


class Standing(StrEnum):
    """NONE never seen, OLD not seen lately, FAILS now, UNSTEADY at times, AGAIN after failures, FINE."""

    NONE = "none"
    OLD = "old"
    FAILS = "fails"
    UNSTEADY = "unsteady"
    AGAIN = "again"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Look:
    """One source over `span`: five minutes, or since it began to fail if that is less.

    `kind` is the most frequent failure in it. `since` is the first failure of the present trouble,
    `held` why the source is not being probed, if the schedule says so.
    """

    source: Source
    standing: Standing
    span: timedelta
    requests: int
    failures: int
    kind: FailureKind | Observation | None
    newest: Observation | None
    since: datetime | None
    held: str | None


def look_at(history: History, at: datetime, source: Source, engine: EngineState, options: Options) -> Look:
    instant = at.timestamp()
    exchanges = history.exchanges(source)
    newest, course = exchanges.items.latest(instant), exchanges.state(instant)
    failing = _fails(history, at, source, newest, course)
    start = _start(course, at) if failing else at - SPAN
    # Without a usable key the last answer is of somebody else's probing: nothing is known of now.
    barred = source is Source.MESSAGES and any(
        n.key == "key" and n.level is Level.BAD for n in engine.notices
    )
    kinds = Counter(_part(history.failures(source), start, at))
    most = max(kinds, key=lambda kind: kinds[kind], default=None)
    return Look(
        source=source,
        standing=Standing.OLD
        if barred and newest is not None
        else _standing(newest, at, options, failing, bool(kinds), course.trouble_since is not None),
        span=at - start,
        requests=len(_part(exchanges.items, start, at)),
        failures=kinds.total(),
        kind=most or (newest if newest is not None and newest.failed else None),
        newest=newest,
        since=course.trouble_since,
        held=next((probe.held_reason for probe in engine.probes if probe.source is source), None),
    )


def _standing(
    newest: Observation | None, at: datetime, options: Options, failing: bool, failed: bool, trouble: bool
) -> Standing:
    if newest is None:
        return Standing.NONE
    if (at - newest.at).total_seconds() > max(options.stale_after_s(newest.source), PATIENCE_S):
        return Standing.OLD
    if failing:
        return Standing.FAILS
    if not failed:
        return Standing.FINE
    return Standing.UNSTEADY if trouble else Standing.AGAIN


def _fails(
    history: History, at: datetime, source: Source, newest: Observation | None, course: Course
) -> bool:
    """Whether the trouble is more than single failures: two in a row at its end, or half of it."""
    if newest is None or course.trouble_since is None or course.failures < MIN_FAILURES:
        return False
    if course.failing_since is not None and course.failing_since < newest.at:
        return True
    start = _start(course, at)
    failed = len(_part(history.failures(source), start, at))
    return 2 * failed >= len(_part(history.exchanges(source).items, start, at))


def _start(course: Course, at: datetime) -> datetime:
    """Five minutes ago, or the first failure of the trouble if that came later."""
    return max(course.trouble_since or at, at - SPAN)


def _part(column: Column[T], start: datetime, end: datetime) -> list[T]:
    """The values with start <= instant <= end."""
    return column.values[column.first(start.timestamp()) : column.upto(end.timestamp())]
