"""Notices about the program itself, and the state of the probes before their first run."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import PurePath

from claude_tui.engine.collector_state import CollectorState
from claude_tui.engine.sources import Pace
from claude_tui.model.alert import AlertsView, RouteState
from claude_tui.model.format import clock_minute, moment
from claude_tui.model.installation import UPGRADED, Installation, installation
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Level, Notice, ProbeState, Spend
from claude_tui.model.text import Redactor
from claude_tui.model.watching import Watching

__all__ = [
    "SILENT_AFTER",
    "fault_text",
    "initial_probe_states",
    "notices_of",
    "of_installation",
    "of_sharing",
]

SILENT_AFTER = timedelta(seconds=60)
"""A collector that is this late is not merely busy: its probes do not wait for each other."""


def notices_of(
    fixed: Iterable[Notice],
    now: datetime,
    *,
    store_problem: str | None,
    spend: Spend | None,
    alerts: AlertsView,
) -> tuple[Notice, ...]:
    """All notices; `fixed` are those that never go away. `spend` is None if no ceiling is known."""
    found = list(fixed)
    if store_problem is not None:
        found.append(Notice("store", Level.WARN, store_problem, now))
    if spend is not None and spend.stopped:
        text = (
            f"Probe budget spent: ${spend.today_usd:.2f} of ${spend.ceiling_usd:.2f} today; "
            "messages are not probed until 00:00 UTC (daily_ceiling_usd)"
        )
        found.append(Notice("budget", Level.WARN, text, now))
    return (*found, *_of_alerts(alerts, now))


def of_sharing(watching: Watching, state: CollectorState | None, now: datetime) -> tuple[Notice, ...]:
    """What is wrong with the process that should collect; `state` is the last one it recorded."""
    if watching.collects:
        return ()
    if watching.collector is None:
        return _nobody_collects(watching, state, now)
    if state is None or now - _due(state) < SILENT_AFTER:
        return ()
    who, pid = watching.collector.name, watching.collector.pid
    text = (
        f"{who} (pid {pid}) collects, but has not probed since {moment(state.at, now)} UTC: "
        f"it may be suspended; resume it (fg) or end it (kill -9 {pid}) there"
    )
    return (Notice("collector", Level.BAD, text, now),)


def of_installation(installed: Installation, now: datetime) -> tuple[Notice, ...]:
    """Warns that the program was upgraded while running: modules not loaded yet belong to another version."""
    return (Notice("installation", Level.WARN, UPGRADED, now),) if installed.replaced else ()


def _nobody_collects(watching: Watching, state: CollectorState | None, now: datetime) -> tuple[Notice, ...]:
    if not watching.read_only:
        return ()  # this process is about to
    record = f"this is the record as of {moment(state.at, now)} UTC" if state else "nothing is recorded yet"
    text = f"nobody collects: no probe runs, and {record}"
    return (Notice("collector", Level.WARN, text, now),)


def _due(state: CollectorState) -> datetime:
    """The latest time at which the collector had something to do."""
    coming = [probe.next_at for probe in state.probes if probe.next_at is not None]
    return max(state.at, min(coming, default=state.at))


def fault_text(error: BaseException) -> str:
    """The text of an internal error: the error and the line that raised it, or that a restart is needed."""
    if installation().replaced:
        return UPGRADED
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({PurePath(frame[0].filename).name}:{frame[0].lineno})" if frame else ""
    name = type(error).__name__
    return Redactor().clean(f"{name}: {error}{where}" if str(error) else f"{name}{where}", 200)


def _of_alerts(alerts: AlertsView, now: datetime) -> Iterator[Notice]:
    if alerts.problem is not None:
        yield Notice("alerts", Level.WARN, f"alerts: {alerts.problem}", now)
    for route in alerts.failing_routes:
        yield Notice(f"route {route.name}", Level.WARN, _failing(route), now)


def _failing(route: RouteState) -> str:
    why = route.problem or (route.last.detail if route.last is not None else "no answer yet")
    since = f" since {clock_minute(route.failing_since)}" if route.failing_since is not None else ""
    waiting = f"; {route.waiting} waiting" if route.waiting else ""
    return f"alerts do not reach {route.name} ({route.address}){since}: {why}{waiting}"


def initial_probe_states(pace: Pace, no_key: str | None) -> tuple[ProbeState, ...]:
    """The state of the probes before there is a schedule.

    `no_key` says why no key can be sent: the first frame must not show a probe that will never run as if
    it were about to run.
    """
    intervals = ((Source.STATUS, pace.status_s), (Source.MODELS, pace.models_s))
    free = tuple(
        ProbeState(source, interval_s, next_at=None, running=False, last_at=None)
        for source, interval_s in intervals
    )
    return (*free, ProbeState(Source.MESSAGES, pace.messages_s, None, False, None, None, no_key))
