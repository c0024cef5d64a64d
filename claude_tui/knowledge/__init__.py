"""The error table from `errors.toml`: what each error means, whose problem it is, and what to do."""

from __future__ import annotations

from functools import cache
from importlib import resources

from claude_tui.knowledge.reading import parse_knowledge
from claude_tui.knowledge.table import Knowledge
from claude_tui.knowledge.values import (
    Advice,
    BreakPoint,
    ErrorClass,
    KnowledgeError,
    KnownError,
    Reach,
)

__all__ = [
    "Advice",
    "BreakPoint",
    "ErrorClass",
    "Knowledge",
    "KnowledgeError",
    "KnownError",
    "Reach",
    "knowledge",
    "parse_knowledge",
]


@cache
def knowledge() -> Knowledge:
    """The table shipped with the program, read once."""
    text = resources.files(__name__).joinpath("errors.toml").read_text("utf-8")
    return parse_knowledge(text, "errors.toml", proven=True)
