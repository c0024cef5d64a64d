"""Zooming a panel: what the backend is asked for, what is drawn, how the keys move the view."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.model.arrangement import Panel
from claude_tui.model.snapshot import Focus, Snapshot
from claude_tui.tui.render.lines import plain
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.event import EventScreen
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional.still import StillApp, StillBackend, chart_for, still_app
from tests.snapshots.pictures import PICTURES, later
from tests.snapshots.responding import pictures
from tests.uptime_values import ninety_days
from tests.war_rooms import WAR_ROOMS

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


async def publish(pilot: Pilot[None], backend: StillBackend, snapshot: Snapshot) -> None:
    """A Snapshot with the chart that the screen has asked for, and what plotting it takes."""
    chart = chart_for(backend.focus, snapshot) if backend.focus else None
    backend.publish(replace(snapshot, chart=chart))
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def zoom(app: StillApp) -> ZoomScreen:
    assert isinstance(app.screen, ZoomScreen)
    return app.screen


def text_of(app: StillApp) -> str:
    """The text in the body of the screen."""
    return drawn(zoom(app).pager)


@pytest.mark.parametrize(
    ("key", "panel"), [("2", Panel.HEADROOM), ("4", Panel.LATENCY), ("3", Panel.ERRORS), ("6", Panel.TRAFFIC)]
)
async def test_a_charted_panel_asks_for_its_history_and_lets_go_of_it(key: str, panel: Panel) -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        assert zoom(app).panel is panel
        assert backend.focus == Focus(panel, QUARTER)
        await pilot.press("right")
        assert backend.focus == Focus(panel, HOUR)
        await pilot.press("left", "left")
        assert backend.focus == Focus(panel, QUARTER)
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, ZoomScreen)
        assert backend.focus is None


@pytest.mark.parametrize("key", ["0", "1", "5"])
async def test_a_panel_without_a_chart_asks_for_none(key: str) -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key, "right")
        assert backend.focus is None


async def test_number_keys_turn_from_panel_to_panel() -> None:
    app, backend = still_app(PICTURES["incident"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("1")
        assert "Elevated errors on requests" in text_of(app)
        depth = len(app.screen_stack)
        await pilot.press("3")
        assert backend.focus == Focus(Panel.ERRORS, QUARTER)
        assert "What failed" in text_of(app)
        await pilot.press("5")
        assert backend.focus is None
        assert zoom(app).events.display
        assert not zoom(app).pager.display
        assert len(app.screen_stack) == depth


async def test_latency_is_plotted_with_its_figures() -> None:
    app, backend = still_app(PICTURES["slow"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        assert "reading history" in text_of(app)
        await publish(pilot, backend, app.newest)
        text = text_of(app)
        assert "reading history" not in text
        assert any("\u2801" <= char <= "\u28ff" for char in text)
        assert "4s │" in text
        for part in ("━━ TTFT", "usual TTFT 442ms", "p99", "1.60s", "server 119"):
            assert part in text


async def test_a_chart_for_another_span_is_not_shown() -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        await publish(pilot, backend, app.newest)
        assert zoom(app).chart is not None
        old = app.newest
        await pilot.press("right")
        backend.publish(old)
        await pilot.pause()
        assert zoom(app).chart is None
        assert "reading history" in text_of(app)


@pytest.mark.parametrize("key", ["0", "1", "2", "3", "4", "5"])
async def test_a_second_without_news_sends_next_to_nothing(key: str) -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await publish(pilot, backend, app.newest)
        chart, before = zoom(app).chart, app.sent_bytes
        later_on = later(app.newest, 1)
        moved = replace(chart, end=later_on.at, start=chart.start + timedelta(seconds=1)) if chart else None
        backend.publish(replace(later_on, chart=moved))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert 0 < app.sent_bytes - before < 1500


async def test_while_paused_the_chart_ends_at_the_instant_shown() -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space", "2")
        shown = app.shown
        await publish(pilot, backend, later(shown, 120))
        chart = zoom(app).chart
        assert app.shown is shown
        assert chart is not None
        assert chart.end == shown.at
        assert max(instant for instant, _ in chart.series[0].points) <= shown.at
        await publish(pilot, backend, later(shown, 240))
        assert zoom(app).chart is chart


async def test_errors_window_turns_and_only_there() -> None:
    app, _backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        assert "in the last 5m" in text_of(app)
        await pilot.press("e")
        assert "in the last 1h" in text_of(app)
        await pilot.press("4", "e")
        assert zoom(app).window == 2


async def test_long_text_scrolls_and_stays_put() -> None:
    app, backend = still_app(PICTURES["hostile"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        first = text_of(app)
        await pilot.press("pagedown", "down")
        moved = text_of(app)
        assert moved != first
        await publish(pilot, backend, app.newest)
        assert text_of(app) == moved
        await pilot.press("end")
        assert "read 14:05:19, 14s ago, from https://aaa" in text_of(app)
        await pilot.press("home")
        assert text_of(app) == first


async def test_enter_opens_the_selected_event_and_escape_comes_back() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "down", "down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, EventScreen)
        assert app.screen.event is app.shown.events[1]
        await pilot.press("escape")
        await pilot.pause()
        assert zoom(app).panel is Panel.EVENTS


async def test_coming_back_shows_no_old_picture() -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "end", "enter")
        backend.publish(later(app.newest, 600))
        await pilot.pause()
        await pilot.press("escape")
        assert zoom(app).snapshot is app.newest
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen)
        assert app.screen.snapshot is app.newest


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("scene", ["nothing", "hostile", "incident"])
async def test_every_panel_at_every_size(scene: str, size: tuple[int, int]) -> None:
    app, backend = still_app(PICTURES[scene]())
    async with app.run_test(size=size) as pilot:
        for key in "012345":
            await pilot.press(key)
            await publish(pilot, backend, app.newest)
            assert zoom(app).query_one("#footer").size.height == 1
            assert app.return_code is None


async def test_chosen_keys_work_and_are_shown() -> None:
    app, _backend = still_app(PICTURES["healthy"](), keys={"zoom_latency": ("l",), "back": ("b",)})
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("l")
        assert zoom(app).panel is Panel.LATENCY
        assert plain(zoom(app).footer.draw(120, 1)[0]).startswith(" b back")
        await pilot.press("b")
        await pilot.pause()
        assert not isinstance(app.screen, ZoomScreen)


# -- the verdict and the alerts ---------------------------------------------------------


async def test_the_strip_is_zoomed_with_its_alerts_beside_it() -> None:
    app, backend = still_app(pictures()["open"])
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("0")
        assert zoom(app).panel is Panel.VERDICT
        assert not zoom(app).strip.display
        rows = text_of(app).splitlines()
        assert "0 Verdict and alerts" in rows[0]
        assert any(
            "It's them. The API is overloaded (529)." in row and "Alerts 2 open" in row for row in rows
        )
        await pilot.press("1")
        assert zoom(app).strip.display
        assert backend.focus is None


async def test_what_a_responder_can_do_stands_in_the_footer_of_the_verdict_only() -> None:
    app, _ = still_app(pictures()["open"], keys={"snooze": ("f6",)})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        assert "a ack  f6 snooze  s severity" in plain(zoom(app).footer.draw(80, 1)[0])
        await pilot.press("1")
        assert "snooze" not in plain(zoom(app).footer.draw(80, 1)[0])


async def test_a_long_verdict_scrolls() -> None:
    app, _ = still_app(pictures()["open"])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("0")
        assert "Routes" not in text_of(app)
        await pilot.press("end")
        assert "nothing sent yet" in text_of(app)


async def test_settings_file_and_demo_reach_the_report_on_routes(tmp_path: Path) -> None:
    app, _ = still_app(pictures()["calm"], tmp_path / "own.toml")
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("0")
        assert "own.toml" in text_of(app)
    app, _ = still_app(pictures()["demo"])
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("0")
        assert "a demo pages nobody" in text_of(app)


async def test_a_folded_event_opens_in_place_and_each_of_it_in_full() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5", "home", "enter")
        await pilot.pause()
        fold = app.shown.events[0]
        rows = zoom(app).events._rows
        assert [row.event for row in rows[: 1 + fold.count]] == [fold, *fold.folded]
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, EventScreen)
        assert app.screen.event == fold.folded[1]
        await pilot.press("right")
        assert app.screen.event == fold.folded[2]
        await pilot.press("escape", "home", "enter")
        assert len(zoom(app).events._rows) == len(app.shown.events)


# -- with room beside ---------------------------------------------------------------------------


async def test_on_a_wide_screen_the_event_under_the_cursor_is_beside_the_list() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("5")
        beside = zoom(app).event
        assert beside.size.width > 70
        newest, second = zoom(app).snapshot.events[:2]
        assert newest.text in drawn(beside)
        await pilot.press("down", "down")
        assert " ".join(second.text.split()) in drawn(beside)
        assert "Answer" in drawn(beside)
        await pilot.press("/", *"status:401", "enter")
        assert "Nothing matches" in drawn_events(app)
        assert "Answer" not in drawn(beside)
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        assert not zoom(app).event_box.display


def drawn_events(app: StillApp) -> str:
    events = zoom(app).events
    return "\n".join(map(plain, events.draw(*events.size)))


def drawn(pager: Pager) -> str:
    return "\n".join(map(plain, pager.draw(*pager.size)))


async def test_on_a_wide_screen_changes_and_our_record_are_beside_the_page() -> None:
    app, backend = still_app(WAR_ROOMS["watched"]())
    backend.history = ninety_days
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("1")
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = text_of(app)
        assert "99.65%" in text
        (row,) = [row for row in text.splitlines() if "INC-2" in row]
        assert "500s on all models, then 529s" in row
        assert "Components" in text
        assert "Our incidents" in text
        (ours,) = [row for row in text.splitlines() if row.startswith("│ our messages")]
        assert ours.split()[3:8] == ["100.00%", "99.88%", "99.65%", "99.76%", "99.83%"]
        (day,) = [row for row in text.splitlines() if row.startswith("│ Nov 19")]
        assert "99.17%  12m 00s down" in day
        assert "overloaded 24" in day


async def test_errors_list_the_latest_failures_where_rows_are_left() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("3")
        text = text_of(app)
        assert "Latest failures newest first" in text
        (row,) = [row for row in text.splitlines() if "req_1a1f944dff8" in row]
        assert "14:03:23  messages  500 api_error" in row


async def test_the_verdict_tells_how_it_has_changed() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("0")
        text = text_of(app)
        assert "Verdicts newest first" in text
        assert "14:02:19 ! P1 It's them. The API is overloaded (529)." in text
