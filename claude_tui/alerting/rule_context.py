"""The data that alert metrics are computed from; what several metrics share is computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history.columns import length
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.slowness import SAMPLES, usual_at
from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Verdict

__all__ = ["RuleContext", "Tally"]

# Longer runs of failures are reported as this long, which bounds the scan.
LONGEST_RUN = 1000


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of requests in a window, and the number of failures by error class."""

    requests: int
    failures: Mapping[str, int]

    def failed(self, kind: str | None) -> int:
        """The number of failures in one error class, or with None in all of them."""
        return sum(self.failures.values()) if kind is None else self.failures.get(kind, 0)


class RuleContext:
    """One instant: the Snapshot, the History it was built from, and the Verdict."""

    def __init__(self, snapshot: Snapshot, history: History, verdict: Verdict, options: Options) -> None:
        self.at: datetime = snapshot.at
        self.snapshot = snapshot
        self.verdict = verdict
        self.options = options
        self._history = history
        self._tallies: dict[tuple[tuple[Source, ...], timedelta], Tally] = {}
        self._seconds: dict[tuple[str, timedelta], list[float]] = {}

    def tally(self, sources: tuple[Source, ...], window: timedelta) -> Tally:
        """The requests to `sources` within the last `window`."""
        key = (sources, window)
        if key not in self._tallies:
            self._tallies[key] = self._tally(sources, window)
        return self._tallies[key]

    def _tally(self, sources: tuple[Source, ...], window: timedelta) -> Tally:
        end = self.at.timestamp()
        start = end - window.total_seconds()
        requests, failures = 0, Counter[str]()
        for source in sources:
            requests += length(self._history.exchanges(source).items.span(start, end))
            failed = self._history.failures(source)
            failures.update(knowledge().class_of(kind.outcome).key for kind in failed.between(start, end))
        return Tally(requests, failures)

    def seconds(self, measure: str, window: timedelta) -> list[float]:
        """Latencies of the successes in the last `window`, in seconds, ascending.

        `measure` is `TTFT`, `message` or `models`.
        """
        key = (measure, window)
        if key not in self._seconds:
            end = self.at.timestamp()
            column = self._history.measure(measure, end)
            self._seconds[key] = sorted(column.between(end - window.total_seconds(), end))
        return self._seconds[key]

    def newest_seconds(self, measure: str, window: timedelta) -> list[float]:
        """The latencies of the three newest of them, ascending: the current latency."""
        end = self.at.timestamp()
        within = self._history.measure(measure, end).between(end - window.total_seconds(), end)
        return sorted(within[-SAMPLES:])

    def usual(self, measure: str) -> float | None:
        """The usual latency in seconds, the same that the verdict and the panel use; None while unknown."""
        usual = usual_at(self._history, measure, self.at)
        return usual.seconds if usual is not None else None

    def latest(self, source: Source) -> Observation | None:
        """The newest observation of `source`, however old."""
        return self._history.latest(source, self.at)

    def failures_in_a_row(self, source: Source) -> int | None:
        """How many of the newest exchanges failed consecutively; None when the newest one is stale."""
        newest = self.latest(source)
        age_s = (self.at - newest.at).total_seconds() if newest is not None else 0.0
        if newest is None or age_s > self.options.stale_after_s(source):
            return None
        items = self._history.exchanges(source).items
        run = 0
        for index in range(items.count_until(self.at.timestamp()) - 1, -1, -1):
            if not items.values[index].failed or run == LONGEST_RUN:
                break
            run += 1
        return run

    def cost_usd(self, source: Source, window: timedelta) -> float:
        """What the probes of `source` cost within the last `window`, in dollars."""
        return sum(
            observation.cost_usd for observation in self._history.window(source, self.at - window, self.at)
        )
