"""Exports in JSON: names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as text or as numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

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
from claude_tui.traffic.otlp.wire import BrokenExportError, Budget, TooManyPartsError

__all__ = ["MOST_STRUCTURE", "read"]

MOST_STRUCTURE = 1_000_000
"""Brackets and commas of one body: each may become an object of a hundred bytes."""
_OUTER = {Signal.TRACES: "resourceSpans", Signal.LOGS: "resourceLogs", Signal.METRICS: "resourceMetrics"}
_MIDDLE = {Signal.TRACES: "scopeSpans", Signal.LOGS: "scopeLogs", Signal.METRICS: "scopeMetrics"}
_INNER = {Signal.TRACES: "spans", Signal.LOGS: "logRecords", Signal.METRICS: "metrics"}
_LONGEST_ID = 64
_CUMULATIVE = {
    1: False,
    2: True,
    "AGGREGATION_TEMPORALITY_DELTA": False,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": True,
}
_MOST_INT = 2**63

Record = SpanRecord | EventRecord | PointRecord


def read(signal: Signal, body: bytes, budget: Budget) -> Iterator[Record]:
    """The records of an export. Raises BrokenExportError or TooManyPartsError."""
    if body.count(b"{") + body.count(b"[") + body.count(b",") > MOST_STRUCTURE:
        raise TooManyPartsError("too many values in one request")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenExportError("not JSON") from error
    if not isinstance(data, dict):
        raise BrokenExportError("not an object")
    for outer in _objects(data, _OUTER[signal], budget):
        resource = _object(outer.get("resource"))
        service = _service(resource)
        encoded = json.dumps(resource, sort_keys=True).encode("utf-8", "surrogatepass")
        digest = blake2b(encoded, digest_size=16).digest()
        for middle in _objects(outer, _MIDDLE[signal], budget):
            scope = _text(_object(middle.get("scope")).get("name"))
            origin = Origin(service, scope, digest)
            for item in _objects(middle, _INNER[signal], budget):
                if signal is Signal.TRACES:
                    yield _span(origin, item)
                elif signal is Signal.LOGS:
                    yield _event(origin, item)
                else:
                    yield from _points(origin, item, budget)


def _span(origin: Origin, span: dict[str, Any]) -> SpanRecord:
    attributes = _attributes(span)
    status = _enum(_object(span.get("status")).get("code"), ("UNSET", "OK", "ERROR"))
    if status == ERROR_STATUS and "error.type" not in attributes:
        attributes.update(_exception(span))
    return SpanRecord(
        origin,
        _text(span.get("name")),
        _enum(span.get("kind"), ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")),
        status,
        _whole(span.get("startTimeUnixNano")),
        _whole(span.get("endTimeUnixNano")),
        _ident(span.get("traceId")),
        _ident(span.get("spanId")),
        _ident(span.get("parentSpanId")),
        attributes,
    )


def _exception(span: dict[str, Any]) -> dict[str, str]:
    for event in map(_object, _list(span.get("events"))):
        if event.get("name") == EXCEPTION:
            pairs = map(_object, _list(event.get("attributes")))
            return exception_attributes(
                {
                    _text(pair.get("key")): _text(_object(pair.get("value")).get("stringValue"))
                    for pair in pairs
                }
            )
    return {}


def _event(origin: Origin, record: dict[str, Any]) -> EventRecord:
    attributes = _attributes(record)
    named = _text(record.get("eventName")) or str(attributes.get("event.name", ""))
    at_ns = _whole(record.get("timeUnixNano")) or _whole(record.get("observedTimeUnixNano"))
    return EventRecord(
        origin, named[:100], at_ns, _ident(record.get("traceId")), _ident(record.get("spanId")), attributes
    )


def _points(origin: Origin, metric: dict[str, Any], budget: Budget) -> Iterator[PointRecord]:
    kind = next((shape for shape in ("sum", "histogram", "exponentialHistogram") if shape in metric), None)
    if kind is None:
        return
    points = _object(metric[kind])
    temporality = points.get("aggregationTemporality")
    cumulative = _CUMULATIVE.get(temporality) if isinstance(temporality, int | str) else None
    for point in _objects(points, "dataPoints", budget):
        count: int | None = None
        bounds: tuple[float, ...] = ()
        counts: tuple[int, ...] = ()
        if kind == "sum":
            value = _float(point.get("asInt", point.get("asDouble")))
        else:
            value, count = _float(point.get("sum")), _whole(point.get("count"))
            if kind == "histogram":
                bounds = tuple(map(_float, _list(point.get("explicitBounds"))))
                counts = tuple(map(_whole, _list(point.get("bucketCounts"))))
            else:
                positive = _object(point.get("positive"))
                bounds, counts = as_buckets(
                    _signed(point.get("scale")),
                    _signed(positive.get("offset")),
                    [_whole(bucket_count) for bucket_count in _list(positive.get("bucketCounts"))],
                    _whole(point.get("zeroCount")),
                )
        yield PointRecord(
            origin,
            _text(metric.get("name"))[:200],
            _text(metric.get("unit"))[:20],
            cumulative,
            _whole(point.get("startTimeUnixNano")),
            _whole(point.get("timeUnixNano")),
            _attributes(point),
            value,
            count,
            bounds,
            counts,
        )


def _objects(parent: dict[str, Any], name: str, budget: Budget) -> Iterator[dict[str, Any]]:
    """The objects of a list. If present, it must be a list of objects: anything else is a broken sender."""
    members = parent.get(name)
    if members is None:
        return
    if not isinstance(members, list):
        raise BrokenExportError(f"{name} is not a list")
    for member in members:
        budget.spend()
        if not isinstance(member, dict):
            raise BrokenExportError(f"{name} contains something other than objects")
        yield member


def _attributes(record: dict[str, Any]) -> dict[str, str | int | float | bool]:
    found: dict[str, str | int | float | bool] = {}
    for attribute in _list(record.get("attributes")):
        key = attribute.get("key") if isinstance(attribute, dict) else None
        if isinstance(key, str) and key in WANTED and (value := _value(attribute.get("value"))) is not None:
            found[key] = value
    return found


def _value(value: object) -> str | int | float | bool | None:
    if not isinstance(value, dict):
        return None
    if isinstance(text := value.get("stringValue"), str):
        return text[:LONGEST_TEXT]
    if isinstance(truth := value.get("boolValue"), bool):
        return truth
    if "intValue" in value:
        return _signed(value["intValue"])
    if isinstance(number := value.get("doubleValue"), int | float):
        return number
    values = _list(_object(value.get("arrayValue")).get("values"))
    first = _object(values[0]).get("stringValue") if values else None
    return first[:LONGEST_TEXT] if isinstance(first, str) else None


def _service(resource: dict[str, Any]) -> str:
    for attribute in _list(resource.get("attributes")):
        if isinstance(attribute, dict) and attribute.get("key") == "service.name":
            return _text(_object(attribute.get("value")).get("stringValue"))[:200]
    return ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _signed(value: object) -> int:
    """A 64-bit number, which is text in JSON; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, str) and len(value) <= 20:
        digits = value.removeprefix("-")
        value = int(value) if digits.isascii() and digits.isdigit() else 0
    return value if isinstance(value, int) and -_MOST_INT <= value < _MOST_INT else 0


def _whole(value: object) -> int:
    return max(_signed(value), 0)


def _float(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST_INT:
        return float(value)
    return float(_signed(value))


def _enum(value: object, names: tuple[str, ...]) -> int:
    """The value of an enum: a number by the specification, but some senders write the name."""
    if isinstance(value, str):
        last = value.rpartition("_")[2]
        return names.index(last) if last in names else 0
    return value if isinstance(value, int) and 0 <= value < len(names) else 0


def _ident(value: object) -> bytes:
    return value[:_LONGEST_ID].lower().encode("utf-8", "replace") if isinstance(value, str) else b""
