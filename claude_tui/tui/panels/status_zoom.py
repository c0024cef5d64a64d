"""The status page in full screen: every component, every open incident with all its updates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.model.format import ago, duration, plain
from claude_tui.model.provider import Component, IncidentUpdate, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import EventKind, Snapshot, StatusView
from claude_tui.model.verdict import PageAgreement, Verdict
from claude_tui.tui.panels.record import past_incidents
from claude_tui.tui.panels.times import Times
from claude_tui.tui.panels.zoom_parts import halves, heading, paragraph, side_by_side
from claude_tui.tui.render.glyphs import component_mark, event_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, fit, join, line, pad, width, wrap

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["STATUS_BESIDE_FROM", "status_zoom"]

_NAME_CELLS = 44
_NAME_ROWS = 3
# From here on, changes and our own record are beside what the page says now.
STATUS_BESIDE_FROM = 140
_MOST_INCIDENTS = 20


def status_zoom(snapshot: Snapshot, cells: int, local: Local | None = None) -> Lines:
    """What the page says and when it was read, or why it is unknown; also with times of `local`."""
    view, times = snapshot.status, Times(snapshot.at, local)
    status = view.status
    if status is None:
        return (line(Span("◌ not read yet", "dim")),)
    if not status.known:
        return _unknown(view, status, times, cells)
    if cells < STATUS_BESIDE_FROM:
        changes = _changes(snapshot, times, cells)
        return (*_now(snapshot, status, times, cells), *changes, *_source(view, status, times, cells))
    left, right = halves(cells)
    now = (*_now(snapshot, status, times, left), *_source(view, status, times, left))
    return side_by_side(now, (*_changes(snapshot, times, right), *_ours(snapshot, right)), left)


def _now(snapshot: Snapshot, status: ProviderStatus, times: Times, cells: int) -> Lines:
    view = snapshot.status
    return (
        *_silence(view, times, cells),
        *_resolved(snapshot.verdict, cells),
        *_incidents(view, status, times, cells),
        *_maintenances(status, times, cells),
        *_components(view, status, cells),
    )


def _unknown(view: StatusView, status: ProviderStatus, times: Times, cells: int) -> Lines:
    known = (
        f"last read {_when(view.read_at, times)}" if view.read_at else "not read since the program started"
    )
    return (
        *_name(
            "The page can't be read, so it says nothing either way.",
            Span("◌ ", "warn"),
            cells,
        ),
        BLANK,
        *paragraph(status.unknown_reason or "", cells, 2),
        BLANK,
        *paragraph(f"Last tried: {status.source}, {_when(status.fetched_at, times)}", cells, 2, "dim"),
        *paragraph(known, cells, 2, "dim"),
    )


def _silence(view: StatusView, times: Times, cells: int) -> Lines:
    if view.silent_since is None:
        return ()
    noticed = Span(f" (we noticed at {_instant(view.silent_since, times)}, ", "dim")
    age = Span(duration(times.at - view.silent_since), "warn", bold=True)
    notice = line(Span("▲ ", "warn"), "Nothing posted yet", noticed, age, Span(" ago)", "dim"))
    return (crop(notice, cells), BLANK)


def _resolved(verdict: Verdict, cells: int) -> Lines:
    if verdict.page is not PageAgreement.RESOLVED:
        return ()
    still = "" if verdict.recovery is not None else "; requests still fail"
    notice = line(Span("▲ ", "warn"), f"It reported the problem, and says it is resolved{still}")
    return (crop(notice, cells), BLANK)


def _incidents(view: StatusView, status: ProviderStatus, times: Times, cells: int) -> Lines:
    if not status.incidents:
        return (heading("Incidents", "", cells), line(Span("None posted.", "text")), BLANK)
    ours_first = sorted(status.incidents, key=lambda incident: incident.id not in view.concerning)
    names = {component.id: component.name for component in status.components}
    out: list[Line] = [heading("Incidents", f"{len(ours_first)} open", cells)]
    for incident in ours_first:
        out += _incident(incident, incident.id in view.concerning, names, times, cells)
    return tuple(out)


def _incident(
    incident: ProviderIncident, ours: bool, names: dict[str, str], times: Times, cells: int
) -> Lines:
    affected = (
        ", ".join(names.get(component, component) for component in incident.components)
        or "no component named"
    )
    return (
        *_name(incident.name, Span("! ", "bad" if ours else "dim", bold=True), cells),
        crop(_facts(incident, ours, times), cells),
        *paragraph(f"affects {affected}", cells, 2, "dim"),
        *(row for update in incident.updates for row in _update(update, times, cells)),
        BLANK,
    )


def _name(name: str, mark: Span, cells: int) -> Lines:
    """A name in a few rows at most, after a mark two cells wide."""
    rows = wrap(name, cells - 2, _NAME_ROWS) or ("",)
    return tuple(
        line(mark if number == 0 else "  ", Span(row, "text", bold=True)) for number, row in enumerate(rows)
    )


def _facts(incident: ProviderIncident, ours: bool, times: Times) -> Line:
    began = (
        line(Span("began ", "dim"), Span(_when(incident.started_at, times), "text"))
        if incident.started_at
        else BLANK
    )
    return line(
        "  ",
        *join(
            (
                line(Span(plain(incident.status), "bad" if ours else "text", bold=ours)),
                line(Span("impact ", "dim"), Span(plain(incident.impact), "text")),
                began,
                line(Span("yours" if ours else "not one you use", "warn" if ours else "dim")),
            ),
            " · ",
        ),
    )


def _update(update: IncidentUpdate, times: Times, cells: int) -> Lines:
    when = _when(update.at, times) if update.at else "no time given"
    head = line("    ", Span(plain(update.status), "info"), Span(f"  {when}", "dim"))
    return (crop(head, cells), *paragraph(update.body, cells, 4))


def _maintenances(status: ProviderStatus, times: Times, cells: int) -> Lines:
    if not status.maintenances:
        return ()
    out: list[Line] = [heading("Maintenance", "", cells)]
    for maintenance in status.maintenances:
        out += _name(maintenance.name, Span("◇ ", "info"), cells)
        out.append(crop(line("  ", Span(_window(maintenance, times), "dim")), cells))
    return (*out, BLANK)


def _window(maintenance: Maintenance, times: Times) -> str:
    state = plain(maintenance.status)
    if maintenance.starts_at is None:
        return state
    coming = maintenance.starts_at > times.at
    begins = (
        f"in {duration(maintenance.starts_at - times.at)}" if coming else ago(maintenance.starts_at, times.at)
    )
    until = f" until {_instant(maintenance.ends_at, times)}" if maintenance.ends_at else ""
    return (
        f"{state} · begins {_instant(maintenance.starts_at, times)} ({begins}){until}"
        if coming
        else (f"{state} · began {_instant(maintenance.starts_at, times)} ({begins}){until}")
    )


def _components(view: StatusView, status: ProviderStatus, cells: int) -> Lines:
    ordered = sorted(status.components, key=lambda component: component.id not in view.ours)
    room = min(_NAME_CELLS, max(cells - 26, 8))
    return (
        heading("Components", "", cells),
        *(_component(component, component.id in view.ours, room, cells) for component in ordered),
        BLANK,
    )


def _component(component: Component, ours: bool, room: int, cells: int) -> Line:
    mark = component_mark(component.status)
    operational = component.operational
    return crop(
        line(
            Span(f"{mark.glyph} ", mark.role),
            Span(pad(component.name, room) + "  ", "text", bold=ours),
            Span(fit(mark.word, 24), "dim" if operational else mark.role, bold=ours and not operational),
            Span("  yours" if ours else "", "dim"),
        ),
        cells,
    )


def _changes(snapshot: Snapshot, times: Times, cells: int) -> Lines:
    """What the page has changed lately, which its current state does not show."""
    changes = [event for event in snapshot.events if event.kind is EventKind.STATUS]
    if not changes:
        return ()
    rows = [heading("Changes", "newest first", cells)]
    for event in changes:
        mark = event_mark(event)
        when = Span(f"{times.moment(event.at)}  ", "dim")
        rows.append(crop(line(when, Span(f"{mark.glyph} ", mark.role), Span(event.text, "text")), cells))
    return (*rows, BLANK)


def _ours(snapshot: Snapshot, cells: int) -> Lines:
    """The incidents recorded here, to compare the page with."""
    rows = past_incidents(snapshot, cells, _MOST_INCIDENTS)
    none = line(Span("None recorded.", "dim"))
    return (heading("Our incidents", "newest first" if rows else "", cells), *(rows or [none]))


def _source(view: StatusView, status: ProviderStatus, times: Times, cells: int) -> Lines:
    indicator = f" (indicator {status.indicator})" if status.indicator else ""
    says = f"{status.description or ''}{indicator}".strip()
    old = line(Span("▲ ", "warn"), Span("out of date: ", "warn")) if view.stale else BLANK
    read = line(*old, Span(f"read {_when(status.fetched_at, times)}, from {status.source}", "faint"))
    page = crop(line(Span("page says: ", "faint"), Span(says, "dim")), cells) if says else BLANK
    return tuple(row for row in (page, crop(read, cells)) if width(row))


def _instant(instant: datetime, times: Times) -> str:
    same_day = instant.date() == times.at.date()
    return (f"{instant:%H:%M:%S}" if same_day else f"{instant:%Y-%m-%d %H:%M}") + times.local_suffix(instant)


def _when(instant: datetime, times: Times) -> str:
    return f"{_instant(instant, times)}, {ago(instant, times.at)}"
