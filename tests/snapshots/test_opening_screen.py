"""The first frame, before anything is read, at four sizes in three themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from textual.screen import Screen

from claude_tui.settings import Settings
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.screens.opening import About, OpeningScreen
from tests.snapshots.test_every_screen import SIZES, THEMES

ABOUT = About("prod", "api.anthropic.com")


class _Opening(ClaudeTopApp):
    """Never gets any further."""

    def get_default_screen(self) -> Screen[None]:
        at = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
        return OpeningScreen(ABOUT, self.chosen_keys, now=lambda: at)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_screen(snap_compare: Callable[..., bool], size: str, theme: str) -> None:
    assert snap_compare(_Opening(Settings(theme=theme)), terminal_size=SIZES[size])
