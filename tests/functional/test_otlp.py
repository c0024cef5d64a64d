"""The OTLP receiver over real connections: with the official SDK, with hostile senders, in the engine."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import anthropic
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import TrafficSource
from claude_tui.settings import load
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store
from claude_tui.traffic.aggregation import CallAggregator
from claude_tui.traffic.otlp.answers import JSON, PROTOBUF
from claude_tui.traffic.otlp.bodies import Bounds
from claude_tui.traffic.otlp.refusals import RETRY_AFTER_S
from claude_tui.traffic.otlp.serving import ReceiverThread
from tests.functional.test_engine import engine_for, environ_of, running, simulated
from tests.otlp_receiving import is_listening, notices, post, receiving, rows_of
from tests.otlp_values import ANSWERED, API_REQUEST, as_json, event, logs, span, traces
from tests.ports import unused_port
from tests.store_values import PATIENCE_S
from tests.traffic_values import call

CANARY = "canary-51c9e"


@pytest.fixture
def received(tmp_path: Path) -> Iterator[tuple[ReceiverThread, Store]]:
    with receiving(tmp_path) as both:
        yield both


# -- the official SDK ----------------------------------------------------------------


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_the_sdk_reports_agrees_with_what_the_client_saw(
    received: tuple[ReceiverThread, Store], compression: Compression
) -> None:
    receiver, store = received
    provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
    exporter = OTLPSpanExporter(endpoint=f"{receiver.url}/v1/traces", compression=compression)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    seen = {"input": 0, "output": 0, "answers": 0, "failures": 0}
    for scenario, calls in (("healthy", 3), ("outage", 2)):
        # Another seed, so that request ids differ.
        simulator = SimulatorThread(load_scenario(scenario), seed=calls, latency_scale=0.0, elapsed_s=120)
        simulator.start()
        try:
            client = anthropic.Anthropic(
                base_url=simulator.base_url,
                api_key="sk-ant-api03-test",
                max_retries=0,
                open_telemetry={
                    "tracer_provider": provider,
                    "traces": {"enabled": True, "content_mode": "content"},
                },
            )
            for number in range(calls):
                try:
                    count(client, seen, streamed=number % 2 == 0)
                except anthropic.APIError:
                    seen["failures"] += 1
            client.close()
        finally:
            simulator.stop()
    provider.shutdown()
    rows = rows_of(receiver, store)
    answers = [row for row in rows if row.key.outcome is Outcome.OK]
    assert {(row.key.source, row.key.application) for row in rows} == {(TrafficSource.OTLP, "checkout")}
    assert sum(row.calls for row in answers) == seen["answers"] > 0
    assert sum(row.calls for row in rows) == seen["answers"] + seen["failures"]
    assert seen["failures"] > 0
    assert sum(row.tokens.prompt for row in rows) == seen["input"] > 0
    assert sum(row.tokens.output for row in rows) == seen["output"] > 0
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def count(client: anthropic.Anthropic, seen: dict[str, int], *, streamed: bool) -> None:
    messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": CANARY}]
    if streamed:
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=8, messages=messages) as stream:
            usage = stream.get_final_message().usage
    else:
        usage = client.messages.create(model="claude-haiku-4-5", max_tokens=8, messages=messages).usage
    seen["answers"] += 1
    seen["output"] += usage.output_tokens
    seen["input"] += (
        usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    )


# -- what is taken, and what is refused ----------------------------------------------


def test_every_form_is_taken(received: tuple[ReceiverThread, Store]) -> None:
    receiver, store = received
    plain = {name: item for name, item in ANSWERED.items() if name != "anthropic.request.id"}
    exports = [traces(span(plain, number=number)) for number in range(1, 5)]
    url = receiver.url
    assert post(url, exports[0].SerializeToString())[:2] == (200, b"")
    assert post(url, gzip.compress(exports[1].SerializeToString()), coding="gzip")[0] == 200
    assert post(url, as_json(exports[2]), kind=JSON)[:2] == (200, b"{}")
    assert post(url, gzip.compress(as_json(exports[3])), kind=JSON, coding="gzip", chunked=True)[0] == 200
    assert post(url, logs(event()).SerializeToString(), path="/v1/logs")[0] == 200
    assert post(url, b"", path="/v1/metrics")[0] == 200
    assert sum(row.calls for row in rows_of(receiver, store)) == 5


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_of_50_mb_is_refused(received: tuple[ReceiverThread, Store], chunked: bool) -> None:
    status, _, _ = post(received[0].url, bytes(50_000_000), chunked=chunked)
    assert status == 413
    assert post(received[0].url, traces(span()).SerializeToString())[0] == 200


def test_a_bomb_is_refused(received: tuple[ReceiverThread, Store]) -> None:
    bomb = gzip.compress(bytes(500_000_000), compresslevel=1)
    assert post(received[0].url, bomb, coding="gzip")[0] == 413


@pytest.mark.parametrize(
    ("body", "kind", "coding", "status"),
    [
        (traces(span()).SerializeToString()[:-3], PROTOBUF, None, 400),
        (b"\xff" * 50, PROTOBUF, None, 400),
        (b"[1]", JSON, None, 400),
        (b"not gzip", PROTOBUF, "gzip", 400),
        (b"x", PROTOBUF, "zstd", 400),
        (b"{}", "text/plain", None, 415),
    ],
)
def test_what_is_broken_is_refused_for_good(
    received: tuple[ReceiverThread, Store], body: bytes, kind: str, coding: str | None, status: int
) -> None:
    """Each with a status that no exporter retries."""
    assert post(received[0].url, body, kind=kind, coding=coding)[0] == status


def test_a_record_that_is_too_large_is_a_partial_success(received: tuple[ReceiverThread, Store]) -> None:
    large = span({f"attribute {number}": "x" * 4000 for number in range(100)}, number=7)
    status, body, _ = post(received[0].url, traces(large, span()).SerializeToString())
    partial = ExportTraceServiceResponse.FromString(body).partial_success
    assert (status, partial.rejected_spans) == (200, 1)
    assert partial.error_message
    assert sum(row.calls for row in rows_of(*received)) == 1


def test_an_exporter_is_asked_to_come_back(tmp_path: Path) -> None:
    with receiving(tmp_path, Bounds(at_once=100)) as (receiver, _):
        status, _, headers = post(receiver.url, traces(span()).SerializeToString())
        assert (status, headers["Retry-After"]) == (429, str(RETRY_AFTER_S))


def test_a_sender_that_vanishes_and_one_that_says_nothing_hold_up_nobody(
    received: tuple[ReceiverThread, Store],
) -> None:
    receiver, store = received
    place = urlsplit(receiver.url)
    address = (place.hostname or "", place.port or 0)
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: {PROTOBUF}\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection(address) as vanishing, socket.create_connection(address) as silent:
        vanishing.sendall(head.encode() + b"x" * 10)
        silent.sendall(head.encode())
        vanishing.close()
        assert post(receiver.url, traces(span()).SerializeToString())[0] == 200
    assert sum(row.calls for row in rows_of(receiver, store)) == 1
    assert receiver.faults == 0


def test_a_call_that_the_proxy_saw_counts_once(received: tuple[ReceiverThread, Store]) -> None:
    receiver, store = received
    now = datetime.now(UTC).timestamp()
    aggregator = CallAggregator()
    aggregator.add(call(request_id="req_2"), now)
    batch, _ = aggregator.take(now)
    assert batch is not None
    store.write(batch)
    assert store.flush(PATIENCE_S)
    both = logs(event(), event({**API_REQUEST, "request_id": "req_3"}))
    assert post(receiver.url, both.SerializeToString(), path="/v1/logs")[0] == 200
    counted = [(row.key.source, row.calls) for row in rows_of(receiver, store)]
    assert sorted(counted) == [(TrafficSource.OTLP, 1), (TrafficSource.PROXY, 1)]


# -- in the engine -------------------------------------------------------------------


def test_a_collector_receives_and_shows(tmp_path: Path) -> None:
    address = f"127.0.0.1:{unused_port()}"
    with simulated("healthy") as simulator:
        settings = load({"data_dir": str(tmp_path), "traffic_otlp": address}, {}, config=None)
        with running(engine_for(settings, environ_of(simulator), simulator.status_url)) as wait_for:
            wait_for(lambda _: is_listening(address))
            failed = span({"error.type": "overloaded_error", "http.response.status_code": 529}, status=2)
            body = traces(failed).SerializeToString()
            assert post(f"http://{address}", body)[0] == 200
            snapshot = wait_for(lambda s: s.traffic is not None)
            assert snapshot.traffic is not None
            (kept,) = snapshot.traffic.failed_calls
            assert (kept.call.source, kept.call.application) == (TrafficSource.OTLP, "checkout")
            assert not [key for key in notices(snapshot) if key.startswith("otlp")]
    assert not is_listening(address)


def test_a_port_that_is_taken_is_shown(tmp_path: Path) -> None:
    with simulated("healthy") as simulator, socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = load({"data_dir": str(tmp_path), "traffic_otlp": address}, {}, config=None)
        with running(engine_for(settings, environ_of(simulator), simulator.status_url)) as wait_for:
            text = notices(wait_for(lambda s: "otlp" in notices(s)))["otlp"]
            assert text == (
                f"no OTLP is received on {address}: Address already in use (traffic.otlp); trying again"
            )


def test_an_address_that_others_reach_is_shown(tmp_path: Path) -> None:
    with simulated("healthy") as simulator:
        flags = {"data_dir": str(tmp_path), "traffic_otlp": "0.0.0.0:0"}
        settings = load(flags, {}, config=None)
        with running(engine_for(settings, environ_of(simulator), simulator.status_url)) as wait_for:
            text = notices(wait_for(lambda s: "otlp open" in notices(s)))["otlp open"]
            assert "open to other machines" in text
