"""Choosing how the dashboard is arranged: the next layout, and which panels are shown. Both are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from claude_tui.model.arrangement import HIDEABLE
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.keeping import keep_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from claude_tui.model.arrangement import Preset
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["PanelsScreen", "choose_panels", "next_layout"]


class Arranged(Protocol):
    """The screen that the panels are on."""

    preset: Preset
    """The layout preset."""
    hidden: frozenset[str]
    """The panels that are hidden."""

    def arrange_as(self, preset: Preset, hidden: Iterable[str]) -> None:
        """Arrange the panels again."""


def next_layout(app: Cockpit, dashboard: Arranged) -> None:
    """Switches the dashboard to the next preset, and says what it is for."""
    preset = dashboard.preset.following
    dashboard.arrange_as(preset, dashboard.hidden)
    keep_choice(app, "layout", preset.value, f"Layout {preset.value}: {preset.purpose}")


def choose_panels(app: Cockpit, dashboard: Arranged) -> None:
    """Opens the list of panels. Its changes are on screen at once, and saved when it closes."""
    before = dashboard.hidden

    def change(hidden: Iterable[str]) -> None:
        dashboard.arrange_as(dashboard.preset, hidden)

    def keep(hidden: tuple[str, ...] | None) -> None:
        if hidden is None:
            change(before)
        elif frozenset(hidden) != before:
            message = f"Hidden: {', '.join(hidden)}" if hidden else "All panels are shown"
            keep_choice(app, "hidden_panels", hidden, message)

    app.push_screen(PanelsScreen(before, change), keep)


class PanelsScreen(ClosesOnce, ModalScreen["tuple[str, ...] | None"]):
    """The panels, with a mark on each one that is shown. Returns the hidden ones, or None if cancelled."""

    DEFAULT_CSS = """
    PanelsScreen { align: right top; background: transparent; }
    PanelsScreen > OptionList, PanelsScreen > OptionList:focus {
        width: 44; height: auto; max-height: 80%; margin: 1 2; padding: 0 1;
        background: $surface; background-tint: $surface 0%; border: round $border;
        border-title-color: $ct-text; border-subtitle-color: $ct-dim;
    }
    """
    SCREEN_NAME = "list of panels"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("q", "leave", show=False),
        Binding("space", "switch", show=False, priority=True),
        Binding("enter", "keep", show=False, priority=True),
    ]

    def __init__(self, hidden: frozenset[str], change: Callable[[Iterable[str]], None]) -> None:
        super().__init__()
        self._hidden = set(hidden)
        self._change = change

    def compose(self) -> ComposeResult:
        options = OptionList(*(Option(self._label(name), id=name) for name in HIDEABLE))
        options.border_title = "Panels"
        options.border_subtitle = "space switch · enter save · esc cancel"
        yield options

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """By a click; the keys are bound above."""
        event.stop()
        self._toggle(event.option_index)

    def action_switch(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self._toggle(index)

    def action_keep(self) -> None:
        self.dismiss(tuple(name for name in HIDEABLE if name in self._hidden))

    def action_leave(self) -> None:
        self.dismiss(None)

    def _toggle(self, index: int) -> None:
        name = HIDEABLE[index]
        self._hidden ^= {name}
        self.query_one(OptionList).replace_option_prompt_at_index(index, self._label(name))
        self._change(self._hidden)

    def _label(self, name: str) -> Text:
        return Text(f"{'○' if name in self._hidden else '●'} {name}")
