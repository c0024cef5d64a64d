"""A user's theme follows its file while the dashboard is open; a broken one does not end the dashboard."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.functional.still import StillApp, still_app
from tests.snapshots.pictures import PICTURES

PATIENCE_S = 60.0
SHIPPED = Path(__file__).parents[2] / "themes"
DARK = (SHIPPED / "dark.toml").read_text("utf-8")


@pytest.fixture
def own_theme(tmp_path: Path) -> Path:
    folder = tmp_path / "themes"
    folder.mkdir()
    return folder / "mine.toml"


def write(path: Path, text: str, at_s: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at_s, at_s))


def notices(app: StillApp) -> list[str]:
    return [notice.message for notice in app._notifications]


def colours_on_screen(app: StillApp) -> set[str]:
    """The backgrounds that are drawn in the first row."""
    strips = app.screen._compositor.render_strips()
    return {segment.style.bgcolor.name for segment in strips[0] if segment.style and segment.style.bgcolor}


async def look_twice(app: StillApp) -> None:
    await app.look_at_theme_file()
    await app.look_at_theme_file()


async def test_a_theme_follows_its_file(own_theme: Path) -> None:
    write(own_theme, DARK, 1)
    app, _ = still_app(PICTURES["healthy"](), own_theme.parents[1] / "config.toml", theme="mine")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "#0e1116" in colours_on_screen(app)
        write(own_theme, DARK.replace("#0e1116", "#102030"), 2)
        await look_twice(app)
        await pilot.pause()
        assert "#102030" in colours_on_screen(app)
        assert "#0e1116" not in colours_on_screen(app)
        assert app.get_css_variables()["ct-background"] == "#102030"


async def test_a_theme_that_breaks_leaves_the_colours_and_says_so_until_it_is_mended(own_theme: Path) -> None:
    write(own_theme, DARK.replace("#0e1116", "#102030"), 1)
    app, _ = still_app(PICTURES["healthy"](), own_theme.parents[1] / "config.toml", theme="mine")
    async with app.run_test(size=(80, 24)) as pilot:
        write(own_theme, DARK.replace("#0e1116", "blue"), 2)
        await look_twice(app)
        await pilot.pause()
        assert "#102030" in colours_on_screen(app)
        assert any(
            "roles.background" in text and ". The colours stay as they are" in text for text in notices(app)
        )
        write(own_theme, DARK.replace("#0e1116", "#203040"), 3)
        await look_twice(app)
        await pilot.pause()
        assert "#203040" in colours_on_screen(app)
        assert "The theme mine can be read again." in notices(app)


async def test_a_theme_that_is_broken_from_the_start_is_replaced_by_the_default(own_theme: Path) -> None:
    write(own_theme, "roles = [", 1)
    app, _ = still_app(PICTURES["healthy"](), own_theme.parents[1] / "config.toml", theme="mine")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.paint.theme.name == "dark"
        assert any("mine.toml" in text and "is shown until" in text for text in notices(app))
        write(own_theme, DARK.replace("#0e1116", "#203040"), 2)
        await look_twice(app)
        await pilot.pause()
        assert app.paint.theme.name == "mine"
        assert "#203040" in colours_on_screen(app)


async def test_a_theme_that_was_chosen_is_watched_from_then_on(own_theme: Path) -> None:
    write(own_theme, DARK, 1)
    app, _ = still_app(PICTURES["healthy"](), own_theme.parents[1] / "config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("end", "enter")
        await pilot.pause()
        while app.paint.theme.name != "mine":
            await pilot.press("t")
            await pilot.pause()
            await pilot.press("up", "enter")
            await pilot.pause()
        write(own_theme, DARK.replace("#0e1116", "#102030"), 2)
        await look_twice(app)
        await pilot.pause()
        assert "#102030" in colours_on_screen(app)


@pytest.mark.parametrize("theme", ["ansi", "mono"])
async def test_the_chooser_goes_from_the_terminals_palette_to_colours_and_back(theme: str) -> None:
    app, _ = still_app(PICTURES["overloaded"](), theme=theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert colours_on_screen(app) == {"default"}
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("home")
        await pilot.pause()
        assert app.paint.theme.name == "dark"
        await pilot.press("escape")
        await pilot.pause()
        assert colours_on_screen(app) == {"default"}


async def test_whoever_saves_the_file_sees_it_and_nothing_waits_for_it_after_the_end(
    own_theme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claude_tui.tui.painted._POLL_S", 0.01)
    write(own_theme, DARK, 1)
    app, _ = still_app(PICTURES["healthy"](), own_theme.parents[1] / "config.toml", theme="mine")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        (thread,) = [running for running in threading.enumerate() if running.name == "theme file"]
        write(own_theme, DARK.replace("#0e1116", "#102030"), 2)
        until = time.monotonic() + PATIENCE_S
        while "#102030" not in colours_on_screen(app):
            assert time.monotonic() < until
            await pilot.pause(0.01)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
