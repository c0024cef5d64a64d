"""Own traffic: what one call of an application did, and the counts of many. Never what it said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from claude_tui.model.observation import Outcome, RateLimitReading, WindowReading

__all__ = [
    "OTHER",
    "SPANS",
    "UNKNOWN",
    "Call",
    "CallCount",
    "CallEnd",
    "KeptBecause",
    "KeptCall",
    "RollUp",
    "RollUpKey",
    "RolledUp",
    "Tokens",
    "TrafficSource",
]

OTHER = "other"
"""The name of every application, route or model beyond the bound of how many are kept apart."""
UNKNOWN = "unknown"
"""What a source cannot tell."""
SPANS = (10, 60, 600, 3600, 86400)
"""The lengths of roll-ups in seconds. What is recorded has 10; longer ones are folded from shorter ones."""


class TrafficSource(StrEnum):
    """How a call came to be known."""

    PROXY = "proxy"
    OTLP = "otlp"


class CallEnd(StrEnum):
    """How a call ended, whatever its outcome."""

    COMPLETE = "complete"
    CUT = "cut"
    """The stream ended without its end, by the upstream."""
    ABANDONED = "abandoned"
    """The client left."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens as the API counts them: `input` has neither cache reads nor cache writes in it."""

    input: int = 0
    """Prompt tokens that no cache served or took."""
    output: int = 0
    """Generated tokens."""
    cache_read: int = 0
    """Prompt tokens read from the cache."""
    cache_write_5m: int = 0
    """Prompt tokens written to the cache for five minutes."""
    cache_write_1h: int = 0
    """Prompt tokens written to the cache for an hour."""

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, wherever they came from."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt as the proxy saw it, or one call (with its retries) as the SDK reported it.

    All text is redacted and inert, and short.
    """

    at: datetime
    """When it began (aware UTC)."""
    source: TrafficSource
    """How it came to be known."""
    route: str
    """`messages`, `count_tokens`, `batches`, `files`, `models`, or OTHER."""
    application: str
    """Whose call it is; UNKNOWN if nothing tells."""
    outcome: Outcome
    """The class of the result, as for probes."""
    end: CallEnd = CallEnd.COMPLETE
    """Whether it came to its end."""
    method: str = "POST"
    """The HTTP method."""
    model: str = UNKNOWN
    """The model asked for."""
    served_model: str | None = None
    """The model that answered, where the answer names it."""
    http_status: int | None = None
    """The status; None if no answer came, or the source does not tell."""
    error_type: str | None = None
    """The server's type of the error, or the probes' own."""
    message: str | None = None
    """What the error said, cut short; errors of the API quote no prompts."""
    request_id: str | None = None
    """The id for the provider's support."""
    streamed: bool = False
    """Whether the answer was a stream of events, or one was asked for."""
    max_tokens: int | None = None
    """The most tokens that the request let it generate; None if the source does not tell."""
    first_byte_s: float | None = None
    """From the end of the request's head to the first byte of the answer."""
    first_token_s: float | None = None
    """To the first content delta (not a ping)."""
    total_s: float | None = None
    """To the end of the answer."""
    tokens: Tokens | None = None
    """None if none were counted."""
    service_tier: str | None = None
    """`standard`, `priority`, `batch`."""
    stop_reason: str | None = None
    """`end_turn`, `max_tokens`, `refusal`, ..."""
    cost_usd: float | None = None
    """By the price table, else as the source states it; None for a model without a price."""
    retries: int | None = None
    """How many attempts of the same call came before this one, or before the last one of a reported call.
    None if the source does not tell."""
    retry_after_s: float | None = None
    """How long the answer asked to wait."""
    early: bool | None = None
    """Whether it repeats a call before the wait that the last answer asked for was over. None if that answer
    asked for none, or if nothing tells."""
    limits: tuple[RateLimitReading, ...] = ()
    """The rate-limit buckets of the answer."""
    windows: tuple[WindowReading, ...] = ()
    """The subscription windows of the answer."""
    together: int | None = None
    """How many calls this stands for, where a metric tells them together: the tokens and the cost are of all
    of them, the times of each. None for a single call."""


@dataclass(frozen=True, slots=True, order=True)
class RollUpKey:
    """What is counted apart."""

    source: TrafficSource
    application: str
    model: str
    """The model that answered, else the one asked for."""
    outcome: Outcome
    error_type: str = ""
    """"" for none."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """The calls of one key that ended within a span of time. Sums are of what was told."""

    at: datetime
    """The start of the span (aware UTC)."""
    span_s: int
    """How long it is: one of SPANS."""
    key: RollUpKey
    """Whose calls they are."""
    calls: int
    """How many."""
    cut: int = 0
    """Of these, how many streams the upstream cut."""
    abandoned: int = 0
    """Of these, how many the client left."""
    retried: int = 0
    """Of these, how many were not the first attempt."""
    retries_told: int = 0
    """Of these, for how many it is known whether they were the first attempt."""
    max_tokens: int = 0
    """Of these, how many answers `max_tokens` stopped."""
    refusals: int = 0
    """Of these, how many answers were refusals."""
    counted: int = 0
    """Of these, how many came with token counts."""
    tokens: Tokens = field(default_factory=Tokens)
    """The sum."""
    cost_usd: float = 0.0
    """The sum of what has a price."""
    unpriced: int = 0
    """How many calls with tokens have no price."""
    first_token: bytes = b""
    """Histogram of the seconds to the first content delta, as `Histogram.to_bytes` gives it."""
    total: bytes = b""
    """Histogram of the seconds to the end."""
    prompt: bytes = b""
    """Histogram of tokens per call (input and cache), in thousands."""
    asked_to_wait: int = 0
    """Of these calls, how many repeat one whose answer asked for a wait."""
    early: int = 0
    """Of those, how many came before that wait was over."""
    retried_tokens: int = 0
    """Tokens of the calls that were not the first attempt."""
    retried_usd: float = 0.0
    """What those cost."""
    answer: bytes = b""
    """Histogram of generated tokens per call that has some, in thousands."""


class CallCount(NamedTuple):
    """What of a roll-up is needed to see a trend or a trouble: a fraction of it, as thousands are read."""

    at: datetime
    """The start of the span (aware UTC)."""
    span_s: int
    """How long it is: one of SPANS."""
    key: RollUpKey
    """Whose calls they are."""
    calls: int
    """How many."""
    counted: int = 0
    """Of these, how many came with token counts."""
    retries_told: int = 0
    """Of these, for how many it is known whether they were the first attempt."""
    first_token: bytes = b""
    """Histogram of the seconds to the first content delta; b"" also where it was not asked for."""

    @classmethod
    def of(cls, row: RollUp) -> CallCount:
        return cls(row.at, row.span_s, row.key, row.calls, row.counted, row.retries_told, row.first_token)


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The roll-ups that one process writes at once. Two rows of one key and span add up."""

    at: datetime | None
    """When they were recorded (aware UTC); None for the instant at which the store writes them."""
    rows: tuple[RollUp, ...]
    """At most one of each key and span."""
    seen: bytes = b""
    """Digests of the request ids among them, so that a call that is reported twice counts once."""


class KeptBecause(StrEnum):
    """Why a single call is kept beside the roll-ups."""

    FAILED = "failed"
    SLOW = "slow"
    LIMITS = "limits"
    """It is the newest with rate-limit readings; all else of it is left out."""


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call out of many that is kept by itself; the roll-ups have the true counts."""

    at: datetime
    """When it was recorded (aware UTC)."""
    why: KeptBecause
    """Why it is kept."""
    call: Call
    """The call."""
