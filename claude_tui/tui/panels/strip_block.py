"""The verdict in trouble: what, how bad, since when, why, and what next.

Every row has a fixed purpose. Clocks end at the right edge and evidence begins in a row of its own, so that
nothing moves when a figure, a clock or the length of the headline changes:

    ▌P2▐ headline                             since, how long      wide
         evidence                                    response
         status page, remarks
         next step                               retry, keys

    ▌P2▐ headline                                                  narrow
         remarks                  response   since, how long
         evidence
         status page
         next step
"""

from __future__ import annotations

from claude_tui.model.format import duration, moment
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Evidence, Severity, Verdict
from claude_tui.model.when import Local
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.panels.strip_size import WIDE
from claude_tui.tui.panels.verdict_text import (
    also_text,
    figures,
    override_text,
    own_evidence,
    page_line,
    response_line,
    retry_line,
    verdict_role,
)
from claude_tui.tui.render.gauge import gauge
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    flow,
    join,
    line,
    plain,
    right,
    spread,
    width,
    wrap,
)

__all__ = ["block_clocks", "block_lines", "elapsed_line", "hinted_key", "hints", "next_steps"]

_BADGE = 5
_GAP = 2
# `59m 59s` and `23h 59m`.
_DURATION = 7
# `since 14:02:11`.
_SINCE = 14
# `response overdue by 34m`: evidence leaves this much space beside it, whatever the clock says.
_RESPONSE = 23
_MOST_ROWS_OF_STEP = 2
# From this width on, each first step fits into a row.
_ONE_ROW_OF_STEP = 72
_RECOVERY_GAUGE = 12


def block_lines(
    snapshot: Snapshot, cells: int, rows: int, keys: KeyMap | None = None, local: Local | None = None
) -> Lines:
    """The current problem in exactly `rows` rows of at most `cells` cells.

    Times of `local` are shown beside those in UTC if there is room.
    """
    inner, wide = cells - _BADGE - 1, cells >= WIDE
    if rows <= 2:
        return (_one_row(snapshot, cells), *_indented(_step(snapshot, inner, 1, keys)))[:rows]
    # The headline and the clocks, and on a narrow screen the evidence, have rows of their own.
    most = 1 if inner >= _ONE_ROW_OF_STEP else min(max(rows - 3, 1), _MOST_ROWS_OF_STEP)
    step = _step(snapshot, inner, most, keys)
    room = rows - 1 - len(step)
    since = _since(snapshot, local) if wide else BLANK
    headline_cells = _headline_cells(since, inner, wide=wide)
    first, *others = wrap(_headline(snapshot.verdict, headline_cells), headline_cells, rows) or ("",)
    head = spread(_badged(snapshot, first), since, cells)
    body = (_wide if wide else _narrow)(snapshot, " ".join(others), inner, room)
    blank = (BLANK,) * (room - len(body))
    return (head, *_indented((*body, *blank, *step)))


def block_clocks(snapshot: Snapshot, local: Local | None = None) -> Lines:
    """The parts of `block_lines` that change with time."""
    since = snapshot.verdict.since
    began = line(Span(moment(since, snapshot.at))) if since is not None else BLANK
    if since is not None and local is not None:
        began = line(*began, Span(local.beside_utc(since, snapshot.at)))
    return (elapsed_line(snapshot), began, response_line(snapshot), page_line(snapshot))


def elapsed_line(snapshot: Snapshot) -> Line:
    """How long it has lasted, padded to a fixed width."""
    since = snapshot.verdict.since
    if since is None:
        return BLANK
    role = verdict_role(snapshot.verdict)
    return line(Span(right(duration(snapshot.at - since), _DURATION), role, bold=True))


def hints(keys: KeyMap | None, *wanted: str) -> Line:
    """Keys and labels of the `wanted` actions, as in the footer."""
    actions = {action.id: action for action in ACTIONS if action.id in wanted}
    keyed = {name: first_key(name, actions[name].keys, keys) for name in wanted}
    return join(
        line(Span(display(key), "accent", bold=True), Span(f" {actions[name].label}", "dim"))
        for name, key in keyed.items()
        if key
    )


def hinted_key(row: Line, x: int, keys: KeyMap | None, *wanted: str) -> str:
    """The key of the hint at `x` in a row that may have hints of the `wanted` actions; "" beside them."""
    text = plain(row)
    for action in ACTIONS:
        hint = plain(hints(keys, action.id)) if action.id in wanted else ""
        before, found, _ = text.rpartition(hint) if hint else ("", "", "")
        if found and 0 <= x - cells_of(before) < cells_of(found):
            return first_key(action.id, action.keys, keys)
    return ""


def _indented(rows: Lines) -> Lines:
    return tuple(line(" " * (_BADGE + 1), *row) if row else BLANK for row in rows)


# -- what, since when, and until when ------------------------------------------------------


def _badged(snapshot: Snapshot, text: str) -> Line:
    """A P1 has a solid badge, the others an outlined one, so that they differ without colours."""
    severity, role = snapshot.verdict.severity, verdict_role(snapshot.verdict)
    badge = line(Span(f" ▌{severity}▐", role, bold=True))
    if severity is Severity.P1 and snapshot.verdict.recovery is None:
        badge = line(
            " ", Span("█", role), Span(f"{severity}", "background", bold=True, back=role), Span("█", role)
        )
    return line(*badge, " ", Span(text, "text", bold=True))


def _since(snapshot: Snapshot, local: Local | None = None) -> Line:
    """`since 14:02:11   3m 22s`, which ends at the right edge."""
    since = snapshot.verdict.since
    if since is None:
        return BLANK
    local_time = f" {local.beside_utc(since, snapshot.at)}" if local is not None else ""
    instant = line(Span("since ", "dim"), Span(moment(since, snapshot.at), "text"), Span(local_time, "info"))
    return join((instant, elapsed_line(snapshot)))


def _headline(verdict: Verdict, cells: int) -> str:
    """The summary, or the brief one if only that fits into a row, or if it comes closer to fitting."""
    brief = verdict.brief or verdict.summary
    return verdict.summary if cells_of(verdict.summary) <= max(cells, cells_of(brief)) else brief


def _one_row(snapshot: Snapshot, cells: int) -> Line:
    """The headline's row; if it is too narrow, without duration and start, then with the headline cut."""
    clock, verdict = response_line(snapshot), snapshot.verdict
    text = _headline(verdict, cells - _BADGE - 1 - _GAP - width(elapsed_line(snapshot)))
    for end in (join((clock, _since(snapshot))), join((clock, elapsed_line(snapshot)))):
        if _BADGE + 1 + cells_of(text) + _GAP + width(end) <= cells:
            return spread(_badged(snapshot, text), end, cells)
    return spread(_badged(snapshot, text), elapsed_line(snapshot), cells)


def _headline_cells(since: Line, inner: int, *, wide: bool) -> int:
    """The width of the headline in its row, which is the same whatever the clocks beside it say."""
    clock_cells = max(width(since), _SINCE + _GAP + _DURATION) + _GAP if wide else 0
    return max(inner - clock_cells, 1)


def _wide(snapshot: Snapshot, headline: str, inner: int, rows: int) -> Lines:
    """The rest of the headline and the evidence beside the response clock, followed by the rest."""
    verdict, response = snapshot.verdict, response_line(snapshot)
    room = inner - _GAP - max(width(response), _RESPONSE)
    lead = _lead(verdict, headline, room, alone=rows < 2)
    evidence, left = _fitting(own_evidence(verdict), room - width(lead) - 1 if lead else room)
    row = spread(join((lead, figures(evidence)), " "), response, inner)
    others = _remarks(verdict)
    return (row, *_others(snapshot, others, left, inner, rows - 1))


def _narrow(snapshot: Snapshot, headline: str, inner: int, rows: int) -> Lines:
    """The rest of the headline or a remark beside the clocks; then the evidence, and the rest."""
    verdict, since = snapshot.verdict, _since(snapshot)
    clocks = join((response_line(snapshot, inner - _GAP - width(since)), since))
    if cells_of(headline) > inner - _GAP - width(clocks):
        # A headline that goes on below the clocks is hard to read: they may do without the start.
        shorter = join((response_line(snapshot, inner - _GAP - _DURATION), elapsed_line(snapshot)))
        clocks = shorter if cells_of(headline) <= inner - _GAP - width(shorter) else clocks
    room, others = inner - _GAP - width(clocks), list(_remarks(verdict))
    # The part of the headline that does not fit beside the clocks either begins the row of the evidence.
    first, more = _split(headline, room) if rows > 1 else (headline, "")
    start = _bold(first)
    if not start and others and width(others[0]) <= room:
        start = others.pop(0)
    row = spread(start, clocks, inner)
    if rows < 2:
        return (row,)
    lead = _bold(more)
    if rows < 3 and others and verdict.set_by:
        lead = others.pop(0)
    evidence_cells = inner - width(lead) - _GAP if lead else inner
    text, left = _fitting(own_evidence(verdict), evidence_cells)
    if lead and cells_of(text) > evidence_cells:
        text, left = "", [text, *left]
    evidence = crop(join((lead, figures(text)), " "), inner)
    if rows < 3:
        return (row, _joined([evidence, _short_page(snapshot), *others, *map(figures, left)], inner))
    return (row, evidence, *_others(snapshot, tuple(others), left, inner, rows - 2))


def _split(text: str, cells: int) -> tuple[str, str]:
    """As many words as fit into `cells`, and the remaining ones."""
    words = text.split(" ")
    kept = next(n for n in range(len(words), -1, -1) if cells_of(" ".join(words[:n])) <= max(cells, 0))
    return " ".join(words[:kept]), " ".join(words[kept:])


def _bold(text: str) -> Line:
    return line(Span(text, "text", bold=True))


def _lead(verdict: Verdict, headline: str, cells: int, *, alone: bool) -> Line:
    """The text before the evidence: the rest of the headline, or who set the severity."""
    if headline:
        return _bold(wrap(headline, max(cells, 1), 1)[0])
    return figures(override_text(verdict)) if alone else BLANK


# -- why, and what next ----------------------------------------------------------------------


def _remarks(verdict: Verdict) -> Lines:
    """The remarks beside the evidence, the most important first."""
    remarks = (
        figures(override_text(verdict)),
        _recovery(verdict),
        figures(also_text(verdict)),
        figures(verdict.note),
    )
    return tuple(remark for remark in remarks if remark)


def _recovery(verdict: Verdict) -> Line:
    """`━━━━━━━━━━╾─ 6 of 7 answers`: the progress of the recovery."""
    recovery = verdict.recovery
    if recovery is None:
        return BLANK
    progress = (
        f"{recovery.good} good, {duration(recovery.remaining_s)} more"
        if recovery.remaining_s
        else f"{recovery.good} of {recovery.good + recovery.remaining} good"
    )
    return line(*gauge(recovery.share, _RECOVERY_GAUGE, "ok"), Span(f" {progress}", "dim"))


def _short_page(snapshot: Snapshot) -> Line:
    return page_line(snapshot, short=True)


def _others(snapshot: Snapshot, remarks: Lines, left: list[str], cells: int, rows: int) -> Lines:
    """The first remark, the status page, the other remarks, then evidence, as far as there is room.

    The status page's line is the short one if that makes room for another piece.
    """

    def placed(page: Line) -> tuple[int, Lines]:
        pieces = (*remarks[:1], page, *remarks[1:], *map(figures, left))
        return _rows_of([piece for piece in pieces if piece], cells, rows)

    full, short = placed(page_line(snapshot)), placed(_short_page(snapshot))
    return short[1] if short[0] > full[0] or width(page_line(snapshot)) > cells else full[1]


def _rows_of(pieces: list[Line], cells: int, rows: int) -> tuple[int, Lines]:
    """How many of the pieces fit whole into `rows` rows, and those rows. The first is cut if it must be."""
    out: list[Line] = []
    placed = 0
    for piece in pieces:
        if out and width(join((out[-1], piece))) <= cells:
            out[-1] = join((out[-1], piece))
        elif len(out) < rows and (width(piece) <= cells or not out or rows - len(out) > 1):
            out += (piece,) if width(piece) <= cells else flow(piece, cells, rows - len(out))
        else:
            continue
        placed += 1
    return placed, tuple(out)


def _fitting(evidence: tuple[Evidence, ...], cells: int) -> tuple[str, list[str]]:
    """The first piece of evidence and those others that fit completely into a row; and the rest."""
    if not evidence:
        return "", []
    text, clauses = _shortened(evidence[0], cells)
    left: list[str] = []
    for evidence_item in evidence[1:]:
        longer = f"{text} {evidence_item.text}"
        if cells_of(longer) <= cells:
            text = longer
        else:
            left.append(evidence_item.text)
    # What is ruled out says more than a clause for which the first row had no room.
    return text, [*left, *clauses]


def _shortened(evidence: Evidence, cells: int) -> tuple[str, list[str]]:
    """As many of the first clauses as fit, as one sentence; the others as sentences of their own."""
    for kept in range(len(evidence.clauses), 0, -1):
        text, others = evidence.split(kept)
        if cells_of(text) <= cells:
            return text, list(others)
    return evidence.brief_text, list(evidence.split(1)[1])


def _joined(pieces: list[Line], cells: int) -> Line:
    """The first piece, cut if necessary, and those others that fit completely."""
    row: Line = BLANK
    for piece in pieces:
        longer = join((row, piece))
        row = longer if width(longer) <= cells else row or crop(piece, cells)
    return row


def _step(snapshot: Snapshot, cells: int, most: int, keys: KeyMap | None) -> Lines:
    """What to do next, followed by other steps if they fit; beside it when to retry, and the keys.

    The first step is bright and begins the row, so that it is read first. It is cut only if even `most` rows
    are too few for it.
    """
    whole, brief = next_steps(snapshot.verdict)
    retry, offered = retry_line(snapshot), hints(keys, "decide", "act")
    with_keys = join((retry, offered), "   ")
    for rows in range(1, most + 1):
        for text, end in ((whole, with_keys), (whole, retry), (brief, with_keys), (brief, retry)):
            step_rows = flow(text, cells, rows)
            fits = not end or width(step_rows[-1]) + _GAP + width(end) <= cells
            if fits and len(flow(text, cells, rows + 1)) <= rows:
                return (*step_rows[:-1], spread(step_rows[-1], end, cells))
    step_rows = flow(brief, cells, most)
    return (*step_rows[:-1], spread(step_rows[-1], retry, cells)) if step_rows else ()


def next_steps(verdict: Verdict) -> tuple[Line, Line]:
    """The next steps with the first one emphasised; and the first step alone."""
    first = verdict.first_step or verdict.next_step
    besides = verdict.next_step.removeprefix(first).removeprefix(";").strip()
    brief = line(Span("Next: ", "dim"), Span(first, "text", bold=True))
    if not besides:
        return brief, brief
    whole = line(Span("Next: ", "dim"), Span(f"{first};", "text", bold=True), Span(f" {besides}", "text"))
    return whole, brief
