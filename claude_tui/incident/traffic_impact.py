"""The impact of an incident on the calls of our applications, in real numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from claude_tui.model.format import count, money, percent
from claude_tui.model.observation import Outcome
from claude_tui.model.text import truncate
from claude_tui.model.traffic import RollUp

__all__ = ["TrafficImpact", "impact_of"]

_NAMED = 5


@dataclass(frozen=True, slots=True)
class TrafficImpact:
    """The calls between the start and the end of an incident."""

    calls: int
    """How many calls there were."""
    failed: int
    """How many of them failed."""
    applications: tuple[tuple[str, int, int], ...]
    """(name, failed, calls) of each application with failures, the most failures first."""
    retried: int
    """How many were retries."""
    retried_failed: int
    """How many of those failed nevertheless."""
    early: int
    """How many repeated a call before the wait that its response asked for was over."""
    wasted_tokens: int
    """Tokens used by failed calls."""
    wasted_usd: float
    """The cost of those calls, in dollars."""
    retried_wasted_tokens: int
    """Tokens used by the retries among them."""
    retried_wasted_usd: float
    """The cost of those retries, in dollars."""
    unpriced: int
    """How many failed calls used tokens but have no price, which makes the cost a lower bound."""

    @property
    def words(self) -> str:
        """`412 of 22,070 calls of our applications failed (2%): checkout 380 of 9,100, ...`."""
        text = f"{self.failed:,} of {self.calls:,} calls of our applications failed"
        if self.failed:
            text += f" ({percent(self.failed / self.calls)})"
        named = [
            f"{truncate(name)} {failed:,} of {calls:,}" for name, failed, calls in self.applications[:_NAMED]
        ]
        text += f": {', '.join(named)}." if named else "."
        return " ".join(filter(None, (text, self._retries, self._waste)))

    @property
    def _retries(self) -> str:
        """`8,210 were retries, of which 6,900 failed, and 5,100 did not wait for retry-after.`"""
        if not self.retried:
            return ""
        text = f"{self.retried:,} were retries"
        if self.retried_failed:
            text += f", of which {self.retried_failed:,} failed"
        if self.early:
            text += f"; {self.early:,} came before retry-after was over"
        return f"{text}."

    @property
    def _waste(self) -> str:
        """`Calls that failed used 24k tokens ($5.00), retries among them 8k ($1.60).`"""
        if not self.wasted_tokens:
            return ""
        least = "at least " if self.unpriced else ""
        text = f"Calls that failed used {count(self.wasted_tokens)} tokens ({least}{money(self.wasted_usd)})"
        if self.retried_wasted_tokens:
            retries = f"{count(self.retried_wasted_tokens)} ({money(self.retried_wasted_usd)})"
            text += f", retries among them {retries}"
        return f"{text}."


def impact_of(rows: Iterable[RollUp]) -> TrafficImpact | None:
    """The impact, from the roll-ups of the incident; None if nothing was counted."""
    calls: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    every = list(rows)
    for row in every:
        name = row.key.application
        calls[name] += row.calls
        if row.key.outcome is not Outcome.OK:
            failed[name] += row.calls
    if not calls:
        return None
    lost = [row for row in every if row.key.outcome is not Outcome.OK]
    ordered = sorted(failed, key=lambda name: (-failed[name], name))
    return TrafficImpact(
        calls=calls.total(),
        failed=failed.total(),
        applications=tuple((name, failed[name], calls[name]) for name in ordered),
        retried=sum(row.retried for row in every),
        retried_failed=sum(row.retried for row in lost),
        early=sum(row.early for row in every),
        wasted_tokens=sum(row.tokens.prompt + row.tokens.output for row in lost),
        wasted_usd=sum(row.cost_usd for row in lost),
        retried_wasted_tokens=sum(row.retried_tokens for row in lost),
        retried_wasted_usd=sum(row.retried_usd for row in lost),
        unpriced=sum(row.unpriced for row in lost),
    )
