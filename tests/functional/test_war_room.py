"""The war room in the running app: opened and left, in the past, and what it sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from claude_tui.model.past import PastView
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.messages import SnapshotReady
from claude_tui.tui.render.lines import plain
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.war_room import WarRoomScreen
from tests.functional.still import StillApp, still_app
from tests.snapshots.world import before, later
from tests.war_rooms import WAR_ROOMS


def picture(app: StillApp) -> str:
    screen = app.screen
    assert isinstance(screen, WarRoomScreen)
    return "\n".join(map(plain, screen.wall.draw(*screen.wall.size)))


@pytest.mark.parametrize("leave", ["w", "escape", "q"])
async def test_w_opens_it_and_the_way_back_is_short(leave: str) -> None:
    app, _ = still_app(WAR_ROOMS["led"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        assert isinstance(app.screen, WarRoomScreen)
        assert "ana leads" in picture(app)
        await pilot.press(leave)
        assert isinstance(app.screen, DashboardScreen)
        assert app.is_running


@pytest.mark.parametrize(
    "size", [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60), (250, 80), (60, 60), (20, 4)]
)
async def test_target_and_hosts_are_on_no_size_of_it(size: tuple[int, int]) -> None:
    app, _ = still_app(WAR_ROOMS["led"]())
    async with app.run_test(size=size) as pilot:
        await pilot.press("w")
        shown = picture(app)
        assert "P1" in shown or "█" in shown
        for secret in ("prod", "anthropic.com", "acme", "req_"):
            assert secret not in shown


async def notices(app: StillApp, pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    await pilot.pause()
    return [notification.message for notification in app._notifications]


async def test_notices_over_it_are_masked_and_those_of_before_are_gone() -> None:
    app, _ = still_app(WAR_ROOMS["led"]())
    async with app.run_test(size=(100, 30)) as pilot:
        app.notify("api.anthropic.com refused req_011CQabc", markup=False)
        assert await notices(app, pilot) == ["api.anthropic.com refused req_011CQabc"]
        await pilot.press("w")
        assert await notices(app, pilot) == []
        app.notify("api.anthropic.com refused req_011CQabc of prod", markup=False)
        assert await notices(app, pilot) == ["[host] refused [id] of [name]"]
        await pilot.press("?")
        app.notify("to prod", markup=False)
        assert (await notices(app, pilot))[-1] == "to [name]"
        await pilot.press("escape", "escape")
        app.notify("prod again", markup=False)
        assert (await notices(app, pilot))[-1] == "prod again"


async def test_in_the_past_it_says_so_and_end_leads_back() -> None:
    snapshot = WAR_ROOMS["led"]()
    app, backend = still_app(snapshot)
    past = replace(snapshot, past=PastView(before(1200), before(0), note="nothing of prod is kept"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w", "[")
        app.on_snapshot_ready(SnapshotReady(past))
        await pilot.pause()
        shown = picture(app)
        assert "PAST" in shown
        assert "nothing of [name] is kept" in shown
        assert "api.anthropic.com" not in shown
        await pilot.press("end")
        assert backend.returned == 1
        assert isinstance(app.screen, WarRoomScreen)
        assert "LIVE" in picture(app)


async def test_a_picture_that_stands_still_says_so() -> None:
    app, _ = still_app(WAR_ROOMS["led"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w", "space")
        assert "PAUSED" in picture(app)


async def bytes_of(app: StillApp, snapshot: Snapshot, *keys: str) -> int:
    """The bytes that five seconds of an unchanged trouble send to the terminal."""
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        app.sent_bytes = 0
        for second in range(1, 6):
            app.on_snapshot_ready(SnapshotReady(later(snapshot, second)))
            await pilot.pause()
        return app.sent_bytes


async def test_it_sends_a_quarter_of_a_kilobyte_a_second_at_most() -> None:
    """A quarter of the budget, though every second changes large figures."""
    snapshot = WAR_ROOMS["led"]()
    sent = await bytes_of(still_app(snapshot)[0], snapshot, "w")
    assert 0 < sent <= 5 * 256
