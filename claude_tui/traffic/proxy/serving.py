"""Runs one process of the proxy, from its socket to its last call."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from claude_tui.model.garbage import freeze_existing
from claude_tui.model.gateway import is_gateway
from claude_tui.model.text import Redactor
from claude_tui.model.traffic import Tokens
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.proxies import Proxies
from claude_tui.traffic.applications import Application, Applications, Fingerprints
from claude_tui.traffic.proxy.call_log import LoggedCalls
from claude_tui.traffic.proxy.call_tap import CallTap, TapContext
from claude_tui.traffic.proxy.upstream import Upstream
from claude_tui.traffic.proxy.worker import Worker
from claude_tui.traffic.sink import Sink

__all__ = ["ClosingSink", "ProxyPlan", "applications_of", "serve"]


_SWITCH_S = 0.0005


class ClosingSink(Sink, Protocol):
    """Takes calls until it is closed."""

    def close(self) -> None:
        """Writes the rest. Nothing may be added afterwards."""


CostOf = Callable[[str, Tokens, str | None], float | None]


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """What every worker of a proxy needs."""

    upstream: str
    """The base URL of the API."""
    drain_s: float
    """How many seconds open calls may continue after a request to stop."""
    applications: Mapping[str, tuple[str, ...]]
    """The applications in the settings."""
    data_dir: Path
    """The file with the salt of the fingerprints."""
    secrets: tuple[str, ...]
    """What must not appear in any text."""
    sink: Callable[[], ClosingSink]
    """Opens the sink of the calls, in the worker's own process."""
    cost_of: CostOf
    """Returns the dollars of a model's tokens in a service tier; None without a price."""
    say: Callable[[str], None]
    """Reports to the person who started it."""
    warn: Callable[[str], None]
    """Reports problems."""


def applications_of(declared: Mapping[str, tuple[str, ...]], data_dir: Path) -> Applications:
    """The applications in the settings. Raises OSError if they need the salt and it cannot be read."""
    known = [
        Application(
            name,
            frozenset(part.removeprefix("key:") for part in parts if part.startswith("key:")),
            tuple(part.removeprefix("agent:") for part in parts if part.startswith("agent:")),
        )
        for name, parts in declared.items()
    ]
    needs_keys = any(application.keys for application in known)
    return Applications(known, Fingerprints.kept_in(data_dir) if needs_keys else None)


def serve(
    plan: ProxyPlan,
    sock: socket.socket,
    lifeline: int | None = None,
    started: Callable[[], None] = lambda: None,
) -> int:
    """Serves on `sock` until SIGTERM, SIGINT or SIGHUP, then drains. Returns the exit code.

    `lifeline` is a pipe whose other end the supervisor holds, so that a worker does not outlive it. `started`
    is called once calls are accepted and signals are handled.
    """
    return asyncio.run(_serve(plan, sock, lifeline, started))


async def _serve(
    plan: ProxyPlan, sock: socket.socket, lifeline: int | None, started: Callable[[], None]
) -> int:
    # Otherwise a call would wait 5 ms whenever the thread that writes to the store is running.
    sys.setswitchinterval(_SWITCH_S)
    stopping, hurry = asyncio.Event(), asyncio.Event()
    _listen_to_signals(stopping, hurry, lifeline)
    clock = SystemClock()
    sink = LoggedCalls(plan.sink(), asyncio.get_running_loop().call_later)
    worker = _worker(plan, sink, clock)
    await worker.start([sock])
    # These objects are permanent: without this, full collections would traverse all of them.
    gc.collect()
    freeze_existing()
    started()
    await stopping.wait()
    draining = asyncio.create_task(worker.drain(plan.drain_s))
    hurrying = asyncio.create_task(hurry.wait())
    open_calls = worker.counts.open_calls
    if open_calls:
        plan.say(f"stopping: {_calls(open_calls)} may continue for {plan.drain_s:g}s")
    await asyncio.wait((draining, hurrying), return_when=asyncio.FIRST_COMPLETED)
    if not draining.done():
        left = worker.counts.open_calls
        draining.cancel()
        await asyncio.wait((draining,))
        plan.warn(f"ended at once: {_calls(left)} cut off")
    elif not draining.result():
        plan.warn(f"{plan.drain_s:g}s are over: the calls that were still open are cut off")
    hurrying.cancel()
    sink.close()
    return 0


def _worker(plan: ProxyPlan, sink: Sink, clock: Clock) -> Worker:
    context = TapContext(
        clock=clock,
        applications=applications_of(plan.applications, plan.data_dir),
        sink=sink,
        cost_of=plan.cost_of,
        is_gateway=is_gateway(plan.upstream),
        secrets=plan.secrets,
    )
    upstream = Upstream(plan.upstream, clock=clock, routes=Proxies())
    return Worker(upstream, lambda head: CallTap(head, context), Redactor(plan.secrets))


def _listen_to_signals(stopping: asyncio.Event, hurry: asyncio.Event, lifeline: int | None) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        """A second signal ends everything at once."""
        (hurry if stopping.is_set() else stopping).set()

    def orphaned() -> None:
        assert lifeline is not None
        if not os.read(lifeline, 1):
            loop.remove_reader(lifeline)
            stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A signal that was ignored stays ignored (`nohup`).
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop)
    if lifeline is not None:
        loop.add_reader(lifeline, orphaned)


def _calls(count: int) -> str:
    return "1 open call" if count == 1 else f"{count} open calls"
