"""Classifies a reported error by its type, status and message, like those of probes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus

from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_error, classify_response

__all__ = ["LEFT", "by_message", "by_type", "by_words"]

LEFT = frozenset({"AbortError", "CancelledError", "GeneratorExit", "KeyboardInterrupt", "ResponseAborted"})
"""Error types that mean that the application gave up the call."""

_PLAIN = Redactor()
_API_TYPE = re.compile(r"[a-z][a-z_]{2,50}_error", re.ASCII)
_SHOWN_TYPE = re.compile(r"[A-Za-z_][\w.]{0,59}", re.ASCII)
# Instrumentations report the classes of the SDK's exceptions.
_CLASSES = {
    "AuthenticationError": 401,
    "BadRequestError": 400,
    "ConflictError": 409,
    "DeadlineExceededError": 504,
    "InternalServerError": 500,
    "NotFoundError": 404,
    "OverloadedError": 529,
    "PermissionDeniedError": 403,
    "RateLimitError": 429,
    "RequestTooLargeError": 413,
    "ServiceUnavailableError": 503,
    "UnprocessableEntityError": 422,
}
# What the API's own errors of these statuses mean. Without a body, a 403 could be anybody's.
_UNSEEN = {403: "permission_error", 404: "not_found_error"}
# Parts of the API's messages, and the status and type of the errors that have them.
_MESSAGES = (
    (r"\boverloaded\b", 529, "overloaded_error"),
    (r"\binternal server error\b", 500, "api_error"),
    (r"\brate limit\b|\busage limits?\b|\btoo many requests\b|\bspend limit\b", 429, "rate_limit_error"),
    (
        r"\bx-api-key\b|\b(?:invalid|missing) (?:bearer|api key|authentication)|\bauthenticat",
        401,
        "authentication_error",
    ),
    (r"\bcredit balance\b|\bprompt is too long\b", 400, "invalid_request_error"),
    (r"\A(?:request exceeds|request too large|the request exceeds)", 413, "request_too_large"),
    (r"\Amodel: ", 404, "not_found_error"),
    (r"\bpermission\b|\b(?:not|don.t) have access\b|\brequest not allowed\b", 403, "permission_error"),
    (r"\btimed out\b|\btimeout\b", 504, "timeout_error"),
    # The field that is not valid.
    (r"\A[a-z][\w.\[\]]{1,80}: ", 400, "invalid_request_error"),
)
_PHRASES = {status.phrase.lower(): status.value for status in HTTPStatus if status >= 400}
_NOT_CONNECTED = "cannot connect to api"
_TIMEOUTS = frozenset(
    {"APITimeoutError", "ConnectTimeout", "PoolTimeout", "ReadTimeout", "TimeoutError", "TimeoutException"}
    | {"WriteTimeout", "client_timeout_error", "timeout"}
)
_NETWORK = frozenset(
    {"APIConnectionError", "ConnectError", "ConnectionError", "ConnectionRefusedError", "ReadError"}
    | {"ConnectionResetError", "RemoteProtocolError", "TransportError", "connection_error", "gaierror"}
)


@lru_cache(maxsize=1000)
def by_type(kind: str, status: int | None, *, body_seen: bool = False) -> Classified:
    """The class of an error with a known type, status, or both.

    `body_seen`: the sender would have reported the type of an error that the API sent.
    """
    name = kind.rpartition(".")[2]
    if name in _TIMEOUTS:
        return Classified(Outcome.TIMEOUT, "timeout")
    if name in _NETWORK:
        return Classified(Outcome.NETWORK, "connection_error")
    if status is None or status < 400:
        if name.isascii() and name.isdigit() and len(name) == 3:
            return by_type("", int(name), body_seen=body_seen)
        status = _CLASSES.get(name.removeprefix("Model"), status)
    if _API_TYPE.fullmatch(name) and name != "client_error":
        return classify_error({"type": "error", "error": {"type": name}}, status, redactor=_PLAIN)
    if status is not None and status >= 400:
        return _by_status(status, body_seen=body_seen)
    # The application failed to process the response, or the cause is unknown.
    return Classified(Outcome.INVALID_RESPONSE, name if _SHOWN_TYPE.fullmatch(name) else None)


def _by_status(status: int, *, body_seen: bool) -> Classified:
    implied = None if body_seen else _UNSEEN.get(status)
    if implied is None:
        return classify_error(None, status, redactor=_PLAIN)
    found = classify_error({"type": "error", "error": {"type": implied}}, status, redactor=_PLAIN)
    return Classified(found.outcome)


@lru_cache(maxsize=1000)
def by_message(message: str) -> Classified:
    """The class of an error of which the AI SDK reports only the message; the message itself is not kept.

    It is the API's own, or the phrase of the status of a response that is not the API's.
    """
    words = message.strip()
    lower = words.lower()
    if lower.startswith(_NOT_CONNECTED):
        return by_type("timeout" if "timeout" in lower else "connection_error", None)
    if (status := _PHRASES.get(lower)) is not None and lower != "internal server error":
        return by_type("", status, body_seen=True)
    for pattern, status, kind in _MESSAGES:
        if re.search(pattern, lower):
            error = {"type": "error", "error": {"type": kind, "message": words}}
            return replace(classify_error(error, status, redactor=_PLAIN), message=None)
    return Classified(Outcome.INVALID_RESPONSE)


def by_words(error: str, status: int | None) -> Classified:
    """The class of an error as Claude Code writes it: `529 {"type":"error",...}`, `Connection error.`"""
    words = error.strip()
    if status is None and words[:3].isdigit():
        status = int(words[:3])
    if status is not None:
        words = words.removeprefix(str(status)).strip()
    lower = words.lower()
    if status is None or not 400 <= status <= 599:
        if "timed out" in lower or "timeout" in lower:
            return Classified(Outcome.TIMEOUT, "timeout")
        if "connection" in lower or "network" in lower or "socket" in lower or "econn" in lower:
            return Classified(Outcome.NETWORK, "connection_error")
        if "overloaded" in lower:
            return by_type("overloaded_error", status)
        return Classified(Outcome.INVALID_RESPONSE)
    if words.startswith("{"):
        return classify_response(
            status, {"content-type": "application/json"}, words.encode(), redactor=_PLAIN
        )
    found = classify_error({"type": "error", "error": {"message": words}}, status, redactor=_PLAIN)
    # A message that is not the API's may contain anything.
    return replace(found, message=None)
