"""The first five minutes: asked at the key, and never answered with something older."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import EngineState, ProbeState, Snapshot
from claude_tui.runbook import CheckState
from claude_tui.tui.screens.first_five import FirstFiveScreen
from tests.builders import NOON, bucket, engine, messages, models, page, status
from tests.functional.runbook_screens import SIZES, publish, screen_text
from tests.functional.still import StillApp, still_app
from tests.runbook_values import snapshot

Items = Sequence[Observation | ProviderStatus]


def first_five(app: StillApp) -> FirstFiveScreen:
    assert isinstance(app.screen, FirstFiveScreen)
    return app.screen


def at_instant(at: datetime, items: Items = (), state: EngineState | None = None) -> Snapshot:
    return snapshot(*items, at=(at - NOON).total_seconds(), state=state)


def good(at: datetime) -> Items:
    return (models(at), page(at), status(at), messages(at, limits=[bucket("input", 900)]))


def long_ago() -> Snapshot:
    """An hour of good answers, the newest five seconds old."""
    now = datetime.now(UTC)
    return at_instant(now, good(now - timedelta(seconds=5)))


def states(app: StillApp) -> list[CheckState]:
    return [result.state for result in first_five(app).results]


def later(app: StillApp, seconds: float) -> datetime:
    return first_five(app).asked_at + timedelta(seconds=seconds)


@pytest.mark.parametrize("size", SIZES)
async def test_one_key_asks_and_nothing_older_passes_for_an_answer(size: tuple[int, int]) -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        assert backend.probed == 1
        assert states(app) == [CheckState.WAITING] * 3
        text = screen_text(app)
        assert text.count("checking") >= 3
        assert "HTTP 200" not in text
        assert "Started at " in text


@pytest.mark.parametrize("size", SIZES)
async def test_the_three_answers_stand_together(size: tuple[int, int]) -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await publish(pilot, backend, at_instant(later(app, 2), good(later(app, 1))))
        text = screen_text(app)
        assert states(app) == [CheckState.FINE] * 3
        for answer in (
            "Status page: no incident on your components",
            "Models: HTTP 200 in 182 ms",
            "Messages: HTTP 200 in 640 ms",
            "input: 90% left, 900 of 1,000",
        ):
            assert answer in text
        assert text.count("fine") >= 3


async def test_asked_again_the_answers_of_before_are_gone() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        answered = datetime.now(UTC)
        await publish(pilot, backend, at_instant(answered + timedelta(milliseconds=1), good(answered)))
        assert states(app) == [CheckState.FINE] * 3
        await pilot.press("c")
        assert backend.probed == 2
        assert states(app) == [CheckState.WAITING] * 3
        assert len(app.screen_stack) == 2


async def test_the_commands_stand_beside_the_results_and_are_copied_by_check() -> None:
    app, _ = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        assert "for url in " in screen_text(app)
        await pilot.press("y")
        assert app.copied is not None
        assert app.copied.startswith("# What the provider says about itself\nfor url in ")
        await pilot.press("down")
        assert "Generate a few tokens" in screen_text(app)
        await pilot.press("y")
        assert "time_appconnect" in app.copied
        assert "# Generate a few tokens\ncurl -sS" in app.copied
        assert '-H "x-api-key: $ANTHROPIC_API_KEY"' in app.copied
        await pilot.press("down", "down", "y")
        assert "ratelimit" in app.copied


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_on_a_small_screen_the_commands_are_below(size: tuple[int, int]) -> None:
    app, _ = still_app(long_ago())
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        seen = ""
        for _ in range(8):
            await pilot.press("pagedown")
            seen += screen_text(app)
        assert "Read the rate-limit headers" in seen
        assert "on a 200 it means nothing" in " ".join(seen.replace("│", " ").split())


@pytest.mark.parametrize(
    ("held", "until_s", "reason"),
    [
        ("no key: set ANTHROPIC_API_KEY", None, "Messages: not probed, no key: set ANTHROPIC_API_KEY"),
        ("overloaded: backing off", 40, "Messages: not probed, overloaded: backing off"),
    ],
)
async def test_what_is_held_says_why(held: str, until_s: float | None, reason: str) -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        until = None if until_s is None else later(app, until_s)
        at = later(app, 4)
        await publish(pilot, backend, at_instant(at, state=held_state(held, until)))
        assert states(app)[1:] == [CheckState.WAITING, CheckState.UNKNOWN]
        assert reason in " ".join(screen_text(app).replace("│", " ").split())


def held_state(held: str, until: datetime | None) -> EngineState:
    state = engine(held=held)
    probes = (replace(probe, held_until=until if probe.held_reason else None) for probe in state.probes)
    return replace(state, probes=tuple(probes))


async def test_a_probe_in_back_off_is_asked_all_the_same() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        state = held_state("overloaded: backing off", later(app, 40))
        await publish(pilot, backend, at_instant(later(app, 0.5), state=state))
        assert states(app) == [CheckState.WAITING] * 3, "it has not been started yet"
        answered = (messages(later(app, 1), Outcome.OVERLOADED, message="Overloaded"),)
        await publish(pilot, backend, at_instant(later(app, 2), answered, state))
        assert states(app)[1] is CheckState.TROUBLE
        assert "Messages: 529 overloaded_error, Overloaded" in screen_text(app)


async def test_the_spent_budget_is_named() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        state = held_state("the ceiling of $0.50 per day is reached", later(app, 9_000))
        state = replace(state, spend=replace(state.spend, today_usd=0.5))
        await publish(pilot, backend, at_instant(later(app, 0.5), state=state))
        assert "the ceiling of $0.50 per day is reached" in " ".join(
            screen_text(app).replace("│", " ").split()
        )


async def test_what_never_comes_is_no_longer_waited_for() -> None:
    app, backend = still_app(long_ago(), timeout_s=10.0)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await publish(pilot, backend, at_instant(later(app, 14)))
        assert states(app) == [CheckState.WAITING] * 3
        await publish(pilot, backend, at_instant(later(app, 16)))
        assert states(app) == [CheckState.UNKNOWN] * 3
        assert "Models: nothing came back within 15s" in screen_text(app)


def running(at: datetime | None, *, now: bool = False) -> EngineState:
    """The probes started last at `at`, or are still running."""
    probes = (ProbeState(source, 30, None, now, at) for source in Source)
    return replace(engine(), probes=tuple(probes))


async def test_probes_that_could_not_run_when_asked_are_asked_once_more() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        before = later(app, -1)
        await publish(pilot, backend, at_instant(later(app, 1), state=running(before, now=True)))
        assert backend.probed == 1
        await publish(pilot, backend, at_instant(later(app, 3), state=running(before)))
        assert backend.probed == 2
        await publish(pilot, backend, at_instant(later(app, 4), state=running(before)))
        assert backend.probed == 2


async def test_probes_that_run_are_not_asked_again() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await publish(pilot, backend, at_instant(later(app, 3), state=running(later(app, 0), now=True)))
        assert backend.probed == 1


async def test_while_paused_it_says_why_nothing_comes() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "c")
        await publish(pilot, backend, at_instant(later(app, 2), good(later(app, 1))))
        assert states(app) == [CheckState.WAITING] * 3
        assert "but the display is frozen" in screen_text(app)
        await pilot.press("space")
        assert states(app) == [CheckState.FINE] * 3
        assert "but the display is frozen" not in screen_text(app)


async def test_escape_goes_back() -> None:
    app, _ = still_app(long_ago())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c", "escape")
        await pilot.pause()
        assert len(app.screen_stack) == 1


async def test_ticking_costs_little() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await publish(pilot, backend, at_instant(later(app, 2), good(later(app, 1))))
        before = app.sent_bytes
        for second in range(3, 13):
            await publish(pilot, backend, at_instant(later(app, second), good(later(app, 1))))
        assert (app.sent_bytes - before) / 10 < 1_000


async def test_a_page_that_resolved_its_report_while_messages_fail_is_no_good_news() -> None:
    app, backend = still_app(long_ago())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        at = later(app, 600)
        failing = [messages(later(app, 20 * number), Outcome.SERVER_ERROR) for number in range(1, 30)]
        reported = [page(later(app, 60)), status(later(app, 60), "major_outage")]
        resolved = [page(later(app, 590)), status(later(app, 590))]
        await publish(pilot, backend, at_instant(at, [*failing, *reported, *resolved]))
        found = first_five(app).results[0]
        assert found.state is CheckState.UNKNOWN
        assert found.lines == (
            "Status page: no incident on your components",
            "It reported the problem, and says it is resolved",
        )
