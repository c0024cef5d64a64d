"""When probes run, on a clock that only the test moves."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.snapshot import ProbeState
from claude_tui.probes.budget import Budget
from claude_tui.probes.pacing import LONGEST_HOLD_S, Backoff, hold_after, jittered, next_slot
from claude_tui.probes.report import Probe, Report
from claude_tui.probes.schedule import Plan, Schedule

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Time:
    """Both clocks and the sleep of a schedule."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.jump = timedelta()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.jump

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.seconds + seconds, self._count, future))
        await future

    async def settle(self) -> None:
        """Lets everything run that does not wait for time to pass."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def pass_(self, seconds: float) -> None:
        end = self.seconds + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.seconds = max(self.seconds, at)
                future.set_result(None)
                await self.settle()
        self.seconds = end
        await self.settle()


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome = Outcome.OK
    retry_after_s: float | None = None
    takes_s: float = 0.0
    cost_usd: float = 0.0


OK = Result()


@dataclass
class FakeProbe:
    """Gives `results` in turn, the last one for ever; notes when it ran."""

    time: Time
    source: Source = Source.MESSAGES
    results: Sequence[Result | Exception] = (OK,)
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    running: int = 0
    cancelled: int = 0

    async def run(self) -> Report:
        result = self.results[min(len(self.starts), len(self.results) - 1)]
        self.starts.append(self.time.seconds)
        assert self.running == 0
        self.running += 1
        try:
            at = self.time.now()
            if isinstance(result, Exception):
                raise result
            if result.takes_s:
                await self.time.sleep(result.takes_s)
            return Report(
                Observation(
                    at,
                    self.source,
                    "target",
                    result.outcome,
                    retry_after_s=result.retry_after_s,
                    cost_usd=result.cost_usd,
                )
            )
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
            self.ends.append(self.time.seconds)

    async def aclose(self) -> None: ...


@dataclass
class Running:
    time: Time
    schedule: Schedule
    task: asyncio.Task[None]
    reports: list[Report]

    @property
    def outcomes(self) -> list[Outcome]:
        return [report.observation.outcome for report in self.reports]


@asynccontextmanager
async def running(
    time: Time,
    *plans: Plan,
    ceiling_usd: float = 1.0,
    seed: int = 1,
    deliver: Callable[[Report], None] | None = None,
    resumed: Sequence[ProbeState] = (),
) -> AsyncIterator[Running]:
    reports: list[Report] = []
    schedule = Schedule(
        plans,
        clock=time,
        random=Random(seed),
        deliver=deliver or reports.append,
        budget=Budget(ceiling_usd, time),
        sleep=time.sleep,
        resumed=resumed,
    )
    task = asyncio.create_task(schedule.run())
    await time.settle()
    try:
        yield Running(time, schedule, task, reports)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def paid(probe: Probe, interval_s: float = 30.0, ready: Callable[[], str | None] = lambda: None) -> Plan:
    return Plan(probe, interval_s, paid=True, ready=ready)


def gaps(probe: FakeProbe) -> list[float]:
    return [after - before for before, after in zip(probe.starts, probe.starts[1:], strict=False)]


async def test_a_probe_that_can_be_skipped_waits_and_runs_as_soon_as_it_is_needed() -> None:
    time, why = Time(), ["your traffic stands in"]
    probe = FakeProbe(time)
    plan = Plan(probe, 30.0, paid=True, skip_reason=lambda: why[0] if why else None)
    async with running(time, plan) as run:
        await time.pass_(120)
        assert probe.starts == []
        assert run.schedule.states()[0].held_reason == "your traffic stands in"
        assert run.schedule.probe_now()
        await time.pass_(1)
        assert len(probe.starts) == 1
        await time.pass_(120)
        assert len(probe.starts) == 1
        why.clear()
        await time.pass_(5)
        assert len(probe.starts) == 2


# -- the interval -----------------------------------------------------------------------


async def test_everything_runs_at_once_then_on_its_interval() -> None:
    time = Time()
    free, dear = FakeProbe(time, Source.MODELS), FakeProbe(time)
    async with running(time, Plan(free, 15.0), paid(dear)) as run:
        assert free.starts == dear.starts == [0.0]
        await time.pass_(300)
    assert all(13.5 <= gap <= 16.5 for gap in gaps(free))
    assert all(27.0 <= gap <= 33.0 for gap in gaps(dear))
    assert len(set(gaps(free))) > 5
    assert len(run.reports) == len(free.starts) + len(dear.starts)


async def test_a_slow_probe_skips_and_never_overlaps() -> None:
    time = Time()
    slow = FakeProbe(time, results=[Result(takes_s=37.0)])
    fast = FakeProbe(time, Source.MODELS)
    async with running(time, Plan(slow, 10.0), Plan(fast, 10.0)):
        await time.pass_(200)
    assert all(37.0 < gap <= 50.0 for gap in gaps(slow))
    assert len(fast.starts) > 15


async def test_the_state_says_when_the_next_one_is() -> None:
    time = Time()
    probe = FakeProbe(time)
    async with running(time, paid(probe)) as run:
        await time.pass_(12.5)
        (state,) = run.schedule.states()
        assert (state.source, state.interval_s, state.running) == (Source.MESSAGES, 30.0, False)
        assert (state.held_until, state.held_reason) == (None, None)
        assert state.last_at == START
        assert state.next_at is not None
        await time.pass_(30)
        assert START + timedelta(seconds=probe.starts[1]) == state.next_at


async def test_the_state_of_a_running_probe() -> None:
    time = Time()
    async with running(time, Plan(FakeProbe(time, results=[Result(takes_s=5.0)]), 30.0)) as run:
        await time.pass_(1)
        assert run.schedule.states()[0].running
        await time.pass_(5)
        assert not run.schedule.states()[0].running


async def test_a_wall_clock_that_jumps_changes_no_interval() -> None:
    time = Time()
    probe = FakeProbe(time)
    async with running(time, Plan(probe, 10.0)) as run:
        await time.pass_(15)
        time.jump = timedelta(days=-400)
        before = len(probe.starts)
        await time.pass_(50)
        assert 4 <= len(probe.starts) - before <= 6
        (state,) = run.schedule.states()
        assert state.next_at is not None
        assert timedelta() <= state.next_at - time.now() <= timedelta(seconds=11)


async def test_after_a_suspension_one_run_makes_up_for_all_that_were_missed() -> None:
    time = Time()
    probe = FakeProbe(time)
    async with running(time, Plan(probe, 10.0)):
        await time.pass_(5)
        time.seconds += 8 * 3600
        await time.pass_(0)
        assert len(probe.starts) == 2
        await time.pass_(20)
    assert len(probe.starts) <= 4


# -- holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("next_in_s", "first_s"), [(12.0, 12.0), (-40.0, 0.0), (900.0, 30.0)])
async def test_a_take_over_continues_the_schedule_of_the_former(next_in_s: float, first_s: float) -> None:
    time = Time()
    probe = FakeProbe(time)
    next_at = time.now() + timedelta(seconds=next_in_s)
    former = ProbeState(Source.MESSAGES, 30.0, next_at, running=True, last_at=time.now())
    async with running(time, paid(probe), resumed=[former]):
        await time.pass_(31)
    assert probe.starts[0] == pytest.approx(first_s, abs=0.01)


async def test_a_take_over_waits_as_long_as_the_provider_asked_the_former_to() -> None:
    time = Time()
    probe = FakeProbe(time)
    until = time.now() + timedelta(seconds=400)
    former = ProbeState(Source.MESSAGES, 30.0, until, False, None, until, "overloaded")
    async with running(time, paid(probe), resumed=[former]) as run:
        (state,) = run.schedule.states()
        assert state.held_reason == "overloaded"
        assert state.held_until is not None
        assert abs(state.held_until - until) < timedelta(seconds=1)
        await time.pass_(401)
    assert probe.starts[0] == pytest.approx(400, abs=0.01)


async def test_a_take_over_without_a_known_schedule_probes_at_once() -> None:
    time = Time()
    probe = FakeProbe(time)
    idle = ProbeState(Source.MESSAGES, 30.0, None, False, None, None, "no key: set ANTHROPIC_API_KEY")
    async with running(time, paid(probe), resumed=[idle]):
        pass
    assert probe.starts == [0.0]


async def test_overloaded_backs_off_while_free_probes_go_on() -> None:
    time = Time()
    dear = FakeProbe(time, results=[Result(Outcome.OVERLOADED)])
    free = FakeProbe(time, Source.MODELS, results=[Result(Outcome.OVERLOADED)])
    async with running(time, paid(dear, 5.0), Plan(free, 5.0)) as run:
        await time.pass_(1)
        state, other = run.schedule.states()
        assert state.held_until == state.next_at
        assert "overloaded" in (state.held_reason or "")
        assert other.held_reason is None
        await time.pass_(600)
    assert all(30.0 <= gap <= 60.0 for gap in gaps(dear))
    assert max(gaps(dear)) - min(gaps(dear)) > 5
    assert all(gap <= 5.5 for gap in gaps(free))


async def test_a_429_waits_for_its_retry_after() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(Outcome.RATE_LIMITED, retry_after_s=8.0), OK])
    async with running(time, paid(probe, 2.0)) as run:
        assert "asked to wait 8s" in (run.schedule.states()[0].held_reason or "")
        await time.pass_(20)
    assert 8.0 <= probe.starts[1] <= 8.8
    assert gaps(probe)[1] <= 2.2


@pytest.mark.parametrize("outcome", [Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT])
async def test_a_429_without_retry_after_backs_off(outcome: Outcome) -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(outcome), OK])
    async with running(time, paid(probe, 2.0)):
        await time.pass_(100)
    assert 30.0 <= probe.starts[1] <= 60.0


async def test_a_short_retry_after_on_529_does_not_shorten_the_back_off() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(Outcome.OVERLOADED, retry_after_s=1.0), OK])
    async with running(time, paid(probe, 2.0)):
        await time.pass_(100)
    assert probe.starts[1] >= 30.0


async def test_a_free_probe_honours_retry_after_for_itself() -> None:
    time = Time()
    limited = FakeProbe(time, Source.MODELS, results=[Result(Outcome.RATE_LIMITED, retry_after_s=100.0), OK])
    other = FakeProbe(time)
    async with running(time, Plan(limited, 5.0), paid(other, 5.0)):
        await time.pass_(90)
        assert len(limited.starts) == 1
        assert len(other.starts) > 15
        await time.pass_(20)
    assert 100.0 <= limited.starts[1] <= 105.0


async def test_an_absurd_retry_after_is_cut_and_says_so() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(Outcome.SERVER_ERROR, retry_after_s=1e9), OK])
    async with running(time, paid(probe)) as run:
        assert "capped at 3600s" in (run.schedule.states()[0].held_reason or "")
        await time.pass_(LONGEST_HOLD_S - 1)
        assert len(probe.starts) == 1
        await time.pass_(7)
    assert len(probe.starts) == 2


async def test_a_plain_failure_changes_nothing() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(Outcome.SERVER_ERROR)])
    async with running(time, paid(probe, 10.0)) as run:
        assert run.schedule.states()[0].held_reason is None
        await time.pass_(100)
    assert all(gap <= 11.0 for gap in gaps(probe))


# -- probe now -------------------------------------------------------------------------------


async def test_a_person_goes_before_a_hold() -> None:
    time = Time()
    dear = FakeProbe(time, results=[Result(Outcome.OVERLOADED), OK])
    free = FakeProbe(time, Source.MODELS)
    async with running(time, paid(dear, 20.0), Plan(free, 20.0)) as run:
        await time.pass_(3)
        assert run.schedule.probe_now()
        await time.settle()
        assert dear.starts == free.starts == [0.0, 3.0]
        assert run.schedule.states()[0].held_reason is None
        await time.pass_(22)
    assert 18.0 <= gaps(dear)[1] <= 22.0


async def test_a_hold_outlasts_a_failure_that_asks_for_none() -> None:
    time = Time()
    results = [Result(Outcome.RATE_LIMITED, retry_after_s=100.0), Result(Outcome.TIMEOUT), OK]
    probe = FakeProbe(time, results=results)
    async with running(time, paid(probe, 5.0)) as run:
        await time.pass_(3)
        run.schedule.probe_now()
        await time.pass_(90)
        assert probe.starts == [0.0, 3.0]
        await time.pass_(20)
    assert probe.starts[2] >= 100.0


async def test_at_most_once_in_two_seconds() -> None:
    time = Time()
    probe = FakeProbe(time)
    async with running(time, Plan(probe, 100.0)) as run:
        await time.pass_(10)
        assert run.schedule.probe_now()
        assert not run.schedule.probe_now()
        await time.pass_(1.9)
        assert not run.schedule.probe_now()
        await time.pass_(0.2)
        assert run.schedule.probe_now()
        await time.settle()
    assert probe.starts == pytest.approx([0.0, 10.0, 12.1])


async def test_a_running_probe_is_not_started_twice() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(takes_s=50.0)])
    async with running(time, Plan(probe, 100.0)) as run:
        await time.pass_(10)
        assert run.schedule.probe_now()
        await time.pass_(60)
    assert probe.starts == [0.0]


# -- what must be there first ------------------------------------------------------------------


async def test_a_probe_that_is_not_ready_says_why_and_starts_when_it_is() -> None:
    time = Time()
    models = FakeProbe(time, Source.MODELS, results=[Result(takes_s=2.0)])
    messages = FakeProbe(time)
    delivered: list[Report] = []
    plans = Plan(models, 15.0), paid(messages, ready=lambda: None if delivered else "no model yet")
    async with running(time, *plans, deliver=delivered.append) as run:
        await time.pass_(1)
        state = run.schedule.states()[1]
        assert (state.held_reason, state.next_at, state.held_until) == ("no model yet", None, None)
        await time.pass_(1)
        assert messages.starts == [2.0]


async def test_not_even_a_person_runs_what_is_not_ready() -> None:
    time = Time()
    probe = FakeProbe(time)
    async with running(time, paid(probe, ready=lambda: "no key")) as run:
        await time.pass_(60)
        run.schedule.probe_now()
        await time.pass_(60)
    assert probe.starts == []


async def test_the_ceiling_stops_paid_probes_until_the_next_day() -> None:
    time = Time()
    time.jump = timedelta(hours=10)
    dear = FakeProbe(time, results=[Result(cost_usd=0.4)])
    free = FakeProbe(time, Source.MODELS)
    async with running(time, paid(dear, 30.0), Plan(free, 30.0), ceiling_usd=1.0) as run:
        await time.pass_(3600)
        assert len(dear.starts) == 3
        assert len(free.starts) > 100
        run.schedule.probe_now()
        await time.settle()
        assert len(dear.starts) == 3
        state = run.schedule.states()[0]
        assert state.held_reason == "the ceiling of $1.00 per day is reached"
        assert state.held_until == state.next_at == datetime(2026, 11, 21, tzinfo=UTC)
        await time.pass_(3600 - 1)
        assert len(dear.starts) == 3
        await time.pass_(7)
    assert len(dear.starts) == 4


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ValueError("sk-ant-secret"),
            "a fault in claude-top itself, not in the answer: ValueError at test_schedule.py:",
        ),
        (AttributeError("sk-ant-secret"), "AttributeError at test_schedule.py:"),
        (
            ImportError("sk-ant-secret", name="anthropic"),
            "not installed completely: anthropic cannot be loaded",
        ),
    ],
)
async def test_a_probe_that_raises_says_nothing_about_the_api_and_runs_again(
    error: Exception, words: str
) -> None:
    time = Time()
    broken = FakeProbe(time, results=[error, OK])
    other = FakeProbe(time, Source.MODELS)
    async with running(time, paid(broken), Plan(other, 30.0)) as run:
        assert {report.observation.source for report in run.reports} == {Source.MODELS}
        fault = run.schedule.fault or ""
        assert words in fault
        assert "secret" not in fault
        assert run.schedule.states()[0].held_reason == fault
        await time.pass_(40)
        assert not any(report.observation.failed for report in run.reports)
        assert run.schedule.fault is run.schedule.states()[0].held_reason is None
    assert len(broken.starts) == len(other.starts) == 2


async def test_what_deliver_raises_ends_the_schedule() -> None:
    def deliver(report: Report) -> None:
        raise RuntimeError("the store is gone")

    time = Time()
    async with running(time, Plan(FakeProbe(time), 10.0), deliver=deliver) as run:
        with pytest.raises(RuntimeError, match="the store is gone"):
            await run.task


async def test_cancelling_the_schedule_cancels_its_probes() -> None:
    time = Time()
    probe = FakeProbe(time, results=[Result(takes_s=100.0)])
    async with running(time, Plan(probe, 10.0)) as run:
        run.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run.task
    assert (probe.cancelled, probe.running) == (1, 0)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="interval"):
        Plan(FakeProbe(Time()), 0.0)
    with pytest.raises(ValueError, match="backoff"):
        Backoff(60, 30)


# -- properties -------------------------------------------------------------------------------------

RESULTS = st.lists(
    st.builds(
        Result,
        outcome=st.sampled_from(
            [Outcome.OK, Outcome.OVERLOADED, Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.SPEND_LIMIT]
        ),
        retry_after_s=st.none() | st.floats(0, 200),
        takes_s=st.sampled_from([0.0, 0.5, 7.0, 45.0]),
        cost_usd=st.sampled_from([0.0, 0.01]),
    ),
    min_size=1,
    max_size=8,
)


@given(results=RESULTS, asks=st.lists(st.floats(0.1, 90), max_size=5), seed=st.integers(0, 1000))
@settings(max_examples=40)
def test_never_two_at_once_and_never_too_early(results: list[Result], asks: list[float], seed: int) -> None:
    async def play() -> tuple[FakeProbe, list[float]]:
        time = Time()
        probe = FakeProbe(time, results=results)
        asked = []
        async with running(time, paid(probe, 10.0), seed=seed, ceiling_usd=0.04) as run:
            for pause in asks:
                await time.pass_(pause)
                if run.schedule.probe_now():
                    asked.append(time.seconds)
                await time.settle()
            await time.pass_(300)
        return probe, asked

    probe, asked = asyncio.run(play())
    spent = 0.0
    for number, start in enumerate(probe.starts):
        result = results[min(number, len(results) - 1)]
        assert spent < 0.04
        spent += result.cost_usd
        if number == 0 or start in asked:
            continue
        before = results[min(number - 1, len(results) - 1)]
        assert start >= probe.ends[number - 1]
        assert start - probe.starts[number - 1] >= 9.0 - 1e-9
        if before.outcome.failed and before.retry_after_s is not None:
            assert start - probe.ends[number - 1] >= before.retry_after_s - 1e-9


@given(st.floats(0.001, 1e5), st.integers())
def test_jitter_is_a_tenth(interval_s: float, seed: int) -> None:
    assert 0.9 * interval_s - 1e-9 <= jittered(interval_s, Random(seed)) <= 1.1 * interval_s * (1 + 1e-9)


@given(due=st.floats(-1e6, 1e6), now=st.floats(-1e6, 1e6), interval_s=st.floats(0.1, 1e4))
def test_the_next_slot_is_still_to_come_and_no_later_than_need_be(
    due: float, now: float, interval_s: float
) -> None:
    slot = next_slot(due, now, interval_s)
    assert slot >= due
    assert slot > now - 1e-6
    assert slot <= max(due, now + interval_s * (1 + 1e-6) + 1e-6)


@given(
    outcome=st.sampled_from(list(Outcome)),
    retry_after_s=st.none() | st.floats(0, 1e9),
    paid_for=st.booleans(),
    seed=st.integers(),
)
def test_holds_are_bounded_and_honour_the_server(
    outcome: Outcome, retry_after_s: float | None, paid_for: bool, seed: int
) -> None:
    observation = Observation(START, Source.MESSAGES, "t", outcome, retry_after_s=retry_after_s)
    hold = hold_after(observation, paid=paid_for, backoff=Backoff(), random=Random(seed))
    if not outcome.failed:
        assert hold is None
        return
    seconds = hold.seconds if hold is not None else 0.0
    assert seconds >= min(retry_after_s or 0.0, LONGEST_HOLD_S)
    assert seconds <= max(60.0, LONGEST_HOLD_S + 5)


async def test_a_plan_runs_sooner_while_something_is_confirmed_but_never_before_its_hold_ends() -> None:
    """What is observed decides: after a failure every 3 s, after a 529 only once its wait is over."""
    time = Time()
    started: list[float] = []
    outcomes = iter([Outcome.OK, Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, Outcome.OVERLOADED, Outcome.OK])
    newest = [Outcome.OK]

    class Probed:
        source = Source.MESSAGES

        async def run(self) -> Report:
            started.append(time.seconds)
            outcome = next(outcomes, Outcome.OK)
            return Report(Observation(time.now(), self.source, "api", outcome))

        async def aclose(self) -> None:
            return None

    def deliver(report: Report) -> None:
        newest[0] = report.observation.outcome

    plan = Plan(Probed(), 30.0, paid=True, now_s=lambda: 30.0 if newest[0] is Outcome.OK else 3.0)
    schedule = Schedule(
        [plan],
        clock=time,
        random=Random(1),
        deliver=deliver,
        budget=Budget(1.0, time),
        sleep=time.sleep,
    )
    running = asyncio.create_task(schedule.run())
    await time.pass_(150)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    waits = [later - earlier for earlier, later in pairwise(started)]
    assert waits[0] == pytest.approx(30, abs=3)
    assert waits[1:3] == [pytest.approx(3, abs=0.3)] * 2
    assert 30 <= waits[3] <= 60
    assert waits[4] == pytest.approx(30, abs=3)
