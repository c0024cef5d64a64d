"""The OTLP receiver of the process that collects: started, watched and stopped with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.model.extras import install_command
from claude_tui.model.snapshot import Level, Notice
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import Clock
from claude_tui.store import Store

if TYPE_CHECKING:
    from claude_tui.traffic.otlp.serving import ReceiverThread

__all__ = ["OtlpReceiver"]

AGAIN_S = 5.0
"""Seconds before a port in use is tried again, as the process that holds it may be ending."""
_LOOK_S = 1.0
_MOST_ABSENCES = 3

NoticeParts = tuple[str, Level, str]


@dataclass(frozen=True, slots=True)
class _Port:
    """One of the two protocols."""

    key: str
    """The key of its notices."""
    what: str
    """What arrives over it."""
    setting: str
    """The setting that names the address."""
    address: str
    """Where it listens."""
    loopback: bool
    """Whether only this machine can reach it."""
    listen: Callable[[ReceiverThread, str], None]
    """Binds the port. Raises OSError."""

    def down(self, reason: str, then: str = "; trying again") -> NoticeParts:
        text = f"no {self.what} is received on {self.address}: {reason} ({self.setting}){then}"
        return self.key, Level.WARN, text

    def open(self) -> Iterator[NoticeParts]:
        if not self.loopback:
            text = f"{self.what} on {self.address} is open to other machines, without a password"
            yield f"{self.key} open", Level.INFO, f"{text} ({self.setting})"


def _no_grpc() -> str:
    return f"the extra grpc is not installed ({install_command('grpc')})"


class OtlpReceiver:
    """Receives while `run` runs. Only for the engine's thread. An empty address disables a protocol."""

    def __init__(self, address: str, grpc_address: str, store: Store, clock: Clock) -> None:
        self._addresses = address, grpc_address
        self._store = store
        self._clock = clock
        self._thread: ReceiverThread | None = None
        self._notices: dict[str, Notice] = {}

    @property
    def url(self) -> str:
        """Where it listens for OTLP over HTTP; "" while it does not."""
        return self._thread.url if self._thread is not None else ""

    def notices(self) -> tuple[Notice, ...]:
        """What users need to know about it."""
        return tuple(self._notices.values())

    async def run(self) -> None:
        """Receives until it is cancelled."""
        # Not before the first frame, and never without the setting.
        from claude_tui.probes.prices import call_cost_usd
        from claude_tui.traffic.otlp.serving import ReceiverThread, grpc_is_installed

        http, grpc = self._ports()
        missing = [grpc.down(_no_grpc(), then="")] if grpc is not None and not grpc_is_installed() else []
        ports = [receiver for receiver in (http, None if missing else grpc) if receiver is not None]
        while True:
            thread = ReceiverThread(self._store, call_cost_usd, self._now)
            try:
                await self._watch(thread, ports, missing)
                reason = thread.failure or "it has ended"
                self._publish([*missing, *(port.down(reason) for port in ports)])
            finally:
                self._thread = None
                await asyncio.to_thread(thread.stop)
            await asyncio.sleep(AGAIN_S)

    async def _watch(self, thread: ReceiverThread, ports: list[_Port], missing: list[NoticeParts]) -> None:
        """Serves the ports that can be bound until the thread ends; retries the others."""
        closed, tries = list(ports), 0
        down: list[NoticeParts] = []
        while True:
            if closed and tries % max(round(AGAIN_S / _LOOK_S), 1) == 0:
                down = []
                for port in list(closed):
                    try:
                        port.listen(thread, port.address)
                        closed.remove(port)
                    except OSError as error:
                        down.append(port.down(os.strerror(error.errno) if error.errno else str(error)))
            tries += 1
            bound = [open_port for open_port in ports if open_port not in closed]
            if bound and self._thread is None:
                thread.start()
                self._thread = thread
            elif self._thread is not None and not thread.running:
                return
            self._publish([*missing, *down, *self._status_of(thread, bound)])
            await asyncio.sleep(_LOOK_S)

    def _ports(self) -> tuple[_Port | None, _Port | None]:
        from claude_tui.traffic.otlp.serving import ReceiverThread, is_loopback

        http, grpc = self._addresses
        return (
            _Port("otlp", "OTLP", "traffic.otlp", http, is_loopback(http), ReceiverThread.listen)
            if http
            else None,
            _Port(
                "otlp grpc",
                "OTLP over gRPC",
                "traffic.otlp_grpc",
                grpc,
                is_loopback(grpc),
                ReceiverThread.listen_grpc,
            )
            if grpc
            else None,
        )

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _status_of(self, thread: ReceiverThread, bound: list[_Port]) -> Iterator[NoticeParts]:
        for port in bound:
            yield from port.open()
        if thread.faults:
            yield "otlp faults", Level.WARN, "OTLP: reports of calls were lost to an internal error"
        absences = thread.absences
        for number, text in enumerate(absences[:_MOST_ABSENCES]):
            more = len(absences) - _MOST_ABSENCES
            tail = f" (and {more} more)" if more > 0 and number == _MOST_ABSENCES - 1 else ""
            yield f"otlp absent {text.partition(' absent ')[0]}", Level.INFO, f"OTLP: {text}{tail}"

    def _publish(self, parts: list[NoticeParts]) -> None:
        before, now = self._notices, self._clock.now()
        clean = Redactor().clean
        made = [Notice(clean(key, 100), level, clean(text, 200), now) for key, level, text in parts]
        self._notices = {}
        for notice in made:
            # A notice is as old as its text.
            was = before.get(notice.key)
            self._notices[notice.key] = was if was is not None and was.text == notice.text else notice
