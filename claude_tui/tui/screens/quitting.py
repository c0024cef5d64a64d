"""Asking before the program ends, while it may be the one that pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.model.format import plural
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.panels.alert_text import GroupStatus, group_status
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question
from claude_tui.tui.screens.dialog_fields import paragraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["QuitScreen", "ask_to_quit", "reasons_to_stay"]


class QuitScreen(DialogScreen):
    """The question whether to quit. The default is to stay."""

    SCREEN_NAME = "question whether to quit"


def reasons_to_stay(snapshot: Snapshot) -> tuple[str, ...]:
    """What would be left undone, as sentences; empty if another process pages, or nobody could."""
    engine = snapshot.engine
    if not engine.watching.collects or snapshot.past is not None or engine.drill:
        return ()
    new = sum(group_status(group, snapshot.at) is GroupStatus.NEW for group in engine.alerts.groups)
    waiting = sum(route.waiting for route in engine.alerts.routes)
    found = []
    if new:
        found.append(f"{plural(new, 'alert')} {'is' if new == 1 else 'are'} not acknowledged.")
    if waiting:
        found.append(f"{plural(waiting, 'page')} {'waits' if waiting == 1 else 'wait'} to be sent.")
    return tuple(found)


def ask_to_quit(app: Cockpit, reasons: tuple[str, ...], leave: Callable[[], None]) -> None:
    """Say why it may be better to stay, and ask."""
    after = (
        "Another dashboard takes over probing and paging, if it can."
        if app.newest.engine.watching.screens > 1
        else "Nothing probes or pages once it has ended, unless an agent or another dashboard is running."
    )

    def answered(answers: Answers | None) -> None:
        if answers is not None and answers[0]:
            leave()

    explanation = (
        paragraph(f"{' '.join(reasons)} This process probes and pages. {after}"),
        paragraph("ctrl+c again quits at once."),
    )
    question = Question("Quit?", "confirm", (Choice("Quit", ("stay", "quit")),), explanation)
    app.push_screen(QuitScreen(question), answered)
