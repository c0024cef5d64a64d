"""The lines round the panels: header, strip and footer at any width."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.snapshot import Level, Notice, Snapshot
from claude_tui.tui.actions import Scope, footer
from claude_tui.tui.lines import Line, plain, width
from claude_tui.tui.view import View
from claude_tui.tui.widgets.footer import footer_line
from claude_tui.tui.widgets.header import header_line
from claude_tui.tui.widgets.strip import strip_lines, strip_rows
from tests.snapshots.scenes import AT, SCENES

Lines = tuple[Line, ...]


def scene(name: str) -> Snapshot:
    return SCENES[name]()


def text(lines: Lines) -> str:
    return "\n".join(plain(row).rstrip() for row in lines)


def words(lines: Lines) -> str:
    return " ".join(text(lines).split())


@pytest.mark.parametrize("name", SCENES)
@settings(max_examples=30, deadline=None)
@given(st.integers(1, 250))
def test_header_and_footer_keep_within_any_width(name: str, cells: int) -> None:
    snapshot = scene(name)
    for view in (View(AT), View(AT, paused=True), View(AT, stalled_s=9)):
        assert width(header_line(snapshot, view, cells)) <= cells
    assert width(footer_line(footer(Scope.DASHBOARD), cells)) <= max(cells, 1)


# -- header ---------------------------------------------------------------------


def test_the_header_says_what_is_watched_and_that_it_is_live() -> None:
    shown = plain(header_line(scene("healthy"), View(AT), 120))
    for part in ("claude-top", "prod", "api.anthropic.com", "claude-haiku-5-5", "● LIVE", "next 12s"):
        assert part in shown
    assert shown.rstrip().endswith("$0.03 today  14:05:33 UTC")


def test_a_narrow_header_keeps_target_state_and_clock() -> None:
    shown = plain(header_line(scene("healthy"), View(AT), 44))
    assert "prod" in shown
    assert "● LIVE" in shown
    assert "14:05:33 UTC" in shown
    assert "api.anthropic.com" not in shown


def test_without_a_name_the_host_stays() -> None:
    snapshot = scene("healthy")
    target = replace(snapshot.engine.target, name="")
    unnamed = replace(snapshot, engine=replace(snapshot.engine, target=target))
    assert "api.anthropic.com" in plain(header_line(unnamed, View(AT), 60))


def test_a_paused_header_says_how_old_the_picture_is_and_keeps_the_clock() -> None:
    shown = plain(header_line(scene("healthy"), View(AT + timedelta(seconds=42), paused=True), 120))
    assert "PAUSED at 14:05:33, 42s old" in shown
    assert "14:06:15 UTC" in shown
    assert "LIVE" not in shown


def test_without_news_the_header_does_not_claim_to_be_live() -> None:
    shown = plain(header_line(scene("healthy"), View(AT, stalled_s=9.4), 120))
    assert "STALLED for 9s" in shown
    assert "LIVE" not in shown


def test_the_ceiling_shows_when_it_is_near() -> None:
    assert "$0.50 of $0.50 today" in plain(header_line(scene("degraded_program"), View(AT), 120))
    assert " of $" not in plain(header_line(scene("healthy"), View(AT), 120))


def test_a_demo_says_so_at_any_usable_width() -> None:
    for cells in (60, 80, 120):
        assert "DEMO tour ×4" in plain(header_line(scene("degraded_program"), View(AT), cells))


# -- strip ----------------------------------------------------------------------


def test_the_strip_is_one_quiet_line_while_all_is_well() -> None:
    snapshot = scene("healthy")
    assert strip_rows(snapshot, 120, 40) == 1
    (only,) = strip_lines(snapshot, 120, 1)
    assert plain(only).startswith(" ● All probes succeed")
    assert all(not span.back for span in only)


def test_good_news_end_with_a_whole_sentence() -> None:
    quiet = {cells: plain(strip_lines(scene("healthy"), cells, 1)[0]).strip() for cells in (45, 80, 110, 160)}
    assert quiet[45] == "● All probes succeed"
    assert quiet[80] == "● All probes succeed  Messages answer in 644 ms (TTFT 412 ms)."
    assert quiet[110].endswith("Models answer in 182 ms.")
    assert quiet[160].endswith("Status page reports no trouble.")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 20)])
def test_trouble_is_a_block_with_bar_age_and_what_the_page_says(size: tuple[int, int]) -> None:
    snapshot = scene("overloaded")
    rows = strip_rows(snapshot, *size)
    drawn = strip_lines(snapshot, size[0], rows)
    assert len(drawn) == rows
    assert all(plain(row).startswith("█") for row in drawn)
    assert all(span.back == "strip_trouble" for row in drawn for span in row)
    assert all(width(row) == size[0] for row in drawn)
    for part in ("Messages fail: 24 of 26", "overloaded_error", "silent for 3m 22", "Models answer"):
        assert part in words(drawn).replace("█ ", "")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("name", ["no_key", "overloaded"])
def test_a_notice_is_on_screen_at_every_size(size: tuple[int, int], name: str) -> None:
    notice = Notice("key", Level.BAD, "No key: set ANTHROPIC_API_KEY.", AT)
    snapshot = scene(name)
    snapshot = replace(snapshot, engine=replace(snapshot.engine, notices=(notice,)))
    drawn = strip_lines(snapshot, size[0], strip_rows(snapshot, *size))
    assert "No key: set ANTHROPIC_API_KEY." in text(drawn)


def test_more_notices_than_rows_are_counted_and_the_worst_is_shown() -> None:
    snapshot = scene("overloaded")
    notices = [Notice(str(n), Level.INFO, f"notice {n}", AT) for n in range(4)]
    notices.append(Notice("store", Level.BAD, "the disk is full", AT))
    snapshot = replace(snapshot, engine=replace(snapshot.engine, notices=tuple(notices)))
    drawn = strip_lines(snapshot, 80, strip_rows(snapshot, 80, 24))
    assert "the disk is full" in plain(drawn[-1])
    assert "+4 more" in plain(drawn[-1])


@pytest.mark.parametrize("size", [(20, 5), (39, 9), (30, 1)])
def test_a_tiny_terminal_still_has_the_headline_and_no_bar(size: tuple[int, int]) -> None:
    drawn = strip_lines(scene("overloaded"), *size)
    assert words(drawn).startswith("✗ Messages fail")
    assert "█" not in text(drawn)
