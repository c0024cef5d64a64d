"""The status page: components, open incidents, silence while probes fail, or why it is unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from claude_tui.model.arrangement import Panel
from claude_tui.model.format import age, ago, moment, plain
from claude_tui.model.provider import Component, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import EventKind, Snapshot, StatusView
from claude_tui.model.verdict import PageAgreement
from claude_tui.tui.render.glyphs import component_mark, event_mark
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
    spread,
    width,
    wrap,
)

__all__ = ["StatusPanel", "status_lines"]


# With fewer rows than this, the components share a row.
_ROWS_FOR_A_LIST = 4
_ROWS_OF_OTHERS = 2
# A blank row, a heading, and a change in two rows.
_ROWS_FOR_CHANGES = 4
_NAME_NOTE = re.compile(r"\s*\(.*\)$")
# If fewer cells than this are left beside the page's age, news would be cut after a word or two.
_LEAST_BESIDE_AGE = 24
# `10s ago`: the word before it does not move when the age grows a digit.
_AGE_CELLS = 7


class StatusPanel(SnapshotPanel):
    PANEL = Panel.STATUS
    TITLE = "Status"
    SHOWS_AGE = True

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        return status_lines(snapshot, width, height)


def status_lines(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The panel's content in at most `rows` rows: our components and open incidents first."""
    view = snapshot.status
    status = view.status
    models = _models(snapshot, cells) if rows > 1 else ()
    rows -= len(models)
    if status is None:
        drawn: Lines = (line(Span("◌ ", "dim"), Span("not read yet", "dim")),)
    elif not status.known:
        drawn = _unknown(snapshot, status, cells, rows)
    elif rows < _ROWS_FOR_A_LIST:
        drawn = (_one_row(view, status, cells), *_news_in_short(snapshot, status, cells, rows - 1))
    else:
        drawn = _stacked(snapshot, status, cells, rows)
    return clipped((*models, *drawn), cells, rows + len(models))


def _models(snapshot: Snapshot, cells: int) -> Lines:
    """`● Haiku ✗ Opus ▲ Sonnet`: each probed model, if there are several.

    One that answered its last probe may fail in own traffic, which calls it more often.
    """
    troubles = snapshot.traffic.troubles if snapshot.traffic is not None else ()
    called = {model for trouble in troubles if trouble.ended_at is None for model in trouble.models}
    pieces: list[Span] = []
    for model in snapshot.models:
        failing = model.fails or model.suspect or model.model in called
        role = "bad" if model.fails else "warn" if failing else "ok" if model.known else "dim"
        glyph = "✗" if model.fails else "▲" if failing else "●" if model.known else "◌"
        pieces += [Span(f"{glyph} ", role), Span(f"{model.name}  ", role if failing else "text")]
    return (crop(line(*pieces), cells),) if pieces else ()


def _news_in_short(snapshot: Snapshot, status: ProviderStatus, cells: int, rows: int) -> Lines:
    """The news in `rows` rows, with the page's age at the end of the first.

    On a narrow panel the age has a row of its own, if there is one.
    """
    read_at = snapshot.status.read_at or status.fetched_at
    read = _read(snapshot, read_at, _AGE_CELLS)
    if cells - width(read) < _LEAST_BESIDE_AGE and rows > 1:
        news = _news(snapshot, status, cells, rows)
        return (*news, read)[:rows]
    news = _news(snapshot, status, cells - width(read) - 2, max(rows, 1))
    return (spread(news[0] if news else BLANK, read, cells), *news[1:])


def _stacked(snapshot: Snapshot, status: ProviderStatus, cells: int, rows: int) -> Lines:
    """A component per row, the news below. If the news is long, operational components share a row."""
    view = snapshot.status
    ordered = _important_first(view, status.components)
    important = sum(component.id in view.ours or not component.operational for component in ordered)
    needed = min(important + (important < len(ordered)), max(rows // 2, 1))
    news = _news(snapshot, status, cells, max(rows - 1 - needed, 1))
    room = rows - 1 - len(news)
    shown = ordered if len(ordered) <= room else ordered[: max(room - 1, 1)]
    brief = any(_is_cramped(component, cells) for component in shown)
    listed = [_component(component, component.id in view.ours, cells, brief=brief) for component in shown]
    if len(shown) < len(ordered) and len(listed) < room:
        listed.append(_rest(ordered[len(shown) :]))
    spare = room - len(listed)
    gap: Lines = (BLANK,) if spare > 0 else ()
    foot: Lines = (BLANK,) if spare > 1 else ()
    changes = _changes(snapshot, cells, spare - len(gap) - len(foot))
    return (*listed, *gap, *news, *foot, _source_line(snapshot, status, cells), *changes)


def _changes(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """What the page has said lately, where rows are left; each change may take two."""
    changes = [event for event in snapshot.events if event.kind is EventKind.STATUS]
    if not changes or rows < _ROWS_FOR_CHANGES:
        return ()
    out: list[Line] = [BLANK, line(Span("changes, newest first", "dim"))]
    for event in changes:
        mark = event_mark(event)
        head = line(Span(f"{moment(event.at, snapshot.at)} ", "dim"), Span(f"{mark.glyph} ", mark.role))
        texts = wrap(event.text, cells - width(head), 2)
        if len(out) + len(texts) > rows:
            break
        out += [
            line(*(line(" " * width(head)) if number else head), Span(text, "text"))
            for number, text in enumerate(texts)
        ]
    return tuple(out)


def _important_first(view: StatusView, components: Sequence[Component]) -> list[Component]:
    """Our components, then those with problems, then the rest, each in the page's order."""
    return sorted(components, key=lambda component: (component.id not in view.ours, component.operational))


def _short(name: str) -> str:
    """The name without the note in brackets that some have: `Claude API (api.anthropic.com)`."""
    return _NAME_NOTE.sub("", name) or name


def _is_cramped(component: Component, cells: int) -> bool:
    """Whether the name of an operational component leaves no room for `operational`."""
    word = component_mark(component.status).word
    return component.operational and cells_of(_short(component.name)) + cells_of(word) + 3 > cells


@lru_cache(maxsize=64)
def _component(component: Component, ours: bool, cells: int, *, brief: bool) -> Line:
    """Its name and status; with `brief`, `ok` for an operational one."""
    mark = component_mark(component.status)
    operational = component.operational
    short = _short(component.name)
    status_text = "ok" if brief and operational else fit(mark.word, max(cells // 2, 4))
    name = pad(short, max(cells - 3 - width((Span(status_text),)), 1))
    return line(
        Span(f"{mark.glyph} ", mark.role),
        Span(name + " ", "text" if ours or not operational else "dim", bold=ours),
        Span(status_text, "dim" if operational else mark.role, bold=ours and not operational),
    )


def _rest(hidden: Sequence[Component]) -> Line:
    troubled = sum(not component.operational for component in hidden)
    if troubled:
        return line(Span(f"▲ {len(hidden)} more, {troubled} in trouble", "warn"))
    return line(Span(f"● {len(hidden)} more operational", "dim"))


def _one_row(view: StatusView, status: ProviderStatus, cells: int) -> Line:
    """As many components as fit on one line; with the status in words for ours and for problems."""
    ordered = _important_first(view, status.components)
    pieces = [_short_component(component, component.id in view.ours) for component in ordered]
    for count in range(len(pieces), 0, -1):
        hidden = len(pieces) - count
        whole = join((*pieces[:count], line(Span(f"+{hidden}" if hidden else "", "dim"))))
        if width(whole) <= cells:
            return whole
    return crop(pieces[0], cells) if pieces else line(Span("no components listed", "dim"))


def _short_component(component: Component, ours: bool) -> Line:
    mark = component_mark(component.status)
    operational = component.operational
    status_text = f" {mark.word}" if ours or not operational else ""
    name = Span(_short(component.name), "text" if ours or not operational else "dim", bold=ours)
    return line(
        Span(f"{mark.glyph} ", mark.role), name, Span(status_text, "dim" if operational else mark.role)
    )


def _news(snapshot: Snapshot, status: ProviderStatus, cells: int, rows: int) -> Lines:
    """Open incidents (ours first, with their latest update), or that there are none; and maintenance."""
    view, at = snapshot.status, snapshot.at
    out: list[Line] = []
    if status.components and not view.ours:
        none_ours = line("none of these components is yours: see the setting status_components")
        out += _hanging_indent(Span("▲ ", "warn"), none_ours, cells, rows)
    if view.silent_since is not None:
        out += _silence(at - view.silent_since, bool(status.incidents), cells, rows)
    ours_first = sorted(status.incidents, key=lambda incident: not _is_ours(incident, view))
    for number, incident in enumerate(ours_first):
        left = rows - len(out) - (len(ours_first) - number - 1)
        out += _incident(incident, _is_ours(incident, view), at, cells, max(left, 1))
    resolved = snapshot.verdict.page is PageAgreement.RESOLVED
    if resolved:
        out += _resolved(fails=snapshot.verdict.recovery is None, cells=cells, rows=rows)
    if not (status.incidents or resolved or view.silent_since is not None):
        out.append(line(Span("No incident posted.", "text" if rows > 1 else "dim")))
    for planned in status.maintenances:
        left = max(min(rows - len(out), _ROWS_OF_OTHERS), 1)
        out += _hanging_indent(Span("◇ ", "info"), _maintenance(planned, at), cells, left)
    return tuple(crop(row, cells) for row in out[:rows])


def _is_ours(incident: ProviderIncident, view: StatusView) -> bool:
    return incident.id in view.concerning


def _silence(lasted: timedelta, others: bool, cells: int, rows: int) -> Lines:
    """Says that the page is silent, in the words of the strip; shorter if they do not fit."""
    posted = "No incident on your components yet" if others else "Nothing posted yet"
    figure = Span(age(lasted), "warn", bold=True)
    news = line(posted, Span(" (we noticed ", "dim"), figure, Span(" ago)", "dim"))
    if len(flow(news, cells - 2, rows + 1)) > rows:
        news = line(f"{posted},", " ", figure)
    return _hanging_indent(Span("▲ ", "warn"), news, cells, rows)


def _resolved(*, fails: bool, cells: int, rows: int) -> Lines:
    """Says that the page closed its report too early, so that its green dots reassure nobody."""
    news = line("Says it is resolved" + ("; requests still fail" if fails else ""))
    if len(flow(news, cells - 2, rows + 1)) > rows:
        news = line("Says it is resolved")
    return _hanging_indent(Span("▲ ", "warn"), news, cells, rows)


def _hanging_indent(mark: Span, text: Line, cells: int, rows: int) -> Lines:
    """Running text in at most `rows` rows, all to the right of the mark."""
    drawn = flow(text, cells - 2, rows)
    return tuple(line(mark._replace(text="  ") if number else mark, *row) for number, row in enumerate(drawn))


def _incident(incident: ProviderIncident, ours: bool, at: datetime, cells: int, rows: int) -> Lines:
    state = plain(incident.status)
    lasted = f", {age(at - incident.started_at)}" if incident.started_at else ""
    if not ours and rows > 1:
        text = line(Span(f"{incident.name}, {state}", "dim"))
        return _hanging_indent(Span("· ", "dim"), text, cells, min(rows, _ROWS_OF_OTHERS))
    if not ours or rows == 1:
        end = f", {state}{lasted}" if ours else f", {state}"
        name = Span(fit(incident.name, max(cells - 2 - cells_of(end), 8)), "text" if ours else "dim")
        return (line(Span("! " if ours else "· ", "bad" if ours else "dim"), name, Span(end, "dim")),)
    out = [
        line(Span("  " if number else "! ", "bad"), Span(text, "text", bold=True))
        for number, text in enumerate(wrap(incident.name, cells - 2, 2 if rows > 3 else 1))
    ]
    impact = f", {incident.impact}" if incident.impact not in ("", "none") else ""
    out.append(line("  ", Span(f"{state}{impact}", "warn"), Span(lasted, "text")))
    if incident.updates:
        newest = incident.updates[0]
        when = f"{ago(newest.at, at)}: " if newest.at else ""
        out += [
            line("  ", Span(text, "dim")) for text in wrap(when + newest.body, cells - 2, rows - len(out))
        ]
    return tuple(out[:rows])


def _maintenance(planned: Maintenance, at: datetime) -> Line:
    name = Span(planned.name, "dim")
    if planned.starts_at is not None and planned.starts_at > at:
        return line(Span(f"maintenance in {age(planned.starts_at - at)}: ", "dim"), name)
    until = f" until {moment(planned.ends_at, at)}" if planned.ends_at else ""
    return line(Span(f"maintenance now{until}: ", "text"), name)


def _source_line(snapshot: Snapshot, status: ProviderStatus, cells: int) -> Line:
    """`status.claude.com · 14s ago`; only the age if that is too long."""
    read_at = snapshot.status.read_at or status.fetched_at
    whole = line(Span(f"{status.server} · ", "faint"), *_age(snapshot, read_at))
    return whole if width(whole) <= cells else _read(snapshot, read_at)


def _read(snapshot: Snapshot, read_at: datetime, min_cells: int = 0) -> Line:
    """`read 14s ago`, or since when the page is stale."""
    read_age = _age(snapshot, read_at, min_cells)
    return read_age if snapshot.status.stale else line(Span("read ", "faint"), *read_age)


def _age(snapshot: Snapshot, read_at: datetime, min_cells: int = 0) -> Line:
    """How old the page is, at the right edge of `min_cells` cells."""
    if snapshot.status.stale:
        return line(Span(f"stale, as of {moment(read_at, snapshot.at)}", "warn"))
    return line(Span(ago(read_at, snapshot.at).rjust(min_cells), "faint"))


def _unknown(snapshot: Snapshot, status: ProviderStatus, cells: int, rows: int) -> Lines:
    """Unknown is not fine, so it is shown prominently, with the reason and the last successful read."""
    read_at = snapshot.status.read_at
    head = line(Span("◌ ", "warn"), Span("unknown", "warn", bold=True))
    last = f"last read {moment(read_at, snapshot.at)}" if read_at else "never read"
    foot = line(Span(f"{last} · tried {ago(status.fetched_at, snapshot.at)}", "faint"))
    reason = status.unknown_reason or ""
    if rows < 3:
        return (line(*head, Span(f": {reason}", "text")), foot)[:rows]
    body = [line("  ", Span(text, "text")) for text in wrap(reason, cells - 2, rows - 2)]
    return (head, *body, *(((),) if len(body) < rows - 2 else ()), foot)
