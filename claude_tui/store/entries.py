"""Marks and verdict changes as rows of an instant and texts, which are appended and never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store.checked import text as checked_text
from claude_tui.store.codec import UNREADABLE, Row
from claude_tui.store.instants import from_micros, to_micros

__all__ = [
    "ENTRY_TABLES",
    "SEVERITY_MARKS",
    "STEP_MARKS",
    "VERDICT_CHANGES",
    "E",
    "Entry",
    "EntryTable",
    "insertion",
    "pack_text",
]

Entry = StepMark | SeverityMark | VerdictChange
E = TypeVar("E", bound=Entry)

_STATES = {state.value: state for state in StepState}


@dataclass(frozen=True, slots=True)
class EntryTable(Generic[E]):
    """The table of one type of entry: `at`, and a text column for each other field."""

    kind: type[E]
    """The class of its entries."""
    name: str
    """The name of the table."""
    fields: tuple[str, ...]
    """The text columns, named like the fields of the class."""
    build: Callable[..., E]
    """Makes an entry of `at` and its fields, in that order. Raises one of UNREADABLE for unknown values."""

    @property
    def insert(self) -> str:
        return f"INSERT INTO {self.name} (at, {', '.join(self.fields)}) VALUES (?{', ?' * len(self.fields)})"

    @property
    def select(self) -> str:
        """The entries from an instant on, oldest first.

        Texts are read as bytes: one that is not UTF-8 would otherwise fail the whole query.
        """
        texts = ", ".join(f"CAST({field} AS BLOB)" for field in self.fields)
        return f"SELECT rowid, at, {texts} FROM {self.name} WHERE at >= ? ORDER BY at, rowid"

    @property
    def prune(self) -> str:
        """Deletes the oldest entries before an instant, up to a limit."""
        oldest = f"SELECT rowid FROM {self.name} WHERE at < ? ORDER BY at LIMIT ?"
        return f"DELETE FROM {self.name} WHERE rowid IN ({oldest})"

    def encode(self, entry: E) -> Row:
        return (to_micros(entry.at), *(pack_text(getattr(entry, field)) for field in self.fields))

    def decode(self, row: Row) -> E | None:
        """The entry of a row of `select` without its `rowid`; None for one that cannot be read."""
        at, *texts = row
        try:
            decoded = (each.decode("utf-8", "surrogatepass") for each in texts)
            return self.build(from_micros(at), *map(checked_text, decoded))
        except UNREADABLE:
            return None


def insertion(entry: Entry) -> tuple[str, Row]:
    """The statement that adds `entry`, and its values."""
    table = _TABLE_OF[type(entry)]
    return table.insert, table.encode(entry)


def pack_text(text: str) -> str | bytes:
    """Text as a column can hold it: bytes if it has lone surrogates, as names from the system may."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return str(text)


def _step_mark(at: datetime, playbook: str, step: str, state: str, by: str, note: str) -> StepMark:
    # A state that a later version introduced counts as open.
    return StepMark(at, playbook, step, _STATES.get(state, StepState.OPEN), by, note)


def _severity_mark(at: datetime, severity: str, instead_of: str, by: str, why: str) -> SeverityMark:
    return SeverityMark(at, Severity(severity), Severity(instead_of), by, why)


def _verdict_change(at: datetime, cause: str, side: str, severity: str, text: str) -> VerdictChange:
    return VerdictChange(at, Cause(cause), Side(side), Severity(severity), text)


STEP_MARKS = EntryTable(StepMark, "step_marks", ("playbook", "step", "state", "by", "note"), _step_mark)
SEVERITY_MARKS = EntryTable(
    SeverityMark, "severity_marks", ("severity", "instead_of", "by", "why"), _severity_mark
)
VERDICT_CHANGES = EntryTable(
    VerdictChange, "verdict_changes", ("cause", "side", "severity", "text"), _verdict_change
)
ENTRY_TABLES: tuple[EntryTable[Any], ...] = (STEP_MARKS, SEVERITY_MARKS, VERDICT_CHANGES)

_TABLE_OF = {table.kind: table for table in ENTRY_TABLES}
