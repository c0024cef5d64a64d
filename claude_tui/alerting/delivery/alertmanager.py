"""Sends alert groups to an Alertmanager as its alerts.

Source: Alertmanager's API v2 (`POST /api/v2/alerts`). It drops an alert at its `endsAt`, so an active one
is sent again before that, and a resolved one is sent with the instant at which it ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from claude_tui.alerting.delivery.attempts import AttemptResult, with_retries
from claude_tui.alerting.delivery.http import JsonPoster
from claude_tui.alerting.lifecycle import RESOLVED_RETENTION
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import AlertGroup, SeverityPeriod
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.verdict import Severity, Side

__all__ = ["RESEND", "Alertmanager", "alerts_of", "trial_alert"]

RESEND = timedelta(minutes=1)
"""How often active alerts are sent again, as Prometheus does."""

EXPIRY = 4 * RESEND
_PATH = "/api/v2/alerts"


class Alertmanager:
    """Sends the alerts of one route."""

    def __init__(self, route: Route, poster: JsonPoster, policy: RetryPolicy) -> None:
        base = route.url.rstrip("/")
        self._url = base if base.endswith(_PATH) else base + _PATH
        self._poster = poster
        self._policy = policy

    async def push(self, alerts: Sequence[dict[str, object]]) -> AttemptResult:
        """Posts `alerts`, with retries. Raises only CancelledError; failures are in the result."""

        async def once() -> None:
            await self._poster.post(self._url, list(alerts))

        return await with_retries(once, self._policy)

    async def aclose(self) -> None:
        await self._poster.aclose()


def alerts_of(
    groups: Iterable[AlertGroup], at: datetime, target: str, dashboard: str = ""
) -> list[dict[str, object]]:
    """One alert for each severity that each group has had, except those that ended over 15 minutes ago.

    Labels identify an alert and never change: a new severity is another alert, which ends the previous one.
    """
    return [
        _alert(group, period, at, target, dashboard)
        for group in groups
        for period in _severity_periods_of(group)
        if period.until is None or at - period.until <= RESOLVED_RETENTION
    ]


def _severity_periods_of(group: AlertGroup) -> Iterator[SeverityPeriod]:
    """The newest period of each severity; the last one ends when the group is closed."""
    newest: dict[Severity, SeverityPeriod] = {}
    for period in group.severity_periods:
        newest[period.severity] = period
    for period in newest.values():
        ends = group.closed_at if period.until is None else period.until
        yield SeverityPeriod(period.severity, period.since, ends)


def _alert(
    group: AlertGroup, period: SeverityPeriod, at: datetime, target: str, dashboard: str
) -> dict[str, object]:
    content = group.content
    return {
        "labels": {
            "alertname": _name(group.dedup_key),
            "topic": group.dedup_key,
            "severity": period.severity.value,
            "target": target,
            "source": "claude-top",
        },
        "annotations": {
            "summary": content.what,
            "description": "\n".join(content.evidence),
            "cause": content.cause,
            "side": content.side.value,
            "since": content.since.isoformat(),
            "next_step": content.next_step,
            "rules": ", ".join(group.alerts),
            **({"dashboard": dashboard} if dashboard else {}),
        },
        "startsAt": period.since.isoformat(),
        "endsAt": (period.until or at + EXPIRY).isoformat(),
    }


def _name(key: str) -> str:
    """`rate_limited` as Prometheus would name it: `ClaudeRateLimited`."""
    return "Claude" + "".join(word.title() for word in re.split("[-_]", key))


def trial_alert(at: datetime, target: str, dashboard: str = "") -> dict[str, object]:
    """A test alert that ends by itself after a minute."""
    return {
        "labels": {"alertname": "ClaudeTopTest", "target": target, "source": "claude-top"},
        "annotations": {
            "summary": "A test of claude-top: nothing is wrong.",
            "side": Side.NONE.value,
            **({"dashboard": dashboard} if dashboard else {}),
        },
        "startsAt": at.isoformat(),
        "endsAt": (at + RESEND).isoformat(),
    }
