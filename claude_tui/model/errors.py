"""The exceptions of the program: one tree, so that its entry points can catch all expected errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from claude_tui.model.text import inert

__all__ = ["ClaudeTopError", "ConfigError", "DeliveryError", "ProbeError", "Problem"]

_MOST_OF_KEY = 200
_MOST_SAID = 4_000


class ClaudeTopError(Exception):
    """An expected error. `str()` is the message for the user, who gets no traceback.

    EXIT_CODE is the exit code of a command; monitoring reads 3 as "unknown", and it also covers wrong usage.

    ClaudeTopError
    ├── AccessError             the access protection of the browser dashboard cannot be used
    ├── ConfigError             invalid input from a user or a file: has a list of problems
    │   ├── AlertsConfigError   rules and routes of alerts
    │   ├── KnowledgeError      the error table
    │   ├── PriceTableError     the price table
    │   ├── RunbookError        runbook files, and names of their parts
    │   ├── ScenarioError       scenarios of the simulator
    │   ├── SettingsError       the settings, from any source
    │   └── ThemeError          themes
    ├── ConditionError          an expression of a runbook file; becomes a problem of the file
    ├── DeliveryError           a notification was not delivered; becomes the result of the delivery
    │   ├── BusyError           the previous call has not returned yet
    │   └── FailedAttemptError  one attempt failed: has a status, and whether a retry makes sense
    ├── DraftError              a model returned no draft
    ├── ExportError             an OTLP export is rejected; becomes the response to it
    │   ├── BrokenExportError   it is malformed
    │   ├── OverCapacityError         too much data arrives at once
    │   ├── RefusedHeadError    its headers ask for something unsupported
    │   ├── TooLargeBodyError   its body is too large
    │   ├── TooManyPartsError   it has too many records
    │   └── UnreadableBodyError its body does not match its headers
    ├── FilterError             a filter that somebody typed cannot be understood
    ├── IncidentFileError       a file is not an exported incident
    ├── ListenError             the proxy cannot listen on its address
    ├── MessageError            a browser sent a message that our page never sends
    ├── NoKeyError              there is no key to compute the fingerprint of
    ├── NoPostmortemError       there is no incident to write about
    ├── NoSuchIncidentError     no incident has that name
    ├── PacketError             a dashboard sent a packet that its driver never sends
    ├── PictureError            the screen cannot be saved
    ├── PostmortemFileError     a document cannot be imported
    ├── ProbeError              an exchange gave no usable response; becomes an observation
    │   ├── BodyError           a body that is too large, or encoded in a way that cannot be read
    │   ├── NotASummaryError    JSON that is not a status page's
    │   ├── ProxySettingError   a proxy variable that cannot be used
    │   └── TunnelError         a forward proxy opened no tunnel
    ├── RecordingError          a recording cannot be written or read
    ├── ReportError             a report cannot be made or written
    ├── StoreError              the history cannot be used
    │   ├── DamagedStoreError   not (or no longer) a store: it is set aside
    │   ├── NewerStoreError     written by a later version: it is left alone
    │   └── SharedFileSystemError  on a network file system: another directory is needed
    ├── UsageError              the command line asks for something impossible
    ├── WhenError               a typed time is invalid or ambiguous
    └── WrongValueError         a value of a setting; becomes a problem of the settings
    """

    EXIT_CODE = 3


class DeliveryError(ClaudeTopError):
    """A notification was not delivered."""


class ProbeError(ClaudeTopError):
    """An exchange gave no usable response, or was cut off."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with input from a user or a file. `str()` is one line."""

    file: str
    """The file, flag or variable that it came from."""
    key: str
    """The place in it: `alerts.routes.oncall.kind`, `phase[2].for_s`; "" for the whole file."""
    given: str
    """The value found, safe to show. Without `expected`: what is wrong, in words."""
    expected: str = ""
    """What would be valid."""
    nearest: str = ""
    """The closest known name, which was probably meant."""

    def of(self, origin: str) -> Problem:
        """The problem with `origin`, which says who chose the file."""
        return replace(self, file=": ".join(part for part in (origin, self.file) if part))

    def __str__(self) -> str:
        hint = f' (did you mean "{self.nearest}"?)' if self.nearest else ""
        message = f"got {self.given}{hint}, expected {self.expected}" if self.expected else self.given + hint
        # Anybody may choose the names of keys: they go to a terminal, and one may be as long as its file.
        key = inert(self.key, _MOST_OF_KEY)
        return ": ".join(part for part in (self.file, key, inert(message, _MOST_SAID)) if part)


class ConfigError(ClaudeTopError):
    """Input from a user or a file is invalid. `problems` lists everything; `str()` has a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def summary(self) -> str:
        """The first problem and the number of others, for a place with one line."""
        more = len(self.problems) - 1
        return f"{self.problems[0]}{f' (and {more} more)' if more > 0 else ''}"
