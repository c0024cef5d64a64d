"""The problems that own traffic shows: which calls fail more often than usual, and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.affected import Affected, affected_by
from claude_tui.analysis.traffic.call_table import EVERYTHING, CallTable, Group
from claude_tui.analysis.traffic.change import LEAST_CALLS, Change, Counted, changes_in
from claude_tui.analysis.traffic.families import OF_THE_SERVICE, family_of
from claude_tui.analysis.traffic.shares import Shares
from claude_tui.analysis.traffic.usual_share import usual_share
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallCount, KeptBecause, KeptCall, RollUp, RollUpKey
from claude_tui.model.traffic_trouble import TrafficTrouble

__all__ = ["begins_with_failures", "troubles_of", "with_onset"]

_MINUTE = timedelta(minutes=1)
# A problem that ended longer ago than this is no longer shown.
_ENDED_SINCE = timedelta(minutes=15)
# Without calls for this long, nothing is known about a problem any more.
_SILENT_FOR = timedelta(minutes=3)
# The span that shows who has the problem and who is healthy.
_CONTRAST = timedelta(minutes=5)
# If so many calls fail from the first one on, no healthy time before is needed to see a problem.
_MOSTLY = 0.5
_LEAST_SPANS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class _Data:
    """The calls in which problems are found."""

    table: CallTable
    """The counts of the last minutes, and of the time before."""
    other_days: CallTable
    """The counts that show what is usual."""
    kept: Sequence[KeptCall]
    """The single calls that were recorded."""
    end: datetime
    """The end of the last complete span."""


def troubles_of(
    recent: Sequence[CallCount],
    earlier: Sequence[CallCount],
    usual: Sequence[RollUp],
    kept: Sequence[KeptCall],
    end: datetime,
    thresholds: TrafficThresholds,
) -> tuple[TrafficTrouble, ...]:
    """The problems that are ongoing or ended within a quarter of an hour, those with the most calls first.

    `earlier` is the time before `recent`, in longer spans; `usual` is from other days.
    """
    kinds = _failures_by_key(recent)
    if not kinds:
        return ()
    data = _Data(CallTable([*earlier, *recent]), CallTable(usual), kept, end)
    found = [
        trouble
        for family in data.table.families()
        if (trouble := _trouble(data, family, kinds, thresholds)) is not None
    ]
    return tuple(sorted(found, key=lambda entry: (entry.ended_at is not None, -entry.overall, entry.outcome)))


def begins_with_failures(
    rows: Sequence[RollUp | CallCount], thresholds: TrafficThresholds, minutes: int = 2
) -> bool:
    """Whether there are failures in the first minutes of these rows, which may have begun before."""
    if not rows:
        return False
    # Thousands of rows begin at a hundred instants.
    start = min({row.at for row in rows})
    span = minutes * max(_MINUTE, timedelta(seconds=rows[0].span_s))
    # Not `row.at < start + span`: a damaged store has instants with nothing after them.
    first = CallTable([row for row in rows if row.at - start < span])
    names = {Group(applications=frozenset({application})) for application, _ in first.cells}
    names |= {Group(models=frozenset({model})) for _, model in first.cells}
    for family in first.families():
        for group in (EVERYTHING, *names):
            failed, calls = first.count(family, group, datetime.min.replace(tzinfo=start.tzinfo))
            if failed and failed >= thresholds.overloaded / 2 * calls:
                return True
    return False


class _GroupChange(NamedTuple):
    """The newest change of a group, among the spans in which it made calls."""

    group: Group
    spans: list[Counted]
    change: Change

    @property
    def first(self) -> Counted:
        return self.spans[self.change.first]

    @property
    def last(self) -> Counted:
        return self.spans[self.change.last]

    @property
    def detected_at(self) -> datetime:
        return self.spans[self.change.detected].end

    @property
    def ended_at(self) -> datetime | None:
        return self.spans[self.change.ended].end if self.change.ended is not None else None


def _trouble(
    data: _Data, family: Outcome, kinds: Mapping[RollUpKey, int], thresholds: TrafficThresholds
) -> TrafficTrouble | None:
    """The problem with the failures of a family, if there is one; `kinds` are the recent failures."""
    changes = [
        change
        for group in _groups(data.table, family)
        if (change := _newest_change(data, family, group, thresholds)) is not None
    ]
    if not changes:
        return None
    ongoing = [
        change for change in changes if change.ended_at is None and not _ended_with_all(change, changes)
    ] or changes
    # The widest group comes first, as a part of it began no earlier.
    since = max(min(change.first.at for change in ongoing), data.end - _CONTRAST)
    affected = affected_by(data.table, family, [change.group for change in ongoing], since)
    return _described(data, family, affected, _change_of(ongoing, affected.group), kinds, thresholds)


def _described(
    data: _Data,
    family: Outcome,
    affected: Affected,
    found: _GroupChange,
    kinds: Mapping[RollUpKey, int],
    thresholds: TrafficThresholds,
) -> TrafficTrouble:
    group, first = affected.group, found.first
    minute = data.end - _MINUTE
    failed, calls = data.table.count(family, group, minute)
    _, all_calls = data.table.count(family, EVERYTHING, minute)
    spans = data.table.spans(family, group)
    shares = Shares.of([span for span in spans if span.at >= first.at], thresholds)
    exact = _exactly(data.kept, family, group, first)
    outcome, error_type = _typical(kinds, family, group)
    return TrafficTrouble(
        outcome=outcome,
        error_type=error_type,
        since=exact or first.at,
        since_within_s=0.0 if exact is not None else first.span_s,
        detected_at=min(found.detected_at, data.end + timedelta(seconds=10)),
        failed_at=found.last.end,
        failed=failed,
        calls=calls,
        overall=failed / all_calls if all_calls else 0.0,
        applications=tuple(sorted(group.applications)),
        models=tuple(sorted(group.models)),
        well=affected.healthy,
        same_model=affected.same_model,
        nearly_all_fail=shares.nearly_all_fail,
        many_fail=shares.many_fail,
        has_enough_calls=shares.has_enough_calls,
        ended_at=found.ended_at,
        good=found.change.good,
        needed=found.change.needed,
        newest=_newest(data.kept, family, group, first.at),
    )


def _ended_with_all(part: _GroupChange, changes: Sequence[_GroupChange]) -> bool:
    """Whether the problem of all calls has ended, and this part has not failed since.

    A part has fewer calls, so it would take longer to show the same.
    """
    return any(
        change.last.end >= part.last.end
        for change in changes
        if change.group == EVERYTHING and change.ended_at is not None
    )


def _groups(table: CallTable, family: Outcome) -> list[Group]:
    """Everything, then each application and each model with such failures if there are several."""
    failing = table.failing(family)
    applications, models = {cell for cell, _ in table.cells}, {cell for _, cell in table.cells}
    groups = [EVERYTHING]
    if len(applications) > 1:
        groups += [
            Group(applications=frozenset({application}))
            for application in sorted({application for application, _ in failing})
        ]
    if len(models) > 1:
        groups += [Group(models=frozenset({model})) for model in sorted({model for _, model in failing})]
    return groups


def _newest_change(
    data: _Data, family: Outcome, group: Group, thresholds: TrafficThresholds
) -> _GroupChange | None:
    """The newest change of a group that is still of interest."""
    spans = data.table.spans(family, group)
    theirs = family in OF_THE_SERVICE
    matters = thresholds.overloaded if theirs else thresholds.refused
    changes = changes_in(spans, usual_share(data.other_days, family, group, spans, matters), matters)
    if not changes or (not theirs and not _began_healthy(spans, changes[-1])):
        return None
    newest = _GroupChange(group, spans, changes[-1])
    if newest.ended_at is None:
        return newest if data.end - spans[-1].end <= _SILENT_FOR else None
    return newest if data.end - newest.ended_at <= _ENDED_SINCE else None


def _began_healthy(spans: Sequence[Counted], change: Change) -> bool:
    """Whether the beginning was observed: a share that was always there is how an application works."""
    calls_before = sum(span.calls for span in spans[: change.first])
    if calls_before >= LEAST_CALLS and change.first >= _LEAST_SPANS_BEFORE:
        return True
    after_change = spans[change.first : change.last + 1]
    return sum(span.failed for span in after_change) >= _MOSTLY * sum(span.calls for span in after_change)


def _change_of(changes: Sequence[_GroupChange], group: Group) -> _GroupChange:
    """The change of the group itself, or else of a part of it, or else of all."""
    for change in changes:
        if change.group == group:
            return change
    parts = [change for change in changes if _is_part(change.group, group)]
    return min(parts or changes, key=lambda change: change.first.at)


def _is_part(part: Group, group: Group) -> bool:
    return part != EVERYTHING and part.applications <= group.applications and part.models <= group.models


def _alike(kept: KeptCall, family: Outcome, group: Group) -> bool:
    call = kept.call
    if kept.why is not KeptBecause.FAILED or family_of(call.outcome) is not family:
        return False
    return group((call.application, call.served_model or call.model))


def _ended(call: Call) -> datetime:
    return call.at + timedelta(seconds=call.total_s or 0.0)


def _newest(kept: Sequence[KeptCall], family: Outcome, group: Group, since: datetime) -> Call | None:
    """The newest call that failed in the most common way since then, as an example of all."""
    calls = [call.call for call in kept if _alike(call, family, group)]
    counts = Counter(_form(call) for call in calls if _ended(call) >= since)
    return max(calls, key=lambda call: (counts[_form(call)], _ended(call)), default=None)


def _form(call: Call) -> tuple[Outcome, int | None]:
    return call.outcome, call.http_status


def with_onset(
    trouble: TrafficTrouble, rows: Sequence[CallCount], kept: Sequence[KeptCall]
) -> TrafficTrouble:
    """The problem, with its beginning as exact as rows of 10 s and single calls of that time allow."""
    family = family_of(trouble.outcome)
    group = Group(frozenset(trouble.applications), frozenset(trouble.models))
    end = trouble.since + timedelta(seconds=trouble.since_within_s)
    spans = CallTable(rows).spans(family, group)
    first = next((span for span in spans if span.failed and trouble.since <= span.at < end), None)
    if first is None:
        return trouble
    exact = _exactly(kept, family, group, first)
    within_s = 0.0 if exact is not None else first.span_s
    return replace(trouble, since=exact or first.at, since_within_s=within_s)


def _exactly(kept: Sequence[KeptCall], family: Outcome, group: Group, first: Counted) -> datetime | None:
    """When the first of the calls in a span failed, if that is known."""
    ends = [_ended(call.call) for call in kept if _alike(call, family, group)]
    return min((end for end in ends if first.at <= end < first.end), default=None)


def _failures_by_key(rows: Sequence[CallCount]) -> dict[RollUpKey, int]:
    """How many calls of each key failed."""
    # Thousands of rows share few keys, and hashing those would take most of the time.
    found: dict[int, tuple[RollUpKey, int]] = {}
    for row in rows:
        key = row.key
        if key.outcome is not Outcome.OK:
            found[id(key)] = key, found.get(id(key), (key, 0))[1] + row.calls
    counts: Counter[RollUpKey] = Counter()
    for key, calls in found.values():
        counts[key] += calls
    return counts


def _typical(failures: Mapping[RollUpKey, int], family: Outcome, group: Group) -> tuple[Outcome, str]:
    """The most frequent outcome of the last minutes, and its error type."""
    kinds: Counter[tuple[Outcome, str]] = Counter()
    for key, calls in failures.items():
        if family_of(key.outcome) is family and group((key.application, key.model)):
            kinds[key.outcome, key.error_type] += calls
    if not kinds:
        return family, ""
    return min(kinds, key=lambda kind: (-kinds[kind], kind))
