"""The running dashboard: keys, focus, pause, resizing, and what it repaints."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.geometry import Region, Size

from claude_tui.model.alert import Acknowledgement, RouteState
from claude_tui.model.arrangement import Panel
from claude_tui.model.format import age, duration
from claude_tui.model.incident import IncidentSummary
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity
from claude_tui.model.watching import Watching
from claude_tui.tui.messages import SnapshotReady, ZoomRequested
from claude_tui.tui.panels.status import StatusPanel
from claude_tui.tui.panels.strip import StripPanel
from claude_tui.tui.render.direct_output import Change, DirectOutput
from claude_tui.tui.render.line_panel import LinePanel, SnapshotPanel
from claude_tui.tui.render.lines import Lines, plain
from claude_tui.tui.render.theme_files import load_theme
from claude_tui.tui.screens.dialog import TextInput
from claude_tui.tui.screens.quitting import QuitScreen
from tests.functional.still import StillApp, still_app
from tests.functional.watched import Watched, app_of, arrives
from tests.snapshots.pictures import AT, PICTURES, before, later
from tests.snapshots.responding import CALM, group, scene_of
from tests.unit.test_incident_line import OPEN

PROPOSED = IncidentSummary("Overloaded", Severity.P1, AT - timedelta(minutes=4), AT - timedelta(minutes=3))

# -- the picture ------------------------------------------------------------------


async def test_the_first_frame_shows_the_first_snapshot() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)):
        shown = app.text()
        for part in ("█P1█ It's them.", "Claude API", "of 2.4M", "529 overloaded", "4.10s", "● LIVE"):
            assert part in shown


async def test_a_new_snapshot_is_shown() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, PICTURES["overloaded"]())
        assert "█P1█ It's them." in app.text()
        assert "24" in app.text()


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60), (20, 5), (1, 1)])
async def test_every_scene_can_be_drawn_at_every_size(name: str, size: tuple[int, int]) -> None:
    app = app_of(name)
    async with app.run_test(size=size) as pilot:
        await arrives(pilot, later(PICTURES[name](), 1))
        assert app.return_code is None


async def test_the_terminal_may_change_its_size_at_any_time() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        for size in [(80, 24), (120, 40), (20, 5), (120, 40), (60, 20), (80, 24), (200, 60)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            headline = " ".join(app.text().split())
            assert "P1" in headline
            assert "The API is overloaded" in headline
            assert ("╭─ 1 Status" in app.text()) == (size[0] >= 100)
            assert ("Headroom" in app.text()) == (size[0] >= 40)


async def test_at_80x24_every_panel_says_its_most_important_thing() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(80, 24)):
        shown = app.text()
    for part in (
        "█P1█ It's them. The API is overloaded (529).",
        "Claude API operational",
        "78%",
        "529 overloaded",
        "429 rate limit",
        "4.10s",
        "models",
        "✗ messages 529 overloaded",
    ):
        assert part in shown


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 18), (120, 40), (200, 60)])
async def test_trouble_and_its_incident_move_no_panel(size: tuple[int, int]) -> None:
    app = app_of("healthy")
    async with app.run_test(size=size) as pilot:
        quiet = [panel.region for panel in app.dashboard.panels]
        for name in ("overloaded", "rate_limited", "slow", "no_key", "network", "healthy"):
            await arrives(pilot, PICTURES[name]())
            assert [panel.region for panel in app.dashboard.panels] == quiet
            snapshot = PICTURES[name]()
            await arrives(pilot, replace(snapshot, incident=PROPOSED))
            assert app.dashboard.incident_line.region.height == 1
            assert [panel.region for panel in app.dashboard.panels] == quiet


async def test_the_layout_follows_the_notices() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        before = app.dashboard.errors.region
        await arrives(pilot, PICTURES["degraded_program"]())
        assert app.dashboard.errors.region.y == before.y + 3
        assert app.dashboard.errors.region.size == before.size
        await arrives(pilot, PICTURES["healthy"]())
        assert app.dashboard.errors.region == before


async def test_hostile_text_neither_breaks_nor_becomes_markup() -> None:
    app = app_of("hostile")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("tab", "down", "down", "tab")
        shown = app.text()
        assert "[bold red]markup[/]" in shown
        assert "…" in shown
        assert "\x1b" not in shown


# -- repainting ---------------------------------------------------------------------


async def test_a_second_without_news_repaints_a_few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, later(PICTURES["healthy"](), 1))
        cells = 0
        repaint, take = LinePanel.refresh, DirectOutput.take

        def counted(self: LinePanel, *regions: Region, **options: bool) -> LinePanel:
            nonlocal cells
            cells += sum(region.area for region in regions) if regions else self.size.area
            return repaint(self, *regions, **options)

        def taken(self: DirectOutput, panel: LinePanel, changes: Sequence[Change]) -> bool:
            nonlocal cells
            sent = take(self, panel, changes)
            cells += sum(end - start for _, start, end in changes) if sent else 0
            return sent

        monkeypatch.setattr(LinePanel, "refresh", counted)
        monkeypatch.setattr(DirectOutput, "take", taken)
        await arrives(pilot, later(PICTURES["healthy"](), 2))
        assert 0 < cells < 40


async def test_the_same_picture_repaints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, PICTURES["overloaded"]())
        painted: list[object] = []
        monkeypatch.setattr(LinePanel, "refresh", lambda self, *regions, **_: painted.append(self))
        before = app.sent_bytes
        await arrives(pilot, PICTURES["overloaded"]())
        assert painted == []
        assert app.sent_bytes == before


async def test_panels_are_drawn_again_once_their_views_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    first, app = PICTURES["healthy"](), app_of("healthy")
    drawn: list[SnapshotPanel] = []
    try_show = SnapshotPanel.try_show

    def counted(self: SnapshotPanel, snapshot: Snapshot) -> None:
        drawn.append(self)
        try_show(self, snapshot)

    monkeypatch.setattr(SnapshotPanel, "try_show", counted)
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, first)
        drawn.clear()
        await arrives(pilot, replace(later(first, 1), panels_at=first.at))
        assert {panel.PANEL for panel in drawn} == {Panel.HEADROOM}
        assert "resets in 40s" in app.text()
        assert f"{first.at + timedelta(seconds=1):%H:%M:%S} UTC" in app.text()
        drawn.clear()
        unlimited = replace(first, headroom=replace(first.headroom, buckets=()))
        await arrives(pilot, unlimited)
        drawn.clear()
        await arrives(pilot, replace(later(unlimited, 1), panels_at=first.at))
        assert drawn == []
        # These views have never been drawn.
        await arrives(pilot, replace(later(first, 3), panels_at=first.at + timedelta(seconds=2)))
        assert drawn == [*app.query(SnapshotPanel)]
        drawn.clear()
        await arrives(pilot, later(first, 4))
        assert drawn == [*app.query(SnapshotPanel)]


@pytest.mark.parametrize("lasted", [timedelta(seconds=20), timedelta(minutes=3, seconds=58)])
async def test_in_trouble_the_ages_in_panels_are_those_of_the_strip(lasted: timedelta) -> None:
    first = PICTURES["overloaded"]()
    since = first.at - lasted
    verdict = replace(first.verdict, since=since)
    first = replace(first, verdict=verdict, status=replace(first.status, silent_since=since))
    app = Watched(first)
    async with app.run_test(size=(120, 40)) as pilot:
        for second in (1, 2, 3):
            await arrives(pilot, replace(later(first, second), panels_at=first.at))
            passed = lasted + timedelta(seconds=second)
            assert duration(passed) in app.text()
            for panel in (app.query_one(StripPanel), app.query_one(StatusPanel)):
                shown = " ".join(plain(row).strip(" │") for row in panel.drawn)
                assert re.findall(r"we\s+noticed (\S+) ago", shown) == [age(passed)]


async def test_between_new_views_only_clocks_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = LinePanel._drawn

    def counted(self: LinePanel, size: Size) -> Lines:
        drawn.append(str(self.id))
        return draw(self, size)

    for name in ("healthy", "overloaded"):
        first = PICTURES[name]()
        app = Watched(first)
        async with app.run_test(size=(120, 40)) as pilot:
            await arrives(pilot, first)
            with monkeypatch.context() as counting:
                counting.setattr(LinePanel, "_drawn", counted)
                drawn.clear()
                await arrives(pilot, replace(later(first, 1), panels_at=first.at))
                assert drawn == ["headroom"]
                assert f"{first.at + timedelta(seconds=1):%H:%M:%S} UTC" in app.text()
                drawn.clear()
                changed = replace(first.verdict, summary="Something else.")
                await arrives(pilot, replace(later(first, 2), panels_at=first.at, verdict=changed))
                assert "strip" in drawn


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_a_later_second_shows_what_drawing_everything_again_would_show(size: tuple[int, int]) -> None:
    worst = PICTURES["overloaded"]()
    due = replace(worst.verdict, severity=Severity.P2, respond_by=worst.at + timedelta(minutes=6))
    for shown in (
        *(PICTURES[name]() for name in ("healthy", "network", "nothing")),
        replace(worst, verdict=due),
    ):
        first = replace(shown, incident=replace(OPEN, started_at=shown.at))
        app = Watched(first)
        async with app.run_test(size=size) as pilot:
            await arrives(pilot, first)
            for second in (1, 2, 9, 10, 58, 59, 60, 61, 299, 300, 600, 3599, 3600, 3601, 7200, 86_400):
                await arrives(pilot, replace(later(first, second), panels_at=first.at))
                for panel in (app.dashboard.header, app.dashboard.strip, app.dashboard.incident_line):
                    assert panel.drawn == panel._drawn(panel.size), (first.verdict.cause, second)


@pytest.mark.parametrize("name", ["healthy", "overloaded"])
@pytest.mark.parametrize("keys", [[], ["space"], ["w"]])
async def test_the_clock_goes_on_while_the_engine_skips_a_second(name: str, keys: list[str]) -> None:
    first, app = PICTURES[name](), app_of(name)
    app.time_passes = True
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*keys)
        await arrives(pilot, replace(later(first, 1), panels_at=first.at))
        sought = f"{first.at + timedelta(seconds=2):%H:%M:%S}"
        async with asyncio.timeout(60):
            while app.newest.at != first.at + timedelta(seconds=2):  # noqa: ASYNC110 - set by a timer
                await asyncio.sleep(0.05)
        await pilot.pause()
        assert keys == ["w"] or sought in app.text()


@pytest.mark.parametrize("has_new_views", [True, False])
async def test_the_clock_of_a_fast_demo_is_that_of_the_day(*, has_new_views: bool) -> None:
    first = PICTURES["healthy"]()
    first = replace(first, engine=replace(first.engine, demo="tour", speed=20.0))
    app = Watched(first)
    app.time_passes = True
    async with app.run_test(size=(120, 40)) as pilot:
        panels_at = None if has_new_views else first.at
        await arrives(pilot, replace(later(first, 1), panels_at=panels_at))
        async with asyncio.timeout(60):
            while app.newest.at == first.at + timedelta(seconds=1):  # noqa: ASYNC110 - set by a timer
                await asyncio.sleep(0.05)
        assert app.newest.at - first.at < timedelta(seconds=10)


# -- pause --------------------------------------------------------------------------


async def test_pause_holds_the_picture_and_says_how_old_it_is() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space")
        await arrives(pilot, later(PICTURES["overloaded"](), 42))
        shown = app.text()
        assert "PAUSED at 14:05:33, 42s old" in shown
        assert "14:06:15 UTC" in shown
        assert "█P1█" not in shown
        await pilot.press("space")
        await pilot.pause()
        assert "● LIVE" in app.text()
        assert "█P1█ It's them." in app.text()


async def test_a_backend_that_falls_silent_is_not_called_live() -> None:
    app = app_of("healthy")
    app.time_passes = True
    async with app.run_test(size=(120, 40)) as pilot:
        app._arrived_at -= 10
        app._watch_for_silence()
        await pilot.pause()
        assert "STALLED for 10s" in app.text()
        await arrives(pilot, later(PICTURES["healthy"](), 1))
        assert "● LIVE" in app.text()


# -- keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys", [["q"], ["ctrl+c"], ["?", "q", "q"], ["?", "ctrl+c"], ["t", "ctrl+c"], [":", "ctrl+c"]]
)
async def test_quitting_is_immediate(keys: list[str]) -> None:
    app = app_of("healthy")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert not app.is_running


@pytest.mark.parametrize("key", ["?", "5", "i", "t", "h", "s", "d"])
async def test_q_closes_what_is_open_first(key: str) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        while (depth := len(app.screen_stack)) > 1:
            await pilot.press("escape" if isinstance(app.focused, TextInput) else "q")
            await pilot.pause()
            assert app.is_running
            assert len(app.screen_stack) < depth


# -- quitting while somebody may rely on it ---------------------------------------------


def drawn(app: StillApp) -> str:
    """The text on the terminal."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def alerted(**taken: object) -> Snapshot:
    return scene_of(replace(CALM, groups=(group(**taken),)))


ACKNOWLEDGED = Acknowledgement("ana", "", before(60))
WATCHED = replace(alerted(), engine=replace(alerted().engine, watching=Watching(collects=False, screens=2)))
WAITING = RouteState("oncall", "pagerduty", "https://events.example.test", waiting=2)
PAGES_WAIT = scene_of(replace(CALM, groups=(group(acknowledged=ACKNOWLEDGED),), routes=(WAITING,)))


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize(
    ("snapshot", "why"),
    [(alerted(), "1 alert is not acknowledged."), (PAGES_WAIT, "2 pages wait to be sent.")],
)
async def test_it_asks_while_an_alert_is_new_or_a_page_waits(key: str, snapshot: Snapshot, why: str) -> None:
    app, _ = still_app(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, QuitScreen)
        assert why in drawn(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.is_running
        assert len(app.screen_stack) == 1
        await pilot.press(key, "down", "enter")
        await pilot.pause()
        assert not app.is_running


async def test_the_second_ctrl_c_ends_it() -> None:
    app, _ = still_app(alerted())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+c")
        assert app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert not app.is_running


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize("snapshot", [alerted(acknowledged=ACKNOWLEDGED), WATCHED], ids=["taken", "viewer"])
async def test_it_does_not_ask_where_nobody_relies_on_it(key: str, snapshot: Snapshot) -> None:
    app, _ = still_app(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running


async def test_probe_asks_the_backend() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("p", "p")
        assert app.fake.probed == 2


async def test_the_window_of_the_errors_cycles() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        assert "25 of 29 messages failed in 5m" in app.text()
        await pilot.press("e")
        await pilot.pause()
        assert "failed in 1h" in app.text()
        await pilot.press("e")
        await pilot.pause()
        assert "failed in 1m" in app.text()


async def test_tab_moves_through_the_panels_as_they_stand_and_shows_where_it_is() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        seen = []
        for _ in range(5):
            await pilot.press("tab")
            await pilot.pause()
            focused = app.dashboard.focused_panel
            assert focused is not None
            seen.append(focused.PANEL)
            assert app.text().count("╭▸") == 1
            assert f"{focused.TITLE}" in app.text().split("╭▸")[1].splitlines()[0]
    assert seen == [Panel.STATUS, Panel.HEADROOM, Panel.ERRORS, Panel.LATENCY, Panel.EVENTS]


async def test_enter_and_number_keys_ask_for_a_zoom() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("tab", "tab", "enter")
        await pilot.press("0", "1", "2", "3", "4", "5", "6")
        await pilot.pause()
    assert app.asked[0] is Panel.HEADROOM
    assert app.asked[1:] == [panel for panel in Panel if panel is not Panel.RECORD]


async def test_a_remapped_key_works_and_stands_in_title_and_footer() -> None:
    app = app_of("healthy", keys={"zoom_status": ("f2",), "pause": ("z",)})
    async with app.run_test(size=(120, 40)) as pilot:
        assert "f2 Status" in app.text()
        assert "z pause" in app.text()
        await pilot.press("f2", "z")
        await pilot.pause()
        assert app.asked == [Panel.STATUS]
        assert app.paused


# -- the rest ---------------------------------------------------------------------------


def test_a_snapshot_that_waits_is_replaced_by_the_next() -> None:
    first, second = SnapshotReady(PICTURES["healthy"]()), SnapshotReady(later(PICTURES["healthy"](), 1))
    assert second.can_replace(first)
    assert not second.can_replace(ZoomRequested(Panel.STATUS))


async def test_publishing_to_an_app_that_has_gone_is_harmless() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(80, 24)):
        publish, shown = app.fake.publish, app.newest
    publish(later(PICTURES["healthy"](), 1))
    assert app.newest is shown


async def test_the_summary_for_chat_is_of_the_picture_shown() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        await arrives(pilot, later(PICTURES["healthy"](), 9))
        await pilot.press("y")
        await pilot.pause()
        assert app.copied is not None
        assert app.copied.startswith("P1 It's them. The API is overloaded (529).")


@pytest.mark.parametrize(
    ("keys", "begins"),
    [
        (["y", "y"], "P1 It's them."),
        (["y", "escape"], "P1 It's them."),
        (["y", "down", "enter"], "There has been a problem with our AI features since 14:02 UTC"),
        (["y", "down", "down", "y"], "529 overloaded_error from api.anthropic.com since 2026-11-20 14:02:11"),
    ],
)
async def test_y_copies_the_summary_at_once_and_offers_other_texts(keys: list[str], begins: str) -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("y")
        assert app.copied is not None
        assert app.copied.startswith("P1 It's them.")
        await pilot.press(*keys[1:])
        await pilot.pause()
        assert app.copied.startswith(begins)
        assert len(app.screen_stack) == 1


async def test_under_a_dialog_the_picture_goes_on_for_a_few_bytes_a_second() -> None:
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        for seconds in (1, 2):
            await arrives(pilot, later(PICTURES["overloaded"](), seconds))
        before = app.sent_bytes
        await arrives(pilot, later(PICTURES["overloaded"](), 3))
        assert "14:05:36 UTC" in app.text()
        assert 0 < app.sent_bytes - before < 1_000


async def test_a_screen_that_was_covered_shows_the_present_when_it_comes_back() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("?")
        await arrives(pilot, PICTURES["overloaded"]())
        await pilot.press("escape")
        await pilot.pause()
        assert "█P1█ It's them." in app.text()


async def test_other_colours_are_worn_at_once() -> None:
    app = app_of("healthy")
    async with app.run_test(size=(80, 24)) as pilot:
        before = app.dashboard.header.render_line(0)
        app.apply_theme(load_theme("light", None))
        await pilot.pause()
        after = app.dashboard.header.render_line(0)
        assert after.text == before.text
        assert [segment.style for segment in after] != [segment.style for segment in before]


async def test_a_theme_that_cannot_be_read_is_reported_and_replaced() -> None:
    app = app_of("healthy", theme="nope")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.paint.theme.name == "dark"
        assert [note.message for note in app._notifications if "nope" in note.message]


async def test_without_colours_everything_is_still_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of("overloaded")
    async with app.run_test(size=(120, 40)):
        colours = {
            colour
            for strip in app.dashboard._compositor.render_strips()
            for segment in strip
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None and not colour.is_default
        }
        assert colours == set()
        for part in ("█P1█ It's them.", "● Claude API", "✗✗", "5 failed", "✗ 529 overloaded"):
            assert part in app.text()


def test_the_clock_of_the_scenes_is_fixed() -> None:
    assert PICTURES["healthy"]().at == AT
