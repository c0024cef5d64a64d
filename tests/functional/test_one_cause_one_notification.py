"""One cause, one notification: from observations to a web hook that counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from random import Random

import pytest

from claude_tui.alerting.delivery import open_sender
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateHolder
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.alerting.workers import DeliveryWorker, NotificationWorker
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor
from claude_tui.settings import Settings
from tests.alerts import TARGET, Clock, Memory
from tests.builders import bucket, engine, messages, models
from tests.wire_server import WireServer, response

OPTIONS = Options()
HOUR = 3600.0
MINUTE = 60.0
Course = Callable[[float, Random], Observation]


def steady(at: float, random: Random) -> Observation:
    ttft = 0.4 * random.lognormvariate(0, 0.2)
    return messages(at, ttft=ttft, total=ttft + 0.25, limits=[bucket("requests", 900, at=at, reset_in=30)])


def failing(outcome: Outcome, share: float = 1.0) -> Course:
    def course(at: float, random: Random) -> Observation:
        return messages(at, outcome) if random.random() < share else steady(at, random)

    return course


def slow(times: float) -> Course:
    return lambda at, random: messages(at, ttft=0.4 * times * random.uniform(0.9, 1.1), total=0.6 * times)


def draining(at: float, _random: Random) -> Observation:
    return messages(at, Outcome.RATE_LIMITED, limits=[bucket("requests", 0, at=at, reset_in=30)])


def observations(courses: Iterable[tuple[float, Course]], seed: int) -> Iterator[Observation]:
    """An hour of health, then each course for so many seconds, then half an hour of health."""
    random = Random(seed)
    at = -HOUR
    for seconds, course in [(HOUR, steady), *courses, (30 * MINUTE, steady)]:
        end = at + seconds
        while at < end:
            yield course(at, random)
            yield models(at + 5, total=0.17 * random.lognormvariate(0, 0.1))
            yield models(at + 20, total=0.17 * random.lognormvariate(0, 0.1))
            at += 30


class Watched:
    """Alerting over a history that grows, with a web hook."""

    def __init__(self, url: str) -> None:
        self.history = History()
        self.clock = Clock()
        self.alerting = Alerting(
            load_rules(thresholds=named_thresholds(Settings())),
            AlertSettings(routes=(Route("hook", RouteKind.APPRISE, url),)),
            target=TARGET,
            backend=Memory(),
            now=self.clock,
            open_worker=self._open,
        )

    def _open(self, route: Route, kept: StateHolder, redactor: Redactor) -> DeliveryWorker:
        sender = open_sender(route, redactor=redactor, now=self.clock, policy=RetryPolicy())
        self.courier = NotificationWorker(route, kept, self.clock, sender)
        return self.courier

    async def see(self, seen: Observation) -> None:
        self.history.add_observation(seen)
        self.clock.at = seen.at
        if seen.source is Source.MODELS or seen.failed:
            snapshot = build_snapshot(self.history, seen.at, engine(), OPTIONS)
            self.alerting.evaluate(RuleContext(snapshot, self.history, snapshot.verdict, OPTIONS))
            while await self.courier.step() == 0:
                pass


async def titles(courses: Iterable[tuple[float, Course]], seed: int = 1) -> list[str]:
    """The title of every message that the hook got."""
    async with WireServer(response()) as hook:
        watched = Watched(f"json://127.0.0.1:{hook.port}/hook")
        await watched.alerting.load()
        for seen in observations(courses, seed):
            await watched.see(seen)
        await watched.alerting.aclose()
    return [json.loads(request.body)["title"] for request in hook.requests]


@pytest.mark.parametrize(
    ("course", "word"),
    [
        (failing(Outcome.SERVER_ERROR), "P1"),
        (failing(Outcome.OVERLOADED), "P1"),
        (failing(Outcome.KEY_REJECTED), "P1"),
        (failing(Outcome.TIMEOUT), "P1"),
        (draining, "P1"),
        (failing(Outcome.SPEND_LIMIT), "P1"),
        (failing(Outcome.MODEL_NOT_FOUND), "P1"),
        (slow(10.0), "P4"),
    ],
    ids=["outage", "overload", "key", "timeouts", "rate limit", "spend limit", "model", "slow"],
)
async def test_one_trouble_is_one_page_and_its_end(course: Course, word: str) -> None:
    sent = await titles([(47 * MINUTE, course)])
    assert len(sent) == 2, sent
    assert sent[0].startswith(f"[{word}] prod (api.example.test): ")
    assert sent[1].startswith("[resolved after ")


async def test_a_tour_from_slow_over_overload_to_outage_is_one_thread() -> None:
    sent = await titles(
        [
            (10 * MINUTE, slow(10.0)),
            (10 * MINUTE, failing(Outcome.OVERLOADED, 0.6)),
            (20 * MINUTE, failing(Outcome.SERVER_ERROR)),
        ]
    )
    heads = [title.split("]")[0] for title in sent]
    assert heads[0] == "[P4"
    assert all(" was " in head for head in heads[1:-1])
    assert heads[-1].startswith("[resolved")


async def test_six_quiet_hours_with_the_usual_noise_send_nothing() -> None:
    """One probe in a thousand is lost, one in a hundred takes ten times as long."""

    def noisy(at: float, random: Random) -> Observation:
        if random.random() < 0.001:
            return messages(at, Outcome.TIMEOUT)
        return slow(10.0)(at, random) if random.random() < 0.01 else steady(at, random)

    assert await titles([(6 * HOUR, noisy)], seed=3) == []
