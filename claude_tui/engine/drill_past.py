"""The part of a drill from before the responder arrives: played at once, and recorded.

It consists of the simulator's own answers at the instants of the probes, parsed as the probes parse them, and
judged second by second by the same publisher, so that verdicts, alerts and pages of that time are in the
record.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from claude_tui.engine.components import make_components
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.publisher import Incidents, Publisher
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_response
from claude_tui.probes.clock import Clock
from claude_tui.probes.headers import lower_headers, read_headers
from claude_tui.probes.models import API_VERSION
from claude_tui.probes.report import Report
from claude_tui.probes.status_summary import NotASummaryError, parse_summary
from claude_tui.probes.waits import stated_wait
from claude_tui.simulator.api import Api
from claude_tui.simulator.exchange import Answer, Call, Ending
from claude_tui.simulator.past import probe_model
from claude_tui.simulator.script import Playhead

if TYPE_CHECKING:
    from claude_tui.engine.setup import Monitored
    from claude_tui.settings import Settings
    from claude_tui.simulator.scenario import Scenario
    from claude_tui.store import Store

__all__ = ["DrillClock", "record_past", "reports_of"]

_TICK = timedelta(seconds=1)
_WITHIN_S = 10.0


class DrillClock:
    """The real clock, or `at` while the past is played."""

    def __init__(self, real: Clock) -> None:
        self._real = real
        self.at: datetime | None = None

    def now(self) -> datetime:
        return self.at if self.at is not None else self._real.now()

    def monotonic(self) -> float:
        return self._real.monotonic()


@dataclass(frozen=True, slots=True)
class _Target:
    """The probes whose requests are simulated."""

    url: str
    """The base URL of API and status page."""
    model: str
    """The model of the messages."""


def record_past(
    settings: Settings,
    monitored: Monitored,
    store: Store,
    clock: DrillClock,
    paging: PagingSetup,
    reports: Iterable[Report],
    since: datetime,
    until: datetime,
) -> None:
    """Records what an engine would have recorded from `reports` in [since, until)."""
    clock.at = since
    components = make_components(settings, monitored, store, clock, paging)
    collector, alerts = components.collector, components.paging
    assert alerts is not None
    publisher = Publisher(components, Incidents.of(settings), monitored.demo)
    try:
        collector.load()
        components.journal.load(since)
        alerting = asyncio.run(alerts.open())
        waiting = iter(reports)
        report = next(waiting, None)
        while clock.at < until:
            while report is not None and _known_at(report) <= clock.at:
                collector.deliver(report)
                report = next(waiting, None)
            publisher.tick(lambda _: None)
            clock.at += _TICK
        asyncio.run(alerting.save())
        store.flush(_WITHIN_S)
    finally:
        clock.at = None


def _known_at(report: Report) -> datetime:
    observation = report.observation
    return observation.at + timedelta(seconds=observation.timings.total or 0.0)


def reports_of(
    scenario: Scenario, speed: float, monitored: Monitored, url: str, since: datetime, until: datetime
) -> list[Report]:
    """What the probes would have reported in a scenario that began at `since`, in the order of arrival."""

    target = _Target(url, probe_model(scenario) or "")
    asking = _SimulatedProbes(Api(scenario, Playhead(since, speed), seed=scenario.seed), target)
    pace = monitored.pace
    rounds = [
        *((at, asking.page) for at in _instants(since, until, pace.status_s)),
        *((at, asking.models) for at in _instants(since, until, pace.models_s)),
        *((at, asking.message) for at in _instants(since, until, pace.messages_s) if target.model),
    ]
    reports = [ask(at) for at, ask in sorted(rounds, key=itemgetter(0))]
    return sorted((report for report in reports if _known_at(report) < until), key=_known_at)


def _instants(since: datetime, until: datetime, interval_s: float) -> Iterator[datetime]:
    at, interval = since + timedelta(seconds=interval_s / 2), timedelta(seconds=interval_s)
    while at < until:
        yield at
        at += interval


class _SimulatedProbes:
    """Gets responses from the simulator without a network."""

    def __init__(self, api: Api, target: _Target) -> None:

        self._api = api
        self._target = target
        self._redactor = Redactor()
        self._headers = {"x-api-key": "sk-ant-api03-demo-no-real-key", "anthropic-version": API_VERSION}

    def page(self, at: datetime) -> Report:

        answer = self._answer("GET", "/api/v2/summary.json", b"", at)
        url = f"{self._target.url}/api/v2/summary.json"
        done = at + timedelta(seconds=_total_s(answer))
        try:
            status = parse_summary(
                json.loads(answer.body), fetched_at=done, source=url, redactor=self._redactor
            )
        except (ValueError, NotASummaryError):
            return Report(self._observation(Source.STATUS, answer, at, url))
        return Report(self._observation(Source.STATUS, answer, at, url), status=status)

    def models(self, at: datetime) -> Report:

        answer = self._answer("GET", "/v1/models", b"", at)
        return Report(self._observation(Source.MODELS, answer, at, self._target.url))

    def message(self, at: datetime) -> Report:

        body = {
            "model": self._target.model,
            "max_tokens": 8,
            "stream": True,
            "messages": [{"role": "user", "content": "Reply with OK."}],
        }
        answer = self._answer("POST", "/v1/messages", json.dumps(body).encode(), at)
        return Report(
            self._observation(Source.MESSAGES, answer, at, self._target.url, model=self._target.model)
        )

    def _answer(self, method: str, path: str, body: bytes, at: datetime) -> Answer:

        return self._api.answer(Call(method, path, (), self._headers, body), at)

    def _observation(
        self, source: Source, answer: Answer, at: datetime, url: str, *, model: str | None = None
    ) -> Observation:

        received = at + timedelta(seconds=answer.wait_s)
        if answer.status is None:
            message = "the connection closed before an answer"
            found = Classified(Outcome.NETWORK, "closed", message=message)
        elif answer.status == 200 and answer.ending is not Ending.COMPLETE:
            found = Classified(Outcome.TRUNCATED_STREAM, message="the stream ended before its end")
        elif answer.status == 200:
            found = Classified(Outcome.OK)
        else:
            headers = lower_headers(answer.headers)
            found = classify_response(
                answer.status, headers, answer.body, redactor=self._redactor, now=received
            )
        facts = read_headers(answer.headers, now=received, redactor=self._redactor, sent_at=at)
        failed = found.outcome.failed
        return Observation(
            at=at,
            source=source,
            target=url,
            outcome=found.outcome,
            http_status=answer.status,
            error_type=found.error_type,
            error_code=found.error_code,
            message=found.message,
            request_id=facts.request_id or found.request_id,
            timings=Timings(
                first_byte=answer.wait_s if answer.status is not None else None,
                first_token=_first_token_s(answer) if source is Source.MESSAGES and not failed else None,
                total=_total_s(answer),
            ),
            model=model,
            rate_limits=facts.rate_limits,
            retry_after_s=stated_wait(answer.status, facts.retry_after_s, found.body_wait_s)
            if failed
            else None,
            server_s=facts.server_s,
            headers=facts.notable if failed else (),
        )


def _total_s(answer: Answer) -> float:
    return answer.wait_s + sum(chunk.wait_s for chunk in answer.chunks)


def _first_token_s(answer: Answer) -> float | None:
    """The seconds until the first piece of text arrives."""
    passed = answer.wait_s
    for chunk in answer.chunks:
        passed += chunk.wait_s
        if b"content_block_delta" in chunk.data:
            return passed
    return None
