"""The history screen as pictures, compared with ones that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.analysis.uptime.record import Record
from claude_tui.store.faults import StoreError
from tests.functional.still import StillApp, still_app
from tests.snapshots.pictures import PICTURES
from tests.uptime_values import ninety_days

Compare = Callable[..., bool]

SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


def app_of(recorded: Callable[[datetime], Record], theme: str) -> StillApp:
    app, backend = still_app(PICTURES["healthy"](), theme=theme)
    backend.history = recorded
    return app


async def open_history(pilot: Pilot[None], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, StillApp)
    for key in ("h", *keys):
        await pilot.press(key)
        await app.workers.wait_for_complete()
        await pilot.pause()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_thirty_days(snap_compare: Compare, size: str, theme: str) -> None:
    app = app_of(ninety_days, theme)
    assert snap_compare(app, run_before=open_history, terminal_size=SIZES[size])


@pytest.mark.parametrize(("size", "keys"), [("80x24", ("right", "right")), ("120x40", ("left", "left"))])
def test_other_spans(snap_compare: Compare, size: str, keys: tuple[str, ...]) -> None:
    async def chosen(pilot: Pilot[None]) -> None:
        await open_history(pilot, *keys)

    assert snap_compare(app_of(ninety_days, "dark"), run_before=chosen, terminal_size=SIZES[size])


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", ["80x24", "120x40", "200x60"])
def test_nothing_recorded(snap_compare: Compare, size: str, theme: str) -> None:
    assert snap_compare(app_of(Record, theme), run_before=open_history, terminal_size=SIZES[size])


def unreadable(_: datetime) -> Record:
    raise StoreError("the history cannot be read: the disk reports an error (/data/api.anthropic.com.db)")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_record_that_cannot_be_read(snap_compare: Compare, theme: str) -> None:
    assert snap_compare(app_of(unreadable, theme), run_before=open_history, terminal_size=SIZES["80x24"])


def test_what_was_known_where_the_display_is_frozen(snap_compare: Compare) -> None:
    async def frozen(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, StillApp)
        await pilot.press("space")
        app.backend.publish(replace(app.newest, at=app.newest.at + timedelta(minutes=42)))  # type: ignore[attr-defined]
        await open_history(pilot)

    assert snap_compare(app_of(ninety_days, "dark"), run_before=frozen, terminal_size=SIZES["120x40"])
