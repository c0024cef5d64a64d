"""A fault closes the screen that it happens in, and leaves a crash file; the rest of the program goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from claude_tui.cli.failure import write_report
from claude_tui.settings import Settings
from claude_tui.tui.messages import EventChosen
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.help import HelpScreen
from claude_tui.tui.screens.layout import Plan
from tests.functional.still import StillApp, StillBackend
from tests.snapshots.pictures import PICTURES, later
from tests.store_values import PATIENCE_S

KEY = "sk-ant-api03-do-not-show-me-0123456789"
SNAPSHOT = PICTURES["overloaded"]()
SIGNALLED = 143


class BrokenError(Exception):
    def __init__(self) -> None:
        super().__init__(f"with the key {KEY}")


class Fails(ClosesOnce, ModalScreen[None]):
    SCREEN_NAME = "test screen"
    BINDINGS = [Binding("x", "fail")]

    def compose(self) -> ComposeResult:
        yield Static("all is well")

    def action_fail(self) -> None:
        raise BrokenError


class InCompose(Fails):
    def compose(self) -> ComposeResult:
        raise BrokenError
        yield


class InMount(Fails):
    def on_mount(self) -> None:
        raise BrokenError


class InHandler(Fails):
    def key_y(self) -> None:
        raise BrokenError


class InTimer(Fails):
    def on_mount(self) -> None:
        self.set_timer(0.001, self.action_fail)


class InCallback(Fails):
    def on_mount(self) -> None:
        self.call_next(self.action_fail)


class InWorker(Fails):
    def on_mount(self) -> None:
        self.run_worker(self._work())

    async def _work(self) -> None:
        raise BrokenError


class BrokenStatic(Static):
    def __init__(self, fails: str) -> None:
        super().__init__("all is well")
        self._fails = fails

    def render(self) -> str:
        if self._fails == "render":
            raise BrokenError
        return "all is well"

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if self._fails == "layout":
            raise BrokenError
        return 1

    def on_mount(self) -> None:
        if self._fails == "mount":
            raise BrokenError

    def on_key(self, _: events.Key) -> None:
        if self._fails == "key":
            raise BrokenError

    def key_y(self) -> None:
        raise BrokenError


class InWidget(Fails):
    def __init__(self, fails: str) -> None:
        super().__init__()
        self._fails = fails

    def compose(self) -> ComposeResult:
        yield (widget := BrokenStatic(self._fails))
        widget.can_focus = True


class InContent(HelpScreen):
    def content(self, cells: int, rows: int) -> tuple[()]:
        raise BrokenError


class InShow(HelpScreen):
    def show(self, *_: object) -> None:
        raise BrokenError


Reports = Callable[[], list[Path]]


@asynccontextmanager
async def running(
    tmp_path: Path, kind: type[StillApp] = StillApp
) -> AsyncIterator[tuple[StillApp, StillBackend, Pilot[None], Reports]]:
    backend = StillBackend()
    report = partial(write_report, arguments=["--data-dir", str(tmp_path)])
    app = kind(Settings(), report).begin(backend, SNAPSHOT)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield app, backend, pilot, lambda: sorted(tmp_path.glob("crash-*.txt"))


def notices(app: StillApp) -> list[str]:
    return [" ".join(notice.message.split()) for notice in app._notifications]


def picture(app: StillApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[None], app: StillApp) -> None:
    """Waits until nothing is pending: a close may wait for a frame."""
    for _ in range(5):
        await pilot.pause()


async def is_usable(app: StillApp, backend: StillBackend, pilot: Pilot[None]) -> None:
    """Whether the dashboard is in front, shows new Snapshots, and takes keys."""
    assert isinstance(app.screen, DashboardScreen)
    newer = later(SNAPSHOT, 3600)
    backend.publish(newer)
    await settle(pilot, app)
    assert f"{newer.at:%H:%M}" in picture(app)
    probed = backend.probed
    await pilot.press("p")
    assert backend.probed == probed + 1
    await pilot.press("?")
    await settle(pilot, app)
    assert isinstance(app.screen, HelpScreen)
    await pilot.press("escape")
    await settle(pilot, app)
    assert isinstance(app.screen, DashboardScreen)


SCREENS: dict[str, tuple[Callable[[], Screen[Any]], tuple[str, ...]]] = {
    "compose": (InCompose, ()),
    "mount": (InMount, ()),
    "handler": (InHandler, ("y",)),
    "action": (Fails, ("x",)),
    "timer": (InTimer, ()),
    "callback": (InCallback, ()),
    "worker": (InWorker, ()),
    "render of a widget": (lambda: InWidget("render"), ()),
    "layout of a widget": (lambda: InWidget("layout"), ()),
    "mount of a widget": (lambda: InWidget("mount"), ()),
    "handler of a widget": (lambda: InWidget("key"), ("tab", "k")),
    "content": (InContent, ()),
}


@pytest.mark.parametrize("where", list(SCREENS))
async def test_the_screen_is_closed_with_a_notice_and_a_crash_file(where: str, tmp_path: Path) -> None:
    make, keys = SCREENS[where]
    async with running(tmp_path) as (app, backend, pilot, reports):
        screen = make()
        app.push_screen(screen)
        await settle(pilot, app)
        await pilot.press(*keys)
        await settle(pilot, app)
        (report,) = reports()
        (notice,) = notices(app)
        assert "failed and was closed (BrokenError" in notice
        assert str(report) in notice
        assert "Traceback" in report.read_text()
        assert "do-not-show-me" not in report.read_text()
        assert app.screen_stack == [app.screen]
        await is_usable(app, backend, pilot)
        assert screen not in app.children
    assert app.crash is None


async def test_what_fails_when_a_snapshot_comes_is_closed_too(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, backend, pilot, reports):
        app.push_screen(InShow())
        await settle(pilot, app)
        backend.publish(later(SNAPSHOT, 1))
        await settle(pilot, app)
        assert len(reports()) == 1
        assert ["The help failed and was closed" in notice for notice in notices(app)] == [True]
        await is_usable(app, backend, pilot)


async def test_what_was_opened_from_the_screen_is_closed_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, backend, pilot, _):
        app.push_screen(failing := Fails())
        app.push_screen(Fails())
        await settle(pilot, app)
        failing.call_later(failing.action_fail)
        await settle(pilot, app)
        assert [type(screen) for screen in app.screen_stack if isinstance(screen, Fails)] == []
        await is_usable(app, backend, pilot)


async def test_the_same_fault_again_is_counted_and_not_written_again(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, _, pilot, reports):
        for _ in range(3):
            app.push_screen(Fails())
            await settle(pilot, app)
            app.clear_notifications()
            await pilot.press("x")
            await settle(pilot, app)
        assert len(reports()) == 1
        (notice,) = notices(app)
        assert "3 times so far" in notice


async def test_two_faults_leave_two_files(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, _, pilot, reports):
        for screen in (InMount(), InCompose()):
            app.push_screen(screen)
            await settle(pilot, app)
        assert len(reports()) == 2
        assert len(notices(app)) == 2


# -- the dashboard itself ------------------------------------------------------------


async def test_a_panel_that_fails_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, backend, pilot, reports):
        for seconds in (60, 61, 62):
            backend.publish(replace(later(SNAPSHOT, seconds), errors=(object(),)))  # type: ignore[arg-type]
            await settle(pilot, app)
        (report,) = reports()
        shown = picture(app)
        assert "This could not be drawn" in shown
        assert "Headroom" in shown
        assert "AttributeError" in shown
        assert report.name[:8] in shown
        await is_usable(app, backend, pilot)
        assert "could not be drawn" not in picture(app)


async def test_a_strip_that_fails_leaves_the_panels(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, backend, pilot, reports):
        backend.publish(replace(later(SNAPSHOT, 60), verdict=None))  # type: ignore[arg-type]
        await settle(pilot, app)
        assert reports()
        assert "could not be drawn" in picture(app)
        assert "Headroom" in picture(app)
        await is_usable(app, backend, pilot)


async def test_an_action_that_fails_is_reported(tmp_path: Path) -> None:
    class FailingApp(StillApp):
        def action_help(self) -> None:
            raise BrokenError

    async with running(tmp_path, FailingApp) as (app, backend, pilot, reports):
        await pilot.press("?")
        await settle(pilot, app)
        (notice,) = notices(app)
        (report,) = reports()
        assert notice == f"That failed (BrokenError). Details in {report}."
        await pilot.press("p")
        assert backend.probed == 1


async def test_a_handler_of_the_dashboard_that_fails_is_reported(tmp_path: Path) -> None:
    class FailingApp(StillApp):
        def on_event_chosen(self, message: EventChosen) -> None:
            raise BrokenError

    async with running(tmp_path, FailingApp) as (app, backend, pilot, reports):
        await pilot.press("down", "enter")
        await settle(pilot, app)
        assert len(reports()) == 1
        await is_usable(app, backend, pilot)


class Unplannable(DashboardScreen):
    def plan(self, size: Size) -> Plan:
        if cast_app(self).broken_plans:
            cast_app(self).broken_plans -= 1
            raise BrokenError
        return super().plan(size)


class UnplannableApp(StillApp):
    broken_plans = 0

    def get_default_screen(self) -> Screen[None]:
        return Unplannable(self.shown, self.chosen_keys)


def cast_app(screen: Screen[Any]) -> UnplannableApp:
    assert isinstance(screen.app, UnplannableApp)
    return screen.app


@pytest.mark.parametrize("by_the_app", [False, True])
async def test_a_dashboard_that_cannot_be_laid_out_is_rebuilt(tmp_path: Path, by_the_app: bool) -> None:
    """Whatever lays it out: on a busy machine that is often the app."""
    async with running(tmp_path, UnplannableApp) as (app, backend, pilot, reports):
        assert isinstance(app, UnplannableApp)
        before, app.broken_plans = app.screen, 1
        if by_the_app:
            app.call_next(before._refresh_layout)
        else:
            before.refresh(layout=True)
        async with asyncio.timeout(PATIENCE_S):
            while app.screen is before or not isinstance(app.screen, DashboardScreen):
                await pilot.pause()
        await settle(pilot, app)
        assert len(reports()) == 1
        assert ["The dashboard failed and was rebuilt" in notice for notice in notices(app)] == [True]
        await is_usable(app, backend, pilot)


async def test_a_dashboard_that_fails_again_ends_the_program_as_ever(tmp_path: Path) -> None:
    async def fails_again() -> None:
        async with running(tmp_path, UnplannableApp) as (app, _, pilot, __):
            assert isinstance(app, UnplannableApp)
            app.broken_plans = 1_000
            app.screen.refresh(layout=True)
            await settle(pilot, app)

    with pytest.raises(BrokenError):
        await fails_again()


async def test_without_a_report_the_first_fault_ends_the_program(tmp_path: Path) -> None:
    async def fails() -> None:
        async with StillApp(Settings()).begin(StillBackend(), SNAPSHOT).run_test() as pilot:
            pilot.app.push_screen(InMount())
            await pilot.pause()

    with pytest.raises(BrokenError):
        await fails()


class AskedToEndApp(StillApp):
    """A signal comes when nothing is on the screen yet."""

    def compose(self) -> ComposeResult:
        self.exit(return_code=SIGNALLED)
        yield from super().compose()


async def test_an_end_while_it_starts_is_no_fault(tmp_path: Path) -> None:
    report = partial(write_report, arguments=["--data-dir", str(tmp_path)])
    app = AskedToEndApp(Settings(), report).begin(StillBackend(), SNAPSHOT)
    await app.run_async(headless=True, size=(120, 40))
    assert app.crash is None
    assert app.return_code == SIGNALLED
