"""Keys twice, held keys, a pasted megabyte and mouse noise on every screen: each screen leaves once."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual import events
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from claude_tui import tui
from claude_tui.model.alert import AlertsView
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import ACTIONS, OF_DRILLS, Action, Scope
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.dialog import DialogScreen
from claude_tui.tui.screens.playbook import PlaybookScreen
from claude_tui.tui.screens.themes import ThemeScreen
from tests.functional.still import StillApp, StillBackend, still_app
from tests.snapshots.incident_scenes import INCIDENT_SCENES
from tests.snapshots.responding import CALM, OVERLOADED, group, low, scene_of

pytestmark = pytest.mark.usefixtures("own_directory")

INCIDENT = INCIDENT_SCENES["open"]()
ALERTED = scene_of(replace(CALM, groups=(group(), low())), OVERLOADED)
SNAPSHOT = replace(
    ALERTED,
    engine=replace(ALERTED.engine, incident_entries=INCIDENT.snapshot.engine.incident_entries),
    incident=INCIDENT.snapshot.incident,
)
SMALL, LARGE = (80, 24), (120, 40)
"""Keys do the same at both, and half of these tests' time is drawing; a mouse finds more panels at 120x40."""
MEGABYTE = "sk-ant-api03-é\x1b[31m[/red] \r\n" * 40_000
HELD = 30

# How each scope's screen is reached from the dashboard. A new scope must be given its way here.
WAYS: dict[Scope, tuple[str, ...]] = {
    Scope.DASHBOARD: (),
    Scope.ZOOM: ("5",),
    Scope.EVENT: ("down", "enter"),
    Scope.HELP: ("question_mark",),
    Scope.WALK: ("d",),
    Scope.PLAYBOOK: ("m",),
    Scope.FIRST_FIVE: ("c",),
    Scope.INCIDENT: ("i",),
    Scope.POSTMORTEM: ("f",),
    Scope.HISTORY: ("h",),
    Scope.WAR_ROOM: ("w",),
}
# They would end the test.
ENDS = {"q", "ctrl+c"}


def own_actions(scope: Scope) -> tuple[Action, ...]:
    """The actions of this screen alone; on the dashboard also those of every screen."""
    if scope is Scope.DASHBOARD:
        found = [action for action in ACTIONS if {scope, Scope.APP} & set(action.scopes)]
    else:
        found = [action for action in ACTIONS if scope in action.scopes and Scope.APP not in action.scopes]
    return tuple(action for action in found if not ENDS & set(action.keys))


@asynccontextmanager
async def running(snapshot: Snapshot = SNAPSHOT) -> AsyncIterator[tuple[StillApp, StillBackend, Pilot[None]]]:
    # Without a crash report: the first fault ends the app, and the test.
    app, backend = still_app(snapshot)
    backend.records = INCIDENT.records
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        yield app, backend, pilot


async def burst(pilot: Pilot[None], messages: Iterable[Message]) -> None:
    """Sends all keys before any is handled, as from a terminal that is read at once."""
    for message in messages:
        pilot.app.post_message(message)
    await pilot.pause()
    await pilot.pause()


def keys(*names: str) -> list[Message]:
    return [events.Key(name, name if len(name) == 1 else None) for name in names]


async def reopen(app: StillApp, pilot: Pilot[None], way: Iterable[str]) -> Screen[object]:
    """From the dashboard, with nothing above it, by these keys."""
    while len(app.screen_stack) > 1:
        app.screen.dismiss(None)
    app.set_focus(None)
    app.clear_notifications()
    for key in way:
        await pilot.press(key)
    await pilot.pause()
    return app.screen


def mouse_noise() -> list[Message]:
    """Presses, releases, moves and scrolls all over the screen, at its edges and beyond."""
    messages: list[Message] = []
    width, height = LARGE
    places = [(x, y) for x in (-1, 0, width // 2, width, 999) for y in (-1, 5, height // 2, height, 999)]
    for x, y in places:
        where = (None, x, y, 0, 0)
        for kind, button in (
            (events.MouseMove, 0),
            (events.MouseDown, 1),
            (events.MouseUp, 1),
            (events.MouseScrollDown, 0),
            (events.MouseScrollUp, 0),
        ):
            messages.append(kind(*where, button, False, False, False, x, y))
    return messages


def assert_sane(app: StillApp, after: object) -> None:
    assert app.crash is None, after
    assert not app._exit, after
    stack = app.screen_stack
    assert isinstance(stack[0], DashboardScreen), after
    assert len(set(stack)) == len(stack), after
    assert all(screen.is_running for screen in stack), after


async def molest(app: StillApp, pilot: Pilot[None], way: tuple[str, ...]) -> None:
    """Does everything that a person, a cat or a terminal may do to the screen at the end of `way`."""
    screen = await reopen(app, pilot, way)
    for key in sorted(set(screen.active_bindings) - ENDS):
        if app.screen is not screen:
            screen = await reopen(app, pilot, way)
        await burst(pilot, keys(key, key))
        assert_sane(app, (way, key))
    for noise in (
        keys(*["enter"] * HELD),
        [events.Paste(MEGABYTE), *keys("enter", "enter")],
        [events.Paste("\n" + MEGABYTE), *keys("escape", "escape")],
    ):
        await reopen(app, pilot, way)
        await burst(pilot, noise)
        assert_sane(app, (way, noise[0]))
    await pilot.resize_terminal(*LARGE)
    await reopen(app, pilot, way)
    await burst(pilot, mouse_noise())
    assert_sane(app, (way, "mouse"))
    await pilot.resize_terminal(*SMALL)


async def leave_twice(app: StillApp, pilot: Pilot[None], way: tuple[str, ...]) -> None:
    """Leaves a dialog by key twice: the screen below might get the second key."""
    for key in ("enter", "escape"):
        await reopen(app, pilot, way)
        await burst(pilot, keys(key, key))
        assert_sane(app, (way, key))


def first_scope(action: Action) -> Scope:
    """Where everything is done to its dialog, which is the same above the other screens."""
    return next(scope for scope in WAYS if action in own_actions(scope))


def test_every_screen_leaves_once() -> None:
    for module in pkgutil.walk_packages(tui.__path__, "claude_tui.tui."):
        importlib.import_module(module.name)

    def all_below(kind: type[Screen[object]]) -> Iterator[type[Screen[object]]]:
        for below in kind.__subclasses__():
            yield from (below, *all_below(below))

    ours = [kind for kind in all_below(Screen) if kind.__module__.startswith("claude_tui.")]
    assert len(ours) > len(WAYS)
    assert [kind for kind in ours if not issubclass(kind, ClosesOnce)] == []


def test_every_scope_is_reached() -> None:
    # The two of a drill have tests of their own.
    assert set(WAYS) == set(Scope) - {Scope.APP, *OF_DRILLS, Scope.DEBRIEF}


@pytest.mark.parametrize("scope", list(WAYS))
async def test_nothing_that_is_typed_twice_ends_a_screen_of(scope: Scope) -> None:
    async with running() as (app, _, pilot):
        await molest(app, pilot, WAYS[scope])


@pytest.mark.parametrize("scope", list(WAYS))
async def test_nothing_that_is_typed_twice_ends_a_dialog_opened_from(scope: Scope) -> None:
    async with running() as (app, _, pilot):
        for action in own_actions(scope):
            way = (*WAYS[scope], action.keys[0])
            if not (await reopen(app, pilot, way)).is_modal:
                continue
            if scope is first_scope(action):
                await molest(app, pilot, way)
            else:
                await leave_twice(app, pilot, way)


# -- what comes of it -----------------------------------------------------------------


async def test_two_enters_acknowledge_once() -> None:
    async with running() as (app, backend, pilot):
        await reopen(app, pilot, "a")
        await burst(pilot, keys("enter", "enter"))
        assert len(backend.acknowledged) == 1
        assert app.screen_stack == [app.screen]


async def test_the_second_of_two_enters_is_none_at_the_screen_beneath() -> None:
    async with running() as (app, backend, pilot):
        await reopen(app, pilot, "mw")
        assert isinstance(app.screen, DialogScreen)
        await burst(pilot, keys("tab", "enter", "enter"))
        assert isinstance(app.screen, PlaybookScreen)
        assert backend.marked == []


async def test_what_follows_tab_in_one_read_is_for_the_next_field() -> None:
    """A slow connection delivers several keys at once."""
    async with running() as (app, _, pilot):
        for way in ("ir", "fn"):
            await reopen(app, pilot, way)
            fields = [box for box in app.screen.query(Input) if box.display]
            for field in fields:
                field.value = ""
            fields[0].focus()
            await pilot.pause()
            await burst(pilot, keys(*"ana", "tab", *"ben"))
            assert [field.value for field in fields[:2]] == ["ana", "ben"], way
            await burst(pilot, keys("shift+tab", "e"))
            assert fields[0].value in {"e", "anae"}, way
            assert fields[1].value == "ben", way


async def test_two_escapes_leave_one_screen() -> None:
    async with running() as (app, _, pilot):
        await reopen(app, pilot, "m?")
        await burst(pilot, keys("escape", "escape"))
        assert isinstance(app.screen, PlaybookScreen)


async def test_a_command_of_the_palette_runs_once() -> None:
    async with running() as (app, backend, pilot):
        await reopen(app, pilot, ":")
        await pilot.press(*"probe")
        await app.workers.wait_for_complete()
        await pilot.pause()
        await burst(pilot, keys("enter", "enter", "enter"))
        assert backend.probed == 1
        assert app.screen_stack == [app.screen]


async def test_a_theme_that_was_only_looked_at_is_not_kept_on() -> None:
    async with running() as (app, _, pilot):
        before = app.paint.theme
        await reopen(app, pilot, "t")
        assert isinstance(app.screen, ThemeScreen)
        await burst(pilot, keys("down", "down", "escape", "escape"))
        assert app.screen_stack == [app.screen]
        assert app.paint.theme == before


@pytest.mark.parametrize("way", ["", "5", "?", "m", "d", "c", "a", "mw", "t", ":"])
async def test_ctrl_c_quits_at_once_whatever_is_on_its_way(way: str) -> None:
    async with running() as (app, _, pilot):
        await reopen(app, pilot, way)
        # The first one asks, as an alert is new.
        await burst(pilot, keys("enter", "enter", "ctrl+c", "ctrl+c"))
        assert app._exit


@pytest.mark.parametrize("way", ["", "5", "?", "m", "d", "c"])
async def test_q_quits_at_once_where_it_is_no_text(way: str) -> None:
    calm = replace(SNAPSHOT, engine=replace(SNAPSHOT.engine, alerts=AlertsView()))
    async with running(calm) as (app, _, pilot):
        await reopen(app, pilot, way)
        await burst(pilot, keys("escape", "q"))
        assert app._exit
