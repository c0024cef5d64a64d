"""What people ask the collector to do, from any process that shares its store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["ActionRequest", "RequestedAction"]


class RequestedAction(StrEnum):
    PROBE = "probe"  # run every probe at once
    ACKNOWLEDGE = "acknowledge"  # `subject` is a group of alerts, empty for all; `text` the reason
    SNOOZE = "snooze"  # the same, until `until`
    TAKE = "take"  # somebody takes care of what the verdict reports; `subject` is its severity, `text` why


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """A request, carried out once by whichever process collects."""

    at: datetime
    """When it was made."""
    id: str
    """Unique over all stores: 32 hexadecimal digits."""
    action: RequestedAction
    by: str
    """Who asked; redacted."""
    host: str = ""
    """On which machine; redacted."""
    subject: str = ""
    """What it is about."""
    text: str = ""
    """The reason; redacted."""
    until: datetime | None = None
    """The end of a snooze; in the past, it ends one."""
