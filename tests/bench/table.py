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
    """The result with its unit."""
    budget: str = ""
    """The highest value, or with `at least` the lowest; "" for a figure that is only for comparison."""
    kept: bool | None = None
    """Whether the figure is within its budget; None without a budget."""

    @classmethod
    def at_most(cls, what: str, value: float, budget: float, unit: str, digits: int = 0) -> Row:
        """A figure with an upper bound."""
        return cls(what, f"{value:,.{digits}f} {unit}", f"{budget:,g} {unit}", value <= budget)


@dataclass(frozen=True)
class Section:
    """Figures that were measured together."""

    title: str
    """The heading."""
    method: str
    """How they were measured."""
    rows: tuple[Row, ...]
    """The figures."""


def measured(title: str, method: str, work: Callable[[], Iterable[Row]]) -> Section:
    """The rows that `work` yields. A failure becomes a row of the table, which keeps all other figures."""
    rows: list[Row] = []
    try:
        rows.extend(work())
    except Exception as error:  # noqa: BLE001 half an hour of measuring must not be lost
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
    """The page of the manual, for a run that began at this instant with this load average."""
    lines = [
        "# Budgets: what the program may cost, and what it does",
        "",
        *_paragraph(
            f"Measured on {at:%Y-%m-%d} with claude-top {claude_tui.__version__}, Python "
            f"{platform.python_version()} and {os.cpu_count()} processors, at a load average of {load:.1f} "
            "at the start. Machines differ, so compare a figure only with others of the same run. "
            "`python -m tests.bench.budgets --write` in a clone of the project writes this page. "
            "✓ is within its budget, ✗ is not; rows without a mark are for comparison. A budget is an upper "
            "limit unless it says at least."
        ),
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", *_paragraph(section.method), ""]
        head = Row("what", "measured", "budget")
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
