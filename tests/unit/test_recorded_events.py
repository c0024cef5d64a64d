"""Events that do not come from observations: changed verdicts, alerts, and what people did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.engine.journal import Journal
from claude_tui.engine.notices import notices_of
from claude_tui.model.alert import (
    AlertEntry,
    AlertsView,
    DeliveryResult,
    EntryKind,
    NotificationKind,
    RouteState,
)
from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.snapshot import EventKind, Level, Spend
from claude_tui.model.verdict import Cause, Severity
from claude_tui.store import Store
from tests.alerts import verdict
from tests.builders import NOON

UNKNOWN = verdict(Cause.UNKNOWN)
OUTAGE = verdict(Cause.PROVIDER_OUTAGE, Severity.P1, summary="It's them.")
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def opens() -> Store:
        opened.append(Store.open(tmp_path, now=NOON))
        return opened[-1]

    yield opens
    for store in opened:
        store.close()


def texts(journal: Journal, alerts: AlertsView | None = None) -> list[str]:
    return [event.text for event in journal.events(alerts or AlertsView())]


def test_a_verdict_is_reported_when_it_changes_and_not_again(open_store: Callable[[], Store]) -> None:
    journal = Journal(open_store())
    for minute, judged in enumerate((verdict(), verdict(), OUTAGE, OUTAGE, verdict())):
        journal.note_verdict(judged, at(minute))
    assert texts(journal) == ["It is healthy", "P1 It's them.", "It is healthy"]
    levels = [event.level for event in journal.events(AlertsView())]
    assert levels == [Level.OK, Level.BAD, Level.OK]
    assert {event.kind for event in journal.events(AlertsView())} == {EventKind.VERDICT}


def test_a_program_that_has_just_begun_knows_nothing_and_that_is_no_news(
    open_store: Callable[[], Store],
) -> None:
    journal = Journal(open_store())
    journal.note_verdict(UNKNOWN, at(0))
    journal.note_verdict(UNKNOWN, at(9))
    assert texts(journal) == []
    journal.note_verdict(OUTAGE, at(10))
    # As after a restart: a minute without a verdict, then the one that was told before.
    journal.note_verdict(UNKNOWN, at(11))
    journal.note_verdict(OUTAGE, at(12))
    assert texts(journal) == ["P1 It's them."]
    journal.note_verdict(UNKNOWN, at(13))
    journal.note_verdict(UNKNOWN, at(16))
    assert texts(journal)[0] == "It is unknown"


def test_verdicts_and_marks_outlive_the_program(open_store: Callable[[], Store]) -> None:
    store = open_store()
    journal = Journal(store)
    journal.note_verdict(OUTAGE, at(0))
    step = StepMark(at(1), "outage", "retries", StepState.DONE, "eve", "all three")
    level = SeverityMark(at(2), Severity.P2, Severity.P1, "bob", "one tenant")
    store.write(step)
    journal.step_marked(step)
    store.write(level)
    journal.severity_marked(level)
    expected = ["P2 set by bob: one tenant", "outage: retries done, eve: all three", "P1 It's them."]
    assert texts(journal) == expected
    store.close()

    again = Journal(open_store())
    again.load(at(5))
    assert texts(again) == expected
    again.note_verdict(OUTAGE, at(6))
    assert texts(again) == expected


async def test_a_mark_made_here_does_not_vanish_while_the_store_is_read(
    open_store: Callable[[], Store],
) -> None:
    journal = Journal(open_store())
    mark = StepMark(at(1), "outage", "retries", StepState.DONE, "eve")
    reading = asyncio.ensure_future(journal.follow(at(2)))
    await asyncio.sleep(0)
    journal.step_marked(mark)
    await reading
    assert journal.step_marks == (mark,)


def test_the_same_tuple_until_there_is_something_new(open_store: Callable[[], Store]) -> None:
    journal = Journal(open_store())
    journal.note_verdict(OUTAGE, at(0))
    alerts = AlertsView(journal=(entry(EntryKind.PAGE, NotificationKind.OPENED),))
    events = journal.events(alerts)
    assert journal.events(alerts) is events
    assert events[0].level is Level.BAD
    assert (events[0].kind, events[0].text) == (EventKind.ALERT, "page")


def entry(kind: EntryKind, page: NotificationKind | None = None) -> AlertEntry:
    return AlertEntry("k", at(1), kind, Severity.P1, "outage", "page", page)


@pytest.mark.parametrize(
    ("alert", "level"),
    [
        (entry(EntryKind.PAGE, NotificationKind.RESOLVED), Level.OK),
        (entry(EntryKind.ACKNOWLEDGED), Level.INFO),
        (entry(EntryKind.DELIVERY_FAILED), Level.WARN),
        (entry(EntryKind.DELIVERY_WORKS), Level.OK),
    ],
)
def test_levels_of_alerts(alert: AlertEntry, level: Level, open_store: Callable[[], Store]) -> None:
    assert Journal(open_store()).events(AlertsView(journal=(alert,)))[0].level is level


def test_a_route_that_fails_is_a_notice_with_its_masked_address() -> None:
    last = DeliveryResult("oncall", at(1), delivered=False, detail="HTTP 500")
    route = RouteState("oncall", "apprise", "slack://…", waiting=2, failing_since=at(0), last=last)
    alerts = AlertsView(routes=(route,), problem="alert state could not be saved")
    notices = notices_of((), at(2), store_problem=None, spend=Spend(0.0, 0.5), alerts=alerts)
    assert [notice.text for notice in notices] == [
        "alerts: alert state could not be saved",
        "alerts do not reach oncall (slack://…) since 12:00: HTTP 500; 2 waiting",
    ]
