"""The phases of one HTTP exchange, as httpcore2's trace extension reports them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from claude_tui.model.addresses import Bypassed
from claude_tui.model.observation import Timings
from claude_tui.probes.certificate import expires_at
from claude_tui.probes.clock import Clock
from claude_tui.probes.proxy_setting import Proxy

__all__ = ["ExchangeTrace", "Phase", "micros"]

# RFC 8446, 5.1 and 6: type 21, version, length 2, level warning or fatal, description.
_ALERT = re.compile(rb"\x15\x03[\x00-\x04]\x00\x02[\x01\x02].", re.DOTALL)
_FIRST_BYTES = 40
_HTTP = b"HTTP/"
# Eight tokens make 2 kB of events.
_BODY_KEPT = 65_536


class Phase(StrEnum):
    """What an exchange is doing, or was doing when it failed or timed out."""

    START = "start"
    DNS = "dns"
    CONNECT = "connect"
    PROXY = "proxy"
    TLS = "tls"
    WAIT = "wait"
    READ = "read"


class ExchangeTrace:
    """Records one exchange. `record` is the request's `trace` extension in httpx2.

    Through a proxy, `dns` and `connect` of the target cannot be observed and stay None; the request that
    opens the tunnel is not recorded.
    """

    def __init__(self, clock: Clock, *, proxy: Proxy | None = None) -> None:
        self.at = clock.now()
        self.proxy = proxy
        self.phase = Phase.START
        self.fresh = False
        self.sent_at: datetime | None = None
        self.received_at: datetime | None = None
        self.tls_expires_at: datetime | None = None
        self.bypassed: Bypassed | None = None
        self.diverted: str | None = None
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self._clock = clock
        self._started = self._phase_began = clock.monotonic()
        self._spent: dict[Phase, float] = {}
        self._sent: float | None = None
        self._received: float | None = None
        self._first_token: float | None = None
        self._ended: float | None = None
        self._tunnel = False
        self._first_bytes = b""
        self._body = bytearray()

    @property
    def proxied(self) -> bool:
        return self.proxy is not None

    @property
    def reused(self) -> bool:
        """Whether the request went out on a connection that an earlier exchange had opened."""
        return self._sent is not None and not self.fresh

    @property
    def since_sent_s(self) -> float:
        """Seconds since the request was sent, 0 when it was not."""
        return 0.0 if self._sent is None else self._clock.monotonic() - self._sent

    def begin(self, phase: Phase) -> None:
        # With a proxy, the lookup and the connection are for the proxy.
        self.phase = Phase.PROXY if self.proxied and phase in {Phase.DNS, Phase.CONNECT} else phase
        self._phase_began = self._clock.monotonic()

    def end(self, phase: Phase) -> None:
        if self.phase is phase:
            self._spent[phase] = self._clock.monotonic() - self._phase_began

    def feed(self, data: bytes) -> None:
        """Keeps the first bytes that the peer sent outside TLS; later calls do nothing."""
        if not self._first_bytes:
            self._first_bytes = data[:_FIRST_BYTES]

    @property
    def answered_in_tls(self) -> bool:
        """Whether a peer answered plain HTTP with a TLS alert."""
        return _ALERT.match(self._first_bytes) is not None

    @property
    def answered_otherwise(self) -> str | None:
        """The beginning of a response that is not HTTP; None if there is none, or if it is HTTP."""
        received = self._first_bytes.strip(b"\r\n")
        return None if _HTTP.startswith(received[: len(_HTTP)]) else received.decode("utf-8", "replace")

    def keep(self, piece: bytes) -> None:
        """Keeps the beginning of the body, which its reader may not understand."""
        if len(self._body) < _BODY_KEPT:
            self._body += piece[: _BODY_KEPT - len(self._body)]

    @property
    def body(self) -> bytes:
        """The beginning of the decoded body, as far as it has arrived."""
        return bytes(self._body)

    def token(self) -> None:
        """Records the first token; later calls do nothing."""
        if self._first_token is None:
            self._first_token = self._clock.monotonic()

    def finish(self) -> None:
        """Ends the exchange and records `total`. Later calls do nothing."""
        if self._ended is None:
            self._ended = self._clock.monotonic()

    def timings(self) -> Timings:
        ended = self._clock.monotonic() if self._ended is None else self._ended
        return Timings(
            dns=micros(self._spent.get(Phase.DNS)),
            connect=micros(self._spent.get(Phase.CONNECT)),
            tls=micros(self._spent.get(Phase.TLS)),
            first_byte=self._after_sending(self._received),
            first_token=self._after_sending(self._first_token),
            total=micros(ended - self._started),
        )

    def _after_sending(self, instant: float | None) -> float | None:
        return None if instant is None or self._sent is None else micros(instant - self._sent)

    async def record(self, event: str, info: Mapping[str, Any]) -> None:
        match event:
            case "connection.connect_tcp.started":
                self.fresh = True
            case "connection.start_tls.started" if self.proxied:
                self.phase = Phase.PROXY  # TLS with the proxy itself
            case "connection.start_tls.started" | "proxy.start_tls.started" | "socks.start_tls.started":
                self.begin(Phase.TLS)
            case "connection.start_tls.complete" | "proxy.start_tls.complete" | "socks.start_tls.complete":
                self.end(Phase.TLS)
                self._secured(info["return_value"])
            case "http11.send_request_headers.started":
                self._sending(info["request"].method)
            case "http11.receive_response_headers.complete" if not self._tunnel:
                self._receiving(info["return_value"])

    def _secured(self, stream: Any) -> None:
        ssl_object = stream.get_extra_info("ssl_object")
        if self.phase is Phase.TLS and ssl_object is not None:
            self.tls_expires_at = expires_at(ssl_object.getpeercert(binary_form=True))

    def _sending(self, method: bytes) -> None:
        self._tunnel = method == b"CONNECT"
        if self._tunnel:
            return
        self.phase = Phase.WAIT
        self._sent, self.sent_at = self._clock.monotonic(), self._clock.now()

    def _receiving(self, answer: tuple[bytes, int, bytes, list[tuple[bytes, bytes]]]) -> None:
        self.phase = Phase.READ
        self._received, self.received_at = self._clock.monotonic(), self._clock.now()
        _, self.status, _, headers = answer
        self.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def micros(seconds: float | None) -> float | None:
    """Rounded to the microsecond: nothing finer is measured, and it takes less space in the store."""
    return None if seconds is None else round(seconds, 6)
