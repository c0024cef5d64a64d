"""The strip on top: a quiet line while all is well, the loudest block on the screen when it is not."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from textual import events

from claude_tui.model.arrangement import Panel
from claude_tui.model.format import moment
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.snapshot import Level, Notice, Snapshot
from claude_tui.model.verdict import Cause, Severity, Verdict
from claude_tui.model.when import Local
from claude_tui.tui.boundary import contain_drawing
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.keys import KeyMap
from claude_tui.tui.messages import ZoomRequested
from claude_tui.tui.panels.alert_text import GroupStatus, alert_rows, group_status
from claude_tui.tui.panels.footer import simulate_key
from claude_tui.tui.panels.record import outlook_line
from claude_tui.tui.panels.strip_block import (
    block_clocks,
    block_lines,
    elapsed_line,
    hinted_key,
    hints,
    next_steps,
)
from claude_tui.tui.panels.strip_size import LEAST, ROOMY, block_rows, rows_without_notices
from claude_tui.tui.panels.verdict_text import figures, own_evidence, page_line, response_line
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import (
    BLANK,
    NO_BREAK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    flow,
    join,
    line,
    plain,
    spread,
    width,
    wrap,
)

__all__ = ["StripPanel", "calls_for_attention", "strip_back", "strip_lines", "strip_rows"]

_MOST_NOTICES = 3
_HINTED = ("decide", "act", "acknowledge")
_NARROWEST = 48
# From this many rows on, a tiny terminal has room for the start time.
_TALL = 5
# The mark of a verdict without trouble, and a blank.
_INDENT = 2
_ROWS_OF_FAILURE = 2
# Evidence in two rows, and what the status page says.
_ROWS_TO_WRAP = 3


class StripPanel(LinePanel):
    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(id="strip")
        self.snapshot = snapshot
        self.shows_outlook = False
        """Whether the strip, while all is well, shows what no panel shows."""
        self._clocks: Lines = ()

    def show(self, snapshot: Snapshot) -> None:
        self._take(snapshot)
        self.redraw()

    def show_later(self, snapshot: Snapshot) -> None:
        """Show a Snapshot that differs from the one shown only in its time."""
        before = self._clocks
        self._take(snapshot)
        self.redraw_later(before, self._clocks)

    def _take(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._clocks = block_clocks(snapshot, self.paint.local) if _in_trouble(snapshot) else ()

    def on_click(self, event: events.Click) -> None:
        """A click on a hint does what its key does; one beside them opens the verdict in full."""
        event.stop()
        rows = self.draw(*self.size)
        row = rows[event.y] if event.y < len(rows) else BLANK
        if key := hinted_key(row, event.x, cockpit_of(self).chosen_keys, *_HINTED):
            simulate_key(self.app, key)
        else:
            self.post_message(ZoomRequested(Panel.VERDICT))

    def rows_in(self, cells: int, rows: int) -> int:
        """How many rows it wants on a terminal of that size; if that fails, enough to say so."""
        try:
            return strip_rows(self.snapshot, cells, rows)
        except Exception as error:  # noqa: BLE001 without a result, nothing could be laid out
            contain_drawing(error, self)
            return _ROWS_OF_FAILURE

    def draw(self, width: int, height: int) -> Lines:
        keys = cockpit_of(self).chosen_keys
        return strip_lines(self.snapshot, width, height, keys, self.paint.local, outlook=self.shows_outlook)


def strip_rows(snapshot: Snapshot, cells: int, rows: int) -> int:
    """How many rows the strip takes on a terminal of `cells` by `rows`.

    It is the same number in trouble and in health, whatever the text, so that neither the beginning of a
    problem nor a change of wording moves the panels. Only the program's own notices take more.
    """
    notices = len(_notices(snapshot, cells, _MOST_NOTICES if rows >= ROOMY else 1))
    return rows_without_notices(cells, rows) + notices


def strip_lines(
    snapshot: Snapshot,
    cells: int,
    rows: int,
    keys: KeyMap | None = None,
    local: Local | None = None,
    *,
    outlook: bool = False,
) -> Lines:
    """The verdict and the program's own notices in at most `rows` rows; the verdict has priority.

    With `outlook`, the last row shows past and upcoming events while all is well.
    """
    if cells < _NARROWEST:
        return _tiny(snapshot, cells, rows)
    whole = block_rows(cells, ROOMY)
    # A strip no higher than the block has given up a row for the incident's line; the worst notice still gets
    # one.
    least = (min(whole, rows - 1) if rows >= whole else LEAST) if _in_trouble(snapshot) else 1
    notices = _notices(snapshot, cells, max(min(_MOST_NOTICES, rows - least), 0))
    room = rows - len(notices)
    blank_row = (BLANK,) if room >= whole + 2 else ()
    within = room - 2 * len(blank_row)
    if _in_trouble(snapshot):
        block = block_lines(snapshot, cells - 2, within, keys, local)
    else:
        block = _quiet(snapshot, cells - 2, within, keys, outlook=outlook)
    bar = _bar(snapshot.verdict)
    return (*(_barred(row, cells, bar) for row in (*blank_row, *block, *blank_row)), *notices)[:rows]


def _in_trouble(snapshot: Snapshot) -> bool:
    return snapshot.verdict.severity.trouble


def calls_for_attention(snapshot: Snapshot) -> bool:
    """Whether something matters more than the record: a problem, an incident, an alert, or no data."""
    verdict, at = snapshot.verdict, snapshot.at
    troubled = verdict.severity.trouble or verdict.recovery is not None or verdict.checking
    new = any(group_status(group, at) is GroupStatus.NEW for group in snapshot.engine.alerts.groups)
    unseen = verdict.cause is Cause.UNKNOWN
    return troubled or unseen or new or snapshot.incident is not None or snapshot.headroom.is_nearly_exhausted


def strip_back(snapshot: Snapshot) -> str:
    """The role of the colour behind the strip; empty while all is well."""
    return _bar(snapshot.verdict).back


class _Bar(NamedTuple):
    """The left edge of the strip, and the colour behind it."""

    glyph: str
    role: str
    back: str


def _bar(verdict: Verdict) -> _Bar:
    """Full for a P1, otherwise half; amber for what may be over or only chance; none while all is well."""
    if verdict.recovery is not None or verdict.checking:
        return _Bar("▌", "warn", "strip_warning")
    match verdict.severity:
        case Severity.P1:
            return _Bar("█", "bad", "strip_trouble")
        case Severity.P2:
            return _Bar("▌", "bad", "strip_trouble")
        case Severity.NONE:
            return _Bar(" ", "text", "")
        case _:
            return _Bar("▌", "warn", "strip_warning")


# Most rows are those of the second before.
@lru_cache(maxsize=64)
def _barred(row: Line, cells: int, bar: _Bar) -> Line:
    """The row with a bar on its left, filled to the edge with the severity's colour."""
    if not bar.back:
        return line(" ", *row) if row else BLANK
    filled = spread(line(Span(bar.glyph, bar.role), *crop(row, cells - 1)), BLANK, cells)
    back = bar.back
    return tuple(
        [span if span.back else Span(span.text, span.role, bold=span.bold, back=back) for span in filled]
    )


def _quiet(snapshot: Snapshot, cells: int, rows: int, keys: KeyMap | None, *, outlook: bool = False) -> Lines:
    """The state without a problem, in exactly `rows` rows.

    The last row says what to do, if anything, or else with `outlook` past and upcoming events.
    """
    verdict, nearly_exhausted = snapshot.verdict, snapshot.headroom.is_nearly_exhausted
    unknown = verdict.cause is Cause.UNKNOWN
    mark = level_mark(Level.WARN if nearly_exhausted and not unknown else _level(verdict))
    inner = cells - _INDENT
    whole, brief = next_steps(verdict)
    step = whole if width(whole) <= inner else crop(brief, inner)
    if rows < 2:
        head = line(Span(f"{mark.glyph} ", mark.role, bold=verdict.checking), Span(verdict.summary, "text"))
        return (crop(join((head, step if unknown or nearly_exhausted else BLANK)), cells),)
    last: Lines = (step,) if unknown or nearly_exhausted else ()
    alerts = _alerts(snapshot, cells, min(2, rows - 1 - len(last)), keys)
    # The reason has a row of its own if there is room for it.
    page_has_row = rows > len(last) + len(alerts) + 1 and 0 < width(page_line(snapshot)) <= inner
    unread = line(Span("Status page unknown." if _unreadable(snapshot) and not page_has_row else "", "text"))
    news = line(Span(verdict.summary, "text", bold=verdict.checking))
    room = rows - len(last) - len(alerts)
    heads = flow(join((news, unread, figures(verdict.note))), inner, max(room, 1)) or (BLANK,)
    why = _why(snapshot, inner, room - len(heads), wraps=not alerts)
    if (spare := room - len(heads) - len(why)) > 0 and alerts:
        alerts = _alerts(snapshot, cells, len(alerts) + spare, keys)
    if outlook and not last and rows > len(heads) + len(why) + len(alerts):
        last = (outlook_line(snapshot, inner),)
    blank = (BLANK,) * (rows - len(heads) - len(why) - len(alerts) - len(last))
    first, *others = heads + why
    return (
        line(Span(f"{mark.glyph} ", mark.role, bold=verdict.checking), *first),
        *map(_indented, others),
        *alerts,
        *blank,
        *map(_indented, last),
    )


def _indented(row: Line) -> Line:
    return line(" " * _INDENT, *row)


def _why(snapshot: Snapshot, cells: int, rows: int, *, wraps: bool) -> Lines:
    """The evidence, then what the status page says: whole sentences, in at most `rows` rows.

    If it `wraps`, evidence too long for a row takes two.
    """
    if rows <= 0:
        return ()
    sentences, page = _sentences(snapshot), page_line(snapshot)
    evidence: Lines = (figures(_leading(sentences, cells)),)
    if wraps and sentences and not evidence[0] and rows >= _ROWS_TO_WRAP:
        evidence = flow(figures(sentences[0]), cells, _ROWS_TO_WRAP - 1)
    whole = [piece for piece in (*evidence, page) if piece and width(piece) <= cells]
    if len(whole) > rows:
        both = join(whole)
        return (both if width(both) <= cells else whole[0],)
    return tuple(whole)


def _unreadable(snapshot: Snapshot) -> bool:
    """Whether the status page could not be read, so that a healthy verdict rests on our probes alone."""
    status = snapshot.status.status
    return status is not None and not status.known


def _level(verdict: Verdict) -> Level:
    """The level of a verdict without trouble: a first failure that is being checked is a warning."""
    if verdict.checking:
        return Level.WARN
    return Level.UNKNOWN if verdict.cause is Cause.UNKNOWN else Level.OK


def _sentences(snapshot: Snapshot) -> tuple[str, ...]:
    """The evidence, without what the next step or a notice says."""
    known = {notice.text for notice in snapshot.engine.notices}
    texts = (evidence.text for evidence in own_evidence(snapshot.verdict))
    return tuple(text for text in texts if text.removesuffix(".") not in known)


def _leading(sentences: tuple[str, ...], cells: int) -> str:
    """As many whole sentences as fit. The panels show the rest, so there is no ellipsis."""
    kept = ""
    for sentence in sentences:
        longer = f"{kept} {sentence}".strip()
        if cells_of(longer) > cells:
            break
        kept = longer
    return kept


def _alerts(snapshot: Snapshot, cells: int, most: int, keys: KeyMap | None = None) -> Lines:
    return alert_rows(snapshot, cells, most, line(*hints(keys, "acknowledge"), " "))


def _notices(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The worst notices, a row each; a single notice may take all rows."""
    order = (Level.BAD, Level.WARN, Level.INFO, Level.UNKNOWN, Level.OK)
    listed = sorted(_notices_to_show(snapshot), key=lambda notice: order.index(notice.level))
    if not listed or rows < 1:
        return ()
    if len(listed) == 1:
        return _notice(listed[0], cells, rows)
    shown, hidden = listed[:rows], len(listed) - rows
    out = [_notice(notice, cells, 1)[0] for notice in shown]
    if hidden > 0:
        out[-1] = spread(out[-1], line(Span(f"+{hidden} more ", "warn")), cells)
    return tuple(out)


def _notices_to_show(snapshot: Snapshot) -> tuple[Notice, ...]:
    """The notices, except that there is no key if that is the verdict, whose next step says what to do."""
    state = snapshot.engine
    shown_by_verdict = state.no_key_reason is NoKeyReason.MISSING and snapshot.verdict.cause is Cause.UNKNOWN
    return tuple(notice for notice in state.notices if not (shown_by_verdict and notice.key == "key"))


def _notice(notice: Notice, cells: int, rows: int) -> Lines:
    mark = level_mark(notice.level)
    role = "text" if notice.level in (Level.WARN, Level.BAD) else "dim"
    texts = wrap(notice.text, cells - 4, rows) or ("",)
    return tuple(
        line(Span(f" {mark.glyph} " if number == 0 else "   ", mark.role), Span(text, role))
        for number, text in enumerate(texts)
    )


def _tiny(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The verdict as plain text on the strip's colour: severity, summary, start and response clock.

    If there are more rows, also what to do and why.
    """
    verdict, troubled, bar = snapshot.verdict, _in_trouble(snapshot), _bar(snapshot.verdict)
    nearly_exhausted = snapshot.headroom.is_nearly_exhausted and verdict.cause is not Cause.UNKNOWN
    mark = level_mark(Level.WARN if nearly_exhausted else _level(verdict))
    badge, role = (str(verdict.severity), bar.role) if troubled else (mark.glyph, mark.role)
    age = plain(elapsed_line(snapshot)).strip()
    if rows <= 1:
        head = line(Span(f"{badge} ", role, bold=True), Span(verdict.summary, "text", bold=troubled))
        return (spread(head, line(Span(age if cells >= 24 else "", role)), cells),)
    since = f"since {moment(verdict.since, snapshot.at)}" if verdict.since and rows >= _TALL else ""
    clock = " ".join(plain(response_line(snapshot)).split()) if troubled else ""
    parts = (badge, verdict.summary, *(part.replace(" ", NO_BREAK) for part in (since, age, clock)))
    first, *others = wrap(" ".join(part for part in parts if part), cells, rows) or ("",)
    out = [line(Span(first[: len(badge)], role, bold=True), Span(first[len(badge) :], "text", bold=troubled))]
    out += [line(Span(text, "text", bold=troubled)) for text in others]
    whole, brief = next_steps(verdict)
    why = f"{' '.join(_sentences(snapshot))} {plain(page_line(snapshot))}"
    room = rows - len(out)
    out += flow(whole if len(flow(whole, cells, room + 1)) <= room else brief, cells, room)
    out += [line(Span(text, "dim")) for text in wrap(why, cells, rows - len(out))]
    return tuple(_backed(row, cells, bar.back) for row in out + [BLANK] * (rows - len(out)))


def _backed(row: Line, cells: int, back: str) -> Line:
    return tuple(span._replace(back=back) for span in spread(row, BLANK, cells)) if back else row
