"""Receivers of OTLP on loopback, exports sent to them, and what they recorded."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from claude_tui.model.snapshot import Snapshot
from claude_tui.model.traffic import RollUp
from claude_tui.probes.prices import call_cost_usd
from claude_tui.store import Store
from claude_tui.traffic.otlp.answers import PROTOBUF
from claude_tui.traffic.otlp.bodies import Bounds
from claude_tui.traffic.otlp.serving import ReceiverThread
from tests.store_values import PATIENCE_S

__all__ = ["is_listening", "notices", "post", "receiving", "rows_of"]


@contextmanager
def receiving(
    folder: Path, bounds: Bounds | None = None, *, grpc: bool = False
) -> Iterator[tuple[ReceiverThread, Store]]:
    """A receiver on a free port, over HTTP or gRPC, and the store that it writes to."""
    store = Store.open(folder, "otlp.db", now=datetime.now(UTC))
    receiver = ReceiverThread(store, call_cost_usd, bounds=bounds)
    listen = receiver.listen_grpc if grpc else receiver.listen
    listen("127.0.0.1:0")
    receiver.start()
    try:
        yield receiver, store
    finally:
        receiver.stop(PATIENCE_S)
        assert store.close(PATIENCE_S)


def is_listening(address: str) -> bool:
    """Whether something accepts connections at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), PATIENCE_S).close()
    except ConnectionRefusedError:
        return False
    return True


def post(
    url: str,
    body: bytes,
    *,
    path: str = "/v1/traces",
    kind: str = PROTOBUF,
    coding: str | None = None,
    chunked: bool = False,
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """The status, the body and the headers of the answer to one export."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    headers = {"Content-Type": kind} | ({"Content-Encoding": coding} if coding else {})
    pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    # It may be refused before all of it has been sent, in which case the answer is there already.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", path, pieces if chunked else body, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    found = answer.status, answer.read(), answer.headers
    connection.close()
    return found


def rows_of(receiver: ReceiverThread, store: Store) -> list[RollUp]:
    """Everything that was received. Stops the receiver."""
    receiver.stop(PATIENCE_S)
    assert store.flush(PATIENCE_S)
    now = datetime.now(UTC)
    return store.traffic.between(now - timedelta(hours=1), now + timedelta(minutes=1))


def notices(snapshot: Snapshot) -> dict[str, str]:
    """The texts of the notices by their keys."""
    return {notice.key: notice.text for notice in snapshot.engine.notices}
