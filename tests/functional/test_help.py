"""Help, the command palette and the theme chooser: all of them know the registry and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from claude_tui.settings.file import read_file
from claude_tui.tui.actions import ACTIONS, is_offered
from claude_tui.tui.keys import display
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.render.theme import NO_COLOR
from claude_tui.tui.render.theme_files import theme_names
from claude_tui.tui.screens.help import HelpScreen, help_lines
from claude_tui.tui.screens.themes import ThemeScreen
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional.still import still_app
from tests.snapshots.pictures import PICTURES


def test_help_names_every_action_with_its_keys() -> None:
    rows = [plain(line) for line in help_lines({"probe": ("f5",)}, "/etc/x.toml", 116)]
    text = "\n".join(rows)
    for action in (each for each in ACTIONS if is_offered(each, {})):
        row = next(row for row in rows if row.endswith(f"  {action.id}"))
        assert action.help in row
        if action.id != "probe":
            assert all(display(key) in row for key in (*action.keys, *action.always))
    assert "f5            Probe everything now" in text
    assert "/etc/x.toml" in text


@pytest.mark.parametrize("cells", [36, 56, 76, 116])
def test_help_fits(cells: int) -> None:
    assert max(width(line) for line in help_lines({}, None, cells)) <= cells


async def test_help_opens_and_closes_with_its_key() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("pagedown", "question_mark")
        await pilot.pause()
        assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_palette_runs_an_action_of_the_registry(key: str) -> None:
    app, _backend = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"latency")
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, ZoomScreen)


async def test_palette_offers_what_this_screen_can_do() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p")
        await app.workers.wait_for_complete()
        await pilot.pause()
        offered = {str(option.prompt) for option in app.screen.query_one(OptionList).options}
        assert any("Probe everything now" in each for each in offered)
        assert not any("Back to where" in each or "Up one line" in each for each in offered)


async def test_a_theme_is_previewed_then_kept_in_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    app, _ = still_app(PICTURES["overloaded"](), file)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert isinstance(app.screen, ThemeScreen)
        await pilot.press("down")
        await pilot.pause()
        assert app.paint.theme.name == "light"
        assert app.theme == "ct-light"
        await pilot.press("enter")
        await pilot.pause()
        assert not isinstance(app.screen, ThemeScreen)
        assert read_file(file) == {"theme": "light"}


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_the_chooser_changes_nothing(tmp_path: Path, key: str) -> None:
    file = tmp_path / "config.toml"
    app, _ = still_app(PICTURES["healthy"](), file)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("down", "down")
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert app.paint.theme.name == "dark"
        assert app.is_running
        assert not file.exists()


async def test_own_themes_are_offered_and_wrong_ones_named(tmp_path: Path) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    shipped = Path(__file__).parents[2] / "themes" / "dark.toml"
    (folder / "mine.toml").write_text(shipped.read_text("utf-8").replace('"Dark"', '"Mine [bold]x[/]"'))
    (folder / "wrong.toml").write_text("roles = 1")
    app, _ = still_app(PICTURES["healthy"](), tmp_path / "config.toml")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        prompts = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
        assert "Mine [bold]x[/]" in prompts
        assert len(prompts) == len(theme_names(tmp_path / "themes")) - 1


async def test_a_choice_that_cannot_be_kept_counts_for_now_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")
    app, _ = still_app(PICTURES["healthy"](), tmp_path / "taken" / "config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.paint.theme.name == "light"
        told = [notice.message for notice in app._notifications]
        assert any(text.startswith("Theme light for this session only:") for text in told)


async def test_with_no_color_there_is_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert app.paint.theme is NO_COLOR
        assert not isinstance(app.screen, ThemeScreen)
