"""What is left of the rate limits of each model, as own traffic has reported it."""

from __future__ import annotations

from datetime import datetime

from claude_tui.model.format import clock, count, percent
from claude_tui.model.snapshot import Headroom, HeadroomView, Level, Snapshot
from claude_tui.tui.panels.limit_facts import limit_facts
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import Line, Lines, Span, crop, line, pad, right

__all__ = ["limits_by_model", "shares_by_model"]

_NAME_CELLS = 22
_COLUMN_CELLS = 18
_ORDER = ("input", "output", "requests", "tokens")
_LOW = (Level.BAD, Level.WARN)
# In short: the share alone, in the panel of the dashboard.
_SHORT_NAME_CELLS, _SHARE_CELLS = 13, 10


def limits_by_model(snapshot: Snapshot, cells: int) -> Lines:
    """A row for each model, and one for the worst of its limits if it is low; empty if none is known."""
    views = snapshot.headroom_by_model
    if not views:
        return ()
    names = _names(snapshot)[: max((cells - _NAME_CELLS) // _COLUMN_CELLS, 1)]
    head = line(
        Span(" " * _NAME_CELLS, "faint"),
        *(Span(right(f"{name} left", _COLUMN_CELLS), "faint") for name in names),
    )
    rows = [row for model, view in views for row in _of_model(model, view, names, snapshot.at)]
    return (head, *(crop(row, cells) for row in rows))


def shares_by_model(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """What share of each limit is left for each model, in at most `rows` rows; empty for a single model."""
    views = snapshot.headroom_by_model
    if len(views) < 2:
        return ()
    names = _names(snapshot)[: max((cells - _SHORT_NAME_CELLS) // _SHARE_CELLS, 1)]
    head = line(
        Span(pad("left by model", _SHORT_NAME_CELLS), "faint"),
        *(Span(right(name, _SHARE_CELLS), "faint") for name in names),
    )
    listed = [_shares(model, view, names) for model, view in views]
    return tuple(crop(row, cells) for row in (head, *listed)[: max(rows, 0)])


def _shares(model: str, view: HeadroomView, names: list[str]) -> Line:
    buckets = {bucket.bucket: bucket for bucket in view.buckets}
    shown = pad(model.removeprefix("claude-"), _SHORT_NAME_CELLS)
    return line(Span(shown, "text"), *(_share(buckets.get(name)) for name in names))


def _share(bucket: Headroom | None) -> Span:
    if bucket is None or not bucket.granted:
        return Span(right("–", _SHARE_CELLS), "faint")
    return Span(right(percent(bucket.fraction), _SHARE_CELLS), _role(bucket))


def _names(snapshot: Snapshot) -> list[str]:
    """The buckets that are known of any model."""
    known = {bucket.bucket for _, view in snapshot.headroom_by_model for bucket in view.buckets}
    return [*(name for name in _ORDER if name in known), *sorted(known.difference(_ORDER))]


def _role(bucket: Headroom) -> str:
    return "faint" if bucket.stale else level_mark(bucket.level).role if bucket.level in _LOW else "text"


def _of_model(model: str, view: HeadroomView, names: list[str], at: datetime) -> Lines:
    buckets = {bucket.bucket: bucket for bucket in view.buckets}
    row = line(Span(pad(model, _NAME_CELLS), "text"), *(_cell(buckets.get(name)) for name in names))
    if view.stale and view.read_at is not None:
        return (row, line(" " * _NAME_CELLS, Span(f"as of {clock(view.read_at)}, too old", "faint")))
    # The worst comes first; the rest is in the figures.
    low = [bucket for bucket in view.buckets if bucket.level in _LOW and not bucket.stale][:1]
    return (row, *(_fact(bucket, at) for bucket in low))


def _cell(bucket: Headroom | None) -> Span:
    if bucket is None or not bucket.granted:
        return Span(right("–", _COLUMN_CELLS), "faint")
    text = f"{percent(bucket.fraction)} of {count(bucket.limit)}"
    return Span(right(text, _COLUMN_CELLS), _role(bucket))


def _fact(bucket: Headroom, at: datetime) -> Line:
    mark = level_mark(bucket.level)
    text = f"{bucket.bucket} {', '.join(limit_facts(bucket, at))}"
    return line(" " * _NAME_CELLS, Span(f"{mark.glyph} ", mark.role, bold=True), Span(text, "text"))
