"""Runs probes, store and analysis, and publishes Snapshots. No Textual, no printing.

`claude_tui.engine.compose` builds engines from settings.
"""

from claude_tui.engine.engine import Engine
from claude_tui.engine.lease import Lease
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.setup import DemoMode, KeyState, Monitored
from claude_tui.engine.sources import (
    Endpoint,
    Pace,
    make_plans,
    options_from,
    pick_model,
    store_name,
    target_of,
)

__all__ = [
    "DemoMode",
    "Endpoint",
    "Engine",
    "KeyState",
    "Lease",
    "Monitored",
    "Pace",
    "PagingSetup",
    "make_plans",
    "options_from",
    "pick_model",
    "store_name",
    "target_of",
]
