"""Facts: their definition, and their value at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from claude_tui.runbook.conditions import FactKind, Type, Value
from claude_tui.runbook.fact_context import FactContext

__all__ = ["UNKNOWN", "Fact", "FactDefinition", "flag", "number", "text"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact at an instant. `value` is None when it is unknown; `words` is a sentence without a full stop."""

    value: Value | None
    words: str


UNKNOWN = Fact(None, "unknown")

Read = Callable[[FactContext], Fact]


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """The definition of a fact."""

    name: str
    """The name by which expressions refer to it."""
    kind: FactKind
    """Its type and possible values."""
    doc: str
    """A description for authors of runbooks."""
    read: Read
    """Reads its value from the data at an instant."""


def text(name: str, read: Read, doc: str, choices: Iterable[str] = ()) -> FactDefinition:
    return FactDefinition(name, FactKind(Type.TEXT, tuple(choices)), doc, read)


def number(name: str, read: Read, doc: str) -> FactDefinition:
    return FactDefinition(name, FactKind(Type.NUMBER), doc, read)


def flag(name: str, read: Read, doc: str) -> FactDefinition:
    return FactDefinition(name, FactKind(Type.FLAG), doc, read)
