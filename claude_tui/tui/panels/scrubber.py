"""The lines that say that the picture is not live: the banner in place of the header, and the scrubber."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.model.format import clock, clock_minute, day, duration
from claude_tui.model.past import MarkKind, PastView, Playback, TimelineMark
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.render.lines import Line, Span, fit, join, line, width
from claude_tui.tui.view import View

__all__ = ["banner_line", "scrubber_line"]

_GLYPHS = {MarkKind.VERDICT: "!", MarkKind.PERSON: "»", MarkKind.ALERT: "▲", MarkKind.PAGE: "◆"}
_ROLES = {MarkKind.VERDICT: "ok", MarkKind.PERSON: "accent", MarkKind.ALERT: "warn", MarkKind.PAGE: "info"}
_GRAVE = {"P1": "bad", "P2": "bad", "P3": "warn", "P4": "warn"}
# Which mark is drawn if several share a cell.
_ORDER = (MarkKind.PAGE, MarkKind.PERSON, MarkKind.ALERT, MarkKind.VERDICT)
_LEGEND = (("!", "verdict"), ("»", "person"), ("▲", "alert"), ("◆", "page"), ("░", "nobody probed"))
_TICK = timedelta(minutes=5)
_SHORTEST_TRACK = 48
_LONGEST_TARGET = 60
_GAP = 3


# -- the banner --------------------------------------------------------------------


def banner_line(snapshot: Snapshot, past: PastView, view: View, cells: int) -> Line:
    """The header of a past Snapshot, in reverse video over the whole width."""
    playback = past.playback
    wordings = _played(snapshot, playback) if playback is not None else _past(snapshot, view)
    target = snapshot.engine.target
    left = " ".join(
        part
        for part in (" claude-top ", fit(target.name, 24), f"· {fit(target.host, 40)}" if target.host else "")
        if part
    )
    for with_target, message, end in wordings:
        start = fit(left, _LONGEST_TARGET) if with_target else ""
        gap = cells - width((Span(start), Span(message), Span(end))) - 2
        if gap >= (_GAP if end else 0) * (2 if with_target else 1):
            middle = gap // 2 if start else 0
            text = f"{start}{' ' * middle} {message}{' ' * (gap - middle)}{end} "
            return (Span(text, "background", bold=True, back="warn"),)
    return (Span(fit(f" {wordings[-1][1]}", cells).ljust(cells), "background", bold=True, back="warn"),)


def _past(snapshot: Snapshot, view: View) -> tuple[tuple[bool, str, str], ...]:
    """From the fullest wording to the shortest: with or without the target, and both ends."""
    at = f"◀ PAST {_instant(snapshot.at, view.now)} UTC"
    age = f"{duration(max(view.now - snapshot.at, timedelta()))} ago"
    return (
        (True, f"{at} · {age} · live continues", "end back to live"),
        (False, f"{at} · {age} · live continues", "end back to live"),
        (False, f"{at} · {age}", "end back to live"),
        (False, f"{at} · {age}", "end: live"),
        (False, at, "end: live"),
        (False, at, ""),
        (False, f"◀ PAST {clock_minute(snapshot.at)}", ""),
    )


def _played(snapshot: Snapshot, playback: Playback) -> tuple[tuple[bool, str, str], ...]:
    mark, space = ("▶", "space pauses") if playback.playing else ("❚❚", "space plays")
    speed = f" · ×{playback.speed:g}" if playback.speed != 1 else ""
    at = f"{mark} REPLAY {day(snapshot.at)} {clock(snapshot.at)} UTC{speed}"
    return (
        (True, f"{at} · {fit(playback.name, 40)}", space),
        (False, f"{at} · {fit(playback.name, 40)}", space),
        (False, at, space),
        (False, f"{mark} REPLAY {clock(snapshot.at)}", space),
        (False, f"{mark} REPLAY {clock(snapshot.at)}", ""),
        (False, f"REPLAY {clock_minute(snapshot.at)}", ""),
    )


def _instant(at: datetime, now: datetime) -> str:
    return clock(at) if at.date() == now.date() else f"{day(at)} {clock(at)}"


# -- the scrubber ------------------------------------------------------------------


def scrubber_line(past: PastView, at: datetime, cells: int) -> Line:
    """The record around `at`: what happened when, and where nobody probed."""
    start, end = Span(f" {clock_minute(past.start)} ", "dim"), Span(f" {clock_minute(past.end)} ", "dim")
    room = cells - width((start, end))
    aside = _note(past, room - _SHORTEST_TRACK)
    track = _track(past, at, max(room - width(aside), 0))
    return line(start, *track, end, *aside)


def _note(past: PastView, room: int) -> Line:
    """Why a move went no further, that more is being read, or what the marks mean; as much as fits."""
    if past.note:
        return line(Span(fit(f" {past.note} ", max(room, 0)), "warn", bold=True))
    if not past.complete:
        return line(Span(fit(" reading the day before… ", max(room, 0)), "dim"))
    for count in range(len(_LEGEND), 0, -1):
        pieces = (
            line(Span(glyph, "text"), Span(f" {meaning}", "faint")) for glyph, meaning in _LEGEND[-count:]
        )
        legend = line(" ", *join(pieces, " "), " ")
        if width(legend) <= room:
            return legend
    return ()


def _track(past: PastView, at: datetime, cells: int) -> Line:
    if cells <= 0:
        return ()
    here = _cell(past, at, cells)
    # What comes after was not known then, so it is drawn fainter.
    drawn = [Span("─" if cell <= here else "╌", "edge" if cell <= here else "faint") for cell in range(cells)]
    for tick in _ticks(past):
        drawn[_cell(past, tick, cells)] = Span("┬", "edge")
    for first, last in past.gaps:
        for cell in range(_cell(past, first, cells), _cell(past, last, cells) + 1):
            drawn[cell] = Span("░", "dim")
    for mark in sorted(past.marks, key=lambda candidate: (_ORDER.index(candidate.kind), candidate.at)):
        _draw(drawn, mark, _cell(past, mark.at, cells), here)
    drawn[here] = Span("┃", "text", bold=True)
    return _merged(drawn)


def _draw(drawn: list[Span], mark: TimelineMark, cell: int, here: int) -> None:
    role = _GRAVE.get(mark.severity, _ROLES[mark.kind])
    for offset, char in enumerate(_GLYPHS[mark.kind] + mark.severity):
        # The label must not hide the position.
        if cell + offset >= len(drawn) or (offset and cell + offset >= here >= cell):
            return
        drawn[cell + offset] = Span(char, role, bold=offset == 0)


def _ticks(past: PastView) -> list[datetime]:
    ticks, tick = [], past.start + _TICK
    while tick < past.end:
        ticks.append(tick)
        tick += _TICK
    return ticks


def _cell(past: PastView, at: datetime, cells: int) -> int:
    span = (past.end - past.start) / timedelta(seconds=1)
    share = (at - past.start) / timedelta(seconds=1) / span if span > 0 else 0.0
    return max(min(int(share * cells), cells - 1), 0)


def _merged(spans: list[Span]) -> Line:
    """The line with neighbours of one style merged into one span."""
    out: list[Span] = []
    for span in spans:
        if out and out[-1][1:] == span[1:]:
            out[-1] = out[-1]._replace(text=out[-1].text + span.text)
        else:
            out.append(span)
    return tuple(out)
