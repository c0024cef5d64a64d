"""The runbook's screens as pictures, compared with ones that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause, PageAgreement, Verdict
from claude_tui.runbook import shipped
from claude_tui.tui.screens.first_five import FirstFiveScreen
from tests.builders import after, bucket, engine, messages, models, page, status
from tests.functional.still import StillApp, still_app
from tests.runbook_values import failing, snapshot, verdict

Compare = Callable[..., bool]

SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
OUTAGE = shipped().playbooks["outage"]


def judged(cause: Cause, summary: str) -> Verdict:
    found = verdict(cause, since=after(60), page=PageAgreement.SILENT)
    return replace(found, summary=summary, confidence=0.95, detected_at=after(75))


def overloaded(*marks: StepMark) -> Snapshot:
    """Messages fail with 529 for four minutes, models answer."""
    tries = failing(Outcome.OVERLOADED, message="Overloaded")
    found = snapshot(*tries, *(models(15.0 * n) for n in range(20)), page(290), status(290))
    state = replace(engine(), step_marks=marks)
    words = "It's them. The API is overloaded (529)."
    return replace(found, engine=state, verdict=judged(Cause.PROVIDER_OVERLOADED, words))


def limited() -> Snapshot:
    tries = failing(Outcome.RATE_LIMITED, message="Number of request tokens has exceeded your limit")
    found = snapshot(*tries, *(models(15.0 * n) for n in range(20)))
    return replace(found, verdict=judged(Cause.RATE_LIMITED, "It's us. Our rate limit is reached (429)."))


def marked(step: int, state: StepState, by: str, at: float) -> StepMark:
    return StepMark(after(at), OUTAGE.id, OUTAGE.steps[step - 1].id, state, by)


MARKS = (
    marked(1, StepState.DONE, "eve", 120),
    marked(2, StepState.DONE, "grace", 131),
    marked(4, StepState.NOT_APPLICABLE, "eve", 150),
    marked(5, StepState.SKIPPED, "a-very-long-name@host.example", 162),
)


def app_of(found: Snapshot, theme: str = "dark") -> StillApp:
    app, _ = still_app(found, theme=theme)
    app.responder = "eve"
    return app


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_walker_at_the_start(snap_compare: Compare, size: str, theme: str) -> None:
    assert snap_compare(app_of(overloaded(), theme), press=["d"], terminal_size=SIZES[size])


@pytest.mark.parametrize(("size", "theme"), [("120x40", "dark"), ("80x24", "light"), ("60x20", "dark")])
def test_walker_at_an_answer(snap_compare: Compare, size: str, theme: str) -> None:
    assert snap_compare(app_of(overloaded(), theme), press=["d", "g"], terminal_size=SIZES[size])


def test_walker_at_a_question_with_commands(snap_compare: Compare) -> None:
    keys = ["d", "up", "enter", "y"]
    assert snap_compare(app_of(overloaded(), "light"), press=keys, terminal_size=SIZES["120x40"])


def test_walker_where_one_was(snap_compare: Compare) -> None:
    keys = ["d", "enter", "escape", "d"]
    assert snap_compare(app_of(overloaded()), press=keys, terminal_size=SIZES["80x24"])


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_playbook(snap_compare: Compare, size: str, theme: str) -> None:
    assert snap_compare(app_of(overloaded(*MARKS), theme), press=["m"], terminal_size=SIZES[size])


@pytest.mark.parametrize("size", ["80x24", "120x40"])
def test_playbook_under_another_verdict(snap_compare: Compare, size: str) -> None:
    app = app_of(overloaded(*MARKS))

    async def changed(pilot: Pilot[None]) -> None:
        await pilot.press("m", "up")
        app.backend.publish(replace(limited(), engine=app.newest.engine))  # type: ignore[attr-defined]
        await pilot.pause()

    assert snap_compare(app, run_before=changed, terminal_size=SIZES[size])


def test_playbook_with_steps_for_other_situations(snap_compare: Compare) -> None:
    keys = ["m", "down", "down", "down", "down", "down"]
    assert snap_compare(app_of(limited(), "light"), press=keys, terminal_size=SIZES["120x40"])


def test_choosing_another_playbook(snap_compare: Compare) -> None:
    assert snap_compare(app_of(overloaded()), press=["m", "o", "down"], terminal_size=SIZES["80x24"])


def test_asking_whether_to_begin_anew(snap_compare: Compare) -> None:
    assert snap_compare(app_of(overloaded(*MARKS)), press=["m", "N"], terminal_size=SIZES["80x24"])


def asked(app: StillApp, answers: Snapshot) -> Callable[[Pilot[None]], object]:
    """Press the key, and wait for its effect."""

    async def ask(pilot: Pilot[None]) -> None:
        await pilot.press("c")
        screen = app.screen
        assert isinstance(screen, FirstFiveScreen)
        screen.asked_at = after(298)
        app.backend.publish(answers)  # type: ignore[attr-defined]
        await pilot.pause()

    return ask


@pytest.mark.parametrize(
    ("size", "theme"), [("200x60", "dark"), ("120x40", "light"), ("80x24", "dark"), ("60x20", "light")]
)
def test_first_five_in_trouble(snap_compare: Compare, size: str, theme: str) -> None:
    app = app_of(overloaded(), theme)
    answered = snapshot(
        models(299), page(299), status(299), messages(299.5, Outcome.OVERLOADED, message="Overloaded")
    )
    answers = replace(overloaded(), status=answered.status, latency=answered.latency, events=answered.events)
    assert snap_compare(app, run_before=asked(app, answers), terminal_size=SIZES[size])


def test_first_five_while_it_asks(snap_compare: Compare) -> None:
    app = app_of(overloaded())
    assert snap_compare(app, run_before=asked(app, overloaded()), terminal_size=SIZES["120x40"])


def test_first_five_when_all_is_well(snap_compare: Compare) -> None:
    good = snapshot(
        models(299),
        page(299),
        status(299),
        messages(299.5, limits=[bucket("input-tokens", 900), bucket("requests", 150)]),
    )
    app = app_of(good)
    later = replace(good, at=good.at + timedelta(seconds=1))
    assert snap_compare(app, run_before=asked(app, later), terminal_size=SIZES["120x40"])
