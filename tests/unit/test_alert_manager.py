"""Alerting as a task: it delivers, ends in time, holds nothing up, and survives disk, clock and receiver."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

from claude_tui.alerting.delivery import open_alertmanager
from claude_tui.alerting.delivery.attempts import AttemptResult, FailedAttemptError
from claude_tui.alerting.ledger import decode
from claude_tui.alerting.manager import Alerting, target_text
from claude_tui.alerting.persistence import NoStateBackend, StateHolder
from claude_tui.alerting.routes import AlertSettings, Match, Route, RouteKind
from claude_tui.alerting.workers import GRACE_S, AlertmanagerSync, DeliveryWorker
from claude_tui.model.alert import EntryKind, Notification, NotificationKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, Severity
from tests.alerts import (
    GONE,
    HEALTHY,
    OUTAGE,
    REFUSED,
    TARGET,
    Clock,
    Memory,
    Receiver,
    Watch,
    chat,
    eventually,
    loaded,
    rule,
    running,
    scene,
    verdict,
    verdict_rules,
)
from tests.builders import NOON
from tests.loop_time import let_pass
from tests.wire_server import WireServer, response


async def turns() -> None:
    """Runs everything that can run without time passing."""
    for _ in range(100):
        await asyncio.sleep(0)


# -- the task ----------------------------------------------------------------------------


async def test_nothing_is_evaluated_before_the_state_of_an_earlier_run_is_read() -> None:
    watch = Watch()
    assert watch.sees(OUTAGE) == watch.alerting.view()
    assert watch.alerting.view().alerts == ()


async def test_a_page_is_delivered_and_all_is_saved() -> None:
    memory = Memory()
    watch = Watch(backend=memory)
    async with running(watch):
        await eventually(lambda: watch.sees(OUTAGE).groups)
        await eventually(lambda: watch.receiver.pages)
    assert [page.kind for page in watch.receiver.pages] == [NotificationKind.OPENED]
    assert memory.state is not None
    assert decode(memory.state).outbox == ()


async def test_a_page_on_its_way_when_the_program_ends_is_waited_for_and_not_sent_again() -> None:
    memory = Memory()
    watch, sending, release = Watch(backend=memory), asyncio.Event(), asyncio.Event()

    async def send(page: Notification) -> AttemptResult:
        sending.set()
        await release.wait()
        watch.receiver.pages.append(page)
        return AttemptResult(1)

    watch.receiver.send = send  # type: ignore[method-assign]
    task = asyncio.create_task(watch.alerting.run())
    await eventually(lambda: watch.sees(OUTAGE).groups)
    await sending.wait()
    task.cancel()
    asyncio.get_running_loop().call_later(0.05, release.set)
    await asyncio.gather(task, return_exceptions=True)
    again = await loaded(Watch(backend=memory))
    again.sees(OUTAGE)
    await again.deliver()
    assert len(watch.receiver.pages) == 1
    assert again.receiver.pages == []


async def test_a_receiver_that_hangs_does_not_hold_up_the_end() -> None:
    watch, sending = Watch(), asyncio.Event()

    async def hang(_page: Notification) -> AttemptResult:
        sending.set()
        return await asyncio.Future()

    watch.receiver.send = hang  # type: ignore[method-assign]
    task = asyncio.create_task(watch.alerting.run())
    await eventually(lambda: watch.sees(OUTAGE).groups)
    await sending.wait()
    task.cancel()
    await turns()
    assert not task.done(), "it waits a moment for an answer"
    let_pass(GRACE_S)
    await turns()
    assert task.done()


async def test_one_route_that_hangs_holds_up_neither_evaluation_nor_the_others() -> None:
    class Hanging(Receiver):
        async def send(self, page: Notification) -> AttemptResult:
            return await asyncio.Future()

    watch = Watch(routes=(chat("dead"), chat("alive")), receivers={"dead": Hanging()})
    async with running(watch) as task:
        await eventually(lambda: watch.sees(OUTAGE).groups)
        await eventually(lambda: watch.receiver.pages)
        assert watch.sees(OUTAGE, after_s=10).groups
        task.cancel()
        await turns()
        let_pass(GRACE_S)
    assert len(watch.receiver.pages) == 1


async def test_a_fault_in_one_route_is_reported_and_ends_nothing() -> None:
    class Broken(Receiver):
        async def send(self, page: Notification) -> AttemptResult:
            raise ZeroDivisionError

    watch = Watch(routes=(chat("broken"), chat("fine")), receivers={"broken": Broken()})
    async with running(watch) as task:
        await eventually(lambda: watch.sees(OUTAGE).groups)
        await eventually(lambda: watch.receiver.pages)
        await eventually(lambda: watch.alerting.view().failing_routes)
        assert not task.done()
    (failing,) = watch.alerting.view().failing_routes
    assert (failing.name, failing.last and failing.last.detail) == ("broken", "fault: ZeroDivisionError")


# -- failures are seen -------------------------------------------------------------------


async def test_a_failed_delivery_is_on_screen_and_in_the_journal_once_and_so_is_its_end() -> None:
    watch = await loaded(Watch(receiver=Receiver(lambda _page: GONE)))
    watch.sees(OUTAGE)
    for _ in range(5):
        await watch.deliver()
        watch.sees(OUTAGE, after_s=400)
    (route,) = watch.alerting.view().failing_routes
    assert (route.name, route.waiting) == ("chat", 1)
    assert route.last is not None
    assert route.last.detail == "ConnectError: connection refused"
    watch.receiver.answer = lambda _page: None
    await watch.deliver()
    view = watch.alerting.view()
    assert view.failing_routes == ()
    kinds = [entry.kind for entry in view.journal]
    assert kinds == [
        EntryKind.PAGE,
        EntryKind.DELIVERY_FAILED,
        EntryKind.DELIVERY_WORKS,
        EntryKind.DELIVERED,
    ]
    assert (view.journal[-1].subject, view.journal[-1].text) == ("chat", "the page reached chat")
    assert [page.kind for page in watch.receiver.pages] == [NotificationKind.OPENED]


async def test_what_waits_is_tried_again_later_and_later_at_most_every_five_minutes() -> None:
    asked: list[float] = []
    watch = Watch()

    def answer(_page: Notification) -> FailedAttemptError:
        asked.append((watch.clock.at - began).total_seconds())
        return GONE

    watch.receiver.answer = answer
    await loaded(watch)
    began = watch.clock.at
    for _ in range(2000 // 5):
        watch.sees(OUTAGE)
        await watch.deliver()
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert gaps[:4] == [30, 60, 120, 240]
    assert set(gaps[4:]) == {300}


async def test_what_is_refused_is_tried_again_only_with_something_newer_or_by_the_next_run() -> None:
    memory = Memory()
    watch = await loaded(Watch(backend=memory, receiver=Receiver(lambda _page: REFUSED)))
    tries: list[NotificationKind] = []

    def answer(page: Notification) -> FailedAttemptError | None:
        tries.append(page.kind)
        return REFUSED

    watch.receiver.answer = answer
    for _ in range(50):
        watch.sees(verdict(Cause.PROVIDER_ERRORS, Severity.P3), after_s=30)
        await watch.deliver()
    assert tries == [NotificationKind.OPENED]
    watch.sees(OUTAGE)
    await watch.deliver()
    assert tries == [NotificationKind.OPENED, NotificationKind.OPENED]
    again = await loaded(Watch(backend=memory, clock=watch.clock))
    await again.deliver()
    (page,) = again.receiver.pages
    assert (page.kind, page.severity, page.repeat) == (NotificationKind.OPENED, Severity.P1, False)


async def test_a_long_retry_after_holds_the_whole_route() -> None:
    busy = FailedAttemptError("HTTP 429", http_status=429, retry_after_s=600)
    watch = await loaded(Watch(receiver=Receiver(lambda _page: busy)))
    watch.sees(OUTAGE)
    await watch.deliver()
    watch.receiver.answer = lambda _page: None
    watch.sees(verdict(Cause.NETWORK, Severity.P1), after_s=30)
    await watch.deliver()
    assert watch.receiver.pages == []
    assert len(watch.alerting.view().routes) == 1


async def test_a_route_without_its_secret_says_so_and_its_pages_wait() -> None:
    lacking = chat("pager", problem="the environment variable PAGER_KEY is not set")
    watch = await loaded(Watch(routes=(lacking,)))
    watch.sees(OUTAGE)
    await watch.deliver()
    (route,) = watch.alerting.view().failing_routes
    assert (route.problem, route.waiting) == (lacking.problem, 1)
    assert watch.receiver.pages == []


async def test_a_page_that_cannot_be_delivered_for_a_day_is_given_up_and_that_is_reported() -> None:
    watch = await loaded(Watch(receiver=Receiver(lambda _page: GONE)))
    watch.sees(OUTAGE)
    await watch.deliver()
    watch.sees(HEALTHY)
    watch.sees(HEALTHY, after_s=100)
    watch.sees(HEALTHY, after_s=25 * 3600)
    view = watch.alerting.view()
    assert view.routes[0].waiting == 0
    assert "given up" in view.journal[-1].text


# -- what people do ----------------------------------------------------------------------


async def test_acknowledged_alerts_say_by_whom() -> None:
    watch = await loaded(Watch())
    watch.sees(OUTAGE)
    await watch.deliver()
    watch.alerting.acknowledge(None, by="ana", reason="calling them")
    view = watch.sees(OUTAGE, after_s=1)
    await watch.deliver()
    firing = [alert for alert in view.alerts if alert.firing]
    assert firing
    assert {alert.acknowledged.by for alert in firing if alert.acknowledged} == {"ana"}
    assert [page.kind for page in watch.receiver.pages] == [
        NotificationKind.OPENED,
        NotificationKind.ACKNOWLEDGED,
    ]
    assert [entry.kind for entry in view.journal] == [
        EntryKind.PAGE,
        EntryKind.DELIVERED,
        EntryKind.ACKNOWLEDGED,
        EntryKind.PAGE,
    ]


async def test_another_group_is_not_meant() -> None:
    watch = await loaded(Watch())
    watch.sees(OUTAGE)
    watch.alerting.acknowledge("no such group", by="ana", reason="")
    assert watch.sees(OUTAGE).groups[0].acknowledged is None


async def test_rules_are_evaluated_every_few_seconds_and_at_once_for_a_new_verdict() -> None:
    watch = await loaded(Watch())
    watch.sees(HEALTHY)
    assert watch.sees(OUTAGE, after_s=1).firing == 1
    looked = watch.alerting.view()
    assert watch.sees(OUTAGE, after_s=1) == looked


# -- Alertmanager ------------------------------------------------------------------------


async def test_an_alertmanager_is_told_again_before_it_forgets() -> None:
    async with WireServer(response()) as server:
        clock, pushers = Clock(), list[AlertmanagerSync]()

        def opens(route: Route, kept: StateHolder, redactor: Redactor) -> DeliveryWorker:
            receiver = open_alertmanager(route, redactor=redactor, now=clock, policy=RetryPolicy())
            pushers.append(AlertmanagerSync(route, kept, clock, receiver, "prod"))
            return pushers[-1]

        route = Route(
            "am", RouteKind.ALERTMANAGER, server.url, match=Match(severities=frozenset({Severity.P1}))
        )
        alerting = Alerting(
            verdict_rules(),
            AlertSettings(routes=(route,)),
            target=TARGET,
            backend=NoStateBackend(),
            now=clock,
            open_worker=opens,
        )
        await alerting.load()
        alerting.evaluate(scene(clock.forward(5), verdict(Cause.PROVIDER_ERRORS, Severity.P3)))
        assert await pushers[0].step() > 0
        assert server.requests == []
        alerting.evaluate(scene(clock.forward(5), OUTAGE))
        assert 0 < await pushers[0].step() <= 60
        assert 0 < await pushers[0].step() <= 60
        assert len(server.requests) == 1
        assert alerting.view().routes[0].waiting == 0
        await alerting.aclose()


def test_the_target_in_pages() -> None:
    assert target_text(TARGET) == "prod (api.example.test)"
    assert target_text(Target("", "https://x", "x.test", None)) == "x.test"


async def test_a_metric_that_breaks_silences_no_other_rule_and_is_reported() -> None:
    broken = rule("broken", topic="broken")
    metric = replace(broken.metric, read=lambda _scene, _ask: {}["bucket"])  # type: ignore[arg-type,return-value]
    rules = [replace(broken, metric=metric), *verdict_rules()]
    alerting = Alerting(rules, AlertSettings(), target=TARGET, backend=NoStateBackend(), now=Clock())
    await alerting.load()
    view = alerting.evaluate(scene(NOON, OUTAGE))
    assert view.problem == "rule broken cannot be evaluated: KeyError: 'bucket'"
    assert [group.severity for group in view.groups] == [Severity.P1]


async def test_a_sender_that_raises_does_not_block_what_comes_after() -> None:
    watch, faults = Watch(), iter([RuntimeError("of all things")])
    send = watch.receiver.send

    async def raises_once(page: Notification) -> AttemptResult:
        for fault in faults:
            raise fault
        return await send(page)

    watch.receiver.send = raises_once  # type: ignore[method-assign]
    await watch.alerting.load()
    watch.sees(OUTAGE)
    await watch.deliver()
    view = watch.alerting.view()
    assert [entry.kind for entry in view.journal][-1] is EntryKind.DELIVERY_FAILED
    assert view.routes[0].waiting == 1
    watch.clock.at += timedelta(minutes=30)
    watch.sees(OUTAGE)
    await watch.deliver()
    assert len(watch.receiver.pages) == 1
