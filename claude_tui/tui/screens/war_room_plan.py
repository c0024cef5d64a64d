"""How large everything in the war room is: the largest that fits, the same whatever the figures are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_tui.tui.render.large import Scale, large_figure, large_figure_cells, large_word_cells
from claude_tui.tui.render.lines import Line, Span, cells_of, line
from claude_tui.tui.screens.war_room_view import Number, WarRoom

__all__ = [
    "COLUMN_GAP",
    "MARGIN",
    "NEWEST",
    "SCALES",
    "Plan",
    "clock_lines",
    "column_widths",
    "incident_rows",
    "plan_of",
    "rows_of_outlook",
    "shown_figures",
    "width_beside_word",
]

Lines = tuple[Line, ...]

MARGIN, COLUMN_GAP = 2, 2
NEWEST = 3
"""How many entries of the incident always have a row."""
SCALES = (Scale.LARGE, Scale.MEDIUM, Scale.SMALL)
_SIZES = (
    (Scale.LARGE, Scale.LARGE),
    (Scale.LARGE, Scale.MEDIUM),
    (Scale.MEDIUM, Scale.MEDIUM),
    (Scale.MEDIUM, Scale.SMALL),
    (Scale.SMALL, Scale.SMALL),
)
# What decides the size, so that it does not change with the verdict. A longer word is drawn smaller.
USUAL_WORD = "P1 THEM"
# A size that leaves no blank row between the parts is chosen only where no other fits.
_BLANK_ROWS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How large everything is."""

    word_scale: Scale
    """How large severity and word are."""
    figure_scale: Scale
    """How large the figures are."""
    columns: int
    """How many figures stand side by side."""
    stacked: bool
    """Whether the severity stands above the word."""
    elapsed_scale: Scale | None
    """How large the time since the start stands below the clock; None where it is one of the figures."""
    rows: int
    """The rows that it takes, with one row for the headline."""


def plan_of(room: WarRoom, cells: int, rows: int) -> Plan | None:
    """The largest that fits with the headline, the figures and the newest entries."""
    plans = tuple(_plans(room, cells))
    spacious = next((plan for plan in plans if plan.rows + _BLANK_ROWS <= rows), None)
    return spacious or next((plan for plan in plans if plan.rows <= rows), None)


def _plans(room: WarRoom, cells: int) -> Iterator[Plan]:
    for word_scale, figure_scale in _SIZES:
        for most in (len(shown_figures(room, None)), 2, 1):
            for stacked in (False, True) if room.badge else (False,):
                elapsed_scale = None if stacked else _elapsed_scale(room, word_scale, cells)
                shown = shown_figures(room, elapsed_scale)
                columns = min(most, len(shown))
                if sum(_least_widths(shown, columns, figure_scale)) > cells:
                    continue
                if large_word_cells(_longest(stacked=stacked), word_scale) > cells:
                    continue
                verdict_rows = word_scale.rows * 2 + 1 if stacked else word_scale.rows
                if elapsed_scale is not None:
                    verdict_rows = max(
                        verdict_rows, _rows_of_clock(room, word_scale, cells) + elapsed_scale.rows + 2
                    )
                lines = -(-len(shown) // columns) * (figure_scale.rows + 2)
                rows = verdict_rows + 1 + lines + incident_rows(room)
                yield Plan(word_scale, figure_scale, columns, stacked, elapsed_scale, rows)


def _elapsed_scale(room: WarRoom, word_scale: Scale, cells: int) -> Scale | None:
    """How large the time since the start may be below the clock; None where there is no room for it."""
    if room.elapsed is None or not room.badge:
        return None
    available = cells - MARGIN - large_word_cells(USUAL_WORD, word_scale)
    return next(
        (
            scale
            for scale in SCALES
            if scale.rows < word_scale.rows and large_figure_cells(room.elapsed.widest, scale) <= available
        ),
        None,
    )


def _rows_of_clock(room: WarRoom, word_scale: Scale, cells: int) -> int:
    return len(clock_lines(room, word_scale, cells + 2 * MARGIN, stacked=False))


def _least_widths(shown: Sequence[Number], columns: int, figure_scale: Scale) -> list[int]:
    """The width that each column takes at least: that of its widest figure, and a gap."""
    widest = [large_figure_cells(number.widest, figure_scale) + COLUMN_GAP for number in shown]
    return [max(widest[column::columns]) for column in range(columns)]


def column_widths(shown: Sequence[Number], plan: Plan, cells: int) -> list[int]:
    """The width of each column: spare cells complete the labels, least missing first; the rest is shared."""
    widths = _least_widths(shown, plan.columns, plan.figure_scale)
    labels = [cells_of(number.label) + COLUMN_GAP for number in shown]
    shortfalls = [max(max(labels[column :: plan.columns]) - width, 0) for column, width in enumerate(widths)]
    left = cells - sum(widths)
    for column in sorted(range(len(widths)), key=shortfalls.__getitem__):
        given = min(shortfalls[column], left)
        widths[column] += given
        left -= given
    return [width + left // len(widths) for width in widths]


def rows_of_outlook(room: WarRoom, plan: Plan, cells: int) -> int:
    """The rows that the outlook takes below the figures, in their columns; 0 if it is too wide for them."""
    together = (*room.numbers, *room.outlook)
    if not room.outlook or sum(_least_widths(together, plan.columns, plan.figure_scale)) > cells:
        return 0
    return -(-len(room.outlook) // plan.columns) * (plan.figure_scale.rows + 3)


def _longest(*, stacked: bool) -> str:
    return USUAL_WORD.split()[1] if stacked else USUAL_WORD


def shown_figures(room: WarRoom, elapsed_scale: Scale | None) -> tuple[Number, ...]:
    """The figures of the row; the time since the start is one of them unless it stands below the clock."""
    elapsed = (room.elapsed,) if room.elapsed is not None and elapsed_scale is None else ()
    return (*elapsed, *room.numbers)


def incident_rows(room: WarRoom) -> int:
    """The rows that the incident takes at least."""
    return 1 + min(len(room.log), NEWEST) if room.incident else 0


def clock_lines(room: WarRoom, word_scale: Scale, cells: int, *, stacked: bool) -> Lines:
    """The time, in the largest form that fits beside the word: with seconds, if possible."""
    available = cells - 3 * MARGIN - large_word_cells(_longest(stacked=stacked), word_scale)
    for scale in (candidate for candidate in SCALES if candidate.rows <= word_scale.rows):
        for text in (room.clock, room.clock[:5]):
            if large_figure_cells(f"{text} UTC", scale) <= available:
                return large_figure(f"{text} UTC", scale, "text")
    text = f"{room.clock} UTC"
    return (line(Span(text, "text", bold=True)),) if len(text) <= available else ()


def width_beside_word(plan: Plan, cells: int) -> int:
    """What is left beside severity and word on a screen of `cells` cells."""
    return cells - 3 * MARGIN - large_word_cells(USUAL_WORD, plan.word_scale)
