"""Notices in the corner of the screen: of those about one subject, only the newest stays."""

from __future__ import annotations

from textual.notifications import Notification, Notify, SeverityLevel

from claude_tui.tui.render.lines import wrap

__all__ = ["Notices", "in_rows"]

# What a notice needs besides its text: border, padding, and the gap at the edge of the screen.
_BESIDES = 5
_NARROWEST, _MOST_ROWS = 8, 20


def in_rows(message: str, cells: int) -> str:
    """The message with line breaks for a screen of `cells`.

    If Textual wraps the text of a notice that is as wide as its text, it may reserve one row too few.
    """
    room = max(cells - _BESIDES, _NARROWEST)
    return "\n".join(row for part in message.split("\n") for row in wrap(part, room, _MOST_ROWS) or ("",))


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
