"""The detail of an event: everything known of it, inert, copyable."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from claude_tui.knowledge import knowledge
from claude_tui.model.addresses import AddressFault, AddressKind, Bypassed
from claude_tui.model.observation import (
    Observation,
    Outcome,
    RateLimitReading,
    Source,
    Timings,
    Usage,
    WindowReading,
)
from claude_tui.model.snapshot import Event, EventKind, Level
from claude_tui.tui.panels.event_text import event_lines, event_text
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.screens.event import EventScreen
from tests.functional.still import still_app
from tests.snapshots.pictures import AT, EVIL, PICTURES, later

SEEN = Observation(
    AT,
    Source.MESSAGES,
    "https://api.anthropic.com",
    Outcome.RATE_LIMITED,
    429,
    "rate_limit_error",
    "ramp_limit_exceeded",
    "Number of requests grew too fast.",
    "req_011CZkPqW3",
    Timings(0.002, 0.014, 0.031, 0.135, None, 1.21),
    model="claude-haiku-5-5",
    usage=Usage(12, 8, 0, 100),
    rate_limits=(RateLimitReading("requests", 50, 0, AT + timedelta(seconds=41)),),
    windows=(WindowReading("5h", 0.97, None, "allowed_warning"),),
    retry_after_s=58.0,
    server_s=0.119,
    skew_s=-0.4,
    tls_expires_at=AT + timedelta(days=61),
    bypassed=Bypassed(AddressKind.IPV6, AddressFault.NO_ANSWER),
    fresh_retry=True,
    cost_usd=0.000052,
    headers=(("request-id", "req_011CZkPqW3"), ("anthropic-ratelimit-requests-remaining", "0")),
)
FULL = Event(
    "k", AT, EventKind.FAILURE, Level.BAD, "messages", "429 rate_limit_error", SEEN, detail="line 1\nline 2"
)
FACTS = (
    "2026-11-20 14:05:33.000 UTC", "HTTP 429", "rate_limit_error", "ramp_limit_exceeded", "req_011CZkPqW3",
    "claude-haiku-5-5", "58s", "reused connection died", "12 in, 8 out, cache 100 read", "$0.000052",
    "Number of requests grew too fast.", "2.0 ms", "14 ms", "31 ms", "135 ms", "1,210 ms", "119 ms",
    "0 of 50 left, resets 2026-11-20 14:06:14", "97% used", "line 2", "IPv6 gets no answer",
    "anthropic-ratelimit-requests-remaining",
)  # fmt: skip


def shown(event: Event, cells: int = 116) -> str:
    return "\n".join(plain(line) for line in event_lines(event, cells))


def test_every_fact_is_shown_and_copied() -> None:
    for fact in FACTS:
        assert fact in shown(FULL)
        assert fact in event_text(FULL)


def test_a_failure_comes_with_what_is_known_of_such_errors() -> None:
    known = knowledge().of(SEEN)
    assert known.retry is not None
    for fact in (known.meaning, known.steps, known.retry.words):
        assert fact in event_text(FULL)
        assert all(word in shown(FULL) for word in fact.split())
    assert "whose         ours" in shown(FULL)
    assert "SDK           retries it automatically" in shown(FULL)
    assert shown(FULL).index("What it means") < shown(FULL).index("Answer")
    rejected = replace(SEEN, outcome=Outcome.KEY_REJECTED, http_status=401, error_type="authentication_error")
    text = shown(replace(FULL, observation=rejected))
    assert "Do not retry: the response will be the same." in text
    assert "does not retry it" in text


def test_a_success_needs_no_explanation() -> None:
    fine = replace(SEEN, outcome=Outcome.OK, http_status=200, error_type=None)
    assert "What it means" not in shown(replace(FULL, kind=EventKind.RECOVERY, observation=fine))


def test_an_alert_is_shown_in_full_with_what_it_is_about() -> None:
    text = "[P1] prod (api.anthropic.com): " + "It's them. The API is overloaded (529). " * 9
    alert = Event("k", AT, EventKind.ALERT, Level.BAD, "alert", text, detail="provider")
    for cells in (56, 76, 116):
        lines = shown(alert, cells)
        assert " ".join(lines.split()).count("overloaded (529).") == 9
        assert "about         provider" in lines
        assert "Detail" not in lines
    assert "about: provider" in event_text(alert)


def test_what_was_not_measured_is_not_shown_as_zero() -> None:
    assert "first token" not in shown(FULL)
    bare = replace(FULL, observation=None, detail="")
    assert "Timings" not in shown(bare)
    assert "Answer" not in shown(bare)


def test_hostile_text_stays_inert_and_within_the_screen() -> None:
    evil = replace(SEEN, message=EVIL * 80, request_id=EVIL, error_type="[red]x[/]", headers=((EVIL, EVIL),))
    event = replace(FULL, subject=EVIL, text=EVIL * 20, observation=evil, detail=EVIL * 90)
    for cells in (56, 76, 116):
        lines = event_lines(event, cells)
        assert max(width(line) for line in lines) <= cells
        assert all(char.isprintable() for line in lines for char in plain(line))
    assert "[red]x[/]" in shown(event)
    assert all(char.isprintable() or char == "\n" for char in event_text(event))


async def test_opened_from_the_dashboard_copied_and_turned() -> None:
    app, _backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, EventScreen)
        assert screen.event is app.shown.events[0]
        await pilot.press("y")
        assert app.copied == event_text(app.shown.events[0])
        await pilot.press("right", "right")
        assert screen.event is app.shown.events[2]
        await pilot.press("left")
        assert screen.event is app.shown.events[1]
        title = plain(screen.pager.draw(*screen.pager.size)[0])
        assert f"Event 2 of {len(app.shown.events)}" in title
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, EventScreen)


async def test_an_event_stays_when_the_list_moves_on() -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, EventScreen)
        event = screen.event
        backend.publish(replace(later(app.newest, 1), events=()))
        await pilot.pause()
        await pilot.press("right", "down")
        assert screen.event is event


async def test_a_long_message_scrolls() -> None:
    scene = PICTURES["hostile"]()
    app, _ = still_app(scene)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, EventScreen)
        before = screen.pager.draw(*screen.pager.size)
        await pilot.press("end")
        assert screen.pager.draw(*screen.pager.size) != before
