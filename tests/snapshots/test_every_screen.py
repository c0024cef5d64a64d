"""Every screen at four sizes in three themes, during a night on call that the program's own parts worked out.

`pytest -n 0 tests/snapshots/test_every_screen.py --snapshot-update` accepts new ones: look at them first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.settings import Settings
from claude_tui.tui.actions import OF_DRILLS, Scope
from claude_tui.tui.screens.first_five import FirstFiveScreen
from tests.functional.still import StillApp
from tests.functional.test_repeated_keys import WAYS
from tests.snapshots.night import CALM_S, OPEN_S, OVER_S, PAST_S, TOLD_S, Night, NightBackend, at

Compare = Callable[..., bool]

SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
THEMES = ("dark", "light", "high-contrast")

# The instant, and the keys that lead there from the dashboard.
SCREENS: dict[str, tuple[float, tuple[str, ...]]] = {
    "dashboard-calm": (CALM_S, ()),
    "dashboard-told": (TOLD_S, ()),
    "dashboard-open": (OPEN_S, ()),
    "dashboard-over": (OVER_S, ()),
    "war-room-calm": (CALM_S, ("w",)),
    "war-room-open": (OPEN_S, ("w",)),
    "layout-traffic": (OPEN_S, ("v",)),
    "layout-quiet": (CALM_S, ("v", "v")),
    "zoom-verdict": (TOLD_S, ("0",)),
    "zoom-status": (OPEN_S, ("1",)),
    "zoom-headroom": (CALM_S, ("2",)),
    "zoom-errors": (OPEN_S, ("3",)),
    "zoom-latency": (OPEN_S, ("4",)),
    "zoom-events": (OPEN_S, ("5",)),
    "zoom-traffic": (OPEN_S, ("6",)),
    "event": (TOLD_S, ("down", "enter")),
    "help": (CALM_S, ("question_mark",)),
    "walk": (TOLD_S, ("d",)),
    "playbook": (OPEN_S, ("m",)),
    "first-five": (TOLD_S, ("c",)),
    "declare": (TOLD_S, ("i",)),
    "incident": (OPEN_S, ("i",)),
    "incidents": (OVER_S, ("i", "escape")),
    "note": (OPEN_S, ("i", "n")),
    "acknowledge": (TOLD_S, ("a",)),
    "severity": (OPEN_S, ("s",)),
    "go-to": (OVER_S, ("g",)),
    "postmortem": (OPEN_S, ("f",)),
    "history": (OVER_S, ("h",)),
    "themes": (CALM_S, ("t",)),
    "palette-calm": (CALM_S, ("ctrl+p",)),
    "palette-told": (TOLD_S, ("ctrl+p",)),
    "palette-search": (OPEN_S, ("ctrl+p", "p", "o", "s", "t")),
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    own = tmp_path_factory.mktemp("night") / "own"
    base = tmp_path_factory.getbasetemp()
    # One for all processes that run the tests, each of which has a base of its own in it.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    shutil.copytree(_played(shared / "played-night"), own)
    with contextlib.closing(Night(own)) as night:
        yield night


def _played(directory: Path) -> Path:
    """The night as recorded by the first of the processes that run the tests, as it takes seconds."""
    done, stores = directory / "done", directory / "stores"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # A process that was interrupted while playing left half a night.
            shutil.rmtree(stores, ignore_errors=True)
            Night.play(stores)
            done.touch()
    return stores


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(snap_compare: Compare, night: Night, name: str, size: str, theme: str) -> None:
    seconds, keys = SCREENS[name]
    app = app_at(night, seconds, theme)

    async def go(pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            # What a key requests is loaded in a thread, and shown before the next key.
            await app.workers.wait_for_complete()
            await pilot.pause()
        if isinstance(app.screen, FirstFiveScreen):
            # It waits for what follows the key; the night's responses arrived a moment before.
            app.screen.asked_at = at(seconds - 20)
            app.backend.publish(app.newest)  # type: ignore[attr-defined]
        await pilot.pause()

    assert snap_compare(app, run_before=go, terminal_size=SIZES[size])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_past(snap_compare: Compare, night: Night, size: str, theme: str) -> None:
    app = app_at(night, OVER_S, theme)

    async def look_back(pilot: Pilot[None]) -> None:
        await pilot.press("{")
        app.backend.publish(night.looked_back_at(PAST_S))  # type: ignore[attr-defined]
        await pilot.pause()

    assert snap_compare(app, run_before=look_back, terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("seconds", "judged"),
    [
        (CALM_S, (Cause.HEALTHY, Side.NONE, Severity.NONE)),
        (TOLD_S, (Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P2)),
        (OPEN_S, (Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P2)),
        (OVER_S, (Cause.HEALTHY, Side.NONE, Severity.NONE)),
    ],
)
def test_analysis_gives_what_the_pictures_are_for(
    night: Night, seconds: float, judged: tuple[Cause, Side, Severity]
) -> None:
    verdict = night.snapshot(seconds).verdict
    assert (verdict.cause, verdict.side, verdict.severity) == judged


def test_every_screen_that_has_keys_of_its_own_is_pictured() -> None:
    reached = {keys[:1] for _, keys in SCREENS.values()}
    assert all(way[:1] in reached for way in WAYS.values())
    # Drills have pictures of their own.
    assert set(WAYS) == set(Scope) - {Scope.APP, *OF_DRILLS, Scope.DEBRIEF}


def app_at(night: Night, seconds: float, theme: str) -> StillApp:
    backend = NightBackend(night, seconds)
    app = StillApp(replace(Settings(), theme=theme)).begin(backend, backend.snapshot())
    app.responder = "ana"
    return app
