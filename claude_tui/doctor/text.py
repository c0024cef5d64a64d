"""The findings as plain text: by area, each with its mark, and with the fix below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from claude_tui.doctor.finding import Condition, Finding
from claude_tui.model.format import plural

__all__ = ["COLUMNS", "as_text"]

COLUMNS = 80
_NAME_CELLS = 15
_MARKS = {
    Condition.GOOD: "✓",
    Condition.NOTE: "·",
    Condition.WARNING: "▲",
    Condition.BAD: "✗",
    Condition.UNKNOWN: "?",
}
# For terminals that only display ASCII.
_PLAIN = str.maketrans({"✓": "+", "·": "-", "▲": "!", "✗": "x", "→": ">", "’": "'"})
_INDENT = " " * (4 + _NAME_CELLS + 1)


def as_text(findings: Sequence[Finding], *, ascii_only: bool = False) -> str:
    """Without colours or control characters."""
    text = "\n".join([*_lines(findings), _summary(findings)])
    return text.translate(_PLAIN) if ascii_only else text


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for area, found in groupby(findings, key=lambda finding: finding.area):
        yield area.value
        for finding in found:
            yield from _wrapped(f"  {_MARKS[finding.condition]} {finding.name:<{_NAME_CELLS}} ", finding.text)
            if finding.to_do:
                yield from _wrapped(f"{_INDENT}→ ", finding.to_do)
        yield ""


def _wrapped(first: str, text: str) -> list[str]:
    indent = " " * len(first) if len(first) <= len(_INDENT) + 2 else _INDENT
    # Text to paste into a shell is not wrapped.
    return wrap(
        text,
        COLUMNS,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(findings: Sequence[Finding]) -> str:
    bad, warnings, unknown = (
        sum(finding.condition is condition for finding in findings)
        for condition in (Condition.BAD, Condition.WARNING, Condition.UNKNOWN)
    )
    counts = [
        f"{bad} to fix" if bad else "",
        f"{plural(warnings, 'warning')}" if warnings else "",
        f"{unknown} not known" if unknown else "",
    ]
    return ", ".join(part for part in counts if part) or "All is well."
