"""The kinds of values that settings have: one reader per kind, for the file and for text alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.text import Redactor
from claude_tui.model.toml_values import as_number, as_whole

__all__ = [
    "DAY_S",
    "Kind",
    "WrongValueError",
    "applications",
    "base_url",
    "fraction",
    "keys",
    "label",
    "listed",
    "listen_address",
    "masked_urls",
    "multiple",
    "number",
    "one_of",
    "path",
    "seconds",
    "slug",
    "status_url",
    "table",
    "time_zone",
    "truth",
    "weekday",
    "whole",
]

DAY_S = 86_400
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3


class WrongValueError(ClaudeTopError):
    """An invalid value. `given` is the invalid part, `part` its position in the value (`[1]`, `.pause`)."""

    def __init__(self, given: object, part: str = "") -> None:
        super().__init__(f"{part} {given!r}")
        self.given = given
        self.part = part


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """How values of a setting are read and validated."""

    expected: str
    """What is valid, as shown to the user."""
    read: Callable[[object], Any]
    """Converts a value as TOML gives it. Raises WrongValueError."""
    parse: Callable[[str], object] = str.strip
    """Converts the text of a flag or variable to what TOML would have given."""
    secret: bool = False
    """An invalid value may be a secret, and must not be shown."""


def label(longest: int, *, expected: str, empty: bool = False) -> Kind:
    """Printable text for the screen, at most `longest` characters."""

    def read(value: object) -> str:
        text = value.strip() if isinstance(value, str) else None
        if (
            text is None
            or not text.isprintable()
            or len(text) > longest
            or not (text or empty)
            or _secret(text)
        ):
            raise WrongValueError(value)
        return text

    return Kind(expected, read)


def slug(pattern: str, *, expected: str) -> Kind:
    """Text that matches `pattern` from end to end."""

    def read(value: object) -> str:
        # The pattern is compiled when a value is read: most settings are never set.
        if not isinstance(value, str) or not re.fullmatch(pattern, value) or _secret(value):
            raise WrongValueError(value)
        return value

    return Kind(expected, read)


def _secret(text: str) -> bool:
    """Whether the text is or contains a secret: a key pasted as a name would end up on the screen."""
    return Redactor().without_secrets(text) != text


def number(low: float, high: float, *, expected: str) -> Kind:
    """A float in low..high; never NaN."""

    def read(value: object) -> float:
        found = as_number(value, low, high)
        if found is None:
            raise WrongValueError(value)
        return found

    return Kind(f"{expected} from {low:g} to {high:g}", read, _number_of)


def seconds(low: float, high: float) -> Kind:
    """A duration in seconds, as a float in low..high."""
    return number(low, high, expected="a number of seconds")


def fraction(low: float = 0.0) -> Kind:
    """A share, as a float in low..1."""
    return number(low, 1, expected="a fraction")


def multiple() -> Kind:
    """A factor of at least 1.1."""
    return number(1.1, 100, expected="a multiple")


def whole(low: int, high: int) -> Kind:
    """An int in low..high."""

    def read(value: object) -> int:
        found = as_whole(value, low, high)
        if found is None:
            raise WrongValueError(value)
        return found

    return Kind(f"a whole number from {low} to {high}", read, _number_of)


def _number_of(text: str) -> object:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def truth() -> Kind:
    """true or false. As text also yes and no, on and off, 1 and 0."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise WrongValueError(value)
        return value

    return Kind("true or false", read, lambda text: _TRUTHS.get(text.strip().lower(), text))


_TRUTHS = {
    word: value
    for value, texts in ((True, ("true", "yes", "on", "1")), (False, ("false", "no", "off", "0")))
    for word in texts
}


def base_url() -> Kind:
    """An http or https URL to which paths can be added, without a password."""
    expected = "a URL without password or query, such as https://api.anthropic.com"
    return Kind(expected, lambda value: _url(value, bare=True))


def status_url() -> Kind:
    """A base, to which /api/v2/summary.json is added, or a full URL ending in .json."""
    return Kind("a URL such as https://status.example.com", lambda value: _url(value, bare=False))


def _url(value: object, *, bare: bool) -> str:
    if not isinstance(value, str) or not value.isprintable() or " " in value or "\\" in value:
        raise WrongValueError(value)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        usable = False
    if not usable or parts.fragment or (bare and (parts.query or "@" in parts.netloc)):
        raise WrongValueError(value)
    return value


def listen_address() -> Kind:
    """An IP address, or localhost, and a port to listen on; empty for none."""
    import ipaddress

    def read(value: object) -> str:
        if value == "":
            return ""
        text = value if isinstance(value, str) else ""
        host, _, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        try:
            numeric = ipaddress.ip_address("127.0.0.1" if host == "localhost" else bare)
        except ValueError:
            raise WrongValueError(value) from None
        bracketed = bare != host
        digits = port.isascii() and port.isdigit() and len(port) <= 5
        if bracketed != (numeric.version == 6) or not digits or not 0 <= int(port) <= 65_535:
            raise WrongValueError(value)
        return text

    return Kind('an IP address and a port, such as "127.0.0.1:4318" or "[::1]:4318", or nothing', read)


def masked_urls(text: str) -> str:
    """`text` with user, password and query of every URL in it hidden."""
    text = re.sub(r"(?<=://)[^\s\"']*@", "[redacted]@", text)
    return re.sub(r"(://[^\s\"'?]*\?)[^\s\"']+", r"\1[redacted]", text)


def path(*, expected: str, empty: bool = False) -> Kind:
    """A path; `~` is the home directory. The caller resolves relative paths.

    With `empty`, empty text is valid and means None.
    """

    def read(value: object) -> Path | None:
        if empty and value == "":
            return None
        if not isinstance(value, str) or not value or "\0" in value:
            raise WrongValueError(value)
        try:
            return Path(value).expanduser()
        except RuntimeError:  # ~nobody
            raise WrongValueError(value) from None

    return Kind(expected, read, str)


def listed(item: Kind, *, expected: str, empty: bool = False) -> Kind:
    """One or more values of a kind, or none with `empty`: a list in the file, comma-separated as text."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or not (value or empty):
            raise WrongValueError(value)
        return tuple(_read_part(item.read, part, f"[{index}]") for index, part in enumerate(value))

    return Kind(expected, read, lambda text: [part.strip() for part in text.split(",") if part.strip()])


def time_zone() -> Kind:
    """The name of a time zone that this machine knows; empty for its own."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise WrongValueError(value)
        # Imported here, as it takes a while and is needed only if a zone is set.
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(value).key if value else ""
        except (KeyError, ValueError, OSError):
            raise WrongValueError(value) from None

    return Kind('a time zone such as "Europe/Berlin" or "UTC", or nothing', read)


def weekday() -> Kind:
    """A day of the week, by its name or the first three letters of it."""

    def read(value: object) -> str:
        name = value.strip().casefold() if isinstance(value, str) else ""
        if len(name) < _SHORTEST_DAY or not any(day.startswith(name) for day in _DAY_NAMES):
            raise WrongValueError(value)
        return name[:_SHORTEST_DAY]

    return Kind("a day such as mon", read)


def one_of(names: Iterable[str], *, expected: str) -> Kind:
    """One of a few names."""
    known = tuple(names)

    def read(value: object) -> str:
        name = value.strip().casefold() if isinstance(value, str) else ""
        if name not in known:
            raise WrongValueError(value)
        return name

    return Kind(f"{expected}: {', '.join(known)}", read)


def keys() -> Kind:
    """Action -> keys, read-only. As text: `pause=space,help=question_mark f1`."""
    expected = 'an action and its key or keys, such as pause = "space"'
    return _named(r"[a-z][a-z0-9_]*", r"[^\s,]{1,40}", expected)


def applications() -> Kind:
    """Application -> how it is recognised, read-only. As text: `checkout=key:3fa9c1d2e0 agent:checkout/*`."""
    expected = 'a name and what it is known by, such as checkout = ["key:3fa9c1d2e0", "agent:checkout/*"]'
    return _named(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", r"key:[0-9a-f]{10}|agent:[^\s,]{1,100}", expected)


def _named(name: str, part: str, expected: str) -> Kind:
    """Name -> one or several parts, read-only. As text: `name=part part,name=part`."""
    action = slug(name, expected="")
    key = slug(part, expected="")

    def read(value: object) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            raise WrongValueError(value)
        return MappingProxyType(
            {_read_part(action.read, name, ""): bound(name, given) for name, given in value.items()}
        )

    def bound(name: str, given: object) -> tuple[str, ...]:
        several = given if isinstance(given, list) else [given]
        if not several:
            raise WrongValueError(given, f".{name}")
        return tuple(_read_part(key.read, item, f".{name}") for item in several)

    return Kind(expected, read, _pairs)


def _pairs(text: str) -> object:
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not all(separator for _, separator, _ in pairs):
        return text
    return {name.strip(): bound.split() for name, _, bound in pairs}


def table(*, expected: str) -> Kind:
    """A read-only table, validated by its consumer. As text: an inline TOML table, or JSON.

    An invalid value in it may be a secret.
    """

    def read(value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise WrongValueError(value)
        return MappingProxyType(value)

    return Kind(expected, read, _table_of, secret=True)


def _table_of(text: str) -> object:
    import json
    import tomllib

    try:
        document = tomllib.loads(f"it = {text}")
        # Text with more than one line could add keys of its own.
        return document["it"] if len(document) == 1 else text
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read_part(read: Callable[[object], Any], value: object, part: str) -> Any:
    try:
        return read(value)
    except WrongValueError as wrong:
        raise WrongValueError(wrong.given, part + wrong.part) from None
