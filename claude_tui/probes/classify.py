"""Classifies unsuccessful responses.

The meaning of codes, types, statuses and messages is in `knowledge/errors.toml`. The error's own type
outranks the HTTP status: a stream fails after a 200, and gateways wrap 429 and 529 in a 500.
Choices that the protocol leaves open:

- `not_permitted` is what the API, or a gateway in the same format, says about this key. A 403 without such a
  type is `invalid_response` with error type `edge_block` or `challenge_page`: it was sent by a middlebox.
- `invalid_response` also goes by `html_page`, `captive_portal`, `redirect`, `empty_body`, `not_json`,
  `unexpected_json`, `needs_tls` and `not_the_api`; these types are defined here, no server sends them.
- A 504, `timeout_error` and the 520s are `server_error`: a response came, and reports a failure of the
  provider. `timeout` is for a 408, and for probes without any response.
- `cmek_*` codes concern the customer's own encryption key: `bad_request`, on our side, even at 503.
- A 404 is `model_not_found` when it names a model, `bad_request` when the API sends it about anything else,
  and `invalid_response` when it does not come from the API (a wrong base URL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from claude_tui.knowledge import Knowledge, knowledge
from claude_tui.knowledge.recognition import Recogniser
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.error_body import (
    ErrorFields,
    event_error,
    html_title,
    is_challenge,
    is_html,
    is_plain_http_complaint,
    load_json,
    read_error,
)
from claude_tui.probes.gateway_errors import original_error
from claude_tui.probes.redirect import redirect_words

__all__ = ["MAX_MESSAGE", "NEEDS_TLS", "Classified", "classify_error", "classify_response"]

MAX_MESSAGE = 2_000
# A TLS port reported that it received plain HTTP.
NEEDS_TLS = "needs_tls"
# Far more than is shown, so that this cut splits no secret; far less than a server may send.
_MAX_EXCERPT = 20_000


@dataclass(frozen=True, slots=True)
class Classified:
    """The class of an exchange, and what the response said; all text is clean."""

    outcome: Outcome
    """The class."""
    error_type: str | None = None
    """The server's type (the original's, where a gateway wrapped it), or the probes' own."""
    error_code: str | None = None
    """A more specific code, if the error has one."""
    message: str | None = None
    """What the response said, for people."""
    request_id: str | None = None
    """The id for the provider's support."""


def classify_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes | str | None,
    *,
    redactor: Redactor,
    table: Knowledge | None = None,
) -> Classified:
    """A complete HTTP response that is not the expected success, including a 2xx with a useless body.

    `headers` have lower-case names. The `request-id` header takes precedence over the body's.
    """
    text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
    text = text.removeprefix("\ufeff")
    table = table or knowledge()
    if status == HTTPStatus.BAD_REQUEST and is_plain_http_complaint(text):
        known = table.own(NEEDS_TLS)
        found = Classified(known.outcome, known.type, message=f"{_phrase(status)}: {known.sentence('said')}")
    elif is_challenge(headers, text):
        found = Classified(Outcome.INVALID_RESPONSE, "challenge_page", message=_page(status, text))
    elif 300 <= status < 400:
        where = redirect_words(status, headers.get("location"), redactor=redactor)
        found = Classified(Outcome.INVALID_RESPONSE, "redirect", message=where)
    else:
        found = _by_body(status, text, table.recogniser)
    return _clean(found, headers.get("request-id"), redactor)


def classify_error(
    error: object,
    status: int | None,
    *,
    redactor: Redactor,
    request_id: str | None = None,
    table: Knowledge | None = None,
) -> Classified:
    """An error object, with or without its envelope, as decoded JSON or text.

    With a 2xx status or none it came from a stream: an unknown error there is a `server_error`, since
    the provider broke off.
    """
    data = _decoded(error) if isinstance(error, str) else error
    fields = read_error(data) or ErrorFields(message=None if error is None else str(error)[:MAX_MESSAGE])
    from_stream = status is None or status < 400
    found = _by_fields(
        fields, 500 if from_stream or status is None else status, (table or knowledge()).recogniser
    )
    return _clean(found, request_id, redactor)


def _decoded(text: str) -> object:
    try:
        return load_json(text)
    except ValueError:
        return {"message": text}


def _by_body(status: int, text: str, recogniser: Recogniser) -> Classified:
    try:
        data = load_json(text)
    except ValueError:
        fields = event_error(text)
        return (
            _by_text(status, text, recogniser) if fields is None else _by_fields(fields, status, recogniser)
        )
    fields = read_error(data)
    if fields is not None:
        return _by_fields(fields, status, recogniser)
    outcome = recogniser.of_status(status).outcome
    error_type = _own_type(outcome, status, "unexpected_json", recogniser)
    return Classified(outcome, error_type, message=_said(status, text))


def _by_fields(fields: ErrorFields, status: int, recogniser: Recogniser) -> Classified:
    original = original_error(fields, recogniser)
    outcome = recogniser.recognised(status, original.type, original.code, original.message or "").outcome
    return Classified(
        outcome=outcome,
        error_type=_own_type(outcome, status, "unexpected_json", recogniser) or original.type,
        error_code=original.code,
        message=original.message or original.type or _phrase(status),
        request_id=original.request_id,
    )


def _by_text(status: int, text: str, recogniser: Recogniser) -> Classified:
    page = is_html(text)
    outcome = recogniser.of_status(status).outcome
    if 400 <= status < 500 and (
        not recogniser.counts_without_json(status) or (page and status == HTTPStatus.UNAUTHORIZED)
    ):
        outcome = Outcome.INVALID_RESPONSE
    kind = "html_page" if page else "not_json" if text.strip() else "empty_body"
    message = _page(status, text) if page else _said(status, text)
    return Classified(outcome, _own_type(outcome, status, kind, recogniser), message=message)


def _own_type(outcome: Outcome, status: int, kind: str, recogniser: Recogniser) -> str | None:
    """The probes' own error type for a response that is not from the API; None for any other outcome."""
    if outcome is not Outcome.INVALID_RESPONSE:
        return None
    by_status = recogniser.of_status(status)
    return by_status.type if by_status.outcome is outcome and by_status.type else kind


def _page(status: int, text: str) -> str:
    title = html_title(text)
    return f"{_phrase(status)}: a web page" + (f' titled "{title}"' if title else "")


def _said(status: int, text: str) -> str:
    return f"{_phrase(status)}: {text[:_MAX_EXCERPT].strip() or 'an empty body'}"


def _phrase(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _clean(found: Classified, request_id: str | None, redactor: Redactor) -> Classified:
    def clean(text: str | None, limit: int) -> str | None:
        return redactor.clean(text.strip(), limit) if text and text.strip() else None

    return Classified(
        outcome=found.outcome,
        error_type=clean(found.error_type, 80),
        error_code=clean(found.error_code, 80),
        message=clean(found.message, MAX_MESSAGE),
        request_id=clean(request_id, 128) or clean(found.request_id, 128),
    )
