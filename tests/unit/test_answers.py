"""The meaning of answers, in the vocabularies of the API, clouds, relays and gateways."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from claude_tui.knowledge import KnownError, knowledge
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Side
from claude_tui.probes.classify import Classified, classify_response

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)


def classified(status: int, body: Any, **headers: str) -> Classified:
    text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify_response(status, named, text, redactor=Redactor(), gateway=True, now=NOW)


def known(status: int, body: Any, **headers: str) -> KnownError:
    """The entry of the error table, found as for a stored observation."""
    found = classified(status, body, **headers)
    return knowledge().of(
        Observation(
            at=NOW,
            source=Source.MESSAGES,
            target="http://gateway.example",
            outcome=found.outcome,
            http_status=status,
            error_type=found.error_type,
            error_code=found.error_code,
            message=found.message,
        )
    )


def api(error_type: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": error_type, "message": message}, "request_id": "req_1"}


SAID = [
    json.loads(line) for line in (Path(__file__).parent / "answers.jsonl").read_text("utf-8").splitlines()
]
"""Answers as these products word them, one a line, with the advice that each should lead to."""


@pytest.mark.parametrize(
    ("advice", "status", "body"),
    [(example["advice"], example["status"], example["body"]) for example in SAID],
)
def test_what_an_answer_says_is_what_is_advised(advice: str, status: int, body: Any) -> None:
    assert known(status, body).advice.id == advice


def test_every_kind_is_shown_in_several_vocabularies() -> None:
    counts = Counter(example["advice"] for example in SAID)
    assert len(counts) >= 20
    assert min(counts.values()) >= 5


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (403, {"error": {"type": "forbidden", "message": "Request not allowed"}}, {}),
        (403, {"message": "Forbidden"}, {}),
        (403, {"error": "Forbidden"}, {}),
        (403, {"error": "Forbidden", "statusCode": 403}, {}),
        (403, {"message": "Request blocked by the WAF: reference #18.2"}, {}),
        (403, {"message": "Your request was denied."}, {}),
        (403, "", {}),
        (403, "<html><head><title>403 Forbidden</title></head></html>", {"server": "nginx"}),
        (
            403,
            {
                "title": "Error 1020: Access denied",
                "status": 403,
                "error_name": "access_denied",
                "detail": "The site owner has blocked access based on the client's IP.",
                "cloudflare_error": True,
            },
            {"cf_ray": "1-FRA"},
        ),
    ],
)
def test_a_bare_refusal_is_something_in_between(status: int, body: Any, headers: dict[str, str]) -> None:
    assert known(status, body, **headers).advice.id == "blocked"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ExpiredTokenException", "credential_ended"),
        ("UnrecognizedClientException:http://internal.amazon.com/", "key"),
        ("AccessDeniedException", "permission"),
        ("ThrottlingException", "rate_limited"),
        ("ModelTimeoutException", "errors"),
    ],
)
def test_amazon_names_the_error_in_a_header(kind: str, name: str) -> None:
    statuses = {"ThrottlingException": 429, "ModelTimeoutException": 504}
    status = statuses.get(kind, 403)
    message = "The security token included in the request is expired" if "Expired" in kind else "No."
    assert known(status, {"message": message}, x_amzn_errortype=kind).advice.id == name
    if "Expired" not in kind:
        assert known(status, "", x_amzn_errortype=kind).advice.id == name


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x_squid_error": "ERR_DNS_FAIL 0"}, "ERR_DNS_FAIL"),
        ({"x_squid_error": "ERR_ACCESS_DENIED 0", "server": "squid"}, "ERR_ACCESS_DENIED"),
        ({"via": "1.1 proxy.corp.example (squid/5.7)"}, "proxy answered"),
        ({"via": "1.1 webproxy02.corp.example"}, "proxy answered"),
        ({"server": "Zscaler/6.2"}, "proxy answered"),
        ({"via": "1.1 mwg.corp.example (McAfee Web Gateway 9)"}, "proxy answered"),
    ],
)
def test_a_proxy_that_answers_itself_is_known_by_its_headers(headers: dict[str, str], message: str) -> None:
    found = classified(503, "<html><head><title>Service Unavailable</title></head></html>", **headers)
    assert (found.outcome, found.error_type) == (Outcome.NETWORK, "proxy")
    assert message in (found.message or "")


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_page_of_a_web_filter_is_the_path_at_whatever_status(status: int) -> None:
    """A firewall sends it as a 503, and the verdict on the API's own address was an outage of the API."""
    page = (
        "<html><head><title>Web Page Blocked</title></head><body><p>Access to the page you were trying to"
        " visit has been blocked in accordance with company policy.</p><b>Category:</b> ai</body></html>"
    )
    found = classify_response(status, {"content-type": "text/html"}, page, redactor=Redactor())
    assert (found.outcome, found.error_type) == (Outcome.INVALID_RESPONSE, "filter_page")
    assert known(status, page).advice.side is Side.PATH


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>403 Forbidden</title></head><body>Sorry, you have been blocked. This website uses"
        " a security service to protect itself from attacks.</body></html>",
        "<html><head><title>503 Service Unavailable</title></head><body>No server is available to handle"
        " this request. Access denied to nobody.</body></html>",
    ],
)
def test_a_page_of_a_sites_own_firewall_or_server_is_no_web_filter(page: str) -> None:
    assert classified(503, page).error_type != "filter_page"


def test_a_page_of_a_cdn_stands_before_the_provider() -> None:
    page = "<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>"
    assert known(502, page, server="cloudflare", cf_ray="9f-FRA").advice.id == "errors"


@pytest.mark.parametrize(
    ("body", "headers", "request_id"),
    [
        ({"request_id": "req_body"}, {"request_id": "req_head", "cf_ray": "1-FRA"}, "req_head"),
        ({"request_id": "req_body"}, {"cf_ray": "1-FRA"}, "req_body"),
        ({}, {"x_amzn_requestid": "1111-2222"}, "x-amzn-requestid 1111-2222"),
        ({}, {"x_request_id": "abc", "cf_ray": "1-FRA"}, "x-request-id abc"),
        ({}, {"cf_ray": "1-FRA"}, "cf-ray 1-FRA"),
        ({"ray_id": "a2b0"}, {}, "ray_id a2b0"),
        ({}, {"apim_request_id": "g-1"}, "apim-request-id g-1"),
        ({}, {"x_goog_request_id": "gg-9"}, "x-goog-request-id gg-9"),
        ({}, {"traceparent": "00-4bf9-00f0-01"}, "traceparent 00-4bf9-00f0-01"),
        ({"message": "no (request id: 2026112712abc)"}, {}, "request id 2026112712abc"),
        ({}, {}, None),
    ],
)
def test_whoever_answered_gave_the_request_an_id(
    body: dict[str, str], headers: dict[str, str], request_id: str | None
) -> None:
    assert classified(500, {"error": {"message": "no"}, **body}, **headers).request_id == request_id


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ({"error": "Concurrency limit exceeded", "message": "Limit: 3 at once"}, ("Concurrency", "Limit: 3")),
        ({"error": "invalid_grant", "error_description": "Session not found"}, ("invalid_grant", "Session")),
        (
            {"title": "Bad gateway", "detail": "The origin is silent.", "status": 502},
            ("Bad gateway", "silent"),
        ),
        ([{"error": {"code": 500, "message": "Internal error", "status": "INTERNAL"}}], ("Internal error",)),
        (
            {"errors": [{"code": 10000, "message": "Authentication error"}], "success": False},
            ("Authentication",),
        ),
        ({"fault": {"faultstring": "Spike arrest", "detail": {"errorcode": "x"}}}, ("Spike arrest",)),
        (
            {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": "oh no"}}},
            ("Provider returned error", "oh no"),
        ),
        ({"status": "failure", "message": "from the gateway"}, ("from the gateway",)),
    ],
)
def test_every_shape_is_read_and_every_text_kept(body: Any, texts: tuple[str, ...]) -> None:
    message = classified(502, body).message or ""
    assert all(text in message for text in texts)
    assert "{" not in message


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"code": 401, "msg": "unauthorized", "success": False}, Outcome.KEY_REJECTED),
        ({"code": 429, "message": "slow down"}, Outcome.RATE_LIMITED),
        ({"status": 403, "error": "Your plan lacks access to this model"}, Outcome.NOT_PERMITTED),
        ({"statusCode": 500, "message": "boom"}, Outcome.SERVER_ERROR),
        ({"error": {"code": 402, "message": "pay"}}, Outcome.SPEND_LIMIT),
        ({"success": False, "code": "529", "msg": "full"}, Outcome.OVERLOADED),
    ],
)
def test_a_success_that_carries_an_error_counts_as_the_error(body: Any, outcome: Outcome) -> None:
    assert classified(200, body).outcome is outcome


@pytest.mark.parametrize(
    "text",
    [
        "no healthy upstream",
        "upstream connect error or disconnect/reset before headers. reset reason: overflow",
        "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, "
        "transport failure reason: delayed connect error: Connection refused",
    ],
)
def test_the_edge_of_the_api_speaks_like_a_gateway_and_is_theirs(text: str) -> None:
    found = classify_response(503, {"server": "envoy"}, text, redactor=Redactor(), now=NOW)
    assert (found.outcome, found.error_type) == (Outcome.SERVER_ERROR, None)
    stored = Observation(
        at=NOW,
        source=Source.MESSAGES,
        target="https://api.anthropic.com",
        outcome=found.outcome,
        http_status=503,
        message=found.message,
    )
    assert knowledge().of(stored).advice.id == "errors"
    assert known(503, text).side is Side.UNCLEAR


def test_openrouters_raw_text_is_the_upstreams_own_error() -> None:
    raw = json.dumps(api("overloaded_error", "Overloaded"))
    body = {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": raw}}}
    assert classified(502, body).outcome is Outcome.OVERLOADED


@pytest.mark.parametrize(
    "body", [b"\x28\xb5\x2f\xfd" + bytes(range(200)), bytes(range(128, 256)), b"\x00\x01\x02\x03" * 20]
)
def test_a_body_that_cannot_be_read_says_so_and_prints_no_noise(body: bytes) -> None:
    found = classified(400, body, content_encoding="zstd")
    assert "cannot be read" in (found.message or "")
    assert "content-encoding zstd" in (found.message or "")
    assert "\ufffd" not in (found.message or "")
    assert found.message
    assert found.message.isprintable()


def test_a_post_that_became_a_get_was_redirected() -> None:
    page = "<!DOCTYPE html><html><body><pre>Cannot GET /v1/messages</pre></body></html>"
    for body in (page, {"message": "Cannot GET /v1/messages", "statusCode": 404, "error": "Not Found"}):
        assert known(404, body).advice.id == "redirected"


def test_a_text_in_another_character_set_is_read() -> None:
    body = json.dumps({"error": {"message": "余额不足，请充值"}}, ensure_ascii=False).encode("gbk")
    found = classified(429, body, content_type="application/json; charset=GBK")
    assert (found.outcome, found.message) == (Outcome.SPEND_LIMIT, "余额不足，请充值")
    assert classified(429, body, content_type="text/plain; charset=nonsense").outcome is Outcome.RATE_LIMITED


@pytest.mark.parametrize(
    "words", ["long context requires ", "retry after 1 ", "organization is ", "max_tokens: ", '"reset_at": "']
)
def test_a_hostile_text_costs_little_to_recognise(words: str) -> None:
    found = classified(400, {"error": {"message": words * 5_000}})
    assert found.outcome.failed


@pytest.mark.parametrize(
    ("status", "body", "headers", "advice"),
    [
        (
            429,
            {"message": "The model is not ready to serve inference requests."},
            {
                "x_amzn_errortype": "ModelNotReadyException:http://internal.amazon.com/coral/com.amazon.bedrock/"
            },
            "model_loading",
        ),
        (429, {"__type": "ModelNotReadyException", "message": "Try again later."}, {}, "model_loading"),
        (499, {"error": {"code": 499, "message": "Cancelled.", "status": "CANCELLED"}}, {}, "errors"),
        (499, "", {}, "errors"),
        (
            408,
            {"error": {"message": "litellm.Timeout: XException - Connection timed out after 600.0 seconds."}},
            {},
            "errors_no_answer",
        ),
    ],
)
def test_nobody_refused_a_request_that_was_too_early_or_took_too_long(
    status: int, body: Any, headers: dict[str, str], advice: str
) -> None:
    """They were reported as an outage, as our request, and as a gateway without a network."""
    assert known(status, body, **headers).advice.id == advice


@pytest.mark.parametrize("status", [400, 414, 431])
def test_a_page_of_what_stands_in_front_is_no_guest_network(status: int) -> None:
    page = f"<html><title>{status} Request Header Too Large</title><hr><center>nginx</center></html>"
    assert known(status, page).advice.id == "front_refused"
    assert classified(status, page).error_type == "front_refused"


def test_a_cloud_that_wants_a_login_first_is_no_wrong_key() -> None:
    found = known(401, "Invalid IAP credentials: empty token", x_goog_iap_generated_response="true")
    assert found.advice.id == "gateway_login"


@pytest.mark.parametrize(
    ("schemes", "clause"),
    [
        ("Negotiate", "a login by Negotiate, which needs a helper"),
        ("NTLM", "a login by NTLM, which needs a helper"),
        ("Negotiate, Basic realm=proxy", "a user name and a password"),
        ("", "a user name and a password"),
    ],
)
def test_a_proxy_that_wants_a_ticket_is_not_content_with_a_password(schemes: str, clause: str) -> None:
    found = classified(407, "", **({"proxy_authenticate": schemes} if schemes else {}))
    assert clause in (found.message or "")
