"""A dialog with a few fields, choices and lines of text, to confirm or cancel.

While it is open, only its own keys and `ctrl+c` work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from claude_tui.model.text import inert
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Lines, Span, cells_of, flow, line, pad, spread, width
from claude_tui.tui.screens.closing import ClosesOnce

__all__ = ["LABEL_CELLS", "Answers", "Choice", "DialogScreen", "Field", "Question", "TextField"]

Answers = tuple[int | str, ...]
"""For each field, in order, the index of the option or the text as typed."""

LABEL_CELLS = 11
"""The column of the labels, with the mark of the focus before each."""
_MOST_ROWS = 6
# On a taller screen, a choice may take all but this many rows.
_ROWS_OF_THE_REST = 26


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options. With a single option there is nothing to choose: it is only shown."""

    label: str
    options: tuple[str, ...]
    chosen: int = 0


@dataclass(frozen=True, slots=True)
class TextField:
    """A line of text."""

    label: str
    """The name of the field."""
    value: str
    """The initial text."""
    limit: int
    """The most characters."""
    hint: str = ""
    """What is shown while it is empty."""


Field = Choice | TextField


@dataclass(frozen=True, slots=True)
class Question:
    """What a dialog asks."""

    title: str
    """The title of the dialog."""
    verb: str
    """What enter does."""
    fields: tuple[Field, ...]
    """The fields, in order."""
    explanation: Lines = ()
    """What will happen, in a few paragraphs."""
    first: int = 0
    """The index of the field that has the focus first."""
    objection: Callable[[Answers], str] = lambda _answers: ""
    """Why these answers are not possible, as a sentence; "" if they are."""


class DialogScreen(ClosesOnce, ModalScreen[Answers | None]):
    """Returns the answers, or None if it was cancelled."""

    DEFAULT_CSS = """
    DialogScreen { align: center middle; background: transparent; }
    DialogScreen > Vertical {
        width: 80; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; overflow-y: auto;
        background: $ct-background; border: round $border; border-title-color: $ct-text;
        border-title-style: bold; scrollbar-size-vertical: 1;
    }
    DialogScreen Paragraphs, DialogScreen Options { height: auto; }
    DialogScreen Paragraphs { margin-top: 1; }
    DialogScreen Horizontal { height: 1; }
    DialogScreen Label { width: 11; height: 1; }
    DialogScreen Input, DialogScreen Input:focus {
        width: 1fr; background: $ct-track; color: $ct-text; background-tint: $ct-track 0%;
    }
    DialogScreen Input > .input--placeholder { color: $ct-dim; }
    DialogScreen Input:ansi > .input--selection { text-style: reverse; }
    """
    SCREEN_NAME = "dialog"
    BINDINGS: ClassVar[list[BindingType]] = [
        # In a text field `q` is a letter.
        Binding("escape,q", "leave", show=False),
        Binding("enter", "confirm", show=False),
        Binding("tab,down", "app.focus_next", show=False),
        Binding("shift+tab,up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = None

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self._fields: list[Options | TextInput] = []
        self._hints = Paragraphs((_hints(question),))

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            # A Text, as a plain string would be parsed as markup.
            box.border_title = Text(self.question.title)
            for field in self.question.fields:
                if isinstance(field, Choice):
                    self._fields.append(options := Options(field))
                    yield options
                else:
                    self._fields.append(text := TextInput(field))
                    yield Horizontal(Label(field.label, text), text)
            if self.question.explanation:
                yield Paragraphs(self.question.explanation)
            yield self._hints

    def on_mount(self) -> None:
        self._fields[self.question.first].focus()

    @property
    def answers(self) -> Answers:
        return tuple(
            field.chosen if isinstance(field, Options) else field.value.strip() for field in self._fields
        )

    def on_descendant_focus(self) -> None:
        self._mark_focus()

    def on_descendant_blur(self) -> None:
        self._mark_focus()

    def _mark_focus(self) -> None:
        for panel in self.query(LinePanel):
            panel.redraw()

    def on_input_submitted(self) -> None:
        self.action_confirm()

    def action_confirm(self) -> None:
        objection = self.question.objection(self.answers)
        if objection:
            self._hints.set_text((line(Span("▲ ", "warn", bold=True), objection), _hints(self.question)))
        else:
            self.dismiss(self.answers)

    def action_leave(self) -> None:
        self.dismiss(None)


def _hints(question: Question) -> Line:
    asked = [field for field in question.fields if isinstance(field, TextField) or len(field.options) > 1]
    keys = [("enter", f"{question.verb} ·"), ("tab", "next field ·"), ("esc", "cancel")]
    shown = [(key, does) for key, does in keys if key != "tab" or len(asked) > 1]
    return line(
        *(part for key, does in shown for part in (Span(key, "accent", bold=True), Span(f" {does} ", "dim")))
    )


def _label(text: str, *, focused: bool) -> Line:
    """The field's name, with a mark if it has the focus."""
    return line(
        Span("▸ " if focused else "  ", "accent", bold=True),
        Span(pad(text, LABEL_CELLS - 2), "text" if focused else "dim", bold=focused),
    )


def _more(arrow: str, hidden: int) -> Line:
    """How many options the arrow leads to; empty without any."""
    return line(Span(f"{arrow} {hidden} more", "faint")) if hidden else ()


class Paragraphs(LinePanel):
    """Paragraphs, as many rows as they need."""

    def __init__(self, paragraphs: Lines) -> None:
        super().__init__()
        self._paragraphs = paragraphs

    def set_text(self, paragraphs: Lines) -> None:
        self._paragraphs = paragraphs
        self.refresh(layout=True)
        self.repaint()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> Lines:  # noqa: ARG002 (as high as it needs to be)
        return tuple(row for paragraph in self._paragraphs for row in flow(paragraph, width, _MOST_ROWS))


class Label(LinePanel):
    """The label of a text field."""

    def __init__(self, text: str, of: Widget) -> None:
        super().__init__()
        self._text = text
        self._of = of

    def draw(self, width: int, height: int) -> Lines:  # noqa: ARG002 (one row)
        return (_label(self._text, focused=self._of.has_focus),)


class Options(LinePanel, can_focus=True):
    """A row for each option; the arrow keys choose. If not all fit, those near the chosen one are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
    ]

    def __init__(self, field: Choice) -> None:
        super().__init__()
        self._field = field
        self.chosen = field.chosen
        self.can_focus = len(field.options) > 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return min(len(self._field.options), max(_MOST_ROWS, viewport.height - _ROWS_OF_THE_REST))

    def draw(self, width: int, height: int) -> Lines:
        first, shown = self._first(height), min(height, len(self._field.options))
        label = _label(self._field.label, focused=self.has_focus)
        hidden = {0: ("↑", first), shown - 1: ("↓", len(self._field.options) - first - shown)}
        margin = Span(" " * LABEL_CELLS)
        return tuple(
            self._row(
                label if row == 0 else line(margin), first + row, _more(*hidden.get(row, ("", 0))), width
            )
            for row in range(shown)
        )

    def _row(self, label: Line, number: int, more: Line, cells: int) -> Line:
        mine = number == self.chosen
        mark = Span("(•) " if mine else "( ) ", "accent" if mine else "dim", bold=mine)
        room = cells - LABEL_CELLS - cells_of(mark.text) - (width(more) + 1 if more else 0)
        text = _whole_parts(self._field.options[number], room)
        return spread(line(*label, mark, Span(text, "text" if mine else "dim", bold=mine)), more, cells)

    def _first(self, height: int) -> int:
        """The index of the first visible option."""
        return max(min(self.chosen - height // 2, len(self._field.options) - height), 0)

    def action_step(self, step: int) -> None:
        self._choose(self.chosen + step)

    def on_click(self, event: events.Click) -> None:
        self._choose(self._first(self.size.height) + event.y)

    def _choose(self, number: int) -> None:
        self.chosen = max(min(number, len(self._field.options) - 1), 0)
        self.redraw()
        self.scroll_visible(animate=False)


def _whole_parts(text: str, cells: int) -> str:
    """`P2 in 15m: many fail, are limited or very slow` up to a comma, if the rest would be cut."""
    if cells_of(text) <= cells:
        return text
    return text[: max(cells, 0)].rpartition(", ")[0] or text


class TextInput(Input):
    """A line of input. Pasted text becomes one line without control characters."""

    def __init__(self, field: TextField) -> None:
        super().__init__(field.value, placeholder=field.hint, max_length=field.limit, compact=True)
        self._limit = field.limit
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        room = self._limit - len(self.value) + len(self.selected_text)
        text = inert(event.text[:room].strip(), room) if room > 0 else ""
        self.replace(text, *self.selection)
