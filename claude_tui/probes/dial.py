"""Opens connections: looks up the name, timed separately, then races the addresses.

httpcore2 looks up a name inside its connect, where it cannot be timed. Here the two are separate, and the
addresses are tried as in RFC 8305 ("happy eyeballs") and the SDK's own transport:
in the resolver's order, families alternating, the next one after 250 ms.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any, Generic, Protocol, TypeVar, cast

from claude_tui.model.addresses import (
    AddressFault,
    AddressKind,
    Bypassed,
    diverted_to,
    is_address,
    kind_of_address,
)
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.transport_errors import causes, is_unreachable

__all__ = ["HEAD_START_S", "MAX_ADDRESSES", "Dialer", "Resolver", "Stream", "race", "system_resolver"]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) to IP addresses, in order of preference. Raises OSError (socket.gaierror) or UnicodeError."""

HEAD_START_S = 0.25
"""How long each address is tried before the next one is tried as well."""
MAX_ADDRESSES = 8
# How long the attempt of an address that lost the race may continue before it counts as unanswered.
_ANSWERS_WITHIN_S = 1.0


class Stream(Protocol):
    """An open connection of either library."""

    async def aclose(self) -> None: ...


_S = TypeVar("_S", bound=Stream)


class _Tapped:
    """A connection that also passes the data read from it to `feed`, until TLS starts."""

    def __init__(self, stream: Any, feed: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._feed = feed

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore2's)
        data: bytes = await self._stream.read(max_bytes, timeout)
        self._feed(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Attempts(Generic[_S]):
    """Follows the attempt to connect to a host's first address, even if another address wins the race."""

    def __init__(self, addresses: Sequence[str], connect: Callable[[str], Awaitable[_S]]) -> None:
        self._addresses = addresses
        self._first = addresses[0]
        self._connect = connect
        self._began = 0.0
        self._attempt: asyncio.Task[_S] | None = None
        self._connected = ""

    async def connect(self, address: str) -> _S:
        if address == self._first:
            # The race cancels the losers, but this attempt continues until `close`.
            self._began = asyncio.get_running_loop().time()
            self._attempt = asyncio.ensure_future(self._connect(address))
            stream = await asyncio.shield(self._attempt)
            self._attempt = None
        else:
            stream = await self._connect(address)
        self._connected = self._connected or address
        return stream

    async def bypassed(self) -> Bypassed | None:
        """The first address, or its kind, if it does not work and another one, or kind, was connected.

        Waits until that is known, at most a second from the start of the attempt. None if it was only
        slower; also None for this machine itself, where servers often listen on one kind only, and without
        a route, as that fails at once.
        """
        first = kind_of_address(self._first)
        here = not self._connected or ipaddress.ip_address(self._connected).is_loopback
        if self._attempt is None or here:
            return None
        left_s = self._began + _ANSWERS_WITHIN_S - asyncio.get_running_loop().time()
        await asyncio.wait({self._attempt}, timeout=max(left_s, 0.0))
        if not self._attempt.done():
            return self._bypassed_by(first, AddressFault.NO_ANSWER)
        error = self._attempt.exception()
        if error is None or is_unreachable(error):
            return None
        refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes(error))
        return self._bypassed_by(first, AddressFault.REFUSED if refused else AddressFault.FAILS)

    def _bypassed_by(self, first: AddressKind, fault: AddressFault) -> Bypassed:
        if kind_of_address(self._connected) is not first:
            return Bypassed(first, fault)
        return Bypassed(first, fault, self._first, len(self._addresses))

    async def close(self) -> None:
        """Cancels the first attempt if it is still running."""
        if self._attempt is not None:
            attempt, self._attempt = self._attempt, None
            await _give_up([attempt])


class Dialer:
    """Opens connections for a pool and records the duration of each phase in the current `trace`.

    One exchange at a time: set `trace` before sending a request.
    """

    def __init__(self, resolve: Resolver) -> None:
        self.trace: ExchangeTrace | None = None
        self._resolve = resolve
        self._newest: Stream | None = None
        self._attempts: _Attempts[Any] | None = None

    async def dial(self, host: str, port: int, connect: Callable[[str], Awaitable[_S]]) -> _S:
        """A connection to the first address of `host` that accepts one; `connect` gets IP addresses.

        Raises what the resolver raised, or the most informative error of `connect`.
        """
        addresses = (host,) if is_address(host) else await self._look_up(host, port)
        self._begin(Phase.CONNECT)
        await self.close_attempt()
        self._attempts = attempts = _Attempts(addresses, connect)
        self._newest = stream = await race(addresses, attempts.connect)
        self._end(Phase.CONNECT)
        return cast(_S, _Tapped(stream, self._feed))

    async def settle(self) -> None:
        """Records in `trace` which kind of address failed, if the other kind had to be used.

        Call it at the end of an exchange, as it may wait a moment for that.
        """
        if self._attempts is not None and self.trace is not None and not self.trace.proxied:
            self.trace.bypassed = await self._attempts.bypassed()
        await self.close_attempt()

    async def close_attempt(self) -> None:
        """Cancels a connection attempt that lost the race."""
        if self._attempts is not None:
            attempts, self._attempts = self._attempts, None
            await attempts.close()

    async def close(self) -> None:
        """Closes the newest connection. For exchanges that end before an answer: httpcore2 forgets a
        connection on which it is cancelled in the TLS handshake.
        """
        await self.close_attempt()
        if self._newest is not None:
            await self._newest.aclose()
            self._newest = None

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        self._begin(Phase.DNS)
        found = await self._resolve(host, port)
        self._end(Phase.DNS)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        if self.trace is not None and not self.trace.proxied:
            self.trace.diverted = diverted_to(host, found)
        return _alternating(found)[:MAX_ADDRESSES]

    def _feed(self, data: bytes) -> None:
        if self.trace is not None:
            self.trace.feed(data)

    def _begin(self, phase: Phase) -> None:
        if self.trace is not None:
            self.trace.begin(phase)

    def _end(self, phase: Phase) -> None:
        if self.trace is not None:
            self.trace.end(phase)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses from getaddrinfo, in its order.

    Each lookup has its own daemon thread: one that hangs on a dead name server (for half a minute or more)
    can be abandoned, while the loop's executor would delay the exit of the program.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str] | BaseException) -> None:
        if answer.done():
            return
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: Sequence[str] | BaseException
        try:
            found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            found = error
        with suppress(RuntimeError):  # the loop has closed, so nothing waits for the result
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return await answer


async def race(
    addresses: Sequence[str], connect: Callable[[str], Awaitable[_S]], head_start_s: float = HEAD_START_S
) -> _S:
    """The first connection that is established; the others are cancelled and closed.

    Each address has `head_start_s` seconds to itself, less when it fails sooner. When all fail, the
    last error that is not just "unreachable" is raised, as the most informative one.
    """
    waiting = deque(addresses)
    running: set[asyncio.Future[_S]] = set()
    finished: list[asyncio.Future[_S]] = []
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(connect(waiting.popleft())))
            done, running = await asyncio.wait(
                running, timeout=head_start_s if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            finished.extend(done)
            for attempt in done:
                if attempt.exception() is None:
                    finished.remove(attempt)
                    return attempt.result()
        raise _most_informative([attempt.exception() for attempt in finished])
    finally:
        await _give_up([*running, *finished])


async def _give_up(attempts: Sequence[asyncio.Future[_S]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if not isinstance(result, BaseException):
            await result.aclose()


def _most_informative(errors: Sequence[BaseException | None]) -> BaseException:
    known = [error for error in errors if error is not None]
    specific = [error for error in known if not is_unreachable(error)]
    return (specific or known)[-1]


def _alternating(addresses: Sequence[str]) -> list[str]:
    """RFC 8305, section 4: families in turn, the first one's first, each in its own order."""
    unique = list(dict.fromkeys(addresses))
    first = ":" in unique[0]
    one = [address for address in unique if (":" in address) is first]
    other = [address for address in unique if (":" in address) is not first]
    return [address for pair in zip_longest(one, other) for address in pair if address is not None]
