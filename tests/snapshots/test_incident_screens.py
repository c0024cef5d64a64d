"""The incident screen as pictures: none, open, resolved, proposed; its dialogs; the line under the header.

`pytest -n 0 tests/snapshots/test_incident_screens.py --snapshot-update` accepts new ones: look at them first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.functional.still import StillApp, still_app
from tests.snapshots.incident_scenes import INCIDENT_SCENES

Compare = Callable[..., bool]

STATES = {
    "none": ("i", "escape"),
    "earlier": ("i", "escape"),
    "open": ("i",),
    "resolved": ("i", "escape", "enter"),
}
DETAILS = {
    "folded": ("open", ("i", "home", "down", "enter"), "120x40", "dark"),
    "folded-narrow": ("open", ("i", "home", "down", "enter"), "80x24", "light"),
    "declare-proposed": ("proposed", ("i",), "80x24", "dark"),
    "declare-wide": ("proposed", ("i",), "120x40", "light"),
    "note": ("open", ("i", "n"), "80x24", "dark"),
    "resolve": ("open", ("i", "R"), "120x40", "dark"),
    "correct": ("open", ("i", "C"), "80x24", "light"),
}
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


def app_of(name: str, theme: str) -> StillApp:
    scene = INCIDENT_SCENES[name]()
    app, backend = still_app(scene.snapshot, theme=theme)
    backend.records = scene.records
    app.responder = "ana"
    return app


def typing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press the keys, and wait until what they request is loaded."""

    async def typed(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    return typed


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STATES)
def test_incident(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    app = app_of(name, theme)
    assert snap_compare(app, run_before=typing(*STATES[name]), terminal_size=SIZES[size])


@pytest.mark.parametrize("what", DETAILS)
def test_opened_and_asked(snap_compare: Compare, what: str) -> None:
    name, keys, size, theme = DETAILS[what]
    assert snap_compare(app_of(name, theme), run_before=typing(*keys), terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        ("open", "80x24", "dark"),
        ("open", "120x40", "light"),
        ("open", "200x60", "dark"),
        ("proposed", "120x40", "dark"),
        ("proposed", "80x24", "light"),
    ],
)
def test_the_line_under_the_header(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    assert snap_compare(app_of(name, theme), terminal_size=SIZES[size])
