"""The past as a picture: the banner, the scrubber and the dashboard as it was.

`pytest -n 0 tests/snapshots --snapshot-update` accepts new pictures: look at them first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.model.past import MarkKind, PastView, Playback, TimelineMark
from claude_tui.model.snapshot import Snapshot
from tests.functional.still import StillBackend, chart_for, still_app
from tests.snapshots.pictures import PICTURES
from tests.snapshots.test_screens import SIZES

Compare = Callable[..., bool]

MINUTE = timedelta(minutes=1)
LATER = timedelta(minutes=42, seconds=10)
"""How much later somebody looks back."""


def past(name: str, *, complete: bool = True, note: str = "", playback: Playback | None = None) -> Snapshot:
    then = PICTURES[name]()
    at, start = then.at, then.at - timedelta(minutes=20, seconds=33)
    marks = (
        TimelineMark(at - 17 * MINUTE, MarkKind.VERDICT, "P4"),
        TimelineMark(at - 3.3 * MINUTE, MarkKind.VERDICT, "P1"),
        TimelineMark(at - 2.6 * MINUTE, MarkKind.ALERT),
        TimelineMark(at - 1.4 * MINUTE, MarkKind.PERSON),
        TimelineMark(at + 3 * MINUTE, MarkKind.PAGE),
        TimelineMark(at + 6 * MINUTE, MarkKind.VERDICT, "P3"),
        TimelineMark(at + 11 * MINUTE, MarkKind.VERDICT),
    )
    gaps = ((at - 14 * MINUTE, at - 9 * MINUTE),)
    view = PastView(start, start + 35 * MINUTE, marks, gaps, complete, note, playback)
    return replace(then, past=view)


def live(then: Snapshot) -> Snapshot:
    healthy = PICTURES["healthy"]()
    return replace(healthy, at=then.at + LATER)


def looking_back(then: Snapshot, backend: StillBackend, *keys: str) -> Callable[[Pilot[None]], object]:
    async def look(pilot: Pilot[None]) -> None:
        await pilot.press(*keys, "{")
        focus = backend.focus
        backend.publish(replace(then, chart=replace(chart_for(focus, then), end=then.at)) if focus else then)
        await pilot.pause()

    return look


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", ["60x20", "80x24", "120x40", "200x60"])
def test_the_past(snap_compare: Compare, size: str, theme: str) -> None:
    then = past("overloaded")
    app, backend = still_app(live(then), theme=theme)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=looking_back(then, backend))


@pytest.mark.parametrize(("size", "theme"), [("80x24", "dark"), ("120x40", "light")])
def test_a_zoom_in_the_past(snap_compare: Compare, size: str, theme: str) -> None:
    then = past("overloaded")
    app, backend = still_app(live(then), theme=theme)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=looking_back(then, backend, "4"))


@pytest.mark.parametrize(
    ("theme", "changes"),
    [
        ("dark", {"complete": False}),
        ("colour-blind", {"note": "the record begins here"}),
        ("high-contrast", {}),
    ],
)
def test_a_calm_past(snap_compare: Compare, theme: str, changes: dict[str, object]) -> None:
    then = past("healthy", **changes)  # type: ignore[arg-type]
    app, backend = still_app(live(then), theme=theme)
    assert snap_compare(app, terminal_size=SIZES["120x40"], run_before=looking_back(then, backend))


@pytest.mark.parametrize(("size", "playing"), [("80x24", True), ("120x40", False)])
def test_a_replay(snap_compare: Compare, size: str, playing: bool) -> None:
    at = PICTURES["overloaded"]().at
    playback = Playback("outage-2026-11-20.jsonl.gz", at - 60 * MINUTE, at + 60 * MINUTE, 10.0, playing)
    app, _ = still_app(past("overloaded", playback=playback))
    assert snap_compare(app, terminal_size=SIZES[size])


def test_go_to_a_time(snap_compare: Compare) -> None:
    app, _ = still_app(PICTURES["overloaded"]())

    async def ask(pilot: Pilot[None]) -> None:
        await pilot.press("g", *"25:00", "enter")

    assert snap_compare(app, terminal_size=SIZES["80x24"], run_before=ask)
