"""Something that runs beside a simulator in its event loop, such as applications that call it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from claude_tui.simulator.script import Scenario
    from claude_tui.simulator.server import Simulator

__all__ = ["Companion"]


class Companion(Protocol):
    """Runs while the simulator does."""

    def fitted(self, scenario: Scenario) -> Scenario:
        """The scenario, adapted to this companion."""

    def beside(self, simulator: Simulator) -> AbstractAsyncContextManager[Sequence[str]]:
        """Runs until the context ends. It yields lines to print at the start."""
