"""What a diagnosis may conclude from its probes, which depends on whether more probes follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from claude_tui.analysis.diagnosis.engine_facts import EngineFacts
from claude_tui.analysis.diagnosis.episodes import Episode, is_down
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Thresholds
from claude_tui.model.observation import FailureKind, Observation, Source
from claude_tui.model.verdict import Severity

__all__ = ["CONTINUOUS", "Probed", "RoundPolicy", "Tally"]

# How many exchanges are examined to distinguish an outage from errors: an hour at the default pace.
_DOWN_OVER = 120
# Older failures say little about the current rate.
_COUNTED_OVER = timedelta(hours=1)


class Tally(NamedTuple):
    """The results of the requests of an episode."""

    failures: Sequence[FailureKind]
    requests: int
    span: str
    """The counted period, as the end of a clause; empty for the whole episode."""

    @property
    def failed(self) -> int:
        return len(self.failures)


class Probed(Protocol):
    """The part of the diagnosis context that a policy uses."""

    @property
    def history(self) -> History: ...

    @property
    def at(self) -> datetime: ...

    @property
    def facts(self) -> EngineFacts: ...

    @property
    def thresholds(self) -> Thresholds: ...

    def recent(self, source: Source) -> list[Observation]:
        """The latest exchanges of a source."""


class RoundPolicy:
    """The policy for continuous probing: the next probe comes soon, and an uncertain verdict can wait for it.

    A caller that probes differently, for example in a single round, passes its own policy.
    """

    __slots__ = ()

    checks_again = True
    """Whether more messages follow a first failure at once."""
    lists_failures_when_healthy = False
    """Whether a healthy verdict mentions the failures among its probes."""

    def is_conclusive(self, failure: Observation) -> bool:  # noqa: ARG002
        """Whether this failure alone, as the newest message, is enough for a verdict."""
        return False

    def tally(self, context: Probed, episode: Episode) -> Tally:
        """The results of an episode, or of the last hour if the episode is older than that."""
        items = context.history.exchanges(episode.source).items
        failures = context.history.failures(episode.source)
        now = context.at.timestamp()
        if context.at - episode.since <= _COUNTED_OVER:
            first = failures.index_at(items.at[episode.first])
            kinds = failures.values[first : failures.count_until(now)]
            return Tally(kinds, items.count_until(now) - episode.first, "")
        start = (context.at - _COUNTED_OVER).timestamp()
        requests = items.span(start, now)
        return Tally(failures.between(start, now), requests.stop - requests.start, " in the last hour")

    def is_outage(self, context: Probed, source: Source, first: int, least: int) -> bool:
        """Whether nearly every exchange from the one at index `first` on fails, at least `least` of them."""
        items = context.history.exchanges(source).items
        end = items.count_until(context.at.timestamp())
        return is_down(
            [observation.failed for observation in items.values[max(first, end - _DOWN_OVER) : end]], least
        )

    def severity(self, context: Probed, source: Source, counted: Severity) -> Severity:  # noqa: ARG002
        """The severity of failures of `source`; `counted` is the one by counting them over time."""
        return counted

    def advice_for_too_few(self, context: Probed, advice: str) -> str:  # noqa: ARG002
        """The id of the advice to give if there are too few probes for a verdict."""
        return advice


CONTINUOUS = RoundPolicy()
"""The policy for continuous probing."""
