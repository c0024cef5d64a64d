"""Having a model draft parts of a postmortem, on request of a person who first sees what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from claude_tui.engine.drafting import DraftError, most_usd
from claude_tui.incident.postmortem import DRAFTED, FieldState, Postmortem, Prompt, drafted, prompt
from claude_tui.model.format import money, plural
from claude_tui.tui.render.lines import Lines, Span, line
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.dialog_fields import refuse, tell
from claude_tui.tui.screens.incident_loading import Loaded
from claude_tui.tui.screens.runbook_parts import prose

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["PromptScreen", "ask_for_draft"]

Take = Callable[[Mapping[str, str]], None]

_FREE = (FieldState.RECORD, FieldState.DRAFT, FieldState.MISSING)


def ask_for_draft(app: Cockpit, owner: DOMNode, form: Postmortem, loaded: Loaded, take: Take) -> None:
    """Show what would be sent; once confirmed, send it in a thread, and pass on the result.

    Refused in a demo, without a model in the settings, above the ceiling, and if nothing is left to draft.
    """
    model, ceiling = app.settings.draft_model, app.settings.draft_ceiling_usd
    if app.newest.engine.demo is not None:
        refuse(app, "A demo asks no model: its data is made up.")
        return
    if not model:
        refuse(app, "Drafting is off: name a model as draft_model in the settings.")
        return
    free = [key for key in DRAFTED if form.field(key).state in _FREE]
    if not free:
        refuse(app, "Nothing to draft: people have written impact, root cause and the message already.")
        return
    asked = prompt(form, loaded.timeline)
    most = most_usd(model, asked.whole)
    if most > ceiling:
        refuse(app, f"Not sent: it may cost {money(most)}, and draft_ceiling_usd is {money(ceiling)}.")
        return

    def confirmed(send: bool | None) -> None:
        if send:
            tell(app, f"Asking {model} for a draft…")
            owner.run_worker(_draft(app, asked, frozenset(free), take), group="draft", exclusive=True)

    app.push_screen(PromptScreen(model, most, asked), confirmed)


async def _draft(app: Cockpit, asked: Prompt, free: frozenset[str], take: Take) -> None:
    model = app.settings.draft_model
    try:
        answer = await asyncio.to_thread(app.backend.draft, model, asked.system, asked.text)
    except DraftError as error:
        refuse(app, f"No draft: {error}.")
        return
    texts = {key: text for key, text in drafted(answer.text, asked).items() if key in free}
    cost = money(answer.cost_usd)
    if not texts:
        refuse(app, f"No draft: {model} named no supporting entries ({cost}).")
        return
    take(texts)
    tell(app, f"{plural(len(texts), 'draft')} ({cost}): accept, edit or discard each with enter.")


class PromptScreen(ClosesOnce, ModalScreen[bool]):
    """Exactly what is sent, and its highest cost. Returns whether to send it."""

    DEFAULT_CSS = """
    PromptScreen { align: center middle; background: transparent; }
    PromptScreen > Pager { width: 110; max-width: 100%; height: 36; max-height: 100%; }
    """
    SCREEN_NAME = "preview of a request"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]
    AUTO_FOCUS = None

    def __init__(self, model: str, most: float, asked: Prompt) -> None:
        super().__init__()
        self._asked = asked
        self._head = f"This goes to {model}, and costs {money(most)} at most."
        self._pager = Pager("Draft: what is sent", self._lines)

    def compose(self) -> ComposeResult:
        yield self._pager

    def _lines(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        keys = line(
            Span("enter", "accent", bold=True),
            Span(" send · ", "dim"),
            Span("esc", "accent", bold=True),
            Span(" cancel · ", "dim"),
            Span("↑ ↓", "accent", bold=True),
            Span(" all of it", "dim"),
        )
        head = prose(self._head, cells, "warn", bold=True)
        return (*head, keys, (), *prose(self._asked.whole, cells, "dim"))

    def action_move(self, rows: int) -> None:
        self._pager.move(rows)

    def action_page(self, pages: int) -> None:
        self._pager.move(pages * self._pager.page)

    def action_answer(self, send: bool) -> None:
        self.dismiss(send)
