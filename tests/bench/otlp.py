"""What a collector's OTLP receiver costs at 5,000 spans a second: losses, CPU, memory, answers.

    python -m tests.bench.otlp [--rate N] [--seconds N] [--grpc] [--json]

The receiver runs in a process of its own, as in an agent; spans come in gzipped batches of 512 from several
applications over four connections, as the SDK's exporters send them. Times are the processor's.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import multiprocessing
import queue
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from claude_tui.probes.prices import call_cost_usd
from claude_tui.store import Store
from claude_tui.traffic.otlp.serving import ReceiverThread
from tests.otlp_values import ANSWERED, as_json, attributes, resource, traces

BATCH, CONNECTIONS, BODIES = 512, 4, 40
CPU_SHARE, GROWTH_MB, LATENCY_S = 0.6, 30.0, 1.0


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def collect(folder: str, pipe: Connection, grpc: bool) -> None:
    """The process that is measured."""
    store = Store.open(Path(folder), "bench.db", now=datetime.now(UTC))
    receiver = ReceiverThread(store, call_cost_usd)
    (receiver.listen_grpc if grpc else receiver.listen)("127.0.0.1:0")
    receiver.start()
    pipe.send(receiver.grpc_url if grpc else receiver.url)
    samples: list[tuple[float, float, int]] = []
    while not pipe.poll(0.5):
        samples.append((time.process_time(), resident_mb(), receiver.calls))
    receiver.stop(30)
    store.flush(30)
    now = datetime.now(UTC)
    rows = store.traffic.between(now - timedelta(hours=1), now + timedelta(minutes=1))
    pipe.send((samples, receiver.calls, sum(row.calls for row in rows), receiver.faults))
    store.close(30)


def bodies(form: str) -> list[bytes]:
    """Batches as exporters send them; ids are put in when they are sent."""
    made = []
    for number in range(BODIES):
        from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

        failed = Status(code=Status.STATUS_CODE_ERROR)
        spans = []
        for index in range(BATCH):
            ident = number * BATCH + index
            failing = ident % 50 == 0
            values: dict[str, Any] = dict(ANSWERED) | {
                "anthropic.request.id": f"req_{number:04}{index:05}########"
            }
            if failing:
                values |= {"error.type": "overloaded_error", "http.response.status_code": 529}
            spans.append(
                Span(
                    name="anthropic.messages.create",
                    kind=Span.SPAN_KIND_CLIENT,
                    trace_id=b"#" * 8 + ident.to_bytes(8),
                    span_id=b"####" + ident.to_bytes(4),
                    start_time_unix_nano=time.time_ns(),
                    end_time_unix_nano=time.time_ns() + 1_000_000 * (ident % 3000),
                    status=failed if failing else Status(code=Status.STATUS_CODE_OK),
                    attributes=attributes(values),
                )
            )
        export = traces(*spans)
        export.resource_spans[0].resource.CopyFrom(resource(f"app {number % 5}"))
        made.append(as_json(export) if form == "json" else export.SerializeToString())
    return made


def send(url: str, work: queue.Queue[bytes | None], latencies: list[float], refused: list[int]) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    while (body := work.get()) is not None:
        began = time.perf_counter()
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        connection.request("POST", "/v1/traces", body, headers)
        answer = connection.getresponse()
        answer.read()
        latencies.append(time.perf_counter() - began)
        if answer.status != 200:
            refused.append(answer.status)
    connection.close()


def send_grpc(url: str, work: queue.Queue[bytes | None], latencies: list[float], refused: list[int]) -> None:
    import grpc

    with grpc.insecure_channel(urlsplit(url).netloc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        method = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        while (body := work.get()) is not None:
            began = time.perf_counter()
            try:
                method(gzip.decompress(body), compression=grpc.Compression.Gzip, timeout=60)
            except grpc.RpcError as error:
                refused.append(error.code().value[0])
            latencies.append(time.perf_counter() - began)


def measure(rate: int, seconds: int, *, grpc: bool) -> dict[str, float]:
    made = bodies("protobuf")
    with tempfile.TemporaryDirectory() as folder:
        here, there = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=collect, args=(folder, there, grpc))
        process.start()
        url = here.recv()
        work: queue.Queue[bytes | None] = queue.Queue()
        latencies: list[float] = []
        refused: list[int] = []
        senders = [
            threading.Thread(target=send_grpc if grpc else send, args=(url, work, latencies, refused))
            for _ in range(CONNECTIONS)
        ]
        for sender in senders:
            sender.start()
        began, sent = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - began) < seconds:
            while sent < elapsed * rate:
                mark = b"%08d" % (sent // (BODIES * BATCH))
                body = made[sent // BATCH % BODIES].replace(b"########", mark).replace(b"####", mark[4:])
                work.put(gzip.compress(body, 1))
                sent += BATCH
            time.sleep(0.01)
        for _ in senders:
            work.put(None)
        for sender in senders:
            sender.join()
        took = time.perf_counter() - began
        here.send(None)
        samples, received, stored, faults = here.recv()
        process.join()
    settled = samples[len(samples) // 3 :]
    span_s = (len(settled) - 1) * 0.5
    latencies.sort()
    return {
        "sent": sent,
        "received": received,
        "stored": stored,
        "refused": len(refused),
        "faults": faults,
        "spans_per_second": sent / took,
        "cpu_share": (settled[-1][0] - settled[0][0]) / span_s,
        "cpu_us_per_span": (samples[-1][0] - samples[0][0]) / max(samples[-1][2] - samples[0][2], 1) * 1e6,
        "memory_mb": settled[-1][1],
        "growth_mb": settled[-1][1] - settled[0][1],
        "answer_p50_ms": latencies[len(latencies) // 2] * 1000,
        "answer_p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--grpc", action="store_true", help="over gRPC")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.rate, options.seconds, grpc=options.grpc)
    if options.json:
        print(json.dumps(found))
    else:
        for name, amount in found.items():
            print(f"{name:18} {amount:12,.1f}" if isinstance(amount, float) else f"{name:18} {amount:12,}")
    lost = found["sent"] - found["stored"]
    bad = lost or found["refused"] or found["faults"]
    bad = bad or found["cpu_share"] > CPU_SHARE or found["growth_mb"] > GROWTH_MB
    return 1 if bad or found["answer_p99_ms"] > LATENCY_S * 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
