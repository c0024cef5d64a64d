"""Notifications as PagerDuty events.

Source: PagerDuty's Events API v2 (`POST /v2/enqueue`): trigger, acknowledge and resolve share a dedup_key.
"""

from __future__ import annotations

from claude_tui.alerting.delivery.attempts import AttemptResult, with_retries
from claude_tui.alerting.delivery.http import JsonPoster
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import Notification, NotificationKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.verdict import Severity

__all__ = ["PagerDuty", "event_of"]

_SEVERITIES = {Severity.P1: "critical", Severity.P2: "error", Severity.P3: "warning"}
_ACTIONS = {NotificationKind.ACKNOWLEDGED: "acknowledge", NotificationKind.RESOLVED: "resolve"}
# A test must not leave an incident open, and a new trigger must not escalate an acknowledged one again.
_AFTERWARDS = {NotificationKind.TEST: "resolve"}
_LONGEST_SUMMARY = 1024
_LONGEST_KEY = 255


class PagerDuty:
    """Sends the notifications of one route.

    A notification that is sent twice opens one incident, as the dedup_key is the same.
    """

    def __init__(self, route: Route, poster: JsonPoster, policy: RetryPolicy) -> None:
        self._route = route
        self._poster = poster
        self._policy = policy

    async def send(self, notification: Notification) -> AttemptResult:
        tried = await self._enqueue(event_of(notification, self._route.key))
        after = _AFTERWARDS.get(notification.kind) or ("acknowledge" if notification.acknowledged else None)
        if after is None or notification.kind in _ACTIONS or tried.failure is not None:
            return tried
        return await self._enqueue(event_of(notification, self._route.key, action=after))

    async def _enqueue(self, event: dict[str, object]) -> AttemptResult:
        async def once() -> None:
            await self._poster.post(self._route.url, event)

        return await with_retries(once, self._policy)

    async def aclose(self) -> None:
        await self._poster.aclose()


def event_of(notification: Notification, routing_key: str, *, action: str | None = None) -> dict[str, object]:
    """The event for a notification. A reminder is a trigger as well, in case the first one was lost."""
    event: dict[str, object] = {
        "routing_key": routing_key,
        "event_action": action or _ACTIONS.get(notification.kind, "trigger"),
        "dedup_key": f"claude-top/{notification.target}/{notification.dedup_key}"[:_LONGEST_KEY],
        "client": "claude-top",
    }
    if event["event_action"] == "trigger":
        event["payload"] = {
            "summary": notification.title[:_LONGEST_SUMMARY],
            "source": notification.target,
            "severity": _SEVERITIES.get(notification.severity, "info"),
            "timestamp": notification.since.isoformat(),
            "component": "Claude API",
            "group": notification.topic,
            "class": notification.cause,
            "custom_details": {
                "what": list(notification.lines),
                "side": notification.side.value,
                "severity": notification.severity.value,
                "next_step": notification.next_step,
                "alerts": list(notification.alerts),
                **({"dashboard": notification.dashboard} if notification.dashboard else {}),
            },
        }
    return event
