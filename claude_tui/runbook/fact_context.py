"""The data that facts are read from: a Snapshot, its verdict, and the failures that the verdict is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from claude_tui.model.observation import FailureKind, Observation, Outcome, Source
from claude_tui.model.snapshot import ErrorDetail, ErrorWindow, EventKind, LatencySeries, ProbeState, Snapshot
from claude_tui.model.verdict import Verdict

__all__ = ["FactContext"]

_MESSAGE_SERIES, _MODELS_SERIES = "message", "models"


# Not slotted: `cached_property` needs an instance `__dict__`.
@dataclass(frozen=True)
class FactContext:
    """The data at one instant. `verdict` is None if there is none."""

    snapshot: Snapshot
    verdict: Verdict | None

    @property
    def at(self) -> datetime:
        return self.snapshot.at

    @cached_property
    def window(self) -> ErrorWindow | None:
        """The last five minutes, or the last hour if only that has failures that the verdict is about."""
        spans = sorted(self.snapshot.errors, key=lambda window: window.span)[1:]
        outcomes = self._outcomes
        for window in spans:
            if any(detail.kind.outcome in outcomes for detail in window.breakdown):
                return window
        return spans[0] if spans else None

    @cached_property
    def _outcomes(self) -> frozenset[Outcome]:
        """The outcomes of the failures that the verdict is about; all outcomes if it names no failures."""
        failures = self.verdict.failures if self.verdict is not None else ()
        return frozenset(failure.outcome for failure in failures) or frozenset(Outcome)

    @cached_property
    def details(self) -> tuple[ErrorDetail, ...]:
        """The kinds of failure that the verdict is about; only those of messages, if any messages fail."""
        breakdown = self.window.breakdown if self.window is not None else ()
        explained = [detail for detail in breakdown if detail.kind.outcome in self._outcomes]
        own = [detail for detail in explained if detail.kind.source is Source.MESSAGES]
        return tuple(own or explained)

    @cached_property
    def main(self) -> FailureKind | None:
        """The most frequent kind within the most frequent outcome."""
        counts: Counter[Outcome] = Counter()
        for detail in self.details:
            counts[detail.kind.outcome] += detail.count
        if not counts:
            return None
        most = max(counts, key=lambda outcome: (counts[outcome], outcome.value))
        return max(
            (detail for detail in self.details if detail.kind.outcome is most),
            key=lambda detail: (detail.count, detail.last_at),
        ).kind

    @cached_property
    def newest(self) -> Observation | None:
        """The newest failure of the main outcome, with what the server said."""
        main = self.main
        if main is None:
            return None
        failed = list(self._failures(main.source))
        of_kind = [failure for failure in failed if failure.outcome is main.outcome]
        return next(iter(of_kind or failed), None)

    def _failures(self, source: Source) -> Iterable[Observation]:
        """The failures of a source among the events, newest first."""
        for event in self.snapshot.events:
            failure = event.observation
            if event.kind is EventKind.FAILURE and failure is not None and failure.source is source:
                yield failure

    def newest_failure(self, source: Source) -> Observation | None:
        return next(iter(self._failures(source)), None)

    def series(self, source: Source) -> LatencySeries | None:
        """The last 15 minutes of a source: successes, failures and latency."""
        name = _MESSAGE_SERIES if source is Source.MESSAGES else _MODELS_SERIES
        return self.series_named(name)

    def series_named(self, name: str) -> LatencySeries | None:
        return next((series for series in self.snapshot.latency.series if series.name == name), None)

    def probe(self, source: Source) -> ProbeState | None:
        """The state of the probe of a source."""
        return next((probe for probe in self.snapshot.engine.probes if probe.source is source), None)

    def held(self, source: Source) -> str | None:
        """Why a source is not being probed; None if it is."""
        probe = self.probe(source)
        return probe.held_reason if probe is not None else None
