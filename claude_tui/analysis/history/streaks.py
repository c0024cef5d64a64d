"""The running state of one source: streaks of failures, clusters of failures, and the last limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from claude_tui.analysis.history.failure_kinds import failure_words
from claude_tui.model.format import duration, latency, plain
from claude_tui.model.interning import interned_text
from claude_tui.model.model_names import model_name
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Event, EventKind, Level

__all__ = ["FRESH", "GAP", "Run", "SourceState", "TimelineEvent", "advance", "window_level"]

# How many successes in a row end a cluster of failures. If half of the requests fail, two are chance.
SETTLED = 3
# After a pause this long, nothing is known about the time in between.
GAP = timedelta(minutes=15)
# How many successes in a row end a run: if 20% of the requests fail, 1% of the pauses are as long.
CALM = 20
# The most kinds of events whose runs are counted.
_MOST_RUNS = 16
# The most buckets and windows to remember, as a server may keep sending new names.
_MAX_NAMES = 128


@dataclass(frozen=True, slots=True)
class Run:
    """Similar events of one source, up to and including one of them: failures of a kind, or recoveries.

    A run ends with 20 successes in a row, or with a pause of 15 minutes.
    """

    kind: str
    """What they have in common."""
    key: str
    """The key of the first one, which identifies the run while it grows."""
    first_at: datetime
    """When the first one happened."""
    last_at: datetime
    """When the newest one happened."""
    count: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event, and what it belongs to."""

    event: Event
    about: frozenset[str] | None = None
    """The names and ids of the components that it concerns; None if it concerns none."""
    run: Run | None = None
    """The run that it continues; None for an event that never repeats."""
    incident: str = ""
    """The title of the status page's incident that it is about; "" for none."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of one source after an exchange."""

    failing_since: datetime | None = None
    """The first failure since the last success; None after a success."""
    trouble_since: datetime | None = None
    """The first failure of the current cluster, which tolerates single successes and ends after three."""
    failures: int = 0
    """Failures in the current cluster."""
    successes: int = SETTLED
    """Successes since the last failure."""
    limits: dict[tuple[str, str | None], int] = field(default_factory=dict)
    """The last limit per bucket and model."""
    windows: dict[str, str] = field(default_factory=dict)
    """The last status per subscription window."""
    runs: tuple[Run, ...] = ()
    """The runs that have not ended, most recently continued last."""
    calm: int = 0
    """Successes since the last failure, counted while there are runs."""


FRESH = SourceState()
N = TypeVar("N")
V = TypeVar("V")


def advance(
    state: SourceState, previous: Observation | None, observation: Observation
) -> tuple[SourceState, tuple[TimelineEvent, ...]]:
    """The state after one more exchange, and the events it produces."""
    gap = previous is not None and observation.at - previous.at > GAP
    events: tuple[TimelineEvent, ...] = ()
    after = _after_failure(state, observation, gap) if observation.failed else _after_success(state, gap)
    if observation.source is not Source.STATUS:
        if observation.failed:
            events = (_failure(observation),)
        elif state.failing_since is not None and observation.source is not Source.OTHER_MODELS:
            events = (_recovery(state.failing_since, observation, gap),)
        if events:
            after, events = _continued(after, events[0])
    if observation.rate_limits or observation.windows:
        after, limit_events = _limits(after, observation)
        events += limit_events
    return after, events


def _after_failure(state: SourceState, observation: Observation, gap: bool) -> SourceState:
    at = observation.at
    continues = state.trouble_since is not None and not gap
    return SourceState(
        failing_since=at if gap or state.failing_since is None else state.failing_since,
        trouble_since=state.trouble_since if continues else at,
        failures=state.failures + 1 if continues else 1,
        successes=0,
        limits=state.limits,
        windows=state.windows,
        runs=state.runs,
    )


def _after_success(state: SourceState, gap: bool) -> SourceState:
    calm = state.calm + 1 if state.runs else 0
    runs = state.runs if calm < CALM else ()
    if state.trouble_since is None:
        # There is nothing to count, so all those successes share one state.
        return replace(state, runs=runs, calm=calm if runs else 0) if state.runs else state
    successes = state.successes + 1
    if gap or successes >= SETTLED:
        return SourceState(limits=state.limits, windows=state.windows, runs=runs, calm=calm)
    return replace(state, failing_since=None, successes=successes, calm=calm)


def _continued(state: SourceState, entry: TimelineEvent) -> tuple[SourceState, tuple[TimelineEvent, ...]]:
    """The event with the run that it continues or begins, and the state after it."""
    event = entry.event
    kind = event.text if event.kind is EventKind.FAILURE else event.kind.value
    going_on = [run for run in state.runs if event.at - run.last_at <= GAP]
    before = next((run for run in going_on if run.kind == kind), None)
    run = (
        Run(kind, event.key, event.at, event.at, 1)
        if before is None
        else replace(before, last_at=event.at, count=before.count + 1)
    )
    others = [episode for episode in going_on if episode.kind != kind]
    return replace(state, runs=(*others, run)[-_MOST_RUNS:]), (replace(entry, run=run),)


def _subject(observation: Observation) -> str:
    """The source; for further models, which are probed in turn, the model."""
    other = observation.source is Source.OTHER_MODELS and observation.model is not None
    return model_name(observation.model or "").lower() if other else observation.source.value


def _failure(observation: Observation) -> TimelineEvent:
    return TimelineEvent(
        Event(
            key=_key("failure", observation),
            at=observation.at,
            kind=EventKind.FAILURE,
            level=Level.BAD,
            subject=_subject(observation),
            text=interned_text(failure_words(observation)),
            observation=observation,
            detail=observation.message or "",
        )
    )


def _recovery(failing_since: datetime, observation: Observation, gap: bool) -> TimelineEvent:
    took = observation.timings.total
    spent = duration(observation.at - failing_since)
    how_long = f", not probed since a failure {spent} ago" if gap else f" after {spent} of failures"
    answer = str(observation.http_status or "ok") + ("" if took is None else f" in {latency(took)}")
    return TimelineEvent(
        Event(
            key=_key("recovery", observation),
            at=observation.at,
            kind=EventKind.RECOVERY,
            level=Level.OK,
            subject=_subject(observation),
            text=f"{answer}{how_long}",
            observation=observation,
        )
    )


def _limits(state: SourceState, observation: Observation) -> tuple[SourceState, tuple[TimelineEvent, ...]]:
    limits = {
        (reading.bucket, observation.model): reading.limit
        for reading in observation.rate_limits
        if reading.limit is not None
    }
    windows = {
        reading.window: reading.status for reading in observation.windows if reading.status is not None
    }
    if limits.items() <= state.limits.items() and windows.items() <= state.windows.items():
        return state, ()
    events = [
        _limit_event(observation, name[0], state.limits[name], limit)
        for name, limit in limits.items()
        if state.limits.get(name, limit) != limit
    ]
    events += [
        _window_event(observation, name, state.windows[name], status)
        for name, status in windows.items()
        if state.windows.get(name, status) != status
    ]
    after = replace(state, limits=_newest(state.limits, limits), windows=_newest(state.windows, windows))
    return after, tuple(events)


def _newest(known: dict[N, V], update: dict[N, V]) -> dict[N, V]:
    """`known` with `update` applied: at most `_MAX_NAMES` entries, the most recently updated."""
    both = {name: value for name, value in known.items() if name not in update} | update
    return dict(list(both.items())[-_MAX_NAMES:])


def _limit_event(observation: Observation, bucket: str, before: int, now: int) -> TimelineEvent:
    level = Level.WARN if now < before else Level.INFO
    text = f"{bucket} limit {'fell' if now < before else 'rose'} from {before:,} to {now:,}"
    return TimelineEvent(_limit_changed(observation, bucket, level, text))


def _window_event(observation: Observation, window: str, before: str, now: str) -> TimelineEvent:
    text = f"{window} window {plain(before)}, now {plain(now)}"
    return TimelineEvent(_limit_changed(observation, window, window_level(window, now), text))


def window_level(window: str, status: str | None) -> Level:
    """A rejected `overage` only means that extra usage is switched off: a policy, not an outage."""
    if status is None or status == "allowed" or window.startswith("overage"):
        return Level.OK
    return Level.BAD if status == "rejected" else Level.WARN


def _limit_changed(observation: Observation, name: str, level: Level, text: str) -> Event:
    return Event(
        key=_key(f"limit:{name}", observation),
        at=observation.at,
        kind=EventKind.LIMIT,
        level=level,
        subject="limit",
        text=text,
        observation=observation,
    )


def _key(what: str, observation: Observation) -> str:
    return f"{what}:{observation.source.value}:{observation.at.isoformat()}"
