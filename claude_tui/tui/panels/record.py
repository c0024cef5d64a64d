"""The record: the open incident's newest entries, or else past incidents, cost, and what is coming."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import zip_longest

from claude_tui.analysis.uptime.tally import Grade
from claude_tui.model.arrangement import Panel
from claude_tui.model.format import (
    NOT_AVAILABLE,
    age,
    day,
    duration,
    moment,
    money,
    percent,
    span_text,
)
from claude_tui.model.outlook import SOON, Outlook, Retirement, Uptime
from claude_tui.model.snapshot import Event, EventKind, Snapshot
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.grade_marks import GRADE_MARKS, grade_legend, mark_row
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    crop,
    fit,
    flow,
    join,
    line,
    pad,
    right,
    spread,
    width,
    wrap,
)

__all__ = ["RecordPanel", "outlook_line", "past_incidents", "record_lines"]

_LABEL_CELLS = 15
_MOST_MODELS = 4
_ROWS_OF_AN_ENTRY = 2
# From this height on, the full text of the newest entries is worth more than older entries.
_NEWEST, _ROOMY = 3, 9
# Verdicts, alerts, posts and what people did; the other panels show what is measured.
_VERDICTS_AND_ACTS = frozenset({EventKind.VERDICT, EventKind.ALERT, EventKind.STATUS, EventKind.PERSON})
# From this width on, past incidents are shown beside the rest.
_TWO_COLUMNS, _COLUMN_GAP = 96, 4


class RecordPanel(SnapshotPanel):
    PANEL = Panel.RECORD
    TITLE = "Record"
    SHOWS_AGE = True

    shows_events = False
    """Whether rows that are left show events, as no other panel does."""

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        return record_lines(snapshot, width, height, events=self.shows_events)

    def subtitle(self, snapshot: Snapshot) -> str:
        if snapshot.incident is None:
            return ""
        return "proposed" if snapshot.incident.proposed else snapshot.incident.label


def record_lines(snapshot: Snapshot, cells: int, rows: int, *, events: bool = False) -> Lines:
    """The open or proposed incident with its newest entries, or else the outlook; below it the `events`."""
    if snapshot.incident is not None:
        return _incident(snapshot, cells, rows)
    listed = tuple(event for event in snapshot.events if event.kind in _VERDICTS_AND_ACTS) if events else ()
    outlook = _outlook(snapshot, cells, rows, rows_below=min(len(listed), _NEWEST) + 2 if listed else 0)
    left = rows - len(outlook) - 2
    if not listed or left < 1:
        return outlook
    below = _entries(listed, snapshot.at, cells, left)
    return (*outlook, BLANK, line(Span("events, newest first", "dim")), *below)


# -- an incident -------------------------------------------------------------------------


def _incident(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    incident, at = snapshot.incident, snapshot.at
    assert incident is not None
    role = severity_role(incident.severity) if incident.severity.trouble else "text"
    if incident.proposed:
        text = f"{incident.severity} for {age(at - incident.since)}: no incident is open"
        head: Lines = (line(Span(text, role, bold=True)),)
    else:
        lead = (
            line(Span("lead ", "dim"), Span(fit(incident.lead, 20), "text"))
            if incident.lead
            else line(Span("no lead", "warn"))
        )
        opened = line(Span("open ", "dim"), Span(age(at - incident.started_at), "text"))
        title = line(Span(fit(incident.title, cells), role, bold=True))
        head = (title, spread(opened, lead, cells))
    if rows < 4:
        head = head[:1]
    return clipped((*head, *_entries(snapshot.incident_log, at, cells, rows - len(head))), cells, rows)


def _entries(log: tuple[Event, ...], at: datetime, cells: int, rows: int) -> Iterator[Line]:
    """The entries, newest first. The newest may take two rows, others if there are rows for all of them."""
    newest = _NEWEST if rows >= _ROOMY else 0
    for number, event in enumerate(log):
        waiting = 0 if number < newest else len(log) - number - 1
        room = _ROWS_OF_AN_ENTRY if rows - waiting >= _ROWS_OF_AN_ENTRY else 1
        if rows < 1:
            return
        for row in _entry(event, at, cells, room):
            yield row
            rows -= 1


def _entry(event: Event, at: datetime, cells: int, rows: int) -> Lines:
    mark = event_mark(event)
    subject = "" if event.kind in (EventKind.PERSON, EventKind.VERDICT) else event.subject
    text = ": ".join(part for part in (subject, event.text) if part)
    start = line(Span(f"{moment(event.at, at)} ", "dim"), Span(f"{mark.glyph} ", mark.role))
    texts = wrap(text, cells - width(start), rows) or ("",)
    return tuple(
        line(*(line(" " * width(start)) if number else start), Span(wrapped, "text"))
        for number, wrapped in enumerate(texts)
    )


# -- the outlook -------------------------------------------------------------------------


def _outlook(snapshot: Snapshot, cells: int, rows: int, rows_below: int = 0) -> Lines:
    """The subjects, with the incidents before the last one beside or below them.

    They are shown in full if that leaves `rows_below` for what is shown below them.
    """
    past_rows = len(snapshot.outlook.incidents)
    if cells < _TWO_COLUMNS or past_rows < 2:
        kept = rows_below + (min(past_rows, _NEWEST) + 2 if past_rows > 1 else 0)
        subjects = _subject_rows(snapshot, cells, rows, kept)
        left = rows - len(subjects) - 1
        past = _incidents_before(snapshot, cells, left) if left > 2 else ()
        return (*subjects, BLANK, *past) if past else subjects
    half = (cells - _COLUMN_GAP) // 2
    left_side = _subject_rows(snapshot, half, rows, rows_below)
    right_side = _incidents_before(snapshot, half, rows)
    return tuple(
        line(*left_row, " " * (half + _COLUMN_GAP - width(left_row)), *right_row) if right_row else left_row
        for left_row, right_row in zip_longest(left_side, right_side, fillvalue=BLANK)
    )


def _incidents_before(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """Past incidents below a label, if there are others than the last one."""
    if len(snapshot.outlook.incidents) < 2:
        return ()
    listed = past_incidents(snapshot, cells, rows - 1)
    return clipped((line(Span("incidents, newest first", "dim")), *listed), cells, rows)


def past_incidents(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """`INC-7  6d ago  P2  29m  Elevated 529s`, newest first, and how many more there are."""
    past = snapshot.outlook.incidents
    shown = past if len(past) <= rows else past[: max(rows - 1, 0)]
    label = max((cells_of(summary.label) for summary in past), default=0)
    listed = [
        crop(
            line(
                Span(pad(summary.label, label), "text"),
                Span(right(f"{age(snapshot.at - summary.resolved_at)} ago", 11), "dim"),
                Span(
                    f"  {summary.severity if summary.severity.trouble else '–':<2}",
                    severity_role(summary.severity),
                ),
                Span(right(age(summary.resolved_at - summary.started_at), 8), "text"),
                Span(f"  {summary.title}", "dim"),
            ),
            cells,
        )
        for summary in shown
    ]
    hidden = len(past) - len(shown)
    more = (line(Span(f"{hidden} more", "faint")),) if hidden else ()
    return clipped((*listed, *more), cells, rows)


def _subject_rows(snapshot: Snapshot, cells: int, rows: int, kept: int = 0) -> Lines:
    """A row or two for each subject, with blank rows between them if there is room.

    They have more rows if even then `kept` rows are left.
    """
    label_cells = _LABEL_CELLS if cells >= 2 * _LABEL_CELLS else cells_of("last incident ")
    for in_full in (True, False):
        parts = _subjects(snapshot, cells - label_cells, in_full=in_full)
        drawn = [_labelled(label, content, cells) for label, content in parts]
        whole = sum(map(len, drawn))
        if whole + len(drawn) - 1 + kept <= rows:
            break
    # If rows are scarce, the first row of each says the most.
    if whole > rows:
        drawn = [part[:1] for part in drawn]
    elif whole + len(drawn) - 1 <= rows:
        drawn = [(BLANK, *part) if number else part for number, part in enumerate(drawn)]
    return clipped((row for part in drawn for row in part), cells, rows)


def _labelled(label: str, content: Lines, cells: int) -> Lines:
    room = _LABEL_CELLS if cells >= 2 * _LABEL_CELLS else 0
    rows = content if room or not content else (line(Span(f"{label} ", "dim"), *content[0]), *content[1:])
    return tuple(
        crop(line(Span(pad("" if number else label, room), "dim"), *row), cells)
        for number, row in enumerate(rows)
    )


def _subjects(snapshot: Snapshot, cells: int, *, in_full: bool) -> Iterator[tuple[str, Lines]]:
    outlook, at = snapshot.outlook, snapshot.at
    yield "last incident", _last_incident(outlook, at, cells)
    if outlook.uptime is not None:
        yield f"uptime {span_text(outlook.uptime.span)}", _uptime(outlook, cells, in_full=in_full)
    yield "cost today", (_cost(snapshot),)
    yield "certificate", (_certificate(snapshot),)
    yield "retirements", _models(snapshot, in_full=in_full)


def _last_incident(outlook: Outlook, at: datetime, cells: int) -> Lines:
    """Label and title in up to two rows, then how long ago it was."""
    last = outlook.last_incident
    if last is None:
        return (line(Span("none recorded", "text")),)
    severity = f"{last.severity} · " if last.severity.trouble else ""
    lasted = duration(last.resolved_at - last.started_at)
    named = line(Span(f"{last.label} ", "text", bold=True), Span(last.title, "text"))
    return (
        *flow(named, cells, _ROWS_OF_AN_ENTRY),
        line(Span(f"{severity}{age(at - last.resolved_at)} ago, lasted {lasted}", "dim")),
    )


def _uptime(outlook: Outlook, cells: int, *, in_full: bool) -> Lines:
    """The share, and a mark for each day as on the history screen, the newest at the end."""
    uptime = outlook.uptime
    assert uptime is not None
    watched = f"watched {percent(uptime.coverage)} of it"
    if uptime.share is None:
        return (line(Span(NOT_AVAILABLE, "faint"), Span(f" · {watched}", "dim")),)
    figure = line(Span(percent(uptime.share, 2), "text", bold=True), Span(f" · {watched}", "dim"))
    if not uptime.days:
        return (figure,)
    # A gap between the days where there is room for it.
    size = max(min(cells // len(uptime.days), 3), 1) if in_full else 1
    marks = mark_row([GRADE_MARKS[Grade(day)] for day in uptime.days], size)
    return (figure, marks, *(_key_to_days(uptime, size, cells) if in_full else ()))


def _key_to_days(uptime: Uptime, size: int, cells: int) -> Iterator[Line]:
    """The first and the last day below the marks, and what the marks mean."""
    first = line(Span(f"{uptime.at - uptime.span:%b %d}", "faint"))
    last = line(Span(f"{uptime.at:%b %d}", "faint"))
    yield spread(first, last, len(uptime.days) * size - (size > 1))
    if width(grade_legend()) <= cells:
        yield grade_legend()


def _cost(snapshot: Snapshot) -> Line:
    spend, traffic = snapshot.engine.spend, snapshot.traffic
    probes = line(Span(money(spend.today_usd), "text", bold=True), Span(" probes", "dim"))
    if traffic is None or traffic.today_usd is None:
        return probes
    calls = line(Span(money(traffic.today_usd), "text", bold=True), Span(" calls", "dim"))
    return join((probes, calls), " · ")


def _certificate(snapshot: Snapshot) -> Line:
    expires, at = snapshot.outlook.certificate_expires_at, snapshot.at
    if expires is None and snapshot.engine.target.base_url.startswith("http://"):
        return line(Span("none: the endpoint is not https", "text"))
    if expires is None:
        return line(Span("expiry not seen yet", "faint"))
    role = "warn" if expires - at < SOON else "text"
    return line(Span(_time_until(expires, at), role, bold=True), Span(f" · {day(expires)}", "dim"))


def _models(snapshot: Snapshot, *, in_full: bool) -> Lines:
    """The models in use with their dates, then the first of the others, or several of them `in_full`."""
    if snapshot.catalogue is None:
        return (line(Span("not listed yet", "faint")),)
    found = snapshot.outlook.retirements
    used = [retirement for retirement in found if retirement.used]
    others = sorted(
        (retirement for retirement in found if not retirement.used), key=lambda retirement: retirement.at
    )
    rows = [_retirement(retirement, snapshot.at) for retirement in used[:_MOST_MODELS]]
    if not used:
        rows.append(line(Span("no date for a model in use", "text")))
    if in_full:
        rows += [_unused(retirement, snapshot.at) for retirement in others[:_MOST_MODELS]]
        if (later := len(others) - _MOST_MODELS) > 0:
            rows.append(line(Span(f"{later} more later", "dim")))
    elif others:
        first = others[0]
        name = first.model.removeprefix("claude-")
        more = f" · {len(others) - 1} more later" if others[1:] else ""
        rows.append(line(Span(f"not used: {name} · {day(first.at)}{more}", "dim")))
    return tuple(rows)


def _retirement(retirement: Retirement, at: datetime) -> Line:
    """`11 days · sonnet-4-5 · 2026-11-30`."""
    role = "warn" if retirement.at - at < SOON else "text"
    name = retirement.model.removeprefix("claude-")
    return line(
        Span(_time_until(retirement.at, at), role, bold=True),
        Span(" · ", "dim"),
        Span(name, "text"),
        Span(f" · {day(retirement.at)}", "dim"),
    )


def _unused(retirement: Retirement, at: datetime) -> Line:
    """`9 days · sonnet-4-5 · 2026-11-30 · not used`, which needs no attention."""
    name = retirement.model.removeprefix("claude-")
    return line(Span(f"{_time_until(retirement.at, at)} · {name} · {day(retirement.at)} · not used", "dim"))


def _time_until(then: datetime, at: datetime) -> str:
    """`61 days`; on the last two `1d 4h`, `5h 12m`; after it `expired`."""
    left = then - at
    if left <= timedelta():
        return "expired"
    return f"{left.days} days" if left >= timedelta(days=2) else duration(left)


def outlook_line(snapshot: Snapshot, cells: int) -> Line:
    """The models in one row, as far as they fit: problems and upcoming dates before what is usual."""
    outlook, at = snapshot.outlook, snapshot.at
    pieces: list[Line] = []
    last = outlook.last_incident
    if last is not None:
        when = Span(f"{age(at - last.resolved_at)} ago", "text")
        pieces.append(line(Span("last incident ", "dim"), when, Span(f" ({last.label})", "dim")))
    if outlook.uptime is not None and outlook.uptime.share is not None:
        figure = Span(percent(outlook.uptime.share, 2), "text")
        pieces.append(line(Span(f"uptime {span_text(outlook.uptime.span)} ", "dim"), figure))
    if outlook.certificate_expires_at is not None:
        role = "warn" if outlook.certificate_expires_at - at < SOON else "text"
        pieces.append(
            line(Span("certificate ", "dim"), Span(_time_until(outlook.certificate_expires_at, at), role))
        )
    used = [retirement for retirement in outlook.retirements if retirement.used]
    if used:
        name = used[0].model.removeprefix("claude-")
        role = "warn" if used[0].at - at < SOON else "text"
        pieces.append(line(Span(f"{name} retires in ", "dim"), Span(_time_until(used[0].at, at), role)))
    while pieces and width(join(pieces, " · ")) > cells:
        pieces.pop(0)
    return line(*(span if span.text != " · " else Span(" · ", "faint") for span in join(pieces, " · ")))
