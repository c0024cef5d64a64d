"""Runs probes, store and analysis, and publishes Snapshots. No Textual, no printing.

`claude_tui.engine.compose` builds engines from settings.
"""

from claude_tui.engine.attendance import Attendance
from claude_tui.engine.engine import Engine
from claude_tui.engine.identity import host_name, login_name, this_process
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.plans import make_plans
from claude_tui.engine.setup import DemoMode, KeyState, Monitored
from claude_tui.engine.sources import (
    Endpoint,
    Pace,
    next_other_model,
    options_from,
    other_models,
    pick_model,
    store_name,
    target_of,
)

__all__ = [
    "Attendance",
    "DemoMode",
    "Endpoint",
    "Engine",
    "KeyState",
    "Monitored",
    "Pace",
    "PagingSetup",
    "host_name",
    "login_name",
    "make_plans",
    "next_other_model",
    "options_from",
    "other_models",
    "pick_model",
    "store_name",
    "target_of",
    "this_process",
]
