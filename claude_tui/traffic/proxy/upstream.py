"""The upstream's address, and connections to it, one for each client connection.

The two form a pair: when the upstream ends a kept-alive connection, the client's ends as well. A client
therefore sees the same connections as it would without the proxy, nothing is ever sent twice, and a call
never waits for another client's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from claude_tui.model.addresses import diverted_to, is_address
from claude_tui.probes.clock import Clock
from claude_tui.probes.dial import race
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.proxies import Proxies
from claude_tui.traffic.http1.sockets import keep_watch
from claude_tui.traffic.http1.wire import Header
from claude_tui.traffic.proxy.tunnel import Via, open_tunnel

__all__ = ["Address", "Upstream", "UpstreamConnection", "UpstreamUser"]

# asyncio requires a number; this is longer than any client waits.
_HANDSHAKE_S = 600.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL, split into the parts needed for sending."""

    scheme: str
    """`http` or `https`."""
    host: str
    """A name or an IP address, without brackets."""
    port: int
    """The port, always as a number."""
    prefix: bytes
    """The prefix of the path of every request."""

    @classmethod
    def of(cls, url: str) -> Address:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "", port, parts.path.rstrip("/").encode())

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def netloc(self) -> str:
        """The host and port for the `Host` header, and for display."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class UpstreamUser(Protocol):
    """The owner of a connection, which gets its data."""

    def answered(self, data: bytes) -> None:
        """Bytes from the upstream."""

    def lost(self, error: Exception | None) -> None:
        """The connection has ended; `error` is None if the upstream closed it cleanly."""

    def hold_request(self, held: bool) -> None:
        """Whether the upstream accepts no more data for now."""


class UpstreamConnection(asyncio.Protocol):
    """One connection. Its `user` receives everything until `drop`."""

    def __init__(self, user: UpstreamUser) -> None:
        self._user: UpstreamUser | None = user
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._user is not None:
            self._user.answered(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._user is not None:
            self._user.lost(error)

    def pause_writing(self) -> None:
        if self._user is not None:
            self._user.hold_request(True)

    def resume_writing(self) -> None:
        if self._user is not None:
            self._user.hold_request(False)

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def hold_answer(self, held: bool) -> None:
        """Pauses reading while the client accepts no more data."""
        if self._transport is None or self._transport.is_closing():
            return
        if held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def drop(self) -> None:
        """Closes the connection at once, without notifying the user."""
        self._user = None
        if self._transport is not None:
            self._transport.abort()


class Upstream:
    """The upstream, reached directly or through the environment's forward proxy.

    Raises ProxySettingError for a forward proxy that cannot be used, OSError if the trusted certificates
    cannot be read.
    """

    def __init__(self, url: str, *, clock: Clock, routes: Proxies | None = None) -> None:
        self.url = url
        self.address = Address.of(url)
        self._clock = clock
        self._routes = routes or Proxies()
        self._proxy = self._routes.proxy_for(url)
        self._via = Via.of(self._proxy) if self._proxy is not None else None
        self._trust: ssl.SSLContext | None = None
        if self.address.secure:
            self._trust = self._routes.trust_for(url)
            self._trust.set_alpn_protocols(["http/1.1"])

    @property
    def target_prefix(self) -> bytes:
        """The prefix of the path in a request line; a forward proxy gets the whole URL."""
        if self._via is None or self.address.secure:
            return self.address.prefix
        return f"http://{self.address.netloc}".encode() + self.address.prefix

    @property
    def extra_headers(self) -> tuple[Header, ...]:
        """The headers that a forward proxy requires in each request."""
        if self._via is None or self.address.secure or self._via.authorization is None:
            return ()
        return ((b"Proxy-Authorization", self._via.authorization),)

    def trace(self) -> ExchangeTrace:
        return ExchangeTrace(self._clock, proxy=self._proxy)

    async def connect(self, user: UpstreamUser, trace: ExchangeTrace) -> UpstreamConnection:
        """A new connection. The client decides how long to wait: there is no timeout except the system's.

        Raises OSError, TunnelError or UnicodeError, and `trace` has the phase in which it failed.
        """
        via = self._via
        host, port = (via.host, via.port) if via is not None else (self.address.host, self.address.port)
        trace.begin(Phase.DNS)
        addresses = (host,) if is_address(host) else tuple(await self._routes.resolve(host, port))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        trace.diverted = diverted_to(host, addresses) if via is None else None
        trace.begin(Phase.CONNECT)
        opened = await race(addresses, lambda address: _open(address, port))
        try:
            if via is not None and self.address.secure:
                await open_tunnel(opened.sock, via, self.address.host, self.address.port)
            if self._trust is not None:
                trace.begin(Phase.TLS)
            return await self._take_over(opened.sock, user)
        except BaseException:
            opened.sock.close()
            raise

    async def _take_over(self, sock: socket.socket, user: UpstreamUser) -> UpstreamConnection:
        secure = self._trust is not None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: UpstreamConnection(user),
            sock=sock,
            ssl=self._trust,
            server_hostname=self.address.host if secure else None,
            ssl_handshake_timeout=_HANDSHAKE_S if secure else None,
        )
        return connection


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connected socket, for `race`."""

    sock: socket.socket

    async def aclose(self) -> None:
        self.sock.close()


async def _open(address: str, port: int) -> _Opened:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_watch(sock)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return _Opened(sock)
