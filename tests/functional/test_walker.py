"""The walker: where keys lead, what the data says next to it, what is kept, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause, Severity
from claude_tui.runbook import begin, follow, shipped
from claude_tui.tui.screens.dialog import DialogScreen
from claude_tui.tui.screens.playbook import PlaybookScreen
from claude_tui.tui.screens.walk import WalkerScreen
from tests.builders import after
from tests.functional.runbook_screens import SIZES, publish, screen_text, troubled
from tests.functional.still import StillApp, still_app

START = shipped().nodes["start"]
THEIRS = 7
NO_ANSWER = 6


def walker(app: StillApp) -> WalkerScreen:
    assert isinstance(app.screen, WalkerScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_on_the_question_with_the_branch_that_the_data_points_to(
    size: tuple[int, int],
) -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        text = screen_text(app)
        assert START.text in text
        (row,) = [row for row in text.splitlines() if "5xx or 529" in row]
        assert "▸ 5xx or 529" in row
        assert "◀ data" in row
        assert walker(app).cursor == THEIRS


@pytest.mark.parametrize("size", SIZES)
async def test_every_branch_and_every_fact_can_be_reached(size: tuple[int, int]) -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=size) as pilot:
        await pilot.press("d", *["up"] * 11)
        assert START.text in screen_text(app), "with the first branch the question is in view again"
        for branch in START.branches:
            assert f"▸ {branch.label}" in screen_text(app)
            await pilot.press("down")
        seen = screen_text(app)
        for _ in range(4):
            await pilot.press("pagedown")
            seen += screen_text(app)
        flat = " ".join(seen.replace("│", " ").split())
        for fact in walker(app).view.node.facts:
            assert fact.words.split()[-1] in flat
        assert "a gateway can wrap" in flat


async def test_branches_are_taken_and_taken_back() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "up", "enter")
        screen = walker(app)
        assert screen.walk.node == "no_answer", "the person decides, whatever the data says"
        text = screen_text(app)
        assert "✓ What comes back?" in text
        assert "└ No answer: timeouts, or no" in text
        await pilot.press("backspace")
        assert screen.walk == begin(shipped())
        assert screen.cursor == NO_ANSWER
        await pilot.press("enter", "enter", "r")
        assert screen.walk == begin(shipped())
        assert screen.cursor == THEIRS
        await pilot.press("backspace")
        assert screen.walk == begin(shipped())


@pytest.mark.parametrize("size", SIZES)
async def test_g_goes_where_the_data_leads(size: tuple[int, int]) -> None:
    app, _ = still_app(troubled(severity=Severity.P3))
    async with app.run_test(size=size) as pilot:
        await pilot.press("d", "up", "enter", "g")
        screen = walker(app)
        assert screen.walk == follow(shipped(), screen.facts)
        assert screen.walk.node == "overloaded"
        text = screen_text(app)
        assert "■ Answer · theirs" in text
        assert "First  Back off for 30 to 60 s" in text
        assert "m playbook: Outage and overload" in text
        assert "s severity: usually P2; currently P3" in text
        await pilot.press("enter")
        assert screen.walk.node == "overloaded", "an answer has no branch to take"


async def test_where_the_data_does_not_say_the_choice_is_the_persons() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", *["up"] * 11, "enter", *["up"] * 4, "enter")
        assert walker(app).walk.node == "app_only"
        text = screen_text(app)
        assert "◀ data points here" not in text
        assert "It doesn't point to any branch: your call." in text


async def test_the_figures_move_with_time_and_the_cursor_does_not() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "up")
        assert "4m 00s ago" in screen_text(app)
        await publish(pilot, backend, troubled(at=301))
        assert "4m 01s ago" in screen_text(app)
        await publish(pilot, backend, troubled(Cause.RATE_LIMITED, Outcome.RATE_LIMITED, at=302))
        text = screen_text(app)
        (row,) = [row for row in text.splitlines() if "429, or a message" in row]
        assert "◀ data points here" in row
        assert walker(app).cursor == NO_ANSWER


async def test_while_paused_the_facts_are_those_shown() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "space")
        await publish(pilot, backend, troubled(at=330))
        assert "4m 00s ago" in screen_text(app)
        await pilot.press("space")
        assert "4m 30s ago" in screen_text(app)


async def test_commands_are_copied_one_after_the_other_and_never_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-not-to-be-seen")
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("d", "up", "enter")
        first, second = walker(app).view.node.node.commands
        for expected in (first, second, first):
            await pilot.press("y")
            assert app.copied == expected.text.rstrip("\n")
        assert "$ANTHROPIC_API_KEY" in first.text
        assert "https://api.example.test/v1/models" in first.text
        await pilot.pause()
        text = screen_text(app)
        assert "not-to-be-seen" not in text
        assert "Copied (1 of 2): Phase by phase" in text


async def test_without_a_command_the_text_is_copied() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "g", "y")
        assert app.copied is not None
        assert app.copied.startswith("Overloaded\nTheirs: the API has more work than it can handle.")
        assert "\nFirst: Back off for 30 to 60 s" in app.copied
        assert "\n- Messages: 8 of 8 failed in 15m" in app.copied


async def test_m_opens_the_playbook_that_belongs_to_the_node_and_escape_comes_back() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "g")
        walk = walker(app).walk
        await pilot.press("m")
        assert isinstance(app.screen, PlaybookScreen)
        assert app.screen.playbook.id == "outage"
        await pilot.press("escape")
        await pilot.pause()
        assert walker(app).walk == walk


async def test_s_proposes_the_severity_of_the_node() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "g", "s")
        await pilot.pause()
        assert isinstance(app.screen, DialogScreen)
        (row,) = [row for row in screen_text(app).splitlines() if "proposed" in row]
        assert "P2 (proposed)" in row


async def test_p_probes() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "p")
        assert backend.probed == 1
        assert walker(app).walk.node == "start"


async def test_the_place_is_kept_while_the_trouble_is_the_same() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "g", "escape")
        await publish(pilot, backend, troubled(at=320))
        await pilot.press("d")
        assert walker(app).walk.node == "overloaded"
        assert "Back where you left off at 12:05:00. r restarts." in screen_text(app)
        await pilot.press("backspace")
        assert "Where you were" not in screen_text(app)
        await pilot.press("g", "escape")
        await publish(pilot, backend, troubled(Cause.PROVIDER_OUTAGE, at=330))
        await pilot.press("d")
        assert walker(app).walk.node == "start", "another trouble"
        await pilot.press("g", "escape")
        again = troubled(Cause.PROVIDER_OUTAGE, at=900, since=after(800))
        await publish(pilot, backend, again)
        await pilot.press("d")
        assert walker(app).walk.node == "start", "the same kind of trouble, but a new one"


async def test_a_verdict_that_changes_moves_nobody_who_is_in_the_tree() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "g")
        await publish(pilot, backend, troubled(Cause.PROVIDER_OUTAGE, at=330))
        assert walker(app).walk.node == "overloaded"
        await pilot.press("escape", "d")
        assert walker(app).walk.node == "overloaded"


async def test_the_screens_do_not_pile_up() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        for key in "dmcdmcmdcdm":
            await pilot.press(key)
            await pilot.pause()
        assert isinstance(app.screen, PlaybookScreen)
        assert len(app.screen_stack) <= 4
        for _ in range(3):
            await pilot.press("escape")
            await pilot.pause()
        assert len(app.screen_stack) == 1


async def test_from_the_tree_to_a_playbook_and_back_is_no_storey_more() -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "g", "m", "d")
        await pilot.pause()
        assert walker(app).walk.node == "overloaded"
        assert len(app.screen_stack) == 2
        await pilot.press("d")
        assert walker(app).walk.node == "overloaded"
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.screen_stack) == 1


BRANCH = """
[[branch]]
at = "start"
label = "Our own first question"
to = "ours"

[node.ours]
title = "Ours"
answer = "Ask the platform team."
first = "Call them."
side = "us"
shows = ["messages"]
"""


async def test_a_persons_own_files_are_part_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "ours.toml").write_text(BRANCH)
    app, _ = still_app(troubled(), tmp_path / "config.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", *["up"] * 12, "enter")
        assert "Ask the platform team." in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_that_cannot_be_used_is_named_and_the_shipped_runbook_taken(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "ours.toml").write_text(BRANCH.replace('to = "ours"', 'to = "our"'))
    app, _ = still_app(troubled(), tmp_path / "config.toml")
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        text = screen_text(app)
        flat = "".join(text.split())
        assert "▲ Your runbook files are not used." in text
        assert "ours.toml" in flat
        assert "branch[" in flat
        assert "didyoumean" in flat
        assert "5xx or 529" in text
        await pilot.press("g", "m")
        assert "▲ Your runbook files are not used." in screen_text(app)


async def test_ticking_costs_little() -> None:
    app, backend = still_app(troubled())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d")
        await publish(pilot, backend, troubled(at=301))
        before = app.sent_bytes
        for second in range(302, 312):
            await publish(pilot, backend, troubled(at=second))
        assert (app.sent_bytes - before) / 10 < 1_000


@pytest.mark.parametrize("size", [(200, 60), (100, 12), (40, 10), (20, 6), (8, 3)])
async def test_no_size_is_too_small_or_too_large(size: tuple[int, int]) -> None:
    app, _ = still_app(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        for keys in ("d", "g", "m", "down", "o", "escape", "c", "down"):
            await pilot.resize_terminal(*size)
            await pilot.press(keys)
            await pilot.resize_terminal(80, 24)
            await pilot.pause()
        assert "First five minutes" in screen_text(app)
