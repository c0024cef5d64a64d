"""The app on a fixed Snapshot, with a backend that only records calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.screen import Screen

from claude_tui.analysis.uptime.record import Record as HistoryRecord
from claude_tui.engine.drafting import Answer, DraftError
from claude_tui.incident import Record
from claude_tui.model.arrangement import Panel
from claude_tui.model.drill import DrillEntry
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.past import Move
from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.snapshot import FAILED_SERIES, Chart, ChartSeries, Focus, Snapshot
from claude_tui.model.verdict import Severity
from claude_tui.settings import Settings
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.render.partial_output import partial_output
from tests.snapshots.pictures import AT

__all__ = ["StillApp", "StillBackend", "chart_for", "still_app"]


@dataclass
class StillBackend:
    """Publishes on demand. `focus` is the last requested one, `focuses` all of them."""

    focuses: list[Focus | None] = field(default_factory=list)
    probed: int = 0
    marked: list[StepMark | SeverityMark] = field(default_factory=list)
    appended: list[IncidentEntry | FieldRevision] = field(default_factory=list)
    recorded: list[WalkTurn | DrillEntry] = field(default_factory=list)
    acknowledged: list[tuple[str | None, str, str]] = field(default_factory=list)
    taken: list[tuple[Severity, str, str]] = field(default_factory=list)
    snoozed: list[tuple[str | None, str, datetime]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    drafts: list[tuple[str, str, str]] = field(default_factory=list)
    answer: str | None = None
    moves: list[Move] = field(default_factory=list)
    returned: int = 0
    toggled: int = 0
    publish: Callable[[Snapshot], None] = lambda snapshot: None
    history: Callable[[datetime], HistoryRecord] = HistoryRecord

    @property
    def focus(self) -> Focus | None:
        return self.focuses[-1] if self.focuses else None

    def travel(self, move: Move) -> None:
        self.moves.append(move)

    def return_to_live(self) -> None:
        self.returned += 1

    def toggle_playback(self) -> None:
        self.toggled += 1

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        self.publish = publish

    def stop(self) -> None: ...

    def probe_now(self, *, by: str) -> bool:
        self.probed += 1
        return True

    def set_focus(self, focus: Focus | None) -> None:
        self.focuses.append(focus)

    def mark_step(self, mark: StepMark) -> None:
        self.marked.append(mark)

    def mark_severity(self, mark: SeverityMark) -> None:
        self.marked.append(mark)

    def append(self, entry: IncidentEntry | FieldRevision) -> None:
        self.appended.append(entry)

    def record(self, row: WalkTurn | DrillEntry) -> None:
        self.recorded.append(row)

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        return self.records.get(ident)

    def draft(self, model: str, system: str, text: str) -> Answer:
        self.drafts.append((model, system, text))
        if self.answer is None:
            raise DraftError("the endpoint refused: Overloaded")
        return Answer(self.answer, 0.012)

    def history_record(self, at: datetime) -> HistoryRecord:
        return self.history(at)

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        self.acknowledged.append((group, by, reason))

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        self.snoozed.append((group, by, until))

    def take(self, severity: Severity, *, by: str, reason: str) -> None:
        self.taken.append((severity, by, reason))


class StillApp(ClaudeTopApp):
    """Keeps what would go to the clipboard, and counts what would go to the terminal.

    Only where `time_passes` does its clock go on between two Snapshots, and a silent backend count as
    stalled: on a busy machine, seconds may pass before a test looks.
    """

    copied: str | None = None
    sent_bytes = 0
    time_passes = False

    def _show_in_a_second(self, snapshot: Snapshot, after_s: float) -> None:
        if self.time_passes:
            super()._show_in_a_second(snapshot, after_s)

    def _watch_for_silence(self) -> None:
        if self.time_passes:
            super()._watch_for_silence()

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        update = partial_output(renderable)
        if isinstance(update, CompositorUpdate):
            self.sent_bytes += len(update.render_segments(self.console).encode())
        super()._display(screen, renderable)


def still_app(
    snapshot: Snapshot, file: Path | None = None, **settings: object
) -> tuple[StillApp, StillBackend]:
    backend = StillBackend()
    app = StillApp(replace(Settings(file=file), **settings))  # type: ignore[arg-type]
    return app.begin(backend, snapshot), backend


def chart_for(focus: Focus, snapshot: Snapshot) -> Chart:
    """Plausible history for a panel: calm at first, with a problem in the last fifth if the Snapshot has
    one."""
    trouble = 1.0 if snapshot.verdict.since is not None else 0.0
    span = focus.span.total_seconds()
    step = max(span / 240, 15.0)
    instants = [snapshot.at - timedelta(seconds=span - n * step) for n in range(int(span / step))]

    def late(n: int) -> float:
        return trouble * max(0.0, n / len(instants) - 0.8) * 5

    def series(name: str, value: Callable[[int], float | None]) -> ChartSeries:
        return ChartSeries(name, tuple((instant, value(n)) for n, instant in enumerate(instants)))

    def falling(name: str, end: float) -> ChartSeries:
        return series(name, lambda n: 1 - (1 - end) * (n / len(instants)) ** 2)

    def rising(name: str, end: int) -> ChartSeries:
        return series(name, lambda n: float(round(end * late(n) / 3)))

    def failures(count: Callable[[int], float]) -> ChartSeries:
        counted = ((instant, float(round(count(n)))) for n, instant in enumerate(instants))
        return ChartSeries(FAILED_SERIES, tuple(point for point in counted if point[1]))

    def wave(n: int, seed: float) -> float:
        return abs(math.sin(seed + 1.7 * n) * math.cos(seed * 0.6 + 0.9 * n))

    made: dict[Panel, tuple[str, tuple[ChartSeries, ...]]] = {
        Panel.LATENCY: (
            "s",
            (
                series("TTFT", lambda n: None if n % 61 == 60 else 0.38 + 0.1 * wave(n, 1) + 3.8 * late(n)),
                series("message", lambda n: 0.6 + 0.1 * wave(n, 2) + 4.2 * late(n)),
                series("models", lambda n: 0.16 + 0.06 * wave(n, 3)),
                *([series("models max", lambda n: 0.2 + 0.3 * wave(n, 4))] if step > 15 else []),
                *([failures(late)] if trouble else []),
            ),
        ),
        Panel.HEADROOM: (
            "fraction",
            tuple(falling(bucket.bucket, bucket.fraction) for bucket in snapshot.headroom.buckets)
            + tuple(
                falling(f"{window.window} window", 1 - window.used) for window in snapshot.headroom.windows
            ),
        ),
        Panel.ERRORS: (
            "count",
            tuple(
                rising(row.label, row.count)
                for row in snapshot.errors[-1].rows
                if row.count or row.key in ("529", "429")
            ),
        ),
        Panel.TRAFFIC: (
            "count",
            (
                series("calls", lambda n: 6 + 2 * wave(n, 5)),
                series("failed", lambda n: 2 * late(n)),
                series("TTFT p50", lambda n: 0.4 + 0.1 * wave(n, 6)),
                series("TTFT p95", lambda n: 0.9 + 0.3 * wave(n, 7) + 2 * late(n)),
            ),
        ),
    }
    unit, drawn = made[focus.panel]
    return Chart(focus, AT - focus.span, snapshot.at, unit, drawn)
