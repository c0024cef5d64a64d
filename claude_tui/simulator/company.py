"""What may run beside a simulator, in its event loop: the applications that call it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from claude_tui.simulator.script import Scenario
    from claude_tui.simulator.server import Simulator

__all__ = ["Company"]


class Company(Protocol):
    """Runs while the simulator does."""

    def fitted(self, scenario: Scenario) -> Scenario:
        """The scenario as it is to be played with this company."""

    def beside(self, simulator: Simulator) -> AbstractAsyncContextManager[Sequence[str]]:
        """Runs until the context ends. It gives lines for whoever started it."""
