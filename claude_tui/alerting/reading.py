"""Strict reading of TOML tables that gathers every problem: file, key, what was given, what is expected."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from claude_tui.alerting.addresses import masked
from claude_tui.model.text import Redactor, inert

__all__ = ["AlertsConfigError", "Table", "nearest", "parse_span", "read_toml", "span_text"]

E = TypeVar("E", bound=StrEnum)

_LARGEST = 1_000_000
_SPAN = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")
LONGEST = timedelta(days=365)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*")
# Too short for a key, or without the digits of one.
_WORD = re.compile(r'"?[A-Za-z0-9_. -]{0,12}"?|"?[A-Za-z_.-]{1,40}"?')
NOT_SHOWN = "something else (not shown: it may be a secret)"


class AlertsConfigError(ValueError):
    """Rules or routes cannot be used. One line per problem, each with file, key, given and expected."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read_toml(path: Path) -> dict[str, object]:
    """The tables in `path`. Raises AlertsConfigError when it cannot be read or is not TOML."""
    import tomllib

    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise AlertsConfigError([f"{path}: cannot be read: not a regular file"])
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise AlertsConfigError([f"{path}: is larger than {_LARGEST:,} bytes: not a file of rules"])
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise AlertsConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise AlertsConfigError([f"{path}: is not UTF-8 text"]) from error
    except RecursionError as error:
        raise AlertsConfigError([f"{path}: is nested too deeply"]) from error
    except AlertsConfigError:
        raise
    except ValueError as error:  # TOMLDecodeError, a NUL in the path, or an integer of thousands of digits
        raise AlertsConfigError([f"{path}: is not valid TOML: {inert(str(error), 200)}"]) from error


def nearest(given: str, known: Collection[str]) -> str:
    """` (did you mean "…"?)`, or nothing when no known name is near."""
    close = get_close_matches(given, known, n=1) or get_close_matches(given.lower(), known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def parse_span(value: object) -> timedelta | None:
    """`30s`, `5m`, `1h30m`, `2d`, or a number of seconds; None for anything else and above a year."""
    seconds = -1.0
    if isinstance(value, str) and value and (found := _SPAN.fullmatch(value.strip())):
        days, hours, minutes, rest = (int(part or 0) for part in found.groups())
        seconds = days * 86_400 + hours * 3600 + minutes * 60 + rest if any(found.groups()) else -1.0
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        seconds = float(value)
    return timedelta(seconds=seconds) if 0 <= seconds <= LONGEST.total_seconds() else None


def span_text(span: timedelta) -> str:
    """A span as `parse_span` reads it: `1h30m`, `5m`, `0s`."""
    left, words = round(span.total_seconds()), ""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, length)
        words += f"{count}{unit}" if count else ""
    return words or "0s"


@dataclass(slots=True)
class Table:
    """One table of a file. A getter returns its default, and notes a problem, where a value does not fit.

    Each getter marks its key as known; `done` notes whatever is left. What stands in a `wary` table may be
    a secret in the wrong place.
    """

    file: str
    key: str
    data: Mapping[str, object]
    problems: list[str]
    redactor: Redactor = field(default_factory=Redactor)
    wary: bool = False
    _known: set[str] = field(default_factory=set)

    def wrong(self, name: str, given: str, expected: str) -> None:
        self.problems.append(f"{self.file}: {self._path(name)}: got {given}, expected {expected}")

    def _path(self, name: str) -> str:
        name = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else self.shown(name)
        return f"{self.key}.{name}" if self.key else name

    def shown(self, value: object) -> str:
        """A value that was given, safe to show: URLs only as far as they are no secret."""
        text = _URL.sub(lambda url: masked(url[0]), value if isinstance(value, str) else repr(value))
        text = f'"{text}"' if isinstance(value, str) else text
        if self.wary and not _WORD.fullmatch(text):
            return NOT_SHOWN
        return self.redactor.clean(text, 80)

    def has(self, name: str) -> bool:
        self._known.add(name)
        return name in self.data

    def done(self) -> None:
        for name in self.data:
            if name not in self._known:
                known = sorted(self._known)
                hint = nearest(name.replace("-", "_"), known)
                self.wrong(name, f"an unknown key{hint}", "one of " + ", ".join(known))

    def table(self, name: str) -> Table:
        """The table under `name`; an empty one when it is absent or none."""
        value = self.data.get(name, {}) if self.has(name) else {}
        if not isinstance(value, dict):
            self.wrong(name, self.shown(value), "a table")
            value = {}
        path = f"{self.key}.{name}" if self.key else name
        return Table(self.file, path, value, self.problems, self.redactor, self.wary)

    def text(self, name: str, default: str = "", *, most: int = 300, required: bool = False) -> str:
        """Printable text of at most `most` characters."""
        if not self._given(name, required, "text"):
            return default
        value = self.data[name]
        if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= most:
            return value.strip()
        self.wrong(name, self.shown(value), f"printable text of at most {most} characters")
        return default

    def hidden(self, name: str) -> str:
        """Text that may be a secret: it never becomes part of a problem."""
        if not self.has(name):
            return ""
        value = self.data[name]
        if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 4000:
            return value.strip()
        self.wrong(name, NOT_SHOWN, "printable text")
        return ""

    def number(
        self, name: str, default: float, *, low: float = -math.inf, high: float = math.inf, required: bool
    ) -> float:
        """A finite number in `low`..`high`, both included."""
        words = "a number" if math.isinf(low) else f"a number from {low:g} to {high:g}"
        if not self._given(name, required, words):
            return default
        value = self.data[name]
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if isinstance(value, int | float) and fits and low <= value <= high:
            return float(value)
        self.wrong(name, self.shown(value), words)
        return default

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        if not self.has(name):
            return default
        value = self.data[name]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(name, self.shown(value), f"a whole number from {low} to {high}")
        return default

    def flag(self, name: str, default: bool) -> bool:
        value = self.data[name] if self.has(name) else default
        if isinstance(value, bool):
            return value
        self.wrong(name, self.shown(value), "true or false")
        return default

    def span(self, name: str, default: timedelta, *, low: timedelta = timedelta()) -> timedelta:
        if not self.has(name):
            return default
        found = parse_span(self.data[name])
        if found is not None and found >= low:
            return found
        floor = f" of at least {span_text(low)}" if low else ""
        self.wrong(name, self.shown(self.data[name]), f'a duration such as "90s", "5m" or "1h30m"{floor}')
        return default

    def choice(self, name: str, kind: type[E], default: E, *, required: bool = False) -> E:
        values = [member.value for member in kind]
        found = self.one_of(name, values, default.value, required=required)
        return kind(found)

    def one_of(
        self, name: str, allowed: Collection[str], default: str, *, required: bool = False, words: str = ""
    ) -> str:
        expected = words or "one of " + ", ".join(allowed)
        if not self._given(name, required, expected):
            return default
        value = self.data[name]
        if isinstance(value, str) and value in allowed:
            return value
        hint = nearest(value, allowed) if isinstance(value, str) else ""
        self.wrong(name, f"{self.shown(value)}{hint}", expected)
        return default

    def names(self, name: str, *, allowed: Collection[str] | None = None, words: str = "") -> tuple[str, ...]:
        """One name or a list of names; each one of `allowed` where that is given."""
        if not self.has(name):
            return ()
        value = self.data[name]
        several = value if isinstance(value, list) else [value]
        for each in several:
            if not isinstance(each, str) or not each or not each.isprintable() or len(each) > 100:
                self.wrong(name, self.shown(each), words or "a list of names")
                return ()
            if allowed is not None and each not in allowed:
                known = "some of " + ", ".join(allowed) if allowed else "none, as none is declared"
                self.wrong(name, f"{self.shown(each)}{nearest(each, allowed)}", known)
                return ()
        return tuple(dict.fromkeys(several))

    def _given(self, name: str, required: bool, expected: str) -> bool:
        if self.has(name):
            return True
        if required:
            self.wrong(name, "nothing", expected)
        return False
