"""The exceptions of the program: one tree, so that its entry points can catch all expected errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["ClaudeTopError", "ConfigError", "DeliveryError", "ProbeError", "Problem"]


class ClaudeTopError(Exception):
    """An expected error. `str()` is the message for the user, who gets no traceback.

    EXIT_CODE is what a command ends with; 3 is "unknown" to monitoring, which includes every wrong use.

    ClaudeTopError
    ├── ConfigError             what a person gave cannot be used: has a list of problems
    │   ├── AlertsConfigError   rules and routes of alerts
    │   ├── KnowledgeError      the table of errors
    │   ├── PriceTableError     the table of prices
    │   ├── RunbookError        runbook files, and names of their parts
    │   ├── ScenarioError       scenarios of the simulator
    │   ├── SettingsError       the settings, wherever they were given
    │   └── ThemeError          themes
    ├── ConditionError          an expression of a runbook file; becomes a problem of the file
    ├── DeliveryError           a notification was not delivered; becomes the result of the delivery
    │   ├── BusyError           the call before this one has still not returned
    │   └── FailedAttemptError  one attempt failed: has a status, and whether another is of use
    ├── ProbeError              an exchange gave no usable answer; becomes an observation
    │   ├── GarbledError        an event of a stream that nobody can read
    │   ├── LostError           the exchange broke off
    │   ├── NotASummaryError    JSON that is not a status page's
    │   ├── ProxySettingError   a proxy variable that cannot be used
    │   ├── TooLargeError       a body went past its limit
    │   └── UndecodableError    a body whose content-encoding cannot be read
    ├── ReportError             a report cannot be made, or not be written
    ├── StoreError              the history cannot be used
    │   ├── DamagedStoreError   not (or no longer) a store: to be set aside
    │   └── NewerStoreError     written by a later version: to be left alone
    ├── UsageError              the command line asks for something that cannot be done
    └── WrongValueError         a value of a setting; becomes a problem of the settings
    """

    EXIT_CODE = 3


class DeliveryError(ClaudeTopError):
    """A notification was not delivered."""


class ProbeError(ClaudeTopError):
    """An exchange gave no usable answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a person gave. `str()` is one line."""

    file: str
    """The file, or the flag or variable where it was given."""
    key: str
    """Where in it: `alerts.routes.oncall.kind`, `phase[2].for_s`; "" for the whole."""
    given: str
    """What was given, safe to show. Without `expected`: what is wrong, in words."""
    expected: str = ""
    nearest: str = ""
    """The known name that was probably meant."""

    def of(self, origin: str) -> Problem:
        """The same, in a file that a person chose elsewhere: `origin` says where."""
        return replace(self, file=": ".join(part for part in (origin, self.file) if part))

    def __str__(self) -> str:
        hint = f' (did you mean "{self.nearest}"?)' if self.nearest else ""
        said = f"got {self.given}{hint}, expected {self.expected}" if self.expected else self.given + hint
        return ": ".join(part for part in (self.file, self.key, said) if part)


class ConfigError(ClaudeTopError):
    """What a person gave cannot be used. `problems` are all that were found; `str()` has a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def summary(self) -> str:
        """The first problem, and how many more there are, for where only one line fits."""
        more = len(self.problems) - 1
        return f"{self.problems[0]}{f' (and {more} more)' if more > 0 else ''}"
