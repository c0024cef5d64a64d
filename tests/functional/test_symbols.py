"""Every screen follows the symbol set: panels, dialogs, lists and borders."""

from __future__ import annotations

import pytest

from claude_tui.tui.render.symbols import SymbolFilter, Symbols
from tests.functional.still import StillApp, still_app
from tests.snapshots.pictures import PICTURES
from tests.snapshots.postmortem_scenes import POSTMORTEM_SCENES
from tests.snapshots.test_incident_screens import typing

# What opens something, each from the dashboard.
OPENING = (*"tdmcihyazs0123456", "question_mark", "ctrl+p", "slash")


def drawn(app: StillApp) -> str:
    """The text on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.mark.parametrize("key", ["", *OPENING])
async def test_in_ascii_every_screen_is_ascii(key: str) -> None:
    app, _ = still_app(PICTURES["hostile"](), symbols="ascii")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        below = drawn(app)
        if key:
            await pilot.press(key)
            await pilot.pause()
            await pilot.pause()
            assert drawn(app) != below
        assert drawn(app).isascii()
        assert app.is_running


@pytest.mark.parametrize(
    "keys",
    [
        ("f",),
        ("f", "v"),
        ("f", "l"),
        ("f", "e"),
        ("f", "end", "enter", "end"),
        ("f", "down", "right"),
        ("i",),
    ],
)
async def test_in_ascii_an_incident_and_its_postmortem_are_ascii(keys: tuple[str, ...]) -> None:
    scene = POSTMORTEM_SCENES["conflict"]()
    app, backend = still_app(scene.snapshot, symbols="ascii")
    backend.records = scene.records
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        below = drawn(app)
        await typing(keys[0])(pilot)
        await typing(*keys[1:])(pilot)
        assert drawn(app) != below
        assert drawn(app).isascii()


def test_nothing_is_rewritten_where_the_terminal_has_everything() -> None:
    assert not SymbolFilter(Symbols.BRAILLE).enabled


@pytest.mark.parametrize("symbols", ["block", "ascii"])
async def test_the_layout_is_the_same_in_every_set(symbols: str) -> None:
    screens = []
    for symbol_set in ("braille", symbols):
        app, _ = still_app(PICTURES["overloaded"](), symbols=symbol_set)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            screens.append(drawn(app).split("\n"))
    for before, after in zip(*screens, strict=True):
        assert len(before) == len(after)
        # Letters and figures stay where they are, but for a few that stand in for marks.
        kept = [old == new for old, new in zip(before, after, strict=True) if old.isascii()]
        assert all(kept)


async def test_curves_have_no_braille_in_blocks() -> None:
    app, _ = still_app(PICTURES["overloaded"](), symbols="block")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        shown = drawn(app)
        assert not any(0x2800 <= ord(char) < 0x2900 for char in shown)
        assert "█" in shown


async def test_a_picture_of_the_screen_follows_too() -> None:
    app, _ = still_app(PICTURES["overloaded"](), symbols="ascii")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.export_screenshot().isascii()
