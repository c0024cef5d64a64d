"""Addresses of receivers: which parts may be secrets, and how they are masked for display."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from claude_tui.model.text import Redactor
from claude_tui.model.toml_text import toml_line

__all__ = ["NOT_SHOWN", "masked", "plain_http", "secrets_of", "shown", "shown_unless_secret"]

# In these schemes the host part is a host name; in most other apprise schemes it is a token.
_HOSTED = frozenset(
    {"http", "https", "json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "syslog"}
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,39})://", re.IGNORECASE)
# A shorter part is more likely a word, such as `services` or a channel's name, than a key.
_SHORTEST = 6
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"\]}]*")
# Too short for a key, or without the digits of one.
_WORD = re.compile(r'"?[A-Za-z0-9_. -]{0,12}"?|"?[A-Za-z_.-]{1,40}"?')
NOT_SHOWN = "something else (not shown: it may be a secret)"


def plain_http(url: str) -> bool:
    """Whether `url` is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        return False


def masked(url: str) -> str:
    """A URL safe to show: its scheme, and its host unless that is a token."""
    found = _SCHEME.match(url)
    if found is None:
        return "…"
    scheme = found.group(1).lower()
    host = _host(url) if scheme in _HOSTED else ""
    return f"{scheme}://{host}{'/' if host else ''}…"


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}" if parts.hostname and parts.hostname.isprintable() else ""
    except ValueError:
        return ""


def secrets_of(url: str) -> Iterator[str]:
    """The URL, and every part of it that may be a secret, both as given and percent-decoded."""
    yield url
    found = _SCHEME.match(url)
    rest = url[found.end() :] if found else url
    yield rest
    host = _host(url) if found and found.group(1).lower() in _HOSTED else ""
    for part in re.split(r"[/?&=#@:,;+]+", rest):
        if len(part) >= _SHORTEST and part not in host:
            yield part
            if unquote(part) != part:
                yield unquote(part)


def shown(value: object) -> str:
    """A value from a file, safe to show: URLs are masked."""
    return Redactor().clean(_masked_line(value), 80)


def shown_unless_secret(value: object) -> str:
    """The same for a table that holds secrets: only a value that cannot be a secret is shown."""
    return shown(value) if _WORD.fullmatch(_masked_line(value)) else NOT_SHOWN


def _masked_line(value: object) -> str:
    return _URL.sub(lambda url: masked(url[0]), toml_line(value))
