"""The outcome of each answer: the API's own errors, gateways around them, other servers."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import MAX_MESSAGE, Classified, classify_error, classify_response
from claude_tui.probes.error_body import embedded_errors, html_title
from claude_tui.probes.error_shapes import load_json

CAPTURES = Path(__file__).parents[2].parent / "shared" / "data" / "http"
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not here")
KEY = "sk-ant-api03-" + "k" * 40


def respond(status: int, body: Any, **headers: str) -> Classified:
    text = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify_response(status, named, text, redactor=Redactor([KEY]))


def api_error(error_type: str, message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"type": error_type, "message": message}
    if code:
        error["details"] = {"error_code": code}
    return {"type": "error", "error": error, **more}


OVERLOADED = api_error("overloaded_error", "Overloaded", request_id="req_inner")
THROTTLED = api_error("rate_limit_error", 'Your organization\'s "input" limit was reached')
PAGE = "<!DOCTYPE html>\n<html><head><title>Guest\n Wi-Fi</title></head><body>Log in</body></html>"
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, api_error("invalid_request_error", "max_tokens: too large"), Outcome.BAD_REQUEST),
        (401, api_error("authentication_error", "invalid key"), Outcome.KEY_REJECTED),
        (402, api_error("billing_error", "pay"), Outcome.SPEND_LIMIT),
        (403, api_error("permission_error", "not for this key"), Outcome.NOT_PERMITTED),
        (404, api_error("not_found_error", "model: claude-haiku-9"), Outcome.MODEL_NOT_FOUND),
        (404, api_error("not_found_error", "Not found"), Outcome.BAD_REQUEST),
        (409, api_error("conflict_error", "try again"), Outcome.BAD_REQUEST),
        (413, api_error("request_too_large", "too large"), Outcome.BAD_REQUEST),
        (429, api_error("rate_limit_error", "slow down"), Outcome.RATE_LIMITED),
        (500, api_error("api_error", "Internal server error"), Outcome.SERVER_ERROR),
        (504, api_error("timeout_error", "took too long"), Outcome.SERVER_ERROR),
        (529, OVERLOADED, Outcome.OVERLOADED),
        (418, api_error("teapot_error", "short and stout"), Outcome.BAD_REQUEST),
        (503, api_error("maintenance_error", "back soon"), Outcome.SERVER_ERROR),
    ],
)
def test_the_apis_own_errors(status: int, body: Any, outcome: Outcome) -> None:
    found = respond(status, body, request_id="req_header")
    assert found.outcome is outcome
    assert found.error_type == body["error"]["type"]
    assert found.message == body["error"]["message"]
    assert found.request_id == "req_header", "the header is the one to quote"


def test_successive_failures_share_their_words() -> None:
    body = json.dumps(api_error("overloaded_error", "Overloaded, please wait", "busy_code"))
    one, other = respond(529, body), respond(529, body)
    assert one.error_type is other.error_type
    assert one.error_code is other.error_code
    assert one.message is other.message


def test_the_type_decides_before_the_status() -> None:
    for status in (200, 400, 500, 529):
        assert respond(status, OVERLOADED).outcome is Outcome.OVERLOADED
        assert respond(status, THROTTLED).outcome is Outcome.RATE_LIMITED
        assert respond(status, api_error("api_error", "Overloaded")).outcome is Outcome.OVERLOADED


def test_the_request_id_of_the_body_serves_when_no_header_has_one() -> None:
    assert respond(529, OVERLOADED).request_id == "req_inner"


@pytest.mark.parametrize(
    ("status", "error_type", "code", "outcome"),
    [
        (429, "rate_limit_error", "enforced_spend_limit_reached", Outcome.SPEND_LIMIT),
        (429, "rate_limit_error", "contract_spend_limit_reached", Outcome.SPEND_LIMIT),
        (402, "billing_error", "linked_organization_spend_limit_reached", Outcome.SPEND_LIMIT),
        (429, "rate_limit_error", "ramp_limit_exceeded", Outcome.RATE_LIMITED),
        (429, "rate_limit_error", "a_code_of_tomorrow", Outcome.RATE_LIMITED),
        (503, "api_error", "cmek_key_unreachable", Outcome.BAD_REQUEST),
        (400, "invalid_request_error", "cmek_key_disabled", Outcome.BAD_REQUEST),
        (400, "invalid_request_error", "organization_on_hold", Outcome.NOT_PERMITTED),
    ],
)
def test_error_codes_tell_apart_what_the_type_does_not(
    status: int, error_type: str, code: str, outcome: Outcome
) -> None:
    found = respond(status, api_error(error_type, "no", code))
    assert (found.outcome, found.error_type, found.error_code) == (outcome, error_type, code)


@pytest.mark.parametrize(
    "message",
    [
        "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
        "You have reached your specified workspace API usage limits.",
        "Your credit balance is too low to access the Anthropic API.",
    ],
)
def test_a_spend_limit_may_be_recognized_by_words_alone(message: str) -> None:
    assert respond(400, api_error("invalid_request_error", message)).outcome is Outcome.SPEND_LIMIT


def as_json(error: Any) -> str:
    return json.dumps(error)


def as_escaped_json(error: Any) -> str:
    return json.dumps(error).replace('"', '\\"')


def as_bytes_repr(error: Any) -> str:
    return repr(json.dumps(error, separators=(",", ":")).encode())


WRAPPINGS = [as_json, as_escaped_json, as_bytes_repr, repr]


@pytest.mark.parametrize("printed", WRAPPINGS)
@pytest.mark.parametrize(
    ("inner", "outcome"), [(OVERLOADED, Outcome.OVERLOADED), (THROTTLED, Outcome.RATE_LIMITED)]
)
@pytest.mark.parametrize(
    "around",
    [
        "litellm.InternalServerError: AnthropicException - {}. Received Model Group=claude\nFallbacks=None",
        "litellm.APIError: AnthropicException - {}",
        "Error code: 529 - {}",
        "{}",
    ],
)
def test_a_gateway_that_wraps_the_error_in_a_500_is_seen_through(
    printed: Any, inner: dict[str, Any], outcome: Outcome, around: str
) -> None:
    message = around.format(printed(inner))
    for error_type in ("api_error", None, "None", "internal_server_error"):
        found = respond(
            500, {"error": {"message": message, "type": error_type, "param": None, "code": "500"}}
        )
        assert found.outcome is outcome
        assert found.error_type == inner["error"]["type"]
        assert inner["error"]["message"].split()[0] in (found.message or "")
    assert (
        classify_error({"type": "api_error", "message": message}, 200, redactor=Redactor()).outcome is outcome
    )


def test_wrappings_may_be_nested() -> None:
    once = {
        "error": {"message": "litellm.APIError: AnthropicException - " + json.dumps(OVERLOADED), "type": None}
    }
    twice = {"error": {"message": "OpenAIException - " + json.dumps(once), "type": "api_error"}}
    found = respond(500, twice)
    assert (found.outcome, found.error_type, found.request_id) == (
        Outcome.OVERLOADED,
        "overloaded_error",
        "req_inner",
    )


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("litellm.InternalServerError: AnthropicException - Overloaded. Handle with it.", Outcome.OVERLOADED),
        ("litellm.RateLimitError: AnthropicException - Too many", Outcome.RATE_LIMITED),
        ('litellm.APIError: b\'{"type":"error","error":{"type":"overloaded_error","mess', Outcome.OVERLOADED),
        ("litellm.AuthenticationError: AnthropicException - invalid", Outcome.KEY_REJECTED),
        ("litellm.ServiceUnavailableError: AnthropicException - down", Outcome.SERVER_ERROR),
    ],
)
def test_a_gateway_that_leaves_only_words(message: str, outcome: Outcome) -> None:
    assert respond(500, {"error": {"message": message, "type": None, "code": "500"}}).outcome is outcome


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Resource exhausted. Please try again later. See https://x.test/error-code-429", Outcome.OVERLOADED),
        ("anthropic/claude is temporarily rate-limited upstream. Please retry shortly.", Outcome.OVERLOADED),
        ("The model has reached its capacity limit. Please try again later.", Outcome.OVERLOADED),
        ("Insufficient capacity in this region.", Outcome.OVERLOADED),
        ("The system is currently experiencing high demand and cannot process it.", Outcome.OVERLOADED),
        ("Resource has been exhausted (e.g. check quota).", Outcome.RATE_LIMITED),
        ("Quota exceeded for online_prediction_requests_per_base_model", Outcome.RATE_LIMITED),
        ("Too many tokens, please wait before trying again.", Outcome.RATE_LIMITED),
        ("You exceeded your provisioned capacity of 100 requests. Rate limit exceeded", Outcome.RATE_LIMITED),
    ],
)
def test_shared_capacity_of_a_cloud_is_distinguished_from_a_limit_of_ours(
    message: str, outcome: Outcome
) -> None:
    body = {"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}}
    found = classify_response(429, {}, json.dumps(body), redactor=Redactor(), gateway=True)
    assert found.outcome is outcome
    direct = respond(429, api_error("rate_limit_error", message))
    assert direct.outcome is Outcome.RATE_LIMITED


def test_nothing_is_looked_for_inside_an_error_that_says_enough() -> None:
    quoted = f"messages.0.content: unexpected {json.dumps(OVERLOADED)}"
    assert respond(400, api_error("invalid_request_error", quoted)).outcome is Outcome.BAD_REQUEST


def test_openai_compatible_paths_tell_by_code() -> None:
    body = {
        "error": {
            "type": "invalid_request_error",
            "code": "rate_limit_error",
            "message": "slow",
            "param": None,
        }
    }
    found = respond(429, body)
    assert (found.outcome, found.error_code) == (Outcome.RATE_LIMITED, "rate_limit_error")
    missing = {"error": {"message": "The model `claude-9` does not exist", "code": "model_not_found"}}
    assert respond(404, missing).outcome is Outcome.MODEL_NOT_FOUND


@pytest.mark.parametrize(
    ("status", "body", "error_type"),
    [
        (403, {"error": {"type": "forbidden", "message": "Request not allowed"}}, "edge_block"),
        (403, {"type": "forbidden", "message": "Request not allowed"}, "edge_block"),
        (403, {"message": "Forbidden"}, "edge_block"),
        (403, PAGE, "edge_block"),
        (403, "error code: 1020", "edge_block"),
        (403, b"", "edge_block"),
        (403, CHALLENGE, "challenge_page"),
        (405, CHALLENGE, "challenge_page"),
        (503, CHALLENGE, "challenge_page"),
        (200, PAGE, "html_page"),
        (401, PAGE, "html_page"),
        (511, PAGE, "captive_portal"),
        (302, PAGE, "redirect"),
        (200, b"", "empty_body"),
        (200, "OK", "not_json"),
        (200, "[1, 2]", "unexpected_json"),
        (200, "{}", "unexpected_json"),
        (404, "404 page not found", "not_the_api"),
        (404, {"detail": "Not Found"}, "not_the_api"),
        (400, "Bad Request", "not_json"),
    ],
)
def test_an_answer_that_is_not_the_apis_is_an_invalid_response(
    status: int, body: Any, error_type: str
) -> None:
    found = respond(status, body)
    assert (found.outcome, found.error_type) == (Outcome.INVALID_RESPONSE, error_type)
    assert found.message


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (502, "upstream connect error or disconnect/reset before headers", Outcome.SERVER_ERROR),
        (500, b"", Outcome.SERVER_ERROR),
        (500, "[]", Outcome.SERVER_ERROR),
        (522, PAGE, Outcome.SERVER_ERROR),
        (527, "error code: 527", Outcome.SERVER_ERROR),
        (529, b"", Outcome.OVERLOADED),
        (429, PAGE, Outcome.RATE_LIMITED),
        (413, PAGE, Outcome.BAD_REQUEST),
        (408, b"", Outcome.TIMEOUT),
        (401, b"", Outcome.KEY_REJECTED),
        (401, "{}", Outcome.KEY_REJECTED),
        (402, "{}", Outcome.SPEND_LIMIT),
    ],
)
def test_some_statuses_speak_for_themselves(status: int, body: Any, outcome: Outcome) -> None:
    assert respond(status, body).outcome is outcome


def test_what_is_shown_of_a_page_is_its_title() -> None:
    found = respond(200, PAGE)
    assert found.message == 'HTTP 200 OK: a web page titled "Guest Wi-Fi"'
    assert html_title("<h1>Nope <b>here</b></h1>") == "Nope here"


def test_a_challenge_is_known_by_its_header_alone() -> None:
    assert respond(403, "", cf_mitigated="challenge").error_type == "challenge_page"


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("https://gateway.example/v1/messages", "redirect"),
        ("/anthropic/v1/models?limit=1000", "redirect"),
        ("https://accounts.example/o/oauth2/auth?redirect=/v1/messages", "redirect_away"),
        ("http://portal.hotel.example/login", "redirect_away"),
        ("/login", "redirect_away"),
        ("", "redirect"),
        ("http://[bad/login", "redirect"),
    ],
)
def test_a_redirect_to_a_login_is_no_other_address_of_the_api(location: str, kind: str) -> None:
    """`Set ANTHROPIC_BASE_URL to where it points` would have sent the key to a login page."""
    assert classify_response(302, {"location": location}, b"", redactor=Redactor()).error_type == kind


def test_a_redirect_says_where_to() -> None:
    found = respond(307, "", location="https://login.example/?token=" + KEY)
    assert found.message is not None
    assert found.message == "HTTP 307 redirect to https://login.example/?…"


def test_an_error_inside_an_event_stream_body() -> None:
    body = f"event: error\ndata: {json.dumps(OVERLOADED)}\n\n"
    assert respond(200, body).outcome is Outcome.OVERLOADED


@pytest.mark.parametrize("status", [200, None])
def test_errors_inside_a_stream(status: int | None) -> None:
    redactor = Redactor()
    assert classify_error(OVERLOADED, status, redactor=redactor).outcome is Outcome.OVERLOADED
    assert classify_error(OVERLOADED["error"], status, redactor=redactor).outcome is Outcome.OVERLOADED
    assert classify_error(json.dumps(OVERLOADED), status, redactor=redactor).outcome is Outcome.OVERLOADED
    assert classify_error({"type": "novel_error"}, status, redactor=redactor).outcome is Outcome.SERVER_ERROR
    assert classify_error(None, status, redactor=redactor).outcome is Outcome.SERVER_ERROR
    broken = classify_error("connection torn", status, redactor=redactor, headers={"request-id": "req_1"})
    assert broken == Classified(Outcome.SERVER_ERROR, message="connection torn", request_id="req_1")


def test_foreign_text_is_clean_and_bounded() -> None:
    hostile = f"\x1b]0;owned\x07 {KEY} \u202e" + "x" * 10_000
    found = respond(500, api_error("api_\x1berror", hostile, "code\x9b"), request_id="req\r\n_1")
    shown = "".join(filter(None, (found.error_type, found.error_code, found.message, found.request_id)))
    assert shown.isprintable()
    assert KEY not in shown
    assert found.message is not None
    assert len(found.message) == MAX_MESSAGE
    assert found.message.endswith("…")


def test_no_secret_is_halved_by_a_cut() -> None:
    for padding in range(MAX_MESSAGE - 60, MAX_MESSAGE + 5):
        for body in ("x" * padding + KEY, api_error("api_error", "x" * padding + KEY)):
            assert "sk-ant" not in (respond(500, body).message or "")


@pytest.mark.parametrize(
    "hostile",
    ["[" * 100_000, '{"a":' * 50_000, "{'" * 9_000, "\\'" * 10_000, "<title>" * 3_000],
    ids=["lists", "objects", "quotes", "escapes", "titles"],
)
def test_hostile_bodies_cost_little(hostile: str) -> None:
    assert respond(500, hostile).outcome is Outcome.SERVER_ERROR
    assert respond(500, api_error("api_error", "{'a" + hostile)).outcome is Outcome.SERVER_ERROR


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "type", "message", "detail", "code", "details"]), inner)
    ),
    max_leaves=12,
)


@given(status=st.integers(-1, 1000), body=_json.map(json.dumps) | st.text() | st.binary(), error=_json)
def test_nothing_can_break_the_classifier(status: int, body: str | bytes, error: object) -> None:
    found = respond(status, body)
    assert found.outcome is not Outcome.OK
    assert not {unicodedata.category(char) for char in found.message or ""} & {"Cc", "Cf", "Cs"}
    assert classify_error(error, status, redactor=Redactor()).outcome.failed


@given(
    error_type=st.sampled_from(["overloaded_error", "rate_limit_error", "permission_error"]),
    message=st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=40),
    printed=st.sampled_from([as_json, repr]),
    before=st.text("abc :-.\n", max_size=10),
    after=st.text(max_size=10),
)
def test_an_embedded_error_is_found_in_whatever_text(
    error_type: str, message: str, printed: Any, before: str, after: str
) -> None:
    text = before + printed(api_error(error_type, message)) + after
    assert next(embedded_errors(text)).type == error_type


def test_json_beyond_reason_is_no_json() -> None:
    for text in ("[" * 200_000, "1" * 2_000_000, "{"):
        with pytest.raises(ValueError):
            load_json(text)


CAPTURED = {
    "rate_limit_error": Outcome.RATE_LIMITED,
    "overloaded_error": Outcome.OVERLOADED,
    "edge_block": Outcome.INVALID_RESPONSE,
    "challenge_page": Outcome.INVALID_RESPONSE,
    "authentication_error": Outcome.KEY_REJECTED,
    "invalid_request_error": Outcome.BAD_REQUEST,
    "not_found_error": Outcome.MODEL_NOT_FOUND,
}


@needs_captures
def test_every_captured_error_is_classified() -> None:
    seen = set()
    for line in (CAPTURES / "errors.jsonl").read_text().splitlines():
        capture = json.loads(line)
        headers = {name.lower(): value for name, value in (capture["headers"] or {}).items()}
        if capture["kind"] == "sse":
            found = classify_error(capture["body"], capture["status"], redactor=Redactor())
        else:
            found = classify_response(capture["status"], headers, capture["body"], redactor=Redactor())
        if capture["body"] is None:
            assert found.outcome is Outcome.RATE_LIMITED
            continue
        assert found.error_type is not None
        assert found.outcome is CAPTURED[found.error_type]
        assert found.message
        seen.add(found.error_type)
        if "request_id" in capture["body"]:
            assert (found.request_id or "").startswith("req_")
    assert seen == set(CAPTURED)


@needs_captures
def test_every_failed_exchange_of_the_corpus_is_classified() -> None:
    exchanges = [json.loads(line) for line in (CAPTURES / "headers_corpus.jsonl").read_text().splitlines()]
    outcomes = [
        respond(exchange["status"], exchange["error_body"]).outcome
        for exchange in exchanges
        if exchange["error_body"]
    ]
    assert sorted(outcomes) == [Outcome.BAD_REQUEST] * 2 + [Outcome.MODEL_NOT_FOUND] * 2


NGINX = (
    "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n"
    "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
GO = "Client sent an HTTP request to an HTTPS server.\n"
APACHE = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>400 Bad Request</title>\n'
    "</head><body>\n<h1>Bad Request</h1>\n<p>Your browser sent a request that this server could not "
    "understand.<br />\nReason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n"
)


@pytest.mark.parametrize("page", [NGINX, GO, APACHE])
def test_a_port_for_tls_that_was_asked_in_plain_http(page: str) -> None:
    found = classify_response(400, {}, page, redactor=Redactor())
    assert (found.outcome, found.error_type) == (Outcome.INVALID_RESPONSE, "needs_tls")
    assert found.message == (
        "HTTP 400 Bad Request: a port that speaks TLS was addressed in plain HTTP: its URL must begin with https://"
    )


def test_an_error_that_quotes_such_a_page_is_the_apis() -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": NGINX}}
    found = classify_response(400, {}, json.dumps(body), redactor=Redactor())
    assert (found.outcome, found.error_type) == (Outcome.BAD_REQUEST, "invalid_request_error")
    assert classify_response(502, {}, NGINX, redactor=Redactor()).outcome is Outcome.SERVER_ERROR


def test_a_403_of_the_reverse_proxy_in_front_of_a_gateway() -> None:
    """`The network blocks us` sent people to look at VPN and proxy, for a rule of their own nginx."""
    page = "<html><head><title>403 Forbidden</title></head><body><center>nginx</center></body></html>"
    headers = {"server": "nginx/1.22.1", "content-type": "text/html"}
    denied = classify_response(403, headers, page, redactor=Redactor(), gateway=True)
    assert (denied.outcome, denied.error_type) == (Outcome.NOT_PERMITTED, "front_denied")
    assert denied.message == 'HTTP 403 Forbidden: a web page titled "403 Forbidden" (nginx)'
    unnamed = page.replace("<center>nginx</center>", "")
    assert (
        classify_response(403, headers, unnamed, redactor=Redactor(), gateway=True).error_type == "edge_block"
    )
    direct = classify_response(403, headers, page, redactor=Redactor())
    assert (direct.outcome, direct.error_type) == (Outcome.INVALID_RESPONSE, "edge_block")
    firewall = page.replace("403 Forbidden", "Blocked by the web application firewall")
    assert (
        classify_response(403, headers, firewall, redactor=Redactor(), gateway=True).error_type
        == "edge_block"
    )


def test_apache_in_front_of_a_gateway_is_no_forward_proxy() -> None:
    """Its `502 Proxy Error` was blamed on HTTPS_PROXY where no such proxy was set."""
    body = (
        "<html><head><title>502 Proxy Error</title></head><body><h1>Proxy Error</h1><p>The proxy server "
        "received an invalid response from an upstream server.</p><address>Apache/2.4</address></body></html>"
    )
    headers = {"server": "Apache/2.4.62 (Debian)", "content-type": "text/html"}
    assert (
        classify_response(502, headers, body, redactor=Redactor(), gateway=True).error_type == "gateway_page"
    )
    squid = {**headers, "via": "1.1 proxy.corp.example (squid/5.7)"}
    assert classify_response(502, squid, body, redactor=Redactor(), gateway=True).error_type == "proxy"
