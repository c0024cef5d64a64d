"""What the dialogs of an incident share: typed names, words and times, and recording the act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import uuid4

from claude_tui.incident import time_in
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.text import Redactor
from claude_tui.tui.screens.dialog import Answers, TextField

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = [
    "MAX_NOTE",
    "NO_TIME",
    "SHARED",
    "append",
    "cleaned",
    "local_zone",
    "time_field",
    "time_objection",
    "typed_time",
]

MAX_NOTE = 2_000
"""The most characters of a one-line text."""
NO_TIME = "This is not a time in the past. Write 14:05, -20m or 2026-11-20 14:05 (UTC)."
SHARED = "Everyone watching sees it, and it stays in the record."

_MAX_TIME = 40
_FAR_BACK = timedelta(days=365)
_WHEN = "14:05, -20m, 2026-11-20 14:05; empty: now"


def append(
    app: Cockpit,
    incident: str,
    act: IncidentAct,
    text: str = "",
    *,
    happened_at: datetime | None = None,
    subject: str = "",
) -> None:
    """Record an act under the responder's name."""
    at = app.newest.at
    app.backend.append(
        IncidentEntry(
            at,
            uuid4().hex,
            incident,
            act,
            happened_at if happened_at is not None else at,
            app.responder,
            app.host,
            text,
            subject,
        )
    )


def time_field(label: str, value: str = "", hint: str = _WHEN) -> TextField:
    return TextField(label, value, _MAX_TIME, hint)


def cleaned(typed: int | str, limit: int) -> str:
    return Redactor().clean(str(typed), limit).strip()


def typed_time(app: Cockpit, typed: int | str) -> datetime | None:
    """The time that was typed; now if there is none; None if it is not a time in the past."""
    at, text = app.newest.at, str(typed).strip()
    if not text:
        return at
    return time_in(text, recorded_at=at, started_at=at - _FAR_BACK, local=local_zone(at))


def local_zone(at: datetime) -> tzinfo:
    """The time zone of this machine at that instant."""
    return at.astimezone().tzinfo or UTC


def time_objection(app: Cockpit, field: int) -> Callable[[Answers], str]:
    """The objection to a field that is not a time."""
    return lambda answers: "" if typed_time(app, answers[field]) is not None else NO_TIME
