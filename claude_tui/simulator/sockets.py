"""The listening socket of the simulator."""

from __future__ import annotations

import socket

__all__ = ["HOST", "free_port", "listen", "url_of"]

HOST = "127.0.0.1"


def listen(host: str = HOST, port: int = 0) -> socket.socket:
    """A listening socket; clients may connect to it before anything answers. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)


def free_port() -> int:
    """A port of `HOST` on which nothing listens; another program may take it before it is used."""
    with listen() as bound:
        port: int = bound.getsockname()[1]
        return port


def url_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
