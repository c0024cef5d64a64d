"""Bodies that no honest sender makes: refused or read within bounds, and no content is kept."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.traffic.otlp import json_body, protobuf
from claude_tui.traffic.otlp.answers import JSON, PROTOBUF, accepted, refused
from claude_tui.traffic.otlp.bodies import (
    Body,
    Bounds,
    Capacity,
    OverCapacityError,
    Share,
    TooLargeBodyError,
    UnreadableBodyError,
    unpacked,
)
from claude_tui.traffic.otlp.records import Signal, SpanRecord
from claude_tui.traffic.otlp.reported import Reported
from claude_tui.traffic.otlp.series import Series
from claude_tui.traffic.otlp.wire import BrokenExportError, Budget, TooManyPartsError
from tests.otlp_values import (
    ANSWERED,
    API_REQUEST,
    AT,
    CUMULATIVE,
    Taking,
    as_json,
    event,
    histogram,
    logs,
    metrics,
    span,
    traces,
)

CANARY = "canary-7f3a"
EXPORTS = {
    Signal.TRACES: traces(span(), span(number=2)),
    Signal.LOGS: logs(event()),
    Signal.METRICS: metrics(histogram("gen_ai.client.operation.duration", [1, 1, 1], 4.0, {})),
}


def read(signal: Signal, body: bytes, form: str = "protobuf", parts: int = 10_000) -> int:
    """How many records are in a body."""
    reader = json_body.read if form == "json" else protobuf.read
    return sum(1 for _ in reader(signal, body, Budget(parts)))


# -- anything at all -----------------------------------------------------------------


@given(st.sampled_from(Signal), st.binary(max_size=300), st.sampled_from(["protobuf", "json"]))
def test_any_bytes_are_read_or_refused(signal: Signal, body: bytes, form: str) -> None:
    try:
        read(signal, body, form)
    except (BrokenExportError, TooManyPartsError):
        return


@given(st.sampled_from(Signal), st.data())
def test_a_sound_export_with_some_bytes_changed_is_read_or_refused(
    signal: Signal, data: st.DataObject
) -> None:
    body = bytearray(EXPORTS[signal].SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    taking = Taking()
    try:
        taking.intake.take(protobuf.read(signal, bytes(body), Budget(10_000)))
    except (BrokenExportError, TooManyPartsError):
        return


NAMES = st.sampled_from(
    ["attributes", "key", "value", "stringValue", "intValue", "dataPoints", "name", "count"]
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
nested = plain | st.lists(plain, max_size=3) | st.dictionaries(NAMES, plain, max_size=4)
values = nested | st.lists(nested, max_size=3) | st.dictionaries(NAMES, nested, max_size=4)


@given(st.sampled_from(Signal), values, values)
def test_json_of_any_shape_is_read_or_refused(signal: Signal, part: object, attribute: object) -> None:
    outer, middle, inner = {
        Signal.TRACES: ("resourceSpans", "scopeSpans", "spans"),
        Signal.LOGS: ("resourceLogs", "scopeLogs", "logRecords"),
        Signal.METRICS: ("resourceMetrics", "scopeMetrics", "metrics"),
    }[signal]
    record = {"attributes": [attribute], "histogram": part, "startTimeUnixNano": part, "status": part}
    shape = {outer: [{"resource": part, middle: [{"scope": part, inner: [record, part]}]}]}
    taking = Taking()
    try:
        taking.intake.take(json_body.read(signal, json.dumps(shape).encode(), Budget(10_000)))
    except (BrokenExportError, TooManyPartsError):
        return


def test_a_truncated_export_is_broken() -> None:
    body = EXPORTS[Signal.TRACES].SerializeToString()
    with pytest.raises(BrokenExportError):
        read(Signal.TRACES, body[:-1])
    with pytest.raises(BrokenExportError):
        read(Signal.TRACES, as_json(EXPORTS[Signal.TRACES])[:-1], "json")


def test_nesting_without_end_is_broken() -> None:
    with pytest.raises(BrokenExportError):
        read(Signal.LOGS, b"[" * 100_000, "json")


# -- bounds --------------------------------------------------------------------------


def field(number: int, inside: bytes) -> bytes:
    length, made = len(inside), bytearray([number << 3 | 2])
    while length > 0x7F:
        made.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(made) + bytes([length]) + inside


def test_a_million_empty_spans_are_too_many() -> None:
    body = field(1, field(2, b"\x12\x00" * 1_000_000))
    tracemalloc.start()
    with pytest.raises(TooManyPartsError):
        read(Signal.TRACES, body)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_span_of_a_million_empty_attributes_is_too_much() -> None:
    with pytest.raises(TooManyPartsError):
        read(Signal.TRACES, field(1, field(2, field(2, b"\x4a\x00" * 1_000_000))))


def test_a_record_that_is_too_large_is_rejected_and_the_rest_taken() -> None:
    large = field(2, b"".join(field(9, b"\x0a\x01x\x12\x02\x10\x01" * 100) for _ in range(800)))
    small = traces(span()).resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    budget = Budget(10_000)
    found = [*protobuf.read(Signal.TRACES, field(1, field(2, large + field(2, small))), budget)]
    assert (len(found), budget.rejected) == (1, 1)


def test_json_of_brackets_is_too_much() -> None:
    body = b'{"resourceSpans":[' + b"[]," * 600_000 + b"[]]}"
    with pytest.raises(TooManyPartsError):
        read(Signal.TRACES, body, "json")


def test_a_bomb_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(200_000_000))
    tracemalloc.start()
    share = Capacity(Bounds()).enter()
    with pytest.raises(TooLargeBodyError):
        unpacked(packed, 1_000_000, share)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "body",
    [b"", b"not gzip", gzip.compress(b"x" * 1000)[:-9], gzip.compress(b"") * 1000],
    ids=["empty", "other", "cut", "members"],
)
def test_what_is_no_gzip_is_unreadable(body: bytes) -> None:
    share = Capacity(Bounds()).enter()
    with pytest.raises(UnreadableBodyError):
        unpacked(body, 1_000_000, share)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_gzip_of_several_members_is_unpacked(parts: list[bytes]) -> None:
    share = Capacity(Bounds()).enter()
    assert unpacked(b"".join(map(gzip.compress, parts)), 2000, share) == b"".join(parts)


def test_all_bodies_together_are_bounded() -> None:
    capacity = Capacity(Bounds(at_once=1000, requests=2))

    def read(share: Share, pieces: int, longest: int = 5000) -> int:
        body = Body(longest, share)
        for _ in range(pieces):
            body.add(bytes(100))
        return len(body.whole())

    first = capacity.enter()
    assert read(first, 9) == 900
    second = capacity.enter()
    with pytest.raises(OverCapacityError):
        read(second, 2)
    with pytest.raises(OverCapacityError):
        capacity.enter()
    capacity.leave(second)
    capacity.leave(first)
    third = capacity.enter()
    assert read(third, 9) == 900
    capacity.leave(third)
    with pytest.raises(TooLargeBodyError):
        read(capacity.enter(), 3, longest=200)


def test_series_are_bounded() -> None:
    series, taking = Series(most=10), Taking()
    for number in range(1000):
        metric = histogram("d", [1, 0, 0], 1, {"model": str(number)}, temporality=CUMULATIVE)
        (point,) = protobuf.read(Signal.METRICS, metrics(metric).SerializeToString(), Budget(100))
        series.grown(point, AT)  # type: ignore[arg-type]
    assert len(series) == 10
    assert taking.sunk.calls == []


# -- privacy -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_what_was_said_does_not_enter(form: str) -> None:
    content = {
        "gen_ai.input.messages": CANARY,
        "gen_ai.output.messages": [CANARY],
        "gen_ai.system_instructions": CANARY,
        "gen_ai.tool.call.arguments": CANARY,
        "gen_ai.prompt.0.content": CANARY,
        "user.email": CANARY,
        "user.id": CANARY,
        "enduser.id": CANARY,
        "prompt": CANARY,
        "tool_parameters": CANARY,
        "gen_ai.conversation.id": CANARY,
        "url.full": f"https://x/{CANARY}",
    }
    long = {"gen_ai.input.messages": CANARY * 100_000, "gen_ai.output.messages": CANARY * 10_000}
    taking = Taking()
    found = taking(traces(span({**ANSWERED, **content, **long})), form)
    found += taking(traces(span({**ANSWERED, **content}, name="chat", number=9), scope="any"), form)
    found += taking(logs(event({**API_REQUEST, **content}, body=CANARY)), form)
    failed = {
        "event.name": "api_error",
        "model": "claude-opus-5-5",
        "status_code": 400,
        "error": "400 "
        + json.dumps({"error": {"type": "invalid_request_error", "message": f"'{CANARY} x'"}}),
    }
    found += taking(logs(event(failed)), form)
    found += taking(logs(event({**failed, "error": f"something about {CANARY}"})), form)
    assert len(found) == 4, "the span beside the SDK's has its request id"
    assert CANARY not in repr(found)
    assert not [text for text in taking.intake.absent.sentences() if CANARY in text]


# -- answers -------------------------------------------------------------------------


def test_answers_are_those_of_the_specification() -> None:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    assert (accepted(Signal.LOGS, PROTOBUF), accepted(Signal.LOGS, JSON)) == (b"", b"{}")
    partial = ExportLogsServiceResponse.FromString(
        accepted(Signal.LOGS, PROTOBUF, 300, "too large")
    ).partial_success
    assert (partial.rejected_log_records, partial.error_message) == (300, "too large")
    assert json.loads(accepted(Signal.TRACES, JSON, 3, "why")) == {
        "partialSuccess": {"rejectedSpans": "3", "errorMessage": "why"}
    }


def test_a_refusal_is_a_status() -> None:
    from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

    status = Status.FromString(refused(PROTOBUF, 14, "too much at once"))
    assert (status.code, status.message) == (14, "too much at once")
    assert json.loads(refused(JSON, 3, "no")) == {"code": 3, "message": "no"}


def test_what_has_been_reported_is_remembered_within_bounds() -> None:
    reported, records = Reported(most=100), []
    for number in range(1000):
        made = traces(span(without=["anthropic.request.id"], number=number + 1)).SerializeToString()
        records += [*protobuf.read(Signal.TRACES, made, Budget(100))]
    spans = [record for record in records if isinstance(record, SpanRecord)]
    assert all(reported.is_new_span(record, None, innermost=True) for record in spans)
    assert not any(reported.is_new_span(record, None, innermost=True) for record in spans[-100:])
    assert len(reported) <= 200
