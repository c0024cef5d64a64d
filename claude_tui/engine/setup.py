"""The input of an engine: what it monitors, the state of the key, and whether it is a demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.engine.sources import Endpoint, Pace
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.snapshot import Level, Notice, Target
from claude_tui.probes.credentials import API_KEY, Credentials

__all__ = ["IN_MEMORY_SPAN", "DemoMode", "KeyState", "Monitored"]

IN_MEMORY_SPAN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class KeyState:
    """What is wrong with the key, if anything."""

    problem: str | None = None
    """The message to the user about it."""
    usable: bool = True
    """Whether the key is sent despite its problem."""
    no_key_reason: NoKeyReason | None = None
    """Why no request can carry a key."""
    variable: str = API_KEY
    """The variable that holds the key or token in use."""

    @classmethod
    def of(cls, credentials: Credentials) -> KeyState:
        return cls(credentials.problem, credentials.usable, credentials.no_key_reason, credentials.variable)

    @property
    def suspect(self) -> str | None:
        """What looks wrong with a key that is sent anyway."""
        return self.problem if self.usable else None

    @property
    def unusable(self) -> str | None:
        """Why no key is sent at all."""
        return None if self.usable else self.problem

    def notices(self, at: datetime) -> tuple[Notice, ...]:
        if self.problem is None:
            return ()
        return (Notice("key", Level.WARN if self.usable else Level.BAD, self.problem, at),)


@dataclass(frozen=True, slots=True)
class DemoMode:
    """The scenario being played, and its speed factor."""

    name: str
    speed: float = 1.0
    drill: bool = False
    """Whether it is a drill, in which case no screen reveals the scenario's name."""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What one engine monitors, and how often."""

    target: Target
    """The target as displayed. The base URL of a demo is known only once its endpoint is open."""
    open_endpoint: Callable[[], Endpoint]
    """Called in a thread, once: in a demo it starts a simulator."""
    pace: Pace
    """The intervals of the probes."""
    key: KeyState = KeyState()
    """The state of the key, known before any request."""
    demo: DemoMode | None = None
    """The scenario being played, None for a real endpoint."""
    in_memory: timedelta = IN_MEMORY_SPAN
    """How long observations stay in memory; older ones are only in the store."""
