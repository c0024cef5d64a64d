"""How the app is drawn: its theme, as far as the terminal has the colours, and its symbols."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.filter import Monochrome
from textual.screen import Screen
from textual.worker import WorkType

from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.paint import Paint
from claude_tui.tui.render.palette import fitted
from claude_tui.tui.render.partial_output import partial_output
from claude_tui.tui.render.symbols import SymbolFilter, symbols_for
from claude_tui.tui.render.textual_theme import textual_theme
from claude_tui.tui.render.theme import NO_COLOR, Theme
from claude_tui.tui.render.theme_files import FALLBACK, ThemeError, load_theme, wanted
from claude_tui.tui.theme_watch import ThemeWatch
from claude_tui.tui.typed_order import TypesInOrder

if TYPE_CHECKING:
    from rich.console import RenderableType

    from claude_tui.model.when import Local
    from claude_tui.tui.faults import Report

__all__ = ["PaintedApp"]

_POLL_S = 1.0
# Each look wakes a thread, which costs a fifteenth of an idle dashboard.
_POLL_WITHOUT_FILE_S = 5.0
_THEME_FILE = "theme file"
_PROBLEM_S = 10.0


def _sentence(error: ThemeError) -> str:
    return error.summary.rstrip(".") + "."


class PaintedApp(TypesInOrder, inherit_bindings=False):
    """An app in the theme called `theme`, whose file may change while it is shown.

    `symbols` is the setting: the name of a set, or "auto".
    """

    def __init__(self, report: Report | None, theme: str, user_themes: Path | None, symbols: str) -> None:
        self.user_themes = user_themes
        self.symbols = symbols_for(symbols, os.environ)
        self._theme_watch = ThemeWatch(theme, user_themes)
        self._theme_problem = ""
        self._ended = threading.Event()
        try:
            chosen = wanted(theme, user_themes, os.environ)
        except ThemeError as error:
            chosen = load_theme(FALLBACK, None)
            self._theme_problem = f"{_sentence(error)} The theme {FALLBACK} is shown until it is fixed."
        self.paint = Paint(chosen, self.symbols)
        # Set from the start, as Textual would otherwise paint greys over the terminal's own colours.
        super().__init__(report, ansi_color=True if chosen is NO_COLOR else None)
        if chosen is not NO_COLOR:
            # Textual also obeys an empty NO_COLOR, which has no meaning (https://no-color.org).
            self.no_color = False
            self._filters = [
                line_filter for line_filter in self._filters if not isinstance(line_filter, Monochrome)
            ]
        self._filters.append(SymbolFilter(self.symbols))
        self.register_theme(textual_theme(chosen))
        self.set_reactive(App.theme, chosen.css_name)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def on_mount(self) -> None:
        if self._fitted(self.paint.theme) is not self.paint.theme:
            self.apply_theme(self.paint.theme)
        self.app_resume_signal.subscribe(self, lambda _: self.call_later(self._paint_all))

    def on_ready(self) -> None:
        if self._theme_problem:
            self._tell_of_theme(self._theme_problem)
        if self.user_themes is not None and self.paint.theme is not NO_COLOR:
            self._follow_theme_file()

    def _follow_theme_file(self) -> None:
        # In a thread that waits, as a file on an unreachable disk hangs; a worker for each check costs more
        # than everything else in an idle second.
        ended, loop = self._ended, asyncio.get_running_loop()

        def follow() -> None:
            while not ended.wait(_POLL_S if self._theme_watch.has_file else _POLL_WITHOUT_FILE_S):
                if self._theme_watch.may_have_changed():
                    with suppress(RuntimeError):  # the loop has closed meanwhile
                        loop.call_soon_threadsafe(self._look_soon)

        threading.Thread(target=follow, name="theme file", daemon=True).start()

    def _look_soon(self) -> None:
        # A watcher that hangs is not started again.
        if not any(worker.group == _THEME_FILE for worker in self.workers):
            work: WorkType[None] = self.look_at_theme_file
            self.run_worker(work, group=_THEME_FILE)

    def on_unmount(self) -> None:
        self._ended.set()

    async def look_at_theme_file(self) -> None:
        """Read the theme again if its file has changed. If it cannot be read, nothing changes."""
        watch = self._theme_watch
        found = await asyncio.to_thread(watch.changed)
        if watch is not self._theme_watch:
            return  # another one has been chosen since
        if isinstance(found, ThemeError):
            self._theme_problem = f"{_sentence(found)} The colours stay as they are until it is fixed."
            self._tell_of_theme(self._theme_problem)
        elif found is not None:
            self.apply_theme(found)
            if self._theme_problem:
                self._theme_problem = ""
                self.notify(f"The theme {found.name} can be read again.", timeout=3, markup=False)

    def _tell_of_theme(self, problem: str) -> None:
        self.notify(problem, severity="warning", timeout=_PROBLEM_S, markup=False)

    def follow_theme(self, name: str) -> None:
        """Watch the file of the theme called `name` from now on."""
        self._theme_watch = ThemeWatch(name, self.user_themes)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint everything in the colours of `theme`, as far as the terminal has them."""
        theme = self._fitted(theme)
        self.paint = Paint(theme, self.symbols, self.paint.local)
        made = textual_theme(theme)
        again = self.theme == made.name
        self.register_theme(made)
        self.theme = made.name
        if again:
            # Textual notices no change if only the colours behind a name differ.
            self._watch_theme(made.name)
        self._paint_all()

    def show_local(self, local: Local | None) -> None:
        """Show the times of a zone beside those in UTC, or only UTC."""
        self.paint = Paint(self.paint.theme, self.symbols, local)
        self._paint_all()

    def _fitted(self, theme: Theme) -> Theme:
        return theme if self.is_headless else fitted(theme, self.console.color_system)

    def _paint_all(self) -> None:
        """Repaint every cell, after a change of colours, or after the shell has used the terminal."""
        for screen in self.screen_stack:
            for panel in screen.query(LinePanel):
                panel.repaint()
        self.screen.refresh(layout=True)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, partial_output(renderable))
