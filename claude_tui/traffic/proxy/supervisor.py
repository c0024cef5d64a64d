"""Several workers on one port: starts them, replaces one that dies, and ends them all."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from claude_tui.traffic.proxy.address import ListenAddress, bound
from claude_tui.traffic.proxy.serving import ProxyPlan, serve

__all__ = ["supervise"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
# A worker that dies right after its start is started again after 1, 2, 4, ... seconds.
_SETTLED_S = 10.0
_LONGEST_WAIT_S = 30.0


@dataclass(slots=True)
class _Slot:
    """The slot of one worker."""

    number: int
    """The slot's number, from 1."""
    pid: int = 0
    """The process id; 0 while there is no process."""
    started: float = 0.0
    """When it started, by `time.monotonic`."""
    failures: int = 0
    """How many times in a row it died shortly after its start."""
    due: float = 0.0
    """When the next process may start, by `time.monotonic`."""


@dataclass(slots=True)
class _Supervisor:
    plan: ProxyPlan
    address: ListenAddress
    reservation: socket.socket
    slots: list[_Slot]
    lifeline: tuple[int, int] = field(default_factory=os.pipe)
    ready: tuple[int, int] = field(default_factory=os.pipe)
    """Each worker writes a byte into it once it accepts calls."""
    stopping: bool = False

    def start(self, slot: _Slot) -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(self._be_worker())
        slot.pid, slot.started = pid, time.monotonic()

    def _be_worker(self) -> int:
        """Runs the worker; no code of the supervisor runs in this process afterwards."""
        # ctrl+c is for the supervisor, which passes it on; twice would mean "at once".
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        os.close(self.lifeline[1])
        self.reservation.close()
        try:
            sock = bound(self.address, shared=True)
            return serve(self.plan, sock, self.lifeline[0], lambda: _report_ready(self.ready[1]))
        except Exception as error:  # noqa: BLE001 the outermost edge of this process
            self.plan.warn(f"a worker failed: {type(error).__name__}: {error}")
            return 1

    def collect_dead(self) -> None:
        for slot in self.slots:
            if not slot.pid or not (found := os.waitpid(slot.pid, os.WNOHANG))[0]:
                continue
            slot.pid = 0
            if self.stopping:
                continue
            lived_s = time.monotonic() - slot.started
            slot.failures = 0 if lived_s >= _SETTLED_S else slot.failures + 1
            wait_s = min(2.0 ** (slot.failures - 1), _LONGEST_WAIT_S) if slot.failures else 0.0
            slot.due = time.monotonic() + wait_s
            ending = _ending(found[1])
            self.plan.warn(f"worker {slot.number} {ending}; another one starts in {wait_s:g}s")

    def start_due(self) -> float | None:
        """Starts the workers that are due; returns the seconds until the next start."""
        now, waits = time.monotonic(), []
        for slot in self.slots:
            if slot.pid or self.stopping:
                continue
            if slot.due <= now:
                self.start(slot)
            else:
                waits.append(slot.due - now)
        return min(waits, default=None)

    def send_signal(self, number: int) -> None:
        for slot in self.slots:
            if slot.pid:
                os.kill(slot.pid, number)

    @property
    def alive(self) -> bool:
        return any(slot.pid for slot in self.slots)


def supervise(
    plan: ProxyPlan,
    address: ListenAddress,
    reservation: socket.socket,
    workers: int,
    *,
    started: Callable[[], None] = lambda: None,
) -> int:
    """Runs `workers` processes until SIGTERM, SIGINT or SIGHUP, which it passes on to each. Returns 0.

    The process has no threads when it forks here, so a worker starts with a consistent copy.
    """
    waker, wakened = socket.socketpair()
    waker.setblocking(False)
    wakened.setblocking(False)
    ignored = {number for number in _STOPPING if signal.getsignal(number) is signal.SIG_IGN}
    for signal_number in _SIGNALS:
        if signal_number not in ignored:
            signal.signal(signal_number, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno())
    supervisor = _Supervisor(plan, address, reservation, [_Slot(n + 1) for n in range(workers)])
    try:
        missing = workers
        while not supervisor.stopping or supervisor.alive:
            wait_s = supervisor.start_due()
            readable, _, _ = select.select([wakened.fileno(), supervisor.ready[0]], [], [], wait_s)
            if supervisor.ready[0] in readable:
                before, missing = missing, missing - len(os.read(supervisor.ready[0], 64))
                if missing <= 0 < before:
                    started()
            for number in _received(wakened):
                if number in _STOPPING:
                    supervisor.stopping = True
                    supervisor.send_signal(number)
            supervisor.collect_dead()
    finally:
        signal.set_wakeup_fd(-1)
        for descriptor in (*supervisor.lifeline, *supervisor.ready):
            os.close(descriptor)
        waker.close()
        wakened.close()
    return 0


def _report_ready(descriptor: int) -> None:
    os.write(descriptor, b".")


def _received(wakened: socket.socket) -> bytes:
    try:
        return wakened.recv(64)
    except BlockingIOError:
        return b""


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"ended with exit code {os.waitstatus_to_exitcode(status)}"
