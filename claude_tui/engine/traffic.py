"""Own traffic in the engine: kept up to date, and as it was known at an instant of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.chart import bin_s, traffic_chart
from claude_tui.analysis.traffic.facts import (
    IN_FULL,
    RECENT,
    REPORTS_SPAN,
    SourceReport,
    TrafficFacts,
    usual_spans,
)
from claude_tui.analysis.traffic.troubles import begins_with_failures, with_onset
from claude_tui.analysis.traffic.view import detail_from, last_full_span, traffic_view, usual_of
from claude_tui.model.arrangement import Panel
from claude_tui.model.snapshot import Chart, Focus
from claude_tui.model.traffic import SPANS, CallCount, KeptCall, RollUp
from claude_tui.model.traffic_trouble import TrafficTrouble
from claude_tui.model.traffic_view import TrafficView, Usual
from claude_tui.store import KEPT_CALLS

if TYPE_CHECKING:
    from claude_tui.store import Store

__all__ = ["TrafficFollower", "chart_at", "facts_at", "view_at"]

_SPARE = timedelta(minutes=3)
# The view covers full spans, and full minutes.
_ROUNDED = timedelta(seconds=2 * SPANS[0] + 60)
_REPORTS_EVERY = timedelta(minutes=1)
_MOST_KEPT = 1000
# Minutes, and before that ten minutes, as a problem is followed over a day.
_EARLIER = ((SPANS[1], timedelta(hours=2)), (SPANS[2], timedelta(hours=24)))
_HOUR_S = SPANS[3]
_MOST_ONSETS = 50
_Beginning = tuple[list[CallCount], list[KeptCall]]


def facts_at(store: Store, at: datetime, thresholds: TrafficThresholds | None = None) -> TrafficFacts:
    """What was known at an instant, from the store."""
    thresholds = thresholds or TrafficThresholds()
    reports = tuple(store.traffic.reports(at - REPORTS_SPAN, at - RECENT, at))
    full_from = _floor(at - IN_FULL)
    recent = tuple(store.traffic.of_span(SPANS[0], full_from, at, at))
    before = tuple(store.traffic.counts(SPANS[0], at - RECENT - _ROUNDED, full_from, at, timed=True))
    if not (reports or recent or before):
        return TrafficFacts()
    usual, days = _usual(store, at)
    kept = store.entries(KEPT_CALLS, at - RECENT, at + timedelta(microseconds=1))
    return TrafficFacts(
        recent=recent,
        before=before,
        usual=usual,
        usual_days=days,
        reports=reports,
        kept=tuple(kept),
        earlier=_earlier(store, (*before, *recent), at, thresholds),
        today_usd=_today(store, at),
    )


def view_at(store: Store, at: datetime, thresholds: TrafficThresholds | None = None) -> TrafficView | None:
    """The view of what was known at an instant; None if no source had reported."""
    thresholds = thresholds or TrafficThresholds()
    view = traffic_view(facts_at(store, at, thresholds), at, thresholds=thresholds)
    of_spans: dict[tuple[datetime, float], _Beginning] = {}

    def exactly(trouble: TrafficTrouble) -> TrafficTrouble:
        span = trouble.since, trouble.since_within_s
        if span not in of_spans:
            of_spans[span] = _beginning(store, trouble, at)
        return with_onset(trouble, *of_spans[span])

    return _with_onsets(view, at, exactly)


def chart_at(store: Store, focus: Focus | None, at: datetime) -> Chart | None:
    """The chart for `focus` as of an instant; None for another panel."""
    if focus is None or focus.panel is not Panel.TRAFFIC:
        return None
    counts = store.traffic.counts(bin_s(focus.span), at - focus.span, at, at, timed=True)
    return traffic_chart(counts, focus, at)


def _usual(store: Store, at: datetime) -> tuple[tuple[RollUp, ...], int]:
    """The same hour of earlier days, or else the hours of the last day; and how many days that is."""
    days = [store.traffic.of_span(_HOUR_S, start, end, at) for start, end in usual_spans(at)]
    found = tuple(row for rows in days for row in rows)
    if found:
        return found, sum(bool(rows) for rows in days)
    hour = at.replace(minute=0, second=0, microsecond=0)
    return tuple(store.traffic.of_span(_HOUR_S, hour - REPORTS_SPAN, hour, at)), 0


def _today(store: Store, at: datetime) -> float | None:
    """The dollars spent since midnight UTC, as known at the last full minute."""
    minute = detail_from(at) + RECENT
    midnight = minute.replace(hour=0, minute=0)
    return store.traffic.cost_between(midnight, minute, minute)


def _earlier(
    store: Store, recent: Sequence[RollUp | CallCount], at: datetime, thresholds: TrafficThresholds
) -> tuple[CallCount, ...]:
    """Longer spans of earlier time, as far back as failures go, to find their beginning."""
    end = detail_from(at)
    found: list[CallCount] = []
    first: Sequence[RollUp | CallCount] = [row for row in recent if row.at >= end]
    for span_s, back in _EARLIER:
        if not begins_with_failures(first, thresholds):
            break
        start = at - back
        start -= timedelta(seconds=start.timestamp() % span_s)
        counts = [row for row in store.traffic.counts(span_s, start, end, at) if start <= row.at < end]
        first, found, end = counts, [*counts, *found], start
    return tuple(found)


def _floor(at: datetime) -> datetime:
    return at - timedelta(seconds=at.timestamp() % SPANS[0])


def _with_onsets(
    view: TrafficView | None, at: datetime, exactly: Callable[[TrafficTrouble], TrafficTrouble]
) -> TrafficView | None:
    """The view with the real beginning of problems that began before its detailed data."""
    if view is None or not any(_is_coarse(trouble, at) for trouble in view.troubles):
        return view
    troubles = tuple(exactly(trouble) if _is_coarse(trouble, at) else trouble for trouble in view.troubles)
    return replace(view, troubles=troubles)


def _is_coarse(trouble: TrafficTrouble, at: datetime) -> bool:
    return trouble.since_within_s > 0 and at - trouble.since > RECENT - _SPARE


def _beginning(store: Store, trouble: TrafficTrouble, known: datetime | None) -> _Beginning:
    """What is recorded about the time when a problem began."""
    end = trouble.since + timedelta(seconds=trouble.since_within_s)
    rows = store.traffic.counts(SPANS[0], trouble.since, end, known)
    return rows, store.entries(KEPT_CALLS, trouble.since, end + _REPORTS_EVERY)


class TrafficFollower:
    """Own traffic, whichever process records it; `read` reads only what is new.

    One thread at a time may call `read`; any thread may call `view`.
    """

    def __init__(self, store: Store, thresholds: TrafficThresholds | None = None) -> None:
        self._store = store
        self._thresholds = thresholds or TrafficThresholds()
        self._today: float | None = None
        self._last = 0
        self._rows: list[RollUp] = []
        self._before: list[CallCount] = []
        """Caches what was in `_rows`: of thousands of histograms, only those still drawn are kept."""
        self._unsaved: list[RollUp] = []
        self._kept: list[KeptCall] = []
        self._usual: tuple[datetime, tuple[RollUp, ...], int] | None = None
        self._usual_figures: tuple[tuple[RollUp, ...], Usual | None] | None = None
        self._reports: tuple[datetime, tuple[SourceReport, ...]] | None = None
        self._earlier: tuple[datetime, tuple[CallCount, ...]] | None = None
        self._facts = TrafficFacts()
        self._chart: tuple[Focus | None, datetime, Chart | None] | None = None
        self._onsets: dict[object, tuple[datetime, float]] = {}
        self._made: tuple[TrafficFacts, datetime, TrafficView | None] | None = None

    def load(self, at: datetime) -> None:
        """Reads the last quarter of an hour for the first frame. One query without own traffic."""
        self._last, self._before, self._rows = self._store.traffic.since(
            at - RECENT - _SPARE, _floor(at - IN_FULL - _SPARE)
        )
        if not self._last:
            return
        kept = self._store.entries(KEPT_CALLS, at - RECENT)
        self._kept = kept[-_MOST_KEPT:]
        self._upkeep(at)
        self._renew(at, changed=True)

    def read(self, at: datetime) -> bool:
        """Reads what was recorded since the last call, and returns whether anything changed."""
        last, rows, unsaved = self._store.traffic.after(self._last)
        changed = bool(rows) or unsaved != self._unsaved
        self._last, self._unsaved = last, unsaved
        self._rows += rows
        if rows:
            newest = self._kept[-1].at if self._kept else at - RECENT
            known = set(self._kept)
            new = self._store.entries(KEPT_CALLS, newest)
            self._kept = [*self._kept, *(call for call in new if call not in known)][-_MOST_KEPT:]
        changed |= self._upkeep(at)
        self._renew(at, changed=changed)
        return changed

    @property
    def is_recorded(self) -> bool:
        """Whether any calls have been recorded."""
        return self._last > 0

    def view(self, at: datetime) -> TrafficView | None:
        """The view at an instant; the same object while neither figures nor spans have changed."""
        facts, end = self._facts, last_full_span(at)
        made = self._made
        if made is None or made[0] is not facts or made[1] != end:
            view = traffic_view(facts, at, thresholds=self._thresholds, usual=self._figures_of_usual(facts))
            made = self._made = facts, end, _with_onsets(view, at, self._remembered_onset)
        return made[2]

    def _figures_of_usual(self, facts: TrafficFacts) -> Usual | None:
        """Computed once an hour, as it covers thousands of calls."""
        known = self._usual_figures
        if known is None or known[0] is not facts.usual:
            known = self._usual_figures = facts.usual, usual_of(facts)
        return known[1]

    def _remembered_onset(self, trouble: TrafficTrouble) -> TrafficTrouble:
        """That time is read only once."""
        key = (trouble.outcome, trouble.applications, trouble.models, trouble.since, trouble.since_within_s)
        if key not in self._onsets:
            if len(self._onsets) >= _MOST_ONSETS:
                self._onsets.clear()
            found = with_onset(trouble, *_beginning(self._store, trouble, None))
            self._onsets[key] = found.since, found.since_within_s
        since, within_s = self._onsets[key]
        return replace(trouble, since=since, since_within_s=within_s)

    def chart(self, focus: Focus | None, at: datetime) -> Chart | None:
        """The chart for `focus`, read again every 10 s; None for another panel."""
        end = last_full_span(at)
        if self._chart is None or self._chart[:2] != (focus, end):
            self._chart = focus, end, chart_at(self._store, focus, at)
        return self._chart[2]

    def _upkeep(self, at: datetime) -> bool:
        """Reads what changes slowly, if that is due. Returns whether it was."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        due = self._reports is None or not timedelta() <= at - self._reports[0] < _REPORTS_EVERY
        if due:
            self._reports = at, tuple(self._store.traffic.reports(at - REPORTS_SPAN, at - RECENT))
        heard = bool((self._reports and self._reports[1]) or self._rows or self._before)
        if heard and (self._usual is None or self._usual[0] != hour):
            self._usual = hour, *_usual(self._store, at)
            due = True
        start = detail_from(at)
        if self._earlier is None or self._earlier[0] != start:
            recent: list[RollUp | CallCount] = [*self._before, *self._rows]
            earlier = _earlier(self._store, recent, at, self._thresholds)
            today = _today(self._store, at) if recent or self._today is not None else None
            due |= bool(earlier) or bool(self._earlier and self._earlier[1]) or today != self._today
            self._earlier, self._today = (start, earlier), today
        return due

    def _renew(self, at: datetime, *, changed: bool) -> None:
        if not changed:
            return
        oldest, full_from = at - RECENT - _SPARE, at - IN_FULL - _SPARE
        before = (*self._before, *(CallCount.of(row) for row in self._rows if row.at <= full_from))
        self._before = [row for row in before if row.at > oldest]
        self._rows = [row for row in self._rows if row.at > full_from]
        self._kept = [call for call in self._kept if call.at > oldest]
        usual, days = (self._usual[1], self._usual[2]) if self._usual is not None else ((), 0)
        reports = self._reports[1] if self._reports is not None else ()
        earlier = self._earlier[1] if self._earlier is not None else ()
        self._facts = TrafficFacts(
            recent=(*self._rows, *self._unsaved),
            before=tuple(self._before),
            usual=usual,
            usual_days=days,
            reports=reports,
            kept=tuple(self._kept),
            earlier=earlier,
            today_usd=self._today,
        )
