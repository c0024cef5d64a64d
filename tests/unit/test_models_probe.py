"""The models probe: liveness, the list of models, and answers that are neither."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Outcome, Source, Timings
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.custom_headers import custom_headers
from claude_tui.probes.models import ModelsProbe, read_catalogue
from claude_tui.probes.network import Exchange
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from tests.loop_time import let_pass
from tests.wire_server import Answer, Request, WireServer, response

KEY = "sk-ant-api03-" + "k" * 40
AT = datetime(2026, 11, 20, tzinfo=UTC)
NEW = {
    "type": "model",
    "id": "claude-haiku-5-5",
    "display_name": "Claude Haiku 5.5",
    "created_at": "2026-09-01T00:00:00Z",
    "lifecycle": "active",
    "retires_at": None,
    "max_input_tokens": 400000,
}
OLD = {"type": "model", "id": "claude-x", "display_name": "Claude X", "created_at": "2025-01-01T00:00:00Z"}


async def probe(
    url: str,
    *,
    environ: Mapping[str, str] | None = None,
    timeout_s: float = 10.0,
    extra_headers: Mapping[str, str] | None = None,
) -> Report:
    given_environ = {"ANTHROPIC_API_KEY": KEY} if environ is None else environ
    credentials = Credentials.from_environ({**given_environ, "ANTHROPIC_BASE_URL": url})
    made = ModelsProbe(
        credentials,
        clock=SystemClock(),
        redactor=Redactor(credentials.secrets),
        timeout_s=timeout_s,
        extra_headers=extra_headers,
        routes=Proxies(proxies=dict),
    )
    report = await made.run()
    await made.aclose()
    return report


async def answered(answer: bytes, *, environ: Mapping[str, str] | None = None) -> Report:
    async with WireServer(answer) as server:
        return await probe(server.url, environ=environ)


def error(status: str, kind: str, message: str = "because") -> bytes:
    return response(
        {"type": "error", "error": {"type": kind, "message": message}},
        status=status,
        headers={"retry-after": "9"},
    )


# -- the list ---------------------------------------------------------------------


async def test_a_list_of_models() -> None:
    headers = {"request-id": "req_1", "server-timing": "x-originResponse;dur=20"}
    report = await answered(response({"data": [NEW, OLD], "has_more": False}, headers=headers))
    observation, catalogue = report.observation, report.catalogue
    assert (observation.source, observation.outcome) == (Source.MODELS, Outcome.OK)
    assert (observation.http_status, observation.request_id) == (200, "req_1")
    assert observation.server_s == 0.02
    assert observation.error_type is None
    assert observation.timings.first_byte is not None
    assert catalogue is not None
    assert [(model.id, model.lifecycle) for model in catalogue.models] == [
        ("claude-haiku-5-5", "active"),
        ("claude-x", None),
    ]
    assert catalogue.models[0].created_at == datetime(2026, 9, 1, tzinfo=UTC)


async def test_what_is_asked() -> None:
    async with WireServer(response({"data": []})) as server:
        await probe(server.url + "/gateway/", extra_headers={"X-Team": "sre"})
    request = server.requests[0]
    assert request.line == "GET /gateway/v1/models?limit=1000 HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert request.headers["user-agent"].startswith("claude-top/")
    assert request.headers["x-team"] == "sre"


async def test_a_token_goes_out_as_a_key_does() -> None:
    async with WireServer(response({"data": []})) as server:
        await probe(server.url, environ={"ANTHROPIC_AUTH_TOKEN": "token-of-a-gateway"})
    assert server.requests[0].headers["authorization"] == "Bearer token-of-a-gateway"


async def test_the_clocks_are_compared() -> None:
    report = await answered(response({"data": []}, headers={"date": "Fri, 20 Nov 2020 14:00:00 GMT"}))
    assert report.observation.skew_s is not None
    assert report.observation.skew_s < -100_000_000


def test_custom_headers_as_the_sdk_reads_them() -> None:
    text = "X-Team: sre\nnonsense\n X-Url :http://a:1 \n"
    assert custom_headers({"ANTHROPIC_CUSTOM_HEADERS": text}) == {"X-Team": "sre", "X-Url": "http://a:1"}
    assert custom_headers({}) == {}


# -- without a key -----------------------------------------------------------------


@pytest.mark.parametrize("environ", [{}, {"ANTHROPIC_API_KEY": KEY + "\n"}])
async def test_a_401_without_a_key_is_a_sign_of_life(environ: Mapping[str, str]) -> None:
    async with WireServer(error("401 Unauthorized", "authentication_error")) as server:
        observation = (await probe(server.url, environ=environ)).observation
    assert "authorization" not in server.requests[0].headers
    assert observation.outcome is Outcome.OK
    assert (observation.http_status, observation.error_type) == (401, "authentication_error")
    assert observation.message == "answered without a key: reachable"
    assert observation.timings.first_byte is not None


async def test_other_failures_without_a_key_are_failures() -> None:
    observation = (await answered(error("529 Overloaded", "overloaded_error"), environ={})).observation
    assert observation.outcome is Outcome.OVERLOADED


async def test_a_401_page_without_a_key_is_not_the_api() -> None:
    page = response(b"<html><title>Wifi</title></html>", status="401 Unauthorized", content_type="text/html")
    observation = (await answered(page, environ={})).observation
    assert (observation.outcome, observation.error_type) == (Outcome.KEY_REJECTED, "gateway_login")


async def test_a_401_with_a_key_rejects_it() -> None:
    observation = (await answered(error("401 Unauthorized", "authentication_error"))).observation
    assert observation.outcome is Outcome.KEY_REJECTED


# -- failures -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error("529 Overloaded", "overloaded_error"), Outcome.OVERLOADED),
        (error("429 Too Many Requests", "rate_limit_error"), Outcome.RATE_LIMITED),
        (error("500 Oops", "api_error"), Outcome.SERVER_ERROR),
        (error("403 Forbidden", "permission_error"), Outcome.NOT_PERMITTED),
        (error("404 Not Found", "not_found_error", "Not found: /v1/models"), Outcome.BAD_REQUEST),
        (response(b"<html>", status="502 Bad Gateway", content_type="text/html"), Outcome.SERVER_ERROR),
        (response(b"<html><title>Hotel</title>", content_type="text/html"), Outcome.INVALID_RESPONSE),
        (response(status="302 Found", headers={"location": "http://wifi/"}), Outcome.INVALID_RESPONSE),
        (response(b"", status="204 No Content"), Outcome.INVALID_RESPONSE),
        (response(b""), Outcome.INVALID_RESPONSE),
        (response([]), Outcome.INVALID_RESPONSE),
        (response({"data": "models"}), Outcome.INVALID_RESPONSE),
        (response(b"[" * 100_000), Outcome.INVALID_RESPONSE),
        (response(b'{"data": [' + b"1" * 5000 + b"]}"), Outcome.INVALID_RESPONSE),
        (response(b"\xff\xfe"), Outcome.INVALID_RESPONSE),
    ],
    ids=lambda value: value.value if isinstance(value, Outcome) else "answer",
)
async def test_answers_that_are_no_list(answer: bytes, outcome: Outcome) -> None:
    report = await answered(answer)
    assert report.observation.outcome is outcome
    assert report.observation.message
    assert report.catalogue is None


async def test_retry_after_counts_on_failures_only() -> None:
    assert (await answered(error("429 Slow down", "rate_limit_error"))).observation.retry_after_s == 9
    listed = await answered(response({"data": []}, headers={"retry-after": "9"}))
    assert listed.observation.retry_after_s is None
    no_list = await answered(response({"data": "?"}, headers={"retry-after": "3600"}))
    assert no_list.observation.failed
    assert no_list.observation.retry_after_s is None


async def test_a_hanging_server() -> None:
    async def hang(request: Request, answer: Answer) -> None:
        let_pass(10)
        await answer.hang()

    async with WireServer(hang) as server:
        observation = (await probe(server.url)).observation
    assert (observation.outcome, observation.error_type) == (Outcome.TIMEOUT, "read_timeout")
    assert observation.message == "connected, but no answer within 10s"


async def test_an_error_whose_body_never_ends_is_known_by_its_status() -> None:
    async def trickle(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 529 Overloaded\r\ncontent-length: 100000\r\nretry-after: 5\r\n\r\n{")
        while True:
            await answer.send(b" ")
            await asyncio.sleep(0)
            let_pass(0.1)

    async with WireServer(trickle) as server:
        observation = (await probe(server.url)).observation
    assert (observation.outcome, observation.http_status) == (Outcome.OVERLOADED, 529)
    assert observation.retry_after_s == 5


@pytest.mark.parametrize("url", ["http://[::1", "ftp://api.example", "api.example", "http://:80"])
async def test_base_urls_that_cannot_be_asked(url: str) -> None:
    observation = (await probe(url)).observation
    assert (observation.outcome, observation.error_type) == (Outcome.BAD_REQUEST, "unsendable")
    assert observation.message


async def test_an_extra_header_that_cannot_be_sent() -> None:
    async with WireServer(response({"data": []})) as server:
        observation = (await probe(server.url, extra_headers={"X-Secret": "se\ncret"})).observation
    assert observation.outcome is Outcome.BAD_REQUEST
    assert "cret" not in (observation.message or "")


# -- hostile lists -------------------------------------------------------------------


def exchange(body: object) -> Exchange:
    return Exchange(AT, Timings(), 200, (), json.dumps(body).encode(), None, None, None, None)


def test_a_list_is_bounded_and_its_text_inert() -> None:
    hostile = {
        "id": "claude\x1b[31m" + "x" * 10_000,
        "display_name": ["?"],
        "created_at": "soon",
        "lifecycle": 7,
    }
    junk = [None, 7, [], {}, {"id": ""}, {"id": 7}]
    catalogue = read_catalogue(exchange({"data": [*junk, hostile, *[NEW] * 5000]}), AT, redactor=Redactor())
    assert catalogue is not None
    assert len(catalogue.models) <= 1000
    first = catalogue.models[0]
    assert "\x1b" not in first.id
    assert len(first.id) <= 200
    assert first.display_name == first.id
    assert (first.created_at, first.lifecycle, first.retires_at) == (None, None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
ITEM = st.dictionaries(
    st.sampled_from(["id", "display_name", "created_at", "lifecycle", "retires_at"]),
    JSON | st.just("claude-x"),
)


@given(JSON | st.fixed_dictionaries({"data": st.lists(ITEM | JSON, max_size=5) | JSON}))
def test_no_list_is_too_odd(body: object) -> None:
    catalogue = read_catalogue(exchange(body), AT, redactor=Redactor())
    for model in catalogue.models if catalogue else ():
        assert model.id
        assert model.id.isprintable()
        assert model.created_at is None or model.created_at.tzinfo is not None


# -- redirects and encodings --------------------------------------------------------


async def test_a_redirect_is_recognized_though_its_body_never_ends() -> None:
    async def cut(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 307 Go\r\nlocation: /v1/elsewhere\r\ncontent-length: 100\r\n\r\n<")
        answer.close()

    async with WireServer(cut) as server:
        observation = (await probe(server.url)).observation
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "redirect")
    assert observation.message == "HTTP 307 redirect to /v1/elsewhere"


@pytest.mark.parametrize(
    ("status", "outcome"), [("200 OK", Outcome.INVALID_RESPONSE), ("500 Oops", Outcome.SERVER_ERROR)]
)
async def test_an_encoding_that_nobody_can_read_is_named(status: str, outcome: Outcome) -> None:
    answer = response(b"not gzip", status=status, headers={"content-encoding": "gzip"})
    observation = (await answered(answer)).observation
    assert observation.outcome is outcome
    assert "content-encoding gzip could not be read" in (observation.message or "")
