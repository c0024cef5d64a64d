"""Reads TOML strictly and reports all problems at once, each with file, key, given and expected value.

    table = Table.of_file(path, ThemeError)
    theme = Theme(table.text("title", path.stem), table.flag("dark", True), ...)
    table.check()

A getter without a default requires its key. If a value does not fit, the getter records a problem and
returns a stand-in of the right type, so that reading continues; `check` raises all problems together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.format import parse_span, span_text
from claude_tui.model.nearest import nearest
from claude_tui.model.text import Redactor, inert
from claude_tui.model.toml_text import parse_toml, read_text, shown
from claude_tui.model.toml_values import (
    as_flag,
    as_instant,
    as_line,
    as_number,
    as_text,
    as_whole,
    range_words,
)

__all__ = ["Table"]

_MAX_NAME = 100
_MAX_LISTED = 30
_FEW = 16
_MAX_PROSE = 20_000
_EPOCH = datetime.fromtimestamp(0, UTC)
_YEAR = timedelta(days=365)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+(\[\d+\])?")

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")


@dataclass(slots=True)
class Table:
    """One table of a file. Each getter marks its key as known; `done` reports the others."""

    data: Mapping[str, object]
    """The keys and values, as parsed."""
    file: str
    """The file's name in problems."""
    path: str = ""
    """The table's position in the file: `phase[2]`; "" for the whole file."""
    error: type[ConfigError] = ConfigError
    """What `check` raises."""
    problems: list[Problem] = field(default_factory=list)
    """All problems so far, in this table and in those that share the list."""
    show: Callable[[object], str] = shown
    """Formats a value so that it is safe to show."""
    _known: set[str] = field(default_factory=set)
    """The keys that a getter has asked for."""
    _unfit: set[str] = field(default_factory=set)
    """The keys that have a problem."""

    @classmethod
    def of_file(
        cls, path: Path, error: type[ConfigError], problems: list[Problem] | None = None, *, file: str = ""
    ) -> Self:
        """The file at `path`, called `file` in problems. Raises `error` when it cannot be read as TOML."""
        try:
            text = read_text(path, error)
        except FileNotFoundError as missing:
            raise error([Problem(str(path), "", f"cannot be read: {missing.strerror}")]) from missing
        return cls.of_text(text, file or str(path), error, problems)

    @classmethod
    def of_text(
        cls, text: str, file: str, error: type[ConfigError], problems: list[Problem] | None = None
    ) -> Self:
        """The file whose content is `text`. Raises `error` when it is not TOML."""
        data = parse_toml(text, file, error)
        return cls(data, file, error=error, problems=[] if problems is None else problems)

    def at(self, name: str, data: object) -> Table:
        """A table within this one. If `data` is not a table: an empty one, and a problem."""
        if not isinstance(data, dict):
            self.wrong(name, self.show(data), "a table")
            data = {}
        return Table(data, self.file, self._path(name), self.error, self.problems, self.show)

    # -- problems --------------------------------------------------------------

    def wrong(self, name: str, given: str, expected: str = "", *, near: str = "") -> None:
        """Record a problem with the key `name`, or with the table if it is "". See Problem for the texts."""
        self._unfit.add(name)
        self.problems.append(Problem(self.file, self._path(name), given, expected, near))

    def unfit(self, name: str, expected: str, *, near: str = "") -> None:
        """Record that the value of a key does not fit, or is missing."""
        given = self.show(self.data[name]) if name in self.data else "nothing"
        self.wrong(name, given, expected, near=near)

    def sound(self, *names: str) -> bool:
        """Whether these keys have no problems; if they do, their values are stand-ins."""
        return self._unfit.isdisjoint(names)

    def done(self) -> None:
        """Record a problem for each unknown key."""
        for name in self.data:
            if name not in self._known:
                known = sorted(self._known)
                near = nearest(name, known)
                if near and len(known) > _FEW:
                    self.wrong(name, "unknown key", near=near)
                else:
                    expected = "one of " + ", ".join(known) if known else "no key here"
                    self.wrong(name, "an unknown key", expected, near=near)

    def check(self) -> None:
        """Raise `error` with all problems, if there are any."""
        if self.problems:
            raise self.error(self.problems)

    def _path(self, name: str) -> str:
        # A key comes from the file as well, and may be a secret in the wrong place.
        plain = not name or (_PLAIN_KEY.fullmatch(name) and Redactor().without_secrets(name) == name)
        return ".".join(part for part in (self.path, name if plain else self.show(name)) if part)

    # -- keys ------------------------------------------------------------------

    def has(self, name: str) -> bool:
        self._known.add(name)
        return name in self.data

    def names(self, allowed: Collection[str]) -> list[str]:
        """The keys of a table whose keys are data, each one of `allowed`."""
        self._known.update(allowed)
        self.done()
        return [name for name in self.data if name in self._known]

    # -- single values ---------------------------------------------------------

    def text(self, name: str, default: str | None = None) -> str:
        """Text, unchanged. It may be blank only if the default is."""
        return self._read(name, default, "", lambda value: as_text(value, blank=default == ""), "some text")

    def prose(self, name: str, default: str | None = None) -> str:
        """Stripped text in which terminal escapes are inert."""
        return inert(self.text(name, default).strip(), _MAX_PROSE, keep_newlines=True)

    def line(self, name: str, default: str | None = None, *, at_most: int = 300) -> str:
        """Stripped printable text of at most `at_most` characters."""
        expected = f"printable text of at most {at_most} characters"
        return self._read(
            name, default, "", lambda value: as_line(value, at_most, blank=default == ""), expected
        )

    def number(
        self,
        name: str,
        default: float | None = None,
        *,
        at_least: float = -math.inf,
        at_most: float = math.inf,
    ) -> float:
        """A finite number in `at_least`..`at_most`, both included."""
        stand_in = at_least if math.isfinite(at_least) else 0.0
        expected = range_words("a number", at_least, at_most)
        return self._read(
            name, default, stand_in, lambda value: as_number(value, at_least, at_most), expected
        )

    def whole(
        self, name: str, default: int | None = None, *, at_least: int = 0, at_most: int = 10**12
    ) -> int:
        """An integer in `at_least`..`at_most`, both included."""
        expected = range_words("a whole number", at_least, at_most)
        return self._read(name, default, at_least, lambda value: as_whole(value, at_least, at_most), expected)

    def flag(self, name: str, default: bool | None = None) -> bool:
        return self._read(name, default, False, as_flag, "true or false")

    def instant(self, name: str) -> datetime:
        """A date (its midnight, UTC) or a date and time with an offset."""
        return self._read(name, None, _EPOCH, as_instant, "a date, or a date and time with an offset")

    def duration(
        self,
        name: str,
        default: timedelta | None = None,
        *,
        at_least: timedelta = timedelta(),
        at_most: timedelta = _YEAR,
    ) -> timedelta:
        """`30s`, `5m`, `1h30m`, or a number of seconds."""

        def read(value: object) -> timedelta | None:
            found = parse_span(value)
            return found if found is not None and at_least <= found <= at_most else None

        if at_most < _YEAR:
            expected = f'a duration from "{span_text(at_least)}" to "{span_text(at_most)}"'
        else:
            expected = 'a duration such as "90s", "5m" or "1h30m"'
            expected += f" of at least {span_text(at_least)}" if at_least else ""
        return self._read(name, default, at_least, read, expected)

    def choice(
        self,
        name: str,
        kind: type[Choice],
        default: Choice | None = None,
        *,
        among: Collection[Choice] = (),
    ) -> Choice:
        """A member of `kind`, or of `among` if that is given."""
        allowed = [member.value for member in (among or kind)]
        return kind(self.one_of(name, allowed, default))

    def one_of(
        self, name: str, allowed: Collection[str], default: str | None = None, *, expected: str = ""
    ) -> str:
        """One of `allowed`; `expected` describes them in problems if there are too many to list."""
        expected = expected or "one of " + ", ".join(allowed)
        if not self.has(name) and default is not None:
            return default
        value = self.data.get(name)
        if isinstance(value, str) and value in allowed:
            return value
        self.unfit(name, expected, near=nearest(value, allowed) if isinstance(value, str) else "")
        return default if default is not None else next(iter(allowed), "")

    def strings(
        self,
        name: str,
        default: tuple[str, ...] | None = (),
        *,
        allowed: Collection[str] | None = None,
        expected: str = "a list of names",
        single: bool = False,
        most: int = _MAX_NAME,
    ) -> tuple[str, ...]:
        """A list of names of at most `most` characters, each once and one of `allowed` if that is given.

        Where `single`, one name needs no brackets. `default` None requires the key.
        """
        if not self.has(name):
            if default is None:
                self.unfit(name, expected)
            return default or ()
        value = self.data[name]
        several = [value] if single and isinstance(value, str) else value
        if not isinstance(several, list):
            self.unfit(name, expected)
            return default or ()
        found: dict[str, None] = {}
        for item in several:
            if (line := as_line(item, most, blank=False)) is None:
                self.wrong(name, self.show(item), expected)
            elif allowed is not None and line not in allowed:
                self.wrong(name, self.show(line), _some_of(allowed, expected), near=nearest(line, allowed))
            elif line in found:
                self.wrong(name, f"{self.show(line)} twice", "each name once")
            else:
                found[line] = None
        return tuple(found)

    def _read(
        self,
        name: str,
        default: Value | None,
        stand_in: Value,
        convert: Callable[[object], Value | None],
        expected: str,
    ) -> Value:
        fallback = stand_in if default is None else default
        if not self.has(name):
            if default is None:
                self.unfit(name, expected)
            return fallback
        value = convert(self.data[name])
        if value is None:
            self.unfit(name, expected)
            return fallback
        return value

    # -- tables in it ----------------------------------------------------------

    def table(self, name: str) -> Table:
        """The table under `name`; an empty one when it is absent."""
        return self.at(name, self.data[name] if self.has(name) else {})

    def named(self, name: str) -> dict[str, Table]:
        """The tables of the table under `name`, by name; none when it is absent."""
        parent = self.table(name)
        return {key: parent.at(key, value) for key, value in parent.data.items()}

    def tables(self, name: str) -> list[Table]:
        """The tables of the array under `name`, as `name[1]`, `name[2]`, ...; none when it is absent."""
        value = self.data[name] if self.has(name) else []
        if not isinstance(value, list):
            self.unfit(name, f"tables, each headed [[{self._path(name)}]]")
            return []
        return [self.at(f"{name}[{index}]", item) for index, item in enumerate(value, 1)]


def _some_of(allowed: Collection[str], expected: str) -> str:
    if len(allowed) > _MAX_LISTED:
        return expected
    return "some of " + ", ".join(allowed) if allowed else "none, as none is declared"
