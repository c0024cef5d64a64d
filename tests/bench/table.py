"""The table of the budgets: on the terminal, and as a page of the manual."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import claude_tui
from claude_tui import manual

__all__ = ["PAGE", "Row", "Section", "measured", "page", "printed"]

PAGE = Path(manual.__file__).parent / "budgets.md"
_WIDTH = 80
_MARKS = {True: "✓", False: "✗", None: " "}
_COLUMNS = 44, 15


@dataclass(frozen=True)
class Row:
    """One figure."""

    what: str
    """What was measured."""
    figure: str
    """What came out."""
    budget: str = ""
    """What it may be at most, or at least where it says so; "" for what only stands beside."""
    kept: bool | None = None
    """Whether it is; None where there is nothing to keep, or nothing to compare with."""

    @classmethod
    def at_most(cls, what: str, value: float, budget: float, unit: str, digits: int = 0) -> Row:
        """A figure with an upper bound."""
        return cls(what, f"{value:,.{digits}f} {unit}", f"{budget:,g} {unit}", value <= budget)


@dataclass(frozen=True)
class Section:
    """Figures that were taken together."""

    title: str
    """What they are about."""
    method: str
    """How they were taken."""
    rows: tuple[Row, ...]
    """The figures."""


def measured(title: str, method: str, work: Callable[[], Iterable[Row]]) -> Section:
    """The rows that `work` gives. One that fails says so in the table: what the others took stays."""
    rows: list[Row] = []
    try:
        rows.extend(work())
    except Exception as error:  # noqa: BLE001 - half an hour of measuring is not to be lost
        reason = str(error).partition("\n")[0]
        rows.append(Row(f"not measured: {reason}", type(error).__name__, kept=False))
    return Section(title, method, tuple(rows))


def printed(sections: Sequence[Section]) -> str:
    """The table for a terminal."""
    lines: list[str] = []
    for section in sections:
        lines += ["", section.title]
        lines += [
            f"{_MARKS[row.kept]} {row.what:<{_COLUMNS[0]}} {row.figure:>{_COLUMNS[1]}}   {row.budget}"
            for row in section.rows
        ]
    return "\n".join(lines)


def page(sections: Sequence[Section], at: datetime, load: float) -> str:
    """The page of the manual, of a run that began at an instant and load average."""
    lines = [
        "# Budgets: what the program may cost, and what it does",
        "",
        *_paragraph(
            f"Measured on {at:%Y-%m-%d} with claude-top {claude_tui.__version__}, Python "
            f"{platform.python_version()}, {os.cpu_count()} processors, load average {load:.1f} when it "
            "began. Machines differ: the figures mean something beside what was measured in the same run, "
            "and `python -m tests.bench.budgets --write` in a clone of the project makes this page anew. "
            "✓ is kept, ✗ is missed, no mark stands beside for comparison."
        ),
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", *_paragraph(section.method), ""]
        head = Row("what", "measured", "at most")
        cells = [(_short(row.what), row.figure, row.budget) for row in (head, *section.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines.append(_line(head, widths))
        lines.append(f"|---|{'-' * (widths[0] + 2)}|{'-' * (widths[1] + 1)}:|{'-' * (widths[2] + 1)}:|")
        lines += [_line(row, widths) for row in section.rows]
    return "\n".join(lines) + "\n"


def _line(row: Row, widths: Sequence[int]) -> str:
    what, figure, budget = (
        _short(row.what).ljust(widths[0]),
        row.figure.rjust(widths[1]),
        row.budget.rjust(widths[2]),
    )
    return f"| {_MARKS[row.kept]} | {what} | {figure} | {budget} |"


def _short(what: str) -> str:
    return textwrap.shorten(what, _COLUMNS[0], placeholder="…")


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
