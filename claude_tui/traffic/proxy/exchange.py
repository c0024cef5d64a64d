"""One request and its response: what is forwarded, and how far it has got."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_tui.probes.exchange_trace import ExchangeTrace
from claude_tui.traffic.applications import APP_HEADER
from claude_tui.traffic.http1.wire import (
    BodyWriter,
    End,
    Framing,
    Header,
    RequestHead,
    ResponseHead,
    ResponseReader,
    origin_form,
    request_bytes,
    response_bytes,
    without_hop_headers,
)
from claude_tui.traffic.proxy.answers import OwnAnswer
from claude_tui.traffic.proxy.tap import GuardedTap
from claude_tui.traffic.proxy.upstream import Upstream

__all__ = ["Exchange", "OwnExchange"]


@dataclass(slots=True)
class OwnExchange:
    """A request that the proxy answers itself, once it has been read to its end."""

    answer: OwnAnswer
    """The response."""
    bodyless: bool
    """Whether the request was a HEAD."""
    closes: bool
    """Whether the connection ends with it."""


@dataclass(slots=True)
class Exchange:
    """A request that the upstream answers."""

    head: RequestHead
    """The request's head."""
    tap: GuardedTap
    """Observes the call."""
    trace: ExchangeTrace
    """The current phase, to explain a failure."""
    fresh: bool
    """Whether it is the first one on its connection to the upstream."""
    reader: ResponseReader = field(init=False)
    """Reads the response."""
    request_body: BodyWriter = field(init=False)
    """Writes the body to the upstream."""
    response: ResponseHead | None = None
    """The head of the response, once it has arrived."""
    response_body: BodyWriter | None = None
    """Writes the body to the client."""
    sent: bool = False
    """Whether the request's head has gone to the upstream."""
    request_done: bool = False
    """Whether the whole request has gone to the upstream."""
    response_done: bool = False
    """Whether the whole response has gone to the client."""
    closes: bool = False
    """Whether the client's connection ends with this response."""

    def __post_init__(self) -> None:
        self.reader = ResponseReader(self.head.method)
        self.request_body = BodyWriter(chunked=self.head.framing is Framing.CHUNKED)

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the body is marked only by the end of the connection."""
        return self.response is not None and (
            self.response.framing is Framing.CLOSE
            or (self.response.framing is Framing.CHUNKED and self.head.http_10)
        )

    def head_for(self, upstream: Upstream) -> bytes:
        """The request's head as it goes to the upstream."""
        host = (b"Host", upstream.address.netloc.encode())
        headers: list[Header] = []
        for header in without_hop_headers(self.head.headers):
            name = header[0].lower()
            if name == b"host":
                headers.append((header[0], host[1]))
            elif name != APP_HEADER:
                headers.append(header)
        if not any(name.lower() == b"host" for name, _ in headers):
            headers.insert(0, host)
        headers.extend(upstream.extra_headers)
        return request_bytes(self.head.method, _target(self.head.target, upstream), headers)

    def head_for_client(self, head: ResponseHead, *, last: bool) -> bytes:
        """The head of the response as it goes to the client; empty for a 1xx, which HTTP/1.0 does not have.

        `last` tells the client that the connection takes no further request.
        """
        headers = without_hop_headers(head.headers)
        if head.status < 200:
            return b"" if self.head.http_10 else response_bytes(head.status, head.reason, headers)
        self.response = head
        kept = self.head.keeps_alive and head.keeps_alive and not (last or self.head.http_10)
        self.closes = self.closes or not kept
        chunked = head.framing is Framing.CHUNKED
        if chunked and self.head.http_10:
            headers = [header for header in headers if header[0].lower() != b"transfer-encoding"]
            chunked = False
        self.response_body = BodyWriter(chunked=chunked)
        if self.closes:
            headers.append((b"Connection", b"close"))
        return response_bytes(head.status, head.reason, headers)

    def body_for_client(self, event: bytes | End) -> bytes:
        assert self.response_body is not None
        return self.response_body.piece(event) if isinstance(event, bytes) else self.response_body.end(event)


def _target(target: bytes, upstream: Upstream) -> bytes:
    return target if target == b"*" else upstream.target_prefix + origin_form(target)
