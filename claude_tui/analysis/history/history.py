"""The observations of the last day, in memory and in order, with the values derived from each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple, TypeVar, cast

from claude_tui.analysis.history.columns import Column, Fold, MeasureColumn
from claude_tui.analysis.history.page_changes import next_catalogue, next_status
from claude_tui.analysis.history.streaks import FRESH, SourceState, TimelineEvent, advance
from claude_tui.model.observation import FailureKind, Observation, RateLimitReading, Source, WindowReading
from claude_tui.model.provider import Catalogue, ProviderStatus

__all__ = ["API_SOURCES", "Bucket", "Exchanges", "History", "WindowSample"]

API_SOURCES = (Source.MESSAGES, Source.MODELS)
"""The sources that talk to the API; the status page is a separate service."""

K = TypeVar("K")
R = TypeVar("R")
C = TypeVar("C", bound=Column[Any])
Exchanges = Fold[Observation, SourceState, TimelineEvent]

MAX_PER_SOURCE = 14_000
# How far the bound may be exceeded before trimming, which moves whole lists.
SLACK = 500
_KINDS_KEPT = 2_000


class Bucket(Column[Observation]):
    """The responses that carried a usable reading of one bucket.

    The column holds the responses themselves: pairs of response and reading took a fifth of a message's
    memory.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def reading(self, by: Observation) -> RateLimitReading:
        """The reading of this bucket in a response; the first if there are several."""
        for rate_limit in by.rate_limits:
            if rate_limit.bucket == self.name:
                return rate_limit
        raise LookupError(f"no reading of {self.name} in this response")


class WindowSample(NamedTuple):
    reading: WindowReading
    by: Observation


class History:
    """Append-only; every query can be answered as of any instant, by bisection.

    Observations may arrive late or twice: an exchange is identified by its source and start time.
    At most `max_per_source` observations of a source are kept; when one source exceeds that, all
    sources drop what is older. The same bound holds for status reports and model lists. The caller
    decides how old entries may get (`trim`). Not thread-safe.
    """

    def __init__(self, max_per_source: int = MAX_PER_SOURCE) -> None:
        self._max = max_per_source
        self._statuses: Fold[ProviderStatus, ProviderStatus | None, TimelineEvent] = Fold(None, next_status)
        self._catalogues: Fold[Catalogue, None, TimelineEvent] = Fold(None, next_catalogue)
        self._forget_observations()

    def _forget_observations(self) -> None:
        self._exchanges: dict[Source, Exchanges] = {source: Fold(FRESH, advance) for source in Source}
        self._failures: dict[Source, Column[FailureKind]] = {source: Column() for source in Source}
        self._measures: dict[tuple[str, str | None], MeasureColumn] = {}
        self._limits: Column[Observation] = Column()
        self._buckets: dict[str, Bucket] = {}
        self._windows: dict[str, Column[WindowSample]] = {}
        self._kinds: dict[FailureKind, FailureKind] = {}
        self._known: dict[object, tuple[object, Any]] = {}

    # -- adding ------------------------------------------------------------------

    def add_observation(self, observation: Observation) -> None:
        at = observation.at.timestamp()
        exchanges = self._exchanges[observation.source]
        if not exchanges.add(at, observation):
            return
        if observation.failed:
            self._failures[observation.source].insert(at, self._kind(observation))
        else:
            self._add_measures(at, observation)
        if _of_the_probed_model(observation):
            self._add_limits(at, observation)
        if len(exchanges.items) > self._max + SLACK:
            self._trim(exchanges.items.at[-self._max])

    def withdraw(self, observation: Observation) -> None:
        """Remove the observation as if it had never been added. Cheap for one of the newest."""
        at = observation.at.timestamp()
        found = self._exchanges[observation.source].withdraw(at)
        if found is None:
            return
        if found.failed:
            # Everything that began at an instant is of one kind, as there is one exchange per instant and
            # source.
            self._failures[found.source].remove(at, lambda _: True)
        else:
            # The figures of one measure at one instant belong to one exchange.
            for name, _ in _measured(found):
                self._withdraw_from(self._measures, (name, _model_of(found)), at, lambda _: True)
        if _of_the_probed_model(found):
            self._withdraw_limits(at, found)

    def _withdraw_limits(self, at: float, found: Observation) -> None:
        self._limits.remove(at, lambda by: by is found)
        for reading in found.rate_limits:
            self._withdraw_from(self._buckets, reading.bucket, at, lambda by: by is found)
        for window in found.windows:
            self._withdraw_from(self._windows, window.window, at, lambda sample: sample.by is found)

    @staticmethod
    def _withdraw_from(columns: dict[K, C], name: K, at: float, matches: Callable[[Any], bool]) -> None:
        """Columns without values are dropped, as there was none before the first value."""
        if (column := columns.get(name)) is not None:
            column.remove(at, matches)
            if not len(column):
                del columns[name]

    def withdraw_status(self, status: ProviderStatus) -> None:
        """Remove a status report as if it had never been added."""
        self._statuses.withdraw(status.fetched_at.timestamp())

    def withdraw_catalogue(self, catalogue: Catalogue) -> None:
        """Remove a model list as if it had never been added."""
        self._catalogues.withdraw(catalogue.fetched_at.timestamp())

    def add_status(self, status: ProviderStatus) -> None:
        """Add a report. One equal to the newest shares its content."""
        newest = self._statuses.items.values[-1] if self._statuses.items.values else None
        if newest is not None and replace(newest, fetched_at=status.fetched_at) == status:
            status = replace(newest, fetched_at=status.fetched_at)
        self._statuses.add(status.fetched_at.timestamp(), status)
        self._bound(self._statuses)

    def add_catalogue(self, catalogue: Catalogue) -> None:
        """Add a list.

        Of equal lists in a row, the first and the newest are kept, as thousands are read in a day.
        """
        at, items = catalogue.fetched_at.timestamp(), self._catalogues.items
        known = items.values[-2:]
        if known and known[-1].models == catalogue.models:
            catalogue = Catalogue(catalogue.fetched_at, known[-1].models)
            if len(known) == 2 and known[0].models is known[1].models and at > items.at[-1]:
                self._catalogues.withdraw(items.at[-1])
        self._catalogues.add(at, catalogue)
        self._bound(self._catalogues)

    def _bound(self, fold: Fold[Any, Any, TimelineEvent]) -> None:
        if len(fold.items) > self._max + SLACK:
            fold.trim(fold.items.at[-self._max])

    def extend(
        self,
        observations: Iterable[Observation] = (),
        statuses: Iterable[ProviderStatus] = (),
        catalogues: Iterable[Catalogue] = (),
    ) -> None:
        """Add many at once, in any order. Entries that are already known are ignored."""
        held = self._all_observations()
        if held:
            self._forget_observations()
        for observation in sorted((*held, *observations), key=_began):
            self.add_observation(observation)
        for status in statuses:
            self.add_status(status)
        for catalogue in catalogues:
            self.add_catalogue(catalogue)

    def _all_observations(self) -> list[Observation]:
        return [item for exchanges in self._exchanges.values() for item in exchanges.items.values]

    def _kind(self, observation: Observation) -> FailureKind:
        """The kind of a failure, shared by equal ones, as a day may hold thousands."""
        if len(self._kinds) > _KINDS_KEPT:
            self._kinds.clear()
        kind = observation.kind
        return self._kinds.setdefault(kind, kind)

    def _add_measures(self, at: float, observation: Observation) -> None:
        for name, seconds in _measured(observation):
            key = name, _model_of(observation)
            self._measures.setdefault(key, MeasureColumn()).insert(at, seconds)

    def _add_limits(self, at: float, observation: Observation) -> None:
        self._limits.insert(at, observation)
        for reading in observation.rate_limits:
            if reading.limit == 0 or ((reading.limit or 0) > 0 and reading.remaining is not None):
                if (bucket := self._buckets.get(reading.bucket)) is None:
                    bucket = self._buckets[reading.bucket] = Bucket(reading.bucket)
                bucket.insert(at, observation)
        for window in observation.windows:
            # Without a figure, it only says that an earlier refusal is over.
            if window.used is None and window.window not in self._windows:
                continue
            self._windows.setdefault(window.window, Column()).insert(at, WindowSample(window, observation))

    def trim(self, before: datetime) -> None:
        """Drop what is older. The status report and the model list in force at `before` are kept."""
        self._trim(before.timestamp())

    def _trim(self, before: float) -> None:
        for exchanges in self._exchanges.values():
            exchanges.trim(before)
        self._statuses.trim(before, keep_last=True)
        self._catalogues.trim(before, keep_last=True)
        self._limits.trim(before)
        for failures in self._failures.values():
            failures.trim(before)
        self._measures = _trimmed(self._measures, before)
        self._buckets = _trimmed(self._buckets, before)
        self._windows = _trimmed(self._windows, before)

    # -- queries -----------------------------------------------------------------

    def window(self, source: Source | None, start: datetime, end: datetime) -> list[Observation]:
        """Observations with start < at <= end, oldest first; of every source when `source` is None."""
        low, high = start.timestamp(), end.timestamp()
        if source is not None:
            return self._exchanges[source].items.between(low, high)
        parts = (exchanges.items.between(low, high) for exchanges in self._exchanges.values())
        return list(merge(*parts, key=_began))

    def latest(self, source: Source, until: datetime) -> Observation | None:
        """The newest observation of a source that began at or before `until`."""
        return self._exchanges[source].items.latest(until.timestamp())

    def last_success(self, source: Source, until: datetime) -> Observation | None:
        """The newest success of a source, or None when no success precedes the current failures."""
        newest = self.latest(source, until)
        if newest is None or not newest.failed:
            return newest
        exchanges = self._exchanges[source]
        since = exchanges.state(until.timestamp()).failing_since
        index = exchanges.items.index_at(since.timestamp()) if since is not None else 0
        before = exchanges.items.values[index - 1] if index else None
        return before if before is not None and not before.failed else None

    def status_at(self, instant: datetime) -> ProviderStatus | None:
        """The newest report at `instant`, which may be unreadable."""
        return self._statuses.items.latest(instant.timestamp())

    def known_status_at(self, instant: datetime) -> ProviderStatus | None:
        """The newest report at `instant` that could be read."""
        return self._statuses.state(instant.timestamp())

    def statuses(self, start: datetime, end: datetime) -> list[ProviderStatus]:
        """Reports with start < fetched_at <= end, oldest first."""
        return self._statuses.items.between(start.timestamp(), end.timestamp())

    def catalogue_at(self, instant: datetime) -> Catalogue | None:
        return self._catalogues.items.latest(instant.timestamp())

    @property
    def version(self) -> int:
        """Changes with every change of the data."""
        # Whatever changes, the items that it comes from change, and no two columns share a version.
        known = max(exchanges.items.version for exchanges in self._exchanges.values())
        return max(known, self._statuses.items.version, self._catalogues.items.version)

    def cached(self, what: object, key: object, make: Callable[[], R]) -> R:
        """The result of `make`, cached until the key of `what` changes.

        Most parts of a Snapshot stay the same from one second to the next. The key must contain
        everything that the result depends on: for a column its `version`, for an instant its bins or indexes.
        """
        known = self._known.get(what)
        if known is None or known[0] != key:
            known = self._known[what] = key, make()
        return cast("R", known[1])

    def same(self, what: object, value: R) -> R:
        """`value`, or the equal object given for `what` before, which shows that nothing has changed."""
        return self.cached(what, value, lambda: value)

    # -- for the other modules of this package: instants are POSIX seconds -----------

    def exchanges(self, source: Source) -> Exchanges:
        return self._exchanges[source]

    def failures(self, source: Source) -> Column[FailureKind]:
        return self._failures[source]

    def measure(self, name: str, at: float) -> MeasureColumn:
        """The figures of `TTFT`, `message` or `models`, for the model that answered last at `at`.

        Models differ in latency: two of them must not be mixed in one median.
        """
        columns = [
            column for (of, _), column in self._measures.items() if of == name and column.count_until(at)
        ]
        return max(columns, key=lambda column: column.at[column.count_until(at) - 1], default=MeasureColumn())

    def limits(self) -> Column[Observation]:
        """The responses that carried any limits."""
        return self._limits

    def buckets(self) -> dict[str, Bucket]:
        return self._buckets

    def windows(self) -> dict[str, Column[WindowSample]]:
        return self._windows

    def events(self) -> Iterator[Column[TimelineEvent]]:
        for source in (*API_SOURCES, Source.OTHER_MODELS):
            yield self._exchanges[source].events
        yield self._statuses.events
        yield self._catalogues.events


def _of_the_probed_model(observation: Observation) -> bool:
    """Whether it carries limits of the probed model; other models have their own."""
    stated = observation.rate_limits or observation.windows
    return bool(stated) and observation.source is not Source.OTHER_MODELS


def _measured(observation: Observation) -> Iterator[tuple[str, float]]:
    """The figures of a success, by the name of their measure."""
    timings = observation.timings
    if observation.source is Source.MESSAGES:
        if timings.first_token is not None:
            yield "TTFT", timings.first_token
        if timings.total is not None:
            yield "message", timings.total
    elif observation.source is Source.MODELS and timings.total is not None:
        yield "models", timings.total


def _model_of(observation: Observation) -> str | None:
    """The model that the figures belong to."""
    return observation.model if observation.source is Source.MESSAGES else None


def _trimmed(columns: dict[K, C], before: float) -> dict[K, C]:
    """The trimmed columns without empty ones, as a server may keep sending new names."""
    for column in columns.values():
        column.trim(before)
    return {name: column for name, column in columns.items() if len(column)}


def _began(observation: Observation) -> datetime:
    return observation.at
