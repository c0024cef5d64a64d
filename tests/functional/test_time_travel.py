"""Time travel on screen: keys go to the past, a banner says so, and nothing can be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from claude_tui.model.past import MarkKind, Move, MoveKind, PastView, Playback, TimelineMark
from claude_tui.model.playbook import StepMark
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.permissions import SHARED_METHODS
from claude_tui.tui.screens.dialog import DialogScreen
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional.still import StillApp, StillBackend, chart_for, still_app
from tests.snapshots.pictures import PICTURES

AGO = timedelta(minutes=2, seconds=31)


def text_of(app: StillApp) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


def first_line(app: StillApp) -> str:
    return text_of(app).split("\n")[0].rstrip()


def past_of(live: Snapshot, ago: timedelta = AGO, **changes: object) -> Snapshot:
    """The Snapshot of some time before `live`: all was well."""
    at = live.at - ago
    view = PastView(
        at - timedelta(minutes=15),
        at + timedelta(minutes=5),
        marks=(TimelineMark(at + timedelta(minutes=1), MarkKind.VERDICT, "P1"),),
    )
    then = replace(PICTURES["healthy"](), at=at, past=view)
    return replace(then, **changes)  # type: ignore[arg-type]


def replayed(live: Snapshot, *, playing: bool = True) -> Snapshot:
    playback = Playback("outage.jsonl.gz", live.at - timedelta(hours=1), live.at, 4.0, playing)
    view = PastView(live.at - timedelta(minutes=15), live.at + timedelta(minutes=5), playback=playback)
    return replace(live, past=view)


async def answered(pilot: Pilot[None], backend: StillBackend, *snapshots: Snapshot) -> None:
    for snapshot in snapshots:
        backend.publish(snapshot)
        await pilot.pause()


@pytest.mark.parametrize(
    ("key", "move"),
    [
        ("[", Move(MoveKind.OBSERVATION, -1)),
        ("]", Move(MoveKind.OBSERVATION, 1)),
        ("{", Move(MoveKind.MINUTE, -1)),
        ("}", Move(MoveKind.MINUTE, 1)),
        (",", Move(MoveKind.EVENT, -1)),
        (".", Move(MoveKind.EVENT, 1)),
    ],
)
@pytest.mark.parametrize("screen", ["", "4", "?", "d", "m", "c"])
async def test_every_key_of_time_works_on_every_screen(key: str, move: Move, screen: str) -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*screen, key)
        assert backend.moves == [move]
        assert app.travelling


async def test_the_past_is_shown_under_a_banner_while_live_goes_on() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{")
        # Nothing is known of it yet.
        assert "LIVE" in first_line(app)
        await answered(pilot, backend, past_of(live))
        assert "◀ PAST 14:03:02 UTC · 2m 31s ago · live continues" in first_line(app)
        assert first_line(app).endswith("end back to live")
        assert "All is well" in text_of(app)
        assert "P1" not in text_of(app).replace("!P1", "")
        await answered(pilot, backend, replace(live, at=live.at + timedelta(seconds=29)))
        assert "◀ PAST 14:03:02 UTC · 3m 00s ago" in first_line(app)
        assert "All is well" in text_of(app)


async def test_the_scrubber_stands_under_the_banner() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        second = text_of(app).split("\n")[1]
    assert second.startswith(" 13:48 ─")
    assert second.index("┃") < second.index("!P1") < second.index("14:08")
    assert "nobody probed" in second


@pytest.mark.parametrize("key", ["end", "escape", "L"])
async def test_back_to_live(key: str) -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        await pilot.press(key)
        assert not app.travelling
        assert backend.returned == 1
        assert "LIVE" in first_line(app)
        assert "14:05:33" in first_line(app)
        # One that was under way comes too late.
        await answered(pilot, backend, past_of(live))
        assert "LIVE" in first_line(app)


async def test_a_dialog_and_a_screen_leave_before_the_past_does() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{", "4")
        await answered(pilot, backend, past_of(live))
        assert "◀ PAST" in first_line(app)
        await pilot.press("g")
        assert isinstance(app.screen, DialogScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, ZoomScreen)
        await pilot.press("escape")
        assert app.travelling
        assert "◀ PAST" in first_line(app)
        await pilot.press("escape")
        assert not app.travelling


async def test_a_chart_of_the_past_is_never_the_live_one() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        assert backend.focus is not None
        focus = backend.focus
        await answered(pilot, backend, replace(live, chart=chart_for(focus, live)))
        assert "reading history" not in text_of(app)
        await pilot.press("{")
        then = past_of(live)
        await answered(pilot, backend, then)
        assert "reading history" in text_of(app)
        await answered(pilot, backend, replace(then, chart=replace(chart_for(focus, then), end=then.at)))
        assert "reading history" not in text_of(app)
        await pilot.press("end")
        assert "◀ PAST" not in text_of(app)


@pytest.mark.parametrize("key", ["p", "a", "z", "s", "c"])
async def test_the_past_cannot_be_changed(key: str) -> None:
    live = PICTURES["incident"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        await pilot.press(key)
        await pilot.pause()
        assert "The past cannot be changed" in " ".join(
            notification.message for notification in app._notifications
        )
        assert not isinstance(app.screen, DialogScreen)
        await pilot.press("end", key)
        await pilot.pause()
        assert backend.probed or isinstance(app.screen, DialogScreen)
    assert backend.marked == []
    assert backend.acknowledged == []


async def test_steps_of_a_playbook_are_not_marked_in_the_past() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m", "{")
        await answered(pilot, backend, past_of(live))
        await pilot.press("enter", "x", "n")
        assert backend.marked == []
        await pilot.press("end", "enter")
        await pilot.pause()
        assert len(backend.marked) == 1


async def test_marks_in_the_past_are_those_of_then() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("m", "enter")
        (mark,) = backend.marked
        assert isinstance(mark, StepMark)
        mark = replace(mark, at=live.at - timedelta(minutes=1))
        marked = replace(live, engine=replace(live.engine, step_marks=(mark,)))
        await answered(pilot, backend, marked)
        done = "1 of 14 done"
        assert done in text_of(app)
        await pilot.press("{")
        await answered(pilot, backend, past_of(live, verdict=live.verdict))
        assert done not in text_of(app)


def test_what_changes_the_record_is_declared_so() -> None:
    assert {action.id for action in ACTIONS if action.shared} >= {"probe", "acknowledge", "snooze", "done"}
    assert "set_severity" in SHARED_METHODS


async def test_go_to_a_time() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("g", *"13:30", "enter")
        assert backend.moves == [Move(MoveKind.INSTANT, to=datetime(2026, 11, 20, 13, 30, tzinfo=UTC))]
        await answered(pilot, backend, past_of(live))
        await pilot.press("g", *"-20m", "enter")
        assert backend.moves[-1].to == live.at - AGO - timedelta(minutes=20)


async def test_what_is_no_time_is_explained_and_asked_again() -> None:
    app, backend = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("g", *"noon", "enter")
        assert isinstance(app.screen, DialogScreen)
        assert "Expected a time such as 14:03" in " ".join(text_of(app).split())
        assert backend.moves == []
        assert not app.travelling


async def test_space_leaves_the_past_alone_and_a_pause_ends_with_it() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space")
        assert "PAUSED" in first_line(app)
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        await pilot.press("space")
        assert "◀ PAST" in first_line(app)
        await pilot.press("end")
        assert "LIVE" in first_line(app)


@pytest.mark.parametrize(
    "size", [(200, 60), (120, 40), (80, 24), (60, 20), (41, 12), (40, 10), (30, 8), (12, 3), (1, 1)]
)
async def test_the_banner_is_there_at_every_size(size: tuple[int, int]) -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=size) as pilot:
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        assert app.return_code is None
        if size[0] >= 12:
            assert "PAST" in first_line(app)
        await pilot.press("end")
        await pilot.pause()
        assert "PAST" not in text_of(app)


async def test_the_footer_offers_the_way_through_time() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("{")
        await answered(pilot, backend, past_of(live))
        footer = text_of(app).split("\n")[-1]
        assert "[/] observation  {/} minute  ,/. event  g time  end live" in footer
        assert "probe" not in footer
        await pilot.press("end")
        assert "p probe" in text_of(app).split("\n")[-1]


# -- replay -------------------------------------------------------------------------------


async def test_a_recording_plays_under_a_banner_of_its_own() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(replayed(live))
    async with app.run_test(size=(120, 40)) as pilot:
        assert "▶ REPLAY 2026-11-20 14:05:33 UTC · ×4 · outage.jsonl.gz" in first_line(app)
        assert "█P1█ It's them." in text_of(app)
        await answered(
            pilot, backend, replayed(replace(live, at=live.at + timedelta(seconds=4)), playing=False)
        )
        assert "❚❚ REPLAY 2026-11-20 14:05:37 UTC" in first_line(app)
        assert first_line(app).endswith("space plays")


async def test_a_time_of_day_is_that_of_the_recording() -> None:
    live = PICTURES["overloaded"]()
    early = replayed(replace(live, at=live.at - timedelta(minutes=50)))
    assert early.past is not None
    playback = Playback("outage", live.at - timedelta(hours=1), live.at, 1.0, playing=False)
    app, backend = still_app(replace(early, past=replace(early.past, playback=playback)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("g", *"14:01", "enter")
    assert backend.moves == [Move(MoveKind.INSTANT, to=datetime(2026, 11, 20, 14, 1, tzinfo=UTC))]


async def test_the_keys_of_a_recording() -> None:
    live = PICTURES["overloaded"]()
    app, backend = still_app(replayed(live))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space", "[", "end", "p", "a")
        await pilot.pause()
        assert backend.toggled == 1
        assert [move.kind for move in backend.moves] == [MoveKind.OBSERVATION, MoveKind.INSTANT]
        assert backend.probed == 0
        assert "This is a recording" in " ".join(notification.message for notification in app._notifications)
        assert not app.travelling
