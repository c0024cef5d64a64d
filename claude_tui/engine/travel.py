"""Moves through the record in a separate thread, so that neither screen nor probes wait for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.engine.notices import fault_text
from claude_tui.engine.past import Past
from claude_tui.model.past import Move, MoveKind, PastView, Playback
from claude_tui.model.snapshot import Focus, Snapshot

__all__ = ["Journey", "Travel"]

_MINUTE = timedelta(minutes=1)
# Steps within this distance of where reading a day began use the data being read.
_SAME_PLACE = timedelta(minutes=20)
_TICK_S = 0.25
_BEGINNING = "the record begins here"


class Journey:
    """The position in a record, and how moves change it."""

    def __init__(self, past: Past, last: Callable[[], datetime], first: datetime | None = None) -> None:
        self._past = past
        self._last = last
        """The end of the record, which may grow."""
        self._beginning = first

    @property
    def _first(self) -> datetime:
        # Queried each time, as the oldest rows are dropped while somebody looks back.
        return self._beginning or self._past.first() or self._last()

    def after(self, at: datetime, move: Move) -> tuple[datetime, str]:
        """Where `move` leads from `at`, and why it goes no further."""
        if move.to is not None:
            return self._within(move.to)
        if move.kind is MoveKind.MINUTE:
            return self._within(at + move.steps * _MINUTE)
        for _ in range(abs(move.steps)):
            found = self._near(at, move)
            if found is None or not self._first <= found <= self._last():
                return self._end(at, move)
            at = found
        return at, ""

    def _near(self, at: datetime, move: Move) -> datetime | None:
        near = self._past.event_near if move.kind is MoveKind.EVENT else self._past.observation_near
        return near(at, later=move.steps > 0)

    def _end(self, at: datetime, move: Move) -> tuple[datetime, str]:
        what = "event" if move.kind is MoveKind.EVENT else "observation"
        return at, f"no {'later' if move.steps > 0 else 'earlier'} {what} is recorded"

    def _within(self, at: datetime) -> tuple[datetime, str]:
        last = self._last()
        if at > last:
            return last, "the record ends here"
        return (at, "") if at >= self._first else (self._first, _BEGINNING)


class Travel:
    """Computes Snapshots of the past on request.

    Waiting moves are made together, with one Snapshot. With a `playback`, the position advances by itself.
    Any thread may call any method; `publish` is called in this object's thread.
    """

    def __init__(
        self,
        past: Past,
        journey: Journey,
        publish: Callable[[Snapshot], None],
        start: datetime,
        playback: Playback | None = None,
        focus: Focus | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._past = past
        self._journey = journey
        self._publish = publish
        self._at = start
        self._note = ""
        self._playback = playback
        self._monotonic = monotonic
        self._moves: list[Move] = []
        self._focus = focus
        self._asked = playback is not None
        """Requests a Snapshot."""
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="time travel", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def go(self, move: Move) -> None:
        with self._changed:
            self._moves.append(move)
            self._asked = True
            self._changed.notify()

    def set_focus(self, focus: Focus | None) -> None:
        with self._changed:
            self._focus, self._asked = focus, True
            self._changed.notify()

    def toggle(self) -> None:
        """Plays on, or pauses. At the end it starts over."""
        with self._changed:
            if (playback := self._playback) is None:
                return
            if not playback.playing and self._at >= playback.end:
                self._at = playback.start
            self._playback, self._asked = replace(playback, playing=not playback.playing), True
            self._changed.notify()

    def close(self, timeout_s: float = 0.0) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        if timeout_s and self._thread.is_alive():
            self._thread.join(timeout_s)

    # -- in its thread ---------------------------------------------------------------

    def _run(self) -> None:
        reading: Iterator[None] | None = None
        reading_at = ticked = None
        while True:
            with self._changed:
                self._wait(busy=reading is not None)
                if self._closing:
                    return
                moves, self._moves = self._moves, []
                asked, self._asked = self._asked, False
            ticked, moved_on = self._tick(ticked)
            if asked or moved_on:
                self._make(moves)
                if self._past.complete:
                    reading = None
                elif reading is None or reading_at is None or abs(self._at - reading_at) > _SAME_PLACE:
                    reading, reading_at = self._past.completing(), self._at
            elif reading is not None and not self._continue_reading(reading):
                reading = None
                self._make([])

    def _wait(self, *, busy: bool) -> None:
        playing = self._playback is not None and self._playback.playing
        if not (self._asked or self._closing or busy):
            self._changed.wait(_TICK_S if playing else None)

    def _tick(self, ticked: float | None) -> tuple[float | None, bool]:
        """Advances by the time that has passed, if a recording is played."""
        with self._changed:
            playback, now = self._playback, self._monotonic()
            if playback is None or not playback.playing:
                return None, False
            if ticked is None or now - ticked < _TICK_S:
                return ticked if ticked is not None else now, False
            self._at = min(self._at + timedelta(seconds=(now - ticked) * playback.speed), playback.end)
            if self._at >= playback.end:
                self._playback = replace(playback, playing=False)
            return now, True

    def _make(self, moves: list[Move]) -> None:
        """Makes the moves and publishes the Snapshot there. An internal error is shown on the last one."""
        try:
            self._note = ""
            for move in moves:
                self._at, self._note = self._journey.after(self._at, move)
            self._publish(self._snapshot())
        except Exception as error:  # noqa: BLE001 - time travel must not stop silently
            self._note = fault_text(error)
            with contextlib.suppress(Exception):
                self._publish(self._snapshot())

    def _snapshot(self) -> Snapshot:
        snapshot = self._past.snapshot(self._at, self._focus)
        view = snapshot.past or PastView(self._at, self._at)
        note = self._note or view.note
        return replace(snapshot, past=replace(view, note=note, playback=self._playback))

    def _continue_reading(self, reading: Iterator[None]) -> bool:
        try:
            next(reading)
        except StopIteration:
            return False
        return True
