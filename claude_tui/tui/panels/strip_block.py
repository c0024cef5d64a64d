"""The verdict as the loud block of the strip: what, how bad, since when, why, and what next.

Every row has a fixed purpose and position. Durations in the headline have reserved cells, so that
nothing around them moves as they change.
"""

from __future__ import annotations

from rich.cells import cell_len

from claude_tui.model.format import duration, moment
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Evidence, Verdict
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.panels.verdict_words import (
    also_words,
    figures,
    own_evidence,
    page_line,
    response_line,
    retry_line,
    set_words,
    severity_role,
)
from claude_tui.tui.render.lines import BLANK, Line, Span, crop, flow, join, line, spread, width, wrap

__all__ = ["block_lines", "hints", "lasted"]

Lines = tuple[Line, ...]

_BADGE = 5
_GAP = 2
# `59m 59s` and `23h 59m`.
_DURATION = 7
_MOST_ROWS_OF_STEP = 2
_LONGEST_ROWS = 9


def block_lines(snapshot: Snapshot, cells: int, rows: int, keys: KeyMap | None = None) -> Lines:
    """The current problem in exactly `rows` rows of at most `cells` cells."""
    if rows <= 2:
        return (_one_row(snapshot, cells), *_indented(_step(snapshot, cells - _BADGE - 1, 1, keys)))[:rows]
    heads, pages = _head(snapshot, cells)
    inner, rest = cells - _BADGE - 1, rows - len(heads)
    step = _step(snapshot, inner, _MOST_ROWS_OF_STEP if rest > 2 else 1, keys)
    why = _why(snapshot.verdict, pages, inner, rest - len(step))
    blank = (BLANK,) * (rest - len(step) - len(why))
    return (*heads, *_indented((*why, *blank, *step)))


def lasted(snapshot: Snapshot) -> Line:
    """How long it has lasted, padded to a fixed width."""
    since = snapshot.verdict.since
    if since is None:
        return BLANK
    role = severity_role(snapshot.verdict.severity)
    return line(Span(duration(snapshot.at - since).rjust(_DURATION), role, bold=True))


def hints(keys: KeyMap | None, *wanted: str) -> Line:
    """Keys and labels of the `wanted` actions, as in the footer."""
    actions = {action.id: action for action in ACTIONS}
    keyed = {name: first_key(name, actions[name].keys, keys) for name in wanted}
    return join(
        line(Span(display(key), "accent", bold=True), Span(f" {actions[name].label}", "dim"))
        for name, key in keyed.items()
        if key
    )


def _indented(rows: Lines) -> Lines:
    return tuple(line(" " * (_BADGE + 1), *row) if row else BLANK for row in rows)


# -- what, since when, and until when ------------------------------------------------------


def _badged(snapshot: Snapshot, text: str) -> Line:
    severity = snapshot.verdict.severity
    return line(
        Span(f" ▌{severity}▐", severity_role(severity), bold=True), " ", Span(text, "text", bold=True)
    )


def _ends(snapshot: Snapshot) -> tuple[Line, Line]:
    """Candidates for the end of the headline, the longer one first."""
    since, clock = snapshot.verdict.since, response_line(snapshot)
    instant = (
        line(Span("since ", "dim"), Span(moment(since, snapshot.at), "text")) if since is not None else BLANK
    )
    return join((instant, lasted(snapshot), clock)), join((lasted(snapshot), clock))


def _one_row(snapshot: Snapshot, cells: int) -> Line:
    """If not everything fits, the clock is left out, then the headline is cut."""
    text = snapshot.verdict.summary
    for end in _ends(snapshot):
        if _BADGE + 1 + cell_len(text) + _GAP + width(end) <= cells:
            return spread(_badged(snapshot, text), end, cells)
    return spread(_badged(snapshot, text), lasted(snapshot), cells)


def _head(snapshot: Snapshot, cells: int) -> tuple[Lines, Lines]:
    """The headline in one row, or in two with the clock below the duration; and the status page's line, in
    full and shorter, unless the second row contains it."""
    text = snapshot.verdict.summary
    pages = page_line(snapshot), page_line(snapshot, short=True)
    for end in _ends(snapshot):
        if _BADGE + 1 + cell_len(text) + _GAP + width(end) <= cells:
            return (spread(_badged(snapshot, text), end, cells),), pages
    above, below = lasted(snapshot), response_line(snapshot)
    room = cells - _BADGE - 1 - _GAP
    first, *others = wrap(text, max(room - width(above), 1), _LONGEST_ROWS) or ("",)
    rest = wrap(" ".join(others), max(room - width(below), 1), 1)
    second = line(Span(rest[0], "text", bold=True)) if rest else _fullest(pages, room - width(below))
    return (
        spread(_badged(snapshot, first), above, cells),
        spread(line(" " * (_BADGE + 1), *second), below, cells),
    ), pages if rest else (BLANK, BLANK)


def _fullest(variants: Lines, cells: int) -> Line:
    """The first variant that fits; if none does, the last one, cut."""
    return next((each for each in variants if width(each) <= cells), crop(variants[-1], cells))


# -- why, and what next ----------------------------------------------------------------------


def _why(verdict: Verdict, pages: Lines, cells: int, rows: int) -> Lines:
    """The evidence, and the other remarks in a row of their own; in a single row, what fits of both."""
    if rows <= 0:
        return ()
    set_by, evidence = figures(set_words(verdict)), own_evidence(verdict)
    own = [set_by, figures(also_words(verdict)), figures(verdict.note)]
    page = next((each for each in pages if width(join((each, *own))) <= cells), pages[-1])
    others = [page, *own]
    if rows == 1:
        leading, _ = _fitting(evidence, cells - (width(set_by) + _GAP if set_by else 0), 1)
        row = crop(join((set_by, figures(leading))), cells)
        return (_joined([row, *(each for each in others if each is not set_by)], cells),)
    most = rows - 1 if any(others) else rows
    leading, left = _fitting(evidence, cells, most)
    drawn = flow(figures(leading), cells, most)
    beside = _joined([*others, *map(figures, left)], cells) if most < rows else BLANK
    return (*drawn, beside) if beside else drawn


def _fitting(evidence: tuple[Evidence, ...], cells: int, rows: int) -> tuple[str, list[str]]:
    """The first piece of evidence and those others that fit completely; and the rest."""
    if not evidence:
        return "", []
    text, left = _shortened(evidence[0], cells, rows)
    for each in evidence[1:]:
        longer = f"{text} {each.text}"
        if len(wrap(longer, cells, rows + 1)) <= rows:
            text = longer
        else:
            left.append(each.text)
    return text, left


def _shortened(evidence: Evidence, cells: int, rows: int) -> tuple[str, list[str]]:
    """As many of the first clauses as fit, as one sentence; and each of the others as its own."""
    for kept in range(len(evidence.clauses), 0, -1):
        text, others = evidence.split(kept)
        if len(wrap(text, cells, rows + 1)) <= rows:
            return text, list(others)
    return evidence.text, []


def _joined(pieces: list[Line], cells: int) -> Line:
    """The first piece, cut if necessary, and those others that fit completely."""
    row: Line = BLANK
    for piece in pieces:
        longer = join((row, piece))
        row = longer if width(longer) <= cells else row or crop(piece, cells)
    return row


def _step(snapshot: Snapshot, cells: int, most: int, keys: KeyMap | None) -> Lines:
    """The next step in as few rows as it takes, beside it when to retry, and the keys where they fit."""
    text = line(Span("Next: ", "dim"), Span(snapshot.verdict.next_step, "text"))
    retry, offered = retry_line(snapshot), hints(keys, "decide", "act")
    for rows in range(1, most + 1):
        # A step that just fits into one row is broken into two if that makes room for the time to retry.
        aside = bool(retry) and len(flow(text, cells, rows)) < rows
        drawn = flow(text, cells - width(retry) - _GAP if aside else cells, rows)
        whole = len(flow(text, cells, rows + 1)) <= rows
        for end in (join((retry, offered), "   "), retry):
            if whole and width(drawn[-1]) + _GAP + width(end) <= cells:
                return (*drawn[:-1], spread(drawn[-1], end, cells))
    drawn = flow(text, cells, most)
    return (*drawn[:-1], spread(drawn[-1], retry, cells)) if drawn else ()
