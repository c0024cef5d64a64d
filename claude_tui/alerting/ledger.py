"""The state of alerting as one value, which is saved and survives a restart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from claude_tui.alerting.lifecycle import without_gap
from claude_tui.alerting.outbox import QueuedNotification, requeued
from claude_tui.model.alert import Alert, AlertEntry, AlertGroup, Content
from claude_tui.model.json_values import from_json, mapped, sound, to_json
from claude_tui.model.verdict import Side

__all__ = [
    "Ledger",
    "added_entries",
    "adjusted_for_clock",
    "decode",
    "differ_only_in_figures",
    "encode",
    "noted",
    "reopened",
]

VERSION = 1
MAX_JOURNAL = 200
# Evaluations run every few seconds; only this much of a longer gap between two counts as observed.
GAP = timedelta(minutes=1)

_ANY_CONTENT = Content("", Side.UNCLEAR, "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All state of alerting."""

    version: int = VERSION
    """The version of the saved format."""
    at: datetime | None = None
    """The last evaluation."""
    alerts: tuple[Alert, ...] = ()
    """All alerts that are not inactive."""
    groups: tuple[AlertGroup, ...] = ()
    """Open groups, and those closed recently."""
    outbox: tuple[QueuedNotification, ...] = ()
    """Notifications that are waiting or being sent."""
    journal: tuple[AlertEntry, ...] = ()
    """The newest journal entries, oldest first."""
    number: int = 0
    """How many journal entries were ever made, which keeps their keys unique."""


def encode(ledger: Ledger) -> bytes:
    return to_json(ledger)


def decode(raw: bytes) -> Ledger:
    """The ledger that `encode` wrote.

    Raises ValueError for another version, or impossible instants and counts.
    """
    ledger = from_json(Ledger, raw)
    if ledger.version != VERSION:
        raise ValueError(f"it has version {ledger.version}, not {VERSION}")
    checked: Ledger = sound(ledger)
    return checked


def reopened(ledger: Ledger) -> Ledger:
    """The ledger that a new process continues with."""
    return replace(ledger, outbox=requeued(ledger.outbox))


def noted(ledger: Ledger, entries: Iterable[AlertEntry]) -> Ledger:
    """The ledger with new journal entries, each with a unique key."""
    journal, number = [*ledger.journal], ledger.number
    for entry in entries:
        number += 1
        journal.append(replace(entry, key=f"alert:{number}"))
    return replace(ledger, journal=tuple(journal[-MAX_JOURNAL:]), number=number)


def added_entries(before: Ledger | None, after: Ledger) -> tuple[AlertEntry, ...]:
    """The journal entries of `after` that `before` does not have, as far as the journal goes back."""
    added = after.number - before.number if before is not None else len(after.journal)
    return after.journal[max(len(after.journal) - added, 0) :] if added > 0 else ()


def adjusted_for_clock(ledger: Ledger, at: datetime) -> Ledger:
    """The ledger adjusted for jumps of the clock since the last evaluation.

    After the clock was set back, all instants are shifted back as well, so that every wait keeps its
    length. Time without evaluations (stopped, suspended, clock set forward) does not count towards `for`.
    """
    if ledger.at is None:
        return ledger
    elapsed = at - ledger.at
    if elapsed < timedelta():
        shifted: Ledger = _shifted(ledger, elapsed)
        return shifted
    if elapsed <= GAP:
        return ledger
    return replace(
        ledger,
        alerts=tuple(
            replace(alert, status=without_gap(alert.status, elapsed - GAP, at)) for alert in ledger.alerts
        ),
    )


def _shifted(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    return mapped(lambda item: _shifted(item, by), value)


def differ_only_in_figures(one: Ledger, other: Ledger) -> bool:
    """Whether two ledgers differ only in values and sentences, which are not worth a save."""
    return _essentials(one) == _essentials(other)


def _essentials(ledger: Ledger) -> tuple[object, ...]:
    groups = tuple(replace(group, content=_ANY_CONTENT) for group in ledger.groups)
    alerts = tuple((alert.key, alert.status, alert.group, alert.quiet_until) for alert in ledger.alerts)
    return alerts, groups, ledger.outbox, ledger.number
