"""The share of calls that fails on a healthy day, of the service or because of what applications send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.analysis.traffic.affected import MUCH_LESS
from claude_tui.analysis.traffic.call_table import EVERYTHING, CallTable, Group
from claude_tui.analysis.traffic.change import Counted, changes_in
from claude_tui.analysis.traffic.families import OF_THE_SERVICE
from claude_tui.analysis.traffic.shares import chance_of_so_few
from claude_tui.model.observation import Outcome

__all__ = ["usual_share"]

_USUAL, _USUAL_OURS = 0.001, 0.005
_MOST_USUAL = 0.3
# However bad an hour was on other days, an outage is not usual.
_MOST_USUAL_THEIRS = 0.01
_LEAST_USUAL_CALLS = 200
_LEAST_MINUTES = 4
_IMPROBABLE, _TOTAL = 0.001, 0.97


def usual_share(
    other_days: CallTable, family: Outcome, group: Group, spans: Sequence[Counted], matters: float
) -> float:
    """The share of a family's failures that is usual for a group, whose calls of today are in `spans`.

    `matters` is the lowest share that counts as a problem.
    """
    usual = _share_of_other_days(other_days, family, group)
    if usual is not None:
        return usual
    if family in OF_THE_SERVICE:
        return _USUAL
    return max(_USUAL_OURS, _lower_quartile(_before_trouble(spans, matters)))


def _before_trouble(spans: Sequence[Counted], matters: float) -> Sequence[Counted]:
    """The spans before any of them had a problem, as a problem must not define what is usual.

    All spans if the beginning was not observed: the ones before are too few, or were better by chance.
    """
    changes = changes_in(spans, _USUAL_OURS, matters)
    if not changes:
        return spans
    before, since = spans[: changes[0].first], spans[changes[0].first :]
    share = sum(span.failed for span in since) / max(sum(span.calls for span in since), 1)
    failed, calls = sum(span.failed for span in before), sum(span.calls for span in before)
    was_well = failed <= MUCH_LESS * share * calls
    return (
        before if was_well and chance_of_so_few(failed, calls, min(share, _TOTAL)) <= _IMPROBABLE else spans
    )


def _lower_quartile(spans: Sequence[Counted]) -> float:
    """The share that three quarters of the minutes exceed: some applications always send invalid requests."""
    minutes: dict[datetime, list[int]] = {}
    for span in spans:
        total = minutes.setdefault(span.at.replace(second=0, microsecond=0), [0, 0])
        total[0], total[1] = total[0] + span.failed, total[1] + span.calls
    shares = sorted(failed / calls for failed, calls in minutes.values() if calls)
    return min(shares[len(shares) // 4], _MOST_USUAL) if len(shares) >= _LEAST_MINUTES else 0.0


def _share_of_other_days(before: CallTable, family: Outcome, group: Group) -> float | None:
    """The share on a median day; None if too little is known about other days."""
    theirs = family in OF_THE_SERVICE
    least, most = (_USUAL, _MOST_USUAL_THEIRS) if theirs else (_USUAL_OURS, _MOST_USUAL)
    for wider in (group, EVERYTHING):
        days = [one for one in before.spans(family, wider) if one.calls]
        if sum(one.calls for one in days) >= _LEAST_USUAL_CALLS:
            shares = sorted(one.failed / one.calls for one in days)
            return min(max(shares[(len(shares) - 1) // 2], least), most)
    return None
