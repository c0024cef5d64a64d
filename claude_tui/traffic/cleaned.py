"""Names and messages of calls as they may be kept: no secret, no quoted content, bounded."""

from __future__ import annotations

import re
from functools import lru_cache

from claude_tui.model.text import Redactor, inert
from claude_tui.model.traffic import OTHER

__all__ = ["error_message", "model_name", "word"]

MAX_MESSAGE = 300
_NAME = re.compile(r"[A-Za-z0-9][\w.:@/\[\]+-]{0,99}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_.-]{1,40}", re.ASCII)
# What an error quotes may be the application's own text. Names of fields, models and limits are not.
_QUOTED = re.compile(r"""(?P<mark>["'`“‘])(?P<text>[^"'`”’]*)(?P<end>["'`”’])""")
_HARMLESS = re.compile(r"[\w.:/@-]{1,64}", re.ASCII)
_PLAIN = Redactor()


def model_name(model: object) -> str | None:
    """A model's name; OTHER for what is none, as it would be kept and shown."""
    return _known_name(model) if isinstance(model, str) and model else None


@lru_cache(maxsize=256)
def _known_name(model: str) -> str:
    return model if _NAME.fullmatch(model) and _PLAIN.secrets_out(model) == model else OTHER


def word(value: object) -> str | None:
    """A short word of a protocol, such as a stop reason; None for anything else."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def error_message(message: str | None) -> str | None:
    """The error's words without what they quote of the request."""
    if message is None:
        return None
    return inert(_QUOTED.sub(_shown, message), MAX_MESSAGE)


def _shown(quoted: re.Match[str]) -> str:
    if _HARMLESS.fullmatch(quoted["text"]):
        return quoted.group()
    return f"{quoted['mark']}…{quoted['end']}"
