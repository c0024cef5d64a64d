"""Calling for attention when an alert opens or changes its severity: the terminal's bell, a notification.

`ESC ] 9 ; text BEL` (OSC 9) asks the terminal for a desktop notification. iTerm2, WezTerm, Ghostty, kitty,
Windows Terminal and others show one, the rest drop it. tmux hands it on when told to, as with the clipboard.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from claude_tui.model.alert import AlertEntry, AlertsView, EntryKind, NotificationKind
from claude_tui.model.text import inert
from claude_tui.tui.clipboard import through_screen, through_tmux

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["LONGEST", "call_attention", "news", "osc9"]

LONGEST = 200
"""Characters of a notification. Desktops show less."""

_CALLING = frozenset({NotificationKind.OPENED, NotificationKind.SEVERITY})


def news(before: AlertsView, after: AlertsView, since: datetime) -> tuple[AlertEntry, ...]:
    """The pages that `after` tells of and `before` does not: alerts that opened or changed their severity.

    What an earlier run left is read a moment after the first views. Of that nothing is news but what is
    not older than `since`, the instant from which this screen watches.
    """
    if after.journal == before.journal:
        return ()
    known = {entry.key for entry in before.journal}
    return tuple(
        entry
        for entry in after.journal
        if entry.key not in known
        and entry.kind is EntryKind.PAGE
        and entry.page in _CALLING
        and (before.journal or entry.at >= since)
    )


def osc9(text: str, environ: Mapping[str, str]) -> str:
    """The sequence that asks for a notification, wrapped for what stands between us and the terminal.

    The name in front also keeps a text that begins with a number from being taken for a progress bar.
    """
    sequence = f"\x1b]9;{inert(f'claude-top: {text}', LONGEST)}\x07"
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return through_tmux(sequence)
    return through_screen(sequence) if environ.get("STY") or term.startswith("screen") else sequence


def call_attention(app: App[Any], before: AlertsView, after: AlertsView, since: datetime) -> None:
    """Once for all that is new, in the ways that the settings ask for. Nothing happens without a terminal."""
    new = news(before, after, since) if after.bell or after.notification else ()
    driver = app._driver
    if not new or driver is None:
        return
    if after.bell:
        app.bell()
    if after.notification:
        count = f"{len(new)} alerts, first: " if len(new) > 1 else ""
        driver.write(osc9(f"{count}{new[0].text}", os.environ))
        driver.flush()
