"""Moves the time of the event loop, so that no test waits for a timeout or runs into one."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

__all__ = ["let_pass"]

_passed: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()


def let_pass(seconds: float) -> None:
    """Moves the running loop's clock: everything scheduled within `seconds` is due at once."""
    loop = asyncio.get_running_loop()
    if loop not in _passed:
        now = loop.time
        loop.time = lambda: now() + _passed[loop]  # type: ignore[method-assign]
    _passed[loop] = _passed.get(loop, 0.0) + seconds
