"""What a diagnosis may conclude from its probes, by whether more of them follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from claude_tui.analysis.diagnosis.engine_facts import EngineFacts
from claude_tui.analysis.diagnosis.episodes import Episode, is_down
from claude_tui.analysis.history.failure_kinds import FailureKind
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Thresholds
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Severity

__all__ = ["CONTINUOUS", "Probed", "RoundPolicy", "Tally"]

# Exchanges that tell an outage from errors: an hour at the default pace.
_DOWN_OVER = 120
# What failed longer ago says little of how much fails now.
_COUNTED_OVER = timedelta(hours=1)


class Tally(NamedTuple):
    """What came of the requests of an episode."""

    failures: Sequence[FailureKind]
    requests: int
    span: str
    """Over what it was counted, for the end of a clause; "" for the whole episode."""

    @property
    def failed(self) -> int:
        return len(self.failures)


class Probed(Protocol):
    """What a policy looks at: the part of the diagnosis' context that is about probes."""

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
    """Probes go on: the next one comes soon, and a doubtful verdict can wait for it.

    Whoever probes another way, such as one round after which none follows, passes a policy of its own.
    """

    __slots__ = ()

    lists_failures_when_healthy = False
    """Whether a healthy verdict counts the failures among the probes it rests on."""

    def is_conclusive(self, failure: Observation) -> bool:  # noqa: ARG002
        """Whether this failure alone, as the newest message, is enough for a verdict."""
        return False

    def tally(self, context: Probed, episode: Episode) -> Tally:
        """The requests of an episode; of the last hour alone when it is older than that."""
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

    def is_outage(self, context: Probed, source: Source, first: int) -> bool:
        """Whether as good as every exchange fails, from the one at index `first` on."""
        items = context.history.exchanges(source).items
        end = items.count_until(context.at.timestamp())
        return is_down([each.failed for each in items.values[max(first, end - _DOWN_OVER) : end]])

    def severity(self, context: Probed, source: Source, counted: Severity) -> Severity:  # noqa: ARG002
        """The severity of failures of `source`, where counting them over time gives `counted`."""
        return counted

    def advice_for_too_few(self, context: Probed, advice: str) -> str:  # noqa: ARG002
        """The id of the advice where there are too few probes for a verdict."""
        return advice


CONTINUOUS = RoundPolicy()
"""The policy of whoever probes all the time."""
