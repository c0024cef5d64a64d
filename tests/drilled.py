"""A drill on a fixed Snapshot, whose record is what its screens have recorded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from claude_tui.drills.conclusion import Conclusion
from claude_tui.drills.log import score_file
from claude_tui.drills.record import DrillRecord
from claude_tui.incident import Record, Span
from claude_tui.model.alert import AlertEntry
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.playbook import WalkTurn
from claude_tui.model.snapshot import Snapshot
from claude_tui.runbook import shipped
from claude_tui.settings import Settings
from claude_tui.simulator.scenario import load_drill
from claude_tui.tui.drill_app import Drill, DrillApp
from tests.functional.still import StillBackend
from tests.snapshots.pictures import AT, PICTURES

__all__ = ["SNAPSHOT", "TRUTH", "StillDrill", "still_drill"]

SCENARIO, TRUTH = load_drill("drill-01")


def drilled(snapshot: Snapshot) -> Snapshot:
    engine = snapshot.engine
    target = replace(engine.target, name="", host="simulator")
    return replace(snapshot, engine=replace(engine, demo="drill", drill=True, target=target))


SNAPSHOT = drilled(PICTURES["overloaded"]())


@dataclass
class Recorder:
    """The record that would be read from the store: what the screens have recorded."""

    backend: StillBackend
    asked: list[datetime] = field(default_factory=list)

    def load(self, at: datetime, journal: tuple[AlertEntry, ...]) -> DrillRecord:
        self.asked.append(at)
        started = DrillEntry(AT, DrillAct.STARTED, "ana", scenario="drill-01")
        acts = [entry for entry in self.backend.recorded if isinstance(entry, DrillEntry)]
        turns = tuple(entry for entry in self.backend.recorded if isinstance(entry, WalkTurn))
        return DrillRecord(Record(Span(AT, max(at, AT)), walk_turns=turns), (started, *acts))


class StillDrill(DrillApp):
    copied = ""

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text


def still_drill(tmp_path: Path, **settings: object) -> tuple[StillDrill, StillBackend]:
    backend = StillBackend()
    conclusion = Conclusion(SCENARIO, TRUTH, score_file(tmp_path), shipped())
    what = Drill(SCENARIO.title, TRUTH.brief, conclusion, Recorder(backend).load)
    return StillDrill(backend, replace(Settings(), **settings), SNAPSHOT, what), backend  # type: ignore[arg-type]
