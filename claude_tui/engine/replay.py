"""Plays a recording: publishes the same Snapshots as a live engine, from the record alone."""

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
    from claude_tui.incident import Incident, Record
    from claude_tui.model.drill import DrillEntry
    from claude_tui.model.incident import IncidentEntry
    from claude_tui.model.past import Move
    from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
    from claude_tui.model.postmortem import FieldRevision
    from claude_tui.model.snapshot import Focus, Snapshot
    from claude_tui.model.verdict import Severity
    from claude_tui.settings import Settings

__all__ = [
    "Replay",
    "incident_named",
    "is_history",
    "open_history",
    "open_incident",
    "open_recording",
    "span_of_incident",
]

_SQLITE = b"SQLite format 3\0"
_STILL_SEEN = timedelta(minutes=5)
_BEFORE_DRILL = timedelta(minutes=5)
_DAY_1, _LAST_DAY = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Replay:
    """The backend of a dashboard that shows a store, and neither probes nor writes."""

    def __init__(self, store: Store, playback: Playback, conditions: Conditions) -> None:
        self._store = store
        self._conditions = conditions
        self._past = Past(store, conditions)
        self._playback = replace(playback, start=_seen_from(self._past, playback))
        self._travel: Travel | None = None

    def first_snapshot(self) -> Snapshot:
        """The Snapshot at the start, before playback."""
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
        """Does nothing, as nothing is live."""

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        """Everything recorded about an incident until `at`, or in the whole recording."""
        at = at or self._playback.end
        entries = self._store.entries(INCIDENT_ENTRIES, _DAY_1)
        return record_of(self._store, ident, at, entries, self._conditions.options)

    def history_record(self, at: datetime) -> HistoryRecord:
        """What the recording shows of the days before an instant. May take long; raises StoreError."""
        return self._store.record(at, reach_of(self._conditions.options))

    def draft(self, model: str, system: str, text: str) -> Answer:  # noqa: ARG002
        """Raises DraftError, as a recording asks no model."""
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


def _seen_from(past: Past, playback: Playback) -> datetime:
    """The start, or the first response after it if nobody had probed yet."""
    before = past.observation_near(playback.start, later=False)
    if before is not None and playback.start - before < _STILL_SEEN:
        return playback.start
    first = past.observation_near(playback.start, later=True)
    return first if first is not None and first < playback.end else playback.start


def is_history(file: Path) -> bool:
    """Whether the file is a database, such as the history of a target or the `drill.db` of a drill."""
    try:
        # Opening a pipe without a writer would wait forever.
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def open_history(file: Path, speed: float, now: datetime, say: Callable[[str | None], None]) -> Replay:
    """Plays a whole history, or the drill that it belongs to. It is only read. Raises RecordingError."""
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
    drill = {entry.act: entry.at for entry in store.entries(DRILL_ENTRIES, _DAY_1)}
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
    try:
        store = open_record(settings, environ, now, say)
    except RecordingError as error:
        raise _neither(name, error) from None
    try:
        incident = incident_named(store, name)
        start, end = span_of_incident(incident, now, MARGIN)
    except RecordingError as error:
        store.close()
        raise _neither(name, error) from None
    except BaseException:
        store.close()
        raise
    options = options_from(settings, Pace.of(settings))
    conditions = Conditions(options, target=target_for(settings, environ))
    return Replay(store, Playback(incident.label, start, end, speed, playing=True), conditions)


def _neither(name: str, error: RecordingError) -> RecordingError:
    """Explains that the name is neither a file nor an incident."""
    return RecordingError(f"there is no file {name}, and as an incident: {error}")


def incident_named(store: Store, name: str) -> Incident:
    """The incident with that name (see `find`). Raises RecordingError."""
    from claude_tui.incident import find, incidents, none_called

    known = incidents(entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0))
    if (found := find(known, name)) is None:
        raise RecordingError(none_called(name, known))
    return found


def span_of_incident(incident: Incident, now: datetime, margin: timedelta) -> tuple[datetime, datetime]:
    """From before the start of an incident to after its end, or to `now` while it is open."""
    start, end = incident.started_at, now
    if incident.resolved_at is not None:
        end = incident.resolved_at
    elif incident.merged_into:
        end = max(entry.at for entry in incident.entries if entry.act is IncidentAct.MERGED)
    return start - margin, min(max(end, start) + margin, now)
