"""An incident as lines: its timeline, its figures, and the list of all incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from claude_tui.analysis.views.events import classes_of
from claude_tui.incident import Figures, Incident, TimelineEntry, TimelineKind
from claude_tui.model.filtering import Filter, Searched
from claude_tui.model.format import (
    age,
    clock,
    duration,
    latency,
    moment,
    percent,
    stamp,
)
from claude_tui.model.observation import Observation
from claude_tui.model.snapshot import Level
from claude_tui.model.verdict import Severity
from claude_tui.model.when import Local
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.panels.zoom_parts import paragraph
from claude_tui.tui.render.glyphs import Mark, level_mark
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    fit,
    join,
    line,
    pad,
    spread,
    width,
    wrap,
)
from claude_tui.tui.screens.runbook_parts import Page, under_cursor

__all__ = ["TimelineLook", "figure_lines", "headline", "matching", "short_figures", "timeline_page"]

_GLYPHS = {
    TimelineKind.FIRST_FAILURE: "✗",
    TimelineKind.FAILURES: "✗",
    TimelineKind.DETECTED: "!",
    TimelineKind.VERDICT: "!",
    TimelineKind.SEVERITY: "!",
    TimelineKind.PAGED: "▲",
    TimelineKind.DELIVERY: "▲",
    TimelineKind.STATUS_PAGE: "◆",
    TimelineKind.RECOVERED: "✓",
    TimelineKind.UNKNOWN: "░",
    TimelineKind.MITIGATED: "✓",
    TimelineKind.RESOLVED: "✓",
}
_PERSON = "»"
_LATER = timedelta(minutes=1)
"""An entry recorded at least this long after the event shows both times."""
_ROWS = {TimelineKind.NOTE: 3, TimelineKind.STATUS_PAGE: 3, TimelineKind.FIRST_FAILURE: 2}
"""How many rows the text of an entry may take."""
_ROWS_BY_PEOPLE = 2
"""The same for other entries by people; what is left takes one row."""
_MOST_SHOWN = 500
_NAME_CELLS = 16
_FIGURE_CELLS = 12
_MOST_ERRORS = 4
_SHORTEST_TITLE = 12
# The space between a text and what is at the end of its row.
_GAP = 2


@dataclass(frozen=True, slots=True)
class TimelineLook:
    """How a timeline is shown."""

    at: datetime
    """The instant of the Snapshot."""
    cursor: str = ""
    """The key of the entry under the cursor."""
    opened: frozenset[str] = field(default_factory=frozenset)
    """The keys of the entries that are open."""
    filter_text: str = ""
    """The filter as typed."""
    local: Local | None = None
    """The zone whose times are shown beside those in UTC."""


def matching(entries: Iterable[TimelineEntry], wanted: Filter, at: datetime) -> tuple[TimelineEntry, ...]:
    """The entries that match a filter."""
    return tuple(entry for entry in entries if wanted.keeps(_searched(entry), at))


def _searched(entry: TimelineEntry) -> Searched:
    ids = " ".join(observation.request_id or "" for observation in entry.observations)
    pinned = "pinned" if entry.pinned else ""
    parts = (entry.text, entry.author, entry.host, entry.kind.value, entry.detail, pinned, ids)
    classes = [classes_of(observation) for observation in entry.observations]
    return Searched(
        entry.last_at or entry.happened_at,
        "\n".join(parts),
        frozenset(
            str(observation.http_status)
            for observation in entry.observations
            if observation.http_status is not None
        ),
        frozenset({entry.kind.value}).union(*classes),
    )


# -- the timeline ------------------------------------------------------------------------


def timeline_page(entries: Sequence[TimelineEntry], figures: Figures, look: TimelineLook, cells: int) -> Page:
    """A row for each entry, oldest first; below an open entry, its content."""
    out: list[Line] = []
    cursor, items = range(0), []
    for entry in entries:
        start = len(out)
        rows = _entry(entry, figures, look, cells)
        if entry.key == look.cursor:
            rows = (*(under_cursor(row, cells) for row in rows[:1]), *rows[1:])
        out += rows
        if entry.key in look.opened:
            out += _opened(entry, look, cells)
        if entry.key == look.cursor:
            cursor = range(start, len(out))
        items.append(range(start, len(out)))
    if not entries:
        out.append(line(Span("No entry matches the filter." if look.filter_text else "Nothing yet.", "dim")))
    return Page(tuple(out), cursor, tuple(items))


def _entry(entry: TimelineEntry, figures: Figures, look: TimelineLook, cells: int) -> Lines:
    mark, loud = _mark(entry), entry.kind.by_people or entry.kind in _STAND_OUT
    when = pad(moment(entry.happened_at, look.at), _when_cells(figures, look))
    local_time = f"{look.local.beside_utc(entry.happened_at, look.at)}  " if look.local is not None else ""
    head = line(
        Span(f"{when}  ", "dim"), Span(local_time, "info"), Span(f"{mark.glyph} ", mark.role, bold=loud)
    )
    author = f"{fit(entry.author, _NAME_CELLS)}: " if entry.author else ""
    end = _end(entry, figures, look)
    first, *rest = entry.text.split("\n")
    room = max(cells - width(head), 1)
    first_row = f"{author}{first}{' …' if rest else ''}"
    # What people wrote is shown in full; most of what the program noted, in the rest of its row.
    most = _ROWS.get(entry.kind, _ROWS_BY_PEOPLE if entry.kind.by_people else 1)
    first_cells = max(room - width(end) - _GAP, 8) if end else room
    rows = _wrapped_beside_end(first_row, room, first_cells, most)
    role = "text" if loud else "dim"
    top = spread(line(*head, *_with_author(rows[0] if rows else "", author, role, loud=loud)), end, cells)
    more = (line(" " * width(head), Span(row, role)) for row in rows[1:])
    return (top, *more)


def _wrapped_beside_end(text: str, cells: int, first_cells: int, most: int) -> tuple[str, ...]:
    """The text in at most `most` rows; the first shares its row with what is at its end."""
    if most == 1:
        return wrap(text, first_cells, 1)
    collapsed = " ".join(text.split())
    first = next(iter(wrap(collapsed, first_cells, len(collapsed) + 1)), "")
    return (first, *wrap(collapsed[len(first) :], cells, most - 1))


_STAND_OUT = frozenset(
    {
        TimelineKind.FIRST_FAILURE,
        TimelineKind.DETECTED,
        TimelineKind.VERDICT,
        TimelineKind.SEVERITY,
        TimelineKind.RECOVERED,
    }
)


def _with_author(text: str, author: str, role: str, *, loud: bool) -> Line:
    if author and text.startswith(author):
        return line(Span(author, "info"), Span(text[len(author) :], role))
    return line(Span(text, role, bold=loud and not author))


def _when_cells(figures: Figures, look: TimelineLook) -> int:
    """Times of another day are preceded by the date."""
    return 8 if figures.started.date() == look.at.date() else 12


def _mark(entry: TimelineEntry) -> Mark:
    of_level = level_mark(entry.level)
    glyph = _GLYPHS.get(entry.kind, _PERSON if entry.kind.by_people else of_level.glyph)
    if entry.level is Level.OK and entry.kind in (TimelineKind.VERDICT, TimelineKind.PAGED):
        glyph = "✓"
    return Mark(glyph, of_level.word, of_level.role)


def _end(entry: TimelineEntry, figures: Figures, look: TimelineLook) -> Line:
    """When it was recorded if that was later, its mark, and the time since the start."""
    pieces: list[Line] = []
    if entry.last_at is not None:
        pieces.append(line(Span(f"until {moment(entry.last_at, look.at)}", "dim")))
    if entry.recorded_at - entry.happened_at >= _LATER:
        verb = "read" if entry.kind is TimelineKind.STATUS_PAGE else "recorded"
        pieces.append(line(Span(f"{verb} {moment(entry.recorded_at, look.at)}", "dim")))
    if entry.corrections:
        pieces.append(line(Span("corrected", "warn")))
    if entry.pinned:
        pieces.append(line(Span("pinned", "accent")))
    if entry.kind in _TIMED:
        pieces.append(line(Span(_offset(entry.happened_at - figures.started), "dim")))
    if entry.count > 1 and entry.key not in look.opened:
        pieces.append(line(Span("▸", "faint")))
    return join(pieces)


_TIMED = frozenset(
    {
        TimelineKind.DETECTED,
        TimelineKind.ACKNOWLEDGED,
        TimelineKind.MITIGATED,
        TimelineKind.RECOVERED,
        TimelineKind.RESOLVED,
    }
)


def _offset(after: timedelta) -> str:
    """`+11s`, `-2m 05s`."""
    return f"-{duration(-after)}" if after < timedelta() else f"+{duration(after)}"


def _opened(entry: TimelineEntry, look: TimelineLook, cells: int) -> Iterator[Line]:
    """What is folded into an entry, or takes more than a row."""
    indent = 12
    if "\n" in entry.text or entry.detail:
        yield from paragraph(entry.detail or entry.text, min(cells, 110), indent)
    by = join(
        (
            line(Span(f"at {stamp(entry.happened_at)}", "dim")),
            line(Span(f"on {entry.host}", "dim")) if entry.host else BLANK,
            line(Span(f"recorded {stamp(entry.recorded_at)}", "dim"))
            if entry.recorded_at != entry.happened_at
            else BLANK,
        ),
        " · ",
    )
    yield crop(line(" " * indent, *by), cells)
    for correction in entry.corrections:
        was = line(
            Span("corrected ", "warn"), Span(f"{moment(correction.at, look.at)} by {correction.by}", "dim")
        )
        yield crop(line(" " * indent, *was), cells)
    if entry.original and entry.original != entry.text:
        yield crop(line(" " * indent, Span("before: ", "dim"), entry.original), cells)
    for observation in entry.observations[:_MOST_SHOWN]:
        yield crop(line(" " * indent, *_observation(observation, look.at)), cells)
    left = len(entry.observations) - _MOST_SHOWN
    if left > 0:
        yield line(" " * indent, Span(f"and {left:,} more", "dim"))


def _observation(observation: Observation, at: datetime) -> Line:
    total = observation.timings.total
    return join(
        (
            line(Span(moment(observation.at, at), "dim")),
            line(Span(str(observation.http_status or observation.outcome.value), "text")),
            line(
                Span(observation.request_id or "no request id", "text" if observation.request_id else "faint")
            ),
            line(Span(latency(total), "dim")) if total is not None else BLANK,
            line(Span(observation.message or "", "dim")),
        )
    )


# -- the figures -------------------------------------------------------------------------


def headline(incident: Incident, figures: Figures, cells: int) -> str:
    """`INC-7 Elevated 529s on Opus · P2 (P1 for 4m) · open 12m`; in fewer `cells` the title is cut."""
    severity = incident.severity if incident.severity.trouble else _worst(figures)
    rated = str(severity) if severity.trouble else ""
    others = [
        f"{past_severity} for {age(length)}"
        for past_severity, length in figures.shown_severities
        if past_severity.trouble and past_severity is not severity
    ]
    parts = [incident.label]
    if rated or others:
        parts.append(f"{rated} ({', '.join(others)})" if rated and others else rated or ", ".join(others))
    parts.append(_state(incident, figures))
    label, *rest = parts
    end = " · ".join(("", *rest))
    if cells_of(f"{label} {end}") + _SHORTEST_TITLE > cells and rated:
        end = " · ".join(("", rated, rest[-1]))
    room = max(cells - cells_of(f"{label} {end}"), _SHORTEST_TITLE)
    return f"{label} {fit(incident.title, room)}{end}"


def _worst(figures: Figures) -> Severity:
    return Severity.worst(severity for severity, _ in figures.per_severity)


def _state(incident: Incident, figures: Figures) -> str:
    if incident.merged_into:
        return "merged"
    return f"{'open' if figures.ongoing else 'resolved after'} {age(figures.duration)}"


def figure_lines(incident: Incident, figures: Figures, at: datetime, cells: int) -> Lines:
    """All computed figures, one per row; a dash for what has not happened."""
    out: list[Line] = [
        _figure("started", line(moment(figures.started, at)), cells),
        _figure("detected", _after(figures, figures.detected), cells),
        _figure("acked", _after(figures, figures.acknowledged, figures.acknowledged_by), cells),
        _figure("mitigated", _after(figures, figures.mitigated), cells),
        _figure("recovered", _after(figures, figures.recovered), cells),
        _figure("resolved", _after(figures, figures.resolved), cells),
        _figure("status page", _page(figures), cells),
        BLANK,
    ]
    for severity, length in figures.shown_severities:
        name, role = (str(severity), severity_role(severity)) if severity.trouble else ("unseen", "text")
        out.append(_figure(name, line(Span(duration(length), role)), cells))
    if figures.unknown:
        known = f"{duration(figures.unknown_time)}, {percent(figures.coverage)} known"
        out.append(_figure("unknown", line(Span(known, "warn")), cells))
    out += [BLANK, _figure("failed", _failed(figures), cells)]
    for error in figures.errors[:_MOST_ERRORS]:
        out.append(crop(spread(line(Span(f"  {error.name}", "dim")), line(f"{error.count:,}"), cells), cells))
    if figures.worst_s is not None:
        out.append(_figure("slowest", line(latency(figures.worst_s)), cells))
    if figures.request_ids:
        out.append(_figure("request ids", line(f"{len(figures.request_ids):,}"), cells))
    out += [
        BLANK,
        _figure("lead", _person(incident.lead), cells),
        _figure("comms", _person(incident.communications), cells),
    ]
    return tuple(out)


def _figure(name: str, value: Line, cells: int) -> Line:
    return crop(line(Span(pad(name, _FIGURE_CELLS), "dim"), *value), cells)


def _after(figures: Figures, instant: datetime | None, who: str = "") -> Line:
    after = figures.after_start(instant)
    if after is None:
        return line(Span("–", "dim"))
    return line(_offset(after), Span(f" {who}" if who else "", "dim"))


def _person(name: str) -> Line:
    return line(name) if name else line(Span("nobody", "warn"))


def _page(figures: Figures) -> Line:
    lead = figures.detection_lead
    if lead is None and not figures.page_read:
        return line(Span("not read", "warn"))
    if lead is None:
        return line(Span("not yet" if figures.ongoing else "nothing posted", "dim"))
    if lead < timedelta():
        return line(f"{duration(-lead)} before us")
    return line(f"{duration(lead)} after us")


def _failed(figures: Figures) -> Line:
    if not figures.requests:
        return line(Span("nothing probed", "warn"))
    return line(f"{figures.failed:,}", Span(" of ", "dim"), f"{figures.requests:,}")


def short_figures(incident: Incident, figures: Figures, cells: int) -> Lines:
    """The figures in one or two rows, for a screen without a column for them."""
    pieces = [
        line(Span("started ", "dim"), clock(figures.started)),
        line(Span("detected ", "dim"), *_after(figures, figures.detected)),
        line(Span("acked ", "dim"), *_after(figures, figures.acknowledged, figures.acknowledged_by)),
        line(Span("mitigated ", "dim"), *_after(figures, figures.mitigated)),
        line(Span("failed ", "dim"), *_failed(figures)),
        line(Span("status page ", "dim"), *_page(figures)),
        line(Span("unknown ", "dim"), Span(duration(figures.unknown_time), "warn"))
        if figures.unknown
        else BLANK,
        line(Span("lead ", "dim"), *_person(incident.lead)),
    ]
    rows: list[Line] = [BLANK]
    for piece in (fact for fact in pieces if fact):
        longer = join((rows[-1], piece), " · ")
        if width(longer) <= cells - 2:
            rows[-1] = longer
        elif len(rows) < 2:
            rows.append(piece)
    return tuple(line(" ", *row) for row in rows)
