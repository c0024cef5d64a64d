"""A forward proxy between this proxy and the upstream, as HTTPS_PROXY names it."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from claude_tui.model.errors import ProbeError
from claude_tui.probes.proxy_setting import Proxy

__all__ = ["TunnelError", "Via", "open_tunnel"]

_MAX_ANSWER = 65_536


class TunnelError(ProbeError):
    """The forward proxy opened no tunnel."""


@dataclass(frozen=True, slots=True)
class Via:
    """A forward proxy that is reached in plain HTTP."""

    host: str
    """A name or an IP address."""
    port: int
    """The port, always as a number."""
    authorization: bytes | None = field(default=None, repr=False)
    """The value of Proxy-Authorization."""

    @classmethod
    def of(cls, proxy: Proxy) -> Via:
        """The tunnel for a proxy setting. Raises ProxySettingError."""
        url, user = proxy.split()
        parts = urlsplit(url)
        if parts.scheme != "http":
            raise proxy.unusable("`claude-top proxy` goes only through proxies that begin with http://")
        authorization = None if user is None else b"Basic " + b64encode(b"%b:%b" % user)
        return cls(parts.hostname or "", parts.port or 80, authorization)


async def open_tunnel(sock: socket.socket, via: Via, host: str, port: int) -> None:
    """Makes the proxy connect to `host`. Raises TunnelError or OSError."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    credentials = b"" if via.authorization is None else b"Proxy-Authorization: %b\r\n" % via.authorization
    loop = asyncio.get_running_loop()
    request = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (target.encode(), target.encode(), credentials)
    await loop.sock_sendall(sock, request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = await loop.sock_recv(sock, 4096)
        answer += piece
        if not piece or len(answer) > _MAX_ANSWER:
            raise TunnelError("the proxy broke off while it opened the tunnel")
    status = answer.split(b"\r\n", 1)[0].split(b" ")[1:2]
    if not status or not status[0].startswith(b"2"):
        words = answer.split(b"\r\n", 1)[0].decode("latin-1")
        raise TunnelError(f"the proxy refused the tunnel: {words[:100]}")
