"""The records read from an export: only the attributes on a closed list, and no other text.

Prompts, responses, tool input and names of people are in attributes and bodies that are not on the list: they
are dropped here, before any other code sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "ERROR_STATUS",
    "EXCEPTION",
    "EXCEPTION_MESSAGE",
    "EXCEPTION_TYPE",
    "LONGEST_TEXT",
    "WANTED",
    "Attributes",
    "EventRecord",
    "Origin",
    "PointRecord",
    "Signal",
    "SpanRecord",
    "exception_attributes",
]

LONGEST_TEXT = 2000
"""The most characters of one attribute. Only the body of an error may be long."""

ERROR_STATUS = 2
"""The status of a span that failed."""
EXCEPTION, EXCEPTION_TYPE, EXCEPTION_MESSAGE = "exception", "exception.type", "exception.message"
"""The event of a span that an exception ended: its class is read, its message if the class says nothing."""
# The AI SDK raises this for every error response, and reports no status.
_SAID_BY_MESSAGE = frozenset({"AI_APICallError"})

Attributes = Mapping[str, str | int | float | bool]

WANTED = frozenset(
    {
        "anthropic.message.stop_reason",
        "anthropic.request.id",
        "anthropic.response.service_tier",
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
        "error.type",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.max_tokens",
        "gen_ai.request.model",
        "gen_ai.request.stream",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.system",
        "gen_ai.token.type",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.completion_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.prompt_tokens",
        # The AI SDK's.
        "ai.response.msToFirstChunk",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "http.request.method",
        "http.request.resend_count",
        "http.response.status_code",
        "http.status_code",
        # Logfire's, of a stream.
        "duration",
        # Claude Code's events and metrics.
        "attempt",
        "cache_creation_tokens",
        "cache_read_tokens",
        "cost_usd",
        "duration_ms",
        "error",
        "event.name",
        "event.sequence",
        "input_tokens",
        "model",
        "output_tokens",
        "request_id",
        "status_code",
        "ttft_ms",
        "type",
    }
)
"""The attributes that are read, in addition to `service.name` of the resource."""


def exception_attributes(event: Mapping[str, str]) -> dict[str, str]:
    """What is read of the exception that ended a span: its class, as `error.type`.

    The message only where the class alone says nothing; it is dropped once the error is classified.
    """
    kind = event.get(EXCEPTION_TYPE, "")[:LONGEST_TEXT]
    if not kind:
        return {}
    message = event.get(EXCEPTION_MESSAGE, "")[:LONGEST_TEXT] if kind in _SAID_BY_MESSAGE else ""
    return {"error.type": kind, **({EXCEPTION_MESSAGE: message} if message else {})}


class Signal(StrEnum):
    """What an export contains."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record comes from."""

    service: str = ""
    """`service.name` of the resource; "" if it has none."""
    scope: str = ""
    """The name of the instrumentation."""
    resource: bytes = b""
    """A digest of the resource, which identifies the process."""


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A span."""

    origin: Origin
    name: str
    kind: int
    """3 for a client span."""
    status: int
    """0 unset, 1 ok, 2 error."""
    start_ns: int
    """Nanoseconds since 1970; 0 for unknown."""
    end_ns: int
    """The same."""
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    """Empty for none."""
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A log record that is an event."""

    origin: Origin
    name: str
    """The event's name; "" if it has none."""
    at_ns: int
    """Nanoseconds since 1970; 0 for unknown."""
    trace_id: bytes
    span_id: bytes
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class PointRecord:
    """A data point of a metric: a sum, or a histogram."""

    origin: Origin
    name: str
    unit: str
    cumulative: bool | None
    """None if the sender does not report it."""
    start_ns: int
    """The start of its period, in nanoseconds since 1970; 0 for unknown."""
    at_ns: int
    """The end of its period."""
    attributes: Attributes
    sum: float
    """The sum of the values."""
    count: int | None = None
    """How many values; None for a plain sum."""
    bounds: tuple[float, ...] = field(default=())
    """The upper bounds of all buckets of a histogram except the last."""
    counts: tuple[int, ...] = field(default=())
    """How many values are in each bucket."""
