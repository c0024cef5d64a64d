"""Drawn strips are freed, though they are in cycles and little else triggers the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import weakref

from textual.strip import Strip

from tests.functional.still import still_app
from tests.snapshots.pictures import healthy


class Drawn:
    """Holds itself, as a strip that has been drawn does."""

    def __init__(self) -> None:
        self.itself = self


async def test_a_dashboard_collects_what_it_has_drawn() -> None:
    app, _ = still_app(healthy())
    app.COLLECT_EVERY_S = 0.05
    gone = asyncio.Event()
    async with app.run_test():
        thresholds = gc.get_threshold()
        gc.set_threshold(1_000_000)
        try:
            weakref.finalize(Drawn(), gone.set)
            await asyncio.wait_for(gone.wait(), 20)
        finally:
            gc.set_threshold(*thresholds)


async def test_a_screen_that_has_closed_leaves_no_drawing_behind() -> None:
    """Textual keeps the caches of a thousand widgets: 100 openings of the help left 260,000 objects."""
    app, _ = still_app(healthy())
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(3):
            await pilot.press("question_mark", "escape")
            await pilot.pause()
        before = _strips()
        for _ in range(5):
            await pilot.press("question_mark", "escape")
            await pilot.pause()
        assert _strips() - before < 50


def _strips() -> int:
    gc.collect()
    return sum(isinstance(instance, Strip) for instance in gc.get_objects())
