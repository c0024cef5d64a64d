"""Classifies unsuccessful responses.

The meaning of codes, types, statuses and messages is in `knowledge/errors.toml`. The error's own type
outranks the HTTP status: a stream fails after a 200, and gateways wrap 429 and 529 in a 500.
Choices that the protocol leaves open:

- The words of an error outrank its type where the table has them: an `invalid_request_error` may say that
  the organisation is disabled, and a `rate_limit_error` that the balance is used up.
- A 403 that names a permission, a quota, a token or a client comes from something that knows this key. HTML,
  an empty body and a bare "forbidden" come from a middlebox: `invalid_response` with error type `edge_block`
  or `challenge_page`.
- A body that states its own status counts by that where the HTTP status is a success.
- `invalid_response` also goes by `html_page`, `captive_portal`, `redirect`, `empty_body`, `not_json`,
  `unreadable`, `unexpected_json`, `needs_tls` and `not_the_api`; these types are defined here, no server
  sends them. So are `proxy`, for a forward proxy that answers itself, `filter_page`, for a web filter that
  blocks the site (some send it as a 503), and `gateway_page`.
- A 504, `timeout_error` and the 520s are `server_error`: a response came, and reports a failure of the
  provider. `timeout` is for a 408, and for probes without any response.
- `cmek_*` codes concern the customer's own encryption key: `bad_request`, on our side, even at 503.
- A 404 is `model_not_found` when it names a model, `bad_request` when the API sends it about anything else,
  and `invalid_response` when it does not come from the API (a wrong base URL).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from claude_tui.knowledge import Knowledge, Reach, knowledge
from claude_tui.knowledge.recognition import Recogniser
from claude_tui.model.interning import interned_text
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.error_body import (
    html_title,
    is_challenge,
    is_html,
    is_plain_http_complaint,
    page_words,
)
from claude_tui.probes.error_shapes import ErrorFields, event_error, load_json, read_error
from claude_tui.probes.gateway_errors import original_error
from claude_tui.probes.headers import other_request_id
from claude_tui.probes.middlebox import front_of, is_filter_page, is_noise, noise_words, proxy_complaint
from claude_tui.probes.redirect import leads_away, redirect_words
from claude_tui.probes.waits import body_wait

__all__ = ["MAX_MESSAGE", "NEEDS_TLS", "Classified", "classify_error", "classify_response"]

MAX_MESSAGE = 2_000
# A TLS port reported that it received plain HTTP.
NEEDS_TLS = "needs_tls"
_CHARSET = re.compile(r"charset=[\"']?([\w.-]{1,20})", re.I)
# Relays put the id into the sentence: `(request id: 2026112712abc)`.
_TOLD_ID = re.compile(r"\brequest[ _-]?id\W{1,3}([A-Za-z0-9_-]{8,80})", re.I)
# Statuses that are more specific than a type such as `api_error`.
_TELLING = frozenset({401, 402, 403, 404, 413})
_BARE_REFUSAL = re.compile(
    r"[\W\d]*(?:(?:http|error|code|status|your|the|client|request|access|permission|operation|action|you|are"
    r"|is|was|has|been|to|this|resource|page|url|site|forbidden|denied|blocked|rejected|refused|not|allowed"
    r"|by|server|sorry)\b[\W\d]*)*",
    re.I,
)
_FIREWALL = re.compile(
    r"\bWAF\b|firewall|\bbots?\b|captcha|security (?:rule|service|solution)|incapsula|akamai|reference #"
    r"|challenge",
    re.I,
)
# A host's page in place of an application that does not run there.
_STOPPED = re.compile(
    r"\b(?:app|application|site|service|endpoint|tunnel) is (?:stopped|offline|suspended)\b", re.I
)
# The reverse proxy's own responses when the server behind it fails.
_FRONT_FAILS = frozenset({500, 502, 503, 504})
# Its own responses to a request that it does not forward.
_FRONT_REFUSES = frozenset({400, 405, 408, 411, 414, 417, 421, 431, 494})
# Headers of a login in front of a server, and of a cloud's identity-aware proxy.
_LOGIN_HEADERS = frozenset({"www-authenticate", "x-goog-iap-generated-response"})
_LIMIT_HEADERS = ("anthropic-ratelimit-", "llm_provider-anthropic-ratelimit-")
# Far more than is shown, so that the cut does not split a secret; far less than a server may send.
_MAX_EXCERPT = 20_000


@dataclass(frozen=True, slots=True)
class Classified:
    """The class of an exchange and the details in the response; all text is clean."""

    outcome: Outcome
    """The class."""
    error_type: str | None = None
    """The server's type (the original's, where a gateway wrapped it), or the probes' own."""
    error_code: str | None = None
    """A more specific code, if the error has one."""
    message: str | None = None
    """The error message in the response, for people."""
    request_id: str | None = None
    """The id for the provider's support; with its header's name if it comes from another server."""
    body_wait_s: float | None = None
    """The wait that the body asks for, in seconds."""


def classify_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes | str | None,
    *,
    redactor: Redactor,
    table: Knowledge | None = None,
    gateway: bool = False,
    now: datetime | None = None,
) -> Classified:
    """A complete HTTP response that is not the expected success, including a 2xx with a useless body.

    `headers` have lower-case names. The `request-id` header takes precedence over the body's. `gateway` says
    that the address is not the provider's own. Without `now`, how long the body asks to wait is not read.
    """
    text = _text_of(body, headers.get("content-type", "")).removeprefix("\ufeff")
    table = table or knowledge()
    if status == HTTPStatus.BAD_REQUEST and is_plain_http_complaint(text):
        known = table.own(NEEDS_TLS)
        found = Classified(known.outcome, known.type, message=f"{_phrase(status)}: {known.sentence('said')}")
    elif is_challenge(headers, text):
        found = Classified(Outcome.INVALID_RESPONSE, "challenge_page", message=_page(status, text))
    elif is_filter_page(text):
        known = table.own("filter_page")
        found = Classified(known.outcome, known.type, message=_page(status, text))
    elif (complaint := proxy_complaint(status, headers, text)) is not None:
        known = table.own("proxy")
        found = Classified(known.outcome, known.type, message=f"{_phrase(status)}: {complaint}")
    elif 300 <= status < 400:
        location = headers.get("location")
        kind = "redirect_away" if leads_away(location) else "redirect"
        where = redirect_words(status, location, redactor=redactor)
        found = Classified(Outcome.INVALID_RESPONSE, kind, message=where)
    elif is_noise(text):
        words = noise_words(body, headers.get("content-encoding", ""))
        found = replace(_by_text(status, "", table.recogniser), message=f"{_phrase(status)}: {words}")
        if found.outcome is Outcome.INVALID_RESPONSE:
            found = replace(found, error_type="unreadable")
    else:
        found = _by_body(status, headers, text, table, gateway=gateway)
    if now is not None:
        found = replace(found, body_wait_s=body_wait(text, headers, now=now))
    return _clean(found, headers, redactor)


def classify_error(
    error: object,
    status: int | None,
    *,
    redactor: Redactor,
    headers: Mapping[str, str] | None = None,
    table: Knowledge | None = None,
    now: datetime | None = None,
    text: str | None = None,
    gateway: bool = False,
) -> Classified:
    """An error object, with or without its envelope, as decoded JSON, as text, or already read from `text`.

    With a 2xx status or none it came from a stream: an unknown error there is a `server_error`, since
    the provider broke off.
    """
    if isinstance(error, ErrorFields):
        fields = error
    else:
        found_fields = read_error(_decoded(error) if isinstance(error, str) else error)
        fields = found_fields or ErrorFields(message=None if error is None else str(error)[:MAX_MESSAGE])
    from_stream = status is None or status < 400
    found = _by_fields(
        fields,
        500 if from_stream or status is None else status,
        table or knowledge(),
        gateway=gateway,
        streamed=from_stream,
    )
    if now is not None:
        found = replace(
            found, body_wait_s=body_wait(_as_text(error) if text is None else text, headers or {}, now=now)
        )
    return _clean(found, headers or {}, redactor)


def _text_of(body: bytes | str | None, content_type: str) -> str:
    """The text of a body, in the character set that its type names; else as UTF-8."""
    if not isinstance(body, bytes):
        return body or ""
    named = _CHARSET.search(content_type)
    if named is not None:
        with suppress(LookupError, UnicodeError):
            return body.decode(named[1])
    return body.decode(errors="replace")


def _as_text(error: object) -> str:
    if isinstance(error, str):
        return error
    try:
        return json.dumps(error, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(error)


def _decoded(text: str) -> object:
    try:
        return load_json(text)
    except ValueError:
        return {"message": text}


def _by_body(
    status: int, headers: Mapping[str, str], text: str, table: Knowledge, *, gateway: bool
) -> Classified:
    recogniser = table.recogniser
    amazon = headers.get("x-amzn-errortype", "").partition(":")[0].rpartition("#")[2].strip()
    try:
        data = load_json(text)
    except ValueError:
        fields = event_error(text) or (ErrorFields(message=_said(status, text)) if amazon else None)
        if fields is None:
            return _by_words(status, headers, text, table, gateway=gateway)
    else:
        if status < 400 and _is_message(data):
            known = table.own("not_streamed")
            return Classified(known.outcome, known.type, message=_said(status, text))
        fields = read_error(data) or (ErrorFields(message=_said(status, text)) if amazon else None)
    if fields is not None:
        fields = replace(fields, type=amazon) if amazon else fields
        return _by_fields(fields, status, table, gateway=gateway)
    outcome = recogniser.of_status(status).outcome
    error_type = _own_type(outcome, status, "unexpected_json", recogniser)
    return Classified(outcome, error_type, message=_said(status, text))


def _kind_of_front(status: int, text: str) -> str | None:
    """What a reverse proxy's own answer is called; None if it may have passed on somebody else's."""
    if status in _FRONT_FAILS or (status < 500 and _STOPPED.search(text)):
        return "gateway_page"
    if status == HTTPStatus.FORBIDDEN:
        # Only its own page names it; a header may be of a server behind whatever refuses.
        return "front_denied" if front_of({}, text) and not _FIREWALL.search(text) else None
    return "front_refused" if status in _FRONT_REFUSES else None


def _by_words(
    status: int, headers: Mapping[str, str], text: str, table: Knowledge, *, gateway: bool
) -> Classified:
    """A body without JSON: the page or text of a gateway, or of something in front of it."""
    front = front_of(headers, text) if gateway else None
    if front is not None and (kind := _kind_of_front(status, text)) is not None:
        known = table.own(kind)
        return Classified(known.outcome, known.type, message=f"{_page_or_words(status, text)} ({front})")
    if gateway and status == HTTPStatus.UNAUTHORIZED and (is_html(text) or _LOGIN_HEADERS & headers.keys()):
        known = table.own("gateway_login")
        return Classified(known.outcome, known.type, message=_page_or_words(status, text))
    found = _by_text(status, text, table.recogniser, gateway=gateway)
    return _with_front_limit(found, status, headers, text, table)


def _by_fields(
    fields: ErrorFields, http_status: int, table: Knowledge, *, gateway: bool, streamed: bool = False
) -> Classified:
    recogniser = table.recogniser
    # A success, or the 500 of a broken stream, is less specific than the body.
    status = (fields.status or http_status) if http_status < 400 or streamed else http_status
    original = original_error(fields, recogniser)
    if fields.edge and status == HTTPStatus.FORBIDDEN:
        known = recogniser.of_status(status)
    else:
        text = original.message or ""
        # "Something failed" is less specific than such a status.
        vague = status in _TELLING and recogniser.is_vague(original.type)
        kind = None if vague else original.type
        known = recogniser.recognised(status, kind, original.code, text, gateway=gateway)
        if known is recogniser.of_status(status) and _names_itself(original, recogniser, status):
            known = table.general(Outcome.NOT_PERMITTED)
    own = known.type if known.reach is not Reach.ANSWERED else None
    if known.recognition.words is None:
        own = own or _own_type(known.outcome, status, "unexpected_json", recogniser)
    return Classified(
        outcome=known.outcome,
        error_type=own or original.type,
        error_code=original.code,
        message=original.message or original.type or original.code or _phrase(http_status),
        request_id=original.request_id,
    )


def _with_front_limit(
    found: Classified, status: int, headers: Mapping[str, str], text: str, table: Knowledge
) -> Classified:
    """A 429 as text or a page, while the API sends JSON with its id: a limit of something in front of it."""
    if status != HTTPStatus.TOO_MANY_REQUESTS or found.outcome is not Outcome.RATE_LIMITED:
        return found
    from_api = "request-id" in headers or any(name.startswith(_LIMIT_HEADERS) for name in headers)
    plain = table.recogniser.of_status(status)
    message = found.message or ""
    kind = table.recogniser.recognised(status, None, None, message, gateway=True)
    if from_api or not text.strip() or kind.advice is not plain.advice:
        return found
    front = front_of(headers, text) or headers.get("server", "").partition("/")[0].strip()
    return replace(
        found, error_type=table.own("front_limit").type, message=f"{message} ({front})" if front else message
    )


def _is_message(data: object) -> bool:
    """Whether it is a complete response of the API, as for a request without `stream`."""
    return isinstance(data, dict) and data.get("type") == "message" and isinstance(data.get("content"), list)


def _names_itself(fields: ErrorFields, recogniser: Recogniser, status: int) -> bool:
    """Whether a 403 has a type, a code or a reason, unlike the bare "forbidden" of an edge or a firewall."""
    if status != HTTPStatus.FORBIDDEN:
        return False
    if fields.code is not None or (fields.type is not None and not recogniser.knows_type(fields.type)):
        return True
    message = fields.message or ""
    return _BARE_REFUSAL.fullmatch(message) is None and _FIREWALL.search(message) is None


def _by_text(status: int, text: str, recogniser: Recogniser, *, gateway: bool = False) -> Classified:
    page = is_html(text)
    words = page_words(text) if page else text
    known = recogniser.recognised(status, None, None, words, gateway=gateway)
    # The text of a page was written for any site, and says nothing about keys and limits.
    if known.recognition.words is not None and (not page or known.outcome is Outcome.INVALID_RESPONSE):
        return Classified(known.outcome, message=_said(status, words))
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


def _page_or_words(status: int, text: str) -> str:
    return _page(status, text) if is_html(text) else _said(status, text)


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


def _clean(found: Classified, headers: Mapping[str, str], redactor: Redactor) -> Classified:
    def clean(text: str | None, limit: int) -> str | None:
        return redactor.clean(text.strip(), limit) if text and text.strip() else None

    def interned(text: str | None, limit: int) -> str | None:
        found = clean(text, limit)
        return None if found is None else interned_text(found)

    quoted = _TOLD_ID.search(found.message or "")
    ids = (
        headers.get("request-id"),
        found.request_id,
        other_request_id(headers),
        f"request id {quoted[1]}" if quoted is not None else None,
    )
    return Classified(
        outcome=found.outcome,
        error_type=interned(found.error_type, 80),
        error_code=interned(found.error_code, 80),
        message=interned(found.message, MAX_MESSAGE),
        request_id=next((text for candidate in ids if (text := clean(candidate, 128))), None),
        body_wait_s=found.body_wait_s,
    )
