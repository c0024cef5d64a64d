"""All that alerting must remember, also over a restart, as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from claude_tui.alerting.codec import from_json, to_json
from claude_tui.alerting.lifecycle import unobserved
from claude_tui.alerting.outbox import QueuedNotification, woken
from claude_tui.model.alert import Alert, AlertEntry, AlertGroup, Content
from claude_tui.model.text import inert
from claude_tui.model.verdict import Side

__all__ = ["Ledger", "decode", "encode", "noted", "on_clock", "reopened", "same_but_for_figures"]

VERSION = 1
MAX_JOURNAL = 200
# Evaluations come every few seconds: of the time between two, no more than this counts as watched.
GAP = timedelta(minutes=1)

# What lies outside was no clock's; within it, every sum of an instant and a wait is an instant too.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# More pages, tries and entries than there can have been.
_LARGEST_COUNT = 10**15

_ANY_STORY = Content("", Side.UNCLEAR, "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Ledger:
    """`at` is the last evaluation; `number` counts journal entries, so that their keys stay unique."""

    version: int = VERSION
    at: datetime | None = None
    alerts: tuple[Alert, ...] = ()
    groups: tuple[AlertGroup, ...] = ()
    outbox: tuple[QueuedNotification, ...] = ()
    journal: tuple[AlertEntry, ...] = ()
    number: int = 0


def encode(ledger: Ledger) -> bytes:
    return to_json(ledger)


def decode(raw: bytes) -> Ledger:
    """Raises ValueError for what is no ledger, a later version's, or one that no clock can have led to."""
    ledger = from_json(Ledger, raw)
    if ledger.version != VERSION:
        raise ValueError(f"it is of version {ledger.version}, not {VERSION}")
    sound: Ledger = _sound(ledger)
    return sound


def _sound(value: Any) -> Any:
    """`value` with all text inert. Raises ValueError for instants and counts that no arithmetic survives."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, datetime) and not _EARLIEST <= value <= _LATEST:
        raise ValueError(f"an instant of the year {value.year}")
    if isinstance(value, int) and not -_LARGEST_COUNT < value < _LARGEST_COUNT:
        raise ValueError("a number out of all proportion")
    return _mapped(_sound, value)


def reopened(ledger: Ledger) -> Ledger:
    """The ledger as a program that has just started takes it up."""
    return replace(ledger, outbox=woken(ledger.outbox))


def noted(ledger: Ledger, entries: Iterable[AlertEntry]) -> Ledger:
    """The ledger with new journal entries, whose keys it sets."""
    journal, number = [*ledger.journal], ledger.number
    for entry in entries:
        number += 1
        journal.append(replace(entry, key=f"alert:{number}"))
    return replace(ledger, journal=tuple(journal[-MAX_JOURNAL:]), number=number)


def on_clock(ledger: Ledger, at: datetime) -> Ledger:
    """The ledger as of `at`, whatever the clock did since the last evaluation.

    Where the clock was set back, all instants are, too, so that every wait keeps its length. Time
    in which nobody evaluated (stopped, suspended, clock set forward) lets no `for` run out.
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
            replace(alert, status=unobserved(alert.status, elapsed - GAP, at)) for alert in ledger.alerts
        ),
    )


def _shifted(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    return _mapped(lambda each: _shifted(each, by), value)


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """`value` with everything in it changed, if it holds anything."""
    if isinstance(value, tuple):
        return tuple(map(change, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: change(getattr(value, each.name)) for each in fields(value)})
    return value


def same_but_for_figures(one: Ledger, other: Ledger) -> bool:
    """Whether two ledgers differ in nothing that a restart must know: only in values and sentences."""
    return _bones(one) == _bones(other)


def _bones(ledger: Ledger) -> tuple[object, ...]:
    groups = tuple(replace(group, content=_ANY_STORY) for group in ledger.groups)
    alerts = tuple((alert.key, alert.status, alert.group, alert.quiet_until) for alert in ledger.alerts)
    return alerts, groups, ledger.outbox, ledger.number
