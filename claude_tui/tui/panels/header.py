"""The first line: the target, open alerts, whether the display is live, next probe, cost and time.

Every field keeps its place: fields that come and go are left of those that are always there, and alerts have
their space from the beginning. A past Snapshot has a banner instead, with the scrubber below it.
"""

from __future__ import annotations

from typing import NamedTuple

from claude_tui.model.format import age, clock, duration, money
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.when import Local
from claude_tui.tui.panels.alert_text import alert_badge
from claude_tui.tui.panels.badges import READ_ONLY, demo_badge, drill_badge
from claude_tui.tui.panels.scrubber import banner_line, scrubber_line
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, fit, join, line, spread, width
from claude_tui.tui.render.staleness import probe_state
from claude_tui.tui.view import View

__all__ = ["HeaderLine", "header_line", "shared_header_line"]

_NEAR_CEILING = 0.8
_COLLECTOR_CELLS = 32
_GAP = 2
# `▲ 1 alert`, `backoff 41s` and `<$0.01 today`.
_BADGE_CELLS, _NEXT_CELLS, _COST_CELLS = 9, 11, 12


class HeaderLine(LinePanel):
    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(id="header")
        self.snapshot = snapshot
        self.view = View(snapshot.at)
        self._clocks: Lines = ()
        self._fit()

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return 1 if self.snapshot.past is None else 2

    def show(self, snapshot: Snapshot, view: View) -> None:
        before, clocks_before = self.snapshot, self._clocks
        self.snapshot, self.view = snapshot, view
        self._clocks = clocks(snapshot, view, self.paint.local)
        self._fit()
        if before.past is None and snapshot.past is None and _fixed(before) == _fixed(snapshot):
            self.redraw_later(clocks_before, self._clocks)
        else:
            self.redraw()

    def _fit(self) -> None:
        if self.styles.height is None or self.styles.height.value != self.rows:
            self.styles.height = self.rows

    def draw(self, width: int, height: int) -> Lines:
        past = self.snapshot.past
        if past is None:
            return (header_line(self.snapshot, self.view, width, self.paint.local),)
        banner = banner_line(self.snapshot, past, self.view, width)
        return (banner, scrubber_line(past, self.snapshot.at, width))[:height]


class _Part(NamedTuple):
    """A part of the header. Parts with the highest `rank` are dropped first if the line is too narrow."""

    rank: int
    line: Line
    width: int
    """The width that it takes, even if it is empty."""

    @property
    def padded(self) -> Line:
        """The part at the right edge of its space."""
        return line(" " * (self.width - width(self.line)), *self.line)


def _part(rank: int, text: Line, cells: int = 0) -> _Part:
    """A part that takes at least `cells` cells."""
    return _Part(rank, text, max(width(text), cells))


def header_line(snapshot: Snapshot, view: View, cells: int, local: Local | None = None) -> Line:
    """Both sides of the header in `cells` cells. Parts are dropped by rank until the rest fits."""
    left, right = _left(snapshot), _right(snapshot, view, local)
    while _cells(left, right) > cells and (ranks := [part.rank for part in (*left, *right)]):
        worst = max(ranks)
        if worst == 0:
            break
        left = [part for part in left if part.rank != worst]
        right = [part for part in right if part.rank != worst]
    end = line(*join(part.padded for part in right), " ")
    return spread(line(" ", *join((part.line for part in left), " ")), end, cells)


def shared_header_line(snapshot: Snapshot, view: View, cells: int) -> Line:
    """The header of a screen that others see: whether it is live, without naming what is watched."""
    name = line(Span("claude-top", "accent", bold=True), Span(" war room", "dim"))
    masked = line(Span("target, hosts, ids and keys are masked", "faint"))
    left = join((*(part.line for part in _badges(snapshot)), name, masked))
    state = _state(snapshot, view)
    for start in (left, join((*(part.line for part in _badges(snapshot)), name)), name):
        if width(start) + width(state) + _GAP + 2 <= cells:
            return spread(line(" ", *start), line(*state, " "), cells)
    return crop(line(" ", *state), cells)


def _cells(left: list[_Part], right: list[_Part]) -> int:
    """The width with the gaps between the parts, the margins, and the space between both sides."""
    whole = sum(part.width for part in (*left, *right))
    return whole + max(len(left) - 1, 0) + 2 * max(len(right) - 1, 0) + 2 + _GAP


def _left(snapshot: Snapshot) -> list[_Part]:
    target = snapshot.engine.target
    parts = [_part(5, line(Span("claude-top ", "accent", bold=True))), *_badges(snapshot)]
    if target.name:
        parts.append(_part(2, line(Span(fit(target.name, 24), "text", bold=True))))
    parts.append(_part(8 if target.name else 2, line(Span(fit(target.host, 40), "dim"))))
    if target.model:
        parts.append(_part(9, line(Span(f"· {fit(target.model, 32)}", "dim"))))
    return parts


def _badges(snapshot: Snapshot) -> list[_Part]:
    engine = snapshot.engine
    parts: list[_Part] = []
    if engine.demo is not None:
        badge = drill_badge(engine.speed) if engine.drill else demo_badge(engine.demo, engine.speed)
        parts.append(_part(0, badge))
    if engine.watching.read_only:
        parts.append(_part(1, READ_ONLY))
    return parts


def _fixed(snapshot: Snapshot) -> tuple[object, ...]:
    """Everything that the header shows apart from `clocks`."""
    engine = snapshot.engine
    return engine.target, engine.demo, engine.speed, engine.drill, engine.watching, engine.spend


def clocks(snapshot: Snapshot, view: View, local: Local | None = None) -> Lines:
    """The parts of the header that change with time, without `UTC`."""
    return (
        *alert_badge(snapshot),
        _state(snapshot, view),
        BLANK if view.paused else _backoff(snapshot) or _next(snapshot),
        BLANK if local is None else line(Span(local.clock(view.now), "info")),
        line(Span(clock(view.now), "text")),
    )


def _right(snapshot: Snapshot, view: View, local: Local | None) -> list[_Part]:
    badge, handled = alert_badge(snapshot)
    parts = [_part(7, _collector(snapshot)), _part(4, _watchers(snapshot)), _part(1, badge, _BADGE_CELLS)]
    parts += [_part(6, handled), _part(0, _state(snapshot, view))]
    if not view.paused:
        backoff, kept = _backoff(snapshot), _probes(snapshot)
        rank = 4 if backoff or kept else 10
        parts.append(_part(rank, backoff or _next(snapshot), _NEXT_CELLS if kept else 0))
    parts.append(_part(3, _cost(snapshot), _COST_CELLS))
    if local is not None:
        parts.append(_part(2, line(Span(local.clock(view.now), "info"))))
    parts.append(_part(0, line(Span(clock(view.now), "text"), Span(" UTC", "text"))))
    return [part for part in parts if part.width]


def _state(snapshot: Snapshot, view: View) -> Line:
    if view.paused:
        age = duration(view.now - snapshot.at)
        return line(
            Span("❚❚ PAUSED", "warn", bold=True), Span(f" at {clock(snapshot.at)}, {age} old", "text")
        )
    if view.stalled_s is not None:
        return line(Span(f"✗ STALLED for {duration(view.stalled_s)}", "bad", bold=True))
    return line(Span("● LIVE", "ok", bold=True))


def _watchers(snapshot: Snapshot) -> Line:
    """How many are watching, once there is more than one screen."""
    screens = snapshot.engine.watching.screens
    return line(Span(f"{screens} watching", "text")) if screens > 1 else ()


def _collector(snapshot: Snapshot) -> Line:
    """Who collects what is shown here, unless it is this process itself."""
    watching = snapshot.engine.watching
    if watching.collects:
        return ()
    if watching.collector is None:
        return line(Span("nobody collects", "warn"))
    return line(Span(f"by {fit(watching.collector.name, _COLLECTOR_CELLS)}", "dim"))


def _probes(snapshot: Snapshot) -> bool:
    """Whether this process probes: where it does, the time of the next probe keeps its place."""
    return snapshot.engine.watching.collects and bool(snapshot.engine.probes)


def _next(snapshot: Snapshot) -> Line:
    """When the next probe is due; `probing` from then on, and while one runs."""
    probes = snapshot.engine.probes
    coming = [probe.next_at for probe in probes if probe.next_at is not None]
    if any(probe.running for probe in probes) or (coming and min(coming) <= snapshot.at):
        return line(Span("probing", "dim"))
    if not coming:
        return ()
    return line(Span(f"next {age(min(coming) - snapshot.at):>3}", "dim"))


def _backoff(snapshot: Snapshot) -> Line:
    """Says that the messages probe is backing off, and for how long, in place of the next probe."""
    probe = probe_state(snapshot, Source.MESSAGES)
    if probe is None or probe.held_until is None or probe.held_until <= snapshot.at:
        return ()
    return line(Span(f"backoff {age(probe.held_until - snapshot.at):>3}", "warn"))


def _cost(snapshot: Snapshot) -> Line:
    """What was spent today. The ceiling appears when it is close."""
    spend = snapshot.engine.spend
    if spend.today_usd < spend.ceiling_usd * _NEAR_CEILING:
        return line(Span(f"{money(spend.today_usd)} today", "dim"))
    text = f"{money(spend.today_usd)} of {money(spend.ceiling_usd)} today"
    return line(Span(text, "warn"))
