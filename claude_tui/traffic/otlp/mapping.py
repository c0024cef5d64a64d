"""Converts spans and events to calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor, inert
from claude_tui.model.traffic import OTHER, UNKNOWN, Call, CallEnd, Tokens, TrafficSource
from claude_tui.probes.classify import Classified
from claude_tui.traffic.cleaned import error_message, error_type, model_name, word
from claude_tui.traffic.names import MAX_NAME
from claude_tui.traffic.otlp.amounts import (
    count_of,
    instant,
    number_of,
    seconds_between,
    text_of,
    tokens_as_api,
    tokens_as_gen_ai,
)
from claude_tui.traffic.otlp.failures import LEFT, by_message, by_type, by_words
from claude_tui.traffic.otlp.records import (
    ERROR_STATUS,
    EXCEPTION_MESSAGE,
    Attributes,
    EventRecord,
    SpanRecord,
)
from claude_tui.traffic.routes import COUNT_TOKENS, MESSAGES

__all__ = [
    "CostOf",
    "Kind",
    "application_of",
    "call_of_event",
    "call_of_span",
    "is_anthropic",
    "kind_of_event",
    "kind_of_span",
]

CostOf = Callable[[str, Tokens, str | None], float | None]

_SDK_SCOPE = "com.anthropic.sdk."
_CLAUDE_CODE = "claude_code."
_CLIENT = 3
_UNSET = 0
_LOGFIRE_SCOPE = "logfire"
_AI_SDK_SCOPE = "ai"
_CUT = "the stream ended without message_stop"
_PROVIDERS = frozenset({"anthropic", "claude"})
_INFERENCE = frozenset({"chat", "text_completion", "generate_content"})
_DETAILS = "gen_ai.client.inference.operation.details"
_API_REQUEST, _API_ERROR = "api_request", "api_error"
_STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
_MOST_RETRIES = 1000
_PLAIN = Redactor()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sender, and what it usually reports."""

    name: str
    """The name to display."""
    attributes: frozenset[str]
    """Of `tokens`, `time to first token`, `request id`: the expected attributes of its successful calls."""


SDK = Kind("SDK spans", frozenset({"tokens", "request id"}))
SDK_OTHER = Kind("other SDK spans", frozenset())
GEN_AI = Kind("gen_ai spans", frozenset({"tokens"}))
GEN_AI_EVENT = Kind("gen_ai events", frozenset({"tokens"}))
CLAUDE_CODE = Kind("Claude Code events", frozenset({"tokens", "request id", "time to first token"}))


def kind_of_span(span: SpanRecord) -> Kind | None:
    """The kind of sender of a span; None if it is not a call of the API."""
    if span.origin.scope.startswith(_SDK_SCOPE):
        if span.kind != _CLIENT:
            return None
        return SDK if span.name == "anthropic.messages.create" else SDK_OTHER
    # Claude Code's own spans do not say that a call failed: its events do.
    if span.name.startswith(_CLAUDE_CODE) or "claude_code" in span.origin.scope:
        return None
    if _is_opened_stream(span):
        return None
    return GEN_AI if _is_inference(span.attributes) else None


def _is_opened_stream(span: SpanRecord) -> bool:
    """Logfire's span of a stream ends when the stream opens; a span without length reports it at its end."""
    is_logfire = span.origin.scope.partition(".")[0] == _LOGFIRE_SCOPE
    return is_logfire and span.status != ERROR_STATUS and "gen_ai.response.id" not in span.attributes


def kind_of_event(event: EventRecord) -> Kind | None:
    """The kind of sender of an event; None if it is not a call of the API."""
    if _claude_code_event(event) is not None:
        return CLAUDE_CODE
    return GEN_AI_EVENT if event.name == _DETAILS and _is_inference(event.attributes) else None


def is_anthropic(attributes: Attributes) -> bool:
    """Whether the provider of a gen_ai record is Anthropic; the AI SDK calls it `anthropic.messages`."""
    provider = text_of(attributes, "gen_ai.provider.name", "gen_ai.system")
    return provider.lower().partition(".")[0] in _PROVIDERS


def _is_inference(attributes: Attributes) -> bool:
    operation = text_of(attributes, "gen_ai.operation.name")
    if operation:
        return operation in _INFERENCE and is_anthropic(attributes)
    return "gen_ai.request.model" in attributes and is_anthropic(attributes)


def _claude_code_event(event: EventRecord) -> str | None:
    """Its name without the prefix, which is in the body or the event's name, or left out."""
    name = event.name
    if name.startswith(_CLAUDE_CODE):
        name = name.removeprefix(_CLAUDE_CODE)
    elif "claude_code" not in event.origin.scope and not event.origin.service.startswith("claude-code"):
        return None
    return name if name in {_API_REQUEST, _API_ERROR} else None


def call_of_span(span: SpanRecord, kind: Kind, cost_of: CostOf, now: datetime) -> Call:
    """The call of a span whose kind `kind_of_span` found."""
    attributes = span.attributes
    is_sdk = kind is SDK or kind is SDK_OTHER
    found, end = _ending(span, is_sdk=is_sdk)
    retries = count_of(attributes, "http.request.resend_count", most=_MOST_RETRIES)
    if is_sdk and retries is None:
        # The SDK omits it for a call that was sent once.
        retries = 0
    total_s = seconds_between(span.start_ns, span.end_ns)
    started = instant(span.start_ns, now)
    if not total_s and (streamed_s := number_of(attributes, "duration")) is not None:
        total_s, started = streamed_s, started - timedelta(seconds=streamed_s)
    call = Call(
        at=started,
        source=TrafficSource.OTLP,
        route=_route(span.name) if is_sdk else MESSAGES,
        application=application_of(span.origin.service),
        outcome=found.outcome,
        end=end,
        method=_method(attributes),
        total_s=total_s,
        retries=retries,
    )
    return _with_gen_ai(call, attributes, found, cost_of, counts_tokens=kind is not SDK_OTHER)


def _ending(span: SpanRecord, *, is_sdk: bool) -> tuple[Classified, CallEnd]:
    attributes = span.attributes
    kind = text_of(attributes, "error.type")
    status = _status(attributes)
    if span.status == ERROR_STATUS or kind or (status is not None and status >= 400):
        if kind.rpartition(".")[2] in LEFT:
            return Classified(Outcome.OK), CallEnd.ABANDONED
        if is_sdk and kind == "api_error" and status is not None and status < 400:
            # The SDK reports an unfinished stream like this, and also the rare `api_error` within a stream.
            return Classified(Outcome.TRUNCATED_STREAM, message=_CUT), CallEnd.CUT
        if status is None and (message := text_of(attributes, EXCEPTION_MESSAGE)):
            return by_message(message), CallEnd.COMPLETE
        return by_type(kind, status, body_seen=is_sdk), CallEnd.COMPLETE
    if span.origin.scope == _AI_SDK_SCOPE and (broken := _broken_stream(attributes)) is not None:
        return broken
    left = (
        is_sdk
        and span.status == _UNSET
        and _route(span.name) == MESSAGES
        and "anthropic.message.stop_reason" not in attributes
    )
    return Classified(Outcome.OK), CallEnd.ABANDONED if left else CallEnd.COMPLETE


def _broken_stream(attributes: Attributes) -> tuple[Classified, CallEnd] | None:
    """The ending of a stream that the AI SDK reports as a success; None for a real one."""
    reason = text_of(attributes, "gen_ai.response.finish_reasons")
    if reason == "error":
        return Classified(Outcome.SERVER_ERROR, message="an error event in the stream"), CallEnd.CUT
    # Without the last events there is no reason and no usage.
    if reason in {"other", "unknown"} and "gen_ai.usage.output_tokens" not in attributes:
        return Classified(Outcome.TRUNCATED_STREAM, message=_CUT), CallEnd.CUT
    return None


def _with_gen_ai(
    call: Call, attributes: Attributes, found: Classified, cost_of: CostOf, *, counts_tokens: bool
) -> Call:
    asked = model_name(attributes.get("gen_ai.request.model"))
    served = model_name(attributes.get("gen_ai.response.model"))
    tier = word(attributes.get("anthropic.response.service_tier"))
    tokens = tokens_as_gen_ai(attributes) if counts_tokens else None
    first_token_s = number_of(attributes, "gen_ai.response.time_to_first_chunk")
    if first_token_s is None:
        first_token_s = number_of(attributes, "ai.response.msToFirstChunk", 0.001)
    stop = word(attributes.get("anthropic.message.stop_reason")) or word(
        attributes.get("gen_ai.response.finish_reasons")
    )
    model = asked or UNKNOWN
    return replace(
        call,
        model=model,
        served_model=served,
        http_status=_status(attributes),
        error_type=error_type(found.error_type),
        message=_message(found),
        request_id=_request_id(text_of(attributes, "anthropic.request.id") or found.request_id),
        streamed=attributes.get("gen_ai.request.stream") is True or first_token_s is not None,
        max_tokens=count_of(attributes, "gen_ai.request.max_tokens"),
        # It is measured from the start of the call, so after retries it says nothing about the API.
        first_token_s=None if call.retries else first_token_s,
        tokens=tokens,
        service_tier=tier,
        stop_reason=_STOPS.get(stop, stop) if stop else None,
        cost_usd=cost_of(served or model, tokens, tier) if tokens is not None else None,
    )


def call_of_event(event: EventRecord, cost_of: CostOf, now: datetime) -> Call:
    """The call of an event whose kind `kind_of_event` found."""
    ended = instant(event.at_ns, now)
    name = _claude_code_event(event)
    if name is not None:
        return _claude_code_call(event, name, cost_of, ended)
    attributes = event.attributes
    error, status = text_of(attributes, "error.type"), _status(attributes)
    failed = bool(error) or (status is not None and status >= 400)
    found = by_type(error, status) if failed else Classified(Outcome.OK)
    call = Call(
        ended, TrafficSource.OTLP, MESSAGES, application_of(event.origin.service), outcome=found.outcome
    )
    return _with_gen_ai(call, attributes, found, cost_of, counts_tokens=True)


def _claude_code_call(event: EventRecord, name: str, cost_of: CostOf, ended: datetime) -> Call:
    attributes = event.attributes
    total_s = number_of(attributes, "duration_ms", 0.001)
    model = model_name(attributes.get("model")) or UNKNOWN
    attempt = count_of(attributes, "attempt", most=_MOST_RETRIES)
    call = Call(
        at=ended - timedelta(seconds=total_s or 0.0),
        source=TrafficSource.OTLP,
        route=MESSAGES,
        application=application_of(event.origin.service),
        outcome=Outcome.OK,
        model=model,
        request_id=_request_id(text_of(attributes, "request_id")),
        streamed=True,
        total_s=total_s,
        retries=max(attempt - 1, 0) if attempt is not None else None,
    )
    if name == _API_ERROR:
        status = count_of(attributes, "status_code", most=999)
        found = by_words(text_of(attributes, "error"), status)
        return replace(
            call,
            outcome=found.outcome,
            http_status=status,
            error_type=error_type(found.error_type),
            message=_message(found),
            request_id=call.request_id or _request_id(found.request_id),
        )
    tokens = tokens_as_api(attributes)
    cost = cost_of(model, tokens, None) if tokens is not None else None
    return replace(
        call,
        http_status=200,
        tokens=tokens,
        first_token_s=number_of(attributes, "ttft_ms", 0.001),
        cost_usd=cost if cost is not None else number_of(attributes, "cost_usd"),
    )


@lru_cache(maxsize=1000)
def application_of(service: str) -> str:
    """The name of an application; UNKNOWN for OpenTelemetry's default."""
    name = service.strip()
    if not name or name == "unknown_service" or name.startswith("unknown_service:"):
        return UNKNOWN
    return OTHER if _PLAIN.without_secrets(name) != name else inert(name, MAX_NAME)


@lru_cache(maxsize=200)
def _route(name: str) -> str:
    """The route of an SDK's method, such as `anthropic.messages.batches.create`."""
    parts = name.split(".")
    for part in ("batches", "count_tokens", "files", "models"):
        if part in parts:
            return COUNT_TOKENS if part == "count_tokens" else part
    return MESSAGES if parts[-2:] == ["messages", "create"] else OTHER


def _status(attributes: Attributes) -> int | None:
    status = count_of(attributes, "http.response.status_code", "http.status_code", most=999)
    return status or None


def _method(attributes: Attributes) -> str:
    method = text_of(attributes, "http.request.method") or "POST"
    return method if method in _METHODS else OTHER


def _message(found: Classified) -> str | None:
    """The error's message; None if only the type is known."""
    if not found.outcome.failed or found.message == found.error_type:
        return None
    return error_message(found.message)


def _request_id(text: str | None) -> str | None:
    return _PLAIN.clean(text, 128) if text else None
