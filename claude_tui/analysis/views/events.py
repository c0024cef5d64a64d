"""What happened, newest first; similar events are folded into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice

from claude_tui.analysis.history.columns import Column
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.streaks import TimelineEvent
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.platforms import is_elsewhere, platform_at
from claude_tui.model.filtering import Filter, Searched
from claude_tui.model.gateway import Platform
from claude_tui.model.observation import Observation
from claude_tui.model.provider import counts_as_ours
from claude_tui.model.snapshot import Event, Level

__all__ = ["classes_of", "filtered", "newest_events"]

# How far back events of one source are considered: with a failure every ten seconds, five hours.
_MOST_READ = 2000


def newest_events(
    history: History, at: datetime, options: Options, recorded: Iterable[Event] = ()
) -> tuple[Event, ...]:
    """At most `options.max_events` events, newest first; those of other components or platforms are INFO.

    The failures of a kind are one event, and so are the recoveries between them, so that verdicts, alerts and
    what people did stay visible. `recorded` are the events that do not come from observations, newest first.
    """
    instant = at.timestamp()
    recorded = tuple(recorded)
    # Only a clock that was set back leaves events that are yet to come.
    ahead = sum(event.at > at for event in recorded)
    versions = [(column.version, column.count_until(instant)) for column in history.events()]
    platform = platform_at(history, at)
    key = versions, recorded, ahead, options, platform
    return history.cached("events", key, lambda: _newest(history, at, options, recorded, platform))


def _newest(
    history: History, at: datetime, options: Options, recorded: tuple[Event, ...], platform: Platform | None
) -> tuple[Event, ...]:
    instant, most = at.timestamp(), options.max_events
    found: list[tuple[float, int, int, Event]] = []
    for rank, column in enumerate(history.events()):
        rows = islice(_folded(column, column.count_until(instant), options, platform), most)
        found += [(column.at[index], rank, index, event) for index, event in rows]
    # Rank and position together are unique, so events themselves are never compared.
    found.sort(key=lambda row: row[:3], reverse=True)
    observed = (event for *_, event in found[:most])
    known = (event for event in recorded if event.at <= at)
    return tuple(islice(merge(known, observed, key=lambda event: event.at, reverse=True), most))


def _folded(
    column: Column[TimelineEvent], stop: int, options: Options, platform: Platform | None
) -> Iterator[tuple[int, Event]]:
    """The newest event of each run with the run, and all other events; each with its position.

    Newest first.
    """
    entries = column.values
    members: dict[str, list[Event]] = {}
    positions: list[int] = []
    for index in range(stop - 1, max(stop - _MOST_READ, 0) - 1, -1):
        run = entries[index].run
        if run is not None and run.key in members:
            members[run.key].append(entries[index].event)
            continue
        if run is not None:
            members[run.key] = [entries[index].event]
        positions.append(index)
    for index in positions:
        entry = entries[index]
        event, run = _rated(entry, options.ours, platform), entry.run
        if run is not None and run.count > 1:
            listed = tuple(members[run.key][: options.max_events])
            event = replace(event, key=run.key, count=run.count, first_at=run.first_at, folded=listed)
        yield index, event


def _rated(entry: TimelineEvent, ours: tuple[str, ...], platform: Platform | None) -> Event:
    event = entry.event
    if event.level is Level.INFO:
        return event
    if entry.incident and is_elsewhere(entry.incident, platform):
        return replace(event, level=Level.INFO)
    if entry.about is None or any(counts_as_ours(name, ours) for name in entry.about):
        return event
    return replace(event, level=Level.INFO)


# -- filters -----------------------------------------------------------------------------


def filtered(events: Iterable[Event], wanted: Filter, at: datetime) -> tuple[Event, ...]:
    """The events that satisfy a filter; of a folded one, the part that does."""
    if wanted == Filter():
        return tuple(events)
    kept = (_kept(event, wanted, at) for event in events)
    return tuple(event for event in kept if event is not None)


def _kept(event: Event, wanted: Filter, at: datetime) -> Event | None:
    if not event.folded:
        return event if wanted.keeps(_searched(event), at) else None
    members = [member for member in event.folded if wanted.keeps(_searched(member), at)]
    if len(members) == len(event.folded):
        return event
    if not members:
        return None
    newest = replace(members[0], key=event.key)
    if len(members) == 1:
        return newest
    return replace(newest, count=len(members), first_at=members[-1].at, folded=tuple(members))


def _searched(event: Event) -> Searched:
    observation = event.observation
    texts = [event.subject, event.text, event.detail, event.kind.value]
    if observation is None:
        return Searched(event.at, "\n".join(texts), classes=frozenset({event.kind.value}))
    texts += [
        text
        for text in (observation.request_id, observation.model, observation.message, observation.error_type)
        if text
    ]
    statuses = frozenset() if observation.http_status is None else frozenset({str(observation.http_status)})
    models = frozenset({observation.model.casefold()}) if observation.model else frozenset()
    return Searched(
        event.at, "\n".join(texts), statuses, classes_of(observation) | {event.kind.value}, models=models
    )


def classes_of(observation: Observation) -> frozenset[str]:
    """The class of an exchange in a filter: its outcome, and the server's words for the error."""
    return frozenset(
        text.casefold()
        for text in (observation.outcome.value, observation.error_type, observation.error_code)
        if text
    )
