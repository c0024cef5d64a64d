"""Exchanges without a response: where they stopped and why.

httpx2, httpcore2 and the SDK each wrap errors in their own classes with the same names; the cause at the end
of the chain and the phase of the exchange show what happened.
The outcome and the sentences of each code are in `knowledge/errors.toml`.
"""

from __future__ import annotations

import ast
import errno
import re
import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum

from claude_tui.knowledge import knowledge
from claude_tui.model.errors import ProbeError
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import NEEDS_TLS, Classified
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.proxy_setting import ProxySettingError

__all__ = [
    "BodyError",
    "FaultCode",
    "causes",
    "explain",
    "failed",
    "is_unreachable",
    "too_slow",
    "untrusted",
]

MAX_WORDS = 300


class FaultCode(StrEnum):
    """A failure that no server reported: an `Observation.error_type` of the error table."""

    DNS = "dns"
    DNS_TIMEOUT = "dns_timeout"
    DIVERTED = "diverted"
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
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNSENDABLE = "unsendable"


class BodyError(ProbeError):
    """A body that cannot be used; nothing more of it is read. `code` says why."""

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    @classmethod
    def too_large(cls, limit: int) -> BodyError:
        """A body is larger than `limit` bytes."""
        return cls(FaultCode.TOO_LARGE, f"the answer is larger than {limit // 1000} kB")

    @classmethod
    def undecodable(cls, coding: str, reason: str) -> BodyError:
        """A body is not encoded as its content-encoding says, or uses an encoding that was not requested."""
        return cls(FaultCode.UNREADABLE, f"content-encoding {coding} could not be read: {reason}")


_TIMEOUTS = {
    Phase.START: FaultCode.CONNECT_TIMEOUT,
    Phase.DNS: FaultCode.DNS_TIMEOUT,
    Phase.CONNECT: FaultCode.CONNECT_TIMEOUT,
    Phase.PROXY: FaultCode.PROXY_TIMEOUT,
    Phase.TLS: FaultCode.TLS_TIMEOUT,
    Phase.WAIT: FaultCode.READ_TIMEOUT,
    Phase.READ: FaultCode.READ_TIMEOUT,
}

# OpenSSL, x509_vfy.h
_VERIFY_CODES = {
    9: (FaultCode.TLS_UNTRUSTED, "not_yet_valid"),
    10: (FaultCode.TLS_EXPIRED, "expired"),
    18: (FaultCode.TLS_UNTRUSTED, "self_signed"),
    19: (FaultCode.TLS_UNTRUSTED, "self_signed_chain"),
    20: (FaultCode.TLS_UNTRUSTED, "unknown_issuer"),
    62: (FaultCode.TLS_HOSTNAME, "name"),
    64: (FaultCode.TLS_HOSTNAME, "address"),
}

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}

# Class names that the libraries share. LocalProtocolError and UnicodeEncodeError
# quote the header they are about, which may be the one with the key: their text is left out.
_LIBRARY = {
    "LocalProtocolError": (FaultCode.UNSENDABLE, "header"),
    "UnicodeEncodeError": (FaultCode.UNSENDABLE, "header"),
    "UnsupportedProtocol": (FaultCode.UNSENDABLE, "request"),
    "InvalidURL": (FaultCode.UNSENDABLE, "request"),
    "ValueError": (FaultCode.UNSENDABLE, "request"),
    "ProxyError": (FaultCode.PROXY, "refused"),
    "RemoteProtocolError": (FaultCode.PROTOCOL, "invalid"),
}
_LOST = {
    Phase.START: FaultCode.CONNECT,
    Phase.DNS: FaultCode.CONNECT,
    Phase.CONNECT: FaultCode.CONNECT,
    Phase.PROXY: FaultCode.PROXY,
    Phase.TLS: FaultCode.TLS_HANDSHAKE,
    Phase.WAIT: FaultCode.CLOSED,
    Phase.READ: FaultCode.CUT_SHORT,
}
# OpenSSL raises these to ask for more input; they are in the context of later errors.
_NO_ERRORS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
# OpenSSL's reasons for a response that is not TLS: usually the first, sometimes the second since 3.2.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
_BYTES = re.compile(
    r"""(?P<array>bytearray\()?(?P<bytes>\bb(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))(?(array)\))"""
)
_HUNG_UP = ("disconnected without sending", "closed connection without")


def failed(code: FaultCode, message: str) -> Classified:
    """An exchange that failed with `code`. `message` has passed the redactor."""
    return Classified(knowledge().own(code).outcome, code.value, message=message)


def too_slow(trace: ExchangeTrace, host: str, timeout_s: float) -> Classified:
    """An exchange that timed out in its current phase."""
    return _diverted(trace, host) or _failed(
        _TIMEOUTS[trace.phase], trace.phase, host=host, limit=f"{timeout_s:g}s", proxy=trace.proxy
    )


def untrusted(error: OSError, *, redactor: Redactor) -> Classified:
    """An exchange that was not started, because the trusted certificates cannot be read."""
    return _failed(FaultCode.TLS_UNTRUSTED, "unreadable", words=redactor.clean(str(error), MAX_WORDS))


def explain(error: BaseException, trace: ExchangeTrace, host: str, *, redactor: Redactor) -> Classified:
    """The failure behind `error`, which an HTTP library raised in the current phase of `trace`.

    `host` is for display, with its port if that is not the default.
    """
    if (known := _by_trace(trace, host)) is not None:
        return known
    if isinstance(error, ProxySettingError):
        return failed(FaultCode.PROXY_SETTING, redactor.clean(str(error), MAX_WORDS))
    for cause in causes(error):
        if isinstance(cause, BodyError):
            return failed(cause.code, redactor.clean(str(cause), MAX_WORDS))
        if isinstance(cause, OSError) and (found := _system(cause, trace, host)):
            return found
        if found := _library(cause, trace, redactor):
            return found
    return _lost(trace, host, redactor.clean(_text(error) or type(error).__name__, MAX_WORDS))


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and all its causes, the deepest first, as wrappers know less than the errors inside."""
    chain: list[BaseException] = []
    pending = [error]
    while pending and len(chain) < 20:
        current = pending.pop(0)
        chain.append(current)
        if isinstance(current, BaseExceptionGroup):
            pending.extend(current.exceptions)
        # httpcore2's pools raise `from None`, which leaves the original in the context only.
        cause = current.__cause__ or current.__context__
        if cause is not None and not isinstance(cause, _NO_ERRORS):
            pending.append(cause)
    return reversed(chain)


def is_unreachable(error: BaseException) -> bool:
    """Whether there is no route: the usual error for an address of an unused family."""
    return any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes(error))


def _failed(code: FaultCode, situation: str, **facts: object) -> Classified:
    """A failure worded as in the error table."""
    return failed(code, knowledge().own(code).sentence(situation, **facts))


def _by_trace(trace: ExchangeTrace, host: str) -> Classified | None:
    """The failure as the exchange itself shows it, whatever the libraries report."""
    return _asked_in_plain_http(trace, host) if trace.answered_in_tls else _diverted(trace, host)


def _diverted(trace: ExchangeTrace, host: str) -> Classified | None:
    """A failure because the name has been redirected to this machine; None if that is not the reason."""
    if trace.diverted is None or trace.phase not in {Phase.CONNECT, Phase.TLS}:
        return None
    return _failed(FaultCode.DIVERTED, "system", host=_name(host), peer=trace.diverted)


def _system(error: OSError, trace: ExchangeTrace, host: str) -> Classified | None:
    """What the resolver, OpenSSL or the operating system reported; None if that is not specific."""
    peer = str(trace.proxy) if trace.proxy else host
    if isinstance(error, ssl.SSLError):
        return _tls(error, trace, host)
    if isinstance(error, socket.gaierror):
        name = f"of {trace.proxy}" if trace.proxy else _name(host)
        found = _failed(FaultCode.DNS, "system", host=name, words=error.strerror or error)
    elif isinstance(error, ConnectionRefusedError):
        found = _failed(FaultCode.REFUSED, "system", peer=peer)
    elif error.errno in _UNREACHABLE:
        found = _failed(FaultCode.UNREACHABLE, "system", peer=peer, words=errno.errorcode[error.errno])
    elif error.errno == errno.ETIMEDOUT and trace.phase is Phase.CONNECT:
        found = _failed(FaultCode.CONNECT_TIMEOUT, "system", host=host)
    elif isinstance(error, ConnectionError):
        return _lost(trace, host, "connection reset")
    else:
        return None
    # With a proxy, the lookup and the connection are those of the proxy.
    return failed(FaultCode.PROXY, found.message or "") if trace.proxied else found


def _asked_in_plain_http(trace: ExchangeTrace, host: str) -> Classified:
    if trace.proxy is not None:
        why = f"{trace.proxy.place} speaks TLS, so it must be written https://, not http://"
        return failed(FaultCode.PROXY_SETTING, str(trace.proxy.unusable(why)))
    return _failed(FaultCode.NEEDS_TLS, "answered", host=host)


def _name(host: str) -> str:
    return host if host.startswith("[") else host.partition(":")[0]


def _tls(error: ssl.SSLError, trace: ExchangeTrace, host: str) -> Classified | None:
    tls = f"TLS with {trace.proxy}" if trace.phase is Phase.PROXY else "TLS"
    if isinstance(error, ssl.SSLCertVerificationError):
        refused = (FaultCode.TLS_UNTRUSTED, "refused")
        code, situation = _VERIFY_CODES.get(error.verify_code, refused)
        return _failed(code, situation, tls=tls, words=error.verify_message)
    if error.reason in _NO_TLS and trace.phase in {Phase.TLS, Phase.PROXY}:
        return _answered_without_tls(trace, host)
    if trace.phase is not Phase.TLS:
        return None
    return _lost(trace, host, (error.reason or "connection closed").replace("_", " ").lower())


def _answered_without_tls(trace: ExchangeTrace, host: str) -> Classified:
    if trace.proxy is not None and trace.phase is Phase.PROXY:
        why = f"{trace.proxy.place} does not speak TLS, so it must be written http://, not https://"
        return failed(FaultCode.PROXY_SETTING, str(trace.proxy.unusable(why)))
    return _failed(FaultCode.NOT_TLS, "answered", host=host)


def _library(error: BaseException, trace: ExchangeTrace, redactor: Redactor) -> Classified | None:
    """What an HTTP library itself reported; None when it only wraps something else."""
    words = redactor.clean(_text(error), MAX_WORDS)
    if any(mark in words for mark in _HUNG_UP):
        return _lost(trace, "", "connection closed")
    if trace.phase is Phase.DNS and isinstance(error, UnicodeError):
        return _failed(FaultCode.DNS, "invalid")
    known = next((_LIBRARY[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _LIBRARY), None)
    return _failed(*known, words=words, proxy=trace.proxy) if known else None


def _text(error: BaseException) -> str:
    """The text of an error, with quoted bytes as text: `“SSH-2.0”` for `bytearray(b'SSH-2.0')`.

    The redactor makes that text harmless.
    """
    return _BYTES.sub(_as_text, str(error))


def _as_text(quoted: re.Match[str]) -> str:
    try:
        raw: bytes = ast.literal_eval(quoted["bytes"])
    except (SyntaxError, ValueError):
        return quoted[0]  # it only looks like bytes
    return f"“{raw.decode('utf-8', 'replace')}”"


def _lost(trace: ExchangeTrace, host: str, words: str) -> Classified:
    """The failure if the only known cause is that the connection was lost."""
    first_bytes = trace.answered_otherwise
    if trace.phase is Phase.WAIT and first_bytes is not None:
        # The library waits for a complete head, and reports another service's banner as no response.
        return _failed(FaultCode.PROTOCOL, "invalid", words=Redactor().clean(f"“{first_bytes}”", MAX_WORDS))
    return _failed(_LOST[trace.phase], "lost", host=host, proxy=trace.proxy, words=words)
