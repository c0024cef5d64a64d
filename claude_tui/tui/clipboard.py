"""Copies to the clipboard of the user's terminal, through tmux, GNU screen and SSH: OSC 52.

The terminal accepts `ESC ] 52 ; c ; BASE64 BEL`. A multiplexer in between needs help to pass it on:

- tmux passes on what is wrapped in a DCS with every ESC doubled, if `allow-passthrough` is on (off by
  default since 3.3), and understands the plain sequence itself if `set-clipboard` is `on`. Both are
  sent; whichever it does not support is silently dropped. In nested tmuxes, each level needs its own
  wrapping, which cannot be known from inside; `set-clipboard on` at every level works there.
- GNU screen passes on the contents of a DCS, but only some 768 bytes of each: the sequence is sent in pieces.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["MAX_BYTES", "Copied", "copy", "osc52", "through_screen", "through_tmux"]

MAX_BYTES = 74_994
"""What every common terminal accepts: 100,000 bytes for the sequence, minus the Base64 overhead."""

# These have no clipboard.
_WITHOUT = frozenset({"linux", "dumb", "vt100", "vt102", "vt220"})
_SCREEN_PIECE = 512
_CUT = "…"


def osc52(text: str, environ: Mapping[str, str]) -> str:
    """The escape sequence that copies `text`, cut with an ellipsis to `MAX_BYTES` of UTF-8.

    `environ` shows which multiplexer we run in: `TMUX`, `STY` (screen), or `TERM`, which survives SSH.
    """
    plain = f"\x1b]52;c;{base64.b64encode(_bounded(text)).decode('ascii')}\x07"
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return plain + through_tmux(plain)
    if environ.get("STY") or term.startswith("screen."):
        return through_screen(plain)
    if term.startswith("screen"):
        # Over SSH it may be either of the two. tmux drops what is meant for screen,
        # while screen would print what is meant for tmux.
        return plain + through_screen(plain)
    return plain


def _bounded(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= MAX_BYTES:
        return raw
    kept = raw[: MAX_BYTES - len(_CUT.encode())]
    return (kept.decode("utf-8", "ignore") + _CUT).encode()


def through_tmux(sequence: str) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(sequence: str) -> str:
    pieces = (sequence[start : start + _SCREEN_PIECE] for start in range(0, len(sequence), _SCREEN_PIECE))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


class Copied(Enum):
    """What became of a text, in words. Whether the terminal accepted it is unknown, as it does not answer."""

    SENT = ""
    CUT = "Only the beginning was copied, as it is too long."
    NOT_SENT = "This terminal has no clipboard."


def copy(app: App[Any], text: str, environ: Mapping[str, str]) -> Copied:
    """Copy `text` to the clipboard of the terminal that `app` runs in."""
    driver = app._driver
    if driver is None or environ.get("TERM", "") in _WITHOUT:
        return Copied.NOT_SENT
    driver.write(osc52(text, environ))
    driver.flush()
    return Copied.CUT if len(text.encode("utf-8", "replace")) > MAX_BYTES else Copied.SENT
