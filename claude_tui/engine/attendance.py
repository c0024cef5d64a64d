"""Which of the processes on one store collects, and how many are watching."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from claude_tui.engine.lease import Lease
from claude_tui.engine.presence import Presence
from claude_tui.model.watching import Process, Watching
from claude_tui.probes.clock import Clock

__all__ = ["Attendance"]


class Attendance:
    """The role of this process among those that share the store at `path`.

    `screen` says whether somebody watches it. With `read_only` it never collects.
    """

    def __init__(
        self, path: Path, process: Process, clock: Clock, *, screen: bool = True, read_only: bool = False
    ) -> None:
        self._lease = Lease(path.with_name(f"{path.name}.lease"), process)
        self._presence = Presence(path.with_name(f"{path.name}.d"), process, screen=screen)
        self._clock = clock
        self._screens = int(screen)
        self._read_only = read_only
        self._collects = False
        self.watching = Watching(collects=False, screens=self._screens, read_only=read_only)

    @property
    def is_alone(self) -> bool:
        """Whether no other process had a screen at the last look."""
        return self.watching.screens <= self._screens

    def enter(self) -> bool:
        """Joins the others, and returns whether this process collects."""
        self._presence.enter()
        collects = self._take(self._clock.now())
        self.look()
        return collects

    async def take(self) -> bool:
        """Tries to become the collector."""
        return await asyncio.to_thread(self._take, self._clock.now())

    def look(self) -> None:
        """Updates who collects and how many are watching. Blocks while the disk is slow."""
        self.watching = replace(
            self.watching,
            collects=self._collects,
            collector=self._lease.holder(),
            screens=self._presence.count(),
        )

    def stand_aside(self) -> None:
        """Lets another process collect, and continues to watch."""
        self._lease.release()
        self._collects = False
        self.look()

    def leave(self, *, idle: bool = True) -> None:
        """Lets another process collect. Call it once everything is written.

        Without `idle` this process may still be probing; the lease is then given back when the process ends.
        """
        self._presence.leave()
        if idle:
            self._lease.release()

    def _take(self, now: datetime) -> bool:
        # Not the same as holding the lock: if nothing can be locked, each process collects for itself.
        self._collects = not self._read_only and self._lease.take(now)
        return self._collects
