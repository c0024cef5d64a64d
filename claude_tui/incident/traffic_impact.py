"""What an incident did to the calls of our applications, by real numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from claude_tui.model.format import count, percent
from claude_tui.model.observation import Outcome
from claude_tui.model.text import truncate
from claude_tui.model.traffic import RollUp

__all__ = ["TrafficImpact", "impact_of"]

_NAMED = 5


@dataclass(frozen=True, slots=True)
class TrafficImpact:
    """The calls between the start and the end of an incident."""

    calls: int
    """How many there were."""
    failed: int
    """How many of them failed."""
    applications: tuple[tuple[str, int, int], ...]
    """(name, failed, calls) of each application with failures, the most failures first."""
    retried: int
    """How many were repeated attempts."""
    wasted_tokens: int
    """Tokens of calls that failed all the same."""
    wasted_usd: float
    """Dollars of those."""

    @property
    def words(self) -> str:
        """`412 of 22,070 calls of our applications failed (2%): checkout 380 of 9,100, ...`."""
        said = f"{self.failed:,} of {self.calls:,} calls of our applications failed"
        if self.failed:
            said += f" ({percent(self.failed / self.calls)})"
        named = [
            f"{truncate(name)} {failed:,} of {calls:,}" for name, failed, calls in self.applications[:_NAMED]
        ]
        said += f": {', '.join(named)}." if named else "."
        if self.retried:
            said += f" {self.retried:,} were retries."
        if self.wasted_tokens:
            said += f" Calls that failed used {count(self.wasted_tokens)} tokens (${self.wasted_usd:,.2f})."
        return said


def impact_of(rows: Iterable[RollUp]) -> TrafficImpact | None:
    """The impact by the roll-ups of the incident's time; None where nothing was counted."""
    calls: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    retried = tokens = 0
    usd = 0.0
    for row in rows:
        name = row.key.application
        calls[name] += row.calls
        retried += row.retried
        if row.key.outcome is not Outcome.OK:
            failed[name] += row.calls
            tokens += row.tokens.prompt + row.tokens.output
            usd += row.cost_usd
    if not calls:
        return None
    ordered = sorted(failed, key=lambda name: (-failed[name], name))
    applications = tuple((name, failed[name], calls[name]) for name in ordered)
    return TrafficImpact(calls.total(), failed.total(), applications, retried, tokens, usd)
