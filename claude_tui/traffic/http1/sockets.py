"""Detects dead connections, and closes live ones without losing data."""

from __future__ import annotations

import asyncio
import socket

__all__ = ["LINGER_S", "close_while_sending", "keep_watch"]

LINGER_S = 5.0
"""How long to keep reading from a client that is still sending when the response is complete."""
# A peer that disappeared silently is noticed after 30 + 3 * 10 s.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


def keep_watch(sock: socket.socket) -> None:
    """Enables keep-alive, so that the system notices a peer that disappeared silently."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def close_while_sending(transport: asyncio.Transport) -> None:
    """Ends a connection on which the client may still be sending.

    A connection that is closed with unread bytes is reset, and the client may lose the end of the answer. So
    the owner keeps reading and discards the data, until the client closes it or `LINGER_S` have passed.
    """
    if not transport.can_write_eof():
        transport.close()
        return
    transport.write_eof()
    asyncio.get_running_loop().call_later(LINGER_S, transport.abort)
