"""One measured exchange with a target, and its parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from claude_tui.model.addresses import Bypassed
from claude_tui.model.source import Source

__all__ = [
    "NO_SUCH_PATH",
    "REFUSALS",
    "REJECTED",
    "FailureKind",
    "Observation",
    "Outcome",
    "RateLimitReading",
    "Source",
    "Timings",
    "Usage",
    "WindowReading",
]


REJECTED = "rejected"
"""The status of a subscription window that is used up."""
NO_SUCH_PATH = frozenset({404, 405, 501})
"""The HTTP statuses of a server without that path: many gateways have no list of models."""


class Outcome(StrEnum):
    """The class of an exchange's result."""

    OK = "ok"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    SPEND_LIMIT = "spend_limit"
    KEY_REJECTED = "key_rejected"
    NOT_PERMITTED = "not_permitted"
    BAD_REQUEST = "bad_request"
    MODEL_NOT_FOUND = "model_not_found"
    TIMEOUT = "timeout"
    NETWORK = "network"
    INVALID_RESPONSE = "invalid_response"
    TRUNCATED_STREAM = "truncated_stream"

    @property
    def failed(self) -> bool:
        return self is not Outcome.OK


REFUSALS = frozenset(
    {
        Outcome.RATE_LIMITED,
        Outcome.SPEND_LIMIT,
        Outcome.KEY_REJECTED,
        Outcome.NOT_PERMITTED,
        Outcome.BAD_REQUEST,
        Outcome.MODEL_NOT_FOUND,
    }
)
"""The outcomes in which the server rejects our request."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent in each phase. A phase that was not measured is None, never 0."""

    dns: float | None = None
    """Resolving the host's name."""
    connect: float | None = None
    """Opening the TCP connection."""
    tls: float | None = None
    """The TLS handshake."""
    first_byte: float | None = None
    """From sending the request on an open connection."""
    first_token: float | None = None
    """Time to first token (TTFT), from sending the request on an open connection."""
    total: float | None = None
    """From the start of the exchange, DNS included."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the API counts them."""

    input_tokens: int = 0
    """Without cache reads and cache writes."""
    output_tokens: int = 0
    """Generated tokens."""
    cache_write_tokens: int = 0
    """Input tokens written to the prompt cache."""
    cache_read_tokens: int = 0
    """Input tokens read from the prompt cache."""


@dataclass(frozen=True, slots=True)
class RateLimitReading:
    """One rate-limit bucket as the server reported it. A missing header is None."""

    bucket: str
    """`requests`, `input`, `output`, `tokens`, or another name from a header."""
    limit: int | None
    """The size of the bucket."""
    remaining: int | None
    """What is left in it."""
    reset_at: datetime | None
    """When it is full again, by the server's clock."""


@dataclass(frozen=True, slots=True)
class WindowReading:
    """One subscription window as the server reported it."""

    window: str
    """`5h`, `7d`, ..."""
    utilization: float | None
    """The fraction used, 0..1 and above; None if the server only stated a status."""
    reset_at: datetime | None
    """When the window resets, by the server's clock."""
    status: str | None
    """`allowed`, `rejected`, or another word of the server."""

    @property
    def used(self) -> float | None:
        """The fraction used, which is 1 for a window that refuses requests, whatever else is reported."""
        return 1.0 if self.utilization is None and self.rejected else self.utilization

    @property
    def rejected(self) -> bool:
        """Whether it refuses requests. A rejected `overage` only means that extra usage is switched off."""
        return self.status == REJECTED and not self.window.startswith("overage")


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured exchange. All text is redacted and inert."""

    at: datetime
    """When the exchange began (aware UTC)."""
    source: Source
    """The probe that made it."""
    target: str
    """The URL that was requested."""
    outcome: Outcome
    """The class of the result."""
    http_status: int | None = None
    """The status; None if no answer came."""
    error_type: str | None = None
    """The server's name for the error, or the probe's own."""
    error_code: str | None = None
    """The server's more specific code."""
    message: str | None = None
    """The error message."""
    request_id: str | None = None
    """The id to quote to the provider's support."""
    timings: Timings = Timings()
    """The time spent in each phase."""
    model: str | None = None
    """The model that was requested."""
    stop_reason: str | None = None
    """Why the model stopped generating."""
    usage: Usage | None = None
    """The tokens that were used."""
    rate_limits: tuple[RateLimitReading, ...] = ()
    """The rate-limit buckets in the response headers."""
    windows: tuple[WindowReading, ...] = ()
    """The subscription windows in the response headers."""
    retry_after_s: float | None = None
    """The wait that the server asked for; failures only."""
    server_s: float | None = None
    """The server's own processing time, from its headers."""
    skew_s: float | None = None
    """The server's clock minus ours."""
    tls_expires_at: datetime | None = None
    """When the server's certificate expires."""
    bypassed: Bypassed | None = None
    """The kind of address that failed, if a connection to the other kind succeeded."""
    fresh_retry: bool = False
    """Whether this is a second attempt on a new connection, after a reused one failed at once."""
    cost_usd: float = 0.0
    """What the exchange cost, in dollars."""
    headers: tuple[tuple[str, str], ...] = ()
    """The few response headers that a detail view shows."""

    @property
    def failed(self) -> bool:
        # Faster than `outcome.failed`, which matters as a diagnosis reads it thousands of times.
        return self.outcome is not Outcome.OK

    @property
    def kind(self) -> FailureKind:
        """The kind of the failure; failures only."""
        return FailureKind(self.source, self.outcome, self.http_status, self.error_type)


class FailureKind(NamedTuple):
    """The key by which failures are counted. A tuple, as counting thousands of them hashes each."""

    source: Source
    """The probe that failed."""
    outcome: Outcome
    """Its class of failure."""
    http_status: int | None
    """The HTTP status; None if there was no response."""
    error_type: str | None
    """The server's error type, or the probes' own; None if there is neither."""
