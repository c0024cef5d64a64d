"""Incidents as they are recorded: an append-only list of what people, or the program, did to each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.model.verdict import Severity

__all__ = ["FIRST_FAILURE", "PROGRAM", "IncidentAct", "IncidentEntry", "IncidentSummary"]

PROGRAM = "claude-top"
"""The author of what the program did by itself."""
FIRST_FAILURE = "first_failure"
"""The subject of a declaration without a typed start, which then follows the record (see
`incident/start`)."""


class IncidentAct(StrEnum):
    """What an entry does.

    Nothing is rewritten: of several entries about the same thing, the newest counts.
    """

    DECLARED = "declared"  # `text` is the title, `happened_at` the start, `subject` FIRST_FAILURE or empty
    RENAMED = "renamed"  # `text` is the new title
    SEVERITY = "severity"  # `text` is P1 to P4, `subject` what was computed at that time
    LEAD = "lead"  # `text` is the name; empty takes the role back
    COMMUNICATIONS = "communications"  # `text` is the name; empty takes the role back
    NOTE = "note"  # `happened_at` is the time that the text mentions, if it mentions one
    PINNED = "pinned"  # `subject` is the key of a timeline entry
    UNPINNED = "unpinned"  # `subject` is the key of a timeline entry
    CORRECTED = "corrected"  # `subject` names what: a key of the timeline, or `started`; see `incident/`
    MITIGATED = "mitigated"  # since `happened_at`
    RESOLVED = "resolved"  # since `happened_at`
    REOPENED = "reopened"
    MERGED = "merged"  # `subject` is the id of the incident that continues this one
    DISMISSED = "dismissed"  # a proposal that somebody declined; `happened_at` is its start


@dataclass(frozen=True, slots=True)
class IncidentEntry:
    """One act on one incident."""

    at: datetime
    """When it was recorded."""
    id: str
    """Unique over all stores: 32 hexadecimal digits."""
    incident: str
    """The id of the incident, which its DECLARED entry introduced: 32 hexadecimal digits."""
    act: IncidentAct
    happened_at: datetime
    """When it happened, which may be long before it was recorded."""
    by: str
    """Who did it; redacted."""
    host: str = ""
    """On which machine; redacted."""
    text: str = ""
    """What they wrote; redacted. It may have several lines."""
    subject: str = ""
    """What the act refers to, for those acts that need it."""


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """The open or proposed incident: what every screen shows of it."""

    title: str
    severity: Severity
    """The severity that people set, or else the verdict's."""
    started_at: datetime
    """The first failure."""
    since: datetime
    """Since when it has been open; for a proposal, since when the verdict has been that severe."""
    id: str = ""
    """The id; empty for a proposal."""
    label: str = ""
    """`INC-7`; empty for a proposal."""
    lead: str = ""
    """Who leads the response; empty when nobody does."""
    communications: str = ""
    """Who handles communications; empty when nobody does."""
    mitigated_at: datetime | None = None
    """Since when its impact has been under control."""
    others: int = 0
    """How many other incidents are open."""

    @property
    def proposed(self) -> bool:
        """Whether nobody has declared it yet."""
        return not self.id
