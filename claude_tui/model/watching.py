"""Which processes use one store: the one that collects, and those that watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Process", "Watching"]


@dataclass(frozen=True, slots=True)
class Process:
    """A running claude-top."""

    user: str
    host: str
    pid: int
    since: datetime
    """When it began to collect, or to watch."""

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Watching:
    """This process among those that share its store."""

    collects: bool = True
    """Whether this process probes and pages."""
    collector: Process | None = None
    """The process that collects; None if none does, or if it is unknown."""
    screens: int = 1
    """How many screens show the store, including this one; 0 for an agent without viewers."""
    read_only: bool = False
    """Whether this process is read-only."""
