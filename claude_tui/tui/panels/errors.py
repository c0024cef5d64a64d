"""Failures by class over a time window: how many, what share of the calls, and the trend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.model.arrangement import Panel
from claude_tui.model.format import clock, percent, plural, span_text
from claude_tui.model.snapshot import ErrorDetail, ErrorRow, ErrorWindow, Level, Snapshot
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    crop,
    line,
    pad,
    right,
    spread,
)
from claude_tui.tui.render.sparkline import sparkline

__all__ = ["ErrorsPanel", "error_lines", "short_label"]

_COUNT_CELLS = 6
_SHARE_CELLS = 6
_SHORTEST_TREND = 6
_WIDEST_TREND = 60
_LAST_CELLS = 15
# From this width on, and with some more rows than classes, the counts of all windows are shown side by side.
_COMPARED_FROM, _ROWS_BESIDE = 48, 3
# A single failure draws a low bar, not a full one.
_FULL_HEIGHT = 4
# If rows are scarce, other classes without failures are left out first: these two need different responses.
_ALWAYS = ("overloaded", "rate_limited")


class ErrorsPanel(SnapshotPanel):
    PANEL = Panel.ERRORS
    TITLE = "Errors"

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(snapshot, key)
        self.window = 1

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        window, footed = self._chosen(snapshot), self.frame is Frame.BOX
        return error_lines(window, width, height, footed=footed, windows=snapshot.errors) if window else ()

    def subtitle(self, snapshot: Snapshot) -> str:
        window = self._chosen(snapshot)
        if window is None:
            return ""
        span = span_text(window.span)
        if self.frame is Frame.BOX:
            return span
        if not window.requests:
            return f"no probes, {span}"
        return f"{', '.join(_parts(window))} failed, {span}"

    def cycle(self) -> None:
        """Switch to the next time window."""
        self.window = (self.window + 1) % max(len(self.snapshot.errors), 1)
        self.redraw()

    def _chosen(self, snapshot: Snapshot) -> ErrorWindow | None:
        return snapshot.errors[self.window % len(snapshot.errors)] if snapshot.errors else None


# Most seconds pass without a failure.
@lru_cache(maxsize=8)
def error_lines(
    window: ErrorWindow,
    cells: int,
    rows: int,
    *,
    footed: bool = True,
    windows: tuple[ErrorWindow, ...] = (),
) -> Lines:
    """A row per class, in order; if rows are scarce, the classes with failures stay.

    `footed` adds the number of calls, and the exact kinds of failure. If there is room, each row has the
    counts of all `windows` side by side.
    """
    room = rows - 1 if footed and rows > 3 else rows
    shown = _most_telling(window.rows, room)
    columns = _Columns.of(shown, cells)
    last = {detail.row: detail.last_at for detail in reversed(window.breakdown)}
    body: Lines
    if footed and len(windows) > 1 and rows > len(window.rows) + _ROWS_BESIDE and cells >= _COMPARED_FROM:
        body = clipped(_compared(window, windows, cells), cells, room)
    else:
        body = clipped((_row(row, columns, last.get(row.key)) for row in shown), cells, room)
    if room == rows:
        return body
    gap: Lines = (BLANK,) if room > len(body) else ()
    left = room - len(body) - len(gap)
    totals = _totals(window, cells, 2 if left > 0 else 1)
    kinds = _kinds(window, cells, left + 1 - len(totals))
    return (*body, *gap, *(crop(total, cells) for total in totals), *kinds)


def _compared(window: ErrorWindow, windows: Sequence[ErrorWindow], cells: int) -> Iterator[Line]:
    """`529 overloaded  ▁▁▂▅█   12   24   31   83%`: the counts of each window, bright for the chosen one."""
    label = max(cells_of(short_label(row.label)) for row in window.rows)
    trend = min(cells - label - 2 - _COUNT_CELLS * len(windows) - _SHARE_CELLS, _WIDEST_TREND)
    heads = (
        Span(right(span_text(other.span), _COUNT_CELLS), "dim" if other is window else "faint")
        for other in windows
    )
    yield line(" " * (label + 2 + trend), *heads, Span(right("share", _SHARE_CELLS), "faint"))
    for index, row in enumerate(window.rows):
        quiet = not any(counted.rows[index].count for counted in windows)
        role = _role(row) if row.count else "faint"
        yield line(
            Span(pad(short_label(row.label), label) + "  ", "dim" if quiet else "text"),
            *_trend(row, trend, role),
            *(_count(counted.rows[index], chosen=counted is window) for counted in windows),
            Span(
                right(percent(row.share) if row.share is not None and row.count else "–", _SHARE_CELLS),
                "dim" if row.count else "faint",
            ),
        )


def _count(row: ErrorRow, *, chosen: bool) -> Span:
    if not row.count:
        return Span(right("0", _COUNT_CELLS), "faint")
    return Span(right(f"{row.count:,}", _COUNT_CELLS), _role(row) if chosen else "dim", bold=chosen)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths in cells; 0 for a column that does not fit."""

    label: int
    trend: int
    last: int

    @classmethod
    def of(cls, rows: Sequence[ErrorRow], cells: int) -> _Columns:
        room = cells - 2 - _COUNT_CELLS - _SHARE_CELLS
        whole = max((cells_of(row.label) for row in rows), default=0)
        short = max((cells_of(short_label(row.label)) for row in rows), default=0)
        label = min(whole if room - whole >= _SHORTEST_TREND else short, max(cells // 2, 8))
        room -= label
        last = _LAST_CELLS if room >= _SHORTEST_TREND + 14 + _LAST_CELLS else 0
        return cls(label, min(room - last, _WIDEST_TREND) if room - last >= _SHORTEST_TREND else 0, last)


def short_label(label: str) -> str:
    """The label without its note in brackets: `Client errors (4xx)` becomes `Client errors`."""
    return label.partition(" (")[0]


def _most_telling(listed: tuple[ErrorRow, ...], room: int) -> tuple[ErrorRow, ...]:
    """As many rows as fit, in order. Rows with failures have priority, then 529 and 429, then the rest."""
    ranked = sorted(listed, key=lambda row: (-row.count, row.key not in _ALWAYS))
    kept = {row.key for row in ranked[: max(room, 0)]}
    return tuple(row for row in listed if row.key in kept)


def _row(row: ErrorRow, columns: _Columns, last_at: datetime | None) -> Line:
    quiet = row.count == 0
    role = "faint" if quiet else _role(row)
    share = percent(row.share) if row.share is not None and not quiet else "–"
    last = f"last {clock(last_at)}" if last_at is not None and columns.last else ""
    label = row.label if cells_of(row.label) <= columns.label else short_label(row.label)
    return line(
        Span(pad(label, columns.label) + "  ", "dim" if quiet else "text"),
        *_trend(row, columns.trend, role),
        Span(right(f"{row.count:,}", _COUNT_CELLS), role, bold=not quiet),
        Span(right(share, _SHARE_CELLS), "faint" if quiet else "dim"),
        Span(right(last, columns.last), "dim"),
    )


def _trend(row: ErrorRow, cells: int, role: str) -> Line:
    top = max(max(row.trend, default=0), _FULL_HEIGHT)
    return sparkline(row.trend, cells, top=top, role_of=lambda count: role if count else "faint")


def _role(row: ErrorRow) -> str:
    return level_mark(row.level).role if row.level in (Level.WARN, Level.BAD) else "text"


def _totals(window: ErrorWindow, cells: int, rows: int) -> Lines:
    """Whose calls are counted: those of the probes, in the rows both messages and lists."""
    span = span_text(window.span)
    if not window.requests:
        return (line(Span(f"no probes in {span}", "faint")),)
    if not window.failures:
        return (line(Span(f"{plural(window.requests, 'probe')} in {span}, none failed", "faint")),)
    parts = ", ".join(_parts(window))
    if not (window.messages.failed and window.models.failed):
        return (line(Span(f"{parts} failed in {span}", "dim")),)
    summed = f"{window.failures:,} of {plural(window.requests, 'probe')} failed in {span}:"
    brief = ", ".join(_parts(window, brief=True))
    texts = (f"{summed} {parts}",) if rows < 2 or cells_of(f"{summed} {parts}") <= cells else (summed, parts)
    if cells_of(texts[-1]) > cells:
        texts = (summed, brief) if rows > 1 else (f"{brief} failed",)
    return tuple(line(Span(text, "dim")) for text in texts)


def _parts(window: ErrorWindow, *, brief: bool = False) -> list[str]:
    """`40 of 57 messages`, then `59 of 89 lists`: those with failures, or else the messages."""
    named = ((window.messages, "message"), (window.models, "list"))
    failing = [(calls, noun) for calls, noun in named if calls.failed] or [named[not window.messages.asked]]
    if brief:
        return [f"{calls.failed:,}/{calls.asked:,} {noun}s" for calls, noun in failing]
    return [f"{calls.failed:,} of {plural(calls.asked, noun)}" for calls, noun in failing]


def _kinds(window: ErrorWindow, cells: int, rows: int) -> Lines:
    """The exact kinds of failure, the most frequent first, if at least two rows are left for them."""
    if rows < 2 or not window.breakdown:
        return ()
    return (BLANK, *(_kind(detail, cells) for detail in window.breakdown[: rows - 1]))


def _kind(detail: ErrorDetail, cells: int) -> Line:
    what = Span(f"{detail.kind.source} {failure_name(detail.kind)}", "dim")
    return spread(line(what), line(Span(f"×{detail.count:,}", "dim")), cells)
