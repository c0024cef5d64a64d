"""What the person must know about the program itself, and what waits before the first probe."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePath

from claude_tui.engine.sources import Pace
from claude_tui.model.alert import AlertsView, RouteState
from claude_tui.model.format import clock_minute
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Level, Notice, ProbeState, Spend
from claude_tui.model.text import Redactor

__all__ = ["notices_of", "told_fault", "unstarted"]


def notices_of(
    fixed: Iterable[Notice], now: datetime, *, store_problem: str | None, spend: Spend, alerts: AlertsView
) -> tuple[Notice, ...]:
    """`fixed` are those that hold from start to end, or once they have come."""
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


def told_fault(error: BaseException) -> str:
    """A fault of our own for the screen: what it is, and where it came from."""
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


def unstarted(pace: Pace, fixed: Iterable[Notice]) -> tuple[ProbeState, ...]:
    """The probes before the first frame, when there is no schedule yet."""
    intervals = ((Source.STATUS, pace.status_s), (Source.MODELS, pace.models_s))
    free = tuple(
        ProbeState(source, interval_s, next_at=None, running=False, last_at=None)
        for source, interval_s in intervals
    )
    # What will never be probed must not look, in the first frame, as if it were about to be.
    held = next((n.text for n in fixed if n.key == "key" and n.level is Level.BAD), None)
    return (*free, ProbeState(Source.MESSAGES, pace.messages_s, None, False, None, None, held))
