"""OTLP over HTTP: takes exports of traces, logs and metrics, and answers as the specification has it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web

from claude_tui.traffic.otlp import json_body, protobuf
from claude_tui.traffic.otlp.answers import JSON, PROTOBUF, accepted, refused
from claude_tui.traffic.otlp.bodies import (
    Room,
    Share,
    TooLargeBodyError,
    UnreadableBodyError,
    read_body,
    unpacked,
)
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import REFUSED, RETRY_AFTER_S, code_of, reason_of, status_of
from claude_tui.traffic.otlp.wire import Budget

__all__ = ["Receiver"]

_PIECE = 65_536
_LINGER_S = 2.0
_KEEP_ALIVE_S = 120.0
_SHUTDOWN_S = 0.5
# What goes wrong is counted and answered: on the screen a traceback would be in the way.
_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class Receiver:
    """Serves exporters on a socket. For one event loop."""

    def __init__(self, intake: Intake, room: Room) -> None:
        self.faults = 0
        """Requests that an internal error ended."""
        self._intake = intake
        self._bounds = room.bounds
        self._room = room
        self._runner: web.AppRunner | None = None

    async def start(self, sock: socket.socket) -> None:
        """Takes exports from now on."""
        app = web.Application()
        for signal in Signal:
            app.router.add_post(f"/v1/{signal}", self._handler(signal))
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=_LOGGER,
            auto_decompress=False,
            lingering_time=_LINGER_S,
            keepalive_timeout=_KEEP_ALIVE_S,
            shutdown_timeout=_SHUTDOWN_S,
        )
        await runner.setup()
        await web.SockSite(runner, sock).start()
        self._runner = runner

    async def stop(self) -> None:
        """Answers what has arrived, and closes every connection."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _handler(self, signal: Signal) -> web._Handler:  # type: ignore[name-defined]
        async def handle(request: web.Request) -> web.Response:
            return await self._export(signal, request)

        return handle

    async def _export(self, signal: Signal, request: web.Request) -> web.Response:
        kind = request.content_type
        if kind not in {PROTOBUF, JSON}:
            return _refusal(JSON, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected {PROTOBUF} or {JSON}")
        try:
            with self._room.request() as share:
                async with asyncio.timeout(self._bounds.read_s):
                    body = await self._body(request, kind, share)
                return self._taken(signal, kind, body)
        except web.RequestPayloadError as error:
            return _refusal(kind, HTTPStatus.BAD_REQUEST, str(error) or "the body ended early")
        except Exception as error:
            status = status_of(error)
            if not isinstance(error, tuple(REFUSED)):
                self.faults += 1
                _LOGGER.exception("an export failed")
            return _refusal(kind, status, reason_of(error, status))

    async def _body(self, request: web.Request, kind: str, share: Share) -> bytes:
        longest = self._bounds.json_body if kind == JSON else self._bounds.body
        if (request.content_length or 0) > longest:
            raise TooLargeBodyError
        coding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in {"identity", "gzip", ""}:
            raise UnreadableBodyError("expected gzip or no content coding")
        body = await read_body(_pieces(request), longest, share)
        return unpacked(body, longest, share) if coding == "gzip" else body

    def _taken(self, signal: Signal, kind: str, body: bytes) -> web.Response:
        budget = Budget(self._bounds.parts)
        read = json_body.read if kind == JSON else protobuf.read
        self._intake.take(read(signal, body, budget))
        reason = f"{budget.rejected} records are too large" if budget.rejected else ""
        return web.Response(body=accepted(signal, kind, budget.rejected, reason), content_type=kind)


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    async for piece in request.content.iter_chunked(_PIECE):
        yield piece


def _refusal(kind: str, status: HTTPStatus, reason: str) -> web.Response:
    answer = web.Response(status=status, body=refused(kind, code_of(status), reason), content_type=kind)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status != HTTPStatus.BAD_REQUEST:
        # What is left of the body is not worth reading.
        answer.force_close()
    return answer
