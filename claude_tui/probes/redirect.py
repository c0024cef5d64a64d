"""Describes the target of a redirect; no probe of the API follows one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from claude_tui.model.text import Redactor

__all__ = ["leads_away", "redirect_words", "without_user"]

_MAX_TARGET = 300
# All paths of the API have it.
_API_PATH = "/v1/"
_USER = re.compile(r"\A([^/?#]*//)[^/?#]*@")


def redirect_words(status: int, location: str | None, *, redactor: Redactor) -> str:
    """`HTTP 307 redirect to https://host/path`: clean, without user info, query and fragment."""
    location = (location or "").strip()
    if not location:
        return f"HTTP {status} redirect without a location"
    # Find the host before redacting, as a secret could be part of it.
    usable = _is_usable(location)
    base, mark, _ = without_user(location).partition("#")[0].partition("?")
    target = redactor.clean(base, _MAX_TARGET) + ("?…" if mark else "")
    return f"HTTP {status} redirect to {target}" + ("" if usable else ", which is not a valid address")


def leads_away(location: str | None) -> bool:
    """Whether a redirect leads to a page that is not the API, such as a login."""
    base = (location or "").strip().partition("#")[0].partition("?")[0]
    return _is_usable(base) and bool(base) and _API_PATH not in f"{base}/"


def without_user(location: str) -> str:
    """`location` without the user and the password in it."""
    return _USER.sub(r"\1", location)


def _is_usable(location: str) -> bool:
    """Whether a client could follow it: an http or https URL, or a path on the same host."""
    if re.search(r"[\x00-\x20\x7f\\]", location):
        return False
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not parts.scheme:
        return bool(host) if location.startswith("//") else True
    return parts.scheme in {"http", "https"} and bool(host) and port != 0
