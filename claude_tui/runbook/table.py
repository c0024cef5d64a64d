"""Strict reading of one TOML table: every complaint names file, key, what is wrong and what was expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from claude_tui.model.text import inert

__all__ = ["RunbookError", "Table", "nearest"]

_Choice = TypeVar("_Choice", bound=StrEnum)
_MAX_SHOWN = 80
_MAX_TEXT = 20_000


class RunbookError(ValueError):
    """A runbook cannot be used. `str()` is one line: file, node or key, reason."""

    def __init__(self, file: str, where: str, reason: str) -> None:
        self.file, self.where, self.reason = file, where, reason
        super().__init__(": ".join(part for part in (file, where, reason) if part))


def nearest(name: str, known: Collection[str]) -> str:
    """` (did you mean "…"?)`, or nothing when no known name is near."""
    close = get_close_matches(name, known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _shown(value: object) -> str:
    return inert(repr(value), _MAX_SHOWN)


@dataclass(slots=True)
class Table:
    """One table of a runbook file. Each getter marks its key as known; `done` refuses whatever is left.

    Getters with a `default` allow the key to be missing. Every one raises RunbookError.
    """

    file: str
    where: str
    data: Mapping[str, object]
    _known: set[str] = field(default_factory=set)

    def path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def fail(self, name: str, reason: str) -> RunbookError:
        return RunbookError(self.file, self.path(name) if name else self.where, reason)

    def done(self) -> None:
        for name in self.data:
            if name not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.fail(name, f"unknown key{nearest(name, self._known)}; expected one of {known}")

    def has(self, name: str) -> bool:
        self._known.add(name)
        return name in self.data

    def text(self, name: str, default: str | None = None) -> str:
        """Text without white space at its ends. Terminal escapes in a file are shown, not obeyed."""
        value = self._get(name, default, "some text")
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(name, "some text")
        return inert(value.strip(), _MAX_TEXT, keep_newlines=True)

    def flag(self, name: str, default: bool) -> bool:
        value = self._get(name, default, "true or false")
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def one_of(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value and value not in allowed:
            raise self.fail(
                name, f"{_shown(value)}{nearest(value, allowed)}; expected one of {', '.join(allowed)}"
            )
        return value

    def choice(self, name: str, kind: type[_Choice]) -> _Choice | None:
        """The member that the key names; None when it is missing."""
        found = self.one_of(name, [member.value for member in kind], "")
        return kind(found) if found else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, each once; empty when it is missing."""
        value = self._get(name, [], "a list of texts")
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise self._wrong(name, "a list of texts")
        found = tuple(inert(each.strip(), _MAX_TEXT) for each in value)
        if len(set(found)) < len(found):
            raise self.fail(name, "the same text twice")
        return found

    def named(self, name: str) -> dict[str, Table]:
        """The tables under `name`, by name; none when it is missing."""
        value = self._get(name, {}, "tables")
        if not isinstance(value, dict):
            raise self._wrong(name, f"tables, each headed [{self.path(name)}.NAME]")
        return {key: self._table(f"{name}.{key}", each) for key, each in value.items()}

    def listed(self, name: str) -> list[Table]:
        """The tables of the array under `name`, as `name[1]`, `name[2]`, ...; none when it is missing."""
        value = self._get(name, [], "tables")
        if not isinstance(value, list):
            raise self._wrong(name, f"tables, each headed [[{self.path(name)}]]")
        return [self._table(f"{name}[{index}]", each) for index, each in enumerate(value, 1)]

    def _table(self, name: str, value: object) -> Table:
        if not isinstance(value, dict):
            raise self.fail(name, f"{_shown(value)}; expected a table")
        return Table(self.file, self.path(name), value)

    def _get(self, name: str, default: object, expected: str) -> object:
        if self.has(name):
            return self.data[name]
        if default is None:
            raise self.fail(name, f"missing; expected {expected}")
        return default

    def _wrong(self, name: str, expected: str) -> RunbookError:
        return self.fail(name, f"{_shown(self.data[name])}; expected {expected}")
