"""Ports for programs that must be given one before they listen.

A free port that the system names may be anybody's a moment later: the system gives it to the next socket that
asks for none in particular, and tests make many of them. These are below those that it gives away, and each
process of a test run has some of its own.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path

__all__ = ["unused_port"]

_FIRST, _OF_A_PROCESS = 12_000, 200
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def _ports() -> Iterator[int]:
    given_away = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    processes = max((given_away - _FIRST) // _OF_A_PROCESS, 1)
    first = _FIRST + os.getpid() % processes * _OF_A_PROCESS
    return itertools.cycle(range(first, first + _OF_A_PROCESS))


_next = _ports()


def unused_port() -> int:
    """A port of 127.0.0.1 on which nobody listens yet."""
    for port in itertools.islice(_next, _OF_A_PROCESS):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("all ports of the tests are taken")
