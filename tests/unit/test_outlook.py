"""What the healthy screen shows: computed from the record, and unknown where the record is silent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.recent import recent_uptime
from claude_tui.analysis.uptime.record import Record
from claude_tui.analysis.uptime.report import SPANS, build_report
from claude_tui.analysis.views.incident_log import incident_log
from claude_tui.engine.uptime import count_uptime
from claude_tui.incident import ended, incidents
from claude_tui.model.incident import IncidentAct
from claude_tui.model.outlook import Uptime
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.snapshot import EventKind, Snapshot
from claude_tui.store.faults import StoreError
from claude_tui.tui.panels.record import outlook_line, record_lines
from claude_tui.tui.panels.strip import strip_lines
from claude_tui.tui.render.lines import plain, width
from tests.builders import MODEL, engine, healthy, history_of, models
from tests.incident_values import SECOND, declared, did
from tests.snapshots.pictures import AT, PICTURES
from tests.uptime_values import ninety_days
from tests.war_rooms import ACTS, WAR_ROOMS, act, declared_in

DAY_S = 86_400.0


def text(snapshot: Snapshot, cells: int = 60, rows: int = 20) -> str:
    return "\n".join(plain(row).rstrip() for row in record_lines(snapshot, cells, rows))


# -- computed -------------------------------------------------------------------------------


def test_uptime_is_that_of_the_history_screen() -> None:
    record = ninety_days(AT)
    uptime = recent_uptime(record)
    tally = next(
        span.tallies[Service.API]
        for span in build_report(record, SPANS[2], ()).spans
        if span.span == uptime.span
    )
    assert uptime.share == tally.uptime
    assert uptime.coverage == pytest.approx(tally.coverage)
    assert uptime.at == AT


def test_each_day_of_it_has_the_grade_of_its_hours() -> None:
    uptime = recent_uptime(ninety_days(AT))
    assert len(uptime.days) == 30
    # 12 minutes down on the day before yesterday, 136 a week ago, 3 on the eleventh of the thirty.
    assert [day for day in uptime.days if day] == [0.001, 0.05, 0.001]
    assert recent_uptime(ninety_days(AT, days=10)).days[:19] == (None,) * 19
    assert sum(day is None for day in recent_uptime(Record(AT)).days) == 30


def test_a_span_that_was_hardly_watched_has_no_uptime() -> None:
    uptime = recent_uptime(ninety_days(AT, days=10))
    assert uptime.share is None
    assert 0.3 < uptime.coverage < 0.4
    assert recent_uptime(Record(AT)).coverage == 0


def test_models_in_use_come_first_and_what_is_gone_not_at_all() -> None:
    at = history_end()
    listed = Catalogue(
        at,
        (
            ModelInfo("claude-old", "Old", None, "deprecated", at + timedelta(days=5)),
            ModelInfo(MODEL, "Haiku", None, "active", at + timedelta(days=200)),
            ModelInfo("claude-gone", "Gone", None, "retired", at - timedelta(days=1)),
            ModelInfo("claude-new", "New", None, "active", None),
        ),
    )
    snapshot = build_snapshot(history_of(*healthy(0, 600), listed), at, engine(), Options())
    assert [(retirement.model, retirement.used) for retirement in snapshot.outlook.retirements] == [
        (MODEL, True),
        ("claude-old", False),
    ]


def history_end() -> datetime:
    return healthy(0, 600)[-1].at


def test_the_certificate_is_the_one_that_the_newest_connection_saw() -> None:
    at = history_end()
    seen = replace(models(at - timedelta(seconds=5)), tls_expires_at=at + timedelta(days=9))
    snapshot = build_snapshot(history_of(*healthy(0, 600), seen), at, engine(), Options())
    assert snapshot.outlook.certificate_expires_at == at + timedelta(days=9)
    assert "certificate    9 days" in text(snapshot)


def test_of_the_incidents_that_are_over_the_last_one_comes_first() -> None:
    acts = (
        declared(0, "First"),
        declared(10, "Second", incident=SECOND),
        did(100, IncidentAct.RESOLVED, happened=90, incident=SECOND),
        did(400, IncidentAct.RESOLVED, happened=300),
    )
    assert [incident.label for incident in ended(incidents(acts))] == ["INC-1", "INC-2"]
    assert ended(incidents(acts[:3]))[0].title == "Second"
    assert ended(incidents(acts[:2])) == ()


def test_the_log_of_an_incident_has_nothing_of_another_one_and_ends_at_the_first_failure() -> None:
    snapshot = declared_in(PICTURES["overloaded"](), *ACTS)
    assert snapshot.incident is not None
    log = snapshot.incident_log
    assert [event.at for event in log] == sorted((event.at for event in log), reverse=True)
    assert log[-1].kind is EventKind.FAILURE
    assert log[-1].at == snapshot.incident.started_at
    foreign = replace(log[0], key="x", subject="INC-9")
    early = replace(log[0], key="y", at=snapshot.incident.started_at - timedelta(seconds=1))
    late = replace(log[0], key="z", at=snapshot.at + timedelta(seconds=1))
    assert incident_log((*log[:-1], foreign, early, late), snapshot.incident, snapshot.at) == log


# -- counted in the engine --------------------------------------------------------------------


async def test_uptime_is_counted_and_reported_and_nothing_old_stays() -> None:
    uptimes: list[Uptime | None] = []
    fails = False

    def record(at: datetime, span: timedelta) -> Record:
        assert span == timedelta(days=30)
        if fails:
            raise StoreError("locked")
        return ninety_days(at)

    async def once() -> None:
        counting = asyncio.create_task(count_uptime(record, lambda: AT, tell, first_after_s=0))
        await came.wait()
        counting.cancel()

    came = asyncio.Event()

    def tell(uptime: Uptime | None) -> None:
        uptimes.append(uptime)
        came.set()

    await once()
    assert uptimes[0] is not None
    assert uptimes[0].share == recent_uptime(ninety_days(AT)).share
    fails = True
    came.clear()
    await once()
    assert uptimes[1] is None


# -- drawn --------------------------------------------------------------------------------------


def test_the_record_of_a_healthy_day() -> None:
    shown = text(WAR_ROOMS["watched"](), 60, 16)
    assert "last incident  INC-2 500s on all models, then 529s" in shown
    assert "P1 · 7d 0h ago, lasted 2h 22m" in shown
    assert "uptime 30d     99.65% · watched 99% of it" in shown
    assert "               ▇▇▇▇▇▇▇▇▇▇▇▅▇▇▇▇▇▇▇▇▇▇▂▇▇▇▇▇▅▇" in shown
    assert "cost today     $0.03 probes" in shown
    assert "certificate    61 days · 2027-01-20" in shown
    assert "retirements    231 days · sonnet-5-5" in shown
    assert "not used: sonnet-4-5 · 2026-11-30" in shown
    assert "INC-1 41d 4h ago  P2     44m" in shown


def test_rows_that_are_left_explain_the_days_and_list_the_models() -> None:
    shown = text(WAR_ROOMS["watched"](), 60, 30)
    assert (
        "               ▇▇▇▇▇▇▇▇▇▇▇▅▇▇▇▇▇▇▇▇▇▇▂▇▇▇▇▇▅▇\n               Oct 21                  Nov 20"
        in shown
    )
    assert "9 days · sonnet-4-5 · 2026-11-30 · not used" in shown
    assert "INC-1 41d 4h ago  P2     44m" in shown
    wide = text(WAR_ROOMS["watched"](), 230, 24)
    assert "▇▇ ▇▇ ▇▇" in wide
    assert "▇ up  ▅ 0.1%" in wide
    assert "…" not in shown + wide.replace("52…", "")


def test_what_is_not_known_is_shown_or_left_out() -> None:
    shown = text(PICTURES["nothing"]())
    assert "last incident  none recorded" in shown
    assert "certificate    expiry not seen yet" in shown
    assert "retirements    not listed yet" in shown
    assert "uptime" not in shown


def test_without_tls_there_is_no_certificate_to_wait_for() -> None:
    nothing = PICTURES["nothing"]()
    target = replace(nothing.engine.target, base_url="http://127.0.0.1:8080")
    plainly = replace(nothing, engine=replace(nothing.engine, target=target))
    assert "certificate    none: the endpoint is not https" in text(plainly)


def test_too_little_watched_is_no_percentage() -> None:
    state = replace(engine(), uptime=recent_uptime(ninety_days(AT, days=10)))
    snapshot = build_snapshot(history_of(*healthy(0, 600)), history_end(), state, Options())
    assert "uptime 30d     n/a · watched 33% of it" in text(snapshot)
    assert "uptime" not in plain(outlook_line(snapshot, 100))


def test_an_open_incident_takes_its_place_with_the_newest_entries() -> None:
    shown = text(WAR_ROOMS["led"](), 60, 12)
    assert shown.startswith("Elevated 529s on Haiku\nopen 3m")
    assert "lead ana" in shown
    assert (
        shown.index("ben: checkout is on Sonnet")
        < shown.index("ana: severity P1")
        < shown.index("first failure")
    )


def test_the_newest_entries_are_shown_in_full_before_older_ones() -> None:
    snapshot = WAR_ROOMS["led"]()
    newest, *others = snapshot.incident_log
    newer = replace(newest, text="ben: checkout is on Sonnet since 14:02, batch waits until 15:00")
    log = (newer, *others, *others, *others)
    rows = [plain(row).strip() for row in record_lines(replace(snapshot, incident_log=log), 49, 14)]
    assert rows[3].endswith("15:00")
    assert len(rows) == 14


def test_rows_that_are_left_show_events_where_no_other_panel_does() -> None:
    scene = PICTURES["overloaded"]()
    undeclared = replace(scene, incident=None, incident_log=())
    without, beside = (
        [plain(row) for row in record_lines(undeclared, 60, 24, events=events)] for events in (False, True)
    )
    assert beside[: len(without)] == without
    assert beside[len(without) + 1] == "events, newest first"
    assert any("P1 It's them" in row for row in beside[len(without) + 2 :])
    assert not any("529 overloaded" in row for row in beside[len(without) + 2 :])
    assert len(beside) <= 24


def test_a_proposal_says_that_no_incident_is_open() -> None:
    assert "no incident is open" in text(WAR_ROOMS["proposed"]()).split("\n")[0]


@pytest.mark.parametrize("scene", ["watched", "led", "proposed", "nothing", "hostile"])
@pytest.mark.parametrize("cells", [10, 24, 44, 96, 200])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 9, 16, 40])
def test_it_never_leaves_its_panel(scene: str, cells: int, rows: int) -> None:
    drawn = record_lines(WAR_ROOMS[scene](), cells, rows)
    assert len(drawn) <= rows
    assert max((width(row) for row in drawn), default=0) <= cells


def test_the_strip_says_it_in_a_row_while_all_is_well_and_only_then() -> None:
    quiet = [plain(row) for row in strip_lines(WAR_ROOMS["watched"](), 120, 6, outlook=True)]
    assert any(
        "last incident 7d 0h ago (INC-2) · uptime 30d 99.65% · certificate 61 days" in row for row in quiet
    )
    loud = [plain(row) for row in strip_lines(WAR_ROOMS["led"](), 120, 6, outlook=True)]
    assert not any("uptime" in row for row in loud)


@pytest.mark.parametrize("cells", range(0, 130, 7))
def test_the_row_leaves_out_what_does_not_fit(cells: int) -> None:
    row = plain(outlook_line(WAR_ROOMS["watched"](), cells))
    assert len(row) <= cells
    assert "…" not in row


def test_a_resolved_incident_is_the_last_one_at_once() -> None:
    over = declared_in(PICTURES["healthy"](), *ACTS, act(20, IncidentAct.RESOLVED, "fixed", happened=30))
    assert "last incident  INC-1 Elevated 529s on Haiku" in text(over)
    assert "P1 · 30s ago, lasted 2m 52s" in text(over)
