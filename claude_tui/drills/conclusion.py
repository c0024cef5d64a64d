"""The end of a drill: computes its score and adds it to the earlier ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from claude_tui.drills.completeness import completeness
from claude_tui.drills.log import add, read
from claude_tui.drills.record import DrillRecord, Score
from claude_tui.drills.scoring import score
from claude_tui.runbook import Runbook
from claude_tui.simulator.script import Scenario
from claude_tui.simulator.truth import Truth

__all__ = ["Conclusion", "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """A score, and the data to compare it with."""

    score: Score
    truth: Truth
    runbook: Runbook
    earlier: tuple[Score, ...] = ()
    """The scores of all earlier drills, oldest first."""
    problem: str = ""
    """Why the score could not be saved, or the earlier ones could not be read."""


class Conclusion:
    """Concludes one drill, once, whichever thread asks first."""

    def __init__(self, scenario: Scenario, truth: Truth, file: Path, runbook: Runbook) -> None:
        self.truth = truth
        self._scenario = scenario
        self._file = file
        self._runbook = runbook
        self._lock = threading.Lock()
        self._result: Result | None = None

    @property
    def result(self) -> Result | None:
        """None before the drill is concluded."""
        return self._result

    def conclude(self, load: Callable[[], DrillRecord | None]) -> Result | None:
        """The result, from the record that `load` reads; None if there was no drill."""
        with self._lock:
            if self._result is None and (drill := load()) is not None:
                self._result = self._concluded(drill)
            return self._result

    def _concluded(self, drill: DrillRecord) -> Result | None:
        runbook = self._runbook
        found = score(drill, self.truth, self._scenario.trouble_s, runbook, completeness(drill))
        if found is None:
            return None
        earlier: tuple[Score, ...] = ()
        problem = ""
        try:
            earlier, _ = read(self._file)
            if found.points is not None:
                add(self._file, found)
        except OSError as error:
            problem = f"The score was not saved: {self._file}: {error.strerror or error}."
        return Result(found, self.truth, runbook, earlier, problem)
