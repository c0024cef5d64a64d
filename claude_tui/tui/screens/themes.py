"""The theme chooser. The theme under the cursor is applied to the whole screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual._widget_navigation import Direction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from claude_tui.tui.render.theme import NO_COLOR, Theme
from claude_tui.tui.render.theme_files import ThemeError, load_theme, theme_names
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.keeping import keep_choice

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ThemeScreen", "choose_theme"]


class _Themes(OptionList):
    def _move_page(self, direction: Direction) -> None:
        # Between a resize and the next layout, the list has no lines, and paging raises KeyError.
        if self._index_to_line:
            super()._move_page(direction)


class ThemeScreen(ClosesOnce, ModalScreen[str | None]):
    """Returns the name chosen, or None. `apply` is called with every theme that is highlighted."""

    DEFAULT_CSS = """
    ThemeScreen { align: right top; background: transparent; }
    ThemeScreen > OptionList, ThemeScreen > OptionList:focus {
        width: 36; height: auto; max-height: 80%; margin: 1 2; padding: 0 1;
        background: $surface; background-tint: $surface 0%; border: round $border;
        border-title-color: $ct-text; border-subtitle-color: $ct-dim;
    }
    """
    SCREEN_NAME = "list of themes"
    BINDINGS = [Binding("escape", "leave", show=False), Binding("q", "leave", show=False)]

    def __init__(self, themes: tuple[Theme, ...], current: Theme, apply: Callable[[Theme], None]) -> None:
        super().__init__()
        self._themes = themes
        self._current = current
        self._apply = apply

    def compose(self) -> ComposeResult:
        options = _Themes(*(Option(Text(theme.title), id=theme.name) for theme in self._themes))
        options.border_title = "Theme"
        options.border_subtitle = "enter save · esc cancel"
        yield options

    def on_mount(self) -> None:
        names = [theme.name for theme in self._themes]
        options = self.query_one(OptionList)
        options.highlighted = names.index(self._current.name) if self._current.name in names else 0

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._apply(self._themes[event.option_index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._themes[event.option_index].name)

    def action_leave(self) -> None:
        self.dismiss(None)


def choose_theme(app: Cockpit) -> None:
    """Open the chooser, save the choice in the settings file, and say so, or why not."""
    current = app.paint.theme
    if current is NO_COLOR:
        app.notify("NO_COLOR is set: there are no colours to choose.", markup=False)
        return
    themes, problems = _usable(app)
    for problem in problems:
        app.notify(problem, severity="warning", markup=False)

    def keep(name: str | None) -> None:
        if name is None:
            app.apply_theme(current)
        else:
            app.follow_theme(name)
            keep_choice(app, "theme", name, f"Theme {name}")

    app.push_screen(ThemeScreen(themes, current, app.apply_theme), keep)


def _usable(app: Cockpit) -> tuple[tuple[Theme, ...], tuple[str, ...]]:
    """The themes that can be read, and what is wrong with the others."""
    themes: list[Theme] = []
    problems: list[str] = []
    for name in theme_names(app.user_themes):
        try:
            themes.append(load_theme(name, app.user_themes))
        except ThemeError as error:
            problems.append(error.summary)
    return tuple(themes), tuple(problems)
