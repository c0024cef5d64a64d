"""Calls for attention when an alert opens or changes its severity: the terminal's bell, a notification.

`ESC ] 9 ; text BEL` (OSC 9) asks the terminal for a desktop notification. iTerm2, WezTerm, Ghostty, kitty,
Windows Terminal and others show one; the rest ignore it. tmux needs the same wrapping as for the clipboard.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from claude_tui.model.alert import AlertEntry, AlertsView, EntryKind, NotificationKind
from claude_tui.model.text import inert
from claude_tui.tui.clipboard import through_screen, through_tmux

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["LONGEST", "call_attention", "new_pages", "osc9"]

LONGEST = 200
"""The most characters in a notification. Desktops show fewer."""

_NOTIFIED_KINDS = frozenset({NotificationKind.OPENED, NotificationKind.SEVERITY})


def new_pages(before: AlertsView, after: AlertsView, since: datetime) -> tuple[AlertEntry, ...]:
    """The pages in `after` that are not in `before`: alerts that opened or changed their severity.

    The entries of an earlier run are loaded a moment after the first view. Of those, only entries at or
    after `since`, when this screen started, are new.
    """
    if after.journal == before.journal:
        return ()
    known = {entry.key for entry in before.journal}
    return tuple(
        entry
        for entry in after.journal
        if entry.key not in known
        and entry.kind is EntryKind.PAGE
        and entry.page in _NOTIFIED_KINDS
        and (before.journal or entry.at >= since)
    )


def osc9(text: str, environ: Mapping[str, str]) -> str:
    """The sequence that asks for a notification, wrapped for tmux or screen if we run in one.

    The name in front keeps a text that begins with a number from being read as a progress bar.
    """
    sequence = f"\x1b]9;{inert(f'claude-top: {text}', LONGEST)}\x07"
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return through_tmux(sequence)
    return through_screen(sequence) if environ.get("STY") or term.startswith("screen") else sequence


def call_attention(
    app: App[Any],
    before: AlertsView,
    after: AlertsView,
    since: datetime,
    mask: Callable[[str], str] | None = None,
) -> None:
    """Signal once for all new pages, in the ways that are set. Nothing happens without a terminal.

    `mask` is applied to the notification, which a desktop shows over everything.
    """
    new = new_pages(before, after, since) if after.bell or after.notification else ()
    driver = app._driver
    if not new or driver is None:
        return
    if after.bell:
        app.bell()
    if after.notification:
        count = f"{len(new)} alerts, first: " if len(new) > 1 else ""
        text = mask(new[0].text) if mask is not None else new[0].text
        driver.write(osc9(f"{count}{text}", os.environ))
        driver.flush()
