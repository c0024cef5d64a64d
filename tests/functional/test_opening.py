"""The first frame, and what happens until the engine is open behind it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.model.arrangement import Preset
from claude_tui.model.snapshot import Snapshot
from claude_tui.settings import Settings
from claude_tui.store.faults import StoreError
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.keymap import keymap
from claude_tui.tui.opening import Opening, OpeningApp
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.help import HelpScreen
from claude_tui.tui.screens.opening import About, OpeningScreen, opening_lines
from tests.functional.still import StillBackend, still_app
from tests.snapshots.pictures import PICTURES

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
SIZES = [(80, 24), (120, 40), (200, 60), (60, 60), (40, 10), (20, 5), (1, 1)]
WITHIN_S = 60.0
ABOUT = About("prod", "api.example.com")


@dataclass
class SlowBackend(StillBackend):
    """It can be opened only once `ready` is set."""

    ready: threading.Event = field(default_factory=threading.Event)
    started: bool = False
    stopped: int = 0

    def open(self) -> SlowBackend:
        assert self.ready.wait(WITHIN_S)
        return self

    def first_snapshot(self) -> Snapshot:
        return PICTURES["overloaded"]()

    def start(self, publish: object) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped += 1

    def stand_aside(self) -> None: ...


@asynccontextmanager
async def opening(
    backend: SlowBackend, settings: Settings | None = None
) -> AsyncIterator[tuple[OpeningApp, Pilot[None]]]:
    app = OpeningApp(Opening(backend.open), settings or Settings(), ABOUT)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield app, pilot
    backend.ready.set()


def screen_lines(app: ClaudeTopApp) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def opened(app: OpeningApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.has_begun and isinstance(app.screen_stack[0], DashboardScreen))
    await until(pilot, lambda: app.backend.started)  # type: ignore[attr-defined]
    await pilot.pause()


async def until(pilot: Pilot[None], met: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not met():
            await pilot.pause(0.01)


async def test_the_frames_and_keys_stand_before_the_engine_is_open() -> None:
    backend = SlowBackend()
    async with opening(backend) as (app, pilot):
        assert isinstance(app.screen, OpeningScreen)
        shown = "\n".join(screen_lines(app))
        for words in (
            "prod",
            "api.example.com",
            "1 Status",
            "2 Headroom",
            "5 Events",
            "Reading what has been recorded",
            "q quit",
        ):
            assert words in shown
        assert not backend.started
        backend.ready.set()
        await opened(app, pilot)
        assert backend.started
        shown = "\n".join(screen_lines(app))
        assert "Reading what" not in shown
        assert "P1" in shown


async def test_keys_typed_meanwhile_take_effect_in_their_order() -> None:
    backend = SlowBackend()
    async with opening(backend) as (app, pilot):
        await pilot.press("question_mark", "q", "question_mark")
        assert isinstance(app.screen, OpeningScreen)
        backend.ready.set()
        await opened(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert len(app.screen_stack) == 2
        assert app.return_code is None


@pytest.mark.parametrize(
    ("keys", "chosen"), [("q", None), ("ctrl+c", None), ("x", ("x",)), ("d,ctrl+c", None)]
)
async def test_it_can_be_left_before_it_is_open(keys: str, chosen: tuple[str, ...] | None) -> None:
    settings = Settings(keys={"quit": chosen} if chosen else {})
    async with opening(SlowBackend(), settings) as (app, pilot):
        await pilot.press(*keys.split(","))
        await pilot.pause()
        assert not app.is_running or app._exit
        assert app.crash is None


async def test_what_cannot_be_opened_ends_the_app_for_the_command_to_tell() -> None:
    def fails() -> SlowBackend:
        raise StoreError("the history is on a network file system")

    app = OpeningApp(Opening(fails), Settings(), ABOUT)
    with pytest.raises(StoreError, match="network file system"):
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.crash is not None)
    # Where it runs on a terminal, this is how the command line learns of it.
    assert isinstance(app.crash, StoreError)


def test_an_engine_that_opens_after_the_end_is_stopped() -> None:
    backend, delivered, stopped = SlowBackend(), [], threading.Event()
    backend.stop = stopped.set  # type: ignore[method-assign]
    late = Opening(backend.open, finish_s=0)
    late.start(delivered.append)
    late.stop()
    backend.ready.set()
    assert stopped.wait(WITHIN_S)
    assert delivered == []


def test_an_engine_that_is_open_is_stopped_once() -> None:
    backend, delivered = SlowBackend(), threading.Event()
    backend.ready.set()
    at_once = Opening(backend.open)
    at_once.start(lambda message: delivered.set())
    assert delivered.wait(WITHIN_S)
    at_once.stop()
    assert backend.stopped == 1


def test_a_disk_that_hangs_is_named() -> None:
    lines = opening_lines(ABOUT, (NOW, NOW + timedelta(seconds=12)), 80, 24, keymap({}))
    waiting = [plain(line) for line in lines if "Reading" in plain(line)]
    assert [line.strip() for line in waiting] == [
        "◌ Reading what has been recorded for 12s: the data directory answers slowly"
    ]
    assert "14:05:45 UTC" in plain(lines[0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("preset", list(Preset))
def test_it_fills_every_size_exactly(size: tuple[int, int], preset: Preset) -> None:
    cells, rows = size
    lines = opening_lines(ABOUT, (NOW, NOW), cells, rows, keymap({}), preset)
    assert len(lines) == rows
    assert all(width(line) <= cells for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 60)])
async def test_nothing_moves_when_the_dashboard_comes(size: tuple[int, int]) -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        after = screen_lines(app)
    before = [plain(line) for line in opening_lines(ABOUT, (NOW, NOW), *size, app.chosen_keys)]
    assert len(_titles(before)) > 3
    assert _titles(before) == _titles(after)


def _titles(lines: list[str]) -> dict[str, tuple[int, int]]:
    """Where the title of each panel stands."""
    found = (
        (y, match) for y, row in enumerate(lines) for match in re.finditer(r"─+ \d? ?([A-Z][a-z]+) ", row)
    )
    return {match[1]: (y, match.start(1)) for y, match in found}
