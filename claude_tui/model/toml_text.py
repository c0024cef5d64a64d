"""TOML as text: reads a file and its content, and writes a value on one line."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.text import Redactor, inert

__all__ = ["MAX_BYTES", "parse_toml", "read_text", "shown", "toml_line"]

MAX_BYTES = 1_000_000
"""A file written by hand is a few pages; anything larger was given by mistake."""

_MAX_SHOWN = 80


def read_text(path: Path, error: type[ConfigError]) -> str:
    """The text of a file. Raises FileNotFoundError, and `error` for anything else that is wrong with it."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            # Reading a pipe would block.
            raise error([Problem(str(path), "", "cannot be read: not a regular file")])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = getattr(problem, "strerror", None) or str(problem)
        raise error([Problem(str(path), "", f"cannot be read: {reason}")]) from problem
    return _decoded(raw, str(path), error)


def _decoded(raw: bytes, file: str, error: type[ConfigError]) -> str:
    if len(raw) > MAX_BYTES:
        raise error([Problem(file, "", f"is larger than {MAX_BYTES:,} bytes: another file by mistake?")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise error([Problem(file, f"line {line}", "is not UTF-8 text")]) from problem


def parse_toml(text: str, file: str, error: type[ConfigError]) -> dict[str, object]:
    """The content of a TOML document, which may begin with a byte order mark.

    Raises `error`, naming `file`.
    """
    import tomllib

    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError as problem:
        raise error([Problem(file, "", "is nested too deeply")]) from problem
    except ValueError as problem:  # TOMLDecodeError, or an integer of thousands of digits
        reason = f"is not valid TOML: {inert(str(problem), 200)}"
        raise error([Problem(file, "", reason)]) from problem


def shown(value: object) -> str:
    """A value as one line of TOML, redacted: it may be an API key in the wrong place."""
    return Redactor().clean(toml_line(value), _MAX_SHOWN)


def toml_line(value: object) -> str:
    """A value as one line of TOML, with long lists and tables cut."""
    return _toml(value, 0)


def _toml(value: object, depth: int) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict) and depth > 3:
        return "…"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item, depth + 1) for item in value[:_MAX_SHOWN]) + "]"
    if isinstance(value, dict):
        pairs = list(value.items())[:_MAX_SHOWN]
        return "{ " + ", ".join(f"{key} = {_toml(item, depth + 1)}" for key, item in pairs) + " }"
    return str(value) if isinstance(value, int | float | date | time) else repr(value)
