"""Append-only entries other than observations: a table for each type, each row with its instant."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from claude_tui.model.alert import AlertEntry
from claude_tui.model.conditions import AlertingState, ConditionsChange
from claude_tui.model.drill import DrillEntry
from claude_tui.model.expense import Expense
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.json_values import from_json, sound, to_json
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.playbook import SeverityMark, StepMark, StepState, WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.request import ActionRequest
from claude_tui.model.text import inert
from claude_tui.model.traffic import KeptCall
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store.checked import text as checked_text
from claude_tui.store.codec import UNREADABLE, Row
from claude_tui.store.instants import from_micros, to_micros

__all__ = [
    "ACTION_REQUESTS",
    "ALERTING_STATES",
    "ALERT_ENTRIES",
    "CONDITIONS_CHANGES",
    "DRILL_ENTRIES",
    "ENTRY_TABLES",
    "EXPENSES",
    "FIELD_REVISIONS",
    "INCIDENT_ENTRIES",
    "KEPT_CALLS",
    "SEVERITY_MARKS",
    "STEP_MARKS",
    "VERDICT_CHANGES",
    "WALK_TURNS",
    "E",
    "Entry",
    "EntryTable",
    "insertion",
    "pack_text",
]

Entry = (
    StepMark
    | SeverityMark
    | VerdictChange
    | IncidentEntry
    | FieldRevision
    | ActionRequest
    | AlertEntry
    | AlertingState
    | ConditionsChange
    | WalkTurn
    | DrillEntry
    | Expense
    | KeptCall
)
E = TypeVar("E", bound=Entry)

_STATES = {state.value: state for state in StepState}

# An alert ledger of 200 entries has some 100 KB.
MAX_BODY = 10_000_000
_WORTH_DEFLATING = 200


@dataclass(frozen=True, slots=True)
class EntryTable(ABC, Generic[E]):
    """The table of one type of entry: `at`, and some columns of text or bytes."""

    kind: type[E]
    """The type of the entries, which have a field `at`."""
    name: str
    """The name of the table."""
    pruned: bool = field(default=True, kw_only=True)
    """Whether old rows are dropped with the observations."""
    keeps_last: bool = field(default=False, kw_only=True)
    """Whether the newest row before the limit stays: it is still in force."""
    since: int = field(default=3, kw_only=True)
    """The first version of the schema that has it."""

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns besides `at`."""

    @abstractmethod
    def pack(self, entry: E) -> Row:
        """The values of `columns`."""

    @abstractmethod
    def unpack(self, at: datetime, values: tuple[bytes, ...]) -> E:
        """The entry of a row. Raises one of UNREADABLE."""

    @property
    def insert(self) -> str:
        return (
            f"INSERT INTO {self.name} (at, {', '.join(self.columns)}) VALUES (?{', ?' * len(self.columns)})"
        )

    def select(self, version: int) -> str:
        """The entries of a span of instants in a store of that schema version, oldest first.

        Texts are read as bytes: one that is not UTF-8 would otherwise fail the whole query.
        """
        return f"{self._all(version)} WHERE at >= ? AND at < ? ORDER BY at, rowid"

    def select_after(self, version: int) -> str:
        """The entries added after the one with a rowid, in the order in which they were added."""
        return f"{self._all(version)} WHERE rowid > ? ORDER BY rowid"

    def select_in_force(self, version: int) -> str:
        """The newest entries at or before an instant, newest first."""
        return f"{self._all(version)} WHERE at <= ? ORDER BY at DESC, rowid DESC"

    def select_last(self, version: int) -> str:
        """All entries, the most recently added first."""
        return f"{self._all(version)} ORDER BY rowid DESC"

    def _all(self, version: int) -> str:
        values = ", ".join(self._column(column, version) for column in self.columns)
        return f"SELECT rowid, at, {values} FROM {self.name}"

    def _column(self, column: str, _version: int) -> str:
        return f"CAST({column} AS BLOB)"

    @property
    def prune(self) -> str:
        """Deletes the oldest entries from one instant up to another, up to a limit."""
        oldest = f"SELECT rowid FROM {self.name} WHERE at >= ?1 AND at < ?2 ORDER BY at LIMIT ?3"
        if self.keeps_last:
            in_force = f"SELECT rowid FROM {self.name} WHERE at <= ?2 ORDER BY at DESC, rowid DESC LIMIT 1"
            oldest = f"SELECT rowid FROM ({oldest}) WHERE rowid NOT IN ({in_force})"
        return f"DELETE FROM {self.name} WHERE rowid IN ({oldest})"

    def encode(self, entry: E) -> Row:
        return (to_micros(entry.at), *self.pack(entry))

    def decode(self, row: Row) -> E | None:
        """The entry of a row of `select` without its `rowid`; None for one that cannot be read."""
        at, *values = row
        try:
            return self.unpack(from_micros(at), tuple(values))
        except UNREADABLE:
            return None


@dataclass(frozen=True, slots=True)
class TextTable(EntryTable[E]):
    """A text column for each field."""

    fields: tuple[str, ...]
    """The fields besides `at`."""
    build: Callable[..., E]
    """Makes an entry of `at` and its fields, in that order. Raises one of UNREADABLE for unknown values."""
    added: tuple[tuple[str, int], ...] = ()
    """The columns that an older schema does not have, each with its first version; they read as empty."""

    def _column(self, column: str, version: int) -> str:
        missing = dict(self.added).get(column, 0) > version
        return "x''" if missing else f"CAST({column} AS BLOB)"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.fields

    def pack(self, entry: E) -> Row:
        return tuple(pack_text(getattr(entry, name)) for name in self.fields)

    def unpack(self, at: datetime, values: tuple[bytes, ...]) -> E:
        texts = (value.decode("utf-8", "surrogatepass") for value in values)
        return self.build(at, *map(checked_text, texts))


@dataclass(frozen=True, slots=True)
class JsonTable(EntryTable[E]):
    """All fields as JSON in one column, so that a field can be added without a new schema."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("body",)

    def pack(self, entry: E) -> Row:
        return (_deflated(to_json(entry)),)

    def unpack(self, at: datetime, values: tuple[bytes, ...]) -> E:
        (body,) = values
        entry: E = sound(from_json(self.kind, _inflated(body)), _entry_text)
        if entry.at != at:
            raise ValueError("the instants of row and body differ")
        return entry


@dataclass(frozen=True, slots=True)
class BodyTable(EntryTable[E]):
    """A body that only its owner reads; the fields are `at` and `body`."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("body",)

    def pack(self, entry: E) -> Row:
        return (_deflated(entry.body.encode("utf-8", "surrogatepass")),)  # type: ignore[union-attr]

    def unpack(self, at: datetime, values: tuple[bytes, ...]) -> E:
        (body,) = values
        return self.kind(at, _inflated(body).decode("utf-8", "surrogatepass"))  # type: ignore[call-arg,arg-type]


def _deflated(body: bytes) -> bytes:
    """Short bodies as they are, others deflated; JSON never begins as zlib does."""
    return body if len(body) < _WORTH_DEFLATING else zlib.compress(body)


def _inflated(body: bytes) -> bytes:
    """Raises zlib.error, or ValueError for an implausibly large body."""
    if body[:1] != b"\x78":
        return body
    unpacker = zlib.decompressobj()
    inflated = unpacker.decompress(body, MAX_BODY)
    if not unpacker.eof:
        raise ValueError("a body that is torn or too long")
    return inflated


def _entry_text(value: str) -> str:
    return inert(value, MAX_ENTRY, keep_newlines=True)


def insertion(entry: Entry) -> tuple[str, Row]:
    """The statement that adds `entry`, and its values."""
    table = _TABLE_OF[type(entry)]
    return table.insert, table.encode(entry)


def pack_text(text: str) -> str | bytes:
    """Text as stored in a column: bytes if it has lone surrogates, as names from the system may."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return str(text)


def _step_mark(
    at: datetime, playbook: str, step: str, state: str, by: str, note: str, host: str, title: str
) -> StepMark:
    # A state that a later version introduced counts as open.
    return StepMark(at, playbook, step, _STATES.get(state, StepState.OPEN), by, note, host, title)


def _severity_mark(
    at: datetime, severity: str, instead_of: str, by: str, why: str, host: str
) -> SeverityMark:
    return SeverityMark(at, Severity(severity), Severity(instead_of), by, why, host)


def _verdict_change(at: datetime, cause: str, side: str, severity: str, text: str) -> VerdictChange:
    return VerdictChange(at, Cause(cause), Side(side), Severity(severity), text)


_HOST = (("host", 3),)
STEP_MARKS = TextTable(
    StepMark,
    "step_marks",
    ("playbook", "step", "state", "by", "note", "host", "title"),
    _step_mark,
    (*_HOST, ("title", 3)),
    since=2,
)
SEVERITY_MARKS = TextTable(
    SeverityMark,
    "severity_marks",
    ("severity", "instead_of", "by", "why", "host"),
    _severity_mark,
    _HOST,
    since=2,
)
VERDICT_CHANGES = TextTable(
    VerdictChange, "verdict_changes", ("cause", "side", "severity", "text"), _verdict_change, since=2
)
INCIDENT_ENTRIES = JsonTable(IncidentEntry, "incident_entries", pruned=False)
FIELD_REVISIONS = JsonTable(FieldRevision, "field_revisions", pruned=False)
ACTION_REQUESTS = JsonTable(ActionRequest, "action_requests")
ALERT_ENTRIES = JsonTable(AlertEntry, "alert_entries")
ALERTING_STATES = BodyTable(AlertingState, "alerting_states", keeps_last=True)
CONDITIONS_CHANGES = BodyTable(ConditionsChange, "conditions_changes", keeps_last=True)
WALK_TURNS = JsonTable(WalkTurn, "walk_turns")
DRILL_ENTRIES = JsonTable(DrillEntry, "drill_entries", pruned=False)
EXPENSES = JsonTable(Expense, "expenses")
KEPT_CALLS = JsonTable(KeptCall, "traffic_calls", since=4)

ENTRY_TABLES: tuple[EntryTable[Any], ...] = (
    STEP_MARKS,
    SEVERITY_MARKS,
    VERDICT_CHANGES,
    INCIDENT_ENTRIES,
    FIELD_REVISIONS,
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    WALK_TURNS,
    DRILL_ENTRIES,
    EXPENSES,
    KEPT_CALLS,
)

_TABLE_OF = {table.kind: table for table in ENTRY_TABLES}
