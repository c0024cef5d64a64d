"""`claude-top simulate`: runs the simulator alone, for drills and for testing other tools."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from claude_tui.model.format import clock
from claude_tui.model.text import inert
from claude_tui.simulator.scenario import Scenario, load, names
from claude_tui.simulator.sockets import HOST, listen, url_of

if TYPE_CHECKING:
    import socket

    from claude_tui.simulator.companion import Companion
    from claude_tui.simulator.server import Simulator

__all__ = ["run"]

EXIT_OK, EXIT_USAGE = 0, 3
# Shaped like a key but not a real one: the simulator accepts any.
KEY = "sk-ant-api03-simulated-no-real-key"
# Added to each sleep: the clock may be a little behind the timer, and the phase not over yet.
MARGIN_S = 0.01


def run(
    scenario: str,
    port: int = 0,
    speed: float = 1.0,
    *,
    seed: int | None = None,
    list_only: bool = False,
    host: str = HOST,
    companion: Companion | None = None,
) -> int:
    """Plays `scenario`, a name or a path, until ctrl+c or SIGTERM. Returns the exit code.

    stdout is for data: with `list_only` a line per scenario, else the base URL, the status URL, an
    `export` line, and the lines of `companion`. The phases are reported on stderr. Raises ScenarioError.
    """
    if list_only:
        return _list()
    if not (math.isfinite(speed) and speed > 0):
        _say(f"speed {speed:g}: expected a number above 0")
        return EXIT_USAGE
    script = load(scenario)
    if companion is not None:
        script = companion.fitted(script)
    try:
        bound = listen(host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        _say(f"cannot listen on {host}:{port}: {reason}. Choose another port, or 0 for any free one.")
        return EXIT_USAGE
    with bound:
        _announce(script, url_of(bound), speed)
        asyncio.run(_play(script, bound, speed, seed, companion))
    _say("stopped")
    return EXIT_OK


def _list() -> int:
    found = names()
    width = max(len(name) for name, _ in found)
    for name, title in found:
        _emit(f"{name:<{width}}  {title}")
    return EXIT_OK


def _announce(script: Scenario, url: str, speed: float) -> None:
    _say(f"{script.name}: {script.title}" + (f" · {speed:g} times faster" if speed != 1 else ""))
    _emit(f"base URL    {url}")
    _emit(f"status URL  {url}")
    _emit(f"export ANTHROPIC_BASE_URL={url} CLAUDE_TOP_STATUS_URL={url} ANTHROPIC_API_KEY={KEY}")
    _say("press ctrl+c to stop")


async def _play(
    script: Scenario, bound: socket.socket, speed: float, seed: int | None, companion: Companion | None
) -> None:
    from claude_tui.simulator.server import Simulator, log_loop_errors

    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    log_loop_errors(loop)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, stopping.set)
    simulator = Simulator(script, speed=speed, seed=seed)
    await simulator.start(bound=bound)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(simulator.stop)
        if companion is not None:
            for words in await stack.enter_async_context(companion.beside(simulator)):
                _emit(words)
        reports = asyncio.create_task(_report_phases(simulator, speed))
        stack.callback(reports.cancel)
        await stopping.wait()


async def _report_phases(simulator: Simulator, speed: float) -> None:
    """Prints each phase as it begins, with its true cause and side."""
    while True:
        elapsed_s = simulator.elapsed_s
        phase = simulator.scenario.phase_at(elapsed_s)
        _say(f"{clock(datetime.now(UTC))} UTC · {phase.name} · {phase.cause} ({phase.side})")
        coming = next(simulator.scenario.after(elapsed_s), None)
        if coming is None:
            return
        await asyncio.sleep((coming[0] - elapsed_s) / speed + MARGIN_S)


def _emit(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _say(text: str) -> None:
    print(f"claude-top simulate: {inert(text, 500)}", file=sys.stderr, flush=True)  # noqa: T201
