"""OTLP over gRPC: with the official exporter, with hostile senders, in the engine, and without the extra."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset, TrailersReceived
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

from claude_tui.model.extras import install_command
from claude_tui.model.traffic import TrafficSource
from claude_tui.probes.prices import call_cost_usd
from claude_tui.settings import load
from claude_tui.simulator.sockets import listen, url_of
from claude_tui.store import Store
from claude_tui.traffic.otlp.bodies import Bounds, Capacity
from claude_tui.traffic.otlp.grpc_messages import framed
from claude_tui.traffic.otlp.grpc_receiver import GrpcReceiver
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.serving import ReceiverThread
from tests.functional.test_engine import engine_for, environ_of, running, simulated
from tests.fuzzed import changed_bytes
from tests.otlp_receiving import is_listening, notices, post, receiving, rows_of
from tests.otlp_values import ANSWERED, AT, Sunk, event, logs, span, traces
from tests.ports import unused_port
from tests.proxied import WITHIN_S, Client
from tests.store_values import PATIENCE_S

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
CANARY = "canary-7d10f"


@pytest.fixture
def received(tmp_path: Path) -> Iterator[tuple[ReceiverThread, Store]]:
    with receiving(tmp_path, grpc=True) as both:
        yield both


def export(
    url: str, body: bytes, path: str = TRACES, compression: grpc.Compression | None = None
) -> tuple[grpc.StatusCode, bytes, dict[str, str | bytes]]:
    """The status, the answer and the trailers, according to gRPC's own client."""
    with grpc.insecure_channel(urlsplit(url).netloc) as channel:
        method = channel.unary_unary(path)
        try:
            answer, call = method.with_call(body, timeout=PATIENCE_S, compression=compression)
        except grpc.RpcError as error:
            return error.code(), b"", dict(error.trailing_metadata() or ())
        return call.code(), answer, dict(call.trailing_metadata() or ())


class Peer:
    """A client that sends arbitrary frames on an HTTP/2 connection."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self.socket = socket.create_connection((place.hostname or "", place.port or 0), PATIENCE_S)
        self.http = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        self.flush()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def begin(self, path: str = TRACES, content_type: str = "application/grpc", coding: str = "") -> int:
        number = self.http.get_next_available_stream_id()
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "x"),
            ("content-type", content_type),
            ("te", "trailers"),
            *([("grpc-encoding", coding)] if coding else []),
        ]
        self.http.send_headers(number, headers)
        self.flush()
        return number

    def send(self, number: int, data: bytes, *, end: bool = True) -> None:
        self.http.send_data(number, data, end_stream=end)
        self.flush()

    def answer(self, number: int) -> dict[str, str]:
        """The headers and trailers of an answer; `{}` for a connection that has ended."""
        found: dict[str, str] = {}
        while data := self.socket.recv(65_536):
            for frame in self.http.receive_data(data):
                if isinstance(frame, ConnectionTerminated):
                    return {}
                if isinstance(frame, ResponseReceived | TrailersReceived) and frame.stream_id == number:
                    found |= dict(frame.headers)  # type: ignore[arg-type]
                    if "grpc-status" in found or frame.stream_ended is not None:
                        return found
                if isinstance(frame, StreamReset) and frame.stream_id == number:
                    return found
            self.flush()
        return {}


# -- the official exporter -----------------------------------------------------------


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_the_official_exporter_is_understood_and_its_content_dropped(
    received: tuple[ReceiverThread, Store], compression: grpc.Compression
) -> None:
    receiver, store = received
    provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
    exporter = OTLPSpanExporter(endpoint=receiver.grpc_url, insecure=True, compression=compression)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("com.anthropic.sdk.python")
    for number in range(3):
        values = ANSWERED | {"anthropic.request.id": f"req_{number}", "gen_ai.input.messages": CANARY}
        with tracer.start_as_current_span(
            "anthropic.messages.create", kind=SpanKind.CLIENT, attributes=values
        ):
            pass
    provider.shutdown()
    rows = rows_of(receiver, store)  # two where a minute ends between the spans
    assert {(row.key.source, row.key.application) for row in rows} == {(TrafficSource.OTLP, "checkout")}
    assert sum(row.calls for row in rows) == 3
    assert (sum(row.tokens.prompt for row in rows), sum(row.tokens.output for row in rows)) == (390, 60)
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def test_every_signal_is_taken_and_nothing_is_an_export_too(received: tuple[ReceiverThread, Store]) -> None:
    receiver, store = received
    assert export(receiver.grpc_url, traces(span()).SerializeToString())[:2] == (grpc.StatusCode.OK, b"")
    assert export(receiver.grpc_url, logs(event()).SerializeToString(), LOGS)[0] is grpc.StatusCode.OK
    assert export(receiver.grpc_url, b"", METRICS)[0] is grpc.StatusCode.OK
    assert sum(row.calls for row in rows_of(receiver, store)) == 2


# -- what is refused -----------------------------------------------------------------


def test_what_is_broken_is_refused_for_good(received: tuple[ReceiverThread, Store]) -> None:
    """Each with a status that no exporter retries."""
    url = received[0].grpc_url
    assert export(url, b"\xff" * 50)[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert export(url, traces(span()).SerializeToString()[:-3])[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert export(url, b"", "/package.Service/Method")[0] is grpc.StatusCode.UNIMPLEMENTED
    with Peer(url) as peer:
        for body, coding in (
            (b"", ""),
            (b"\0\0\0", ""),
            (framed(b"")[:-1] + b"\x09", ""),
            (framed(b"") * 2, ""),
            (b"\1" + framed(b"no gzip")[1:], "gzip"),
            (b"\1" + framed(gzip.compress(b""))[1:], "snappy"),
        ):
            number = peer.begin(coding=coding)
            peer.send(number, body)
            assert peer.answer(number)["grpc-status"] == "3", (body, coding)
        number = peer.begin(content_type="text/html")
        assert peer.answer(number)[":status"] == "415"
        # None of this has touched the connection.
        number = peer.begin()
        peer.send(number, framed(traces(span()).SerializeToString()))
        assert peer.answer(number)["grpc-status"] == "0"
    assert received[0].faults == 0


def test_a_record_that_is_too_large_is_a_partial_success(received: tuple[ReceiverThread, Store]) -> None:
    large = span({f"attribute {number}": "x" * 4000 for number in range(100)}, number=7)
    code, body, _ = export(received[0].grpc_url, traces(large, span()).SerializeToString())
    partial = ExportTraceServiceResponse.FromString(body).partial_success
    assert (code, partial.rejected_spans) == (grpc.StatusCode.OK, 1)
    assert partial.error_message
    assert sum(row.calls for row in rows_of(*received)) == 1


def test_a_body_of_50_mb_is_refused_and_a_bomb_is_not_unpacked(
    received: tuple[ReceiverThread, Store],
) -> None:
    url = received[0].grpc_url
    assert export(url, bytes(50_000_000))[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    with Peer(url) as peer:
        number = peer.begin(coding="gzip")
        bomb = b"\1" + framed(gzip.compress(bytes(500_000_000), compresslevel=1))[1:]
        for start in range(0, len(bomb), 16_384):
            while peer.http.local_flow_control_window(number) < 16_384:
                peer.http.receive_data(peer.socket.recv(65_536))
            peer.send(number, bomb[start : start + 16_384], end=start + 16_384 >= len(bomb))
        answer = peer.answer(number)
        assert answer["grpc-status"] == "8"
        # Without a delay, an exporter does not send it again.
        assert "grpc-status-details-bin" not in answer
    assert export(url, traces(span()).SerializeToString())[0] is grpc.StatusCode.OK


def test_an_exporter_is_asked_to_come_back(tmp_path: Path) -> None:
    with receiving(tmp_path, Bounds(at_once=100), grpc=True) as (receiver, _):
        code, _, trailers = export(receiver.grpc_url, traces(span()).SerializeToString())
    assert code is grpc.StatusCode.UNAVAILABLE
    # A google.rpc.Status with a RetryInfo of two seconds.
    details = trailers["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    assert b"type.googleapis.com/google.rpc.RetryInfo" in details
    assert details.endswith(b"\x12\x04\x0a\x02\x08\x02")


def test_an_export_that_does_not_arrive_is_given_up_and_its_room_is_free_again(tmp_path: Path) -> None:
    with (
        receiving(tmp_path, Bounds(read_s=0.2, requests=1), grpc=True) as (receiver, _),
        Peer(receiver.grpc_url) as slow,
    ):
        number = slow.begin()
        slow.send(number, b"\0\0", end=False)
        other = slow.begin()
        slow.send(other, framed(b""))
        assert slow.answer(other)["grpc-status"] == "14"
        assert slow.answer(number)["grpc-status"] == "4"
        third = slow.begin()
        slow.send(third, framed(b""))
        assert slow.answer(third)["grpc-status"] == "0"


def test_senders_that_vanish_reset_or_talk_nonsense_hold_up_nobody(tmp_path: Path) -> None:
    with receiving(tmp_path, Bounds(requests=20), grpc=True) as (receiver, store):
        for _ in range(5):
            with Peer(receiver.grpc_url) as vanishing:
                vanishing.send(vanishing.begin(), b"\0\0", end=False)
        with Peer(receiver.grpc_url) as peer:
            for _ in range(200):
                peer.http.reset_stream(peer.begin())
            peer.flush()
            with socket.create_connection(peer.socket.getpeername()) as nonsense:
                nonsense.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                # What it says is not HTTP/2, so it is told so and let go.
                while nonsense.recv(4096):
                    pass
            number = peer.begin()
            peer.send(number, framed(traces(span()).SerializeToString()))
            assert peer.answer(number)["grpc-status"] == "0"
        assert sum(row.calls for row in rows_of(receiver, store)) == 1
        assert receiver.faults == 0


def conversation(count: int, http: H2Connection | None = None) -> bytes:
    """What a client sends that exports `count` times."""
    http = http or H2Connection(H2Configuration(header_encoding="utf-8"))
    http.initiate_connection()
    for turn in range(count):
        number = http.get_next_available_stream_id()
        headers = [(":method", "POST"), (":scheme", "http"), (":path", TRACES), (":authority", "x")]
        http.send_headers(number, [*headers, ("content-type", "application/grpc"), ("te", "trailers")])
        http.send_data(number, framed(traces(span(number=turn + 1)).SerializeToString()), end_stream=True)
    return http.data_to_send()


async def trailers_of(client: Client, http: H2Connection) -> str:
    """The status of the first answer."""
    async with asyncio.timeout(WITHIN_S):
        while data := await client.reader.read(65_536):
            for frame in http.receive_data(data):
                if isinstance(frame, TrailersReceived):
                    return str(dict(frame.headers)["grpc-status"])  # type: ignore[arg-type]
    return ""


@settings(max_examples=30)
@given(st.data(), st.integers(1, 3))
def test_any_frames_are_answered_or_refused_and_the_next_sender_is_served(
    data: st.DataObject, count: int
) -> None:
    sent = data.draw(changed_bytes(conversation(count)))

    async def talk() -> None:
        capacity, sunk = Capacity(Bounds()), Sunk()
        receiver = GrpcReceiver(Intake(sunk, call_cost_usd, lambda: AT.timestamp() + 30), capacity)
        bound = listen()
        await receiver.start(bound)
        async with Client(url_of(bound)) as client:
            with suppress(ConnectionError):
                await client.send(sent)
                client.writer.write_eof()
                await client.rest()
        async with Client(url_of(bound)) as client:
            http = H2Connection(H2Configuration(header_encoding="utf-8"))
            await client.send(conversation(1, http))
            assert await trailers_of(client, http) == "0"
        assert sunk.calls
        assert receiver.faults == 0
        await receiver.stop()
        # Whatever happened, nothing is held any more.
        capacity.enter().take(capacity.bounds.at_once)

    asyncio.run(talk())


# -- in the engine -------------------------------------------------------------------


def test_a_collector_receives_both_and_a_port_that_is_taken_does_not_close_the_other(tmp_path: Path) -> None:
    http, grpc_port = f"127.0.0.1:{unused_port()}", unused_port()
    flags = {"data_dir": str(tmp_path), "traffic_otlp": http, "traffic_otlp_grpc": f"127.0.0.1:{grpc_port}"}
    with simulated("healthy") as simulator:
        settings = load(flags, {}, config=None)
        taken = socket.create_server(("127.0.0.1", grpc_port))
        with running(engine_for(settings, environ_of(simulator), simulator.status_url)) as wait_for:
            snapshot = wait_for(lambda s: "otlp grpc" in notices(s))
            assert notices(snapshot)["otlp grpc"] == (
                f"no OTLP over gRPC is received on 127.0.0.1:{grpc_port}: Address already in use "
                "(traffic.otlp_grpc); trying again"
            )
            assert "otlp" not in notices(snapshot)
            wait_for(lambda _: is_listening(http))
            assert post(f"http://{http}", traces(span()).SerializeToString())[0] == 200
            taken.close()
            wait_for(lambda s: "otlp grpc" not in notices(s))
            other = span(ANSWERED | {"anthropic.request.id": "req_9"}, number=9)
            code, _, _ = export(f"http://127.0.0.1:{grpc_port}", traces(other).SerializeToString())
            assert code is grpc.StatusCode.OK
            snapshot = wait_for(lambda s: s.traffic is not None and s.traffic.all.calls == 2)


def test_without_the_extra_the_screen_says_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, in which there is no h2."""
    code = """
import sys
sys.modules["h2"] = None
from claude_tui.settings import load
from tests.functional.test_engine import engine_for, environ_of, running, simulated
with simulated("healthy") as simulator:
    flags = {"data_dir": sys.argv[1], "traffic_otlp_grpc": "127.0.0.1:0"}
    engine = engine_for(load(flags, {}, config=None), environ_of(simulator), simulator.status_url)
    with running(engine) as wait_for:
        snapshot = wait_for(lambda s: any(each.key == "otlp grpc" for each in s.engine.notices))
        print(*(each.text for each in snapshot.engine.notices if each.key == "otlp grpc"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == (
        "no OTLP over gRPC is received on 127.0.0.1:0: the extra grpc is not installed "
        f"({install_command('grpc')}) (traffic.otlp_grpc)"
    )
