"""Pages to whatever apprise knows by URL: chat programs, mail, web hooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from claude_tui.alerting.delivery.aside import Aside, BusyError
from claude_tui.alerting.delivery.tries import FailedTryError, Patience, Tried, persistently
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import Page, PageKind
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Severity

__all__ = ["Apprise", "Notified", "Notifier", "open_notifier"]

TIMEOUT_S = 20.0
_STATUS = re.compile(r"\berror=(\d{3})\b")
_LONGEST_DETAIL = 200
_REPEAT = "This may have arrived before: claude-top was stopped while it was being sent."


@dataclass(frozen=True, slots=True)
class Notified:
    """Whether it arrived, and what apprise logged of it."""

    arrived: bool
    log: tuple[str, ...] = ()


class Notifier(Protocol):
    def __call__(self, title: str, body: str, kind: str) -> Notified:
        """Sends one message and waits for the outcome. `kind` is info, success, warning or failure."""


class Apprise:
    """Sends pages of one route. apprise is loaded, and each message sent, in a thread of its own."""

    def __init__(
        self,
        route: Route,
        redactor: Redactor,
        patience: Patience,
        *,
        timeout_s: float = TIMEOUT_S,
        open_notifier: Callable[[str], Notifier | None] | None = None,
    ) -> None:
        self._route = route
        self._redactor = redactor
        self._patience = patience
        self._timeout_s = timeout_s
        self._open = open_notifier or globals()["open_notifier"]
        self._notifier: Notifier | None = None
        self._aside: Aside[Notified] = Aside(f"alerts to {route.name}")

    async def send(self, page: Page) -> Tried:
        lines = (*page.lines, _REPEAT) if page.repeat else page.lines

        def notify() -> Notified:
            self._notifier = self._notifier or self._open(self._route.url)
            if self._notifier is None:
                raise FailedTryError("apprise does not understand this URL", permanent=True)
            return self._notifier(page.title, "\n".join(lines), _kind(page))

        return await persistently(lambda: self._once(notify), self._patience)

    async def _once(self, notify: Callable[[], Notified]) -> None:
        try:
            notified = await self._aside.call(notify, self._timeout_s)
        except TimeoutError:
            raise FailedTryError(f"no answer within {self._timeout_s:g} s") from None
        except BusyError:
            raise FailedTryError("the message before this one still hangs") from None
        except FailedTryError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and it may hold the URL
            words = self._redactor.clean(f"{type(error).__name__}: {error}", _LONGEST_DETAIL)
            raise FailedTryError(words) from None
        if not notified.arrived:
            raise _failure(notified.log, self._redactor)

    async def aclose(self) -> None:
        """Nothing to close: a message that hangs is left to its thread."""


def _failure(log: Iterable[str], redactor: Redactor) -> FailedTryError:
    """From what apprise logged: it tells no status otherwise."""
    last = next((line for line in reversed([*log]) if line.strip()), "apprise could not deliver it")
    detail = redactor.clean(last, _LONGEST_DETAIL)
    found = _STATUS.search(last)
    return FailedTryError.of_status(int(found.group(1)), detail) if found else FailedTryError(detail)


def _kind(page: Page) -> str:
    if page.kind is PageKind.RESOLVED:
        return "success"
    if page.kind in (PageKind.ACKNOWLEDGED, PageKind.TEST):
        return "info"
    return "failure" if page.severity in (Severity.P1, Severity.P2) else "warning"


def open_notifier(url: str) -> Notifier | None:
    """A Notifier for a URL of apprise; None when it does not understand it. Imports apprise."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="claude-top",
        app_desc="claude-top",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        secure_logging=True,
        http_redirects=False,
        async_mode=False,  # in this thread
        service_timeout=0,  # the caller has its own, and leaves this thread behind
        storage_mode="memory",
        allow_templates=False,
    )
    services = apprise.Apprise(asset=asset)
    if not services.add(url):
        return None

    def notify(title: str, body: str, kind: str) -> Notified:
        with services.notify(body, title, kind, body_format="text", interpret_escapes=False) as result:
            return Notified(bool(result), tuple(entry.message for entry in result.logs()))

    return notify
