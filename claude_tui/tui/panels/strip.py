"""The strip on top: a quiet line while all is well, the loudest block on the screen when it is not."""

from __future__ import annotations

from rich.cells import cell_len

from claude_tui.model.snapshot import Level, Notice, Snapshot
from claude_tui.model.verdict import Cause, Verdict
from claude_tui.tui.boundary import contain_drawing
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.keys import KeyMap
from claude_tui.tui.panels.alert_words import alert_rows
from claude_tui.tui.panels.strip_block import block_lines, hints, lasted
from claude_tui.tui.panels.verdict_words import figures, own_evidence, page_line, response_line, severity_role
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import (
    BLANK,
    NO_BREAK,
    Line,
    Span,
    crop,
    flow,
    join,
    line,
    plain,
    spread,
    width,
    wrap,
)

__all__ = ["StripPanel", "strip_lines", "strip_rows"]

Lines = tuple[Line, ...]

# From this terminal height on, there is room for blank rows around the block.
_ROOMY = 30
_MOST_NOTICES = 3
_MOST_ROWS_OF_GOOD_NEWS = 2
# From this width on, the block needs fewer rows.
_WIDE = 100
# From this width on, a reason fits into a row.
_ENOUGH = 80
_NARROWEST = 48
# On a terminal with fewer rows, an unknown verdict has only one.
_LOW = 12
_ROWS_OF_FAILURE = 2


class StripPanel(LinePanel):
    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(id="strip")
        self.snapshot = snapshot

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.redraw()

    def rows_in(self, cells: int, rows: int) -> int:
        """How many rows it wants on a terminal of that size; if that fails, enough to say so."""
        try:
            return strip_rows(self.snapshot, cells, rows)
        except Exception as error:  # noqa: BLE001 without a result, nothing could be laid out
            contain_drawing(error, self)
            return _ROWS_OF_FAILURE

    def draw(self, width: int, height: int) -> Lines:
        keys = cockpit_of(self).chosen_keys
        return strip_lines(self.snapshot, width, height, keys)


def strip_rows(snapshot: Snapshot, cells: int, rows: int) -> int:
    """How many rows the strip wants on a terminal of `cells` by `rows`.

    In trouble it is always the same number, whatever the text, so that no change of wording moves the
    whole screen.
    """
    roomy, loud = rows >= _ROOMY, _loud(snapshot)
    notices = len(_notices(snapshot, cells, _MOST_NOTICES if roomy else 1 if loud else 2))
    if loud:
        return _block_rows(cells) + (2 if roomy else 0) + notices
    return _quiet_rows(snapshot, cells, rows) + len(_alerts(snapshot, cells, 2 if roomy else 1)) + notices


def strip_lines(snapshot: Snapshot, cells: int, rows: int, keys: KeyMap | None = None) -> Lines:
    """The verdict and the program's own notices in at most `rows` rows; the verdict has priority."""
    if cells < _NARROWEST:
        return _tiny(snapshot, cells, rows)
    loud = _loud(snapshot)
    least = _block_rows(cells) if loud else 1
    notices = _notices(snapshot, cells, max(min(_MOST_NOTICES, rows - least), 0))
    room = rows - len(notices)
    if not loud:
        alerts = _alerts(snapshot, cells, min(2, room - 1), keys)
        quiet = _quiet(snapshot, cells, room - len(alerts))
        return (*quiet, *alerts, *notices)[:rows]
    air = (BLANK,) if room >= _block_rows(cells) + 2 else ()
    block = (*air, *block_lines(snapshot, cells - 2, room - 2 * len(air), keys), *air)
    role = severity_role(snapshot.verdict.severity)
    return (*(_barred(row, cells, role) for row in block), *notices)[:rows]


def _quiet_rows(snapshot: Snapshot, cells: int, rows: int) -> int:
    """One row, or two for a long note. An unknown verdict has another row for the next step, and on a narrow
    screen one more for the reason."""
    if rows < _LOW:
        return 1
    if snapshot.verdict.cause is not Cause.UNKNOWN:
        return len(_quiet(snapshot, cells, _MOST_ROWS_OF_GOOD_NEWS))
    return 2 if cells >= _ENOUGH else 3


def _loud(snapshot: Snapshot) -> bool:
    return snapshot.verdict.severity.trouble


def _block_rows(cells: int) -> int:
    """Headline, evidence, status page and next step; a narrow screen needs one row more."""
    return 4 if cells >= _WIDE else 5


def _barred(row: Line, cells: int, role: str) -> Line:
    """The row with a bar on its left, filled to the edge with the severity's colour."""
    filled = spread(line(Span("█", role), *crop(row, cells - 1)), BLANK, cells)
    back = "strip_trouble" if role == "bad" else "strip_warning"
    return tuple(span._replace(back=back) for span in filled)


def _quiet(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    verdict = snapshot.verdict
    if verdict.cause is Cause.UNKNOWN:
        return _unknown(snapshot, cells, rows)
    pressed = snapshot.headroom.presses
    mark = level_mark(Level.WARN if pressed else Level.OK)
    step = line(Span("Next: ", "dim"), Span(f"{verdict.next_step}.", "text")) if pressed else BLANK
    news = line(Span(_news(verdict, cells), "text"))
    unread = line(Span("Status page unknown." if _unreadable(snapshot) else "", "text"))
    beside = cells - 3 - sum(width(each) + 2 for each in (news, unread) if each) - 1
    rest = join((news, unread, step, figures(verdict.note or _leading(_sentences(verdict), beside))))
    drawn = flow(rest, cells - 4, min(max(rows, 1), _MOST_ROWS_OF_GOOD_NEWS))
    return tuple(
        line(Span("   " if number else f" {mark.glyph} ", mark.role), *row)
        for number, row in enumerate(drawn)
    )


def _unreadable(snapshot: Snapshot) -> bool:
    """Whether the status page could not be read, so that a healthy verdict rests on our probes alone."""
    status = snapshot.status.status
    return status is not None and not status.known


def _unknown(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """Says that the verdict is unknown and why, and in the last row what to do about it."""
    verdict = snapshot.verdict
    mark = level_mark(_level(verdict))
    first, *others = wrap(verdict.summary, cells - 4, max(rows - 1, 1)) or ("",)
    head = line(Span(f" {mark.glyph} ", mark.role), Span(first, "text"))
    step = line(Span("Next: ", "dim"), Span(verdict.next_step, "text"))
    if rows < 2:
        return (crop(join((head, step)), cells - 1),)
    below = [line("   ", Span(other, "text")) for other in others]
    rest = (*_sentences(verdict), plain(page_line(snapshot)))
    if not below:
        head = join((head, figures(_leading(rest, cells - width(head) - 3))))
    return (head, *below, crop(line("   ", *step), cells - 1))


def _news(verdict: Verdict, cells: int) -> str:
    """The summary of a healthy verdict. If not both fit, a note has priority over the figures."""
    if not verdict.note or cell_len(f"{verdict.summary}{verdict.note}") + 6 <= cells:
        return verdict.summary
    return verdict.opening or verdict.summary


def _level(verdict: Verdict) -> Level:
    """The level of a verdict without trouble: a first failure that is being checked is a warning."""
    if verdict.checking:
        return Level.WARN
    return Level.UNKNOWN if verdict.cause is Cause.UNKNOWN else Level.OK


def _sentences(verdict: Verdict) -> tuple[str, ...]:
    return tuple(each.text for each in own_evidence(verdict))


def _leading(sentences: tuple[str, ...], cells: int) -> str:
    """As many whole sentences as fit. The panels show the rest, so there is no ellipsis."""
    kept = ""
    for sentence in sentences:
        longer = f"{kept} {sentence}".strip()
        if cell_len(longer) > cells:
            break
        kept = longer
    return kept


def _alerts(snapshot: Snapshot, cells: int, most: int, keys: KeyMap | None = None) -> Lines:
    return alert_rows(snapshot, cells, most, line(*hints(keys, "acknowledge"), " "))


def _notices(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The worst notices, a row each; a single notice may take all rows."""
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
    """Severity, verdict, age and response clock as plain text; then what to do and why, if there are rows."""
    verdict, loud = snapshot.verdict, _loud(snapshot)
    mark = level_mark(_level(verdict))
    badge, role = (
        (str(verdict.severity), severity_role(verdict.severity)) if loud else (mark.glyph, mark.role)
    )
    age = plain(lasted(snapshot)).strip()
    if rows <= 1:
        head = line(Span(f"{badge} ", role, bold=True), Span(verdict.summary, "text", bold=loud))
        return (spread(head, line(Span(age if cells >= 24 else "", role)), cells),)
    clock = plain(response_line(snapshot)) if loud else ""
    parts = (
        badge,
        verdict.summary,
        age.replace(" ", NO_BREAK),
        " ".join(clock.split()).replace(" ", NO_BREAK),
    )
    first, *others = wrap(" ".join(part for part in parts if part), cells, rows) or ("",)
    rest = f"Next: {verdict.next_step}. {' '.join(_sentences(verdict))} {plain(page_line(snapshot))}"
    return (
        line(Span(first[: len(badge)], role, bold=True), Span(first[len(badge) :], "text", bold=loud)),
        *(line(Span(text, "text", bold=loud)) for text in others),
        *(line(Span(text, "dim")) for text in wrap(rest, cells, rows - 1 - len(others))),
    )
