"""Counts the uptime of the last 30 days from time to time, in a thread, as it reads weeks of the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.model.errors import ClaudeTopError

if TYPE_CHECKING:
    from claude_tui.analysis.uptime.record import Record
    from claude_tui.model.outlook import Uptime

__all__ = ["count_uptime"]

# The first frame and the first probes come before it.
_FIRST_AFTER_S = 5.0
# Ten minutes are 0.02% of the span.
_EVERY_S = 600.0


async def count_uptime(
    record: Callable[[datetime, timedelta], Record],
    now: Callable[[], datetime],
    report: Callable[[Uptime | None], None],
    *,
    first_after_s: float = _FIRST_AFTER_S,
) -> None:
    """Reports the uptime until cancelled; None if the record cannot be read."""
    await asyncio.sleep(first_after_s)
    while True:
        try:
            report(await asyncio.to_thread(_counted, record, now()))
        except ClaudeTopError:
            report(None)
        await asyncio.sleep(_EVERY_S)


def _counted(record: Callable[[datetime, timedelta], Record], at: datetime) -> Uptime:
    from claude_tui.analysis.uptime.recent import SPAN, recent_uptime

    return recent_uptime(record(at, SPAN))
