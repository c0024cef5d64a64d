"""Runs the probes of `check`: the free ones once, then messages until there are enough for a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from claude_tui.analysis.diagnosis.cross_check import is_missing
from claude_tui.analysis.diagnosis.slow_detection import slow_first_token, slow_suspected
from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.check.one_round import policy_after
from claude_tui.engine import Endpoint, compose
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import EngineState, ProbeState, Snapshot, Spend
from claude_tui.model.waiting import asked_to_wait_s
from claude_tui.probes.clock import Clock

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.settings import Settings

__all__ = ["Findings", "findings_of"]

# The usual number of messages, and the most if some of them fail or are slow, to rule out chance.
SAMPLES, MOST_SAMPLES = 3, 6
# The most messages to each further model.
OF_A_MODEL = 3
# With this many failures, the error share is known well enough.
FAILURES = 3
_LIMITS = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})
# If the server asks for a longer wait than this, no more messages are sent.
LONGEST_WAIT_S = 5.0
# The pause after a failure, about as long as an SDK waits between retries.
PAUSE_S = (0.5, 1.5)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Findings:
    """The results of one round of probes."""

    snapshot: Snapshot
    """The verdict, and everything it is based on."""
    observations: tuple[Observation, ...]
    """All exchanges, in order."""
    status: ProviderStatus | None
    """The status page, None if it was not fetched."""
    not_run: str | None
    """Why fewer messages were probed than requested, None if all were."""
    key_problem: str | None
    """What is wrong with the key, None if nothing is."""


async def findings_of(
    settings: Settings,
    endpoint: Endpoint,
    samples: int | None,
    *,
    clock: Clock,
    random: Random,
    sleep: Sleep = asyncio.sleep,
) -> Findings:
    """The free probes side by side, then message probes one after the other: `samples`, or 3 to 6."""
    return await _Round(settings, endpoint, samples, clock, random, sleep).run()


class _Round:
    """One round of probes in progress."""

    def __init__(
        self,
        settings: Settings,
        endpoint: Endpoint,
        samples: int | None,
        clock: Clock,
        random: Random,
        sleep: Sleep,
    ) -> None:
        self._settings = settings
        self._samples = samples
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._probes = compose.check(settings, endpoint, clock=clock)
        self._observations: list[Observation] = []
        self._statuses: list[ProviderStatus] = []

    async def run(self) -> Findings:
        try:
            status = asyncio.create_task(self._probes.run(Source.STATUS))
            await self._ask(Source.MODELS)
            not_run = await self._ask_messages()
            if self._of(Source.MESSAGES):
                await self._ask_other_models()
            if self._list_is_unclear():
                await self._repeat(Source.MODELS)
            self._keep(await status)
        finally:
            await self._probes.aclose()
        return self._findings(not_run)

    async def _ask(self, source: Source) -> Observation:
        return self._keep(await self._probes.run(source))

    def _keep(self, report: Report) -> Observation:
        self._observations.append(report.observation)
        if report.status is not None:
            self._statuses.append(report.status)
        return report.observation

    async def _ask_messages(self) -> str | None:
        """Returns why fewer messages were sent than wanted, or None. Stops once a limit was hit."""
        results: list[Observation] = []
        while not self._enough(results):
            if (reason := self._probes.obstacle(Source.MESSAGES)) is not None:
                return reason
            if results and results[-1].failed:
                await self._pause_after(results[-1])
            results.append(await self._ask(Source.MESSAGES))
            if _must_stop(results[-1]):
                wanted = self._samples or SAMPLES
                left = wanted - len(results)
                return f"{left} of {wanted} left out after {failure_name(results[-1])}" if left > 0 else None
        return None

    async def _ask_other_models(self) -> None:
        """One message to each further model, and up to two more to one that fails."""
        for _ in self._probes.others():
            for _ in range(OF_A_MODEL):
                result = await self._ask(Source.OTHER_MODELS)
                if not result.failed or _must_stop(result):
                    break
                await self._pause_after(result)

    def _list_is_unclear(self) -> bool:
        """Whether the list is the only source, or the only one that fails: it costs nothing to ask again."""
        messages, lists = self._of(Source.MESSAGES), self._of(Source.MODELS)
        return not messages or (not messages[-1].failed and lists[-1].failed and not is_missing(lists[-1]))

    async def _repeat(self, source: Source) -> None:
        """Requests a failing model list again."""
        results = self._of(source)
        while results[-1].failed and not _must_stop(results[-1]) and len(results) < SAMPLES:
            await self._pause_after(results[-1])
            results.append(await self._ask(source))

    async def _pause_after(self, failure: Observation) -> None:
        await self._sleep(max(self._random.uniform(*PAUSE_S), asked_to_wait_s(failure)))

    def _enough(self, results: Sequence[Observation]) -> bool:
        """Whether there are as many as requested, else as many as a verdict needs."""
        if self._samples is not None:
            return len(results) >= self._samples
        if not SAMPLES <= len(results) < MOST_SAMPLES:
            return len(results) >= MOST_SAMPLES
        failures = sum(result.failed for result in results)
        return failures >= FAILURES or not (failures or self._perhaps_slow())

    def _perhaps_slow(self) -> bool:
        at, probes = self._clock.now(), self._probes
        suspected = slow_suspected(probes.history, at, probes.options)
        return suspected and slow_first_token(probes.history, at, probes.options) is None

    def _findings(self, not_run: str | None) -> Findings:
        asked = self._of(Source.MESSAGES)
        messages = ProbeState(
            source=Source.MESSAGES,
            interval_s=self._probes.pace.messages_s,
            next_at=None,
            running=False,
            last_at=asked[-1].at if asked else None,
            held_reason=not_run,
        )
        key, ceiling_usd = self._probes.key, self._settings.daily_ceiling_usd
        state = EngineState(
            self._probes.target,
            probes=(messages,),
            spend=Spend(sum(observation.cost_usd for observation in self._observations), ceiling_usd),
            notices=(),
            credential=key.variable,
            key_problem=key.suspect,
            no_key_reason=key.no_key_reason,
        )
        return Findings(
            snapshot=build_snapshot(
                self._probes.history,
                self._clock.now(),
                state,
                self._probes.options,
                policy=policy_after(asked),
            ),
            observations=tuple(self._observations),
            status=self._statuses[-1] if self._statuses else None,
            not_run=not_run,
            key_problem=key.problem,
        )

    def _of(self, source: Source) -> list[Observation]:
        return [observation for observation in self._observations if observation.source is source]


def _must_stop(result: Observation) -> bool:
    """Whether further requests would only make it worse."""
    return result.failed and (result.outcome in _LIMITS or asked_to_wait_s(result) > LONGEST_WAIT_S)
