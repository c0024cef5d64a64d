"""The findings of an examination: the condition of something, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Area", "Condition", "Finding", "exit_code"]


class Condition(Enum):
    """The condition of something; the exit codes are those of `check`."""

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
    """The headings of the report, in order."""

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
    """The result of one examination."""

    area: Area
    """Its heading."""
    name: str
    """What was examined, in one or two words."""
    condition: Condition
    """Its condition."""
    text: str
    """The result, in one line."""
    to_do: str = ""
    """How to fix it, in one line; empty if nothing needs to be done."""


_WORST_FIRST = (Condition.BAD, Condition.WARNING, Condition.UNKNOWN)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: all well; 1: a warning; 2: something is bad; 3: something is unknown and nothing is worse."""
    found = {finding.condition for finding in findings}
    return next((condition.code for condition in _WORST_FIRST if condition in found), 0)
