"""The components of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.analysis.options import Options
from claude_tui.analysis.uptime.hours import DEFAULT_REACH, reach_of
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.collector import Collector
from claude_tui.engine.journal import Journal
from claude_tui.engine.memory import Memory
from claude_tui.engine.paging import Paging, PagingSetup, StoreBackend
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sources import options_from
from claude_tui.engine.traffic import TrafficFollower
from claude_tui.engine.viewer import Viewer, longest_probe
from claude_tui.probes.clock import Clock

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["Components", "make_components"]


@dataclass(frozen=True, slots=True)
class Components:
    """What the publisher and the sharing of an engine both use."""

    collector: Collector
    """Probes, and keeps the observations."""
    viewer: Viewer
    """Reads what another process collects."""
    journal: Journal
    """What people and the program itself did."""
    traffic: TrafficFollower
    """The calls of applications."""
    clock: Clock
    """The clock that all of them use."""
    options: Options
    """The options of diagnosis and views."""
    paging: Paging | None = None
    """Alerts; None if there are none."""
    attendance: Attendance | None = None
    """The other processes on the store; None if it is not shared."""


def make_components(
    settings: Settings,
    monitored: Monitored,
    store: Store,
    clock: Clock,
    paging: PagingSetup | None = None,
    attendance: Attendance | None = None,
) -> Components:
    """The components that work on `store`."""
    options = options_from(settings, monitored.pace)
    # The past of a demo was not recorded at the demo's own pace.
    reach = DEFAULT_REACH if monitored.demo is not None else reach_of(options)
    memory = Memory(store, monitored.in_memory, clock, reach)
    collector = Collector(settings, monitored, memory, clock)
    traffic = TrafficFollower(store, options.traffic)
    collector.traffic = lambda: traffic.view(clock.now())
    backend = StoreBackend(store, monitored.target.base_url, clock.now)
    return Components(
        collector,
        Viewer(memory, clock, longest_probe(settings.timeout_s)),
        Journal(store),
        traffic,
        clock,
        options,
        Paging(paging, backend) if paging is not None else None,
        attendance,
    )
