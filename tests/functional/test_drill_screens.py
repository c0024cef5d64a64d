"""A drill on screen: the brief, the answers, the end, the debrief."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.drills.log import score_file
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.playbook import WalkTurn
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import shipped
from claude_tui.tui.drill_app import DrillApp
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.debrief import BriefScreen, DebriefScreen
from claude_tui.tui.screens.dialog import DialogScreen
from tests.drilled import SNAPSHOT, TRUTH, StillDrill, still_drill
from tests.functional.still import StillBackend, still_app
from tests.snapshots.pictures import AT, PICTURES


@asynccontextmanager
async def drill(
    tmp_path: Path, *, size: tuple[int, int] = (120, 40), **settings: object
) -> AsyncIterator[tuple[StillDrill, StillBackend, Pilot[None]]]:
    app, backend = still_drill(tmp_path, **settings)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, backend, pilot


def text_of(app: DrillApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def acts(backend: StillBackend) -> list[tuple[DrillAct, Side | None, Cause | None]]:
    found = [entry for entry in backend.recorded if isinstance(entry, DrillEntry)]
    return [(entry.act, entry.side, entry.cause) for entry in found]


async def test_it_begins_with_the_brief_and_gives_nothing_away(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, _, pilot):
        assert isinstance(app.screen, BriefScreen)
        text = text_of(app)
        assert "checkout team" in text
        assert " DRILL " in text
        for telling in ("drill-01", "DEMO", TRUTH.debrief[:20]):
            assert telling not in text
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen)
        assert "drill-01" not in text_of(app)
        assert "answer" in text_of(app)
        await pilot.press("B")
        assert isinstance(app.screen, BriefScreen)


async def test_an_answer_is_recorded_under_the_name_and_the_drill_goes_on(tmp_path: Path) -> None:
    async with drill(tmp_path, responder="ana") as (app, backend, pilot):
        await pilot.press("escape", "A", "down", "tab", "down", "down", "enter")
        await pilot.pause()
        assert acts(backend) == [(DrillAct.ANSWERED, Side.THEM, Cause.PROVIDER_OVERLOADED)]
        assert backend.recorded[0].by == "ana"
        assert backend.recorded[0].host == app.host
        assert isinstance(app.screen, DashboardScreen)
        assert app.drill.conclusion.result is None


async def test_the_same_answer_again_or_none_is_not_recorded(tmp_path: Path) -> None:
    async with drill(tmp_path) as (_, backend, pilot):
        await pilot.press("escape", "A", "enter", "A", "down", "enter", "A", "enter", "A", "escape")
        assert acts(backend) == [(DrillAct.ANSWERED, Side.THEM, None)]


async def test_the_answer_of_the_tree_is_the_one_to_begin_with(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape", "d", "g", "escape", "A", "enter")
        reached = shipped().nodes[app.session.saved_walk.walk.node]
        (given,) = acts(backend)
        assert given == (DrillAct.ANSWERED, reached.side, *reached.causes)


async def test_ending_asks_first_and_escape_goes_on(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape", "E")
        assert isinstance(app.screen, DialogScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, DashboardScreen)
        assert acts(backend) == []


async def test_e_and_enter_end_a_drill(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape", "E", "enter")
        await app.workers.wait_for_complete()
        assert [act for act, _, _ in acts(backend)] == [DrillAct.ENDED]


async def test_the_answer_alone_goes_on(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape", "A", "down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, DashboardScreen)
        assert [act for act, _, _ in acts(backend)] == [DrillAct.ANSWERED]


@pytest.mark.parametrize("key", ["i", "d", "m", "c"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_every_screen_of_a_drill_offers_to_answer_and_to_end_it(
    tmp_path: Path, key: str, size: tuple[int, int]
) -> None:
    async with drill(tmp_path, size=size) as (app, backend, pilot):
        await publish(pilot, backend, act(IncidentAct.DECLARED))
        await pilot.press("escape", key)
        await pilot.pause()
        assert not isinstance(app.screen, DashboardScreen)
        footer = text_of(app).splitlines()[-1]
        assert "A answer" in footer
        assert "E end drill" in footer


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_debrief_comes_once_and_can_be_read_again(tmp_path: Path, size: tuple[int, int]) -> None:
    async with drill(tmp_path, size=size) as (app, backend, pilot):
        await pilot.press("escape", "A", "down", "enter", "E", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(app.screen, DebriefScreen)
        text = text_of(app)
        assert "of 100 points" in text
        assert "What it was" in text
        assert "theirs: the API is overloaded" in text
        assert [act for act, _, _ in acts(backend)] == [DrillAct.ANSWERED, DrillAct.ENDED]
        kept = score_file(tmp_path).read_bytes()
        await pilot.press("y")
        assert app.copied.startswith("drill-01: ")
        await pilot.press("escape", "A")
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("E")
        assert isinstance(app.screen, DebriefScreen)
        await pilot.press("B")
        assert isinstance(app.screen, BriefScreen)
        await pilot.press("E")
        assert isinstance(app.screen, DebriefScreen)
        assert score_file(tmp_path).read_bytes() == kept


@pytest.mark.parametrize("key", ["d", "m", "c", "1", "question_mark", ""])
async def test_when_the_drill_is_over_every_screen_offers_the_debrief_and_no_answer(
    tmp_path: Path, key: str
) -> None:
    async with drill(tmp_path, size=(200, 60)) as (app, _, pilot):
        await pilot.press("escape", *filter(None, [key]), "E", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        footer = text_of(app).splitlines()[-1]
        assert "end drill" not in footer
        assert "E debrief" not in footer
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, DebriefScreen)
        footer = text_of(app).splitlines()[-1]
        assert "E debrief" in footer
        assert "end drill" not in footer
        assert "A answer" not in footer
        await pilot.press("A")
        assert not isinstance(app.screen, DialogScreen)


@pytest.mark.parametrize(("size", "hidden"), [((80, 24), "↓ 8 more"), ((120, 40), "")])
async def test_the_dialog_shows_all_causes_or_how_many_more_there_are(
    tmp_path: Path, size: tuple[int, int], hidden: str
) -> None:
    async with drill(tmp_path, size=size) as (app, _, pilot):
        await pilot.press("escape", "A", "tab")
        await pilot.pause()
        shown = text_of(app)
        assert ("our rate limit" in shown) is not bool(hidden)
        assert hidden in shown
        assert (" more " in shown) is bool(hidden)
        if hidden:
            await pilot.press(*["down"] * 13)
            await pilot.pause()
            assert "↑ 8 more" in text_of(app)
            assert "nothing is wrong with the API" in text_of(app)


async def publish(pilot: Pilot[None], backend: StillBackend, *entries: IncidentEntry) -> None:
    engine = replace(SNAPSHOT.engine, incident_entries=entries)
    backend.publish(replace(SNAPSHOT, engine=engine))
    await pilot.pause()


def act(what: IncidentAct) -> IncidentEntry:
    return IncidentEntry(AT, f"{what}", "inc", what, AT, "ana", text="t")


async def test_resolving_the_incident_asks_once_whether_that_was_the_end(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape")
        declared, resolved = act(IncidentAct.DECLARED), act(IncidentAct.RESOLVED)
        await publish(pilot, backend, declared)
        assert isinstance(app.screen, DashboardScreen)
        await publish(pilot, backend, declared, resolved)
        assert isinstance(app.screen, DialogScreen)
        assert "The incident is resolved." in text_of(app)
        await pilot.press("escape")
        await publish(pilot, backend, declared, resolved)
        assert isinstance(app.screen, DashboardScreen)


async def test_the_question_waits_until_a_dialog_is_closed(tmp_path: Path) -> None:
    async with drill(tmp_path) as (app, backend, pilot):
        await pilot.press("escape", "s")
        open_dialog = app.screen
        assert isinstance(open_dialog, DialogScreen)
        both = act(IncidentAct.DECLARED), act(IncidentAct.RESOLVED)
        await publish(pilot, backend, *both)
        assert app.screen is open_dialog
        await pilot.press("escape")
        await publish(pilot, backend, *both)
        assert "The incident is resolved." in text_of(app)


async def test_the_way_through_the_tree_is_recorded(tmp_path: Path) -> None:
    async with drill(tmp_path, responder="ana") as (_, backend, pilot):
        await pilot.press("escape", "d", "enter", "backspace", "g")
        turns = [entry for entry in backend.recorded if isinstance(entry, WalkTurn)]
        first, undone = turns[:2]
        assert (first.node, first.back, first.by) == ("start", False, "ana")
        assert (undone.node, undone.to, undone.back) == (first.to, "start", True)
        assert turns[2].node == "start"
        assert shipped().nodes[turns[-1].to].is_answer


async def test_outside_a_drill_its_keys_do_nothing_and_are_not_offered() -> None:
    app, backend = still_app(PICTURES["overloaded"](), keys={"drill_answer": ("f9",)})
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press("A", "B", "E", "f9")
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("question_mark")
        await pilot.pause()
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "Drill" not in text
    assert backend.recorded == []


async def test_the_keys_of_a_drill_can_be_remapped(tmp_path: Path) -> None:
    async with drill(tmp_path, keys={"drill_answer": ("f9",)}) as (app, _, pilot):
        await pilot.press("escape", "A")
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("f9")
        assert isinstance(app.screen, DialogScreen)
