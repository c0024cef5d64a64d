"""Copied text can be seen and selected if the terminal's clipboard does not take it."""

from __future__ import annotations

import pytest

from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.clipboard import MAX_BYTES
from claude_tui.tui.screens.copied import CopiedScreen
from claude_tui.tui.screens.dashboard import DashboardScreen
from tests.functional.runbook_screens import screen_text
from tests.functional.still import StillApp, still_app
from tests.snapshots.pictures import PICTURES


class CopyingApp(StillApp):
    """Copies as the program does."""

    def copy_to_clipboard(self, text: str) -> None:
        ClaudeTopApp.copy_to_clipboard(self, text)


def app_of() -> CopyingApp:
    app, backend = still_app(PICTURES["overloaded"]())
    return CopyingApp(app.settings).begin(backend, app.newest)


async def test_what_was_copied_is_shown_from_edge_to_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("Y")
        await pilot.pause()
        assert [notice.message for notice in app._notifications] == ["Nothing has been copied yet."]
        await pilot.press("y")
        await pilot.pause()
        assert "Y shows it" in " ".join(screen_text(app).replace("│", "").split())
        await pilot.press("escape", "Y")
        await pilot.pause()
        assert isinstance(app.screen, CopiedScreen)
        rows = screen_text(app).split("\n")
        assert rows[0].startswith("P1 It's them. The API is overloaded (529).")
        assert not any(char in "".join(rows) for char in "│╭╰")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, DashboardScreen)


async def test_a_terminal_without_a_clipboard_shows_the_text_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, CopiedScreen)
        assert "P1 It's them. The API is overloaded (529)." in screen_text(app)
        assert "This terminal has no clipboard." in screen_text(app)
        assert not list(app._notifications)


async def test_what_is_too_long_is_shown_in_full_and_scrolls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    app = app_of()
    lines = [f"line {number}" for number in range(MAX_BYTES // 8)]
    async with app.run_test(size=(80, 24)) as pilot:
        app.copy_to_clipboard("\n".join(lines))
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, CopiedScreen)
        assert "Only the beginning was copied" in screen_text(app)
        await pilot.press("pagedown", "down")
        await pilot.pause()
        assert "line 22\n" in screen_text(app).replace(" \n", "\n").replace("  ", "")
        assert f"of {len(lines)}" in screen_text(app)


async def test_over_the_war_room_it_is_not_shown_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w", "y")
        await pilot.pause()
        await pilot.pause()
        assert not any(isinstance(screen, CopiedScreen) for screen in app.screen_stack)
        assert [" ".join(notice.message.split()) for notice in app._notifications] == [
            "This terminal has no clipboard. It is not shown while others see the screen."
        ]
