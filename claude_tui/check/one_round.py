"""What the diagnosis of `check` may conclude from a single round of probes."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.diagnosis.cross_check import retry_is_futile
from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS, Probed, RoundPolicy, Tally
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Severity

__all__ = ["ONE_ROUND", "policy_after"]


class _OneRound(RoundPolicy):
    """Uses the whole round, as no further probes will follow."""

    __slots__ = ()

    checks_again = False
    lists_failures_when_healthy = True

    def is_conclusive(self, failure: Observation) -> bool:
        """Whether the response shows that another request would fail too, or asks for a wait."""
        return retry_is_futile(failure)

    def tally(self, context: Probed, episode: Episode) -> Tally:
        """Everything in the round, including exchanges before the first failure."""
        exchanges = context.recent(episode.source)
        failures = [exchange.kind for exchange in exchanges if exchange.failed]
        return Tally(failures, len(exchanges), "")

    def is_outage(self, context: Probed, source: Source, first: int, least: int) -> bool:  # noqa: ARG002
        return _failing_share(context, source) >= context.thresholds.most_fail_ends

    def severity(self, context: Probed, source: Source, counted: Severity) -> Severity:
        """At most P2 if part of the round succeeded: without a history, an ongoing outage is not certain."""
        if counted is Severity.P1 and _failing_share(context, source) < context.thresholds.most_fail:
            return Severity.P2
        return counted

    def advice_for_too_few(self, context: Probed, advice: str) -> str:
        """The advice to run the check again, unless something prevented further messages."""
        return advice if context.facts.held is not None else f"{advice}_once"


ONE_ROUND = _OneRound()
"""The policy after a round that sent messages."""


def policy_after(asked: Sequence[Observation]) -> RoundPolicy:
    """The policy after these messages; without any there is no round to judge."""
    return ONE_ROUND if asked else CONTINUOUS


def _failing_share(context: Probed, source: Source) -> float:
    exchanges = context.recent(source)
    return sum(exchange.failed for exchange in exchanges) / len(exchanges)
