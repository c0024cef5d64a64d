"""A client's connection: its requests go to the upstream and the responses come back as they arrive.

Bytes are passed on in the callback that brings them, so nothing waits for a task. If one side cannot
keep up, reading from the other pauses: at most some hundred kilobytes of a call are buffered at any time.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass

from claude_tui.model.traffic import CallEnd
from claude_tui.probes.exchange_trace import Phase
from claude_tui.probes.transport_errors import explain
from claude_tui.traffic.http1.sockets import close_while_sending, keep_watch
from claude_tui.traffic.http1.wire import End, Event, RequestHead, RequestReader, ResponseHead
from claude_tui.traffic.proxy.answers import HEALTH_PATH, OwnAnswer, bad_gateway, bad_request, no_tunnels
from claude_tui.traffic.proxy.exchange import Exchange, OwnExchange
from claude_tui.traffic.proxy.service import Service
from claude_tui.traffic.proxy.tap import GuardedTap
from claude_tui.traffic.proxy.upstream import UpstreamConnection

__all__ = ["ClientConnection"]

# How much a client may send ahead: a body while the upstream is dialled, or the next request.
MAX_AHEAD = 65_536
# `struct linger` with a time of 0: closing sends a reset.
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class _Held:
    """Why reading from the client is paused."""

    by_upstream: bool = False
    """The upstream accepts no more of the body."""
    ahead: int = 0
    """How many received bytes cannot be forwarded yet."""

    @property
    def held(self) -> bool:
        return self.by_upstream or self.ahead > MAX_AHEAD


class ClientConnection(asyncio.Protocol):
    """One connection of a client, and the connection to the upstream that belongs to it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._reader = RequestReader()
        self._waiting: deque[Event] = deque()
        self._current: Exchange | OwnExchange | None = None
        self._upstream: UpstreamConnection | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._held = _Held()
        self._is_held = False
        self._is_full = False
        self._ending = False
        self._resets_when_flushed = False
        self._transport: asyncio.Transport

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return self._current is None and not self._waiting

    @property
    def held_socket(self) -> socket.socket | None:
        """The socket, while reading from it is paused."""
        if not self._is_held or self._ending:
            return None
        sock: socket.socket | None = self._transport.get_extra_info("socket")
        return sock

    # -- callbacks of asyncio for the client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        keep_watch(transport.get_extra_info("socket"))
        self._service.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        self._waiting.extend(self._reader.feed(data))
        if self._waiting:
            self._held.ahead += len(data)
        self._advance()

    def eof_received(self) -> None:
        """The client has closed its side, so it has probably left, as most servers assume too."""
        if self._current is not None:
            self.abort()

    def connection_lost(self, _: Exception | None) -> None:
        self._abandon()
        self._service.closed(self)

    def pause_writing(self) -> None:
        self._is_full = True
        if self._upstream is not None:
            self._upstream.hold_answer(True)

    def resume_writing(self) -> None:
        self._is_full = False
        if self._resets_when_flushed:
            self._reset()
            return
        if self._upstream is not None:
            self._upstream.hold_answer(False)
        self._advance()

    # -- called by the service

    def abort(self) -> None:
        """Closes both connections at once, as nobody waits for the response."""
        self._abandon()
        self._ending = True
        self._transport.abort()

    def drain(self) -> None:
        """Ends the connection once its call is over."""
        if self.idle and not self._ending:
            self._close()

    # -- from client to upstream

    def _advance(self, head: bytes = b"") -> None:
        """Forwards what can be forwarded, after the `head` if there is one."""
        out = [head] if head else []
        tapped: list[tuple[GuardedTap, bytes]] = []
        while self._waiting and not self._ending and self._takes_next():
            event, current = self._waiting.popleft(), self._current
            if isinstance(event, RequestHead):
                self._begin(event, out)
            elif isinstance(current, Exchange):
                self._pass_on(current, event, out, tapped)
            elif isinstance(current, OwnExchange) and isinstance(event, End):
                self._answer(current)
        if out and self._upstream is not None:
            self._upstream.send(b"".join(out))
        # The bytes go first: forwarding must not wait for the tap.
        for tap, piece in tapped:
            tap.request_body(piece)
        if not self._waiting:
            self._held.ahead = 0
            if self._reader.broken is not None and not self._ending:
                self._refuse(self._reader.broken)
        self._update_reading()

    def _takes_next(self) -> bool:
        """Whether the next event of the client can be processed now."""
        current = self._current
        if isinstance(current, Exchange):
            return current.sent and not current.request_done
        return current is not None or not self._is_full

    def _begin(self, head: RequestHead, out: list[bytes]) -> None:
        bodyless = head.method == b"HEAD"
        closes = self._service.draining or head.http_10 or not head.keeps_alive
        if head.method == b"CONNECT":
            self._current = OwnExchange(no_tunnels(), bodyless, closes=True)
        elif head.target.partition(b"?")[0] == HEALTH_PATH:
            self._current = OwnExchange(self._service.health(), bodyless, closes)
        else:
            upstream, tap = self._service.upstream, self._service.tap(head)
            self._current = exchange = Exchange(head, tap, upstream.trace(), self._upstream is None)
            if self._upstream is None:
                self._dialling = asyncio.get_running_loop().create_task(self._dial(exchange))
            else:
                out.append(self._head(exchange))

    async def _dial(self, exchange: Exchange) -> None:
        try:
            self._upstream = await self._service.upstream.connect(self, exchange.trace)
        except Exception as error:  # noqa: BLE001 whatever it is, the client gets an explanation
            self._dialling = None
            self._unanswered(exchange, error)
        else:
            self._dialling = None
            self._advance(self._head(exchange))

    def _head(self, exchange: Exchange) -> bytes:
        exchange.trace.phase = Phase.WAIT
        exchange.sent = True
        return exchange.head_for(self._service.upstream)

    def _pass_on(
        self, exchange: Exchange, event: Event, out: list[bytes], tapped: list[tuple[GuardedTap, bytes]]
    ) -> None:
        if isinstance(event, bytes):
            out.append(exchange.request_body.piece(event))
            tapped.append((exchange.tap, event))
        else:
            assert isinstance(event, End)
            out.append(exchange.request_body.end(event))
            exchange.request_done = True
            if exchange.response_done:
                self._next(exchange)

    def hold_request(self, held: bool) -> None:
        self._held.by_upstream = held
        self._update_reading()

    def _update_reading(self) -> None:
        """Reads from the client, or pauses until the upstream keeps up."""
        held = self._held.held and not self._ending
        if held is self._is_held or self._transport.is_closing():
            return
        self._is_held = held
        if held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # -- from upstream to client

    def answered(self, data: bytes) -> None:
        exchange = self._current
        if not isinstance(exchange, Exchange) or exchange.response_done:
            # Nothing was requested, so this connection can no longer be trusted.
            self._upstream_is_gone()
            return
        events = exchange.reader.feed(data)
        self._relay(exchange, events)
        if exchange.reader.broken is None:
            return
        self._drop_upstream()
        if not exchange.response_done:
            error = ConnectionError(f"the response is not HTTP: {exchange.reader.broken}")
            self._broke_off(exchange, error)

    def lost(self, error: Exception | None) -> None:
        exchange, self._upstream = self._current, None
        self.hold_request(False)
        if not isinstance(exchange, Exchange) or exchange.response_done:
            self._upstream_is_gone()
            return
        if error is None:
            self._relay(exchange, exchange.reader.closed())
        if not exchange.response_done:
            self._broke_off(exchange, error)

    def _relay(self, exchange: Exchange, events: list[Event]) -> None:
        """Forwards the data, and only then passes it to the tap."""
        out: list[bytes] = []
        for event in events:
            if isinstance(event, ResponseHead):
                out.append(exchange.head_for_client(event, last=self._service.draining))
                exchange.trace.phase = Phase.READ if event.status >= 200 else exchange.trace.phase
            elif isinstance(event, bytes | End):
                out.append(exchange.body_for_client(event))
        if out:
            self._transport.write(b"".join(out))
        for event in events:
            if isinstance(event, bytes):
                exchange.tap.response_body(event)
            elif isinstance(event, End):
                exchange.response_done = True
                exchange.tap.ended(CallEnd.COMPLETE)
                self._answer_is_over(exchange)
            elif isinstance(event, ResponseHead) and event.status >= 200:
                exchange.tap.response(event)

    def _answer_is_over(self, exchange: Exchange) -> None:
        if exchange.request_done:
            self._next(exchange)
        elif exchange.closes or self._upstream is None:
            self._close()
        # Otherwise the upstream keeps reading, and the client continues to send.

    def _next(self, exchange: Exchange) -> None:
        self._current = None
        broken = exchange.reader.broken is not None
        if exchange.closes or broken or self._upstream is None or self._service.draining:
            self._close()
        elif self._waiting:
            # Not right now, as this may be called while waiting bytes are being forwarded.
            asyncio.get_running_loop().call_soon(self._advance)

    # -- endings

    def _broke_off(self, exchange: Exchange, error: Exception | None) -> None:
        """The upstream ended the connection before its response was complete."""
        if exchange.response is None:
            self._unanswered(exchange, error or ConnectionResetError("connection closed"))
            return
        exchange.tap.ended(CallEnd.CUT)
        self._current = None
        self._ending = True
        if exchange.ends_with_connection:
            # An orderly close would make this look like a complete response.
            self._reset_when_flushed()
        else:
            self._transport.close()

    def _unanswered(self, exchange: Exchange, error: Exception) -> None:
        """Without any response, the client gets a 502.

        If a kept-alive connection has died, however, the client sees the same as without the proxy, and
        decides itself whether to retry.
        """
        upstream = self._service.upstream
        host = upstream.address.netloc
        fault = explain(error, exchange.trace, host, redactor=self._service.redactor)
        self._tap_waiting(exchange)
        exchange.tap.failed(fault)
        if exchange.sent and not exchange.fresh:
            self._current = None
            self._ending = True
            self._transport.close()
        else:
            response = bad_gateway(
                fault.error_type or "closed", fault.message or "the upstream did not answer"
            )
            self._answer_with(response, exchange.head.method == b"HEAD")

    def _refuse(self, why: str) -> None:
        """The client's request is not HTTP."""
        current = self._current
        if isinstance(current, OwnExchange):
            self._answer(current)
        elif current is None or (current.response is None and not current.request_done):
            self._abandon()
            self._answer_with(bad_request(why), bodyless=False)
        elif not current.request_done:
            self.abort()
        # Otherwise the previous call is answered first, and then the connection is closed.
        else:
            current.closes = True

    def _answer(self, own: OwnExchange) -> None:
        self._current = None
        if own.closes:
            self._answer_with(own.answer, own.bodyless)
        else:
            self._transport.write(own.answer.to_bytes(closes=False, bodyless=own.bodyless))

    def _answer_with(self, answer: OwnAnswer, bodyless: bool) -> None:
        """Answers and closes the connection."""
        self._current = None
        self._transport.write(answer.to_bytes(closes=True, bodyless=bodyless))
        self._close(may_send=True)

    def _upstream_is_gone(self) -> None:
        self._drop_upstream()
        if isinstance(self._current, Exchange) or self._current is None:
            self._close()

    def _close(self, *, may_send: bool = False) -> None:
        """Ends the connection once everything is sent, without losing the last bytes."""
        unread = may_send or self._current is not None or bool(self._waiting) or self._is_held
        self._current = None
        self._drop_upstream()
        self._ending = True
        self._waiting.clear()
        if not unread:
            self._transport.close()
            return
        close_while_sending(self._transport)
        self._update_reading()

    def _reset_when_flushed(self) -> None:
        if self._transport.get_write_buffer_size() == 0:
            self._reset()
        else:
            self._resets_when_flushed = True
            self._transport.set_write_buffer_limits(high=0)

    def _reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def _abandon(self) -> None:
        """Abandons the call, as the client has gone."""
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        if isinstance(self._current, Exchange):
            self._tap_waiting(self._current)
            self._current.tap.ended(CallEnd.ABANDONED)
        self._current = None
        self._waiting.clear()
        self._drop_upstream()

    def _tap_waiting(self, exchange: Exchange) -> None:
        """Passes the received part of an abandoned body to the tap, as it may name the model."""
        while not exchange.sent and self._waiting and isinstance(self._waiting[0], bytes):
            exchange.tap.request_body(self._waiting[0])
            self._waiting.popleft()

    def _drop_upstream(self) -> None:
        upstream, self._upstream = self._upstream, None
        self._held.by_upstream = False
        if upstream is not None:
            upstream.drop()
