"""One exporter's connection over HTTP/1.1: one export after the other, each with its response."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from claude_tui.traffic.http1.sockets import close_while_sending, keep_watch
from claude_tui.traffic.http1.wire import (
    End,
    Event,
    Framing,
    Header,
    RequestHead,
    RequestReader,
    first_value,
    origin_form,
    response_bytes,
)
from claude_tui.traffic.otlp.answers import JSON, PROTOBUF, refused
from claude_tui.traffic.otlp.bodies import Body, TooLargeBodyError, unpacked
from claude_tui.traffic.otlp.export_server import Exports
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import RETRY_AFTER_S, code_of, reason_of, status_of
from claude_tui.traffic.otlp.wire import ExportError

__all__ = ["HttpConnection", "RefusedHeadError"]

_PATHS = {f"/v1/{signal}".encode(): signal for signal in Signal}
_CONTINUE = b"100-continue"
_CODINGS = frozenset({b"", b"identity", b"gzip"})
_MAX_HEAD = 16_384
_KEEP_ALIVE_S = 120.0
_UNSENT = 65_536


@dataclass(slots=True)
class _Export:
    """A request that is being read."""

    signal: Signal
    """What it exports."""
    packed: bool
    """Whether the body is gzip."""
    body: Body
    """The part that has arrived."""
    closes: bool
    """Whether the connection ends with the response."""


class RefusedHeadError(ExportError):
    """A request is rejected because of its head. `headers` are for the response."""

    def __init__(self, status: HTTPStatus, reason: str, *headers: Header) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class HttpConnection(asyncio.Protocol):
    """Reads exports and answers them in order.

    An unreadable body affects only its own request. If the rest of a request is not worth reading, the
    connection ends with the response.
    """

    def __init__(self, server: Exports) -> None:
        self._server = server
        self._bounds = server.capacity.bounds
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(_MAX_HEAD)
        self._export: _Export | None = None
        self._form = JSON
        self._reading = False
        self._ending = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    @property
    def idle(self) -> bool:
        return not self._reading

    # -- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._server.opened(self):
            self._ending = True
            transport.abort()
            return
        keep_watch(transport.get_extra_info("socket"))
        transport.set_write_buffer_limits(_UNSENT)
        # An idle sender gets less time.
        self._wait(self._bounds.read_s)

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        if not self._reading:
            self._begins()
        for event in self._reader.feed(data):
            if not self._handle(event):
                return
        if self._reader.broken is not None:
            too_large = self._reader.broken.startswith("headers of more than")
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
            self._refuse(status, f"this is not HTTP: {self._reader.broken}")

    def eof_received(self) -> None:
        """The sender has finished; asyncio closes the connection once the responses are sent."""
        if self._reading and not self._ending:
            self._refuse(HTTPStatus.BAD_REQUEST, "the body ended early")

    def pause_writing(self) -> None:
        """Nothing more is read from a client that does not read its responses."""
        if not self._ending:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        self._ending = True
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
        self._server.closed(self)

    # -- called by the server

    def close(self) -> None:
        self._ending = True
        self._forget()
        self._transport.close()

    # -- one request

    def _handle(self, event: Event) -> bool:
        """Returns whether the connection stays open."""
        try:
            if isinstance(event, RequestHead):
                self._begin(event)
            elif isinstance(event, bytes) and self._export is not None:
                self._export.body.add(event)
            elif isinstance(event, End) and self._export is not None:
                self._end(self._export)
        except RefusedHeadError as refusal:
            self._refuse(refusal.status, str(refusal), *refusal.headers)
        except Exception as error:  # noqa: BLE001 the server has counted it; the sender gets a status
            self._failed(error)
        return not self._ending

    def _begins(self) -> None:
        self._reading, self._form = True, JSON
        self._wait(self._bounds.read_s)

    def _begin(self, head: RequestHead) -> None:
        if not self._reading:
            self._begins()
        signal, form = _asked(head)
        self._form = form
        coding = (first_value(head.headers, b"content-encoding") or b"").lower()
        if coding not in _CODINGS:
            raise RefusedHeadError(HTTPStatus.BAD_REQUEST, "expected gzip or no content coding")
        longest = self._bounds.json_body if form == JSON else self._bounds.body
        share = self._server.capacity.enter()
        self._export = _Export(
            signal, coding == b"gzip", Body(longest, share), head.http_10 or not head.keeps_alive
        )
        length = first_value(head.headers, b"content-length")
        if length is not None and int(length) > longest:
            raise TooLargeBodyError
        if _waits(head):
            self._transport.write(response_bytes(HTTPStatus.CONTINUE, b"Continue", ()))

    def _end(self, export: _Export) -> None:
        body = export.body.whole()
        if export.packed:
            body = unpacked(body, export.body.longest, export.body.share)
        answer = self._server.take(export.signal, self._form, body)
        self._answered(HTTPStatus.OK, answer, closes=export.closes)

    def _failed(self, error: Exception) -> None:
        export, status = self._export, status_of(error)
        reason = reason_of(error, status)
        if status is HTTPStatus.BAD_REQUEST and export is not None:
            # It was read completely: only its content is wrong.
            self._answered(status, refused(self._form, code_of(status), reason), closes=export.closes)
        elif status is HTTPStatus.TOO_MANY_REQUESTS:
            self._refuse(status, reason, (b"retry-after", b"%d" % RETRY_AFTER_S))
        else:
            self._refuse(status, reason)

    # -- responses

    def _answered(self, status: HTTPStatus, body: bytes, *, closes: bool) -> None:
        self._forget()
        self._write_answer(status, body, closes=closes)
        if closes:
            self._ending = True
            self._transport.close()
        else:
            self._reading = False
            self._wait(_KEEP_ALIVE_S)

    def _refuse(self, status: HTTPStatus, reason: str, *headers: Header) -> None:
        """Reports the error and closes the connection, as the rest of a request may still be arriving."""
        self._forget()
        self._ending = True
        self._write_answer(status, refused(self._form, code_of(status), reason), *headers, closes=True)
        close_while_sending(self._transport)

    def _write_answer(self, status: HTTPStatus, body: bytes, *headers: Header, closes: bool) -> None:
        head: list[Header] = [
            (b"date", formatdate(usegmt=True).encode()),
            (b"content-type", self._form.encode()),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ]
        if closes:
            head.append((b"connection", b"close"))
        self._transport.write(response_bytes(status, status.phrase.encode(), head) + body)

    # -- time and capacity

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._reading and not self._ending:
            self._failed(TimeoutError())
        else:
            # This includes a client that does not read its responses.
            self._transport.abort()

    def _forget(self) -> None:
        export, self._export = self._export, None
        if export is not None:
            self._server.capacity.leave(export.body.share)


def _asked(head: RequestHead) -> tuple[Signal, str]:
    """The signal and the form of an export. Raises RefusedHeadError."""
    signal = _PATHS.get(origin_form(head.target).partition(b"?")[0])
    if signal is None:
        raise RefusedHeadError(HTTPStatus.NOT_FOUND, "expected the path /v1/traces, /v1/logs or /v1/metrics")
    if head.method != b"POST":
        raise RefusedHeadError(HTTPStatus.METHOD_NOT_ALLOWED, "expected POST", (b"allow", b"POST"))
    kind = (first_value(head.headers, b"content-type") or b"").partition(b";")[0].strip().lower()
    form = kind.decode("latin-1")
    if form not in {PROTOBUF, JSON}:
        raise RefusedHeadError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected {PROTOBUF} or {JSON}")
    return signal, form


def _waits(head: RequestHead) -> bool:
    """Whether the client waits for 100-continue before it sends the body. Raises RefusedHeadError."""
    expected = first_value(head.headers, b"expect")
    if expected is None or head.http_10:
        return False
    if expected.lower() != _CONTINUE:
        raise RefusedHeadError(HTTPStatus.EXPECTATION_FAILED, "expected no Expect but 100-continue")
    return head.framing is not Framing.NONE
