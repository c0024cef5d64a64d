"""The OTLP receiver in the process that collects: started, watched and stopped with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from claude_tui.model.snapshot import Level, Notice
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import Clock
from claude_tui.store import Store

if TYPE_CHECKING:
    from claude_tui.traffic.otlp.serving import ReceiverThread

__all__ = ["Receiving"]

AGAIN_S = 5.0
"""Seconds until a port that is taken is tried again: the process that held it may be ending."""
_LOOK_S = 1.0
_MOST_ABSENCES = 3


class Receiving:
    """Receives while `run` runs. Only for the engine's thread."""

    def __init__(self, address: str, store: Store, clock: Clock) -> None:
        self._address = address
        self._store = store
        self._clock = clock
        self._thread: ReceiverThread | None = None
        self._notices: dict[str, Notice] = {}

    @property
    def url(self) -> str:
        """Where it listens; "" while it does not."""
        return self._thread.url if self._thread is not None else ""

    def notices(self) -> tuple[Notice, ...]:
        """What people need to know of it."""
        return tuple(self._notices.values())

    async def run(self) -> None:
        """Receives until it is cancelled."""
        # Not before the first frame, and never without the setting.
        from claude_tui.probes.prices import call_cost_usd
        from claude_tui.traffic.otlp.serving import ReceiverThread, is_loopback

        loopback = is_loopback(self._address)
        while True:
            thread = ReceiverThread(self._address, self._store, call_cost_usd, self._now)
            try:
                thread.start()
                self._thread = thread
                while thread.running:
                    self._tell([*self._said(thread, loopback=loopback)])
                    await asyncio.sleep(_LOOK_S)
                self._tell([self._down(thread.failure or "it has ended")])
            except OSError as error:
                self._tell([self._down(os.strerror(error.errno) if error.errno else str(error))])
            finally:
                self._thread = None
                await asyncio.to_thread(thread.stop)
            await asyncio.sleep(AGAIN_S)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _down(self, reason: str) -> tuple[str, Level, str]:
        text = f"no OTLP is received on {self._address}: {reason} (traffic.otlp); trying again"
        return "otlp", Level.WARN, text

    def _said(self, thread: ReceiverThread, *, loopback: bool) -> Iterator[tuple[str, Level, str]]:
        if not loopback:
            text = f"OTLP on {self._address} is open to other machines, without a password (traffic.otlp)"
            yield "otlp open", Level.INFO, text
        if thread.faults:
            yield "otlp faults", Level.WARN, "OTLP: an internal error lost reports of calls"
        absences = thread.absences
        for number, text in enumerate(absences[:_MOST_ABSENCES]):
            more = len(absences) - _MOST_ABSENCES
            tail = f" (and {more} more)" if more > 0 and number == _MOST_ABSENCES - 1 else ""
            yield f"otlp absent {text.partition(' absent ')[0]}", Level.INFO, f"OTLP: {text}{tail}"

    def _tell(self, said: list[tuple[str, Level, str]]) -> None:
        before, now = self._notices, self._clock.now()
        clean = Redactor().clean
        made = [Notice(clean(key, 100), level, clean(text, 200), now) for key, level, text in said]
        self._notices = {}
        for notice in made:
            # A notice is as old as its words.
            was = before.get(notice.key)
            self._notices[notice.key] = was if was is not None and was.text == notice.text else notice
