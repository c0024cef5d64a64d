"""Every unsuccessful answer: the API's error bodies, and the pages of its edge and of captive portals."""

from __future__ import annotations

from dataclasses import dataclass

from claude_tui.simulator.exchange import Answer, Chunk, Ending, Exchange, Headers, json_bytes
from claude_tui.simulator.headers import api_headers, edge_headers
from claude_tui.simulator.script import Reply

__all__ = [
    "FAULTS",
    "INTERCEPTED",
    "Fault",
    "blocked",
    "bytes_answer",
    "error_answer",
    "error_body",
    "silence",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the API."""

    status: int
    """The HTTP status."""
    type: str
    """The error type."""
    message: str
    """The text for the user."""
    code: str | None = None
    """The value of `details.error_code`; None for an error without it."""
    identified: bool = True
    """Whether the body and the headers carry a request id."""

    @property
    def retryable(self) -> bool:
        spent = self.code is not None and self.code.endswith("spend_limit_reached")
        return not spent and (self.status in (408, 409, 429) or self.status >= 500)


FAULTS = {
    Reply.OVERLOADED: Fault(529, "overloaded_error", "Overloaded"),
    Reply.OVERLOADED_AS_500: Fault(500, "api_error", "Overloaded", identified=False),
    Reply.SERVER_ERROR: Fault(500, "api_error", "Internal server error"),
    Reply.UNAVAILABLE: Fault(503, "api_error", "The service is temporarily unavailable"),
    Reply.TIMED_OUT: Fault(504, "timeout_error", "The request timed out"),
    Reply.RATE_LIMITED: Fault(429, "rate_limit_error", "Too many requests: please try again later"),
    Reply.RAMP_LIMITED: Fault(
        429,
        "rate_limit_error",
        "Your traffic increased too quickly: ramp it up gradually",
        "ramp_limit_exceeded",
    ),
    Reply.SPEND_LIMIT: Fault(
        429,
        "rate_limit_error",
        "Your organization has reached its monthly spend limit",
        "enforced_spend_limit_reached",
    ),
    Reply.CONTRACT_SPEND_LIMIT: Fault(
        429,
        "rate_limit_error",
        "Your organization has reached the spend limit of its contract",
        "contract_spend_limit_reached",
    ),
    Reply.USAGE_LIMIT: Fault(
        400,
        "invalid_request_error",
        "You have reached your specified API usage limits. They are lifted on the first of the month.",
    ),
    Reply.BILLING: Fault(402, "billing_error", "The last payment failed: check the billing details"),
    Reply.KEY_REJECTED: Fault(401, "authentication_error", "invalid x-api-key"),
    Reply.NOT_PERMITTED: Fault(403, "permission_error", "Your API key may not use this resource"),
    Reply.MODEL_NOT_FOUND: Fault(404, "not_found_error", "model not found"),
    Reply.TOO_LARGE: Fault(413, "request_too_large", "The request is larger than allowed", identified=False),
}

CHALLENGE_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>One moment</title><meta name="robots" content="noindex,nofollow"></head>
<body><h1>Checking that you are human</h1><p>Please turn on JavaScript and cookies to go on.</p></body></html>
"""
PORTAL_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Guest network</title></head>
<body><h1>Welcome to the guest network</h1><form action="/login"><p>Accept the terms to go online.</p>
<button>Accept</button></form></body></html>
"""


def bytes_answer(wait_s: float, status: int, headers: Headers, body: bytes) -> Answer:
    return Answer(wait_s, status, headers, (Chunk(0.0, body),))


def silence(ending: Ending) -> Answer:
    return Answer(0.0, None, ending=ending)


def error_body(fault: Fault, request_id: str) -> dict[str, object]:
    error: dict[str, object] = {"type": fault.type, "message": fault.message}
    if fault.code is not None:
        error = {"details": {"error_code": fault.code}, **error}
    body: dict[str, object] = {"type": "error", "error": error}
    return body | {"request_id": request_id} if fault.identified else body


def error_answer(exchange: Exchange, fault: Fault, wait_s: float, extra: Headers = ()) -> Answer:
    headers = api_headers(exchange, wait_s, "application/json", identified=fault.identified)
    advice = ("x-should-retry", "true" if fault.retryable else "false")
    body = json_bytes(error_body(fault, exchange.request_id))
    return bytes_answer(wait_s, fault.status, (*headers, advice, *extra), body)


@dataclass(frozen=True, slots=True)
class _Intercepted:
    """An answer from something between the client and the API."""

    status: int
    """The HTTP status."""
    content_type: str
    """The value of the header."""
    body: str
    """The text of the page or message."""
    headers: Headers = ()
    """Headers besides content-type and those of the edge."""


INTERCEPTED = {
    Reply.BAD_GATEWAY: _Intercepted(502, "text/plain", "error code: 502\n"),
    Reply.REGION_BLOCKED: _Intercepted(
        403, "application/json", '{"error":{"type":"forbidden","message":"Request not allowed"}}'
    ),
    Reply.CHALLENGE: _Intercepted(
        403, "text/html; charset=UTF-8", CHALLENGE_PAGE, (("cf-mitigated", "challenge"),)
    ),
    Reply.CAPTIVE_PORTAL: _Intercepted(
        200, "text/html; charset=utf-8", PORTAL_PAGE, (("server", "guest-gateway"),)
    ),
    Reply.EMPTY: _Intercepted(200, "application/json", ""),
    Reply.NOT_AN_OBJECT: _Intercepted(200, "application/json", '["maintenance"]'),
}


def blocked(exchange: Exchange, reply: Reply, wait_s: float) -> Answer:
    """The answer to a request that never reaches the API."""
    if reply is Reply.REFUSED:
        return silence(Ending.ABORT)
    if reply is Reply.HANG:
        return silence(Ending.HANG)
    page = INTERCEPTED[reply]
    portal = reply is Reply.CAPTIVE_PORTAL
    head = (("content-type", page.content_type),) if portal else edge_headers(exchange, page.content_type)
    return bytes_answer(wait_s, page.status, (*head, *page.headers), page.body.encode())
