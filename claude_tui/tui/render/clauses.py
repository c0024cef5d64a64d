"""Shorter forms of a text that does not fit: whole clauses, so that it does not end in mid-sentence."""

from __future__ import annotations

import re

from claude_tui.tui.render.lines import cells_of

__all__ = ["clauses_in", "without_first_sentence"]

# A punctuation mark before a space, or the space before brackets and dashes; not a decimal point.
_END = re.compile(r"[.;,:!](?=\s)|(?=\s+[(·–])|(?=\s{2,})")
_SENTENCE = re.compile(r"(?<=[.!?]) ")


def clauses_in(text: str, cells: int) -> str:
    """The longest beginning of `text` with whole clauses that fits into `cells` cells; may be empty."""
    if cells_of(text) <= cells:
        return text
    ends = [found.start() for found in _END.finditer(text)]
    fitting = [text[:end] for end in ends if cells_of(text[:end]) <= cells]
    return fitting[-1].rstrip() if fitting else ""


def without_first_sentence(text: str) -> str:
    """What follows the first sentence; empty if there is only one."""
    return _SENTENCE.split(text, maxsplit=1)[1] if _SENTENCE.search(text) else ""
