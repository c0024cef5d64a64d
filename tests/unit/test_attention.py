"""When the terminal calls for attention, and what a notification looks like on the wire."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.alert import AlertEntry, AlertsView, EntryKind, NotificationKind
from claude_tui.model.masking import Mask
from claude_tui.model.verdict import Severity
from claude_tui.tui.attention import LONGEST, call_attention, new_pages, osc9
from tests.alerts import OUTAGE, Watch, loaded
from tests.builders import NOON

HOUR = timedelta(hours=1)
PLAIN = {"TERM": "xterm-256color"}


def entry(
    number: int, kind: NotificationKind | None = NotificationKind.OPENED, *, late_s: float = 1
) -> AlertEntry:
    what = EntryKind.PAGE if kind is not None else EntryKind.ACKNOWLEDGED
    at = NOON + timedelta(seconds=late_s)
    return AlertEntry(f"alert:{number}", at, what, Severity.P1, "provider", f"[P1] prod: {number}", kind)


def view(*entries: AlertEntry) -> AlertsView:
    return AlertsView(journal=entries, bell=True, notification=True)


class Terminal:
    """The part of an app that the bell needs."""

    def __init__(self) -> None:
        self.bells = 0
        self.written = ""
        self._driver = self

    def bell(self) -> None:
        self.bells += 1

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None: ...


# -- what is news --------------------------------------------------------------------


def test_a_page_that_was_not_there_is_news() -> None:
    assert new_pages(view(), view(entry(1)), NOON) == (entry(1),)
    assert new_pages(view(entry(1)), view(entry(1), entry(2)), NOON) == (entry(2),)


def test_nothing_is_news_twice() -> None:
    assert new_pages(view(entry(1)), view(entry(1)), NOON) == ()


@pytest.mark.parametrize("kind", NotificationKind)
def test_only_what_opens_or_changes_calls(kind: NotificationKind) -> None:
    assert bool(new_pages(view(), view(entry(1, kind)), NOON)) is (
        kind in {NotificationKind.OPENED, NotificationKind.SEVERITY}
    )


def test_what_people_do_is_no_reason_to_ring() -> None:
    assert new_pages(view(), view(entry(1, None)), NOON) == ()


def test_what_an_earlier_run_left_is_no_news_when_it_is_read() -> None:
    left = [entry(number, late_s=-3_600 + number) for number in range(5)]
    assert new_pages(view(), view(*left), NOON) == ()
    assert new_pages(view(), view(*left, entry(9)), NOON) == (entry(9),)


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    earlier = entry(2, late_s=-HOUR.total_seconds())
    assert new_pages(view(entry(1)), view(entry(1), earlier), NOON) == (earlier,)


def test_entries_that_leave_a_full_journal_are_no_news() -> None:
    before = view(*(entry(number) for number in range(200)))
    after = view(*(entry(number) for number in range(1, 201)))
    assert new_pages(before, after, NOON) == (entry(200),)


# -- ringing ----------------------------------------------------------------------------


@pytest.mark.parametrize(("bell", "notification"), [(True, False), (False, True), (False, False)])
def test_as_the_settings_ask(bell: bool, notification: bool) -> None:
    terminal = Terminal()
    after = AlertsView(journal=(entry(1),), bell=bell, notification=notification)
    call_attention(terminal, AlertsView(), after, NOON)  # type: ignore[arg-type]
    assert (terminal.bells, "]9;" in terminal.written) == (int(bell), notification)


def test_several_at_once_ring_once() -> None:
    terminal = Terminal()
    call_attention(terminal, view(), view(entry(1), entry(2)), NOON)  # type: ignore[arg-type]
    assert terminal.bells == 1
    assert terminal.written.count("]9;") == 1
    assert "claude-top: 2 alerts, first: [P1] prod: 1" in terminal.written


def test_while_others_see_the_screen_a_notification_is_masked() -> None:
    terminal = Terminal()
    mask = Mask.of(names=("prod",))
    call_attention(terminal, view(), view(entry(1)), NOON, mask)  # type: ignore[arg-type]
    assert "claude-top: [P1] [name]: 1" in terminal.written


async def test_what_the_settings_ask_for_reaches_the_screen() -> None:
    watch = await loaded(Watch())
    assert watch.sees() == watch.sees()
    seen = watch.sees()
    assert (seen.bell, seen.notification) == (True, False)
    assert (seen.rules, seen.reminder_acknowledged) == (4, timedelta(hours=4))


async def test_a_run_that_begins_in_the_middle_of_an_outage_rings_for_nothing_old() -> None:
    first = await loaded(Watch())
    first.sees(OUTAGE)
    await first.alerting.aclose()
    again = Watch(backend=first.backend, clock=first.clock)
    empty, since = again.sees(OUTAGE), again.clock.forward(60)
    await again.alerting.load()
    assert empty.journal == ()
    assert again.sees(OUTAGE).journal != ()
    assert new_pages(empty, again.sees(OUTAGE), since) == ()


# -- on the wire ----------------------------------------------------------------------------


def test_a_plain_terminal_gets_the_plain_sequence() -> None:
    assert osc9("[P1] prod: down", PLAIN) == "\x1b]9;claude-top: [P1] prod: down\x07"


@pytest.mark.parametrize("environ", [{"TERM": "screen-256color", "TMUX": "x"}, {"TERM": "tmux-256color"}])
def test_tmux_is_asked_to_pass_it_on(environ: dict[str, str]) -> None:
    assert osc9("x", environ) == "\x1bPtmux;\x1b\x1b]9;claude-top: x\x07\x1b\\"


def test_screen_is_asked_to_pass_it_on() -> None:
    assert osc9("x", {"TERM": "screen", "STY": "1"}) == "\x1bP\x1b]9;claude-top: x\x07\x1b\\"


@given(st.text(max_size=400))
def test_no_text_ends_or_begins_a_sequence(text: str) -> None:
    written = osc9(text, PLAIN)
    body = written.removeprefix("\x1b]9;").removesuffix("\x07")
    assert len(written) - len(body) == 5
    assert len(body) <= LONGEST
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in body)
