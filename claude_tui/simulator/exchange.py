"""One request as it came in, and the answer as it will be played: values, before any network."""

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
# Request ids use the alphabet without the letters and digits that are mistaken for each other.
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CITIES = ("FRA", "AMS", "SJC", "EWR", "WAW")


def json_bytes(value: object) -> bytes:
    """Compact UTF-8. Half a surrogate, which a client may have sent us in an escape, becomes a `?`."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Call:
    """A request. The names of `headers` are in lower case; `body` is None when it was too large to read."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None


class Ending(StrEnum):
    """What happens to the connection once everything has been sent."""

    COMPLETE = "complete"
    ABORT = "abort"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a body, and the seconds to wait before it is sent."""

    wait_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send, and when. A `status` of None: not one byte is sent before the `ending`.

    `streamed` bodies go out in chunks; others have a Content-Length of `length`, or of what is sent.
    """

    wait_s: float
    status: int | None
    headers: Headers = ()
    chunks: tuple[Chunk, ...] = ()
    ending: Ending = Ending.COMPLETE
    streamed: bool = False
    length: int | None = None

    @property
    def body(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def with_headers(self, headers: Headers) -> Answer:
        return replace(self, headers=headers)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with the phase in which it arrived, and the random numbers that decide its answer.

    `random` depends on the seed, the endpoint and how many requests that endpoint has had, and on nothing
    else: the same requests get the same answers, whatever happens on the other endpoints.
    """

    call: Call
    phase: Phase
    arrived: datetime
    elapsed_s: float
    random: Random
    organization_id: str
    latency_scale: float = 1.0
    request_id: str = field(init=False)
    ray: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "request_id", "req_011C" + self.code(20))
        ray = f"{self.random.getrandbits(64):016x}-{self.random.choice(CITIES)}"
        object.__setattr__(self, "ray", ray)

    def code(self, length: int) -> str:
        return "".join(self.random.choices(BASE58, k=length))

    def seconds(self, spread: Spread) -> float:
        return spread.draw(self.random) * self.latency_scale
