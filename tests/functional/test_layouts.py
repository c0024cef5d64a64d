"""Layouts and hidden panels in the running app: switched by key, remembered, and explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from claude_tui.model.arrangement import HIDEABLE, Preset
from claude_tui.model.snapshot import Snapshot
from claude_tui.settings import load
from claude_tui.tui.messages import SnapshotReady
from claude_tui.tui.screens.arranging import PanelsScreen
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.history import HistoryScreen
from claude_tui.tui.screens.incident import IncidentScreen
from tests.functional.still import StillApp, still_app
from tests.functional.watched import Watched, arrives
from tests.snapshots.pictures import PICTURES
from tests.war_rooms import WAR_ROOMS

SIZES = [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60), (250, 80), (60, 60)]


def shown(app: StillApp) -> set[str]:
    """The panels that are on screen."""
    dashboard = app.screen_stack[0]
    assert isinstance(dashboard, DashboardScreen)
    size = dashboard.size
    return {
        panel.PANEL.value
        for panel in dashboard.panels
        if panel.display and panel.PANEL.value in dashboard.plan(size).slots
    }


async def test_v_goes_round_and_the_choice_survives(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    app, _ = still_app(WAR_ROOMS["led"](), file)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        assert isinstance(dashboard, DashboardScreen)
        for expected in (Preset.TRAFFIC, Preset.QUIET, Preset.TRIAGE, Preset.TRAFFIC):
            await pilot.press("v")
            await pilot.pause()
            assert dashboard.preset is expected
    kept = load({}, {"CLAUDE_TOP_CONFIG": str(file)})
    assert kept.layout == "traffic"
    assert file.read_text() == 'layout = "traffic"\n'
    again, _ = still_app(WAR_ROOMS["led"](), file, layout=kept.layout)
    async with again.run_test(size=(120, 40)):
        assert "traffic" in shown(again)
        dashboard = again.screen
        assert isinstance(dashboard, DashboardScreen)
        assert dashboard.traffic.region.area > dashboard.events.region.area > 0


async def test_of_two_layouts_only_the_second_is_announced() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        for _ in range(2):
            await pilot.press("v")
            await pilot.pause()
        app.notify("Something else.", timeout=600)
        await pilot.pause()
        notices = [notice.message for notice in app._notifications]
        assert len(notices) == 2
        assert notices[0].startswith("Layout quiet")
        assert notices[1] == "Something else."
        assert sum("Layout" in str(toast.render()) for toast in app.screen.query(Toast)) == 1


async def test_panels_are_hidden_and_shown_by_key_and_remembered(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    app, _ = still_app(PICTURES["healthy"](), file)
    async with app.run_test(size=(120, 40)) as pilot:
        assert {"status", "headroom"} <= shown(app)
        await pilot.press("V")
        assert isinstance(app.screen, PanelsScreen)
        await pilot.press("space", "down", "space")
        await pilot.pause()
        assert not {"status", "headroom"} & shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert load({}, {"CLAUDE_TOP_CONFIG": str(file)}).hidden_panels == ("status", "headroom")
        await pilot.press("V", "space", "escape")
        await pilot.pause()
        assert not {"status", "headroom"} & shown(app)


async def test_a_hidden_panel_is_not_reached_by_tab() -> None:
    app, _ = still_app(PICTURES["healthy"](), hidden_panels=("status", "errors"))
    async with app.run_test(size=(120, 40)) as pilot:
        seen = set()
        for _ in range(6):
            await pilot.press("tab")
            dashboard = app.screen
            assert isinstance(dashboard, DashboardScreen)
            assert dashboard.focused_panel is not None
            seen.add(dashboard.focused_panel.PANEL.value)
        assert seen == {"headroom", "latency", "events"}


async def test_quiet_is_calm_until_there_is_trouble() -> None:
    app = Watched(WAR_ROOMS["watched"](), layout="quiet")
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.dashboard.effective_preset is Preset.QUIET
        text = app.text()
        assert "INC-2 500s on all models, then 529s" in text
        assert "99.65%" in text
        assert "1 Status" not in text
        assert "3 Errors" not in text
        await arrives(pilot, WAR_ROOMS["trouble_with_traffic"]())
        text = app.text()
        assert "1 Status" in text
        assert "3 Errors" in text
        await arrives(pilot, WAR_ROOMS["watched"]())
        assert "1 Status" not in app.text()


@pytest.mark.parametrize(
    "scene", ["no_key", "checking", "recovering", "draining", "alert_while_healthy", "open"]
)
def test_quiet_ends_where_there_is_something_to_see_to(scene: str) -> None:
    assert DashboardScreen(WAR_ROOMS[scene](), preset=Preset.QUIET).effective_preset is Preset.TRIAGE


async def test_the_traffic_layout_without_traffic_says_how_to_get_some() -> None:
    app = Watched(PICTURES["healthy"](), layout="traffic")
    async with app.run_test(size=(120, 40)):
        text = app.text()
        assert "6 Traffic" in text
        assert "claude-top proxy" in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("preset", Preset)
async def test_each_layout_draws_at_each_size(preset: Preset, size: tuple[int, int]) -> None:
    app, _ = still_app(WAR_ROOMS["led"](), layout=preset.value)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for panel in shown(app):
            widget = app.screen.query_one(f"#{panel}")
            assert widget.region.width > 0
            assert widget.region.height > 1


async def test_with_everything_hidden_the_verdict_is_left_and_nothing_fails() -> None:
    app = Watched(PICTURES["overloaded"](), hidden_panels=HIDEABLE)
    async with app.run_test(size=(120, 40)) as pilot:
        assert "It's them." in app.text()
        await pilot.press("tab", "down", "enter", "e", "slash")
        assert app.is_running


@pytest.mark.parametrize(("scene", "screen"), [("led", IncidentScreen), ("watched", HistoryScreen)])
async def test_the_record_leads_to_the_incident_or_to_the_history(scene: str, screen: type) -> None:
    app, _ = still_app(WAR_ROOMS[scene]())
    async with app.run_test(size=(200, 60)) as pilot:
        dashboard = app.screen
        assert isinstance(dashboard, DashboardScreen)
        dashboard.record.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, screen)


async def test_a_layout_in_the_past_keeps_its_place() -> None:
    app, _ = still_app(WAR_ROOMS["led"](), layout="traffic")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("[")
        app.on_snapshot_ready(SnapshotReady(past_of(WAR_ROOMS["led"]())))
        await pilot.pause()
        assert "traffic" in shown(app)


def past_of(snapshot: Snapshot) -> Snapshot:
    from claude_tui.model.past import PastView
    from tests.snapshots.world import before

    return replace(snapshot, past=PastView(before(1200), before(0)))
