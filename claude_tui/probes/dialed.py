"""HTTP over connections that a Dialer opens: for httpcore under httpx, and for httpcore2 under httpx2.

The free probes use the first pair, the SDK the second; the two differ in name only, and neither
transport accepts a network backend. This module imports none of them: each pair is imported by the one
module that needs it, which derives its classes from these and from the library's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from claude_tui.probes.body import PIECE, codings_of, read, without_transport_headers
from claude_tui.probes.dial import Dialer, Stream
from claude_tui.probes.proxy_setting import ProxySettingError
from claude_tui.probes.transport_errors import BodyError

__all__ = ["Answer", "BodyLimits", "BoundedBody", "DialedBackend", "DialedTransport", "failures_of"]


# -- the parts used of either library ------------------------------------------------------


class _Url(Protocol):
    """httpx's URL."""

    @property
    def raw_scheme(self) -> bytes: ...
    @property
    def raw_host(self) -> bytes: ...
    @property
    def port(self) -> int | None: ...
    @property
    def raw_path(self) -> bytes: ...


class _Headers(Protocol):
    """httpx's Headers."""

    @property
    def raw(self) -> list[tuple[bytes, bytes]]: ...


class _Request(Protocol):
    """httpx's Request."""

    @property
    def method(self) -> str: ...
    @property
    def url(self) -> _Url: ...
    @property
    def headers(self) -> _Headers: ...
    @property
    def stream(self) -> Any: ...
    @property
    def extensions(self) -> Mapping[str, Any]: ...


class Answer(Protocol):
    """httpcore's Response."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def extensions(self) -> Mapping[str, Any]: ...
    def aiter_stream(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


_S = TypeVar("_S", bound=Stream)
_S_co = TypeVar("_S_co", bound=Stream, covariant=True)
_Req = TypeVar("_Req", bound=_Request)
_Resp = TypeVar("_Resp")
_CoreReq = TypeVar("_CoreReq")
_CoreReq_contra = TypeVar("_CoreReq_contra", contravariant=True)


class _Sockets(Protocol[_S_co]):
    """httpcore's AnyIOBackend."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _S_co: ...


class _Pool(Protocol[_CoreReq_contra]):
    """httpcore's AsyncConnectionPool."""

    async def handle_async_request(self, request: _CoreReq_contra) -> Answer: ...
    async def aclose(self) -> None: ...


class _Core(Protocol):
    """The errors of the module httpcore."""

    @property
    def TimeoutException(self) -> type[Exception]: ...  # noqa: N802 (the interface)
    @property
    def NetworkError(self) -> type[Exception]: ...  # noqa: N802
    @property
    def ProtocolError(self) -> type[Exception]: ...  # noqa: N802
    @property
    def UnsupportedProtocol(self) -> type[Exception]: ...  # noqa: N802
    @property
    def ProxyError(self) -> type[Exception]: ...  # noqa: N802


class _Client(Protocol):
    """The errors of the module httpx."""

    @property
    def HTTPError(self) -> type[Exception]: ...  # noqa: N802
    @property
    def InvalidURL(self) -> type[Exception]: ...  # noqa: N802


def failures_of(core: _Core, client: _Client) -> tuple[type[Exception], ...]:
    """Everything an exchange raises because of the network, the server or the environment."""
    return (
        client.HTTPError,
        client.InvalidURL,
        core.TimeoutException,
        core.NetworkError,
        core.ProtocolError,
        core.UnsupportedProtocol,
        core.ProxyError,
        ProxySettingError,
        BodyError,
        OSError,
        ValueError,
    )


# -- what either library is given ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """At most `size` bytes of a body are read, as sent and as decoded, in pieces of at most `piece` bytes."""

    size: int
    piece: int = PIECE


class DialedBackend(Generic[_S]):
    """The network backend of a pool: the library's own sockets, opened by a Dialer."""

    def __init__(self, dialer: Dialer, sockets: _Sockets[_S]) -> None:
        self._dialer = dialer
        self._sockets = sockets

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _S:
        async def connect(address: str) -> _S:
            return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)

        return await self._dialer.dial(host, port, connect)


class BoundedBody:
    """A response body, decoded within limits. Past them an error is cut, and a success is a BodyError.

    `keep` is given every piece of it.
    """

    def __init__(self, answer: Answer, limits: BodyLimits, keep: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._limits = limits
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer, limits = self._answer, self._limits
        codings = codings_of(answer.headers)
        cut = answer.status >= 300
        body = read(answer.aiter_stream(), codings, limits.size, cut=cut, size=limits.piece)
        async with aclosing(body) as pieces:
            async for piece in pieces:
                self._keep(piece)
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


def _ignore(_piece: bytes) -> None:
    pass


class DialedTransport(Generic[_Req, _Resp, _CoreReq]):
    """The client's transport over a pool: records each exchange in the dialer's current trace.

    A derived class names the library's own classes.
    """

    def __init__(self, pool: _Pool[_CoreReq], dialer: Dialer, limits: BodyLimits) -> None:
        self._pool = pool
        self._dialer = dialer
        self._limits = limits

    _core_url: Callable[..., Any]
    _core_request: Callable[..., _CoreReq]
    _response: Callable[..., _Resp]
    _body: Callable[[Answer, BodyLimits, Callable[[bytes], None]], object]

    async def handle_async_request(self, request: _Req) -> _Resp:
        url = self._core_url(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        trace = self._dialer.trace
        answer = await self._pool.handle_async_request(
            self._core_request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions={**request.extensions, **({"trace": trace.record} if trace is not None else {})},
            )
        )
        return self._response(
            status_code=answer.status,
            headers=without_transport_headers(answer.headers),
            stream=self._body(answer, self._limits, trace.keep if trace is not None else _ignore),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
