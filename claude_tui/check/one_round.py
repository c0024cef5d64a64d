"""What the diagnosis of `check` may conclude: it has one round of probes, and none follows."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.diagnosis.cross_check import says_the_same_again
from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS, Probed, RoundPolicy, Tally
from claude_tui.analysis.history.failure_kinds import FailureKind
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Severity

__all__ = ["ONE_ROUND", "policy_after"]


class _OneRound(RoundPolicy):
    """The whole round counts, and the verdict has to rest on it."""

    __slots__ = ()

    lists_failures_when_healthy = True

    def is_conclusive(self, failure: Observation) -> bool:
        """Whether the answer says that another request would fail too, or asks to wait."""
        return says_the_same_again(failure)

    def tally(self, context: Probed, episode: Episode) -> Tally:
        """Everything in the round, also what came before the first failure."""
        exchanges = context.recent(episode.source)
        failures = [FailureKind.of(each) for each in exchanges if each.failed]
        return Tally(failures, len(exchanges), "")

    def is_outage(self, context: Probed, source: Source, first: int) -> bool:  # noqa: ARG002
        return _failing_share(context, source) >= context.thresholds.most_fail_ends

    def severity(self, context: Probed, source: Source, counted: Severity) -> Severity:
        """No P1 where some of the round went well: no history says whether those came before the outage."""
        if counted is Severity.P1 and _failing_share(context, source) < context.thresholds.most_fail:
            return Severity.P2
        return counted

    def advice_for_too_few(self, context: Probed, advice: str) -> str:
        """To run the check again, unless something kept it from sending more messages."""
        return advice if context.facts.held is not None else f"{advice}_once"


ONE_ROUND = _OneRound()
"""The policy where messages were asked and will not be again."""


def policy_after(asked: Sequence[Observation]) -> RoundPolicy:
    """The policy after these messages; without any there is no round to conclude from."""
    return ONE_ROUND if asked else CONTINUOUS


def _failing_share(context: Probed, source: Source) -> float:
    exchanges = context.recent(source)
    return sum(each.failed for each in exchanges) / len(exchanges)
