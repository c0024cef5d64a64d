"""How pages leave the program: by apprise, to PagerDuty, to an Alertmanager; each loaded when needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from claude_tui.alerting.delivery.tries import AttemptResult
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor

if TYPE_CHECKING:
    import httpx

    from claude_tui.alerting.delivery.alertmanager import Alertmanager
    from claude_tui.model.alert import Notification

__all__ = ["PageSender", "open_alertmanager", "open_sender"]


class PageSender(Protocol):
    async def send(self, notification: Notification) -> AttemptResult:
        """Never raises but for cancellation."""

    async def aclose(self) -> None: ...


def open_sender(
    route: Route,
    *,
    redactor: Redactor,
    now: Callable[[], datetime],
    policy: RetryPolicy,
    transport: httpx.AsyncBaseTransport | None = None,
) -> PageSender:
    """The sender of a route that takes pages."""
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
    """What keeps the Alertmanager of a route informed."""
    from claude_tui.alerting.delivery.alertmanager import Alertmanager
    from claude_tui.alerting.delivery.http import JsonPoster

    return Alertmanager(route, JsonPoster(redactor=redactor, now=now, transport=transport), policy)
