"""What `check` asks, and how often: the free probes once, then messages until a verdict can rest on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from claude_tui.analysis.diagnosis.cross_check import asked_to_wait_s
from claude_tui.analysis.diagnosis.slow_detection import slow_first_token, slow_suspected
from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.check.one_round import policy_after
from claude_tui.engine import Endpoint, compose
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import EngineState, ProbeState, Snapshot, Spend
from claude_tui.probes.clock import Clock

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.settings import Settings

__all__ = ["Findings", "findings_of"]

# So many messages, and more only where some of them fail, or come late: to tell chance from trouble.
SAMPLES, MOST_SAMPLES = 3, 6
# From so many failures on a share of errors is told.
FAILURES = 3
# Asking again would only make it worse.
_LEAVE_ALONE = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})
# Whoever asks for a longer wait than this is not asked again.
PATIENCE_S = 5.0
# Before a failure is asked about again, about as an SDK waits between its tries.
PAUSE_S = (0.5, 1.5)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one round of probes found.

    `not_run` says why fewer messages were probed than asked for, `key_problem` what is wrong with the key.
    """

    snapshot: Snapshot
    observations: tuple[Observation, ...]
    status: ProviderStatus | None
    not_run: str | None
    key_problem: str | None


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
    """One round of probes, as it goes on."""

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
        self._seen: list[Observation] = []
        self._statuses: list[ProviderStatus] = []

    async def run(self) -> Findings:
        try:
            status = asyncio.create_task(self._probes.run(Source.STATUS))
            await self._ask(Source.MODELS)
            not_run = await self._ask_messages()
            if not self._of(Source.MESSAGES):
                await self._insist(Source.MODELS)
            self._keep(await status)
        finally:
            await self._probes.aclose()
        return self._judged(not_run)

    async def _ask(self, source: Source) -> Observation:
        return self._keep(await self._probes.run(source))

    def _keep(self, report: Report) -> Observation:
        self._seen.append(report.observation)
        if report.status is not None:
            self._statuses.append(report.status)
        return report.observation

    async def _ask_messages(self) -> str | None:
        """Why fewer were asked than wanted, or None. A limit that was hit is not hit again."""
        seen: list[Observation] = []
        while not self._enough(seen):
            if (reason := self._probes.obstacle(Source.MESSAGES)) is not None:
                return reason
            if seen and seen[-1].failed:
                await self._pause_after(seen[-1])
            seen.append(await self._ask(Source.MESSAGES))
            if _wants_peace(seen[-1]):
                wanted = self._samples or SAMPLES
                left = wanted - len(seen)
                return f"{left} of {wanted} left out after {failure_name(seen[-1])}" if left > 0 else None
        return None

    async def _insist(self, source: Source) -> None:
        """Where no message can be sent, a list of models that fails is asked for again: there is no other."""
        seen = self._of(source)
        while seen[-1].failed and not _wants_peace(seen[-1]) and len(seen) < SAMPLES:
            await self._pause_after(seen[-1])
            seen.append(await self._ask(source))

    async def _pause_after(self, failure: Observation) -> None:
        await self._sleep(max(self._random.uniform(*PAUSE_S), asked_to_wait_s(failure)))

    def _enough(self, seen: Sequence[Observation]) -> bool:
        """As many as somebody wants, else as many as tell something."""
        if self._samples is not None:
            return len(seen) >= self._samples
        if not SAMPLES <= len(seen) < MOST_SAMPLES:
            return len(seen) >= MOST_SAMPLES
        failures = sum(each.failed for each in seen)
        return failures >= FAILURES or not (failures or self._perhaps_slow())

    def _perhaps_slow(self) -> bool:
        at, probes = self._clock.now(), self._probes
        suspected = slow_suspected(probes.history, at, probes.options)
        return suspected and slow_first_token(probes.history, at, probes.options) is None

    def _judged(self, not_run: str | None) -> Findings:
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
            spend=Spend(sum(each.cost_usd for each in self._seen), ceiling_usd),
            notices=(),
            key_problem=key.suspect,
            key_lack=key.lack,
        )
        return Findings(
            snapshot=build_snapshot(
                self._probes.history,
                self._clock.now(),
                state,
                self._probes.options,
                policy=policy_after(asked),
            ),
            observations=tuple(self._seen),
            status=self._statuses[-1] if self._statuses else None,
            not_run=not_run,
            key_problem=key.problem,
        )

    def _of(self, source: Source) -> list[Observation]:
        return [each for each in self._seen if each.source is source]


def _wants_peace(seen: Observation) -> bool:
    return seen.failed and (seen.outcome in _LEAVE_ALONE or asked_to_wait_s(seen) > PATIENCE_S)
