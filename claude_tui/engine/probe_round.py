"""One round of probes without schedule, thread or store, as `check` runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.engine.memory import remember
from claude_tui.engine.setup import KeyState
from claude_tui.engine.sources import Pace
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Target

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.probes.schedule import Plan

__all__ = ["ProbeRound"]


@dataclass(frozen=True, slots=True)
class ProbeRound:
    """The probes of one endpoint and the History of their reports; the caller runs each probe."""

    plans: Mapping[Source, Plan]
    """One probe for each source."""
    history: History
    """All reports so far."""
    pace: Pace
    """The intervals of a dashboard with these settings; the verdict depends on them."""
    options: Options
    """The settings that the analysis depends on."""
    key: KeyState
    """The state of the key, known before any request."""
    named: Target
    """The target without its model."""
    model: Callable[[], str | None]
    """The model currently probed."""
    others: Callable[[], Sequence[str]] = tuple
    """The further models to probe."""

    @property
    def target(self) -> Target:
        return replace(self.named, model=self.model())

    async def run(self, source: Source) -> Report:
        """Runs one probe and adds its report to the history."""
        report = await self.plans[source].probe.run()
        remember(self.history, report)
        return report

    def obstacle(self, source: Source) -> str | None:
        """Why a probe cannot run now, None if it can."""
        return self.plans[source].ready()

    async def aclose(self) -> None:
        for plan in self.plans.values():
            await plan.probe.aclose()
