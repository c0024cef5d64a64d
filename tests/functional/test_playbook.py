"""The playbook: marks and who left them, and what becomes of it when the verdict changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.runbook import Playbook, shipped
from claude_tui.tui.screens.dialog import DialogScreen
from claude_tui.tui.screens.playbook import PlaybookScreen
from claude_tui.tui.screens.runbook_dialogs import PlaybookChooser
from tests.builders import after
from tests.functional.runbook_screens import SIZES, publish, screen_text, troubled
from tests.functional.still import StillApp, StillBackend, still_app

OUTAGE = shipped().playbooks["outage"]


def playbook(app: StillApp) -> PlaybookScreen:
    assert isinstance(app.screen, PlaybookScreen)
    return app.screen


def marked(step: int, state: StepState, by: str = "eve", at: float = 200, of: Playbook = OUTAGE) -> StepMark:
    return StepMark(after(at), of.id, of.steps[step - 1].id, state, by)


def row_of(app: StillApp, title: str) -> str:
    return next(row for row in screen_text(app).splitlines() if title in row)


class Prompt(StillBackend):
    """Publishes after a mark, as the engine does."""

    app: StillApp

    def mark_step(self, mark: StepMark) -> None:
        super().mark_step(mark)
        newest = self.app.newest
        marks = (*newest.engine.step_marks, mark)
        at = max(newest.at, mark.at)
        self.publish(replace(newest, at=at, engine=replace(newest.engine, step_marks=marks)))


def prompt_app(snapshot: Snapshot) -> tuple[StillApp, Prompt]:
    app, _ = still_app(snapshot)
    backend = Prompt()
    app.backend = backend
    backend.app = app
    return app, backend


def recently(snapshot: Snapshot) -> Snapshot:
    """The same a moment ago, so that new marks are from now."""
    now = datetime.now(UTC)
    return replace(snapshot, at=now, verdict=replace(snapshot.verdict, since=now))


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_on_the_next_open_step_of_the_verdicts_playbook(size: tuple[int, int]) -> None:
    marks = [marked(1, StepState.DONE), marked(2, StepState.SKIPPED, "bob")]
    app, _ = still_app(troubled(marks=marks))
    async with app.run_test(size=size) as pilot:
        await pilot.press("m")
        screen = playbook(app)
        assert screen.playbook is OUTAGE
        assert screen.cursor == 3
        text = screen_text(app)
        assert "Playbook: Outage and overload (5xx, 529)" in text
        assert f"1 of {len(OUTAGE.steps)} done, 1 skipped · started 12:03:20" in text
        assert row_of(app, "Set the retries right").rstrip(" │").endswith("next")
        assert OUTAGE.steps[2].why[:40] in text
        await pilot.press("up")
        assert "skipped bob 12:03:20" in row_of(app, "–  2  Declare it")


@pytest.mark.parametrize(
    ("key", "state", "word"),
    [
        ("enter", StepState.DONE, "✓  1  Confirm that it is theirs"),
        ("x", StepState.SKIPPED, "–  1  Confirm that it is theirs"),
        ("n", StepState.NOT_APPLICABLE, "∅  1  Confirm that it is theirs"),
    ],
)
async def test_a_key_marks_at_once_and_twice_it_moves_on(key: str, state: StepState, word: str) -> None:
    app, backend = prompt_app(recently(troubled()))
    app.responder = "eve"
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", key)
        await pilot.pause()
        (mark,) = backend.marked
        assert isinstance(mark, StepMark)
        assert (mark.playbook, mark.step, mark.state, mark.by) == ("outage", "confirm", state, "eve")
        assert word in row_of(app, "Confirm that it is theirs")
        assert "eve" in row_of(app, "Confirm that it is theirs")
        assert playbook(app).cursor == 1, "the cursor stays"
        footer = screen_text(app).splitlines()[-1]
        assert f"{key} next" in footer
        assert "backspace undo" in footer
        await pilot.press(key)
        await pilot.pause()
        assert backend.marked == [mark], "a tired person presses twice: nothing is taken back or marked"
        assert playbook(app).cursor == 2, "the next open step"
        await pilot.press("up", "backspace")
        await pilot.pause()
        assert backend.marked[-1] == replace(mark, at=backend.marked[-1].at, state=StepState.OPEN)
        assert "○  1  Confirm" in row_of(app, "Confirm that it is theirs")


async def test_what_others_mark_appears() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m")
        number = [step.title for step in OUTAGE.steps].index("Tell users") + 1
        await publish(pilot, backend, troubled(at=301, marks=[marked(number, StepState.DONE, "bob", at=300)]))
        assert "done bob 12:05:00" in row_of(app, "Tell users")
        assert f"1 of {len(OUTAGE.steps)} done" in screen_text(app)


async def test_what_is_marked_shows_though_the_view_is_paused() -> None:
    app, _ = prompt_app(recently(troubled()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "space", "enter")
        await pilot.pause()
        assert app.paused
        assert "done" in row_of(app, "Confirm that it is theirs")


@pytest.mark.parametrize("size", SIZES)
async def test_a_verdict_that_changes_is_reported_and_takes_nothing_away(size: tuple[int, int]) -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=size) as pilot:
        await pilot.press("m", "down")
        assert "verdict is now" not in screen_text(app)
        limited = troubled(Cause.RATE_LIMITED, Outcome.RATE_LIMITED, at=310)
        await publish(pilot, backend, limited)
        screen = playbook(app)
        assert (screen.playbook, screen.cursor) == (OUTAGE, 2)
        flat = " ".join(screen_text(app).split())
        assert "▲ The verdict is now rate limited: m opens its playbook, Rate limited (429)." in flat
        await pilot.press("m")
        assert screen.playbook.id == "rate_limited"
        assert "The verdict is now" not in screen_text(app)
        assert app.screen is screen


async def test_a_verdict_of_another_cause_with_the_same_playbook_is_no_news() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m")
        await publish(pilot, backend, troubled(Cause.PROVIDER_OUTAGE, at=310))
        assert "The verdict is now" not in screen_text(app)


async def test_when_all_is_well_again_the_playbook_stays() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m")
        await publish(pilot, backend, troubled(Cause.HEALTHY, at=310))
        assert playbook(app).playbook is OUTAGE
        assert "▲ The verdict is healthy now." in screen_text(app)


async def test_another_playbook_than_the_verdicts_can_be_chosen() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "o")
        await pilot.pause()
        assert isinstance(app.screen, PlaybookChooser)
        text = screen_text(app)
        for current in shipped().playbooks.values():
            assert current.title in text
        assert "◀ verdict" in row_of(app, OUTAGE.title)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert playbook(app).playbook.id == "key_compromise"
        assert "Revoke the key, now" in screen_text(app)
        assert "m opens its playbook" in screen_text(app)
        await pilot.press("m")
        assert playbook(app).playbook is OUTAGE
        await pilot.press("o", "escape")
        await pilot.pause()
        assert playbook(app).playbook is OUTAGE


async def test_the_name_is_asked_and_kept() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "w")
        await pilot.pause()
        assert isinstance(app.screen, DialogScreen)
        await pilot.press("end", "ctrl+u", *"grace", "enter")
        await pilot.pause()
        assert app.responder == "grace"
        assert "you are grace" in screen_text(app)
        await pilot.press("enter")
        (mark,) = backend.marked
        assert mark.by == "grace"


async def test_a_restart_is_asked_for_and_not_the_default() -> None:
    app, backend = still_app(troubled(marks=[marked(1, StepState.DONE), marked(2, StepState.DONE)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "N")
        await pilot.pause()
        assert isinstance(app.screen, DialogScreen)
        await pilot.press("enter")
        await pilot.pause()
        assert backend.marked == []
        await pilot.press("N", "down", "enter")
        await pilot.pause()
        (mark,) = backend.marked
        assert isinstance(mark, StepMark)
        assert (mark.playbook, mark.step, mark.state) == ("outage", "", StepState.OPEN)


async def test_with_nothing_marked_there_is_nothing_to_restart() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "N")
        await pilot.pause()
        assert isinstance(app.screen, PlaybookScreen)
        assert backend.marked == []


async def test_what_is_copied_is_what_the_step_has() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m", "y")
        assert app.copied is not None
        assert '-H "x-api-key: $ANTHROPIC_API_KEY"' in app.copied
        await pilot.press("down", "y")
        assert app.copied.startswith("Declare it and say how bad it is\n")
        await pilot.press("down", "y")
        assert app.copied.startswith("import random")


async def test_a_step_that_does_not_apply_says_so() -> None:
    app, _ = still_app(troubled(Cause.RATE_LIMITED, Outcome.RATE_LIMITED))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m", *["down"] * 5)
        text = screen_text(app)
        assert "doesn't apply" in row_of(app, "Raise traffic step by step")
        assert 'Applies when: limit == "ramp"' in text
        assert "This step doesn't apply now. The data says: Limit:" in text
        await pilot.press("enter")


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
async def test_a_whole_playbook_can_be_read_by_stepping_and_paging(size: tuple[int, int]) -> None:
    app, _ = still_app(troubled(Cause.NETWORK, Outcome.NETWORK))
    async with app.run_test(size=size) as pilot:
        await pilot.press("m")
        seen = screen_text(app)
        steps = playbook(app).view.steps
        for _ in steps:
            last = ""
            while (text := screen_text(app)) != last:
                last = text
                seen += text
                await pilot.press("pagedown")
            await pilot.press("down")
        flat = " ".join(seen.replace("│", " ").split())
        for step in (view.step for view in steps):
            for words in (step.title, step.why, step.how, step.check):
                assert " ".join(words.split()[:4]) in flat, (step.id, words)
                assert " ".join(words.split()[-2:]) in flat, (step.id, words)
        assert " ".join(playbook(app).playbook.over.split()[-2:]) in flat


async def test_ticking_costs_little() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m")
        await publish(pilot, backend, troubled(at=301))
        before = app.sent_bytes
        for second in range(302, 312):
            await publish(pilot, backend, troubled(at=second))
        assert (app.sent_bytes - before) / 10 < 1_000
