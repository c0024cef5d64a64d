"""No page is lost or repeated, wherever the program is killed: every point between two effects is tried."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.delivery.attempts import AttemptResult, FailedAttemptError
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateHolder
from claude_tui.alerting.routes import AlertSettings, Route
from claude_tui.alerting.workers import DeliveryWorker, NotificationWorker
from claude_tui.model.alert import Notification, NotificationKind
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, Severity, Verdict
from tests.alerts import HEALTHY, OUTAGE, TARGET, Clock, chat, rule, scene, verdict, verdict_rules

ERRORS = verdict(Cause.PROVIDER_ERRORS, Severity.P3)
# (verdict, seconds since the one before), one evaluation each.
STORY: tuple[tuple[Verdict, float], ...] = (
    (HEALTHY, 5),
    (ERRORS, 5),
    (OUTAGE, 30),
    (OUTAGE, 30),
    *[(HEALTHY, 30)] * 12,
    (OUTAGE, 30),
    *[(HEALTHY, 30)] * 12,
)


class Killed(BaseException):
    """The process is gone: not to be caught by anything that catches Exception."""


@dataclass
class World:
    """What outlives a kill: the disk, the receiver and the clock. The `kill_at`-th effect is the last.

    With `after` the effect still happens, without it it does not.
    """

    kill_at: int = -1
    after: bool = False
    clock: Clock = field(default_factory=Clock)
    disk: bytes | None = None
    received: list[Notification] = field(default_factory=list)
    effects: int = 0
    killed_in: str = ""

    def effect(self, what: str) -> bool:
        """Whether the effect happens and the process is killed with it."""
        self.effects += 1
        if self.effects == self.kill_at:
            self.killed_in = what
            return True
        return False

    def load(self) -> bytes | None:
        return self.disk

    def save(self, state: bytes, entries: object = (), *, essential: bool = True) -> None:
        kill = self.effect("save")
        if not kill or self.after:
            self.disk = state
        if kill:
            raise Killed

    async def send(self, page: Notification) -> AttemptResult:
        kill = self.effect("send")
        if not kill or self.after:
            self.received.append(page)
        if kill:
            raise Killed
        return AttemptResult(1)

    async def aclose(self) -> None:
        return None


class Process:
    """One run of the program, stepped by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.couriers: list[NotificationWorker] = []
        self.alerting = Alerting(
            [*verdict_rules(keep_s=120), rule("mine", own_topic="mine")],
            AlertSettings(routes=(chat(),)),
            target=TARGET,
            backend=world,
            now=world.clock,
            open_worker=self.courier,
        )

    def courier(self, route: Route, kept: StateHolder, _redactor: Redactor) -> DeliveryWorker:
        courier = NotificationWorker(route, kept, self.world.clock, self.world)
        self.couriers.append(courier)
        return courier

    async def start(self) -> None:
        await self.alerting.load()
        await self.deliver()

    async def see(self, judged: Verdict) -> None:
        self.alerting.evaluate(scene(self.world.clock.at, judged))
        await self.deliver()

    async def deliver(self) -> None:
        for courier in self.couriers:
            while await courier.step() == 0:
                pass


async def lived(world: World, story: Sequence[tuple[Verdict, float]] = STORY) -> World:
    """The story, in as many processes as it takes."""
    process = Process(world)
    await process.start()
    for judged, after_s in story:
        world.clock.forward(after_s)
        try:
            await process.see(judged)
        except Killed:
            process = Process(world)
            await process.start()
            await process.see(judged)
    return world


def kinds_of(pages: Sequence[Notification]) -> list[NotificationKind]:
    return [page.kind for page in pages]


UNHARMED = [
    NotificationKind.OPENED,
    NotificationKind.SEVERITY,
    NotificationKind.RESOLVED,
    NotificationKind.OPENED,
    NotificationKind.RESOLVED,
]


async def test_without_a_kill_each_page_comes_once() -> None:
    world = await lived(World())
    assert kinds_of(world.received) == UNHARMED


async def effects_of_the_story() -> int:
    return (await lived(World())).effects


async def test_killed_at_any_point_no_page_is_lost_and_none_comes_twice_unmarked() -> None:
    count = await effects_of_the_story()
    assert count > 10
    tried = Counter[str]()
    for kill_at in range(1, count + 1):
        for after in (False, True):
            world = await lived(World(kill_at, after))
            tried[f"{world.killed_in} {after}"] += 1
            fresh = [page for page in world.received if not page.repeat]
            again = [page for page in world.received if page.repeat]
            where = f"killed at {kill_at} ({world.killed_in}, after={after})"
            # A page that may have arrived comes again and says so; no other does.
            assert len(again) <= 1, where
            assert len({page.id for page in fresh}) == len(fresh), where
            assert Counter(kinds_of(world.received)) - Counter(kinds_of(again)) <= Counter(UNHARMED), where
            assert Counter(kinds_of(world.received)) >= Counter(UNHARMED), where
    assert set(tried) == {"save False", "save True", "send False", "send True"}


async def test_killed_in_the_middle_of_sending_the_page_comes_again_and_says_so() -> None:
    world = await lived(World(await first_of("send"), after=True))
    assert [page.repeat for page in world.received][:2] == [False, True]
    assert world.received[0].id == world.received[1].id


async def first_of(what: str) -> int:
    for index in range(1, 20):
        if (await lived(World(index))).killed_in == what:
            return index
    raise AssertionError(what)


@pytest.mark.parametrize("index", range(len(STORY)))
async def test_an_orderly_restart_repeats_nothing(index: int) -> None:
    world = World()
    await lived(world, STORY[:index])
    await lived(world, STORY[index:])
    assert kinds_of(world.received) == UNHARMED
    assert not any(page.repeat for page in world.received)


@given(
    kills=st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=4),
    story=st.lists(
        st.tuples(st.sampled_from([HEALTHY, ERRORS, OUTAGE]), st.sampled_from([5.0, 60.0, 200.0])),
        min_size=1,
        max_size=12,
    ),
)
@settings(max_examples=60)
def test_killed_again_and_again_every_trouble_is_notified_and_ended(
    kills: list[tuple[int, bool]], story: list[tuple[Verdict, float]]
) -> None:
    world = World()
    queue = list(kills)

    async def live() -> None:
        process: Process | None = None
        for judged, after_s in [*story, *[(HEALTHY, 30.0)] * 30]:
            world.clock.forward(after_s)
            seen = False
            while not seen:
                try:
                    if process is None:
                        world.effects = 0
                        world.kill_at, world.after = queue.pop(0) if queue else (-1, False)
                        process = Process(world)
                        await process.start()
                    await process.see(judged)
                    seen = True
                except Killed:
                    process = None

    asyncio.run(live())
    by_group: dict[str, list[Notification]] = {}
    for page in world.received:
        by_group.setdefault(page.group, []).append(page)
    for pages in by_group.values():
        kinds = kinds_of([page for page in pages if not page.repeat])
        assert kinds.count(NotificationKind.OPENED) <= 1
        assert kinds.count(NotificationKind.RESOLVED) <= 1
        assert pages[-1].kind is NotificationKind.RESOLVED
    trouble = any(judged is OUTAGE for judged, _ in story)
    assert bool(by_group) >= trouble


async def test_a_receiver_that_was_away_hears_how_things_stand_and_only_that() -> None:
    """Its pages wait over a restart, the newest in place of the older ones."""
    away = True

    class Away(World):
        async def send(self, page: Notification) -> AttemptResult:
            if away:
                return AttemptResult(3, FailedAttemptError("connection refused"))
            return await World.send(self, page)

    world = Away()
    await lived(world, STORY[:3])
    assert world.received == []
    away = False
    await lived(world, STORY[3:16])
    assert kinds_of(world.received) == [NotificationKind.OPENED, NotificationKind.RESOLVED]
    assert world.received[0].severity is Severity.P1
