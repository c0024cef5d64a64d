"""Acknowledging, snoozing and setting the severity: what the dialogs ask, send and keep to themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from textual import events
from textual.pilot import Pilot

from claude_tui.model.alert import AlertState, AlertsView
from claude_tui.model.limits import MAX_NAME, MAX_REASON
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity, Taken
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import plain
from claude_tui.tui.screens.acknowledge import morning_after, set_severity
from claude_tui.tui.screens.dialog import DialogScreen, Options, TextInput
from tests.functional.still import StillApp, StillBackend, still_app
from tests.snapshots.pictures import AT, before, later
from tests.snapshots.responding import CALM, OVERLOADED, alert, group, low, pictures, scene_of

ONE = scene_of(replace(CALM, groups=(group(),)), OVERLOADED)
TWO = scene_of(replace(CALM, groups=(group(), low())), OVERLOADED)


@asynccontextmanager
async def asked(
    snapshot: Snapshot, *keys: str, size: tuple[int, int] = (120, 40), **settings: object
) -> AsyncIterator[tuple[StillApp, StillBackend, Pilot[None]]]:
    app, backend = still_app(snapshot, **settings)
    app.responder = "ada"
    async with app.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        yield app, backend, pilot


def dialog(app: StillApp) -> DialogScreen:
    assert isinstance(app.screen, DialogScreen)
    return app.screen


def text_of(app: StillApp) -> str:
    """What can be read in the dialog, without the text in its fields."""
    panels = dialog(app).query(LinePanel)
    return "\n".join(plain(row) for panel in panels for row in panel.draw(*panel.size))


def plain_screen(app: StillApp) -> str:
    """The text on the terminal."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def notices(app: StillApp) -> str:
    return " ".join(notice.message for notice in app._notifications)


def typed(text: str) -> list[str]:
    return ["space" if char == " " else char for char in text]


async def publish(pilot: Pilot[None], backend: StillBackend, snapshot: Snapshot) -> None:
    backend.publish(snapshot)
    await pilot.pause()


# -- acknowledge -------------------------------------------------------------------


async def test_acknowledging_says_what_it_does_and_passes_on_reason_and_name() -> None:
    async with asked(ONE, "a") as (app, backend, pilot):
        text = text_of(app)
        assert "P1 It's them. The API is overloaded (529)." in text
        assert "Everyone watching sees it, and oncall and fallback are notified." in text
        assert "Reminders at most every 4h." in " ".join(text.split())
        await pilot.press(*typed("ask q and p"), "enter")
        await pilot.pause()
        assert backend.acknowledged == [("provider-1", "ada", "ask q and p")]
        assert not isinstance(app.screen, DialogScreen)
        assert "Acknowledged by ada." in notices(app)


async def test_a_name_once_typed_is_who_responds_from_then_on() -> None:
    async with asked(ONE, "a", "tab", *typed("eve "), "enter", "a", "enter") as (app, backend, _):
        assert app.responder == "eve"
        assert backend.acknowledged == [("provider-1", "eve", "")] * 2


async def test_without_a_name_it_is_who_it_was() -> None:
    async with asked(ONE, "a", "tab", "backspace", "enter") as (app, backend, _):
        assert backend.acknowledged == [("provider-1", "ada", "")]
        assert app.responder == "ada"


async def test_of_several_all_are_meant_unless_one_is_chosen() -> None:
    async with asked(TWO, "a", "enter", "a", "shift+tab", "down", "down", "enter") as (_, backend, __):
        assert backend.acknowledged == [(None, "ada", ""), ("provider-2", "ada", "")]


async def test_what_opens_while_one_types_is_not_acknowledged_unseen() -> None:
    third = replace(CALM, groups=(group(3), group(), low()))
    async with asked(TWO, "a") as (_, backend, pilot):
        await publish(pilot, backend, scene_of(third, OVERLOADED))
        await pilot.press("enter")
        assert [request[0] for request in backend.acknowledged] == ["provider-1", "provider-2"]


# -- the verdict itself, before there is an alert -----------------------------------

NO_ALERT = scene_of(CALM, OVERLOADED)
TAKEN = scene_of(CALM, replace(OVERLOADED, taken=Taken("ana", "ops-1", "looking", before(30), Severity.P1)))


async def test_a_verdict_without_an_alert_is_taken() -> None:
    async with asked(NO_ALERT, "a") as (app, backend, pilot):
        text = text_of(app)
        assert "P1 (no alert yet) It's them. The API is overloaded (529)." in text
        assert "The alert that follows pages nobody" in " ".join(text.split())
        await pilot.press(*typed("on it"), "enter")
        await pilot.pause()
        assert (backend.taken, backend.acknowledged) == ([(Severity.P1, "ada", "on it")], [])
        assert "Acknowledged by ada." in notices(app)


async def test_who_has_taken_it_is_on_strip_header_and_zoom() -> None:
    async with asked(TAKEN) as (app, _, pilot):
        header, *rest = plain_screen(app).splitlines()
        assert "△ ana@ops-1 has it" in header
        assert any("acknowledged by ana" in row for row in rest[:6])
        await pilot.press("0")
        assert "ana@ops-1: looking" in plain_screen(app)


async def test_with_an_alert_of_its_own_the_verdict_is_no_choice_and_beside_another_it_is() -> None:
    async with asked(ONE, "a") as (app, _, __):
        assert "no alert yet" not in text_of(app)
    other = scene_of(replace(CALM, groups=(low(),)), OVERLOADED)
    async with asked(other, "a", "enter", "a", "shift+tab", "down", "enter") as (_, backend, __):
        assert backend.taken == [(Severity.P1, "ada", "")] * 2
        assert [request[0] for request in backend.acknowledged] == [None]
    async with asked(other, "a", "shift+tab", "down", "down", "enter") as (_, backend, __):
        assert (backend.taken, backend.acknowledged) == ([], [("provider-2", "ada", "")])


async def test_a_verdict_that_is_over_by_then_is_not_taken() -> None:
    async with asked(NO_ALERT, "a") as (app, backend, pilot):
        await publish(pilot, backend, scene_of(CALM, scene="healthy"))
        await pilot.press("enter")
        await pilot.pause()
        assert backend.taken == []
        assert "Nothing done: what the verdict reported is over." in notices(app)


@pytest.mark.parametrize("key", ["a", "z"])
async def test_what_is_over_by_then_is_reported(key: str) -> None:
    async with asked(ONE, key) as (app, backend, pilot):
        await publish(pilot, backend, scene_of(CALM, scene="healthy"))
        await pilot.press("enter")
        await pilot.pause()
        assert (backend.acknowledged, backend.snoozed) == ([], [])
        assert "it has closed in the meantime" in notices(app)


@pytest.mark.parametrize(("key", "what"), [("a", "acknowledge"), ("z", "snooze")])
async def test_with_no_alert_there_is_nothing_to_ask(key: str, what: str) -> None:
    broken = scene_of(AlertsView(problem="nothing is paged: bad rules"), scene="healthy")
    async with asked(broken, key) as (app, _, __):
        assert f"Nothing to {what}: no alert is open (nothing is paged: bad rules)." in notices(app)
        assert not isinstance(app.screen, DialogScreen)


async def test_what_is_about_to_open_is_reported() -> None:
    pending = alert("verdict-p2", Severity.P2, "The verdict is P2", "P2", AlertState.PENDING)
    soon = scene_of(replace(CALM, alerts=(pending,)), OVERLOADED)
    async with asked(soon, "z") as (app, _, __):
        assert "Nothing to snooze: no alert is open yet, 1 rule is pending." in notices(app)


@pytest.mark.parametrize("key", ["a", "z", "s"])
async def test_escape_changes_nothing(key: str) -> None:
    async with asked(TWO, key, "down", "x", "tab", "escape") as (app, backend, _):
        assert not isinstance(app.screen, DialogScreen)
        assert (backend.acknowledged, backend.snoozed, backend.marked) == ([], [], [])
        assert app.responder == "ada"


async def test_the_newest_is_meant_while_the_view_is_held() -> None:
    async with asked(scene_of(CALM, scene="healthy"), "space") as (_, backend, pilot):
        await publish(pilot, backend, later(ONE, 60))
        await pilot.press("a", "enter", "z", "enter")
        assert backend.acknowledged == [("provider-1", "ada", "")]
        assert backend.snoozed == [("provider-1", "ada", AT + timedelta(minutes=16))]


# -- what is typed ------------------------------------------------------------------


async def test_secrets_and_control_characters_do_not_get_through() -> None:
    async with asked(ONE, "a") as (app, backend, pilot):
        pasted = "key sk-ant-api03-abcdefghijkl\nsecond \x1b]0;owned\x07 line"
        app.post_message(events.Paste(pasted))
        await pilot.pause()
        await pilot.press("enter")
        ((_, _, reason),) = backend.acknowledged
        assert reason == "key [redacted] second ␛]0;owned␇ line"


async def test_texts_are_bounded() -> None:
    async with asked(ONE, "a") as (app, backend, pilot):
        app.post_message(events.Paste("x" * 5_000))
        await pilot.press("tab")
        app.post_message(events.Paste("\x1b" * 5_000))
        await pilot.press("y", "enter")
        ((_, by, reason),) = backend.acknowledged
        assert (len(by), len(reason)) == (MAX_NAME, MAX_REASON)


async def test_no_key_of_the_app_works_under_a_dialog_but_ctrl_c() -> None:
    async with asked(ONE, "s", *"pdmcytz?0", "space", "ctrl+p", "ctrl+z") as (app, backend, pilot):
        assert dialog(app).focused is dialog(app).query_one(Options)
        assert backend.probed == 0
        assert not app.paused
        await pilot.press("tab", *"qp?", "ctrl+p")
        assert [field.value for field in dialog(app).query(TextInput)] == ["qp?", "ada"]
        assert app.return_code is None
        await pilot.press("ctrl+c", "ctrl+c")
        assert app.return_code == 0


async def test_what_is_typed_ahead_of_the_dialog_does_nothing_else() -> None:
    async with asked(ONE) as (app, backend, pilot):
        for key in "aqp q":
            app.post_message(events.Key("space" if key == " " else key, key))
        await pilot.pause()
        await pilot.press("x", "enter")
        assert len(backend.acknowledged) == 1
        assert (backend.probed, app.paused, app.return_code) == (0, False, None)


# -- snooze ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("downs", "until"),
    [
        (0, AT + timedelta(minutes=15)),
        (1, AT + timedelta(hours=1)),
        (2, AT + timedelta(hours=4)),
        (3, datetime(2026, 11, 21, 9, tzinfo=UTC)),
        (9, datetime(2026, 11, 21, 9, tzinfo=UTC)),
    ],
)
async def test_a_snooze_lasts_until_the_instant_that_was_named(downs: int, until: datetime) -> None:
    async with asked(ONE, "z", *["down"] * downs) as (app, backend, pilot):
        chosen = next(row for row in text_of(app).splitlines() if "(•)" in row and "until" in row)
        assert f"{until:%H:%M} UTC" in chosen
        await pilot.press("enter")
        assert backend.snoozed == [("provider-1", "ada", until)]


async def test_a_snooze_can_be_ended() -> None:
    async with asked(pictures()["taken"], "z", *["down"] * 4, "enter") as (app, backend, _):
        ((which, by, until),) = backend.snoozed
        assert (which, by) == (None, "ada")
        assert until <= AT
        assert "Snooze ended" in notices(app)


async def test_a_snooze_that_would_be_over_already_is_not_sent() -> None:
    async with asked(ONE, "z") as (app, backend, pilot):
        await publish(pilot, backend, later(ONE, 1_000))
        await pilot.press("enter")
        assert backend.snoozed == []
        assert "14:20:33 UTC has already passed" in notices(app)


@pytest.mark.parametrize(("hour", "day"), [(0, 20), (3, 20), (4, 20), (5, 21), (8, 21), (9, 21), (23, 21)])
def test_the_morning_is_never_nearer_than_a_nights_sleep(hour: int, day: int) -> None:
    at = datetime(2026, 11, 20, hour, 30, tzinfo=UTC)
    assert morning_after(at) == datetime(2026, 11, day, 9, tzinfo=UTC)


# -- severity ----------------------------------------------------------------------------


async def test_to_leave_the_severity_is_the_default() -> None:
    async with asked(ONE, "s") as (app, backend, pilot):
        assert "(•) cancel: keep it as it is" in text_of(app)
        await pilot.press("enter")
        assert backend.marked == []
        assert not isinstance(app.screen, DialogScreen)


async def test_an_option_that_is_too_long_ends_after_a_whole_part() -> None:
    """`( ) P2 in 15m: many fail, are limited or ver…` stood there."""
    async with asked(ONE, "s", size=(60, 20)) as (app, _, __):
        options = [row.rstrip() for row in text_of(app).splitlines() if "( )" in row]
        assert any(row.endswith("P2 in 15m: many fail") for row in options)
        assert any(row.endswith("P4 next business day: worse than usual") for row in options)
        assert not any("…" in row for row in options)


async def test_a_severity_is_set_with_reason_and_name_instead_of_what_was_worked_out() -> None:
    async with asked(ONE, "s", "down", "down", "tab", *typed("no users hit"), "enter") as (app, backend, _):
        assert backend.marked == [SeverityMark(AT, Severity.P2, Severity.P1, "ada", "no users hit")]
        assert "Severity P2 set by ada" in notices(app)


async def test_one_that_somebody_set_can_be_set_again() -> None:
    async with asked(pictures()["taken"], "s") as (app, backend, pilot):
        assert dialog(app).question.title == "Severity: P2, set by Ada Lovelace; P1 (computed)"
        await pilot.press(*["down"] * 9, "enter")
        assert backend.marked == [SeverityMark(AT, Severity.P4, Severity.P1, "ada")]


async def test_a_reason_without_a_severity_is_not_thrown_away() -> None:
    async with asked(ONE, "s", "tab", "x", "enter") as (app, backend, pilot):
        assert "Choose P1 to P4, or press esc to cancel." in text_of(app)
        await pilot.press("shift+tab", "down", "enter")
        assert [mark.why for mark in backend.marked if isinstance(mark, SeverityMark)] == ["x"]


async def test_no_trouble_has_no_severity() -> None:
    async with asked(scene_of(CALM, scene="healthy"), "s") as (app, _, __):
        assert "No severity to override" in notices(app)
        assert not isinstance(app.screen, DialogScreen)


@pytest.mark.parametrize(
    ("severity", "notice"),
    [(Severity.P2, "computed severity is now P2"), (Severity.NONE, "computed severity is now none")],
)
async def test_a_severity_computed_meanwhile_is_not_overridden_unseen(
    severity: Severity, notice: str
) -> None:
    async with asked(ONE, "s", "down") as (app, backend, pilot):
        verdict = replace(OVERLOADED, severity=severity)
        await publish(pilot, backend, replace(later(ONE, 5), verdict=verdict))
        await pilot.press("enter")
        assert backend.marked == []
        assert notice in notices(app)


async def test_what_the_tree_proposes_is_marked_and_not_chosen() -> None:
    async with asked(ONE) as (app, _, pilot):
        set_severity(app, Severity.P3)
        await pilot.pause()
        assert "( ) P3 (proposed) in 1h: some calls fail now and then" in text_of(app)
        assert "(•) cancel" in text_of(app)


async def test_targets_of_the_settings_are_named() -> None:
    async with asked(ONE, "s", respond_p2_s=600.0) as (app, _, __):
        assert "P2 in 10m:" in text_of(app)


# -- the dialog itself -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (80, 24), (200, 60)])
@pytest.mark.parametrize("key", ["a", "z", "s"])
async def test_it_works_at_every_size(key: str, size: tuple[int, int]) -> None:
    async with asked(pictures()["taken"], key, size=size) as (app, backend, pilot):
        box = dialog(app).children[0]
        assert box.region.width <= size[0]
        assert box.region.height <= size[1]
        await pilot.press("down", "tab", "tab", "shift+tab", "enter")
        await pilot.pause()
        assert backend.acknowledged or backend.snoozed or backend.marked


async def test_at_60_by_20_all_of_it_is_in_view() -> None:
    for key in ("a", "z", "s"):
        async with asked(pictures()["taken"], key, size=(60, 20)) as (app, _, __):
            assert dialog(app).children[0].max_scroll_y == 0


async def test_a_click_chooses() -> None:
    async with asked(ONE, "s") as (app, backend, pilot):
        options = dialog(app).query_one(Options)
        await pilot.click(Options, offset=(20, 3))
        assert options.chosen == 3
        await pilot.press("enter")
        assert [mark.severity for mark in backend.marked if isinstance(mark, SeverityMark)] == [Severity.P3]


@pytest.mark.parametrize("keys", [["a"], ["0", "a"], ["4", "s"]])
async def test_what_lies_beneath_costs_next_to_nothing(keys: list[str]) -> None:
    async with asked(TWO, *keys) as (app, backend, pilot):
        await publish(pilot, backend, later(app.newest, 1))
        before = app.sent_bytes
        await publish(pilot, backend, later(app.newest, 1))
        assert 0 < app.sent_bytes - before < 1_000


async def test_markup_in_what_others_typed_is_text() -> None:
    marked = "[bold red]x[/] [@click=app.quit]y[/]"
    verdict = replace(OVERLOADED, set_by=marked, computed=Severity.P2)
    async with asked(replace(ONE, verdict=verdict), "s") as (app, _, __):
        assert marked in plain_screen(app)
