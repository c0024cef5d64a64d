"""The events panel in the running dashboard: selecting, scrolling, and staying put."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.model.snapshot import EventKind, Level, Snapshot
from claude_tui.tui.panels.event_lines import event_lines
from claude_tui.tui.panels.event_rows import NARROW, event_rows, visible_rows
from claude_tui.tui.render.lines import plain
from tests.functional.watched import Watched, arrives
from tests.snapshots.pictures import PICTURES, event, later


def unfolded(name: str = "overloaded") -> Snapshot:
    """A picture with every failure as an event of its own: a long list."""
    scene = PICTURES[name]()
    every = [single for row in scene.events for single in (row.folded or (row,))]
    return replace(scene, events=tuple(sorted(every, key=lambda single: single.at, reverse=True)))


def with_newer(snapshot: Snapshot, count: int) -> Snapshot:
    newer = tuple(
        event(-n, EventKind.FAILURE, Level.BAD, "models", f"503 number {n}") for n in range(count, 0, -1)
    )
    return replace(later(snapshot, count), events=(*newer, *snapshot.events))


async def test_the_arrows_select_and_enter_opens() -> None:
    app = Watched(unfolded())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down", "down", "up", "enter")
        await pilot.pause()
        assert app.asked == [app.shown.events[1]]
        assert f"2 of {len(app.shown.events)}" in app.text()


async def test_new_events_do_not_move_the_selection() -> None:
    scene = unfolded()
    app = Watched(scene)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down")
        await arrives(pilot, with_newer(scene, 3))
        assert app.dashboard.events.selected == scene.events[1]
        await arrives(pilot, with_newer(scene, 60))
        assert app.dashboard.events.selected == scene.events[1]
        (row,) = [row for row in app.text().splitlines() if "14:05:23▸" in row]
        assert "1a1f946b4b8" in row


async def test_end_and_home_reach_the_oldest_and_the_newest() -> None:
    scene = with_newer(unfolded(), 100)
    app = Watched(scene)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        assert app.dashboard.events.selected == scene.events[-1]
        assert f"{len(scene.events)} of {len(scene.events)}" in app.text()
        await pilot.press("pageup")
        assert app.dashboard.events.selected == scene.events[-1 - app.dashboard.events.page]
        await pilot.press("home")
        assert app.dashboard.events.selected == scene.events[0]


async def test_escape_takes_the_cursor_away() -> None:
    app = Watched(unfolded())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "escape")
        assert app.dashboard.events.selected is None
        assert "▸✗" not in app.text()
        await pilot.press("escape")
        assert app.focused is None


async def test_the_wheel_scrolls_and_new_events_leave_the_view_where_it_is() -> None:
    scene = with_newer(unfolded(), 60)
    app = Watched(scene)
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.dashboard.events
        panel._scroll(3)
        first = app.text()
        assert f"from 4 of {len(scene.events)}" in first
        newest = event(-61, EventKind.RECOVERY, Level.OK, "models", "200 back")
        await arrives(pilot, replace(later(scene, 1), events=(newest, *scene.events)))
        assert f"from 5 of {len(app.shown.events)}" in app.text()
        assert "200 back" not in app.text()


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = Watched(unfolded())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.click("#events", offset=(10, 3))
        assert app.dashboard.events.selected == app.shown.events[2]
        await pilot.click("#events", offset=(10, 3))
        await pilot.pause()
        assert app.asked == [app.shown.events[2]]


# -- folded events ----------------------------------------------------------------


async def test_failures_of_a_kind_are_one_row_with_their_number() -> None:
    app = Watched(PICTURES["overloaded"]())
    async with app.run_test(size=(200, 60)):
        (row,) = [row for row in app.text().splitlines() if "✗ messages 529" in row]
        assert "14:05:31 ✗ messages 529 overloaded ×24 since 14:02:11, last 2s ago" in row


async def test_a_folded_event_is_opened_as_a_whole() -> None:
    app = Watched(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("home", "enter")
        await pilot.pause()
        (opened,) = app.asked
        assert (opened.count, len(opened.folded)) == (24, 24)


async def test_a_filter_leaves_what_it_lets_through_and_escape_takes_it_away() -> None:
    app = Watched(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"class:alert", "enter")
        await pilot.pause()
        kinds = {row.event.kind for row in app.dashboard.events._rows}
        assert kinds == {EventKind.ALERT}
        assert "only “class:alert”" in app.text()
        await pilot.press("escape")
        assert "only “" not in app.text()
        assert len(app.dashboard.events._rows) == len(app.shown.events)


async def test_a_filter_by_time_leaves_out_what_gets_too_old_though_nothing_happens() -> None:
    scene = unfolded()
    app = Watched(scene)
    async with app.run_test(size=(120, 40)) as pilot:
        events = app.dashboard.events
        events.apply_filter("since:5m")
        listed = len(events._rows)
        await arrives(pilot, later(scene, 200))
        assert 0 < len(events._rows) < listed
        events.apply_filter("")
        assert len(events._rows) == len(scene.events)


async def test_a_filter_that_cannot_be_is_refused_with_the_reason() -> None:
    app = Watched(PICTURES["overloaded"]())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"since:soon", "enter")
        await pilot.pause()
        assert app.dashboard.events.filter_text == ""
        drawn = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "since:soon is not a duration" in drawn


async def test_a_narrow_list_gives_long_texts_a_second_row_instead_of_cutting_them() -> None:
    scene = PICTURES["overloaded"]()
    events = [
        event(20, EventKind.STATUS, Level.WARN, "status", "Claude API degraded performance"),
        event(30, EventKind.PERSON, Level.INFO, "INC-1", "ben: checkout is on Sonnet now"),
        event(40, EventKind.STATUS, Level.WARN, "status", "page indicator none, now minor"),
    ]
    app = Watched(replace(scene, events=tuple(events)))
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.dashboard.events
        assert panel.size.width < NARROW
        drawn = [plain(row).rstrip() for row in panel.lines(app.shown, 32, 12)]
        assert [row.strip() for row in drawn] == [
            "14:05:13 ▲ Claude API degraded",
            "performance",
            "14:05:03 » ben: checkout is on",
            "Sonnet now",
            "14:04:53 ▲ page indicator none,",
            "now minor",
        ]
        assert not any("…" in row for row in drawn)
        # Both rows of an event lead to it.
        panel.lines(app.shown, 32, 12)
        panel.clicked(4)
        assert panel.selected == events[1]
        await pilot.pause()
        marked = [row for row in map(plain, panel.lines(app.shown, 32, 12)) if "▸" in row]
        assert len(marked) == 1
        assert "checkout" in marked[0]


def test_a_text_leaves_the_column_of_the_subjects_only_to_be_whole() -> None:
    at = PICTURES["overloaded"]().at
    texts = ("ben: checkout on Sonnet since 02:05, some prompts are too long for it, batch waits", "ben: off")
    events = [event(20 + age, EventKind.PERSON, Level.INFO, "INC-1", text) for age, text in enumerate(texts)]
    rows = event_rows([*events, event(40, EventKind.VERDICT, Level.OK, "verdict", "All is well.")])
    for cells, beside in ((80, True), (96, False), (120, True)):
        long, short, _ = (plain(row) for row in event_lines(rows, at, cells, 9))
        assert ("INC-1   ben: checkout" in long) is beside
        assert "INC-1   ben: off" in short


async def test_a_narrow_list_says_of_successes_and_alerts_what_matters() -> None:
    """`messages 200 3.66 s after 8s of… ×2` and `alert [P2, was P4] It's them. Opus is…` stood there."""
    scene = PICTURES["overloaded"]()
    alert = "[P2, was P4] It's them. Opus is overloaded (529). Opus only; Haiku and Sonnet answer."
    answered = event(20, EventKind.RECOVERY, Level.OK, "messages", "200 in 2.32 s after 16s of failures")
    events = [answered, event(30, EventKind.ALERT, Level.BAD, "alert", alert)]
    app = Watched(replace(scene, events=(*events, *(event(40 + n, EventKind.PERSON, Level.INFO, "INC-1", "x")
                                                    for n in range(9)))))  # fmt: skip
    async with app.run_test(size=(120, 40)):
        drawn = " ".join(" ".join(map(plain, app.dashboard.events.lines(app.shown, 38, 12))).split())
        assert "✓ 200 in 2.32 s after 16s of failures" in drawn
        assert "▲ alert [P2, was P4] Opus is overloaded (529)" in drawn
        assert "…" not in drawn


LONG = "ben: checkout is on Sonnet since 14:02, batch waits until the limits are raised again"


@pytest.mark.parametrize(("others", "whole"), [(1, True), (10, False)])
async def test_a_narrow_list_says_all_of_long_texts_if_there_is_room(others: int, whole: bool) -> None:
    scene = PICTURES["overloaded"]()
    events = [event(20, EventKind.PERSON, Level.INFO, "INC-1", LONG)]
    events += [event(30 + age, EventKind.PERSON, Level.INFO, "INC-1", f"ben: {age}") for age in range(others)]
    app = Watched(replace(scene, events=tuple(events)))
    async with app.run_test(size=(120, 40)):
        drawn = [plain(row).strip() for row in app.dashboard.events.lines(app.shown, 32, 12)]
        assert ("again" in " ".join(drawn)) is whole
        assert len([row for row in drawn if row]) == others + (5 if whole else 2)
        assert any(row.endswith("…") for row in drawn) is not whole


async def test_in_a_narrow_list_the_cursor_stays_visible_with_all_of_its_rows() -> None:
    scene = PICTURES["overloaded"]()
    text = "the gateway of the shop sends all of it to Sonnet"
    events = [event(20 + n, EventKind.PERSON, Level.INFO, "INC-1", f"ana {n}: {text}") for n in range(12)]
    app = Watched(replace(scene, events=tuple(events)))
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.dashboard.events
        for number in range(len(events)):
            await pilot.press("down")
            rows = [plain(row) for row in panel.lines(app.shown, 32, 9)]
            assert panel.selected == events[number]
            (place,) = [n for n, row in enumerate(rows) if "▸" in row]
            assert f"ana {number}:" in rows[place]
            assert rows[place + 1].strip()
        await pilot.press("home")
        assert "ana 0:" in plain(panel.lines(app.shown, 32, 9)[0])


def test_two_folds_do_not_hide_the_notes_and_acts_about_them() -> None:
    """At 80x24 there are two rows, which two kinds of failures would fill for hours."""
    folds = [event(-n, EventKind.FAILURE, Level.BAD, "messages", f"50{n} ×40") for n in (3, 2, 1)]
    notes = [
        event(60, EventKind.VERDICT, Level.BAD, "verdict", "P1 It's them."),
        event(61, EventKind.ALERT, Level.WARN, "alert", "[P1] It's them."),
        event(300, EventKind.PERSON, Level.INFO, "ana", "declared an incident"),
    ]
    rows = event_rows((*folds, *notes))
    assert [row.event for row in visible_rows(rows, 2)] == [folds[0], notes[0]]
    assert [row.event for row in visible_rows(rows, 4)] == [*folds[:2], *notes[:2]]
    assert [row.event for row in visible_rows(rows, 5)] == [*folds, *notes[:2]]
    assert [row.event for row in visible_rows(rows, 9)] == [*folds, *notes]
    news = event(30, EventKind.STATUS, Level.INFO, "status", "Claude Code operational")
    post = event(40, EventKind.STATUS, Level.BAD, "status", "incident investigating")
    assert [row.event for row in visible_rows(event_rows((*folds, news, *notes)), 2)] == [folds[0], notes[0]]
    assert [row.event for row in visible_rows(event_rows((*folds, post, *notes)), 2)] == [folds[0], post]
    quiet = event_rows(folds)
    assert [row.event for row in visible_rows(quiet, 2)] == folds[:2]
    assert visible_rows(rows, 0) == ()


async def test_at_80x24_the_verdict_of_an_outage_stays_in_the_list_and_is_opened_by_a_click() -> None:
    scene = with_newer(PICTURES["overloaded"](), 3)
    app = Watched(scene)
    async with app.run_test(size=(80, 24)) as pilot:
        verdict = next(event for event in scene.events if event.kind is EventKind.VERDICT)
        rows = app.text().splitlines()
        place = next(n for n, row in enumerate(rows) if "5 Events" in row)
        shown = " ".join(rows[place + 1 :])
        assert "503 number 3" in shown
        lasting = next(
            event for event in scene.events if event.kind not in (EventKind.FAILURE, EventKind.RECOVERY)
        )
        assert lasting.text[:20] in shown
        await pilot.click("#events", offset=(10, 2))
        assert app.dashboard.events.selected == lasting
        assert verdict in scene.events
