"""Cleans the names and messages of calls that are kept: no secrets, no content, bounded."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus

from claude_tui.knowledge.sentences import ELLIPSIS, sentences
from claude_tui.model.text import Redactor, inert
from claude_tui.model.traffic import OTHER

__all__ = ["MAX_MESSAGE", "error_message", "error_type", "model_name", "word"]

MAX_MESSAGE = 300
_NAME = re.compile(r"[A-Za-z0-9][\w.:@/\[\]+-]{0,99}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_.-]{1,40}", re.ASCII)
_TYPE = re.compile(r"[A-Za-z0-9][\w.:-]{0,59}", re.ASCII)
# Classification's own words: the status and its phrase, or that it is a redirect.
_STATUS = re.compile(r"HTTP (?P<status>\d{3})(?: (?P<phrase>[A-Z][A-Za-z' -]{1,40}))?: ", re.ASCII)
_REDIRECT = re.compile(r"HTTP \d{3} redirect to (?=https?://)", re.ASCII)
_PLAIN = Redactor()


def model_name(model: object) -> str | None:
    """A model's name; OTHER for anything else, as it is stored and shown."""
    return _known_name(model) if isinstance(model, str) and model else None


@lru_cache(maxsize=256)
def _known_name(model: str) -> str:
    return model if _NAME.fullmatch(model) and _PLAIN.without_secrets(model) == model else OTHER


def word(value: object) -> str | None:
    """A short word of a protocol, such as a stop reason; None for anything else."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def error_type(kind: str | None) -> str | None:
    """The type of an error; OTHER for anything that is not a name."""
    return kind if kind is None or _TYPE.fullmatch(kind) else OTHER


def error_message(message: str | None) -> str | None:
    """The known parts of the message of an error response; None if there are none.

    Other parts may quote what the application sent, even in the host of a redirect. Only the status that
    classification put in front stays.
    """
    if message is None:
        return None
    redirect = _REDIRECT.match(message)
    if redirect is not None:
        return f"{redirect.group()}another address"
    status = _status_of(message)
    rest = message[status.end() :] if status is not None else message
    kept = sentences().kept(rest)
    if status is not None:
        return inert(status.group() + (kept or ELLIPSIS), MAX_MESSAGE)
    return inert(kept, MAX_MESSAGE) if kept is not None else None


def _status_of(message: str) -> re.Match[str] | None:
    """The status and its own phrase at the beginning; any other phrase may be the application's words."""
    found = _STATUS.match(message)
    if found is None or found["phrase"] is None:
        return found
    try:
        phrase = HTTPStatus(int(found["status"])).phrase
    except ValueError:
        return None
    return found if found["phrase"] == phrase else None
