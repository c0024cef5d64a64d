"""Strict reading of one TOML table: every complaint names file, key, what was given and what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from claude_tui.model.text import inert

__all__ = ["ScenarioError", "Table", "nearest"]

_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


class ScenarioError(ValueError):
    """A scenario cannot be used. `str()` is one line with file, key, what was given and what was expected."""

    def __init__(self, file: str, key: str, given: str, expected: str) -> None:
        self.file, self.key, self.given, self.expected = file, key, given, expected
        where = f"{file}: {key}" if key else file
        super().__init__(f"{where}: {given}; expected {expected}")


def nearest(name: str, known: Collection[str]) -> str:
    """` (did you mean "…"?)`, or nothing when no known name is near."""
    close = get_close_matches(name, known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _shown(value: object) -> str:
    return inert(repr(value), 80)


@dataclass(slots=True)
class Table:
    """One table of a scenario file. Each getter marks its key as known; `done` refuses whatever is left.

    A getter's `default` of None means that the key is required. Every getter raises ScenarioError.
    """

    file: str
    key: str
    data: Mapping[str, object]
    _known: set[str] = field(default_factory=set)

    def path(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def fail(self, name: str, given: str, expected: str) -> ScenarioError:
        return ScenarioError(self.file, self.path(name), given, expected)

    def has(self, name: str) -> bool:
        self._known.add(name)
        return name in self.data

    def done(self) -> None:
        for name in self.data:
            if name not in self._known:
                known = sorted(self._known)
                raise self.fail(name, f"unknown key{nearest(name, known)}", "one of " + ", ".join(known))

    def names(self, allowed: Collection[str]) -> list[str]:
        """Every key there is, for a table whose keys are themselves data: each one of `allowed`."""
        self._known.update(allowed)
        self.done()
        return list(self.data)

    # -- single values ---------------------------------------------------------

    def text(self, name: str, default: str | None = None) -> str:
        return self._read(name, default, _as_text, "some text")

    def number(
        self, name: str, default: float | None = None, *, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number in `low`..`high`, both included."""
        return self._read(
            name, default, lambda value: _as_number(value, low, high), _range("a number", low, high)
        )

    def whole(self, name: str, default: int | None = None, *, low: int = 0, high: int = 10**12) -> int:
        return self._read(
            name, default, lambda value: _as_whole(value, low, high), _range("a whole number", low, high)
        )

    def flag(self, name: str, default: bool | None = None) -> bool:
        return self._read(
            name, default, lambda value: value if isinstance(value, bool) else None, "true or false"
        )

    def instant(self, name: str) -> datetime:
        """A date (its midnight, UTC) or a date and time with an offset."""
        return self._read(name, None, _as_instant, "a date, or a date and time with an offset")

    def choice(self, name: str, kind: type[_Choice], default: _Choice | None = None) -> _Choice:
        return kind(self.one_of(name, [member.value for member in kind], default))

    def one_of(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise self.fail(name, f"{_shown(value)}{nearest(value, allowed)}", "one of " + ", ".join(allowed))
        return value

    def some_of(
        self, name: str, allowed: Collection[str], default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """A list of names, each once."""
        given = self._read(name, default, _as_texts, "a list of names")
        for text in given:
            if text not in allowed:
                raise self.fail(
                    name, f"{_shown(text)}{nearest(text, allowed)}", "names of " + ", ".join(allowed)
                )
            if given.count(text) > 1:
                raise self.fail(name, f"{_shown(text)} twice", "each name once")
        return given

    def _read(
        self, name: str, default: _Value | None, convert: Callable[[object], _Value | None], expected: str
    ) -> _Value:
        if not self.has(name):
            if default is None:
                raise self.fail(name, "missing", expected)
            return default
        value = convert(self.data[name])
        if value is None:
            raise self.fail(name, _shown(self.data[name]), expected)
        return value

    # -- tables in it ----------------------------------------------------------

    def table(self, name: str) -> Table:
        """The table under `name`; an empty one when it is absent."""
        value = self.data.get(name, {}) if self.has(name) else {}
        if not isinstance(value, dict):
            raise self.fail(name, _shown(value), "a table")
        return Table(self.file, self.path(name), value)

    def tables(self, name: str) -> list[Table]:
        """The tables of the array under `name`, keyed `name[1]`, `name[2]`, ...; none when it is absent."""
        value = self.data.get(name, []) if self.has(name) else []
        if not isinstance(value, list):
            raise self.fail(name, _shown(value), f"tables, each headed [[{name}]]")
        for item in value:
            if not isinstance(item, dict):
                raise self.fail(name, _shown(item), f"tables, each headed [[{name}]]")
        return [Table(self.file, self.path(f"{name}[{index}]"), item) for index, item in enumerate(value, 1)]


def _range(what: str, low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return what
    return f"{what} of at least {low:g}" if math.isinf(high) else f"{what} from {low:g} to {high:g}"


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _as_texts(value: object) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def _as_number(value: object, low: float, high: float) -> float | None:
    # TOML has booleans apart, Python counts them as integers; TOML has nan and inf.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and low <= value <= high else None


def _as_whole(value: object, low: int, high: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None


def _as_instant(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo is not None else None
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None
