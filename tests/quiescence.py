"""When a Textual app under test is at rest: what Textual's pilot waits for, without a look at the CPU.

Textual takes a process for idle that has used little CPU for 20 ms. On a busy machine that is one that was
not given any: keys and pauses would be over before the app has done anything. Here the event loop itself
decides: it is at rest when nothing is left to run, and nothing comes due in those 20 ms.
"""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from time import process_time

import textual.app
import textual.pilot

__all__ = ["at_rest", "install"]

DUE_S = 0.02
"""As far as Textual looks ahead: screens are drawn up to 1/60 s after they have changed."""
PATIENCE_S = 30.0
"""For what never comes to rest."""
_ROUNDS = 3
"""So often the loop has nothing to run, one after the other: it looks for input in between."""
_SHARE = 0.05
"""Of a processor: a thread that uses less waits for something."""


async def at_rest(min_sleep: float = 0.0, max_sleep: float = PATIENCE_S) -> None:
    """Waits until everything that is due is done. The arguments are Textual's, and without meaning here."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, asyncio.BaseEventLoop)
    ahead, end = loop.time() + DUE_S, loop.time() + PATIENCE_S
    quiet = 0
    while quiet < _ROUNDS and loop.time() < end:
        await asyncio.sleep(0)
        if loop._ready:  # type: ignore[attr-defined]
            quiet = 0
        elif (due := _next_due(loop)) <= ahead:
            await asyncio.sleep(max(due - loop.time(), 0.0))
            quiet = 0
        elif await _threads_work(loop):
            quiet = 0
        else:
            quiet += 1


def _next_due(loop: asyncio.BaseEventLoop) -> float:
    return min(
        (timer.when() for timer in loop._scheduled if not timer.cancelled()),  # type: ignore[attr-defined]
        default=math.inf,
    )


async def _threads_work(loop: asyncio.BaseEventLoop) -> bool:
    """Whether threads of the loop have something to do. Those that hang are not waited for."""
    executor = loop._default_executor  # type: ignore[attr-defined]
    if not isinstance(executor, ThreadPoolExecutor) or _is_idle(executor):
        return False
    used, began = process_time(), loop.time()
    await asyncio.sleep(DUE_S)
    return _is_idle(executor) or process_time() - used > _SHARE * (loop.time() - began)


def _is_idle(executor: ThreadPoolExecutor) -> bool:
    idle: int = executor._idle_semaphore._value
    return executor._work_queue.empty() and idle >= len(executor._threads)


def install() -> None:
    """Has Textual's pilot wait for this."""
    textual.app.wait_for_idle = at_rest
    textual.pilot.wait_for_idle = at_rest
