"""Clicks do what keys do: on panels, rows, branches, steps and footer keys."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from claude_tui.model.arrangement import Panel
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint, footer
from claude_tui.tui.panels.footer import footer_line, key_at
from claude_tui.tui.render.lines import plain
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.first_five import FirstFiveScreen
from claude_tui.tui.screens.help import HelpScreen
from claude_tui.tui.screens.incident import IncidentScreen
from claude_tui.tui.screens.playbook import PlaybookScreen
from claude_tui.tui.screens.postmortem import PostmortemScreen
from claude_tui.tui.screens.walk import WalkerScreen
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional import test_incident, test_postmortem
from tests.functional.still import StillApp, still_app
from tests.functional.test_acknowledge import plain_screen
from tests.functional.test_event_list import unfolded
from tests.functional.test_walker import troubled
from tests.functional.watched import Watched
from tests.snapshots.pictures import PICTURES

SIZES = [(120, 40), (80, 24)]


def place(app: StillApp, text: str, *, first: bool = False) -> tuple[int, int]:
    """Where `text` stands; the lowest, or the first, if it stands several times."""
    found = [(row.index(text), y) for y, row in enumerate(plain_screen(app).splitlines()) if text in row]
    assert found, f"{text!r} is not on the screen:\n{plain_screen(app)}"
    return found[0 if first else -1]


async def click(app: StillApp, pilot: Pilot[None], text: str, *, first: bool = False) -> None:
    x, y = place(app, text, first=first)
    await pilot.click(offset=(x + 1, y))
    await app.workers.wait_for_complete()
    await pilot.pause()


# -- the dashboard ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("text", "panel"),
    [
        ("1 Status", Panel.STATUS),
        ("2 Headroom", Panel.HEADROOM),
        ("3 Errors", Panel.ERRORS),
        ("4 Latency", Panel.LATENCY),
        ("5 Events", Panel.EVENTS),
        ("It's them", Panel.VERDICT),
    ],
)
async def test_a_click_on_a_panel_opens_it_in_full(size: tuple[int, int], text: str, panel: Panel) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=size) as pilot:
        await click(app, pilot, text, first=True)
        assert isinstance(app.screen, ZoomScreen)
        assert app.screen.panel is panel
        await click(app, pilot, "esc back")
        assert isinstance(app.screen, DashboardScreen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("hint", "screen"), [("d decide", WalkerScreen), ("m act", PlaybookScreen)])
async def test_a_click_on_a_hint_of_the_strip_does_what_its_key_does(
    size: tuple[int, int], hint: str, screen: type[WalkerScreen | PlaybookScreen]
) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=size) as pilot:
        _, y = place(app, hint, first=True)
        assert y < size[1] - 1
        await click(app, pilot, hint, first=True)
        assert isinstance(app.screen, screen)


async def test_a_remapped_hint_of_the_strip_presses_the_key_that_it_shows() -> None:
    app, _ = still_app(PICTURES["overloaded"](), keys={"decide": ("f9",)})
    async with app.run_test(size=(120, 40)) as pilot:
        await click(app, pilot, "f9 decide", first=True)
        assert isinstance(app.screen, WalkerScreen)


async def test_a_click_selects_an_event_and_one_more_opens_it() -> None:
    app = Watched(unfolded())
    async with app.run_test(size=(120, 40)) as pilot:
        _, y = place(app, "5 Events")
        row = next(
            number
            for number, text in enumerate(plain_screen(app).splitlines())
            if number > y + 2 and "14:0" in text
        )
        x = plain_screen(app).splitlines()[row].rindex("14:0")
        await pilot.click(offset=(x, row))
        selected = app.dashboard.events.selected
        assert selected is not None
        assert app.asked == []
        await pilot.click(offset=(x, row))
        await pilot.pause()
        assert app.asked == [selected]


async def test_the_strip_of_a_zoom_turns_it_to_the_verdict_and_opens_no_second_one() -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await click(app, pilot, "It's them")
        assert isinstance(app.screen, ZoomScreen)
        assert app.screen.panel is Panel.VERDICT
        assert len(app.screen_stack) == 2


async def test_the_line_of_an_incident_opens_it() -> None:
    async with test_incident.opened("open") as (app, _, pilot):
        await click(app, pilot, "INC-2")
        assert isinstance(app.screen, IncidentScreen)


# -- the screens above --------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_branch_is_chosen_by_a_click_and_taken_by_one_more(size: tuple[int, int]) -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        assert isinstance(app.screen, WalkerScreen)
        before = app.screen.cursor
        label = app.screen.view.node.branches[before - 1].label[:20]
        await click(app, pilot, label)
        assert app.screen.cursor == before - 1
        assert app.screen.walk.path == ()
        await click(app, pilot, label)
        assert len(app.screen.walk.path) == 1


async def test_a_branch_can_be_chosen_in_the_tree_beside_as_well() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d")
        assert isinstance(app.screen, WalkerScreen)
        rows = [row for row in plain_screen(app).splitlines() if "├ " in row]
        y = plain_screen(app).splitlines().index(rows[2])
        await pilot.click(offset=(6, y))
        await pilot.pause()
        assert app.screen.cursor == 2
        assert "▸" in plain_screen(app).splitlines()[y][:8]


@pytest.mark.parametrize("size", [(120, 40), (70, 50)])
async def test_a_step_is_chosen_by_a_click_and_never_marked(size: tuple[int, int]) -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=size) as pilot:
        await pilot.press("m")
        assert isinstance(app.screen, PlaybookScreen)
        title = app.screen.view.steps[1].step.title[:20]
        for _ in range(2):
            await click(app, pilot, title)
            assert app.screen.cursor == 2
        assert backend.marked == []
        await click(app, pilot, "enter done")
        assert len(backend.marked) == 1


async def test_a_check_of_the_first_five_minutes_is_chosen_by_a_click() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        assert isinstance(app.screen, FirstFiveScreen)
        title = app.screen.results[2].check.title
        await click(app, pilot, title, first=True)
        assert app.screen.cursor == 2


async def test_an_entry_is_chosen_by_a_click_and_opened_by_one_more() -> None:
    async with test_incident.opened("open", "i", "home") as (app, _, pilot):
        screen = test_incident.screen(app)
        await click(app, pilot, "×39")
        entry = screen.entry
        assert entry is not None
        assert entry.count == 39
        second = entry.observations[1].request_id
        assert second not in plain_screen(app)
        await click(app, pilot, "×39")
        assert str(second) in plain_screen(app)


async def test_a_field_of_a_postmortem_is_chosen_by_a_click_and_edited_by_one_more() -> None:
    async with test_postmortem.opened("open") as (app, _, pilot):
        screen = app.screen
        assert isinstance(screen, PostmortemScreen)
        await click(app, pilot, "Root cause")
        assert screen.cursor == "root_cause"
        assert app.screen is screen
        await click(app, pilot, "Root cause")
        assert app.screen is not screen


async def test_the_wheel_scrolls_what_is_long() -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("?")
        assert isinstance(app.screen, HelpScreen)
        assert "1-" in plain_screen(app)
        await pilot._post_mouse_events([_scroll_down()], offset=(10, 10))
        await pilot.pause()
        assert "4-" in plain_screen(app)


def _scroll_down() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


# -- the footer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [60, 80, 120, 200])
def test_every_hint_that_is_shown_is_where_it_is_clicked(cells: int) -> None:
    hints = footer(Scope.DASHBOARD)
    row = plain(footer_line(hints, cells))
    shown = [hint for hint in hints if f"{hint.key} {hint.label}" in row]
    assert shown
    for hint in shown:
        x = row.index(f"{hint.key} {hint.label}")
        assert key_at(hints, cells, x) == hint.keys[0]
        assert key_at(hints, cells, x + len(hint.key) + 1) == hint.keys[0]
        if len(hint.keys) > 1:
            assert key_at(hints, cells, x + len(hint.key) - 1) == hint.keys[-1]
        assert key_at(hints, cells, x - 1) == ""
    assert key_at(hints, cells, cells - 1) == ""


def test_a_hint_whose_keys_are_not_known_does_nothing() -> None:
    assert key_at((Hint("x", "something", 1),), 80, 2) == ""


@pytest.mark.parametrize(("text", "kind"), [("? help", HelpScreen), ("d decide", WalkerScreen)])
async def test_a_click_on_a_footer_key_does_what_the_key_does(text: str, kind: type) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await click(app, pilot, text)
        assert isinstance(app.screen, kind)


async def test_a_click_follows_a_key_that_was_changed() -> None:
    app, backend = still_app(PICTURES["overloaded"](), keys={"probe": ("f5",)})
    async with app.run_test(size=(200, 60)) as pilot:
        await click(app, pilot, "f5 probe")
        assert backend.probed == 1
