"""The problems that own traffic shows: which calls fail more often than usual, since when, and whose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.call_table import EVERYTHING, CallTable, Group
from claude_tui.analysis.traffic.change import LEAST_CALLS, Change, Counted, changes_in
from claude_tui.analysis.traffic.families import OF_THE_SERVICE, family_of
from claude_tui.analysis.traffic.shares import Shares, luck_of_so_few
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallCount, KeptBecause, KeptCall, RollUp, RollUpKey
from claude_tui.model.traffic_trouble import TrafficTrouble

__all__ = ["begins_troubled", "troubles_of", "with_onset"]

_MINUTE = timedelta(minutes=1)
# A problem that has been over for this long is no news any more.
_ENDED_SINCE = timedelta(minutes=15)
# Without calls for this long, nothing is known about a problem any more.
_SILENT_FOR = timedelta(minutes=3)
# The span over which it is counted who has the problem and who is well.
_CONTRAST = timedelta(minutes=5)
# The shares of failures on a healthy day: of the service, and of what applications do wrong.
_USUAL, _USUAL_OURS = 0.001, 0.005
_MOST_USUAL = 0.3
# However bad an hour was on other days, an outage is not usual.
_MOST_USUAL_THEIRS = 0.01
_LEAST_USUAL_CALLS = 200
# Others are well if this fraction of the problem's share, or less, fails for them.
_MUCH_LESS = 0.2
# Nearly all calls fail from the first one on: no earlier health is needed to see that.
_MOSTLY = 0.5
_LEAST_SPANS_BEFORE = 3
_LEAST_MINUTES = 4
_IMPROBABLE, _TOTAL = 0.001, 0.97


def troubles_of(
    recent: Sequence[CallCount],
    earlier: Sequence[CallCount],
    usual: Sequence[RollUp],
    kept: Sequence[KeptCall],
    end: datetime,
    thresholds: TrafficThresholds,
) -> tuple[TrafficTrouble, ...]:
    """The problems that last or have ended within a quarter of an hour, those of most calls first.

    `earlier` is the time before `recent`, in longer spans; `usual` is from other days.
    """
    kinds = _failures_by_key(recent)
    if not kinds:
        return ()
    table, before = CallTable([*earlier, *recent]), CallTable(usual)
    found = [
        trouble
        for family in table.families()
        if (trouble := _trouble(table, before, family, kept, kinds, end, thresholds)) is not None
    ]
    return tuple(sorted(found, key=lambda entry: (entry.ended_at is not None, -entry.overall, entry.outcome)))


def begins_troubled(
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


def _trouble(
    table: CallTable,
    before: CallTable,
    family: Outcome,
    kept: Sequence[KeptCall],
    kinds: Mapping[RollUpKey, int],
    end: datetime,
    thresholds: TrafficThresholds,
) -> TrafficTrouble | None:
    found = [
        (group, spans, change)
        for group in _groups(table, family)
        if (pair := _newest_change(table, before, family, group, end, thresholds)) is not None
        for spans, change in [pair]
    ]
    if not found:
        return None
    lasting = [
        candidate
        for candidate in found
        if candidate[2].ended is None and not _ended_with_all(candidate, found)
    ] or found
    # The widest group comes first, as a part of it began no earlier.
    since = min(spans[change.first].at for _, spans, change in lasting)
    contrast = max(since, end - _CONTRAST)
    group, well, same_model = _whose(table, family, [candidate[0] for candidate in lasting], contrast)
    spans = table.spans(family, group)
    known = _change_of(lasting, group)
    first, last = known[0][known[1].first], known[0][known[1].last]
    failed, calls = table.count(family, group, end - _MINUTE)
    everything = table.count(family, EVERYTHING, end - _MINUTE)[1]
    newest = _newest(kept, family, group, first.at)
    exact = _exactly(kept, family, group, first)
    shares = Shares.of([span for span in spans if span.at >= first.at], thresholds)
    outcome, error_type = _typical(kinds, family, group)
    ended = known[1].ended
    return TrafficTrouble(
        outcome=outcome,
        error_type=error_type,
        since=exact or first.at,
        since_within_s=0.0 if exact is not None else first.span_s,
        detected_at=min(known[0][known[1].detected].end, end + timedelta(seconds=10)),
        failed_at=last.end,
        failed=failed,
        calls=calls,
        overall=failed / everything if everything else 0.0,
        applications=tuple(sorted(group.applications)),
        models=tuple(sorted(group.models)),
        well=well,
        same_model=same_model,
        most=shares.most,
        many=shares.many,
        enough=shares.enough,
        ended_at=known[0][ended].end if ended is not None else None,
        good=known[1].good,
        needed=known[1].needed,
        newest=newest,
    )


_Found = tuple[Group, list[Counted], Change]


def _ended_with_all(part: _Found, found: Sequence[_Found]) -> bool:
    """Whether the problem of everybody has ended and this part has not failed since.

    A part has fewer calls, so it would take longer to show the same.
    """
    _, spans, change = part
    return any(
        candidate[1][candidate[2].last].end >= spans[change.last].end
        for candidate in found
        if candidate[0] == EVERYTHING and candidate[2].ended is not None
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
    table: CallTable,
    before: CallTable,
    family: Outcome,
    group: Group,
    end: datetime,
    thresholds: TrafficThresholds,
) -> tuple[list[Counted], Change] | None:
    spans = table.spans(family, group)
    theirs = family in OF_THE_SERVICE
    matters = thresholds.overloaded if theirs else thresholds.refused
    usual = _usual_share(before, family, group)
    if usual is None:
        usual = _USUAL if theirs else max(_USUAL_OURS, _mostly(_before_trouble(spans, matters)))
    changes = changes_in(spans, usual, matters)
    if not changes or (not theirs and not _was_well(spans, changes[-1])):
        return None
    change = changes[-1]
    if change.ended is None and end - spans[-1].end > _SILENT_FOR:
        return None
    if change.ended is not None and end - spans[change.ended].end > _ENDED_SINCE:
        return None
    return spans, change


def _before_trouble(spans: Sequence[Counted], matters: float) -> Sequence[Counted]:
    """The spans before any of them had a problem, as a problem must not set its own standard.

    All spans if the beginning was not seen: those before are too few, or may have been better by chance.
    """
    changes = changes_in(spans, _USUAL_OURS, matters)
    if not changes:
        return spans
    before, since = spans[: changes[0].first], spans[changes[0].first :]
    share = sum(span.failed for span in since) / max(sum(span.calls for span in since), 1)
    failed, calls = sum(span.failed for span in before), sum(span.calls for span in before)
    was_well = failed <= _MUCH_LESS * share * calls
    return before if was_well and luck_of_so_few(failed, calls, min(share, _TOTAL)) <= _IMPROBABLE else spans


def _mostly(spans: Sequence[Counted]) -> float:
    """The share that three quarters of the minutes exceed: some applications always send what is refused."""
    minutes: dict[datetime, list[int]] = {}
    for span in spans:
        total = minutes.setdefault(span.at.replace(second=0, microsecond=0), [0, 0])
        total[0], total[1] = total[0] + span.failed, total[1] + span.calls
    shares = sorted(failed / calls for failed, calls in minutes.values() if calls)
    return min(shares[len(shares) // 4], _MOST_USUAL) if len(shares) >= _LEAST_MINUTES else 0.0


def _usual_share(before: CallTable, family: Outcome, group: Group) -> float | None:
    """The share on a median day; None if too little is known of other days."""
    theirs = family in OF_THE_SERVICE
    least, most = (_USUAL, _MOST_USUAL_THEIRS) if theirs else (_USUAL_OURS, _MOST_USUAL)
    for wider in (group, EVERYTHING):
        days = [one for one in before.spans(family, wider) if one.calls]
        if sum(one.calls for one in days) >= _LEAST_USUAL_CALLS:
            shares = sorted(one.failed / one.calls for one in days)
            return min(max(shares[(len(shares) - 1) // 2], least), most)
    return None


def _was_well(spans: Sequence[Counted], change: Change) -> bool:
    """Whether the beginning was seen: a share that was always there is how an application works."""
    calls_before = sum(span.calls for span in spans[: change.first])
    if calls_before >= LEAST_CALLS and change.first >= _LEAST_SPANS_BEFORE:
        return True
    after_change = spans[change.first : change.last + 1]
    return sum(span.failed for span in after_change) >= _MOSTLY * sum(span.calls for span in after_change)


def _whose(
    table: CallTable, family: Outcome, troubled: Sequence[Group], since: datetime
) -> tuple[Group, tuple[str, ...], bool]:
    """Who is affected, who is well in the meantime, and whether those use the same models."""
    applications = _contrast(table, family, troubled, since, 0)
    models = _contrast(table, family, troubled, since, 1)
    if applications is None or models is None:
        if applications is not None:
            return _by_application(table, family, since, *applications)
        if models is not None:
            return Group(models=models[0]), models[1], False
        return EVERYTHING, (), False
    by_application = _by_application(table, family, since, *applications)
    # If a single application uses a single model, other applications' calls of it decide, or else the kind of
    # failure.
    if by_application[2] or family not in OF_THE_SERVICE:
        return by_application
    return Group(models=models[0]), models[1], False


def _by_application(
    table: CallTable, family: Outcome, since: datetime, failing: frozenset[str], well: tuple[str, ...]
) -> tuple[Group, tuple[str, ...], bool]:
    group = Group(applications=failing)
    counts = {cell: table.count(family, cell.__eq__, since) for cell in table.cells if cell[0] in failing}
    most = max((failed / calls for failed, calls in counts.values() if calls), default=0.0)
    used = {model for (_, model), (failed, calls) in counts.items() if calls and failed >= most * calls / 2}
    failed, calls = table.count(family, lambda cell: cell[0] not in failing and cell[1] in used, since)
    return group, well, calls >= LEAST_CALLS and failed <= _MUCH_LESS * calls


def _contrast(
    table: CallTable, family: Outcome, troubled: Sequence[Group], since: datetime, place: int
) -> tuple[frozenset[str], tuple[str, ...]] | None:
    """The names that fail and those that are well; None if the figures do not tell them apart."""
    names = {cell[place] for cell in table.cells}
    counts = {
        name: table.count(family, lambda cell, name=name: cell[place] == name, since)  # type: ignore[misc]
        for name in names
    }
    known = {name for group in troubled for name in (group.applications, group.models)[place]}
    failing = frozenset(known) or frozenset(
        name for name, (failed, calls) in counts.items() if failed and failed >= _MUCH_LESS * calls
    )
    if not failing:
        return None
    failed = sum(counts[name][0] for name in failing if name in counts)
    calls = sum(counts[name][1] for name in failing if name in counts)
    share = failed / calls if calls else 0.0
    others = {name: counts[name] for name in names - failing if counts[name][1]}
    rest = sum(calls for _, calls in others.values())
    if rest < LEAST_CALLS or sum(failed for failed, _ in others.values()) > _MUCH_LESS * share * rest:
        return None
    well = sorted(others, key=lambda name: (-others[name][1], name))
    return failing, tuple(well)


def _change_of(found: Sequence[_Found], group: Group) -> tuple[list[Counted], Change]:
    """The change of the group itself, or else of a part of it, or else of all."""
    for part, spans, change in found:
        if part == group:
            return spans, change
    parts = [
        (spans, change)
        for part, spans, change in found
        if part != EVERYTHING and (part.applications <= group.applications and part.models <= group.models)
    ]
    candidates = parts or [(spans, change) for _, spans, change in found]
    return min(candidates, key=lambda candidate: candidate[0][candidate[1].first].at)


def _alike(kept: KeptCall, family: Outcome, group: Group) -> bool:
    call = kept.call
    if kept.why is not KeptBecause.FAILED or family_of(call.outcome) is not family:
        return False
    return group((call.application, call.served_model or call.model))


def _ended(call: Call) -> datetime:
    return call.at + timedelta(seconds=call.total_s or 0.0)


def _newest(kept: Sequence[KeptCall], family: Outcome, group: Group, since: datetime) -> Call | None:
    """The newest call that failed as most did since then: one of another form would misname them all."""
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
    # Thousands of rows share few keys, whose hashes take longer than all the rest of this.
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
