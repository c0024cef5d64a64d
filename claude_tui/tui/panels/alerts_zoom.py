"""The alerts in full: open groups and who is on them, every firing or pending rule, and the routes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from claude_tui.model.alert import Alert, AlertGroup, AlertState, AlertsView, RouteState
from claude_tui.model.format import age, plural
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.panels.alert_text import closes_at, nothing_open
from claude_tui.tui.panels.times import Times
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.panels.verdict_zoom import badge, hanging_indent
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.glyphs import Mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, join, line, pad, spread

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["alerts_zoom"]

_SCREEN = "screen"
_INDENT = "    "
_STATES = {
    AlertState.FIRING: Mark("▲", "firing", "bad"),
    AlertState.PENDING: Mark("◌", "pending", "dim"),
    AlertState.RESOLVED: Mark("✓", "resolved", "ok"),
    AlertState.INACTIVE: Mark("·", "inactive", "dim"),
}
_STATE_CELLS = 9


def alerts_zoom(snapshot: Snapshot, cells: int, settings_file: str, local: Local | None = None) -> Lines:
    """Open groups, rules and routes. `settings_file` is where to add a route."""
    view, demo = snapshot.engine.alerts, snapshot.engine.demo is not None
    times = Times(snapshot.at, local)
    shown = [_groups(view, times, cells, trouble=snapshot.verdict.severity.trouble)]
    if view.rules is not None:
        routes = _routes(view, times, cells, demo=demo, settings_file=settings_file)
        shown += [_rules(view, times, cells), routes]
    return tuple(row for part in shown for row in (*part, BLANK))[:-1]


# -- what is open ------------------------------------------------------------------


def _groups(view: AlertsView, times: Times, cells: int, *, trouble: bool) -> Lines:
    count = f"{len(view.groups)} open" if view.groups else ""
    out: list[Line] = [heading("Alerts", count, cells)]
    if view.problem:
        out += hanging_indent(line(Span("✗ ", "bad", bold=True)), line(Span(view.problem, "warn")), cells)
    failing = frozenset(route.name for route in view.failing_routes)
    for number, group in enumerate(view.groups):
        out += (BLANK,) if number else ()
        ending = BLANK if group.from_verdict and trouble else _ending(group, view, times)
        out += _group(group, ending, times, cells, failing)
    if not view.groups and not (view.problem and view.rules is None):
        out.append(_none_open(view))
    return tuple(out)


def _none_open(view: AlertsView) -> Line:
    """Says that nothing is open, that something may open soon, or that this is unknown."""
    if view.rules is None:
        return line(Span("◌ ", "warn"), "No rules loaded yet.")
    pending = any(alert.state is AlertState.PENDING for alert in view.alerts)
    text = nothing_open(replace(view, problem=None))
    mark = Span("◌ ", "warn") if pending else Span("● ", "ok")
    return line(mark, f"{text[:1].upper()}{text[1:]}.")


def _group(group: AlertGroup, ending: Line, times: Times, cells: int, failing: frozenset[str]) -> Lines:
    content = group.content
    since = line(
        Span("since ", "dim"),
        f"{times.moment(content.since)},",
        Span(f" {age(times.at - content.since)} · {content.side.whose}", "dim"),
    )
    rows = [
        since,
        ending,
        _acknowledged(group, times),
        _snoozed(group, times),
        _notified(group, times, failing),
    ]
    return (
        *hanging_indent(line(badge(group.severity), " "), line(Span(content.what, "text", bold=True)), cells),
        *(row for text in rows if text for row in hanging_indent(line(_INDENT), text, cells)),
    )


def _ending(group: AlertGroup, view: AlertsView, times: Times) -> Line:
    """Says that none of a group's alerts matches any more, and that they are only kept firing for a while.

    Not shown while the verdict reports a problem, as milder rules may be about to take over.
    """
    own = [alert.status.unmatched_since for alert in view.alerts if alert.group == group.id and alert.firing]
    quiet = [since for since in own if since is not None]
    if not quiet or len(quiet) < len(own):
        return BLANK
    closes = closes_at(view, group)
    ends = f"closes at {times.moment(closes)}" if closes is not None else "about to close"
    return line(Span("✓ ", "ok"), f"has not matched since {times.moment(max(quiet))}: {ends}")


def _acknowledged(group: AlertGroup, times: Times) -> Line:
    taken = group.acknowledged
    if taken is None:
        return line(Span("not acknowledged", "warn"))
    why = f": {taken.reason}" if taken.reason else ""
    return line(
        Span("✓ ", "ok"), f"acknowledged by {taken.by}{why}", Span(f" ({times.moment(taken.at)})", "dim")
    )


def _snoozed(group: AlertGroup, times: Times) -> Line:
    snooze = group.snoozed
    if snooze is None:
        return BLANK
    if snooze.until <= times.at:
        return line(Span(f"snooze by {snooze.by} has ended", "dim"))
    return line(
        Span("◇ ", "info"),
        f"snoozed by {snooze.by} until {times.moment(snooze.until)},",
        Span(f" unless worse than {snooze.severity}", "dim"),
    )


def _notified(group: AlertGroup, times: Times, failing: frozenset[str]) -> Line:
    routes = [name for name in group.notified_routes if name != _SCREEN and name not in failing]
    missed = [name for name in group.notified_routes if name in failing]
    last = f", last {times.moment(group.paged_at)}" if group.paged_at is not None else ""
    if not group.notified_routes:
        return line(Span("no notification sent yet", "dim"))
    unreached = line(Span(f"not reached: {', '.join(missed)}", "warn", bold=True)) if missed else BLANK
    if not routes:
        return unreached or line(Span("shown here only; nobody paged", "dim"))
    pages = f" {plural(group.pages, 'page')}{last}"
    return join((unreached, line(Span("paged ", "dim"), f"{', '.join(routes)}:", Span(pages, "dim"))), " · ")


# -- rules ---------------------------------------------------------------------------


def _rules(view: AlertsView, times: Times, cells: int) -> Lines:
    counts = [(_STATES[state].word, sum(alert.state is state for alert in view.alerts)) for state in _STATES]
    counted = [f"{number} {state}" for state, number in counts if number]
    if view.rules is not None:
        counted.append(f"{view.rules} evaluated")
    rows = [row for alert in view.alerts for row in _alert(alert, times, cells)]
    none = line(Span("  None firing or pending.", "dim"))
    return (heading("Rules", " · ".join(counted), cells), *(rows or [none]))


def _alert(alert: Alert, times: Times, cells: int) -> Lines:
    """State, severity, rule and since when in one row; labels, value and meaning below."""
    mark = _STATES[alert.state]
    role = severity_role(alert.severity) if alert.firing else mark.role
    head = line(
        Span(f"{mark.glyph} ", role, bold=alert.firing),
        Span(pad(mark.word, _STATE_CELLS), role, bold=alert.firing),
        Span(f"{alert.severity} ", role),
        Span(alert.rule, "text" if alert.firing else "dim"),
    )
    labels = " ".join(f"{name} {value.replace('_', ' ')}" for name, value in alert.labels)
    value = "" if alert.state is AlertState.RESOLVED else alert.words
    details = join((line(labels), line(value), line(Span(alert.summary, "dim"))), " · ")
    return (
        spread(head, _when(alert, times), cells),
        crop(line("  ", *details), cells),
    )


def _when(alert: Alert, times: Times) -> Line:
    status = alert.status
    if alert.state is AlertState.RESOLVED and status.resolved_at is not None:
        return line(Span(f"at {times.moment(status.resolved_at)}", "dim"))
    if status.unmatched_since is not None:
        return line(Span(f"matched until {times.moment(status.unmatched_since)}", "dim"))
    return line(Span("since ", "dim"), times.moment(status.since))


# -- routes ----------------------------------------------------------------------------


def _routes(view: AlertsView, times: Times, cells: int, *, demo: bool, settings_file: str) -> Lines:
    failing = len(view.failing_routes)
    count = f"{failing} failing of {len(view.routes)}" if failing else str(len(view.routes) or "")
    head = heading("Routes", count, cells)
    if view.routes:
        return (head, *(row for route in view.routes for row in _route(route, times, cells)))
    if demo:
        return (head, *hanging_indent(line("  "), line("None: a demo pages nobody."), cells))
    text = line(
        Span("Alerts are shown here only; nobody is paged. ", "text", bold=True),
        "To page somebody, add a table ",
        Span("[alerts.routes.NAME]", "accent"),
        f" to {settings_file}.",
    )
    return (head, *hanging_indent(line(Span("▲ ", "warn")), text, cells))


def _route(route: RouteState, times: Times, cells: int) -> Lines:
    well = Span("● ", "ok") if route.last is not None else Span("◌ ", "dim")
    mark = Span("✗ ", "bad", bold=True) if route.failing else well
    name = line(Span(route.name, "text", bold=True), Span(f"  {route.kind}  {route.address}", "dim"))
    waiting = line(Span(f"{route.waiting} waiting", "warn")) if route.waiting else BLANK
    rows = (crop(spread(line(mark, *name), waiting, cells), cells),)
    return (*rows, *hanging_indent(line("  "), _delivery(route, times), cells))


def _delivery(route: RouteState, times: Times) -> Line:
    last = route.last
    if route.problem is not None:
        return line(Span("unusable: ", "bad", bold=True), route.problem)
    if route.failing_since is not None:
        why = f" {last.detail}" if last is not None else ""
        return line(Span(f"failing since {times.moment(route.failing_since)}:", "bad", bold=True), why)
    if last is None:
        return line(Span("nothing sent yet", "dim"))
    return line(Span("last delivered ", "dim"), times.moment(last.at))
