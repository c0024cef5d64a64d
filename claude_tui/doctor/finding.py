"""What an examination finds: how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Area", "Condition", "Finding", "exit_code"]


class Condition(Enum):
    """How something is; the exit code of each is that of `check`."""

    GOOD = "good", 0
    NOTE = "note", 0
    WARNING = "warning", 1
    BAD = "bad", 2
    UNKNOWN = "unknown", 3

    def __init__(self, word: str, code: int) -> None:
        self.word = word
        """The word in the JSON."""
        self.code = code
        """The exit code if nothing is worse."""


class Area(Enum):
    """The headings, in order."""

    PROGRAM = "Program"
    TERMINAL = "Terminal"
    SETTINGS = "Settings"
    KEY = "Key"
    NETWORK = "Network"
    HISTORY = "History"
    ALERTS = "Alerts"
    TRAFFIC = "Traffic"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    area: Area
    """The heading it stands under."""
    name: str
    """What was looked at, in a word or two."""
    condition: Condition
    """How it is."""
    text: str
    """What was found, in a line."""
    to_do: str = ""
    """What to do about it, in a line; empty if nothing."""


_WORST_FIRST = (Condition.BAD, Condition.WARNING, Condition.UNKNOWN)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 well, 1 a warning, 2 something is bad, 3 something could not be found out and nothing is worse."""
    found = {finding.condition for finding in findings}
    return next((condition.code for condition in _WORST_FIRST if condition in found), 0)
