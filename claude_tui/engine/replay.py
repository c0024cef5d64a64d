"""Plays a recording: the same Snapshots as a live engine publishes, from the record alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.analysis.uptime.hours import reach_of
from claude_tui.analysis.uptime.record import Record as HistoryRecord
from claude_tui.engine.conditions import Conditions
from claude_tui.engine.incidents import record_of
from claude_tui.engine.past import Past
from claude_tui.engine.record_command import MARGIN, open_record, target_for
from claude_tui.engine.record_import import read_recording
from claude_tui.engine.recording import RecordingError
from claude_tui.engine.sources import Pace, options_from
from claude_tui.engine.travel import Journey, Travel
from claude_tui.model.drill import DrillAct
from claude_tui.model.incident import IncidentAct
from claude_tui.model.past import PastView, Playback
from claude_tui.store import DRILL_ENTRIES, INCIDENT_ENTRIES, Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from claude_tui.engine.drafting import Answer
    from claude_tui.incident import Record
    from claude_tui.model.drill import DrillEntry
    from claude_tui.model.incident import IncidentEntry
    from claude_tui.model.past import Move
    from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
    from claude_tui.model.postmortem import FieldRevision
    from claude_tui.model.snapshot import Focus, Snapshot
    from claude_tui.model.verdict import Severity
    from claude_tui.settings import Settings

__all__ = ["Replay", "is_history", "open_history", "open_incident", "open_recording", "span_of_incident"]

_SQLITE = b"SQLite format 3\0"
_BEFORE_DRILL = timedelta(minutes=5)
_DAY_1, _LAST_DAY = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Replay:
    """The backend of a dashboard that shows a store, and neither probes nor writes."""

    def __init__(self, store: Store, playback: Playback, conditions: Conditions) -> None:
        self._store = store
        self._playback = playback
        self._conditions = conditions
        self._past = Past(store, conditions)
        self._travel: Travel | None = None

    def first_snapshot(self) -> Snapshot:
        """The picture at the start, before anything is played."""
        snapshot = self._past.snapshot(self._playback.start)
        view = snapshot.past or PastView(snapshot.at, snapshot.at)
        return replace(snapshot, past=replace(view, playback=self._playback))

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        end = self._playback.end
        journey = Journey(self._past, lambda: end, self._playback.start)
        self._travel = Travel(self._past, journey, publish, self._playback.start, self._playback)
        self._travel.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        if self._travel is not None:
            self._travel.close(timeout_s)
        self._store.close(timeout_s)

    def set_focus(self, focus: Focus | None) -> None:
        if self._travel is not None:
            self._travel.set_focus(focus)

    def travel(self, move: Move) -> None:
        if self._travel is not None:
            self._travel.go(move)

    def toggle_playback(self) -> None:
        if self._travel is not None:
            self._travel.toggle()

    def return_to_live(self) -> None:
        """There is nothing live."""

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        """Everything that was recorded about an incident until `at`, or in the whole recording."""
        at = at or self._playback.end
        entries = self._store.entries(INCIDENT_ENTRIES, _DAY_1)
        return record_of(self._store, ident, at, entries, self._conditions.options)

    def history_record(self, at: datetime) -> HistoryRecord:
        """What the recording knows of the days before an instant. It may take long; raises StoreError."""
        return self._store.record(at, reach_of(self._conditions.options))

    def draft(self, model: str, system: str, text: str) -> Answer:  # noqa: ARG002
        """A recording asks no model. Raises DraftError."""
        from claude_tui.engine.drafting import DraftError

        raise DraftError("a recording asks no model")

    # -- a recording is not changed ----------------------------------------------------

    def probe_now(self, *, by: str) -> None: ...

    def record(self, row: WalkTurn | DrillEntry) -> None: ...

    def mark_step(self, mark: StepMark) -> None: ...

    def mark_severity(self, mark: SeverityMark) -> None: ...

    def append(self, entry: IncidentEntry | FieldRevision) -> None: ...

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None: ...

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None: ...

    def take(self, severity: Severity, *, by: str, reason: str) -> None: ...


def open_recording(
    file: Path,
    directory: Path,
    speed: float,
    now: datetime,
    say: Callable[[str | None], None],
    progress: Callable[[float], None],
) -> Replay:
    """Plays a file, unpacked into `directory`. Raises RecordingError."""
    store = Store.open(directory, "recording.db", now=now, on_problem=say)
    try:
        header = read_recording(file, store, progress)
    except BaseException:
        store.close()
        raise
    playback = Playback(header.name or file.name, header.since, header.until, speed, playing=True)
    return Replay(store, playback, Conditions(target=header.target))


def is_history(file: Path) -> bool:
    """Whether it is a database, such as the history of a target or the `drill.db` of a drill."""
    try:
        # Opening a pipe that nobody writes to would wait for ever.
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def open_history(file: Path, speed: float, now: datetime, say: Callable[[str | None], None]) -> Replay:
    """Plays all of a history, or the drill that it is of; it is only read. Raises RecordingError."""
    store = Store.open(file.parent, file.name, now=now, on_problem=say, read_only=True)
    try:
        start, end = _span_of_history(store, file)
    except BaseException:
        store.close()
        raise
    name = file.parent.name if file.name == "drill.db" else file.name
    return Replay(store, Playback(name, start, end, speed, playing=True), Conditions())


def _span_of_history(store: Store, file: Path) -> tuple[datetime, datetime]:
    first, last = (store.nearest_observation(edge, later=edge is _DAY_1) for edge in (_DAY_1, _LAST_DAY))
    if (problem := store.refusal or store.problem) is not None:
        raise RecordingError(f"{file}: {problem}")
    if first is None or last is None:
        raise RecordingError(f"{file}: no history of claude-top, or nothing is recorded in it")
    drill = {each.act: each.at for each in store.entries(DRILL_ENTRIES, _DAY_1)}
    if (started := drill.get(DrillAct.STARTED)) is not None:
        first = max(first, started - _BEFORE_DRILL)
        last = max(last, drill.get(DrillAct.ENDED, last))
    return first, last


def open_incident(
    settings: Settings,
    environ: Mapping[str, str],
    name: str,
    speed: float,
    now: datetime,
    say: Callable[[str | None], None],
) -> Replay:
    """Plays an incident from the store of the target. Raises RecordingError."""
    store = open_record(settings, environ, now, say)
    try:
        start, end = span_of_incident(store, name, now, MARGIN)
    except BaseException:
        store.close()
        raise
    options = options_from(settings, Pace.of(settings))
    conditions = Conditions(options, target=target_for(settings, environ))
    return Replay(store, Playback(name, start, end, speed, playing=True), conditions)


def span_of_incident(store: Store, name: str, now: datetime, margin: timedelta) -> tuple[datetime, datetime]:
    """From before the start of an incident to after its end, or to `now` while it is open.

    `name` is `INC-3` for the third that was declared, or an id or its beginning. Raises RecordingError.
    """
    entries = [entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0)]
    declared = [entry for entry in entries if entry.act is IncidentAct.DECLARED]
    found = _named(declared, name)
    if found is None:
        known = ", ".join(f"INC-{number}" for number in range(1, len(declared) + 1)) or "there are none"
        raise RecordingError(f"no recording and no incident is called {name} (incidents: {known})")
    own = [entry for entry in entries if entry.incident == found.incident]
    start, end = found.happened_at, now
    for entry in sorted(own, key=lambda each: each.at):
        if entry.act is IncidentAct.RESOLVED:
            end = entry.happened_at
        elif entry.act is IncidentAct.REOPENED:
            end = now
    return start - margin, min(max(end, start) + margin, now)


def _named(declared: list[IncidentEntry], name: str) -> IncidentEntry | None:
    label, _, number = name.upper().partition("-")
    if label == "INC" and number.isascii() and number.isdigit() and 0 < int(number[:9]) <= len(declared):
        return declared[int(number) - 1]
    if len(name) < 4:
        return None
    matching = [entry for entry in declared if entry.incident.startswith(name.lower())]
    return matching[0] if len(matching) == 1 else None
