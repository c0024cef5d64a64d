"""What the probes report of an exchange without an answer: always one whole sentence of the table."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.proxy_setting import Proxy
from claude_tui.probes.transport_errors import explain, too_slow, untrusted

HOST = "api.example"


def in_phase(phase: Phase) -> ExchangeTrace:
    proxy = Proxy("http://proxy.example:3128", "HTTPS_PROXY") if phase is Phase.PROXY else None
    trace = ExchangeTrace(SystemClock(), proxy=proxy)
    trace.begin(phase)
    return trace


def is_whole(found: Classified) -> bool:
    known = knowledge().own(found.error_type or "")
    return found.outcome is known.outcome and bool(found.message) and not set("{}") & set(found.message or "")


def raised(name: str, text: str) -> Exception:
    """An exception of a library, which is known by the name of its class."""
    return type(name, (Exception,), {})(text)


def rejected(verify_code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = verify_code, "no reason"
    return error


@pytest.mark.parametrize("phase", Phase)
def test_time_that_is_up_in_any_phase(phase: Phase) -> None:
    found = too_slow(in_phase(phase), HOST, 2.5)
    assert is_whole(found)
    assert found.outcome is Outcome.TIMEOUT
    assert "2.5s" in (found.message or "")


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(
    "error",
    [
        raised("WriteError", "gone"),
        raised("LocalProtocolError", "sk-ant-secret"),
        raised("UnsupportedProtocol", "ftp://"),
        raised("ProxyError", "407"),
        raised("RemoteProtocolError", "illegal status line"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        OSError(errno.ENETUNREACH, "no route"),
        OSError(errno.ETIMEDOUT, "timed out"),
        socket.gaierror(socket.EAI_NONAME, "not known"),
        UnicodeError("label too long"),
        *(rejected(code) for code in (9, 10, 18, 19, 20, 62, 64, 99)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_was_raised_in_any_phase(phase: Phase, error: Exception) -> None:
    found = explain(error, in_phase(phase), HOST, redactor=Redactor())
    assert is_whole(found)
    assert "secret" not in (found.message or "")


def test_certificates_that_cannot_be_read() -> None:
    found = untrusted(FileNotFoundError(errno.ENOENT, "no such file", "/ca.pem"), redactor=Redactor())
    assert is_whole(found)
    assert "/ca.pem" in (found.message or "")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("illegal status line: bytearray(b'SSH-2.0-OpenSSH_9.6')", "“SSH-2.0-OpenSSH_9.6”"),
        ("illegal status line: bytearray(b'\\x1b[31mhello\\x00')", "“␛[31mhello␀”"),
        ('illegal header line: b"it\'s"', "“it's”"),
        ("illegal status line: bytearray(b'caf\\xc3\\xa9 \\xff')", "“café �”"),
        ("it only looks like b'\\xzz'", "it only looks like b'\\xzz'"),
    ],
)
def test_an_answer_that_is_not_http_is_quoted_as_text(line: str, shown: str) -> None:
    error = raised("RemoteProtocolError", line)
    message = explain(error, in_phase(Phase.WAIT), HOST, redactor=Redactor()).message or ""
    assert shown in message
    assert "bytearray" not in message


def test_a_secret_in_quoted_bytes_is_redacted() -> None:
    error = raised("RemoteProtocolError", "illegal status line: bytearray(b'key sk-ant-api03-abcdefghijkl')")
    message = explain(error, in_phase(Phase.WAIT), HOST, redactor=Redactor()).message or ""
    assert "abcdefghijkl" not in message
