"""Gauges of what is left before the next 429.

Every row keeps its place, whatever is left: the worst is marked, not moved. If rows are scarce, low ones have
priority.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from claude_tui.model.arrangement import Panel
from claude_tui.model.format import ago, count, count_of, moment, per_minute, percent, plain
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Headroom, HeadroomView, Level, Snapshot, WindowUsage
from claude_tui.tui.panels.limit_facts import Row, limit_facts, resets
from claude_tui.tui.render.frame import Frame, inner_size
from claude_tui.tui.render.gauge import gauge
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
    first_fitting,
    fit,
    join,
    line,
    muted,
    pad,
    right,
    width,
    wrap,
)
from claude_tui.tui.render.staleness import probe_state

__all__ = ["HeadroomPanel", "bucket_label", "headroom_lines"]


# Fixed widths, so that nothing moves when a figure grows a digit: `84.8k/min used, resets in 41s`, `2.08M`,
# `84.8k/min`.
_DETAIL_CELLS, _LEFT_CELLS, _PACE_CELLS = 29, 5, 9
_PERCENT_CELLS = 6
_SHORTEST_GAUGE = 5
# A row of names, and two models.
_LEAST_FOR_MODELS = 3
# From this width on, a row has space for its detail beside it.
_BESIDE_FROM = 66
_WIDEST_MAIN = 90
_BUCKETS = ("input", "output", "requests", "tokens")
_LOW = (Level.BAD, Level.WARN, Level.INFO)
# Nobody counts the seconds of a longer wait.
_COUNTED = timedelta(minutes=2)


class HeadroomPanel(SnapshotPanel):
    PANEL = Panel.HEADROOM
    TITLE = "Headroom"

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        own = headroom_lines(snapshot, width, height, footed=self.frame is Frame.BOX)
        left = height - len(own) - 1
        if left < _LEAST_FOR_MODELS or len(snapshot.headroom_by_model) < 2:
            return own
        from claude_tui.tui.panels.traffic_limits import shares_by_model

        return (*own, BLANK, *shares_by_model(snapshot, width, left))

    @property
    def counts_down(self) -> bool:
        view, at = self.snapshot.headroom, self.snapshot.at
        rows: tuple[Row, ...] = (*view.buckets, *view.windows)
        return any(row.reset_at is not None and at <= row.reset_at < at + _COUNTED for row in rows)

    def subtitle(self, snapshot: Snapshot) -> str:
        """How old the figures are, if the panel has no row for that."""
        view = snapshot.headroom
        if self.frame is Frame.BOX or view.read_at is None:
            return ""
        inner_cells, inner_rows = inner_size(self.frame, *self.size)
        shown = _shown(_listed(view), snapshot.at, inner_cells, inner_rows)
        hidden = len(view.buckets) + len(view.windows) - len(shown)
        more = f"{hidden} more, " if hidden else ""
        return f"{more}{'stale, ' if _is_all_stale(view) else ''}as of {moment(view.read_at, snapshot.at)}"


def bucket_label(bucket: str) -> str:
    """`input-tokens` is `input`, `priority-input-tokens` is `priority input`; `tokens` stays."""
    return plain(bucket.removesuffix("-tokens").replace("-", " "))


def headroom_lines(snapshot: Snapshot, cells: int, rows: int, *, footed: bool = True) -> Lines:
    """Windows and buckets in at most `rows` rows; with `footed`, the last row says how old they are."""
    view = snapshot.headroom
    listed = _listed(view)
    if not listed:
        return _nothing(snapshot, cells, rows)
    if not footed or rows < 3:
        return _rows(_shown(listed, snapshot.at, cells, rows), 0, view.read_at, snapshot.at, cells, rows)
    room = rows - 1
    shown = listed if len(listed) <= room else _shown(listed, snapshot.at, cells, room - 1)
    body = _rows(shown, len(listed) - len(shown), view.read_at, snapshot.at, cells, room)
    gap: Lines = (BLANK,) if room > len(body) else ()
    return (*body, *gap, _as_of(view, snapshot.at, cells))


def _shown(listed: list[Row], at: datetime, cells: int, room: int) -> list[Row]:
    """The rows that fit into `room`, in their order, with a row reserved for the detail of the worst one."""
    worst = _worst_first(listed)
    detailed = bool(worst and room > 1 and cells < _BESIDE_FROM and _detail(worst[0], at))
    kept = worst[: max(room - detailed, 1)]
    return [row for row in listed if any(row is other for other in kept)]


def _listed(view: HeadroomView) -> list[Row]:
    """Windows, then buckets, each kind in an order that does not depend on what is left."""

    def place(bucket: Headroom) -> tuple[int, str]:
        label = bucket_label(bucket.bucket)
        return _BUCKETS.index(label) if label in _BUCKETS else len(_BUCKETS), label

    return [*sorted(view.windows, key=lambda window: window.window), *sorted(view.buckets, key=place)]


def _worst_first(listed: Sequence[Row]) -> list[Row]:
    """Low ones first; the others keep their order, as nothing should move without need."""
    low = [row for row in listed if row.level in _LOW]
    return sorted(low, key=lambda row: (_LOW.index(row.level), _left(row))) + [
        row for row in listed if row.level not in _LOW
    ]


def _left(row: Row) -> float:
    return row.fraction if isinstance(row, Headroom) else 1 - row.used


def _rows(
    shown: Sequence[Row], hidden: int, read_at: datetime | None, at: datetime, cells: int, room: int
) -> Lines:
    """A row each, with its detail below it, or beside it if there are columns but no rows to spare.

    `read_at` is shown for all rows, in the title or in the last row.
    """
    spare = room - len(shown) - bool(hidden)
    if cells >= _BESIDE_FROM and spare < len(shown):
        out = _details_beside(shown, read_at, at, cells)
    else:
        out = _details_below(shown, read_at, at, cells, spare)
    if hidden and len(out) < room:
        out.append(line(Span(f"{hidden} more with more left", "dim")))
    return tuple(crop(row, cells) for row in out[:room])


def _details_beside(shown: Sequence[Row], read_at: datetime | None, at: datetime, cells: int) -> list[Line]:
    details = [_detail(row, at, read_at=read_at) or _quiet(row, at) for row in shown]
    # Space is reserved for a detail before there is one, so that the gauges keep their length.
    room = max(*map(width, details), _DETAIL_CELLS)
    columns = _Columns.of(shown, min(cells - room - 3, _WIDEST_MAIN))
    return [join((_main(row, columns), detail), "   ") for row, detail in zip(shown, details, strict=True)]


def _details_below(
    shown: Sequence[Row], read_at: datetime | None, at: datetime, cells: int, spare: int
) -> list[Line]:
    """Below every row its detail, if there is room for all; otherwise the details of the worst at the end."""
    columns = _Columns.of(shown, cells)
    ample = spare >= len(shown)
    # If all readings are equally old, the footer says it once.
    same_age = all(row.stale and row.read_at == shown[0].read_at for row in shown)
    if ample:
        room = cells - columns.label - 1
        details = (BLANK if same_age else _detail(row, at, room, read_at) or _quiet(row, at) for row in shown)
        pairs = zip(shown, details, strict=True)
        indent = " " * (columns.label + 1)
        return [drawn for row, detail in pairs for drawn in (_main(row, columns), line(indent, *detail))]
    explained = [] if same_age else [row for row in _worst_first(shown) if _detail(row, at)][: max(spare, 0)]
    marked = [row for row in shown if not same_age and _detail(row, at)]
    out = [_main(row, columns, marked=any(row is other for other in marked)) for row in shown]
    for row in explained:
        name = _label(row)
        detail = _detail(row, at, cells - cells_of(name) - 1, read_at)
        glyph = () if row.stale else detail[:1]
        out.append(line(*glyph, Span(f"{name} ", "text"), *detail[len(glyph) :]))
    return out


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths in cells."""

    label: int
    """The name of the bucket or window."""
    bar: int
    """The gauge."""
    left: int
    """What is left; 0 if there is no room for the figures."""
    limit: int
    """The limit; 0 if there is no room for the figures."""

    @classmethod
    def of(cls, rows: Sequence[Row], cells: int) -> _Columns:
        label = min(max(cells_of(_label(row)) for row in rows), max(cells // 3, 6))
        figures = [_figures(row) for row in rows]
        left, limit = (max(map(len, column)) for column in zip(*figures, strict=True))
        left = max(left, _LEFT_CELLS) if left else 0
        bar = cells - label - 1 - _PERCENT_CELLS
        if bar - 2 - left - limit < _SHORTEST_GAUGE:
            return cls(label, max(bar, 0), 0, 0)
        return cls(label, bar - 2 - left - limit, left, limit)


def _label(row: Row) -> str:
    if isinstance(row, Headroom):
        return bucket_label(row.bucket)
    return f"{row.window.replace('_', ' ')} window"


# A reading is the same until the next one.
@lru_cache(maxsize=64)
def _main(row: Row, columns: _Columns, *, marked: bool = False) -> Line:
    """`input     ━━╾──────  18%  14.2k of 80k`; muted if it is stale.

    `marked` puts the glyph of its level before the share, if there is no room for its detail.
    """
    glyph, _, role = level_mark(row.level)
    share = row.fraction if isinstance(row, Headroom) else row.used
    left, limit = _figures(row)
    drawn = line(
        Span(pad(_label(row), columns.label) + " ", "text", bold=row.level in (Level.WARN, Level.BAD)),
        *gauge(share, columns.bar, role),
        Span(right(f"{glyph if marked else ''} {percent(share)}", _PERCENT_CELLS), role, bold=True),
        Span(f"  {right(left, columns.left)}" if columns.left else "", "text"),
        Span(pad(limit, columns.limit) if columns.limit else "", "dim"),
    )
    return muted(drawn) if row.stale else drawn


def _figures(row: Row) -> tuple[str, str]:
    """`14.2k` and ` of 80k`; for a window, ` used`."""
    if isinstance(row, WindowUsage):
        return "", " used"
    return count_of(row.remaining, row.limit), f" of {count(row.limit)}"


def _detail(row: Row, at: datetime, cells: int = 60, read_at: datetime | None = None) -> Line:
    """What to know about a row that is low, running out or stale; empty for other rows.

    At most `cells` wide: the last facts are left out first.
    """
    if row.stale:
        when = "" if row.read_at == read_at else f"as of {moment(row.read_at, at)}, "
        return line(Span(fit(f"{when}may have reset", cells), "dim"))
    running_out = isinstance(row, Headroom) and row.runs_out_first
    if row.level not in (Level.WARN, Level.BAD) and not running_out:
        return ()
    mark = level_mark(Level.WARN if row.level is Level.OK else row.level)
    facts = limit_facts(row, at)
    while len(facts) > 1 and cells_of(", ".join(facts)) + 2 > cells:
        facts.pop()
    return line(Span(f"{mark.glyph} ", mark.role, bold=True), Span(", ".join(facts), "text"))


def _quiet(row: Row, at: datetime) -> Line:
    """The detail of a row that is fine."""
    burn = row.burn_per_minute if isinstance(row, Headroom) else None
    facts = [f"{per_minute(burn).rjust(_PACE_CELLS)} used"] if burn else []
    return line(Span(", ".join(facts + resets(row, at)), "faint"))


def _as_of(view: HeadroomView, at: datetime, cells: int) -> Line:
    if view.read_at is None:
        return ()
    when = moment(view.read_at, at)
    if _is_all_stale(view):
        text = f"stale: as of {when}, {ago(view.read_at, at)}"
        more = ", may have reset" if cells_of(text) + 18 <= cells else ""
        return crop(line(Span("▲ ", "warn"), Span(text + more, "warn")), cells)
    as_of = line(Span(f"as of {when}", "faint"))
    if not view.request_id:
        return crop(as_of, cells)
    by_message = line(*as_of, Span(f", message call {view.request_id}", "faint"))
    by_request = line(*as_of, Span(f", {view.request_id}", "faint"))
    return first_fitting((by_message, by_request, as_of), cells)


def _is_all_stale(view: HeadroomView) -> bool:
    """Whether everything on the panel is stale."""
    return view.stale or all(row.stale for row in _listed(view))


def _nothing(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    state = probe_state(snapshot, Source.MESSAGES)
    # Calls of applications may have reported them some minutes ago.
    when = "lately" if snapshot.traffic is not None else "yet"
    head = line(Span(f"No limits reported {when}.", "dim"))
    why = "They arrive with the first message that succeeds."
    if state is not None and state.held_until is not None:
        why = "They arrive with message responses. The next message follows the back-off."
    elif state is not None and state.held_reason:
        # The strip says what to do about it.
        reason = state.held_reason.partition(": ")[0]
        why = f"They arrive with message responses. Messages are not probed: {reason}."
    if rows < 2:
        return clipped((line(*head, Span(f" {why}", "faint")),), cells, rows)
    return clipped((head, *(line(Span(text, "faint")) for text in wrap(why, cells, rows - 1))), cells, rows)
