"""Making foreign text safe: secrets out, control characters visible, length bounded.

Every string that comes from a server, a file or the environment passes through a `Redactor`
where it enters the program; nothing downstream has to think about it again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["MAX_TEXT", "Redactor", "inert"]

MAX_TEXT = 10_000
MASK = "[redacted]"

# Shapes that are secrets wherever they stand, known to this process or not.
_SHAPES = re.compile(
    r"""sk-ant-[A-Za-z0-9_\-]{6,}                                # API, admin and OAuth keys
      | \bsk-[A-Za-z0-9_\-]{20,}                                 # other vendors' keys
      | (?<=[Bb]earer\ )[A-Za-z0-9._~+/\-]{12,}=*                # any bearer token
      | (?<=://)[^\s/@:]+:[^\s/@]+(?=@)                          # user:password in a URL
      | https://hooks\.slack\.com/services/[^\s"'<>]+
      | https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/[^\s"'<>]+
    """,
    re.VERBOSE,
)
_PICTURES = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}


def _visible(char: str) -> str:
    code = ord(char)
    if code in _PICTURES:
        return chr(_PICTURES[code])
    return f"<{code:04X}>"


def _is_hidden(char: str) -> bool:
    # Cc control, Cf format (bidi overrides, zero width), Cs surrogates, Co private use, Cn unassigned (newer
    # format controls among them), Zl/Zp separators.
    return unicodedata.category(char) in {"Cc", "Cf", "Cn", "Cs", "Co", "Zl", "Zp"}


def inert(text: str, limit: int = MAX_TEXT, *, keep_newlines: bool = False) -> str:
    """`text` with every control and format character as a visible symbol, cut to `limit` with an ellipsis.

    Tabs become spaces; newlines become a space, or stay with `keep_newlines`.
    """
    cut = text[: limit + 1]
    if not cut.isascii() or not cut.isprintable():
        cut = "".join(_inert_char(char, keep_newlines) for char in cut)
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def _inert_char(char: str, keep_newlines: bool) -> str:
    if char == "\n":
        return "\n" if keep_newlines else " "
    if char in "\t\r":
        return " " if char == "\t" else ""
    return _visible(char) if _is_hidden(char) else char


class Redactor:
    """Removes known secrets, and whatever is shaped like one, from text that enters the program."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted(
            {s for raw in secrets for s in (raw, raw.strip()) if len(s) >= 6}, key=len, reverse=True
        )
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def secrets_out(self, text: str) -> str:
        """`text` without secrets, otherwise unchanged."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _SHAPES.sub(MASK, text)

    def clean(self, text: str, limit: int = MAX_TEXT, *, keep_newlines: bool = False) -> str:
        """`text` without secrets and inert. The secrets go first, before a cut could halve one."""
        return inert(self.secrets_out(text), limit, keep_newlines=keep_newlines)
