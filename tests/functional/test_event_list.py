"""The events panel in the running dashboard: selecting, scrolling, and staying put."""

from __future__ import annotations

from dataclasses import replace

from claude_tui.model.snapshot import EventKind, Level, Snapshot
from tests.functional.watched import Watched, app_of, arrives
from tests.snapshots.pictures import PICTURES, event, later


def with_newer(snapshot: Snapshot, count: int) -> Snapshot:
    newer = tuple(
        event(-n, EventKind.FAILURE, Level.BAD, "models", f"503 number {n}") for n in range(count, 0, -1)
    )
    return replace(later(snapshot, count), events=(*newer, *snapshot.events))


async def test_the_arrows_select_and_enter_opens() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down", "down", "up", "enter")
        await pilot.pause()
        assert app.asked == [app.shown.events[1]]
        assert "2 of 28" in app.text()


async def test_new_events_do_not_move_the_selection() -> None:
    scene = PICTURES["overloaded"]()
    app = Watched(scene)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down")
        await arrives(pilot, with_newer(scene, 3))
        assert app.dashboard.events.selected == scene.events[1]
        await arrives(pilot, with_newer(scene, 60))
        assert app.dashboard.events.selected == scene.events[1]
        (row,) = [row for row in app.text().splitlines() if "14:05:23▸" in row]
        assert "1a1f946b4b8" in row


async def test_end_and_home_reach_the_oldest_and_the_newest() -> None:
    scene = with_newer(PICTURES["overloaded"](), 100)
    app = Watched(scene)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        assert app.dashboard.events.selected == scene.events[-1]
        assert "128 of 128" in app.text()
        await pilot.press("pageup")
        assert app.dashboard.events.selected == scene.events[-1 - app.dashboard.events.page]
        await pilot.press("home")
        assert app.dashboard.events.selected == scene.events[0]


async def test_escape_takes_the_cursor_away() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "escape")
        assert app.dashboard.events.selected is None
        assert "▸✗" not in app.text()
        await pilot.press("escape")
        assert app.focused is None


async def test_the_wheel_scrolls_and_new_events_leave_the_view_where_it_is() -> None:
    scene = with_newer(PICTURES["overloaded"](), 60)
    app = Watched(scene)
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.dashboard.events
        panel._scroll(3)
        first = app.text()
        assert "from 4 of 88" in first
        newest = event(-61, EventKind.RECOVERY, Level.OK, "models", "200 back")
        await arrives(pilot, replace(later(scene, 1), events=(newest, *scene.events)))
        assert "from 5 of 89" in app.text()
        assert "200 back" not in app.text()


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.click("#events", offset=(10, 3))
        assert app.dashboard.events.selected == app.shown.events[2]
        await pilot.click("#events", offset=(10, 3))
        await pilot.pause()
        assert app.asked == [app.shown.events[2]]
