"""Notices in the corner of the screen: of those about one subject, only the newest stays."""

from __future__ import annotations

from textual.notifications import Notification, Notify, SeverityLevel

__all__ = ["Notices"]


class Notices:
    """Makes the messages that show notices."""

    def __init__(self) -> None:
        self._newest: dict[str, Notification] = {}

    def notice(
        self,
        message: str,
        about: str,
        timeout: float,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        markup: bool = True,
    ) -> Notify:
        """The message that shows a notice; an earlier one `about` the same subject ends with it."""
        made = Notification(message, title, severity, timeout, markup)
        if about:
            if (earlier := self._newest.get(about)) is not None:
                # Textual takes expired ones off the screen as it shows the next.
                earlier.timeout = 0.0
            self._newest[about] = made
        return Notify(made)
