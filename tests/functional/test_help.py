"""Help, the command palette and the theme chooser: all of them know the registry and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandInput, CommandPalette
from textual.widgets import OptionList

from claude_tui.cli.parser import parse
from claude_tui.settings import Settings
from claude_tui.settings.file import read_file
from claude_tui.tui.actions import ACTIONS, is_offered
from claude_tui.tui.keys import display
from claude_tui.tui.panels.footer import FooterLine
from claude_tui.tui.permissions import offered
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.render.theme import NO_COLOR
from claude_tui.tui.render.theme_files import theme_names
from claude_tui.tui.run import _is_new
from claude_tui.tui.screens.help import HelpScreen, found_lines, help_lines
from claude_tui.tui.screens.situations import SITUATIONS, situation_lines
from claude_tui.tui.screens.themes import ThemeScreen
from claude_tui.tui.screens.walk import WalkerScreen
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional.still import StillApp, StillBackend, still_app
from tests.snapshots.pictures import PICTURES


def test_help_names_every_action_with_its_keys() -> None:
    rows = [plain(line) for line in help_lines({"probe": ("f5",)}, "/etc/x.toml", 116)]
    text = "\n".join(rows)
    for action in (known for known in ACTIONS if is_offered(known, {})):
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


def test_every_step_of_a_situation_can_be_done() -> None:
    actions = {action.id: action for action in ACTIONS}
    for step in (step for situation in SITUATIONS for step in situation.steps):
        if step.command:
            assert parse(step.command.split()[1:]) is not None
        else:
            assert is_offered(actions[step.action], {})


def test_a_situation_shows_the_keys_in_force_and_nothing_that_cannot_be_done() -> None:
    (down,) = [situation for situation in SITUATIONS if situation.title.startswith("It is down")]
    text = " ".join(plain(row) for row in situation_lines(down, {"decide": ("f7",)}, 200))
    assert "f7 them or us" in text
    watching = " ".join(
        plain(row) for row in situation_lines(down, offered({}, read_only=True, served=False), 200)
    )
    assert "three checks" not in watching
    assert "question by question" in watching


@pytest.mark.parametrize("cells", [36, 56, 116])
def test_what_a_search_finds_fits_and_has_all_words(cells: int) -> None:
    rows = [plain(row) for row in found_lines("Incident LEAD", {}, cells)]
    assert max(map(len, rows)) <= cells
    assert any("who leads" in row for row in rows)
    assert not any("Probe everything" in row for row in rows)
    (only, *_) = [plain(row) for row in found_lines("xyzzy", {}, 116)]
    assert "nothing has all of these words" in only


async def test_the_help_is_searched_and_escape_goes_back_step_by_step() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        help_screen = app.screen
        assert isinstance(help_screen, HelpScreen)

        def text() -> str:
            return "\n".join(plain(row) for row in help_screen.content(76, 20))

        everything = text()
        await pilot.press("slash", *"snooze", "enter")
        await pilot.pause()
        assert app.screen is help_screen
        assert "Snooze alerts for a while" in text()
        assert "Probe everything now" not in text()
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is help_screen
        assert text() == everything
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not help_screen


async def test_a_newcomer_is_greeted_until_the_first_key() -> None:
    snapshot = PICTURES["healthy"]()
    app = StillApp(Settings(), newcomer=True).begin(StillBackend(), snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        footer = app.query_one(FooterLine)
        assert "New here?  ? what to do when  ctrl+p any command" in plain(footer.draw(60, 1)[0])
        assert "New here?" not in plain(footer.draw(40, 1)[0])
        await pilot.press("j")
        await pilot.pause()
        assert "New here?" not in plain(footer.draw(120, 1)[0])


async def test_nobody_else_is_greeted() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)):
        assert "New here?" not in plain(app.query_one(FooterLine).draw(120, 1)[0])


def test_who_has_settings_or_a_history_is_not_new(tmp_path: Path) -> None:
    new = Settings(data_dir=tmp_path / "data", file=tmp_path / "config.toml")
    assert _is_new(new)
    (tmp_path / "data").mkdir()
    assert _is_new(new)
    (tmp_path / "data" / "api.example.com.db").touch()
    assert not _is_new(new)
    (tmp_path / "data" / "api.example.com.db").unlink()
    (tmp_path / "config.toml").touch()
    assert not _is_new(new)


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
        assert any(option.startswith("p ") and "Probe everything now" in option for option in offered)
        assert not any("\n" in option for option in offered)
        assert not any("Back to where" in option or "Up one line" in option for option in offered)


async def test_nothing_in_the_palette_blinks() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert not app.screen.query_one(CommandInput).cursor_blink


async def test_palette_finds_what_works_on_another_screen_and_goes_there() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"previous question")
        await app.workers.wait_for_complete()
        await pilot.pause()
        (option,) = app.screen.query_one(OptionList).options
        prompt = str(option.prompt)
        assert prompt.startswith("backspace ")
        assert "on the screen that d opens" in prompt
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, WalkerScreen)


async def test_the_palette_leaves_out_what_has_the_letters_only_here_and_there() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        for typed, found in (("post", 1), ("xyzxyz", 0), ("pstmrtm", 1)):
            await pilot.press("ctrl+u", *typed)
            await app.workers.wait_for_complete()
            await pilot.pause()
            prompts = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
            assert sum("postmortem" in prompt for prompt in prompts) == found
            assert typed != "post" or len(prompts) == 1


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
        notices = [notice.message for notice in app._notifications]
        assert any(text.startswith("Theme light; for this session only:") for text in notices)


async def test_with_no_color_there_is_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert app.paint.theme is NO_COLOR
        assert not isinstance(app.screen, ThemeScreen)
