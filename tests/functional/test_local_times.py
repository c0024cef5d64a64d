"""`u` shows the reader's own time beside UTC, and takes it away again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from claude_tui.model.when import Local
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.local_times import next_zone
from tests.functional.runbook_screens import screen_text
from tests.functional.still import chart_for, still_app
from tests.functional.test_history_screen import app_of, settled
from tests.snapshots.pictures import AT, PICTURES

BERLIN = Local(ZoneInfo("Europe/Berlin"))


def test_the_key_goes_to_local_times_and_back() -> None:
    assert next_zone(None, AT, BERLIN) == (BERLIN, "Times in CET are shown beside UTC.")
    assert next_zone(BERLIN, AT, BERLIN) == (None, "Times are in UTC.")


@pytest.mark.parametrize("zone", ["UTC", "Africa/Abidjan"])
def test_a_zone_that_is_utc_is_reported(zone: str) -> None:
    local, notice = next_zone(None, AT, Local(ZoneInfo(zone)))
    assert local is None
    assert "is on UTC" in notice


def test_a_zone_that_is_utc_in_winter_only_counts() -> None:
    london = Local(ZoneInfo("Europe/London"))
    assert next_zone(None, datetime(2026, 12, 1, tzinfo=UTC), london)[0] is london
    assert next_zone(None, datetime(2026, 6, 1, tzinfo=UTC), london)[0] is london


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_local_times_stand_beside_those_in_utc(size: tuple[int, int]) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        before = screen_text(app)
        app.show_local(BERLIN)
        await pilot.pause()
        text = screen_text(app)
        assert "15:05 CET  14:05:33 UTC" in text
        assert "14:05:31 15:05 ✗" in text
        if size == (120, 40):
            assert "since 14:02:11 15:02" in text
        app.show_local(None)
        await pilot.pause()
        assert screen_text(app) == before


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("0", "since       14:02:11 15:02, 3m 22s"),
        ("0", "detected    14:02:19 15:02,"),
        ("1", "(we noticed at 14:02:11 15:02, 3m 22s ago)"),
        ("2", "╵14:00 15:00"),
        ("3", "╵14:00 15:00"),
        ("4", "╵14:00 15:00"),
    ],
)
async def test_the_zooms_and_the_axes_of_their_charts_have_both_times(key: str, shown: str) -> None:
    snapshot = PICTURES["overloaded"]()
    app, backend = still_app(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        if backend.focus is not None:
            backend.publish(replace(snapshot, chart=chart_for(backend.focus, snapshot)))
        await until_drawn(pilot, app)
        before = screen_text(app)
        assert " 15:0" not in before
        app.show_local(BERLIN)
        await until_drawn(pilot, app)
        assert shown in screen_text(app)
        app.show_local(None)
        await until_drawn(pilot, app)
        assert screen_text(app) == before


async def until_drawn(pilot: Pilot[None], app: ClaudeTopApp) -> None:
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def test_an_event_has_both_times() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        app.show_local(BERLIN)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "2026-11-20 15:05:31 CET" in screen_text(app)


async def test_a_theme_that_is_chosen_keeps_the_local_times() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        app.show_local(BERLIN)
        await pilot.press("t", "down", "escape")
        await pilot.pause()
        assert "15:05 CET" in screen_text(app)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose time zone is Berlin's."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
async def test_the_key_works_on_every_screen_and_the_history_has_days_of_the_local_zone() -> None:
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        assert "last 30d, UTC" in screen_text(app)
        await pilot.press("u")
        await settled(pilot)
        text = screen_text(app)
        assert "last 30d, local time" in text
        assert "15:05 CET  14:05:33 UTC" in text
        await pilot.press("u")
        await settled(pilot)
        assert "last 30d, UTC" in screen_text(app)
