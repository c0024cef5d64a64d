"""The receiver in a thread with an event loop of its own, so that large exports delay nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from claude_tui.store import Store
from claude_tui.traffic.deduplicated import Deduplicated
from claude_tui.traffic.otlp.mapping import CostOf
from claude_tui.traffic.sink import StoreSink

if TYPE_CHECKING:
    from claude_tui.traffic.otlp.bodies import Bounds, Capacity
    from claude_tui.traffic.otlp.grpc_receiver import GrpcReceiver
    from claude_tui.traffic.otlp.intake import Intake
    from claude_tui.traffic.otlp.receiver import Receiver

__all__ = ["ReceiverThread", "grpc_is_installed", "is_loopback"]

_SETTLE_S = 1.0
_BACKLOG = 128


class ReceiverThread:
    """Receives until it is stopped, and writes to a store that it does not own.

    `listen` and `listen_grpc` return as soon as the port is bound. h2 and protobuf are imported in
    the thread: exports that arrive earlier wait in the listen queue.
    """

    def __init__(
        self,
        store: Store,
        cost_of: CostOf,
        now: Callable[[], float] = time.time,
        bounds: Bounds | None = None,
    ) -> None:
        self.url = ""
        """The URL for OTLP over HTTP, once it listens."""
        self.grpc_url = ""
        """The same for gRPC."""
        self.failure: str | None = None
        """Why it ended unexpectedly."""
        self._bound: SimpleQueue[tuple[bool, socket.socket]] = SimpleQueue()
        self._store = store
        self._cost_of = cost_of
        self._now = now
        self._bounds = bounds
        self._receivers: list[Receiver | GrpcReceiver] = []
        self._intake: Intake | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._asked_to_stop = threading.Event()

    @property
    def calls(self) -> int:
        """How many calls were received."""
        return self._intake.calls if self._intake is not None else 0

    @property
    def absences(self) -> list[str]:
        """The attributes that senders have stopped reporting."""
        return [*self._intake.absent.sentences()] if self._intake is not None else []

    @property
    def faults(self) -> int:
        """Exports that failed because of an internal error."""
        return sum(receiver.faults for receiver in self._receivers)

    def listen(self, address: str) -> None:
        """Binds a port for OTLP over HTTP. Raises OSError if it is not available."""
        self.url = self._listen(address, grpc=False)

    def listen_grpc(self, address: str) -> None:
        """Binds a port for OTLP over gRPC, if that is installed. Raises OSError if it is not available."""
        self.grpc_url = self._listen(address, grpc=True)

    def _listen(self, address: str, *, grpc: bool) -> str:
        host, port = _host_and_port(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._bound.put((grpc, bound))
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{bound.getsockname()[1]}"

    def start(self) -> None:
        """Starts the thread, which serves all ports that are bound, now or later."""
        self._thread = threading.Thread(target=self._run, name="otlp receiver", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stops receiving, from any thread, and hands everything to the store; waits at most `timeout_s`."""
        self._asked_to_stop.set()
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None and not loop.is_closed():
            # If the loop has closed since, it has stopped already.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(stopping.set)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as error:  # noqa: BLE001 - a thread that ends silently would look like no traffic
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            for _, bound in _arrived(self._bound):
                bound.close()

    async def _main(self) -> None:
        from claude_tui.traffic.otlp.bodies import Bounds, Capacity
        from claude_tui.traffic.otlp.intake import Intake

        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._asked_to_stop.is_set():
            return
        sink = StoreSink(self._store, now=self._now)
        sink.start()
        deduplicated = Deduplicated(sink, self._store, self._now)
        self._intake = Intake(deduplicated, self._cost_of, self._now)
        capacity = Capacity(self._bounds or Bounds())
        settling = asyncio.create_task(_settle(deduplicated, self._stopping))
        try:
            while not self._stopping.is_set():
                await self._serve(self._intake, capacity)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SETTLE_S):
                        await self._stopping.wait()
        finally:
            for receiver in self._receivers:
                await receiver.stop()
            # Its calls must be in the sink before that is closed.
            await asyncio.gather(settling, return_exceptions=True)
            await asyncio.to_thread(deduplicated.settle, all_of_it=True)
            await asyncio.to_thread(sink.close)

    async def _serve(self, intake: Intake, capacity: Capacity) -> None:
        """Takes exports on the ports that were bound since the last call."""
        for grpc, bound in _arrived(self._bound):
            receiver = _grpc_receiver(intake, capacity) if grpc else _receiver(intake, capacity)
            self._receivers.append(receiver)
            await receiver.start(bound)


def _arrived(bound: SimpleQueue[tuple[bool, socket.socket]]) -> Iterator[tuple[bool, socket.socket]]:
    with suppress(Empty):
        while True:
            yield bound.get_nowait()


def _receiver(intake: Intake, capacity: Capacity) -> Receiver:
    from claude_tui.traffic.otlp.receiver import Receiver

    return Receiver(intake, capacity)


def _grpc_receiver(intake: Intake, capacity: Capacity) -> GrpcReceiver:
    from claude_tui.traffic.otlp.grpc_receiver import GrpcReceiver

    return GrpcReceiver(intake, capacity)


def grpc_is_installed() -> bool:
    """Whether the extra `grpc` is installed."""
    return find_spec("h2") is not None


async def _settle(deduplicated: Deduplicated, stopping: asyncio.Event) -> None:
    """Forwards calls that have waited long enough. A hanging disk does not delay exports."""
    while not stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S):
                await stopping.wait()
        await asyncio.to_thread(deduplicated.settle)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address such as `127.0.0.1:4318`."""
    host, _ = _host_and_port(address)
    return ipaddress.ip_address(host).is_loopback


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return ("127.0.0.1" if host == "localhost" else host), int(port)
