"""The lines at the top and the bottom: header, footer, and what both say of alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.alert import Acknowledgement, Snooze
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import footer
from claude_tui.tui.panels.footer import footer_line
from claude_tui.tui.panels.header import header_line
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.screens.runbook_screen import offered
from claude_tui.tui.view import View
from tests.snapshots.pictures import AT, PICTURES


def scene(name: str) -> Snapshot:
    return PICTURES[name]()


@pytest.mark.parametrize("name", PICTURES)
@settings(max_examples=30)
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


def test_a_probe_that_is_due_is_under_way_even_before_the_engine_says_so() -> None:
    snapshot = scene("healthy")
    shown = plain(header_line(replace(snapshot, at=snapshot.at + timedelta(seconds=12)), View(AT), 120))
    assert "probing" in shown
    assert "next" not in shown


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
    for cells in (40, 60, 80, 120):
        assert "DEMO tour ×4" in plain(header_line(scene("degraded_program"), View(AT), cells))


# -- alerts -----------------------------------------------------------------------


def badge(name: str, cells: int, **change: object) -> str:
    snapshot = scene(name)
    groups = tuple(replace(group, **change) for group in snapshot.engine.alerts.groups)  # type: ignore[arg-type]
    alerts = replace(snapshot.engine.alerts, groups=groups)
    snapshot = replace(snapshot, engine=replace(snapshot.engine, alerts=alerts))
    return plain(header_line(snapshot, View(AT), cells))


def test_open_alerts_are_counted_and_acknowledged_ones_differ_in_words() -> None:
    assert "▲ 3 alerts  1 acknowledged, 1 snoozed" in badge("alert_while_healthy", 120)
    assert "▲ 1 alert " in badge("overloaded", 120)
    assert "△ 1 alert acknowledged" in badge("incident", 120)
    assert "alert" not in badge("healthy", 120)


def test_what_was_done_last_is_reported() -> None:
    taken = Acknowledgement("eve", "looking", AT - timedelta(minutes=30))
    bob = Snooze("bob", AT - timedelta(minutes=10), AT + timedelta(hours=1), Severity.P1)
    assert "△ 1 alert snoozed" in badge("overloaded", 120, acknowledged=taken, snoozed=bob)
    again = replace(taken, at=AT - timedelta(minutes=5))
    assert "△ 1 alert acknowledged" in badge("overloaded", 120, acknowledged=again, snoozed=bob)


def test_what_became_worse_than_its_snooze_counts_as_new() -> None:
    bob = Snooze("bob", AT - timedelta(minutes=10), AT + timedelta(hours=1), Severity.P3)
    assert "▲ 1 alert " in badge("overloaded", 120, snoozed=bob)


def test_a_snooze_that_is_over_counts_as_new() -> None:
    bob = Snooze("bob", AT - timedelta(hours=1), AT, Severity.P1)
    assert "△ 1 alert snoozed" in badge(
        "overloaded", 120, snoozed=replace(bob, until=AT + timedelta(seconds=1))
    )
    assert "▲ 1 alert " in badge("overloaded", 120, snoozed=bob)


def test_a_narrow_header_keeps_the_count_of_alerts() -> None:
    assert "▲ 3 alerts" in badge("alert_while_healthy", 60)
    assert "△ 1 alert acknowledged" in badge("incident", 60)


@pytest.mark.parametrize("scope", [Scope.DASHBOARD, Scope.ZOOM, Scope.EVENT])
def test_the_footer_of_80_cells_offers_to_acknowledge(scope: Scope) -> None:
    assert "a ack" in plain(footer_line(footer(scope), 80))


@pytest.mark.parametrize("scope", [Scope.WALK, Scope.PLAYBOOK, Scope.FIRST_FIVE, Scope.INCIDENT])
def test_so_does_every_screen_for_responding(scope: Scope) -> None:
    assert "a ack" in plain(footer_line(offered(scope, {}, set()), 80))


def test_snoozing_and_setting_the_severity_stand_in_a_footer() -> None:
    shown = plain(footer_line(footer(Scope.DASHBOARD), 200))
    assert "z snooze" in shown
    assert "s severity" in shown


@pytest.mark.parametrize("cells", [80, 100, 120, 200])
def test_fields_of_the_header_stay_where_they_are(cells: int) -> None:
    def places(name: str) -> list[int]:
        shown = plain(header_line(scene(name), View(AT), cells))
        return [shown.index(text) for text in ("prod", "● LIVE", "$0.03", "14:05:33")]

    assert places("healthy") == places("overloaded") == places("rate_limited") == places("network")


@pytest.mark.parametrize("cells", [80, 100, 120])
def test_nothing_moves_between_two_probes_and_while_the_probe_backs_off(cells: int) -> None:
    snapshot = scene("healthy")

    def shown(**changed: object) -> str:
        probes = tuple(
            replace(probe, **{"running": False, "next_at": None, "held_until": None} | changed)
            for probe in snapshot.engine.probes
        )
        target = replace(snapshot.engine.target, name="", host="gateway.acme.example:8443")
        engine = replace(snapshot.engine, probes=probes, target=target)
        return plain(header_line(replace(snapshot, engine=engine), View(AT), cells))

    states = (
        shown(),
        shown(running=True),
        shown(next_at=AT + timedelta(seconds=9)),
        shown(next_at=AT + timedelta(seconds=55), held_until=AT + timedelta(seconds=55)),
    )
    for part in ("gateway.acme.example:8443", "● LIVE", "$0.03", "14:05:33"):
        assert len({state.index(part) for state in states}) == 1
    assert ("backoff 55s" in states[-1]) is (cells > 80)


@pytest.mark.parametrize("scope", Scope)
def test_q_closes_what_is_open_and_only_the_dashboard_says_that_it_quits(scope: Scope) -> None:
    labels = {hint.label for hint in footer(scope)}
    assert not {"back", "quit"} <= labels
    assert "quit" in {hint.label for hint in footer(Scope.DASHBOARD)}


def test_what_was_spent_moves_nothing_else() -> None:
    snapshot = scene("healthy")

    def place(dollars: float) -> int:
        spend = replace(snapshot.engine.spend, today_usd=dollars, ceiling_usd=50.0)
        shown = replace(snapshot, engine=replace(snapshot.engine, spend=spend))
        return plain(header_line(shown, View(AT), 120)).index("● LIVE")

    assert len({place(dollars) for dollars in (0.0, 0.001, 0.03, 9.99, 10.01)}) == 1
