"""Own traffic: one call of an application, and the counts of many. Never the content of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from claude_tui.model.json_values import saved_as
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
"""The name for all applications, routes or models beyond the number that is counted separately."""
UNKNOWN = "unknown"
"""The name for what a source does not report."""
SPANS = (10, 60, 600, 3600, 86400)
"""The lengths of roll-ups in seconds. They are recorded with 10 s; longer ones are merged from shorter
ones."""


class TrafficSource(StrEnum):
    """How a call became known."""

    PROXY = "proxy"
    OTLP = "otlp"


class CallEnd(StrEnum):
    """How a call ended, whatever its outcome."""

    COMPLETE = "complete"
    CUT = "cut"
    """The upstream cut the stream before its end."""
    ABANDONED = "abandoned"
    """The client disconnected."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens as the API counts them: `input` has neither cache reads nor cache writes in it."""

    input: int = 0
    """Prompt tokens neither read from nor written to a cache."""
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
        """All tokens of the prompt, wherever they come from."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt as the proxy saw it, or one call (with its retries) as the SDK reported it.

    All text is redacted and inert, and short.
    """

    at: datetime
    """When it began (aware UTC)."""
    source: TrafficSource
    """How it became known."""
    route: str
    """`messages`, `count_tokens`, `batches`, `files`, `models`, or OTHER."""
    application: str
    """The application; UNKNOWN if nothing identifies it."""
    outcome: Outcome
    """The class of the result, as for probes."""
    end: CallEnd = CallEnd.COMPLETE
    """How it ended."""
    method: str = "POST"
    """The HTTP method."""
    model: str = UNKNOWN
    """The model asked for."""
    served_model: str | None = None
    """The model that answered, if the response names it."""
    http_status: int | None = None
    """The status; None if no answer came, or the source does not report it."""
    error_type: str | None = None
    """The server's error type, or the probes' own."""
    message: str | None = None
    """The error message, shortened; errors of the API quote no prompts."""
    request_id: str | None = None
    """The id for the provider's support."""
    streamed: bool = False
    """Whether the response was a stream of events, or one was requested."""
    max_tokens: int | None = None
    """The limit of generated tokens in the request; None if the source does not report it."""
    first_byte_s: float | None = None
    """Seconds from the end of the request's head to the first byte of the response."""
    first_token_s: float | None = None
    """Seconds to the first content delta (not a ping)."""
    total_s: float | None = None
    """Seconds to the end of the response."""
    tokens: Tokens | None = None
    """The tokens; None if none were counted."""
    service_tier: str | None = None
    """The service tier: `standard`, `priority` or `batch`."""
    stop_reason: str | None = None
    """Why the model stopped: `end_turn`, `max_tokens`, `refusal`, ..."""
    cost_usd: float | None = None
    """The cost in dollars, by the price table or else by the source; None for a model without a price."""
    retries: int | None = None
    """How many attempts of the same call preceded this one, or the last one of a reported call.

    None if the source does not report it.
    """
    retry_after_s: float | None = None
    """How many seconds the response asked to wait."""
    early: bool | None = None
    """Whether it repeats a call before the wait that the last response asked for was over.

    None if that response asked for none, or if that is not known.
    """
    limits: tuple[RateLimitReading, ...] = ()
    """The rate-limit buckets of the response."""
    windows: tuple[WindowReading, ...] = ()
    """The subscription windows of the response."""
    together: int | None = None
    """How many calls this stands for, if a metric reports several together: tokens and cost are totals, times
    are those of each. None for a single call."""


@dataclass(frozen=True, slots=True, order=True)
class RollUpKey:
    """What is counted separately."""

    source: TrafficSource
    application: str
    model: str
    """The model that answered, or else the requested one."""
    outcome: Outcome
    error_type: str = ""
    """"" for none."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """The calls of one key that ended within a span of time. Sums cover what was reported."""

    at: datetime
    """The start of the span (aware UTC)."""
    span_s: int
    """Its length in seconds, one of SPANS."""
    key: RollUpKey
    """What the calls have in common."""
    calls: int
    """How many calls there are."""
    cut: int = 0
    """How many of them were streams that the upstream cut."""
    abandoned: int = 0
    """How many of them the client abandoned."""
    retried: int = 0
    """How many of them were not first attempts."""
    retries_known: int = field(default=0, metadata=saved_as("retries_told"))
    """For how many of them it is known whether they were first attempts."""
    max_tokens: int = 0
    """How many responses `max_tokens` stopped."""
    refusals: int = 0
    """How many responses were refusals."""
    counted: int = 0
    """How many of them came with token counts."""
    tokens: Tokens = field(default_factory=Tokens)
    """The total tokens."""
    cost_usd: float = 0.0
    """The total cost of the calls with a price, in dollars."""
    unpriced: int = 0
    """How many calls with tokens have no price."""
    first_token: bytes = b""
    """Histogram of the seconds to the first content delta, in the form of `Histogram.to_bytes`."""
    total: bytes = b""
    """Histogram of the seconds to the end."""
    prompt: bytes = b""
    """Histogram of tokens per call (input and cache), in thousands."""
    asked_to_wait: int = 0
    """How many of these calls repeat one whose response asked for a wait."""
    early: int = 0
    """How many of those came before that wait was over."""
    retried_tokens: int = 0
    """Tokens of the calls that were not the first attempt."""
    retried_usd: float = 0.0
    """The cost of those, in dollars."""
    answer: bytes = b""
    """Histogram of generated tokens per call, of the calls that have any, in thousands."""


class CallCount(NamedTuple):
    """The part of a roll-up that shows a trend or a problem, which is small, as thousands are read."""

    at: datetime
    """The start of the span (aware UTC)."""
    span_s: int
    """Its length in seconds, one of SPANS."""
    key: RollUpKey
    """What the calls have in common."""
    calls: int
    """How many calls there are."""
    counted: int = 0
    """How many of them came with token counts."""
    retries_known: int = 0
    """For how many of them it is known whether they were first attempts."""
    first_token: bytes = b""
    """Histogram of the seconds to the first content delta; b"" also if it was not requested."""

    @classmethod
    def of(cls, row: RollUp) -> CallCount:
        return cls(row.at, row.span_s, row.key, row.calls, row.counted, row.retries_known, row.first_token)


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The roll-ups that one process writes at once. Two rows with the same key and span add up."""

    at: datetime | None
    """When they were recorded (aware UTC); None for the instant at which the store writes them."""
    rows: tuple[RollUp, ...]
    """The roll-ups, at most one for each key and span."""
    seen: bytes = b""
    """Digests of their request ids, so that a call that is reported twice counts once."""


class KeptBecause(StrEnum):
    """Why a single call is kept besides the roll-ups."""

    FAILED = "failed"
    SLOW = "slow"
    LIMITS = "limits"
    """It has the newest rate-limit readings; everything else about it is left out."""


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call out of many that is kept individually; the roll-ups have the true counts."""

    at: datetime
    """When it was recorded (aware UTC)."""
    why: KeptBecause
    """Why it is kept."""
    call: Call
    """The call."""
