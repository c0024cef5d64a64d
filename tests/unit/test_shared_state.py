"""What the collector publishes to viewers, and what they request from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.ledger import Ledger, added_entries, noted
from claude_tui.engine.agent_log import changes, log_to
from claude_tui.engine.collector_state import AlertingFacts, CollectorState
from claude_tui.engine.notices import SILENT_AFTER, of_sharing
from claude_tui.engine.requests import STALE_AFTER, Requests
from claude_tui.engine.viewer import idle
from claude_tui.model.alert import AlertEntry, DeliveryResult, EntryKind, RouteState
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Source
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.snapshot import Event, EventKind, Level, Notice, ProbeState, Spend, Target
from claude_tui.model.verdict import Severity
from claude_tui.model.watching import Process, Watching
from claude_tui.store import Store
from tests.builders import NOON
from tests.snapshots.pictures import PICTURES

SECOND = timedelta(seconds=1)
PROBE = ProbeState(Source.MESSAGES, 30.0, NOON + 9 * SECOND, True, NOON, NOON + 9 * SECOND, "overloaded")
STATE = CollectorState(
    NOON,
    Target("prod", "https://api.example.test", "api.example.test", "claude-haiku-5-5"),
    (PROBE,),
    Spend(0.25, 2.0),
    (Notice("key", Level.WARN, "the key looks odd", NOON),),
    "the key looks odd",
    NoKeyReason.MISSING,
    AlertingFacts(
        (RouteState("hook", "apprise", "json://…", last=DeliveryResult("hook", NOON, True, "arrived")),),
        None,
        12,
        14400.0,
    ),
)
EVE = Process("eve", "ops-box", 4242, NOON)


# -- what the collector says of itself --------------------------------------------------------


def test_the_state_survives_the_store() -> None:
    assert CollectorState.decode(STATE.encode()) == STATE
    assert b'"key_lack":"missing"' in STATE.encode()
    assert STATE.alerting.reminder_acknowledged == timedelta(hours=4)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"at": 7}', STATE.encode()[:-9]])
def test_a_state_of_another_version_is_none(body: bytes) -> None:
    assert CollectorState.decode(body) is None


def test_the_passing_of_time_is_no_change() -> None:
    later = replace(
        STATE,
        at=NOON + SECOND,
        probes=(replace(PROBE, next_at=NOON + 9.0004 * SECOND, held_until=NOON + 9.0004 * SECOND),),
    )
    assert not later.differs(STATE)
    assert STATE.differs(None)


@pytest.mark.parametrize(
    "change",
    [
        {"probes": (replace(PROBE, running=False),)},
        {"probes": (replace(PROBE, next_at=None),)},
        {"probes": (replace(PROBE, next_at=NOON + 39 * SECOND),)},
        {"probes": (replace(PROBE, held_reason=None),)},
        {"probes": ()},
        {"spend": Spend(0.26, 2.0)},
        {"notices": ()},
        {"target": replace(STATE.target, model="claude-other")},
        {"alerting": AlertingFacts()},
    ],
)
def test_what_people_would_notice_is_a_change(change: dict[str, object]) -> None:
    assert replace(STATE, **change).differs(STATE)  # type: ignore[arg-type]


def test_where_nobody_collects_no_probe_is_coming() -> None:
    (probe,) = idle(STATE, Watching(collects=False)).probes
    assert (probe.next_at, probe.running) == (None, False)
    assert idle(STATE, Watching(collects=False, collector=EVE)) is STATE


def test_a_reader_says_that_nobody_collects_and_how_old_the_record_is() -> None:
    alone = Watching(collects=False, read_only=True)
    (notice,) = of_sharing(alone, STATE, NOON + timedelta(minutes=3))
    assert notice.text == "nobody collects: no probe runs, and this is the record as of 12:00:00 UTC"
    (notice,) = of_sharing(alone, None, NOON)
    assert notice.text.endswith("nothing is recorded yet")
    assert of_sharing(replace(alone, read_only=False), STATE, NOON) == ()
    assert of_sharing(Watching(), STATE, NOON + timedelta(hours=1)) == ()


def test_a_collector_that_does_not_probe_is_reported_once_it_is_late() -> None:
    watching = Watching(collects=False, collector=EVE)
    assert of_sharing(watching, None, NOON) == ()
    assert of_sharing(watching, STATE, NOON + 9 * SECOND + SILENT_AFTER - SECOND) == ()
    (notice,) = of_sharing(watching, STATE, NOON + 9 * SECOND + SILENT_AFTER)
    assert notice.level is Level.BAD
    assert "eve@ops-box (pid 4242) collects, but has not probed since 12:00:00 UTC" in notice.text


# -- what is asked of the collector -----------------------------------------------------------


def asked(number: int, seconds: float = 0.0) -> ActionRequest:
    return ActionRequest(NOON + seconds * SECOND, f"{number:032x}", RequestedAction.PROBE, "eve", "ops-box")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, now=NOON)
    yield opened
    opened.close()


class Done:
    def __init__(self) -> None:
        self.ids: list[int] = []

    async def __call__(self, request: ActionRequest) -> None:
        self.ids.append(int(request.id, 16))


async def handled(requests: Requests, seconds: float = 1.0) -> list[int]:
    done = Done()
    await requests.handle(requests.added(), done, NOON + seconds * SECOND)
    return done.ids


async def test_each_request_is_carried_out_once_over_a_take_over(store: Store) -> None:
    first = Requests(store)
    first.resume()
    store.write(asked(1))
    store.write(asked(2))
    store.flush()
    assert await handled(first) == [1, 2]
    assert await handled(first) == []
    store.write(asked(3, 2))
    store.flush()
    second = Requests(store)
    second.resume()
    assert await handled(second, 4) == [3]
    assert await handled(second, 4) == []


async def test_what_was_asked_for_long_ago_is_not_carried_out(store: Store) -> None:
    store.write(asked(1))
    store.write(asked(2, 40))
    store.flush()
    requests = Requests(store)
    requests.resume()
    assert await handled(requests, STALE_AFTER.total_seconds() + 1) == [2]


async def test_what_this_process_did_at_once_is_not_done_again(store: Store) -> None:
    requests = Requests(store)
    requests.done(asked(1))
    store.write(asked(1))
    store.write(asked(2))
    store.flush()
    assert await handled(requests) == [2]


async def test_a_position_that_cannot_be_read_starts_anew(store: Store) -> None:
    store.keep("action requests handled", b"\xff")
    store.write(asked(1))
    store.flush()
    requests = Requests(store)
    requests.resume()
    assert await handled(requests) == [1]


# -- the journal of the alerts ----------------------------------------------------------------


def entry(number: int) -> AlertEntry:
    return AlertEntry("", NOON + number * SECOND, EntryKind.PAGE, Severity.P1, "provider", f"page {number}")


@given(st.lists(st.integers(1, 250), max_size=4))
def test_every_entry_is_added_once(batches: list[int]) -> None:
    ledger, added, number = Ledger(), list[AlertEntry](), 0
    for batch in batches:
        before = ledger
        ledger = noted(ledger, [entry(number + index) for index in range(batch)])
        number += batch
        added += added_entries(before, ledger)
    assert len({added_entry.key for added_entry in added}) == len(added)
    assert added[-1:] == [*ledger.journal][-1:]
    assert len(added) == sum(min(batch, 200) for batch in batches)


def test_of_an_unknown_past_the_whole_journal_is_added() -> None:
    ledger = noted(Ledger(), [entry(1), entry(2)])
    assert added_entries(None, ledger) == ledger.journal
    assert added_entries(ledger, ledger) == ()


# -- the log of an agent ----------------------------------------------------------------------


def test_the_log_says_what_changes_and_nothing_else() -> None:
    calm = PICTURES["healthy"]()
    assert [*changes(None, calm)][:2] == [
        "collecting: probes and alerts run here",
        f"verdict: {calm.verdict.summary}",
    ]
    assert [*changes(calm, calm)] == []
    first, second = (
        Event(
            f"alert:{number}", NOON + number * SECOND, EventKind.ALERT, Level.BAD, "alert", f"page {number}"
        )
        for number in (1, 2)
    )
    paged = replace(calm, engine=replace(calm.engine, recorded=(second, first, *calm.engine.recorded)))
    assert [*changes(calm, paged)] == ["alert: page 1", "alert: page 2"]
    watching = Watching(collects=False, collector=EVE)
    viewer = replace(calm, engine=replace(calm.engine, watching=watching))
    assert [*changes(calm, viewer)] == ["watching: eve@ops-box collects (pid 4242)"]
    notice = Notice("budget", Level.WARN, "probe budget spent", NOON)
    spent = replace(calm, engine=replace(calm.engine, notices=(notice,)))
    assert [*changes(calm, spent)] == ["notice: probe budget spent"]
    assert [*changes(spent, calm)] == ["notice over: budget"]


def test_a_log_that_is_a_pipe_is_never_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device"):
        log_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = log_to(pipe)
    for _ in range(40):  # more than a pipe holds
        log(NOON, "x" * 3000)
    os.close(reader)
    assert "could not complete" in capsys.readouterr().err


def test_a_log_file_may_be_moved_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "agent.log"
    log = log_to(path)
    log(NOON, "one")
    path.rename(tmp_path / "agent.log.1")
    log(NOON, "two")
    assert path.read_text() == "2026-11-20T12:00:00Z two\n"
    path.unlink()
    path.mkdir()
    log(NOON, "three")
    assert "2026-11-20T12:00:00Z three" in capsys.readouterr().err
    with pytest.raises(IsADirectoryError):
        log_to(path)
