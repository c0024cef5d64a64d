"""Exports as applications send them, in protobuf and in JSON, for the tests of the OTLP receiver."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from claude_tui.model.traffic import Call
from claude_tui.probes.prices import call_cost_usd
from claude_tui.traffic.otlp import json_body, protobuf
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.wire import Budget

SDK_SCOPE = "com.anthropic.sdk.python"
AT = datetime(2026, 11, 20, 14, 0, 0, tzinfo=UTC)
AT_NS = int(AT.timestamp()) * 1_000_000_000
OK, ERROR, UNSET = Status.STATUS_CODE_OK, Status.STATUS_CODE_ERROR, Status.STATUS_CODE_UNSET
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE

ANSWERED: Mapping[str, Any] = {
    "gen_ai.provider.name": "anthropic",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-haiku-5-5",
    "gen_ai.response.model": "claude-haiku-5-5-20260901",
    "gen_ai.request.max_tokens": 1024,
    "gen_ai.request.stream": True,
    "gen_ai.response.time_to_first_chunk": 0.4,
    "gen_ai.usage.input_tokens": 130,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.cache_read.input_tokens": 100,
    "gen_ai.usage.cache_write.input_tokens": 20,
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 5,
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 15,
    "anthropic.request.id": "req_1",
    "anthropic.message.stop_reason": "end_turn",
    "anthropic.response.service_tier": "standard",
    "http.response.status_code": 200,
    "http.request.method": "POST",
}
"""What the SDK reports about a response: 10 tokens of 130 had nothing to do with the cache."""

API_REQUEST: Mapping[str, Any] = {
    "event.name": "api_request",
    "model": "claude-opus-5-5",
    "input_tokens": 10,
    "output_tokens": 20,
    "cache_read_tokens": 100,
    "cache_creation_tokens": 20,
    "cost_usd": 0.5,
    "duration_ms": 2500,
    "ttft_ms": 600,
    "request_id": "req_2",
}


def value(item: object) -> AnyValue:
    if isinstance(item, bool):
        return AnyValue(bool_value=item)
    if isinstance(item, int):
        return AnyValue(int_value=item)
    if isinstance(item, float):
        return AnyValue(double_value=item)
    if isinstance(item, list):
        return AnyValue(array_value=ArrayValue(values=map(value, item)))
    return AnyValue(string_value=str(item))


def attributes(values: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(item)) for key, item in values.items()]


def resource(service: str = "checkout", **more: str) -> Resource:
    named = {"service.name": service} if service else {}
    return Resource(attributes=attributes({**named, **more}))


def span(
    values: Mapping[str, Any] = ANSWERED,
    *,
    name: str = "anthropic.messages.create",
    status: Any = OK,
    number: int = 1,
    parent: int | None = None,
    seconds: float = 2.0,
    kind: Any = Span.SPAN_KIND_CLIENT,
    without: Iterable[str] = (),
) -> Span:
    left = {key: item for key, item in values.items() if key not in without}
    return Span(
        name=name,
        kind=kind,
        trace_id=b"t" * 16,
        span_id=number.to_bytes(8),
        parent_span_id=b"" if parent is None else parent.to_bytes(8),
        start_time_unix_nano=AT_NS,
        end_time_unix_nano=AT_NS + int(seconds * 1e9),
        status=Status(code=status),
        attributes=attributes(left),
    )


def traces(*spans: Span, scope: str = SDK_SCOPE, service: str = "checkout") -> ExportTraceServiceRequest:
    scoped = ScopeSpans(scope=InstrumentationScope(name=scope), spans=spans)
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource(service), scope_spans=[scoped])]
    )


def event(
    values: Mapping[str, Any] = API_REQUEST, *, body: str = "", at_ns: int = AT_NS, span_number: int = 0
) -> LogRecord:
    return LogRecord(
        time_unix_nano=at_ns,
        body=value(body),
        attributes=attributes(values),
        trace_id=b"t" * 16 if span_number else b"",
        span_id=span_number.to_bytes(8) if span_number else b"",
    )


def logs(
    *records: LogRecord, scope: str = "com.anthropic.claude_code.events", service: str = "claude-code"
) -> ExportLogsServiceRequest:
    scoped = ScopeLogs(scope=InstrumentationScope(name=scope), log_records=records)
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource(service), scope_logs=[scoped])]
    )


def histogram(
    name: str,
    counts: list[int],
    total: float,
    values: Mapping[str, Any],
    *,
    bounds: tuple[float, ...] = (1.0, 2.0),
    start_s: int = 0,
    at_s: int = 60,
    temporality: Any = DELTA,
    unit: str = "s",
) -> Metric:
    point = HistogramDataPoint(
        attributes=attributes({"gen_ai.provider.name": "anthropic", **values}),
        start_time_unix_nano=AT_NS + start_s * 1_000_000_000,
        time_unix_nano=AT_NS + at_s * 1_000_000_000,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=bounds,
    )
    return Metric(
        name=name,
        unit=unit,
        histogram=Histogram(data_points=[point], aggregation_temporality=temporality),
    )


def metrics(*reported: Metric, service: str = "checkout") -> ExportMetricsServiceRequest:
    scoped = ScopeMetrics(scope=InstrumentationScope(name="any"), metrics=reported)
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(resource=resource(service), scope_metrics=[scoped])]
    )


def as_json(export: Message) -> bytes:
    """The specification's JSON, with ids in hexadecimal, which protobuf's own JSON has in base64."""
    return json.dumps(_with_hexadecimal_ids(MessageToDict(export, use_integers_for_enums=True))).encode()


def _with_hexadecimal_ids(decoded: Any) -> Any:
    import base64

    if isinstance(decoded, list):
        return [_with_hexadecimal_ids(item) for item in decoded]
    if not isinstance(decoded, dict):
        return decoded
    return {
        key: base64.b64decode(item).hex()
        if key in {"traceId", "spanId", "parentSpanId"}
        else _with_hexadecimal_ids(item)
        for key, item in decoded.items()
    }


class Sunk:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def add(self, call: Call) -> None:
        self.calls.append(call)


class Taking:
    """An intake on a sink that remembers, half a minute after AT."""

    def __init__(self) -> None:
        self.sunk = Sunk()
        self.seconds = AT.timestamp() + 30
        self.intake = Intake(self.sunk, call_cost_usd, lambda: self.seconds)

    def __call__(self, export: Message, form: str = "protobuf") -> list[Call]:
        """The calls of an export."""
        signal = {
            ExportTraceServiceRequest: Signal.TRACES,
            ExportLogsServiceRequest: Signal.LOGS,
            ExportMetricsServiceRequest: Signal.METRICS,
        }[type(export)]
        read = json_body.read if form == "json" else protobuf.read
        body = as_json(export) if form == "json" else export.SerializeToString()
        before = len(self.sunk.calls)
        self.intake.take(read(signal, body, Budget(100_000)))
        return self.sunk.calls[before:]
