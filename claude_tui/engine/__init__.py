"""Runs sources, store and analysis, and publishes Snapshots. No Textual, no printing."""

from claude_tui.engine.engine import Engine
from claude_tui.engine.lease import Lease
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
    "Endpoint",
    "Engine",
    "Lease",
    "Pace",
    "make_plans",
    "options_from",
    "pick_model",
    "store_name",
    "target_of",
]
