"""Sends notifications through apprise: to chat programs, mail and web hooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from claude_tui.alerting.delivery.abandonable import AbandonableThread, BusyError
from claude_tui.alerting.delivery.apprise_worker import AppriseJob, Outcome, deliver
from claude_tui.alerting.delivery.attempts import AttemptResult, FailedAttemptError, with_retries
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import Notification, NotificationKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor

__all__ = ["Apprise"]

TIMEOUT_S = 20.0
_STATUS = re.compile(r"\berror=(\d{3})\b")
_MAX_DETAIL = 200
REPEAT = "This may have arrived before: claude-top was stopped while it was being sent."


class Apprise:
    """Sends the notifications of one route. `send_job` sends one message and blocks; it runs in a thread."""

    def __init__(
        self,
        route: Route,
        redactor: Redactor,
        policy: RetryPolicy,
        *,
        timeout_s: float = TIMEOUT_S,
        send_job: Callable[[AppriseJob], Outcome] = deliver,
    ) -> None:
        self._route = route
        self._redactor = redactor
        self._policy = policy
        self._timeout_s = timeout_s
        self._send_job = send_job
        self._thread: AbandonableThread[Outcome] = AbandonableThread(f"alerts to {route.name}")

    async def send(self, notification: Notification) -> AttemptResult:
        lines = (*notification.lines, REPEAT) if notification.repeat else notification.lines

        job = AppriseJob(
            self._route.url, notification.title, "\n".join(lines), _kind(notification), self._timeout_s
        )
        return await with_retries(lambda: self._once(job), self._policy)

    async def _once(self, job: AppriseJob) -> None:
        try:
            outcome = await self._thread.call(lambda: self._send_job(job), self._timeout_s)
        except TimeoutError:
            raise FailedAttemptError(f"no answer within {self._timeout_s:g} s") from None
        except BusyError:
            raise FailedAttemptError("the previous message still hangs") from None
        except Exception as error:  # noqa: BLE001 - any error is a failed attempt, and may contain the URL
            words = self._redactor.clean(f"{type(error).__name__}: {error}", _MAX_DETAIL)
            raise FailedAttemptError(words) from None
        if not outcome.understood:
            raise FailedAttemptError("apprise does not understand this URL", permanent=True)
        if not outcome.arrived:
            raise _failure(outcome.log, self._redactor)

    async def aclose(self) -> None:
        """Nothing to close: a message being sent continues in its own process until its time limit."""


def _failure(log: Iterable[str], redactor: Redactor) -> FailedAttemptError:
    """The failure according to apprise's log, the only place where it reports a status."""
    last = next((line for line in reversed([*log]) if line.strip()), "apprise could not deliver it")
    detail = redactor.clean(last, _MAX_DETAIL)
    found = _STATUS.search(last)
    return FailedAttemptError.of_status(int(found.group(1)), detail) if found else FailedAttemptError(detail)


def _kind(notification: Notification) -> str:
    if notification.kind is NotificationKind.RESOLVED:
        return "success"
    if notification.kind in (NotificationKind.ACKNOWLEDGED, NotificationKind.TEST):
        return "info"
    return "failure" if notification.severity.grave else "warning"
