"""A dashboard that is shown in a browser: it writes no file where the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.permissions import LOCAL_METHODS, SHARED_METHODS, offered, refusal
from claude_tui.tui.screens.themes import ThemeScreen
from tests.functional.still import still_app
from tests.snapshots.pictures import PICTURES


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `claude-top serve` sets for the dashboard of a browser."""
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")


@pytest.mark.usefixtures("browser")
async def test_a_theme_is_for_the_session(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    app, _ = still_app(PICTURES["healthy"](), file)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert isinstance(app.screen, ThemeScreen)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert [notice.message for notice in app._notifications] == ["Theme light; for this session only."]
        assert not file.exists()


@pytest.mark.usefixtures("browser")
async def test_a_layout_is_for_the_session(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    app, _ = still_app(PICTURES["healthy"](), file)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("v")
        await pilot.pause()
        (notice,) = app._notifications
        assert notice.message.endswith("for this session only.")
        assert not file.exists()


@pytest.mark.parametrize("name", ["export", "save_screen"])
def test_writing_a_file_is_not_offered_and_refused(name: str) -> None:
    writing = next(action for action in ACTIONS if action.id == name)
    assert writing.local
    assert offered({}, read_only=False, served=True)[name] == ()
    assert name not in offered({}, read_only=False, served=False)
    reason = refusal(name, served=True, read_only=False, recording=False, travelling=False)
    assert reason.startswith("A browser writes no files on the server")
    assert refusal(name, served=False, read_only=True, recording=True, travelling=True) == ""


@pytest.mark.parametrize("method", sorted(SHARED_METHODS - LOCAL_METHODS))
def test_with_actions_allowed_the_others_work(method: str) -> None:
    assert refusal(method, served=True, read_only=False, recording=False, travelling=False) == ""
    assert refusal(method, served=True, read_only=True, recording=False, travelling=False)
