"""The strip on top: a quiet line while all is well, the one loud block on the screen when it is not."""

from __future__ import annotations

from rich.cells import cell_len

from claude_tui.model.snapshot import Level, Notice, Snapshot
from claude_tui.tui.format import age, duration, moment
from claude_tui.tui.lines import BLANK, NO_BREAK, Line, Span, crop, flow, join, line, spread, width, wrap
from claude_tui.tui.marks import level_mark
from claude_tui.tui.widgets.panel import LinePanel

__all__ = ["StripPanel", "strip_lines", "strip_rows"]

Lines = tuple[Line, ...]

# From this many rows of terminal on there is room to let the block breathe.
_ROOMY = 30
_MOST_NOTICES = 3
_INDENT = 4
# Rows of the block: the headline and two for the rest.
_BLOCK = 3
# How the sentence about the status page begins.
_PAGE = "Status page"
_NARROWEST = 48


class StripPanel(LinePanel):
    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(id="strip")
        self.snapshot = snapshot

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.redraw()

    def draw(self, width: int, height: int) -> Lines:
        return strip_lines(self.snapshot, width, height)


def strip_rows(snapshot: Snapshot, cells: int, rows: int) -> int:
    """How many rows the strip wants on a terminal of `cells` by `rows`.

    In trouble always the same number, so that a word more or less does not move the whole screen.
    """
    roomy, loud = rows >= _ROOMY, _loud(snapshot)
    most = _MOST_NOTICES if roomy else 1 if loud else 2
    notices = len(_notices(snapshot, cells, most))
    if not loud:
        return len(_quiet(snapshot, cells, 2)) + notices
    return _BLOCK + (2 if roomy else 0) + notices


def strip_lines(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The summary and the program's own notices in exactly the rows given; the headline goes last."""
    if cells < _NARROWEST:
        return _tiny(snapshot, cells, rows)
    if not _loud(snapshot):
        notices = _notices(snapshot, cells, max(min(_MOST_NOTICES, rows - 1), 0))
        return (*_quiet(snapshot, cells, rows - len(notices)), *notices)[:rows]
    notices = _notices(snapshot, cells, max(min(_MOST_NOTICES, rows - _BLOCK), 0))
    room = rows - len(notices)
    air = (BLANK,) if room >= _BLOCK + 2 else ()
    block = (*air, *_block(snapshot, cells), BLANK, BLANK, BLANK)[:room]
    role = level_mark(snapshot.summary.level).role
    return (*(_barred(row, cells, role) for row in block), *notices)[:rows]


def _loud(snapshot: Snapshot) -> bool:
    return snapshot.summary.level in (Level.WARN, Level.BAD)


def _barred(row: Line, cells: int, role: str) -> Line:
    """The row behind the bar on the left, on the colour of trouble to the very edge."""
    filled = spread(line(Span("█", role), *crop(row, cells - 1)), BLANK, cells)
    return tuple(span._replace(back="strip_trouble") for span in filled)


def _block(snapshot: Snapshot, cells: int) -> Lines:
    """Headline with its age; below it what else fails and what does not."""
    heads = _headline(snapshot, cells - 2)
    told = _told(snapshot, cells - 2 - _INDENT, _BLOCK - len(heads))
    return (*heads, *(line(" " * _INDENT, *row) for row in told))


def _told(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The detail in at most `rows` rows; what the status page says has one of its own when that fits."""
    ours, found, page = snapshot.summary.detail.partition(_PAGE)
    halves = [_silence_marked(half, snapshot) for half in (ours.strip(), found + page) if half]
    if len(halves) == rows and all(width(half) <= cells for half in halves):
        return tuple(halves)
    return flow(_silence_marked(snapshot.summary.detail, snapshot), cells, rows)


def _headline(snapshot: Snapshot, cells: int) -> Lines:
    """The headline and since when; where both do not fit, the instant goes first, then a second row comes."""
    summary = snapshot.summary
    mark = level_mark(summary.level)
    head = line(Span(f" {mark.glyph} ", mark.role, bold=True), " ", Span(summary.headline, "text", bold=True))
    if summary.since is None:
        return (crop(head, cells),)
    lasted = Span(f"{duration(snapshot.at - summary.since)} ", mark.role, bold=True)
    instant = Span(f"{moment(summary.since, snapshot.at)}  ", "text")
    for end in (line(Span(" since ", "dim"), instant, lasted), line(Span(" ", "dim"), lasted)):
        if width(head) + width(end) < cells:
            return (spread(head, end, cells),)
    told = wrap(summary.headline, cells - _INDENT - width((lasted,)) - 2, 2)
    first, *others = (Span(text, "text", bold=True) for text in told or ("",))
    return (
        spread(line(head[0], " ", first), line(lasted), cells),
        *(line(" " * _INDENT, other) for other in others),
    )


def _silence_marked(detail: str, snapshot: Snapshot) -> Line:
    """The detail, with the time that the status page has been silent for made to stand out."""
    since = snapshot.status.silent_since
    lasted = duration(snapshot.at - since) if since is not None else ""
    before, found, after = detail.partition(f"silent for {lasted}") if lasted else (detail, "", "")
    if not found:
        return line(detail)
    unbroken = lasted.replace(" ", NO_BREAK)
    return line(f"{before}silent for ", Span(unbroken, "warn", bold=True), after)


def _quiet(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """One line while all is well; what is not known may take a second one to say why."""
    summary = snapshot.summary
    mark = level_mark(summary.level)
    head = line(Span(f" {mark.glyph} ", mark.role), Span(summary.headline, "text"))
    since = line(Span(f"for {age(snapshot.at - summary.since)}", "dim")) if summary.since else BLANK
    if summary.level is Level.OK:
        room = cells - 1 - width(head) - 2
        return (crop(join((head, line(Span(_leading(summary.detail, room), "dim")))), cells - 1),)
    whole = join((head, line(Span(summary.detail, "dim")), since))
    if rows < 2 or width(whole) <= cells - 1:
        return (crop(whole, cells - 1),)
    detail = wrap(summary.detail, cells - 4, 1)
    return (crop(join((head, since)), cells), *(line("   ", Span(text, "dim")) for text in detail))


def _leading(detail: str, cells: int) -> str:
    """As many whole sentences as fit: the panels say the rest, and good news need no ellipsis."""
    kept = detail
    while cell_len(kept) > cells and ". " in kept:
        kept = kept[: kept.rindex(". ") + 1]
    return kept if cell_len(kept) <= cells else ""


def _notices(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The worst notices, a row each; a single one may take what rows there are."""
    order = (Level.BAD, Level.WARN, Level.INFO, Level.UNKNOWN, Level.OK)
    listed = sorted(snapshot.engine.notices, key=lambda notice: order.index(notice.level))
    if not listed or rows < 1:
        return ()
    if len(listed) == 1:
        return _notice(listed[0], cells, rows)
    shown, hidden = listed[:rows], len(listed) - rows
    out = [_notice(notice, cells, 1)[0] for notice in shown]
    if hidden > 0:
        out[-1] = spread(out[-1], line(Span(f"+{hidden} more ", "warn")), cells)
    return tuple(out)


def _notice(notice: Notice, cells: int, rows: int) -> Lines:
    mark = level_mark(notice.level)
    role = "text" if notice.level in (Level.WARN, Level.BAD) else "dim"
    texts = wrap(notice.text, cells - 4, rows) or ("",)
    return tuple(
        line(Span(f" {mark.glyph} " if number == 0 else "   ", mark.role), Span(text, role))
        for number, text in enumerate(texts)
    )


def _tiny(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """Glyph, headline, age; then as much of the rest as there are rows."""
    summary = snapshot.summary
    mark = level_mark(summary.level)
    lasted = duration(snapshot.at - summary.since).replace(" ", NO_BREAK) if summary.since else ""
    loud = _loud(snapshot)
    if rows <= 1:
        head = line(Span(f"{mark.glyph} ", mark.role, bold=True), Span(summary.headline, "text", bold=loud))
        return (spread(head, line(Span(lasted if cells >= 24 else "", mark.role)), cells),)
    texts = wrap(f"{mark.glyph} {summary.headline} {lasted}", cells, rows)
    first, *others = texts or ("",)
    return (
        line(Span(first[:1], mark.role, bold=True), Span(first[1:], "text", bold=loud)),
        *(line(Span(text, "text", bold=loud)) for text in others),
        *(line(Span(text, "dim")) for text in wrap(summary.detail, cells, rows - len(texts))),
    )
