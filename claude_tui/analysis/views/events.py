"""What happened, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice, repeat

from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.streaks import TimelineEvent
from claude_tui.analysis.options import Options
from claude_tui.model.provider import counts_as_ours
from claude_tui.model.snapshot import Event, Level

__all__ = ["newest_events"]


def newest_events(
    history: History, at: datetime, options: Options, recorded: Iterable[Event] = ()
) -> tuple[Event, ...]:
    """At most `options.max_events`, newest first. Events about other components only are INFO.

    `recorded` are the events that do not come from observations, newest first.
    """
    instant, most = at.timestamp(), options.max_events
    found: list[tuple[float, int, int, TimelineEvent]] = []
    for rank, column in enumerate(history.events()):
        stop = column.count_until(instant)
        start = max(stop - most, 0)
        found += zip(column.at[start:stop], repeat(rank), range(start, stop), column.values[start:stop])
    # Rank and position are unique together: the values themselves are never compared.
    found.sort(reverse=True)
    observed = (_rated(entry, options.ours) for *_, entry in found[:most])
    known = (event for event in recorded if event.at <= at)
    return tuple(islice(merge(known, observed, key=lambda event: event.at, reverse=True), most))


def _rated(entry: TimelineEvent, ours: tuple[str, ...]) -> Event:
    event = entry.event
    if entry.about is None or event.level is Level.INFO:
        return event
    if any(counts_as_ours(name, ours) for name in entry.about):
        return event
    return replace(event, level=Level.INFO)
