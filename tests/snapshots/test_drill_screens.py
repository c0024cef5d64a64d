"""A drill as pictures: the brief, the question, the debrief of a good one and of one that nobody worked.

`pytest -n 0 tests/snapshots/test_drill_screens.py --snapshot-update` accepts new ones: look at them first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.drills.conclusion import Result
from claude_tui.drills.record import Completeness, Ending, Score
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import shipped
from claude_tui.tui.screens.debrief import DebriefScreen
from tests.drilled import TRUTH, still_drill
from tests.snapshots.pictures import AT

Compare = Callable[..., bool]

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
GOOD = Score(
    AT,
    "drill-01",
    "ana",
    2.0,
    Ending.RESOLVED,
    412.0,
    noticed_s=42.0,
    side_s=61.0,
    cause_s=95.0,
    acknowledged_s=44.0,
    first_step_s=120.0,
    side=Side.THEM,
    cause=Cause.PROVIDER_OVERLOADED,
    side_right=True,
    cause_right=True,
    turns=4,
    wrong_turns=1,
    hit=TRUTH.steps[:3],
    missed=TRUTH.steps[3:],
    harmful=TRUTH.harmful[:1],
    began_well=True,
    pages=1,
    postmortem=Completeness(7, 8, 2),
    points=83,
)
IDLE = Score(AT, "drill-01", "ana", 1.0, Ending.QUIT, 9.0, missed=TRUTH.steps, missed_pages=1)
EARLIER = (replace(GOOD, points=48, noticed_s=70.0, at=AT - timedelta(days=7)),)
RESULTS = {"good": Result(GOOD, TRUTH, shipped(), EARLIER), "idle": Result(IDLE, TRUTH, shipped())}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", RESULTS)
def test_debrief(snap_compare: Compare, tmp_path: Path, name: str, size: str, theme: str) -> None:
    app, _ = still_drill(tmp_path, theme=theme)

    async def ended(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        app.offer_what_is_left()
        await app.push_screen(DebriefScreen(RESULTS[name]))
        await pilot.pause()

    assert snap_compare(app, run_before=ended, terminal_size=SIZES[size])


def typing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def typed(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return typed


@pytest.mark.parametrize(
    ("keys", "size", "theme"),
    [
        ((), "80x24", "dark"),
        ((), "120x40", "light"),
        (("enter", "A"), "80x24", "light"),
        (("enter", "E"), "120x40", "dark"),
    ],
    ids=["brief-narrow", "brief", "answer", "end"],
)
def test_before_the_end(
    snap_compare: Compare, tmp_path: Path, keys: tuple[str, ...], size: str, theme: str
) -> None:
    app, _ = still_drill(tmp_path, theme=theme)
    assert snap_compare(app, run_before=typing(*keys), terminal_size=SIZES[size])
