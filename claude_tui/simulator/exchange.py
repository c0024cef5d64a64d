"""A request as it was received, and its answer as it will be sent: plain values, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from random import Random

from claude_tui.simulator.script import Phase, Spread

__all__ = ["Answer", "Call", "Chunk", "Ending", "Exchange", "Headers", "json_bytes"]

Headers = tuple[tuple[str, str], ...]
# Request ids are in base 58, which omits easily confused characters.
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CITIES = ("FRA", "AMS", "SJC", "EWR", "WAW")


def json_bytes(value: object) -> bytes:
    """Compact JSON in UTF-8. A lone surrogate, which a client may have sent as an escape, becomes a `?`."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it was received."""

    method: str
    """Upper case, such as POST."""
    path: str
    """Without the query."""
    query: tuple[tuple[str, str], ...]
    """Decoded pairs, in the order received."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes | None
    """None if it was too large to read."""


class Ending(StrEnum):
    """What happens to the connection once everything has been sent."""

    COMPLETE = "complete"
    ABORT = "abort"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a body, and the seconds to wait before sending it."""

    wait_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send, and when."""

    wait_s: float
    """Seconds before the headers are sent."""
    status: int | None
    """The HTTP status; None if nothing is sent before the `ending`."""
    headers: Headers = ()
    """Headers to send, apart from date and content-length."""
    chunks: tuple[Chunk, ...] = ()
    """The body."""
    ending: Ending = Ending.COMPLETE
    """What happens to the connection after the last chunk."""
    streamed: bool = False
    """Whether the body is sent without a Content-Length."""
    length: int | None = None
    """The Content-Length to claim; None for that of the body."""

    @property
    def body(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def with_headers(self, headers: Headers) -> Answer:
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with the phase in which it arrived, and the random numbers that decide its answer."""

    call: Call
    """The request."""
    phase: Phase
    """The phase in which it arrived."""
    arrived: datetime
    """When it arrived."""
    elapsed_s: float
    """Seconds of scenario time at its arrival."""
    random: Random
    """Seeded by the seed, the endpoint and the number of its earlier requests only."""
    organization_id: str
    """The organisation that every answer names."""
    latency_scale: float = 1.0
    """The factor of all latencies, below 1 in tests."""
    request_id: str = field(init=False)
    """The id in the `request-id` header and in error bodies."""
    ray: str = field(init=False)
    """The id in the `cf-ray` header."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "request_id", "req_011C" + self.code(20))
        ray = f"{self.random.getrandbits(64):016x}-{self.random.choice(CITIES)}"
        object.__setattr__(self, "ray", ray)

    def code(self, length: int) -> str:
        return "".join(self.random.choices(BASE58, k=length))

    def seconds(self, spread: Spread) -> float:
        return spread.draw(self.random) * self.latency_scale
