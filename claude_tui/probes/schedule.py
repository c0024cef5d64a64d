"""When each probe runs: on its interval, unless the server, the budget or the user says otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from claude_tui.model.observation import Observation
from claude_tui.model.snapshot import ProbeState
from claude_tui.probes.budget import Budget
from claude_tui.probes.clock import Clock
from claude_tui.probes.internal_error import internal_error
from claude_tui.probes.pacing import LONGEST_HOLD_S, Backoff, hold_after, jittered, next_slot
from claude_tui.probes.report import Probe, Report

_logger = logging.getLogger(__name__)

__all__ = ["MIN_PROBE_NOW_GAP_S", "Backoff", "Plan", "Schedule"]

MIN_PROBE_NOW_GAP_S = 2.0
"""The least seconds between two `probe_now` that take effect."""

# How often to check whether a blocked probe can run, when nothing else happens.
RECHECK_S = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A probe and when it runs."""

    probe: Probe
    """What to run."""
    interval_s: float
    """Seconds from start to start."""
    paid: bool = False
    """Whether it stops at the budget's ceiling and backs off on 429 and 529."""
    ready: Callable[[], str | None] = lambda: None
    """Why it cannot run now (no key, no model), None if it can."""
    now_s: Callable[[], float] | None = None
    """Returns the current seconds from start to start, given what has been observed; None for always
    `interval_s`."""

    skip_reason: Callable[[], str | None] = lambda: None
    """Returns why a due run can be skipped; None if it cannot. At a person's request, the probe runs
    nevertheless."""

    def __post_init__(self) -> None:
        if self.interval_s <= 0:
            raise ValueError(f"the interval of {self.probe.source} must be above 0, not {self.interval_s}")


class _Lane:
    """The state of one plan. Instants are on the monotonic clock."""

    def __init__(self, plan: Plan, due: float) -> None:
        self.plan = plan
        self.due = due
        self.held_until = float("-inf")
        self.held_reason = ""
        self.began = due
        self.requested = False
        self.task: asyncio.Task[None] | None = None
        self.last_at: datetime | None = None
        self.fault: str | None = None

    @property
    def next(self) -> float:
        return max(self.due, self.held_until)

    def hold(self, until: float, reason: str) -> None:
        """Holds the plan at least until then; a hold that lasts longer stays in force."""
        if until > self.held_until:
            self.held_until, self.held_reason = until, reason

    def release(self) -> None:
        self.held_until = float("-inf")


class Schedule:
    """Runs each probe on its interval, and never two at a time of the same one.

    - Intervals count from start to start, each jittered by a tenth; slots missed are skipped.
    - While something is being confirmed, a plan runs sooner (`Plan.now_s`), but never before a hold ends.
    - A hold (see `pacing.hold_after`) delays one probe, not the others. It ends early only with a
      success, which only `probe_now` can cause.
    - With `resumed`, the states of another process that has ended, it continues that one's schedule.
    - A probe that raises has an internal error, which says nothing about the API: nothing is delivered,
      its state says why it does not probe, and it runs again at its next slot.

    Uses the monotonic clock: a jump of the wall clock changes only the displayed instants. All
    methods belong to the loop's thread.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        *,
        clock: Clock,
        random: Random,
        deliver: Callable[[Report], None],
        budget: Budget,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        resumed: Sequence[ProbeState] = (),
    ) -> None:
        self._clock = clock
        self._random = random
        self._deliver = deliver
        self._budget = budget
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._wake = asyncio.Event()
        self._requested_at = float("-inf")
        self._lanes = [_Lane(plan, due=clock.monotonic()) for plan in plans]
        states = {state.source: state for state in resumed}
        for lane in self._lanes:
            if (state := states.get(lane.plan.probe.source)) is not None:
                self._resume(lane, state)

    def _resume(self, lane: _Lane, state: ProbeState) -> None:
        """Continues the schedule of another process, whose probes were probes of the same target."""
        if state.next_at is None:
            return
        now = self._clock.monotonic()
        wait_s = (state.next_at - self._clock.now()).total_seconds()
        lane.last_at = state.last_at
        if state.held_until is None or not state.held_reason:
            lane.due = now + min(max(wait_s, 0.0), lane.plan.interval_s)
        elif 0 < wait_s <= LONGEST_HOLD_S:
            lane.hold(now + wait_s, state.held_reason)

    async def run(self) -> None:
        """Probes until cancelled; at the start every probe is due at once.

        Raises only what `deliver` raises. Cancelling it cancels the probes that run.
        """
        try:
            while True:
                self._reap()
                await self._pause(self._start_what_is_due())
        finally:
            running = [lane.task for lane in self._lanes if lane.task is not None]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def probe_now(self) -> bool:
        """Runs every probe now, held or not, at the user's request.

        False when the last time was under 2 s ago. A probe that is running is left alone; one that
        is not ready, or past the budget's ceiling, stays where it is.
        """
        now = self._clock.monotonic()
        if now - self._requested_at < MIN_PROBE_NOW_GAP_S:
            return False
        self._requested_at = now
        for lane in self._lanes:
            lane.requested = lane.task is None
        self._wake.set()
        return True

    def states(self) -> tuple[ProbeState, ...]:
        """The current state of each probe, in the order of the plans."""
        return tuple(self._state(lane) for lane in self._lanes)

    @property
    def fault(self) -> str | None:
        """The last internal error of a probe; None if all ran."""
        return next((lane.fault for lane in self._lanes if lane.fault is not None), None)

    def _reap(self) -> None:
        for lane in self._lanes:
            if lane.task is not None and lane.task.done():
                task, lane.task = lane.task, None
                task.result()

    def _start_what_is_due(self) -> float | None:
        """Starts the probes that are due.

        Returns the seconds until more may be due; None if that depends on a probe.
        """
        waits = [self._wait_or_start(lane) for lane in self._lanes if lane.task is None]
        return min((wait for wait in waits if wait is not None), default=None)

    def _wait_or_start(self, lane: _Lane) -> float | None:
        wait = lane.next - self._clock.monotonic()
        if wait > 0 and not lane.requested:
            return wait
        requested, lane.requested = lane.requested, False
        if self._obstacle(lane.plan) is not None:
            return max(RECHECK_S, wait)
        if not requested and lane.plan.skip_reason() is not None:
            return RECHECK_S
        lane.began = self._clock.monotonic()
        lane.due = lane.began + jittered(lane.plan.interval_s, self._random)
        lane.last_at = self._clock.now()
        lane.task = asyncio.create_task(self._probe(lane))
        return None

    def _obstacle(self, plan: Plan) -> tuple[str, datetime | None] | None:
        """Why a plan cannot run at all for now, and until when if that is known."""
        if (reason := plan.ready()) is not None:
            return reason, None
        if plan.paid and self._budget.stopped:
            ceiling_usd = self._budget.spend().ceiling_usd
            return f"the ceiling of ${ceiling_usd:.2f} per day is reached", _tomorrow(self._clock.now())
        return None

    async def _probe(self, lane: _Lane) -> None:
        try:
            report = await lane.plan.probe.run()
        except Exception as error:  # noqa: BLE001 - whatever a faulty probe raises, the others go on
            self._note_fault(lane, internal_error(error))
            self._wake.set()
            return
        lane.fault = None
        self._settle(lane, report.observation)
        self._budget.add(report.observation)
        try:
            self._deliver(report)
            self._hurry()
        finally:
            self._wake.set()

    def _note_fault(self, lane: _Lane, fault: str) -> None:
        if fault != lane.fault:
            _logger.error("the %s probe: %s", lane.plan.probe.source.value, fault)
        lane.fault = fault
        lane.due = next_slot(lane.due, self._clock.monotonic(), lane.plan.interval_s)

    def _hurry(self) -> None:
        """Brings plans forward, given what has just been observed; a hold stays in force."""
        for lane in self._lanes:
            if lane.plan.now_s is None or (now_s := lane.plan.now_s()) >= lane.plan.interval_s:
                continue
            lane.due = min(lane.due, lane.began + jittered(now_s, self._random))

    def _settle(self, lane: _Lane, observation: Observation) -> None:
        now = self._clock.monotonic()
        lane.due = next_slot(lane.due, now, lane.plan.interval_s)
        hold = hold_after(observation, paid=lane.plan.paid, backoff=self._backoff, random=self._random)
        if hold is not None:
            lane.hold(now + hold.seconds, hold.reason)
        elif not observation.failed:
            lane.release()

    async def _pause(self, seconds: float | None) -> None:
        """Sleeps until something happens, at most `seconds`."""
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if seconds is not None:
            waiting.append(asyncio.ensure_future(self._sleep(seconds)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        self._wake.clear()

    def _state(self, lane: _Lane) -> ProbeState:
        now = self._clock.now()
        in_s = max(0.0, lane.next - self._clock.monotonic())
        next_at: datetime | None = now + timedelta(seconds=in_s)
        held_until: datetime | None = None
        held_reason: str | None = None
        if lane.task is None and (obstacle := self._obstacle(lane.plan)) is not None:
            held_reason, held_until = obstacle
            next_at = held_until
        elif lane.task is None and in_s <= 0 and (skip_reason := lane.plan.skip_reason()) is not None:
            held_reason, next_at = skip_reason, None
        elif lane.held_until > lane.due and in_s > 0:
            held_reason, held_until = lane.held_reason, next_at
        elif lane.fault is not None:
            held_reason = lane.fault
        return ProbeState(
            source=lane.plan.probe.source,
            interval_s=lane.plan.interval_s,
            next_at=next_at,
            running=lane.task is not None,
            last_at=lane.last_at,
            held_until=held_until,
            held_reason=held_reason,
        )


def _tomorrow(now: datetime) -> datetime:
    """The beginning of the next UTC day."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
