"""Runs the probes on their schedule and keeps their reports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from claude_tui.analysis.diagnosis.asking import interval_s
from claude_tui.analysis.traffic.standing_in import stands_in
from claude_tui.engine.changes_log import log_observation
from claude_tui.engine.collector_state import AlertingFacts, CollectorState
from claude_tui.engine.memory import Memory
from claude_tui.engine.notices import initial_probe_states
from claude_tui.engine.plans import make_plans
from claude_tui.engine.receiving import OtlpReceiver
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sources import Endpoint, next_other_model, options_from, pick_model
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Level, Notice, ProbeState, Spend, Target
from claude_tui.model.text import Redactor
from claude_tui.model.traffic_view import TrafficView
from claude_tui.probes.budget import Budget
from claude_tui.probes.clock import Clock

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.probes.schedule import Schedule
    from claude_tui.settings import Settings

__all__ = ["HOUSEKEEPING_S", "Collector"]

_logger = logging.getLogger(__name__)

HOUSEKEEPING_S = 600.0
"""Seconds between two rounds of dropping old data."""


class Collector:
    """The probing half of the engine.

    Only for the engine's thread, except for `load` before the start. It does nothing until `workers` run,
    which may be long after the start if another process collects.
    """

    def __init__(self, settings: Settings, monitored: Monitored, memory: Memory, clock: Clock) -> None:
        self.memory = memory
        self.redactor = Redactor()
        """Knows the endpoint's secrets once the endpoint is open."""
        self.failure: Notice | None = None
        """Why probing has stopped permanently."""
        self.traffic: Callable[[], TrafficView | None] = lambda: None
        """Returns what own traffic shows now."""
        self._settings = settings
        self._monitored = monitored
        self._clock = clock
        self._options = options_from(settings, monitored.pace)
        self._base_url = monitored.target.base_url
        self._key_notices = monitored.key.notices(clock.now())
        self._budget = Budget(settings.daily_ceiling_usd, clock)
        self._schedule: Schedule | None = None
        self._resumed: tuple[ProbeState, ...] = ()
        self._models_tried = False
        self._endpoint: Endpoint | None = None
        # What a demo shows is invented, so real calls have no place in it.
        addresses = settings.traffic_otlp, settings.traffic_otlp_grpc
        receives = any(addresses) and monitored.demo is None
        self._receiver = OtlpReceiver(*addresses, memory.store, clock) if receives else None

    def load(self) -> None:
        """Loads the last hour and today's spending from the store. Fast: no probe, no network."""
        self.load_spending()
        self.memory.load_recent()

    def load_spending(self) -> None:
        """Counts what the target has cost today, whichever process probed it."""
        self._budget = Budget(self._settings.daily_ceiling_usd, self._clock, self.memory.cost_today_usd())
        self.load_expenses()

    def load_expenses(self) -> None:
        """Counts the cost of requests other than probes, whichever process made them."""
        self._budget.set_besides(self.memory.expenses_today_usd())

    def resume(self, probes: tuple[ProbeState, ...]) -> None:
        """Continues the schedule of a collector that has ended, including its waits."""
        self._resumed = probes
        self._models_tried = self.memory.history.latest(Source.MODELS, self._clock.now()) is not None

    @property
    def target(self) -> Target:
        """The target, with the model currently probed."""
        return replace(self._monitored.target, base_url=self._base_url, model=self._model())

    @property
    def spend(self) -> Spend:
        return self._budget.spend()

    @property
    def probes(self) -> tuple[ProbeState, ...]:
        if self._schedule is None:
            return initial_probe_states(self._monitored.pace, self._monitored.key.unusable)
        return self._schedule.states()

    def state(self, alerting: AlertingFacts) -> CollectorState:
        """What viewers need to know besides the observations."""
        notices = self._key_notices if self.failure is None else (*self._key_notices, self.failure)
        if self._schedule is not None and (fault := self._schedule.fault) is not None:
            notices = (*notices, Notice("probe", Level.BAD, fault, self._clock.now()))
        if self._receiver is not None:
            notices = (*notices, *self._receiver.notices())
        key = self._monitored.key
        return CollectorState(
            self._clock.now(),
            self.target,
            self.probes,
            self.spend,
            notices,
            key_problem=key.suspect,
            no_key_reason=key.no_key_reason,
            credential=key.variable,
            alerting=alerting,
        )

    def workers(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Tasks that run concurrently until cancelled."""
        yield self._probe()
        yield self._housekeeping()
        if self._receiver is not None:
            yield self._receiver.run()

    def probe_now(self) -> None:
        if self._schedule is not None:
            self._schedule.probe_now()

    async def open(self) -> Endpoint:
        """The endpoint, opened once; from then on its secrets are redacted."""
        if self._endpoint is None:
            self._endpoint = await asyncio.to_thread(self._monitored.open_endpoint)
            self._base_url = self._endpoint.credentials.base_url
            self.redactor = self._endpoint.redactor
        return self._endpoint

    async def _probe(self) -> None:
        try:
            endpoint = await self.open()
            try:
                await self._run_schedule(endpoint)
            finally:
                endpoint.close()
        except Exception as error:
            # The dashboard keeps showing the last data, and must say that no more will come.
            text = self.redactor.clean(f"probing stopped: {type(error).__name__}: {error}", 200)
            self.failure = Notice("collector", Level.BAD, text, self._clock.now())
            _logger.error("probing stopped", exc_info=error)
            raise

    def _skip_reason(self, model: str | None) -> str | None:
        """Why a model need not be probed: real calls of it are answered."""
        if not self._options.rely_on_traffic:
            return None
        found = stands_in(self.traffic(), model, self._options.traffic)
        return f"your traffic stands in: {found}" if found is not None else None

    async def _run_schedule(self, endpoint: Endpoint) -> None:
        pace = self._monitored.pace
        plans = await asyncio.to_thread(
            make_plans,
            self._settings,
            endpoint,
            pace,
            self._model,
            clock=self._clock,
            models_tried=lambda: self._models_tried,
            now_s=self._now_s,
            other_model=self._other_model,
            skip_reason=self._skip_reason,
        )
        from claude_tui.probes.schedule import Schedule

        self._schedule = Schedule(
            plans,
            clock=self._clock,
            random=Random(),
            deliver=self.deliver,
            budget=self._budget,
            backoff=pace.backoff,
            resumed=self._resumed,
        )
        try:
            await self._schedule.run()
        finally:
            for plan in plans:
                await plan.probe.aclose()

    def _now_s(self, source: Source) -> float:
        """The current interval of a source; shorter while a first failure or a recovery is confirmed."""
        return interval_s(self.memory.history, source, self._clock.now(), self._options)

    def deliver(self, report: Report) -> None:
        """Remembers and stores the report of a probe."""
        self._models_tried = self._models_tried or report.observation.source is Source.MODELS
        log_observation(report.observation)
        self.memory.add(report)

    async def _housekeeping(self) -> None:
        while True:
            self.memory.prune(timedelta(days=self._settings.retention_days))
            await asyncio.sleep(HOUSEKEEPING_S)

    def _other_model(self) -> str | None:
        return next_other_model(self._settings, self.memory.history, self._clock.now())

    def _model(self) -> str | None:
        return pick_model(self._settings, self.memory.history, self._clock.now())
