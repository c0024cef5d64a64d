"""A proxy in front of a simulator, and the applications that call it, in the simulator's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from claude_tui.model.text import Redactor
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.prices import call_cost_usd
from claude_tui.probes.proxies import Proxies
from claude_tui.simulator.applications import with_raised_limits
from claude_tui.simulator.script import Scenario
from claude_tui.simulator.server import Simulator
from claude_tui.simulator.sockets import listen, url_of
from claude_tui.traffic.applications import Applications
from claude_tui.traffic.load.player import Player
from claude_tui.traffic.proxy.call_tap import CallTap, TapContext, warm_up
from claude_tui.traffic.proxy.serving import ClosingSink
from claude_tui.traffic.proxy.upstream import Upstream
from claude_tui.traffic.proxy.worker import Worker

__all__ = ["SimulatedTraffic"]


class SimulatedTraffic:
    """Calls of fictitious applications, `per_second` of them, through a proxy.

    `opened` returns the sink of the calls for the simulator's base URL; it is closed at the end.
    """

    def __init__(self, per_second: float, opened: Callable[[str], ClosingSink]) -> None:
        self._per_second = per_second
        self._opened = opened

    def fitted(self, scenario: Scenario) -> Scenario:
        """The scenario with rate limits that are high enough for these calls."""
        return with_raised_limits(scenario, self._per_second)

    def beside(self, simulator: Simulator) -> AbstractAsyncContextManager[Sequence[str]]:
        return self._beside(simulator)

    @asynccontextmanager
    async def _beside(self, simulator: Simulator) -> AsyncIterator[Sequence[str]]:
        warm_up()
        sink = self._opened(simulator.base_url)
        worker = _proxy(simulator.base_url, sink)
        bound = listen()
        await worker.start([bound])
        url = url_of(bound)
        player = Player(
            url, simulator.scenario, self._per_second, bad_deploy=lambda: simulator.phase.state.bad_deploy
        )
        playing = asyncio.create_task(player.run())
        try:
            yield (f"proxy URL   {url}",)
        finally:
            # First, so that calls which end only because of this do not count as abandoned.
            sink.close()
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
            await worker.drain(0)


def _proxy(upstream: str, sink: ClosingSink) -> Worker:
    clock = SystemClock()
    context = TapContext(clock, Applications(), sink, call_cost_usd, is_gateway=False)
    # A proxy in the environment is not for loopback.
    direct = Upstream(upstream, clock=clock, routes=Proxies(proxies=dict))
    return Worker(direct, lambda head: CallTap(head, context), Redactor())
