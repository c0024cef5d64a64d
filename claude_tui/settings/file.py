"""The settings file as text: reads it, creates it, and changes single lines of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.toml_text import parse_toml, read_text

__all__ = ["SettingsError", "create_file", "read_file", "toml_value", "update_file"]

_BOM = "\ufeff"


class SettingsError(ConfigError):
    """Settings cannot be used or written."""

    @classmethod
    def of(cls, file: object, reason: str) -> Self:
        """An error with a single problem, that of a file, a flag or a variable."""
        return cls([Problem(str(file), "", reason)])


def read_file(path: Path) -> dict[str, Any]:
    """The content of the TOML file at `path`; empty when there is no file.

    Raises SettingsError for a file that cannot be read or is not TOML.
    """
    try:
        text = read_text(path, SettingsError)
    except FileNotFoundError:
        return {}
    return parse_toml(text, str(path), SettingsError)


def toml_value(value: object) -> str:
    """`value` as TOML on one line. None becomes the empty path."""
    import tomli_w

    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        pairs = [f"{_bare_or_quoted(key)} = {toml_value(item)}" for key, item in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, Path):
        value = str(value)
    elif value is None:
        value = ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")


def _bare_or_quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)


def create_file(path: Path, text: str) -> None:
    """Writes a file that only its owner can read. Raises SettingsError if it exists or cannot be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError.of(path, "already exists; it was not changed") from None
    except OSError as error:
        raise SettingsError.of(path, f"cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def update_file(path: Path, key: str, value: object) -> str | None:
    """Sets the top-level `key` in the settings file, leaving every other line and comment as it is.

    Returns None, or why the file was not changed. A new file has mode 0600; an existing one keeps its mode,
    and a symbolic link is kept.
    """
    try:
        text = read_text(path, SettingsError)
    except FileNotFoundError:
        text = ""
    except SettingsError as error:
        return str(error)
    try:
        changed = _with_value(path, text, key, value)
        _replace(path, changed)
    except SettingsError as error:
        return str(error)
    except OSError as error:
        return f"{path}: cannot be written: {error.strerror}"
    return None


def _with_value(path: Path, text: str, key: str, value: object) -> str:
    wanted = parse_toml(text, str(path), SettingsError)
    plain = list(value) if isinstance(value, tuple) else value
    wanted[key] = plain
    bom = _BOM if text.startswith(_BOM) else ""
    for candidate in _candidates(text.removeprefix(_BOM), key, toml_value(value)):
        # Only parsing the result distinguishes a key from a line of a multi-line string.
        try:
            if parse_toml(candidate, str(path), SettingsError) == wanted:
                return bom + candidate
        except SettingsError:
            continue
    reason = f"{key} is written in a form that cannot be edited here; set it to {toml_value(value)} by hand"
    raise SettingsError.of(path, reason)


def _candidates(text: str, key: str, value: str) -> Iterator[str]:
    """Texts in which `key` may be set, the most natural one first."""
    newline = "\r\n" if "\r\n" in text else "\n"
    name = rf"(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')"
    given = r"(?:\"[^\"\r\n]*\"|'[^'\r\n]*'|[^#\r\n]*?)"
    for match in re.finditer(rf"(?m)^([ \t]*{name}[ \t]*=[ \t]*){given}([ \t]*(?:#[^\r\n]*)?)(?=\r?$)", text):
        yield text[: match.start()] + match[1] + value + match[2] + text[match.end() :]
    line = f"{key} = {value}{newline}"
    for match in re.finditer(rf"(?m)^[ \t]*#[ \t]*{name}[ \t]*=.*\n", text):
        yield text[: match.end()] + line + text[match.end() :]
    for match in re.finditer(r"(?m)^[ \t]*\[", text):
        yield text[: match.start()] + line + newline + text[match.start() :]
    yield text + ("" if not text or text.endswith("\n") else newline) + line
    yield line + text


def _replace(path: Path, text: str) -> None:
    """Atomically replaces the file that `path` resolves to."""
    import tempfile

    real = Path(os.path.realpath(path))
    real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if real.exists():
            Path(name).chmod(real.stat().st_mode & 0o777)
        Path(name).replace(real)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
