"""Notices about the program itself, and the state of the probes before the first run."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePath

from claude_tui.engine.sources import Pace
from claude_tui.model.alert import AlertsView, RouteState
from claude_tui.model.format import clock_minute, moment
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Level, Notice, ProbeState, Spend
from claude_tui.model.text import Redactor
from claude_tui.model.watching import Watching

__all__ = ["fault_text", "nobody_collects", "notices_of", "unstarted"]


def notices_of(
    fixed: Iterable[Notice], now: datetime, *, store_problem: str | None, spend: Spend, alerts: AlertsView
) -> tuple[Notice, ...]:
    """All notices; `fixed` are those that stay until the end."""
    found = list(fixed)
    if store_problem is not None:
        found.append(Notice("store", Level.WARN, store_problem, now))
    if spend.stopped:
        text = (
            f"probe budget spent: ${spend.today_usd:.2f} of ${spend.ceiling_usd:.2f} today; "
            "messages are not probed until 00:00 UTC (daily_ceiling_usd)"
        )
        found.append(Notice("budget", Level.WARN, text, now))
    return (*found, *_of_alerts(alerts, now))


def nobody_collects(watching: Watching, last: datetime | None, now: datetime) -> tuple[Notice, ...]:
    """Says that no probe runs, in a process that must not collect; `last` is when there was a collector."""
    if watching.collects or not watching.read_only or watching.collector is not None:
        return ()
    record = f"this is the record as of {moment(last, now)} UTC" if last else "nothing is recorded yet"
    text = f"nobody collects: no probe runs, and {record}"
    return (Notice("collector", Level.WARN, text, now),)


def fault_text(error: BaseException) -> str:
    """An internal error, for the screen: the error and the line that raised it."""
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


def unstarted(pace: Pace, no_key: str | None) -> tuple[ProbeState, ...]:
    """The probes before there is a schedule. `no_key` says why no key can be sent.

    A probe that will never run must not look as if it were about to in the first frame.
    """
    intervals = ((Source.STATUS, pace.status_s), (Source.MODELS, pace.models_s))
    free = tuple(
        ProbeState(source, interval_s, next_at=None, running=False, last_at=None)
        for source, interval_s in intervals
    )
    return (*free, ProbeState(Source.MESSAGES, pace.messages_s, None, False, None, None, no_key))
