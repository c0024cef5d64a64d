"""One exporter's connection over gRPC: each HTTP/2 stream is one export."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import H2Error, StreamClosedError
from h2.settings import SettingCodes, Settings

from claude_tui.traffic.otlp.answers import PROTOBUF
from claude_tui.traffic.otlp.bodies import (
    Body,
    OverCapacityError,
    TooLargeBodyError,
    UnreadableBodyError,
    unpacked,
)
from claude_tui.traffic.otlp.export_server import Exports
from claude_tui.traffic.otlp.grpc_messages import (
    CONTENT_TYPE,
    OK,
    PREFIX_BYTES,
    SIGNALS,
    UNIMPLEMENTED,
    framed,
    message_in,
    trailers,
)
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import code_of, reason_of, status_of

__all__ = ["GrpcConnection"]

_SETTINGS = {SettingCodes.MAX_CONCURRENT_STREAMS: 16, SettingCodes.MAX_HEADER_LIST_SIZE: 16_384}
_IDLE_S = 300.0
_UNSENT = 65_536


@dataclass(slots=True)
class _Export:
    """A request that is being read."""

    signal: Signal
    """What it exports."""
    coding: str
    """How its message is compressed; empty if it is not."""
    late: asyncio.TimerHandle
    """The timer that ends it if it does not arrive in time."""
    body: Body
    """The part that has arrived."""


class GrpcConnection(asyncio.Protocol):
    """Reads exports and answers them. An error in one does not affect the others."""

    def __init__(self, server: Exports) -> None:
        self._server = server
        self._bounds = server.capacity.bounds
        self._loop = asyncio.get_running_loop()
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding=False))
        self._exports: dict[int, _Export] = {}
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None

    # -- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._server.opened(self):
            transport.abort()
            return
        transport.set_write_buffer_limits(_UNSENT)
        self._http.local_settings = Settings(client=False, initial_values=_SETTINGS)
        self._http.initiate_connection()
        self._send()
        # An idle sender gets less time.
        self._idle = self._loop.call_later(self._bounds.read_s, self.close)

    def data_received(self, data: bytes) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._loop.call_later(_IDLE_S, self.close)
        try:
            for event in self._http.receive_data(data):
                # The sender may have reset a stream at the same time.
                with suppress(StreamClosedError):
                    self._handle(event)
        except H2Error:
            # h2 has prepared a frame that says what was wrong.
            self._send()
            self.close()
            return
        self._send()

    def pause_writing(self) -> None:
        """Nothing more is read from a client that does not read its responses."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        for number in list(self._exports):
            self._forget(number)
        self._server.closed(self)

    # -- called by the server

    @property
    def idle(self) -> bool:
        return not self._exports

    def close(self) -> None:
        """Closes it, even during a request."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    # -- events of the connection

    def _handle(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event)
        elif isinstance(event, DataReceived):
            # Data is accepted at once or not at all, so the window need not wait.
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self._take(event)
        elif isinstance(event, StreamEnded):
            self._end(event.stream_id)
        elif isinstance(event, StreamReset):
            self._forget(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self.close()

    def _begin(self, event: RequestReceived) -> None:
        number, headers = event.stream_id, _text(event.headers)
        if not headers.get("content-type", "").startswith(CONTENT_TYPE):
            self._http.send_headers(number, [(":status", "415")], end_stream=True)
            return
        signal = SIGNALS.get(headers.get(":path", ""))
        if signal is None:
            self._answer(number, UNIMPLEMENTED, "there is no such method")
            return
        try:
            share = self._server.capacity.enter()
        except OverCapacityError as error:
            self._refuse(number, error)
            return
        late = self._loop.call_later(self._bounds.read_s, self._too_late, number)
        body = Body(self._bounds.body + PREFIX_BYTES, share)
        self._exports[number] = _Export(signal, headers.get("grpc-encoding", ""), late, body)

    def _take(self, event: DataReceived) -> None:
        export = self._exports.get(event.stream_id)
        if export is None:
            return
        try:
            export.body.add(event.data or b"")
        except (TooLargeBodyError, OverCapacityError) as error:
            self._refuse(event.stream_id, error)

    def _end(self, number: int) -> None:
        export = self._exports.get(number)
        if export is None:
            return
        try:
            answer = self._server.take(export.signal, PROTOBUF, self._message(export))
        except Exception as error:  # noqa: BLE001 the server has counted it; the sender gets a code
            self._refuse(number, error)
            return
        self._forget(number)
        head = [(":status", "200"), ("content-type", CONTENT_TYPE), ("grpc-accept-encoding", "identity,gzip")]
        data = framed(answer)
        if self._http.local_flow_control_window(number) < len(data):
            self._http.reset_stream(number, ErrorCodes.FLOW_CONTROL_ERROR)
            return
        self._http.send_headers(number, head)
        self._http.send_data(number, data)
        self._http.send_headers(number, trailers(OK), end_stream=True)

    def _message(self, export: _Export) -> bytes:
        packed, message = message_in(export.body.whole())
        if not packed:
            return message
        if export.coding != "gzip":
            raise UnreadableBodyError("expected gzip or no content coding")
        return unpacked(message, self._bounds.body, export.body.share)

    def _too_late(self, number: int) -> None:
        with suppress(StreamClosedError):
            self._refuse(number, TimeoutError())
        self._send()

    def _refuse(self, number: int, error: Exception) -> None:
        status = status_of(error)
        self._answer(number, code_of(status), reason_of(error, status), status)

    def _answer(self, number: int, code: int, reason: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answers with the error; the rest of the request need not be sent."""
        self._forget(number)
        head = [(":status", "200"), ("content-type", CONTENT_TYPE), *trailers(code, reason, status)]
        self._http.send_headers(number, head, end_stream=True)
        self._http.reset_stream(number, ErrorCodes.NO_ERROR)

    def _forget(self, number: int) -> None:
        export = self._exports.pop(number, None)
        if export is not None:
            export.late.cancel()
            self._server.capacity.leave(export.body.share)

    def _send(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._http.data_to_send())


def _text(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
