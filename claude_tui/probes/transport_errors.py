"""Exchanges that got no answer, in words: where they stopped and why.

httpx, httpx2, httpcore, httpcore2 and the SDK each wrap what happened in classes of their own with
the same names; the cause at the bottom of the chain and the phase on the wire say what it was.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from claude_tui.model.errors import ProbeError
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import NEEDS_TLS, Classified
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.proxy_setting import ProxySettingError

__all__ = [
    "FaultCode",
    "TooLargeError",
    "TransportError",
    "UndecodableError",
    "causes",
    "explain",
    "is_unreachable",
    "too_slow",
    "untrusted",
]

MAX_WORDS = 300


class FaultCode(StrEnum):
    """What went wrong without the server saying so; stands in `Observation.error_type`."""

    DNS = "dns"
    DNS_TIMEOUT = "dns_timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect_timeout"
    PROXY = "proxy"
    PROXY_TIMEOUT = "proxy_timeout"
    PROXY_SETTING = "proxy_setting"
    TLS_EXPIRED = "tls_expired"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_HOSTNAME = "tls_hostname"
    TLS_HANDSHAKE = "tls_handshake"
    TLS_TIMEOUT = "tls_timeout"
    NOT_TLS = "not_tls"
    NEEDS_TLS = NEEDS_TLS
    CLOSED = "closed"
    CUT_SHORT = "cut_short"
    READ_TIMEOUT = "read_timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    UNSENDABLE = "unsendable"


# Every other code is Outcome.NETWORK.
_OUTCOMES = {
    FaultCode.DNS_TIMEOUT: Outcome.TIMEOUT,
    FaultCode.CONNECT_TIMEOUT: Outcome.TIMEOUT,
    FaultCode.PROXY_TIMEOUT: Outcome.TIMEOUT,
    FaultCode.TLS_TIMEOUT: Outcome.TIMEOUT,
    FaultCode.READ_TIMEOUT: Outcome.TIMEOUT,
    FaultCode.PROTOCOL: Outcome.INVALID_RESPONSE,
    FaultCode.NEEDS_TLS: Outcome.INVALID_RESPONSE,
    FaultCode.TOO_LARGE: Outcome.INVALID_RESPONSE,
    FaultCode.UNSENDABLE: Outcome.BAD_REQUEST,
}


class TooLargeError(ProbeError):
    """A body went past `limit` bytes; nothing more is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is larger than {limit // 1000} kB")


class UndecodableError(ProbeError):
    """A body is not encoded as its content-encoding says, or in a way that nobody asked for."""

    def __init__(self, coding: str, reason: str) -> None:
        super().__init__(f"content-encoding {coding} could not be read: {reason}")


@dataclass(frozen=True, slots=True)
class TransportError:
    """`message` has passed the redactor."""

    code: FaultCode
    message: str

    @property
    def outcome(self) -> Outcome:
        return _OUTCOMES.get(self.code, Outcome.NETWORK)

    @property
    def classified(self) -> Classified:
        return Classified(self.outcome, self.code.value, message=self.message)


_TIMEOUTS = {
    Phase.START: (FaultCode.CONNECT_TIMEOUT, "no connection to {host} within {limit}"),
    Phase.DNS: (FaultCode.DNS_TIMEOUT, "the name {host} was not resolved within {limit}"),
    Phase.CONNECT: (FaultCode.CONNECT_TIMEOUT, "connecting to {host} took longer than {limit}"),
    Phase.PROXY: (FaultCode.PROXY_TIMEOUT, "no connection through {proxy} within {limit}"),
    Phase.TLS: (FaultCode.TLS_TIMEOUT, "the TLS handshake with {host} took longer than {limit}"),
    Phase.WAIT: (FaultCode.READ_TIMEOUT, "connected, but no answer within {limit}"),
    Phase.READ: (FaultCode.READ_TIMEOUT, "the answer began but did not end within {limit}"),
}

# OpenSSL, x509_vfy.h
_VERIFY_CODES = {
    9: (FaultCode.TLS_UNTRUSTED, "the certificate is not valid yet: is this machine's clock right?"),
    10: (FaultCode.TLS_EXPIRED, "the certificate has expired"),
    18: (FaultCode.TLS_UNTRUSTED, "unknown issuer: the certificate is self-signed"),
    19: (FaultCode.TLS_UNTRUSTED, "unknown issuer: a self-signed certificate in the chain"),
    20: (FaultCode.TLS_UNTRUSTED, "unknown issuer of the certificate"),
    62: (FaultCode.TLS_HOSTNAME, "the certificate is for another host name"),
    64: (FaultCode.TLS_HOSTNAME, "the certificate is for another address"),
}

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}

# Class names that httpx, httpx2 and their cores share. LocalProtocolError and UnicodeEncodeError
# quote the header they are about, which may be the one with the key: their text is left out.
_LIBRARY = {
    "LocalProtocolError": (FaultCode.UNSENDABLE, "not sent: a header contains what no header can carry"),
    "UnicodeEncodeError": (FaultCode.UNSENDABLE, "not sent: a header contains what no header can carry"),
    "UnsupportedProtocol": (FaultCode.UNSENDABLE, "not sent: {words}"),
    "InvalidURL": (FaultCode.UNSENDABLE, "not sent: {words}"),
    "ValueError": (FaultCode.UNSENDABLE, "not sent: {words}"),
    "ImportError": (FaultCode.UNSENDABLE, "not sent: the Anthropic SDK cannot be loaded: {words}"),
    "ProxyError": (FaultCode.PROXY, "{proxy} refused: {words}"),
    "RemoteProtocolError": (FaultCode.PROTOCOL, "the answer is not valid HTTP: {words}"),
}
# How OpenSSL asks for more input; they stand in the context of whatever failed afterwards.
_NO_ERRORS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
# What OpenSSL makes of an answer that is not TLS: the first until 3.1 and mostly, the second since 3.2.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
_HUNG_UP = ("disconnected without sending", "closed connection without")


def too_slow(trace: ExchangeTrace, host: str, timeout_s: float) -> TransportError:
    """The fault of an exchange whose time was up in the phase it is in."""
    code, words = _TIMEOUTS[trace.phase]
    return TransportError(code, words.format(host=host, limit=f"{timeout_s:g}s", proxy=trace.proxy))


def untrusted(error: OSError, *, redactor: Redactor) -> TransportError:
    """The fault of an exchange that was not begun, because the trusted certificates cannot be read."""
    words = redactor.clean(str(error), MAX_WORDS)
    return TransportError(
        FaultCode.TLS_UNTRUSTED, f"TLS: the trusted certificates (SSL_CERT_FILE?) cannot be read: {words}"
    )


def explain(error: BaseException, trace: ExchangeTrace, host: str, *, redactor: Redactor) -> TransportError:
    """The fault that `error` was, raised by any of the HTTP libraries in the phase `wire` is in.

    `host` is for display, with its port where that is not the scheme's own.
    """
    if trace.answered_in_tls:
        return _asked_in_plain_http(trace, host)
    if isinstance(error, ProxySettingError):
        return TransportError(FaultCode.PROXY_SETTING, redactor.clean(str(error), MAX_WORDS))
    for cause in causes(error):
        if isinstance(cause, TooLargeError | UndecodableError):
            code = FaultCode.TOO_LARGE if isinstance(cause, TooLargeError) else FaultCode.PROTOCOL
            return TransportError(code, redactor.clean(str(cause), MAX_WORDS))
        if isinstance(cause, OSError) and (fault := _system(cause, trace, host)):
            return fault
        if fault := _library(cause, trace, redactor):
            return fault
    return _by_phase(trace, host, redactor.clean(str(error) or type(error).__name__, MAX_WORDS))


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and all it was raised from, the deepest first: wrappers know less than what they wrap."""
    chain: list[BaseException] = []
    pending = [error]
    while pending and len(chain) < 20:
        each = pending.pop(0)
        chain.append(each)
        if isinstance(each, BaseExceptionGroup):
            pending.extend(each.exceptions)
        # httpcore's pools raise `from None`, which leaves what was wrapped in the context only.
        beneath = each.__cause__ or each.__context__
        if beneath is not None and not isinstance(beneath, _NO_ERRORS):
            pending.append(beneath)
    return reversed(chain)


def is_unreachable(error: BaseException) -> bool:
    """Whether no route leads there: all that an address of an unused family ever has to say."""
    return any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes(error))


def _system(error: OSError, trace: ExchangeTrace, host: str) -> TransportError | None:
    """What the resolver, OpenSSL or the operating system said; None when that is nothing definite."""
    peer = str(trace.proxy) if trace.proxy else host
    if isinstance(error, socket.gaierror):
        name = f"of {trace.proxy}" if trace.proxy else _name(host)
        code, words = FaultCode.DNS, f"the name {name} was not resolved: {error.strerror or error}"
    elif isinstance(error, ssl.SSLError):
        return _tls(error, trace, host)
    elif isinstance(error, ConnectionRefusedError):
        code, words = FaultCode.REFUSED, f"{peer} refused the connection"
    elif error.errno in _UNREACHABLE:
        code, words = FaultCode.UNREACHABLE, f"{peer} is unreachable ({errno.errorcode[error.errno]})"
    elif error.errno == errno.ETIMEDOUT and trace.phase is Phase.CONNECT:
        code, words = FaultCode.CONNECT_TIMEOUT, f"connecting to {host} timed out"
    elif isinstance(error, ConnectionError):
        return _by_phase(trace, host, "connection reset")
    else:
        return None
    # What is looked up and connected to is then the proxy.
    return TransportError(FaultCode.PROXY if trace.proxied else code, words)


def _asked_in_plain_http(trace: ExchangeTrace, host: str) -> TransportError:
    if trace.proxy is not None:
        why = f"{trace.proxy.place} speaks TLS, so it must be written https://, not http://"
        return TransportError(FaultCode.PROXY_SETTING, str(trace.proxy.unusable(why)))
    words = f"{host} speaks TLS and was asked in plain HTTP: its URL must begin with https://"
    return TransportError(FaultCode.NEEDS_TLS, words)


def _name(host: str) -> str:
    return host if host.startswith("[") else host.partition(":")[0]


def _tls(error: ssl.SSLError, trace: ExchangeTrace, host: str) -> TransportError | None:
    whose = f"TLS with {trace.proxy}" if trace.phase is Phase.PROXY else "TLS"
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = (FaultCode.TLS_UNTRUSTED, f"the certificate was not accepted ({error.verify_message})")
        code, words = _VERIFY_CODES.get(error.verify_code, unknown)
        return TransportError(code, f"{whose}: {words}")
    if error.reason in _NO_TLS and trace.phase in {Phase.TLS, Phase.PROXY}:
        return _answered_without_tls(trace, host)
    reason = (error.reason or "connection closed").replace("_", " ").lower()
    return (
        TransportError(FaultCode.TLS_HANDSHAKE, f"TLS: the handshake failed ({reason})")
        if trace.phase is Phase.TLS
        else None
    )


def _answered_without_tls(trace: ExchangeTrace, host: str) -> TransportError:
    if trace.proxy is not None and trace.phase is Phase.PROXY:
        why = f"{trace.proxy.place} does not speak TLS, so it must be written http://, not https://"
        return TransportError(FaultCode.PROXY_SETTING, str(trace.proxy.unusable(why)))
    words = f"{host} answers without TLS, as a plain HTTP port does, whose URL begins with http://"
    return TransportError(FaultCode.NOT_TLS, words)


def _library(error: BaseException, trace: ExchangeTrace, redactor: Redactor) -> TransportError | None:
    """What an HTTP library said of itself; None when it only wraps something else."""
    words = redactor.clean(str(error), MAX_WORDS)
    if any(mark in words for mark in _HUNG_UP):
        return _by_phase(trace, "", "connection closed")
    if trace.phase is Phase.DNS and isinstance(error, UnicodeError):
        return TransportError(FaultCode.DNS, "the name was not resolved: it is not a valid host name")
    known = next((_LIBRARY[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _LIBRARY), None)
    return TransportError(known[0], known[1].format(words=words, proxy=trace.proxy)) if known else None


def _by_phase(trace: ExchangeTrace, host: str, happened: str) -> TransportError:
    """What is known when the cause says no more than that the connection is gone."""
    match trace.phase:
        case Phase.START | Phase.DNS | Phase.CONNECT:
            code, words = FaultCode.CONNECT, f"no connection to {host}: {happened}"
        case Phase.PROXY:
            code, words = FaultCode.PROXY, f"no connection through {trace.proxy}: {happened}"
        case Phase.TLS:
            code, words = FaultCode.TLS_HANDSHAKE, f"TLS: the handshake failed ({happened})"
        case Phase.WAIT:
            code, words = FaultCode.CLOSED, f"no answer: {happened} after the request was sent"
        case Phase.READ:
            code, words = FaultCode.CUT_SHORT, f"the answer was cut short: {happened}"
    return TransportError(code, words)
