"""A read-only dashboard: actions that affect others are absent from keys, footer, help and palette."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from claude_tui.model.snapshot import Snapshot
from claude_tui.model.watching import Process, Watching
from claude_tui.tui.actions import ACTIONS, Action
from claude_tui.tui.panels.header import header_line
from claude_tui.tui.permissions import offered
from claude_tui.tui.render.lines import plain
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.help import help_lines
from claude_tui.tui.view import View
from tests.functional.still import StillApp, StillBackend, still_app
from tests.functional.test_acknowledge import plain_screen
from tests.snapshots.pictures import AT
from tests.snapshots.responding import CALM, OVERLOADED, group, scene_of

EVE = Process("eve", "ops-box", 4242, datetime(2026, 11, 20, 13, 0, 5, tzinfo=UTC))
OPEN = scene_of(replace(CALM, groups=(group(),)), OVERLOADED)
SHARED = [action for action in ACTIONS if action.shared]
pytestmark = pytest.mark.usefixtures("own_directory")

GONE = ("probe", "ack", "snooze", "severity", "first checks")


def watched(watching: Watching) -> Snapshot:
    return replace(OPEN, engine=replace(OPEN.engine, watching=watching))


READER = watched(Watching(collects=False, collector=EVE, screens=3, read_only=True))


@asynccontextmanager
async def reading() -> AsyncIterator[tuple[StillApp, StillBackend, Pilot[None]]]:
    app, backend = still_app(READER, keys={"act": ("f9",)})
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield app, backend, pilot


def untouched(backend: StillBackend) -> bool:
    return not (
        backend.probed or backend.marked or backend.appended or backend.acknowledged or backend.snoozed
    )


def footer_of(app: StillApp) -> str:
    return plain_screen(app).splitlines()[-1]


async def test_the_footer_offers_what_changes_nothing() -> None:
    async with reading() as (app, _, pilot):
        offered = footer_of(app)
        assert not [label for label in GONE if f" {label}" in offered]
        assert "f9 act" in offered
        assert "d decide" in offered
        await pilot.press("0")
        await pilot.pause()
        assert not [label for label in GONE if f" {label}" in footer_of(app)]


@pytest.mark.parametrize("action", SHARED, ids=lambda action: action.id)
async def test_no_key_of_a_shared_action_does_anything(action: Action) -> None:
    async with reading() as (app, backend, pilot):
        await pilot.press(*action.keys)
        await pilot.pause()
        assert untouched(backend)
        # Elsewhere these keys have a meaning of their own: `enter` opens, `g` goes, `w` shows the room.
        assert isinstance(app.screen, DashboardScreen) or action.keys in (("enter",), ("g",), ("w",))


async def test_a_playbook_can_be_read_and_not_marked() -> None:
    async with reading() as (app, backend, pilot):
        await pilot.press("f9", "enter", "x", "n", "N", "w")
        await pilot.pause()
        assert untouched(backend)
        shown = plain_screen(app)
        assert "read-only" in shown
        assert "to change)" not in shown


async def test_the_palette_and_help_name_none_of_them() -> None:
    async with reading() as (app, backend, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.pause()
        listed = app.screen.query_one(OptionList)
        prompts = "\n".join(str(listed.get_option_at_index(n).prompt) for n in range(listed.option_count))
        assert "decision tree" in prompts
        assert not [action.help for action in SHARED if action.help in prompts]
        await pilot.press(*"Acknowledge alerts", "enter")
        await pilot.pause()
        assert untouched(backend)


def test_help_says_who_collects_and_offers_no_shared_action() -> None:
    text = " ".join(
        plain(row)
        for row in help_lines(offered({}, read_only=True, served=False), None, 120, READER.engine.watching)
    )
    assert "eve@ops-box collects (since 2026-11-20 13:00:05 UTC, pid 4242)" in text
    assert "3 watching" in text
    assert "changes nothing" in text
    assert not [action.id for action in SHARED if action.help in text]


@pytest.mark.parametrize(
    ("watching", "parts", "not_there"),
    [
        (READER.engine.watching, ("READ-ONLY", "● LIVE", "3 watching", "by eve@ops-box"), ()),
        (Watching(collects=True, collector=EVE, screens=2), ("2 watching",), ("READ-ONLY", "eve")),
        (Watching(collects=False, collector=None, read_only=True), ("nobody collects",), ("watching",)),
        (Watching(), (), ("watching", "READ-ONLY", "collects")),
    ],
)
def test_the_header_says_who_watches_and_who_collects(
    watching: Watching, parts: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    shown = plain(header_line(watched(watching), View(AT), 200))
    assert not [part for part in parts if part not in shown]
    assert not [part for part in not_there if part in shown]


def test_who_collects_is_more_than_the_host_in_little_room() -> None:
    shown = plain(header_line(READER, View(AT), 110))
    assert "by eve@ops-box" in shown
    assert "api.anthropic.com" not in shown


def test_a_narrow_header_keeps_the_badge() -> None:
    shown = plain(header_line(READER, View(AT), 60))
    assert "READ-ONLY" in shown
    assert "● LIVE" in shown
