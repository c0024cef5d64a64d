"""Senders of notifications: apprise, PagerDuty and Alertmanager, each imported when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from claude_tui.alerting.delivery.attempts import AttemptResult
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor

if TYPE_CHECKING:
    import httpx

    from claude_tui.alerting.delivery.alertmanager import Alertmanager
    from claude_tui.model.alert import Notification

__all__ = ["NotificationSender", "open_alertmanager", "open_sender"]


class NotificationSender(Protocol):
    async def send(self, notification: Notification) -> AttemptResult:
        """Sends, with retries. Raises only CancelledError; failures are in the result."""

    async def aclose(self) -> None: ...


def open_sender(
    route: Route,
    *,
    redactor: Redactor,
    now: Callable[[], datetime],
    policy: RetryPolicy,
    transport: httpx.AsyncBaseTransport | None = None,
) -> NotificationSender:
    """The sender of a route that takes notifications: apprise or PagerDuty."""
    if route.kind is RouteKind.PAGERDUTY:
        from claude_tui.alerting.delivery.http import JsonPoster
        from claude_tui.alerting.delivery.pagerduty import PagerDuty

        return PagerDuty(route, JsonPoster(redactor=redactor, now=now, transport=transport), policy)
    from claude_tui.alerting.delivery.chat import Apprise

    return Apprise(route, redactor, policy)


def open_alertmanager(
    route: Route,
    *,
    redactor: Redactor,
    now: Callable[[], datetime],
    policy: RetryPolicy,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Alertmanager:
    """The client of a route to an Alertmanager."""
    from claude_tui.alerting.delivery.alertmanager import Alertmanager
    from claude_tui.alerting.delivery.http import JsonPoster

    return Alertmanager(route, JsonPoster(redactor=redactor, now=now, transport=transport), policy)
