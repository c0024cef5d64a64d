"""Exports in protobuf: one record at a time is decoded with the official classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from claude_tui.traffic.otlp.exponential import as_buckets
from claude_tui.traffic.otlp.records import (
    ERROR_STATUS,
    EXCEPTION,
    LONGEST_TEXT,
    WANTED,
    EventRecord,
    Origin,
    PointRecord,
    Signal,
    SpanRecord,
    exception_attributes,
)
from claude_tui.traffic.otlp.wire import LENGTH, BrokenExportError, Budget, fields, slim

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

__all__ = ["Record", "read"]

Record = SpanRecord | EventRecord | PointRecord

# Longer records contain content: those fields are removed before the rest is decoded.
_LEAN_BYTES = 16_384
_LONGEST_FIELD = 4_096
# A longer record, even without content, is not about a call.
_LARGEST_RECORD = 262_144
_ENVELOPE, _FIRST, _SECOND = 1, 1, 2


def read(signal: Signal, body: bytes, budget: Budget) -> Iterator[Record]:
    """The records of an export. Raises BrokenExportError or TooManyPartsError, maybe after yielding some."""
    decode = _DECODERS[signal]
    try:
        for number, kind, _, start, end in fields(body, 0, len(body), budget):
            if number == _ENVELOPE and kind == LENGTH:
                yield from _of_resource(body, start, end, budget, decode)
    except (DecodeError, UnicodeDecodeError) as error:
        raise BrokenExportError(str(error)) from error


Decode = Callable[[Origin, bytes], Iterator[Record]]


def _of_resource(body: bytes, start: int, end: int, budget: Budget, decode: Decode) -> Iterator[Record]:
    service, digest = "", b""
    # Fields may come in any order, and the resource applies to all others.
    for number, kind, _, low, high in fields(body, start, end, budget):
        if number == _FIRST and kind == LENGTH:
            part = _lean(body, low, high, budget)[:_LARGEST_RECORD]
            digest = blake2b(part, digest_size=16).digest()
            service = _service(Resource.FromString(part).attributes)
    for number, kind, _, low, high in fields(body, start, end, budget):
        if number == _SECOND and kind == LENGTH:
            yield from _of_scope(body, low, high, budget, decode, service, digest)


def _of_scope(
    body: bytes, start: int, end: int, budget: Budget, decode: Decode, service: str, digest: bytes
) -> Iterator[Record]:
    origin = Origin(service, "", digest)
    for number, kind, _, low, high in fields(body, start, end, budget):
        if number == _FIRST and kind == LENGTH:
            name = InstrumentationScope.FromString(_lean(body, low, high, budget)).name
            origin = Origin(service, name[:LONGEST_TEXT], digest)
    for number, kind, _, low, high in fields(body, start, end, budget):
        if number == _SECOND and kind == LENGTH:
            record = _lean(body, low, high, budget)
            if len(record) > _LARGEST_RECORD:
                budget.rejected += 1
            else:
                yield from decode(origin, record)


def _lean(body: bytes, start: int, end: int, budget: Budget) -> bytes:
    if end - start <= _LEAN_BYTES:
        return body[start:end]
    return slim(body, start, end, _LONGEST_FIELD, budget)


def _service(attributes: Iterable[KeyValue]) -> str:
    return next(
        (attribute.value.string_value[:200] for attribute in attributes if attribute.key == "service.name"),
        "",
    )


def _span(origin: Origin, data: bytes) -> Iterator[Record]:
    span = Span.FromString(data)
    attributes = _attributes(span.attributes)
    if span.status.code == ERROR_STATUS and "error.type" not in attributes:
        attributes.update(_exception(span.events))
    yield SpanRecord(
        origin,
        span.name[:LONGEST_TEXT],
        span.kind,
        span.status.code,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        attributes,
    )


def _exception(events: Iterable[Span.Event]) -> dict[str, str]:
    for event in events:
        if event.name == EXCEPTION:
            return exception_attributes({pair.key: pair.value.string_value for pair in event.attributes})
    return {}


def _event(origin: Origin, data: bytes) -> Iterator[Record]:
    record = LogRecord.FromString(data)
    attributes = _attributes(record.attributes)
    named = record.event_name or attributes.get("event.name") or ""
    yield EventRecord(
        origin,
        str(named)[:100],
        record.time_unix_nano or record.observed_time_unix_nano,
        record.trace_id,
        record.span_id,
        attributes,
    )


def _points(origin: Origin, data: bytes) -> Iterator[Record]:
    metric = Metric.FromString(data)
    kind = metric.WhichOneof("data")
    if kind not in {"sum", "histogram", "exponential_histogram"}:
        return
    points = getattr(metric, kind)
    cumulative = {
        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE: True,
        AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA: False,
    }.get(points.aggregation_temporality)
    for point in points.data_points:
        count: int | None = None
        bounds: tuple[float, ...] = ()
        counts: tuple[int, ...] = ()
        if kind == "sum":
            value = float(point.as_int if point.WhichOneof("value") == "as_int" else point.as_double)
        else:
            value, count = point.sum, point.count
            if kind == "histogram":
                bounds, counts = tuple(point.explicit_bounds), tuple(point.bucket_counts)
            else:
                positive = point.positive
                bounds, counts = as_buckets(
                    point.scale, positive.offset, positive.bucket_counts, point.zero_count
                )
        yield PointRecord(
            origin,
            metric.name[:200],
            metric.unit[:20],
            cumulative,
            point.start_time_unix_nano,
            point.time_unix_nano,
            _attributes(point.attributes),
            value,
            count,
            bounds,
            counts,
        )


_DECODERS: dict[Signal, Decode] = {Signal.TRACES: _span, Signal.LOGS: _event, Signal.METRICS: _points}


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, str | int | float | bool]:
    found: dict[str, str | int | float | bool] = {}
    for pair in pairs:
        key = pair.key
        if key in WANTED and (value := _value(pair.value)) is not None:
            found[key] = value
    return found


def _value(value: AnyValue) -> str | int | float | bool | None:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value[:LONGEST_TEXT]
    if kind in {"int_value", "double_value", "bool_value"}:
        scalar: int | float | bool = getattr(value, kind)
        return scalar
    if kind == "array_value" and value.array_value.values:
        first = value.array_value.values[0]
        return first.string_value[:LONGEST_TEXT] if first.WhichOneof("value") == "string_value" else None
    return None
