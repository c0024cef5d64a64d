"""The saved state of alerting: bad disks, damaged files, restarts and clocks that jump."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import NoStateBackend
from claude_tui.alerting.routes import AlertSettings
from claude_tui.model.alert import AlertState
from claude_tui.model.verdict import Cause, Severity
from tests.alerts import (
    HEALTHY,
    OUTAGE,
    TARGET,
    Memory,
    Watch,
    loaded,
    verdict,
    verdict_rules,
)

# -- the disk ----------------------------------------------------------------------------


class FullDisk(Memory):
    def save(self, state: bytes, entries: object = (), *, essential: bool = True) -> None:
        raise OSError(28, "No space left on device")


async def test_a_full_disk_is_reported_and_pages_go_out() -> None:
    watch = await loaded(Watch(backend=FullDisk()))
    watch.sees(OUTAGE)
    await watch.deliver()
    assert len(watch.receiver.pages) == 1
    problem = watch.alerting.view().problem
    assert problem is not None
    assert "No space left on device" in problem


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"version": 99}',
        b'{"alerts": 7}',
        b'{"at": "yesterday"}',
        b"[" * 100_000,
        b'{"groups": [{"id": 1}]}',
    ],
)
async def test_a_damaged_state_is_reported_and_a_new_one_begun(state: bytes) -> None:
    keeper = Memory(state)
    watch = await loaded(Watch(backend=keeper))
    view = watch.sees(OUTAGE)
    assert view.problem is not None
    assert view.problem.startswith("alert state could not be read")
    assert len(view.problem) <= 200
    await watch.deliver()
    assert len(watch.receiver.pages) == 1
    await watch.alerting.aclose()
    assert keeper.aside == [state]
    assert keeper.state != state
    assert (watch.alerting.view().problem or "").startswith("alert state could not be read")


async def test_a_disk_that_hangs_holds_up_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Hanging(Memory):
        def save(self, state: bytes, entries: object = (), *, essential: bool = True) -> None:
            release.wait(20)

    monkeypatch.setattr("claude_tui.alerting.persistence.SAVE_TIMEOUT_S", 0.05)
    watch = await loaded(Watch(backend=Hanging()))
    watch.sees(OUTAGE)
    await watch.deliver()
    release.set()
    assert len(watch.receiver.pages) == 1
    assert "does not respond" in (watch.alerting.view().problem or "")


def test_no_keeper_keeps_nothing() -> None:
    keeper = NoStateBackend()
    keeper.save(b"x", (), essential=True)
    assert keeper.load() is None


# -- the clock ---------------------------------------------------------------------------


async def test_a_clock_set_back_keeps_every_wait_its_length() -> None:
    watch = await loaded(Watch())
    watch.sees(OUTAGE)
    watch.alerting.snooze(None, by="ana", until=watch.clock.at + timedelta(minutes=30))
    watch.sees(OUTAGE)
    view = watch.sees(OUTAGE, after_s=-7200)
    (group,) = view.groups
    assert group.opened_at <= watch.clock.at
    assert group.snoozed is not None
    assert timedelta(minutes=29) < group.snoozed.until - watch.clock.at <= timedelta(minutes=30)
    watch.sees(HEALTHY)
    view = watch.sees(HEALTHY, after_s=61)
    assert view.groups == ()


async def test_a_clock_set_forward_fires_nothing_that_was_pending() -> None:
    watch = Watch()
    watch.alerting = Alerting(
        verdict_rules(hold_s=300), AlertSettings(), target=TARGET, backend=Memory(), now=watch.clock
    )
    await loaded(watch)
    errors = verdict(Cause.PROVIDER_ERRORS, Severity.P3)
    watch.sees(errors)
    view = watch.sees(errors, after_s=7200)
    assert {alert.state for alert in view.alerts} == {AlertState.PENDING}


async def test_a_restart_does_not_let_a_wait_run_out() -> None:
    """`keep_firing_for` does not pass while nobody looks: the outage may have gone on."""
    memory = Memory()
    watch = await loaded(Watch(backend=memory, keep_s=90))
    watch.sees(OUTAGE)
    watch.sees(HEALTHY)
    await watch.deliver()
    again = await loaded(Watch(backend=memory, clock=watch.clock, keep_s=90))
    assert len(again.sees(HEALTHY, after_s=3600).groups) == 1
    assert again.sees(HEALTHY, after_s=30).groups == ()
