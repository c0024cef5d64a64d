"""One measured exchange with one target, and the values it carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = [
    "Observation",
    "Outcome",
    "RateLimitReading",
    "Source",
    "Timings",
    "Usage",
    "WindowReading",
]


class Source(StrEnum):
    """Which source measured an Observation."""

    STATUS = "status"
    MODELS = "models"
    MESSAGES = "messages"


class Outcome(StrEnum):
    """What class of result an exchange had."""

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


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent in each phase; None where a phase was not measured, never 0.

    `dns`, `connect` and `tls` are each phase's own length. `first_byte`, `first_token` (TTFT) and
    `total` count from the moment the request was sent on an open connection, except `total`,
    which counts from the very beginning, DNS included.
    """

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    first_token: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the API counts them: `input_tokens` excludes cache reads and cache writes."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0


@dataclass(frozen=True, slots=True)
class RateLimitReading:
    """One rate-limit bucket as the server said it; a figure it left out is None."""

    bucket: str
    limit: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class WindowReading:
    """One subscription window (`5h`, `7d`, ...): `utilization` is the fraction used, 0..1 and above."""

    window: str
    utilization: float
    reset_at: datetime | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured exchange. All text has passed the redactor and is inert.

    `at` is when the exchange began (aware UTC). `retry_after_s` is what the server asked for, on
    failures only. `server_s` is the server's own time as its headers state it; `skew_s` is the
    server's clock minus ours. `fresh_retry` says that a reused connection died at once and this
    is the second try on a fresh one. `headers` holds the few worth showing in a detail view.
    """

    at: datetime
    source: Source
    target: str
    outcome: Outcome
    http_status: int | None = None
    error_type: str | None = None
    error_code: str | None = None
    message: str | None = None
    request_id: str | None = None
    timings: Timings = Timings()
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    rate_limits: tuple[RateLimitReading, ...] = ()
    windows: tuple[WindowReading, ...] = ()
    retry_after_s: float | None = None
    server_s: float | None = None
    skew_s: float | None = None
    tls_expires_at: datetime | None = None
    fresh_retry: bool = False
    cost_usd: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> bool:
        return self.outcome.failed
