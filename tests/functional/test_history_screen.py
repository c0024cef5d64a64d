"""The history screen: it reads in a thread, says what it waits for or why it cannot, and follows its keys."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.analysis.uptime.record import Record
from claude_tui.model.snapshot import Snapshot
from claude_tui.store.faults import StoreError
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.help import HelpScreen
from claude_tui.tui.screens.history import HistoryScreen
from tests.functional.runbook_screens import screen_text
from tests.functional.still import StillApp, StillBackend, still_app
from tests.snapshots.pictures import AT, PICTURES
from tests.uptime_values import ninety_days


def app_of(recorded: Callable[[datetime], Record] = ninety_days) -> tuple[StillApp, StillBackend]:
    app, backend = still_app(PICTURES["healthy"]())
    backend.history = recorded
    return app, backend


async def settled(pilot: Pilot[None]) -> None:
    """Waits until the published Snapshot is drawn and nothing is pending."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def later(snapshot: Snapshot, seconds: float) -> Snapshot:
    return replace(snapshot, at=snapshot.at + timedelta(seconds=seconds))


@pytest.mark.parametrize(("cells", "caused"), [(120, False), (200, True)])
async def test_the_cause_of_an_incident_stands_beside_a_whole_title_only(cells: int, caused: bool) -> None:
    app, _ = app_of()
    async with app.run_test(size=(cells, 60)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        listed = next(row for row in screen_text(app).splitlines() if "500s on all models" in row)
        assert "500s on all models, then 529s" in listed
        assert ("provider errors" in listed) is caused


async def test_uptime_incidents_and_days_are_there() -> None:
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        text = screen_text(app)
        for figure in (
            "99.65%",
            "2h 31m",
            "38m 00s",
            "500s on all models, then 529s",
            "Nov 13",
            "▸ 30d",
        ):
            assert figure in text
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_while_the_record_is_read_everything_else_goes_on() -> None:
    release = threading.Event()

    def slow(at: datetime) -> Record:
        assert release.wait(60)
        return ninety_days(at)

    app, backend = app_of(slow)
    async with app.run_test(size=(80, 24)) as pilot:
        try:
            await pilot.press("h")
            await pilot.pause()
            assert "Reading the record" in screen_text(app)
            backend.publish(later(app.newest, 7))
            await pilot.pause()
            assert "14:05:40" in screen_text(app)
            await pilot.press("?")
            assert isinstance(app.screen, HelpScreen)
            await pilot.press("escape")
        finally:
            release.set()
        await settled(pilot)
        assert "99.65%" in screen_text(app)


async def test_leaving_while_the_record_is_read_is_fine() -> None:
    release = threading.Event()

    def slow(at: datetime) -> Record:
        assert release.wait(60)
        return ninety_days(at)

    app, _ = app_of(slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", "escape")
        release.set()
        await settled(pilot)
        assert isinstance(app.screen, DashboardScreen)


async def test_a_record_that_cannot_be_read_says_why_and_is_tried_again() -> None:
    problems = ["the history cannot be read: the disk reports an error (/data/x.db)"]

    def broken(at: datetime) -> Record:
        if problems:
            raise StoreError(problems.pop())
        return ninety_days(at)

    app, backend = app_of(broken)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        assert "the disk reports an error" in screen_text(app)
        backend.publish(later(app.newest, 1))
        await settled(pilot)
        assert "99.65%" in screen_text(app)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (("left",), "▸ 7d"),
        (("left", "left", "left"), "▸ 24h"),
        (("right",), "▸ 60d"),
        (("right", "right", "right"), "▸ 90d"),
    ],
)
async def test_keys_choose_the_span(keys: tuple[str, ...], shown: str) -> None:
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("h", *keys):
            await pilot.press(key)
        await settled(pilot)
        assert shown in screen_text(app)


async def test_the_record_is_read_again_once_a_minute_and_not_for_a_key() -> None:
    read: list[datetime] = []

    def counted(at: datetime) -> Record:
        read.append(at)
        return ninety_days(at)

    app, backend = app_of(counted)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("h", "left", "u"):
            await pilot.press(key)
            await settled(pilot)
        first = app.newest
        for seconds in (30, 59, 61, 90):
            backend.publish(later(first, seconds))
            await settled(pilot)
        assert read == [AT, AT + timedelta(seconds=61)]


async def test_a_display_that_is_frozen_shows_the_history_of_then() -> None:
    read: list[datetime] = []

    def counted(at: datetime) -> Record:
        read.append(at)
        return ninety_days(at)

    app, backend = app_of(counted)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        backend.publish(later(app.newest, 600))
        await pilot.press("h")
        await settled(pilot)
        assert read == [AT]


async def test_the_key_twice_is_one_screen() -> None:
    app, _ = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", "?", "escape", "h")
        await settled(pilot)
        assert [isinstance(screen, HistoryScreen) for screen in app.screen_stack] == [False, True]


async def test_a_first_run_has_nothing_to_show() -> None:
    app, _ = app_of(Record)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        assert "Nothing is recorded yet" in screen_text(app)


@pytest.mark.parametrize(
    ("size", "failed"), [((120, 40), "272, 2 kinds"), ((200, 60), "server error 230 · overloaded 42")]
)
async def test_what_failed_on_a_day_is_never_half_a_number(size: tuple[int, int], failed: str) -> None:
    app, _ = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.press("h")
        await settled(pilot)
        (row,) = [row for row in screen_text(app).splitlines() if "Nov 13" in row and "90.56%" in row]
        assert row.strip(" │").endswith(f"  {failed}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_filter_leaves_what_it_lets_through_and_escape_takes_it_away(size: tuple[int, int]) -> None:
    app, _ = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.press("h")
        await settled(pilot)
        await pilot.press("slash", *"status:529", "enter")
        await settled(pilot)
        text = screen_text(app)
        assert "only “status:529”" in text
        assert " of 31 days" in text
        assert "overloaded" in text
        assert "timeout" not in text
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, HistoryScreen)
        assert "only" not in screen_text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_a_filter_by_what_the_history_does_not_know_is_refused_with_the_reason() -> None:
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        await pilot.press("slash", *"app:checkout", "enter")
        await settled(pilot)
        assert "app: is not known in the history" in screen_text(app)


async def test_o_sorts_the_days_by_the_next_column() -> None:
    app, _ = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        assert "newest first" in screen_text(app)
        await pilot.press("o")
        await settled(pilot)
        text = screen_text(app)
        assert "most down first" in text
        worst = next(row for row in text.split("\n") if "2h 16m" in row)
        assert "Nov 13" in worst


async def test_days_on_which_nobody_probed_take_one_row() -> None:
    app, _ = app_of(lambda at: ninety_days(at, days=2))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("h")
        await settled(pilot)
        text = screen_text(app)
    assert text.count("nobody probed") == 1
    assert re.search(r"Nov 17 +nobody probed back to Oct \d\d", text)
