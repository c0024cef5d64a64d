"""Who works on one store: the process that collects, and those that watch."""

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
    """When it began: to collect, or to watch."""

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Watching:
    """This process among those that share its store."""

    collects: bool = True
    """Whether this process probes and pages."""
    collector: Process | None = None
    """Who does; None where nobody does, or nobody says."""
    screens: int = 1
    """How many screens show the store, with this one; 0 for an agent that is alone."""
    read_only: bool = False
    """Whether this process can change nothing."""
