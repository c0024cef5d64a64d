"""The table of errors in words: what README prints."""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.knowledge.values import ErrorRow, Knowledge
from claude_tui.model.verdict import Side

__all__ = ["markdown_table"]

_WHOSE = {Side.THEM: "theirs", Side.US: "ours", Side.PATH: "the path", Side.UNCLEAR: "unclear"}


def markdown_table(knowledge: Knowledge) -> str:
    """Every kind of error with its meaning, whose it is, and what to do, in Markdown."""
    return "\n".join(_lines(knowledge)) + "\n"


def _lines(knowledge: Knowledge) -> Iterator[str]:
    yield "| error | means | whose | what to do | retry |"
    yield "|---|---|---|---|---|"
    for row in knowledge.errors:
        retry = row.retry.words if row.retry is not None else "–"
        cells = (_marks(row), row.meaning, _WHOSE.get(row.whose, "–"), row.what_to_do, retry)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _marks(row: ErrorRow) -> str:
    """`529 overloaded_error`; where no mark is named, the outcome in words."""
    marks = [str(mark) for mark in (row.status, row.type, row.code) if mark is not None]
    return " ".join(f"`{mark}`" for mark in marks) or f"{row.outcome.value.replace('_', ' ')}, any other"
