"""Makes foreign text safe: removes secrets, makes control characters visible, limits the length.

Every string that comes from a server, a file or the environment passes through a `Redactor` where it enters
the program, so that nothing downstream has to consider it again.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

__all__ = ["MAX_TEXT", "Redactor", "inert", "truncate"]

MAX_TEXT = 10_000
BRIEF = 120
MASK = "[redacted]"

# Patterns that are secrets in any text, whether or not this process knows the secret.
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
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#\\]*@)?([^/?#\\@]+)(?=[/?#\\]|\Z)")
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

    Tabs become spaces; newlines become a space, or stay with `keep_newlines`; carriage returns are left out.
    """
    cut = text[: limit + 1]
    if "\r" in cut:
        # Carriage returns first: a shorter text would otherwise look complete.
        cut = text.replace("\r", "")[: limit + 1]
    # Hidden characters are not printable either. Long notes with line breaks are cleaned by the thousand.
    if not (cut.replace("\n", "") if keep_newlines else cut).isprintable():
        # By distinct characters, of which a megabyte has a few dozen.
        cut = cut.translate({ord(char): _inert_char(char, keep_newlines) for char in set(cut)})
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def truncate(text: str) -> str:
    """Foreign text as part of a sentence: at most 120 characters, with a visible ellipsis."""
    return inert(text, BRIEF)


def _inert_char(char: str, keep_newlines: bool) -> str:
    if char == "\n":
        return "\n" if keep_newlines else " "
    if char == "\t":
        return " "
    return _visible(char) if _is_hidden(char) else char


def host_of(url: str) -> str:
    """Host and port of a URL, without user and password; any other text unchanged.

    It never raises, not even for a redacted or truncated URL that no URL parser accepts.
    """
    found = _AUTHORITY.match(url)
    return found.group(1) if found else url


class Redactor:
    """Removes known secrets, and anything that looks like one, from text that enters the program."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({form for raw in secrets for form in _forms(raw)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known)), re.IGNORECASE) if known else None
        # Shorter ones would match ordinary words in sequence.
        self._bare = tuple({bare for form in known if len(bare := _bare(form)) >= 12})

    def without_secrets(self, text: str) -> str:
        """`text` without secrets, otherwise unchanged."""
        return _SHAPES.sub(MASK, self._without_known(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets begin and end in `text`."""
        patterns = (_SHAPES,) if self._known is None else (self._known, _SHAPES)
        return [found.span() for pattern in patterns for found in pattern.finditer(text)]

    def holds_secret(self, text: str) -> bool:
        """Whether `text` contains a known secret, even in pieces, or anything that looks like one."""
        return bool(self.spans(text)) or self._holds_pieces(text)

    def _without_known(self, text: str) -> str:
        return self._known.sub(MASK, text) if self._known is not None else text

    def _holds_pieces(self, text: str) -> bool:
        """Whether `text` contains a known secret, even one interspersed with other characters."""
        return bool(self._bare) and any(secret in _bare(text) for secret in self._bare)

    def clean(self, text: str, limit: int = MAX_TEXT, *, keep_newlines: bool = False) -> str:
        """`text` without secrets, inert, and cut to `limit`.

        Secrets are removed before the cut, which could halve one, and again from the result: a secret that
        was interspersed with control characters must not reappear on the screen.
        """
        text = self._without_known(text[: 4 * limit + 4096])
        cutoff = len(text) * 8 + 100
        # Before patterns are masked, as one may match the first part of a secret and leave the rest.
        if self._bare and self._holds_pieces(inert(text, cutoff)):
            return MASK
        shown = inert(_SHAPES.sub(MASK, text), cutoff, keep_newlines=keep_newlines)
        if shown != text:
            shown = self.without_secrets(shown)
        if self._holds_pieces(shown):
            return MASK
        return inert(shown, limit, keep_newlines=keep_newlines)


def _forms(secret: str) -> set[str]:
    """The forms in which a secret may appear: as it is, stripped, percent-encoded, and in base64."""
    forms = {secret, secret.strip()}
    forms |= {quote(form, safe="") for form in forms}
    forms |= {b64encode(form.encode("utf-8", "replace")).decode().rstrip("=") for form in set(forms)}
    return {form for form in forms if len(form) >= 6}


def _bare(text: str) -> str:
    """The letters and digits of `text`, without anything between them."""
    return re.sub(r"<[0-9A-F]{4,6}>|[^0-9A-Za-z]", "", text).casefold()
