"""Simulated traffic, recorded in the store that a dashboard on the simulator uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.engine.sources import store_name
from claude_tui.probes.credentials import Credentials
from claude_tui.simulator.applications import DEMO_LOAD
from claude_tui.traffic.load.past import past_traffic
from claude_tui.traffic.load.simulated_traffic import SimulatedTraffic
from claude_tui.traffic.proxy.composing import StoredCalls
from claude_tui.traffic.sink import StoreSink

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.simulator.scenario import Scenario
    from claude_tui.store import Store

__all__ = ["demo_traffic", "recorded_traffic"]


def recorded_traffic(settings: Settings, per_second: float, say: Callable[[str], None]) -> SimulatedTraffic:
    """Records calls for dashboards on this simulator that use the same data directory."""

    def opened(url: str) -> StoredCalls:
        name = store_name(Credentials.from_environ({}, base_url=url))
        say(f"{per_second:g} calls a second, recorded in {settings.data_dir / name}")
        return StoredCalls(settings, name, say)

    return SimulatedTraffic(per_second, opened)


def demo_traffic(store: Store, scenario: Scenario, since: datetime, until: datetime) -> SimulatedTraffic:
    """The calls of a demo and their past, which go to the store of its engine."""

    def opened(_: str) -> StoreSink:
        for rolled in past_traffic(scenario, DEMO_LOAD, since, until):
            store.write(rolled)
        sink = StoreSink(store)
        sink.start()
        return sink

    return SimulatedTraffic(DEMO_LOAD, opened)
