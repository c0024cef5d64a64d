"""The dialogs of the playbook screen: name, another playbook, and restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from claude_tui.model.limits import MAX_NAME
from claude_tui.runbook import Playbook, Runbook
from claude_tui.tui.render.lines import Span, line, pad
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import entered_name

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["PlaybookChooser", "ask_name", "ask_restart", "choose_playbook"]

_TITLE_CELLS = 46


def ask_name(app: Cockpit, then: Callable[[], None]) -> None:
    """Ask for the name to record with marks from now on."""

    def answered(answers: Answers | None) -> None:
        if answers is not None:
            entered_name(app, answers[0])
            then()

    explanation = (line(Span("Shown beside the steps you mark, to everyone watching.", "dim")),)
    field = TextField("Name", app.responder, MAX_NAME, "your name")
    app.push_screen(DialogScreen(Question("Your name", "save", (field,), explanation)), answered)


def ask_restart(app: Cockpit, playbook: Playbook, settled: int, then: Callable[[], None]) -> None:
    """Ask whether to restart a playbook; the default is to keep the marks."""
    if not settled:
        app.notify("Nothing to restart: no step is marked.", timeout=2, markup=False)
        return

    def answered(answers: Answers | None) -> None:
        if answers is not None and answers[0] == 1:
            then()

    marked = f"{settled} step{'s' if settled > 1 else ''}"
    options = ("keep the marks", f"restart: {marked} open again")
    explanation = (line(Span("For everyone watching. The marks made so far stay in the events.", "dim")),)
    question = Question(f"Restart: {playbook.title}", "confirm", (Choice("Marks", options),), explanation)
    app.push_screen(DialogScreen(question), answered)


class PlaybookChooser(ClosesOnce, ModalScreen[str | None]):
    """Returns the id of the playbook chosen, or None."""

    DEFAULT_CSS = """
    PlaybookChooser { align: center middle; background: transparent; }
    PlaybookChooser > OptionList, PlaybookChooser > OptionList:focus {
        width: 80; max-width: 100%; height: auto; max-height: 90%; padding: 0 1;
        background: $ct-background; background-tint: $surface 0%; border: round $border;
        border-title-color: $ct-text; border-subtitle-color: $ct-dim;
    }
    """
    SCREEN_NAME = "list of playbooks"
    BINDINGS = [Binding("escape", "leave", show=False), Binding("q", "leave", show=False)]

    def __init__(self, runbook: Runbook, shown: Playbook, wanted: Playbook) -> None:
        super().__init__()
        others = [playbook for playbook in runbook.playbooks.values() if playbook is not wanted]
        self._playbooks = [wanted, *sorted(others, key=lambda playbook: playbook.title)]
        self._shown, self._wanted = shown, wanted

    def compose(self) -> ComposeResult:
        options = OptionList(*(Option(self._row(playbook), id=playbook.id) for playbook in self._playbooks))
        options.border_title = "Playbook"
        options.border_subtitle = "enter open · esc cancel"
        yield options

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = self._playbooks.index(self._shown)

    def _row(self, playbook: Playbook) -> Text:
        """The title, and the name by which playbooks refer to it."""
        verdict = "  ◀ verdict" if playbook is self._wanted else ""
        return Text.assemble(pad(playbook.title, _TITLE_CELLS), (playbook.id, "dim"), (verdict, "bold"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        self.dismiss(None)


def choose_playbook(
    app: Cockpit,
    runbook: Runbook,
    shown: Playbook,
    wanted: Playbook,
    then: Callable[[Playbook], None],
) -> None:
    """Let the user choose any playbook, as no verdict leads to some of them."""

    def chosen(playbook_id: str | None) -> None:
        if playbook_id is not None:
            then(runbook.playbooks[playbook_id])

    app.push_screen(PlaybookChooser(runbook, shown, wanted), chosen)
