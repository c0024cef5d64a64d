"""Editing a field of a postmortem: text is recorded while it is typed, at most a second later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from claude_tui.incident.postmortem import ActionKind, Draft
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.text import inert
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Lines, Span, line
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.dialog import Choice, Label, Options, Paragraphs, TextField, TextInput
from claude_tui.tui.view import View

__all__ = ["Edited", "EditorScreen"]

# Slightly less than the second that may be lost, as writing takes some time too.
_SAVE_AFTER_S = 0.8
_KINDS = ("not said", *ActionKind)


@dataclass(frozen=True, slots=True)
class Edited:
    """A field being edited, and how."""

    draft: Draft
    label: str
    hint: str
    one_line: bool = False
    """Whether it is one line, which enter finishes."""
    is_kind: bool = False
    """Whether it is the kind of an action item."""
    limit: int = MAX_ENTRY
    """The most characters."""


class EditorScreen(ClosesOnce, ModalScreen[None]):
    """One field, or the parts of an action item. There is nothing to confirm: leaving keeps everything."""

    DEFAULT_CSS = """
    EditorScreen { align: center middle; background: transparent; }
    EditorScreen > Vertical {
        width: 100; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $ct-background; border: round $border; border-title-color: $ct-text;
        border-title-style: bold; border-subtitle-color: $ct-dim;
    }
    EditorScreen Paragraphs, EditorScreen Options { height: auto; }
    EditorScreen Paragraphs { margin-top: 1; }
    EditorScreen Paragraphs.above { margin-top: 0; margin-bottom: 1; }
    EditorScreen Horizontal { height: 1; }
    EditorScreen Label { width: 11; height: 1; }
    EditorScreen Input, EditorScreen Input:focus {
        width: 1fr; background: $ct-track; color: $ct-text; background-tint: $ct-track 0%;
    }
    EditorScreen Input > .input--placeholder { color: $ct-dim; }
    EditorScreen Input:ansi > .input--selection { text-style: reverse; }
    EditorScreen TextArea, EditorScreen TextArea:focus {
        height: 10; background: $ct-track; color: $ct-text; border: none; padding: 0;
        background-tint: $ct-track 0%; scrollbar-size-vertical: 1;
    }
    EditorScreen TextArea .text-area--cursor { background: $ct-text; color: $ct-background; }
    EditorScreen TextArea .text-area--placeholder { color: $ct-dim; }
    EditorScreen TextArea:ansi .text-area--selection { text-style: reverse; }
    """
    SCREEN_NAME = "editor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = None

    def __init__(
        self,
        title: str,
        edited: tuple[Edited, ...],
        append: Callable[[FieldRevision], None],
        explanation: Lines = (),
        status: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self._title = title
        self._edited = edited
        self._append = append
        self._explanation = explanation
        self._status = status
        self._inputs: list[Area | TextInput | Options] = []
        self._timer: Timer | None = None
        self._paragraphs = Paragraphs((self._hints(),))

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Text(self._title)
            if self._explanation:
                yield (above := Paragraphs(self._explanation))
                above.add_class("above")
            for edited in self._edited:
                widget = _widget(edited)
                self._inputs.append(widget)
                if isinstance(widget, TextInput):
                    yield Horizontal(Label(edited.label, widget), widget)
                else:
                    yield widget
            yield self._paragraphs

    def on_mount(self) -> None:
        self._inputs[0].focus()
        if not all(edited.draft.is_saved for edited in self._edited):
            self._changed()

    def on_descendant_focus(self) -> None:
        self._mark_focus()

    def on_descendant_blur(self) -> None:
        self._mark_focus()

    def _mark_focus(self) -> None:
        for panel in self.query(LinePanel):
            panel.redraw()

    def show(self, snapshot: Snapshot, view: View) -> None:  # noqa: ARG002 (the status asks for itself)
        """Say whether everything is saved, and who else is editing it."""
        if self.is_mounted:
            self._paragraphs.set_text((self._hints(),))

    def _hints(self) -> Line:
        keys = [("esc", "done · ")]
        if len(self._edited) > 1:
            keys.append(("tab", "next · "))
        pairs = ((Span(key, "accent", bold=True), Span(f" {does}", "dim")) for key, does in keys)
        hints = [part for pair in pairs for part in pair]
        status = self._status()
        return line(*hints, Span(status or "kept as you type", "dim"))

    # -- recording what is typed -------------------------------------------------------------

    def on_text_area_changed(self) -> None:
        self._changed()

    def on_input_changed(self) -> None:
        self._changed()

    def on_kind_options_changed(self) -> None:
        self._changed()

    def _changed(self) -> None:
        """Something may be new: it is recorded soon, with everything typed until then."""
        if self._timer is None:
            self._timer = self.set_timer(_SAVE_AFTER_S, self.save)

    def save(self) -> None:
        """Record what has not been recorded yet."""
        self._timer = None
        for edited, widget in zip(self._edited, self._inputs, strict=False):
            edited.draft.text = _value(widget)
            revision = edited.draft.revision()
            if revision is not None:
                self._append(revision)
        if self.is_mounted:
            self._paragraphs.set_text((self._hints(),))

    # -- leaving ------------------------------------------------------------------------------

    def on_input_submitted(self) -> None:
        self.action_leave()

    def action_leave(self) -> None:
        self.save()
        self.dismiss(None)

    def on_unmount(self) -> None:
        # However it ends: closed, program quit, terminal gone.
        self.save()


def _widget(edited: Edited) -> Area | TextInput | KindOptions:
    text = edited.draft.text
    if edited.is_kind:
        return KindOptions(edited.label, text)
    if edited.one_line:
        line_of_text = TextInput(TextField(edited.label, text, edited.limit, edited.hint))
        # Otherwise the first key would replace all of it, and that would be recorded.
        line_of_text.select_on_focus = False
        return line_of_text
    return Area(text, edited.hint, edited.limit)


def _value(widget: Widget) -> str:
    if isinstance(widget, Options):
        return _KINDS[widget.chosen] if widget.chosen else ""
    return widget.text if isinstance(widget, TextArea) else str(getattr(widget, "value", ""))


class KindOptions(Options):
    """The kind of an action item; reports when another one is chosen."""

    class Changed(Message):
        """Another kind was chosen."""

    def __init__(self, label: str, chosen: str) -> None:
        super().__init__(Choice(label, _KINDS, _KINDS.index(chosen) if chosen in _KINDS else 0))

    def _choose(self, number: int) -> None:
        super()._choose(number)
        self.post_message(self.Changed())


class Area(TextArea):
    """Text of several lines. Control characters are removed from pasted text."""

    def __init__(self, text: str, hint: str, limit: int) -> None:
        super().__init__(
            text,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            placeholder=hint,
            highlight_cursor_line=False,
        )
        self._limit = limit
        self.cursor_blink = False

    def on_mount(self) -> None:
        self.move_cursor(self.document.end)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        room = self._limit - len(self.text) + len(self.selected_text)
        if room > 0 and (
            result := self._replace_via_keyboard(
                inert(event.text[:room], room, keep_newlines=True), *self.selection
            )
        ):
            self.move_cursor(result.end_location)
