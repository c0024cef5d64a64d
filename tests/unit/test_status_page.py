"""Fetching the status page, and everything that answers in its place."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest

from claude_tui.model.observation import Outcome, Source
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.probes.status_page import StatusPageProbe, summary_url
from tests.loop_time import let_pass
from tests.ports import unused_port

SUMMARY = {
    "status": {"indicator": "minor", "description": "Partly cloudy"},
    "components": [{"id": "c1", "name": "Claude API", "status": "partial_outage"}],
    "incidents": [{"id": "i1", "name": "Elevated errors", "status": "identified", "impact": "major"}],
}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://status.example", "https://status.example/api/v2/summary.json"),
        ("https://status.example/", "https://status.example/api/v2/summary.json"),
        ("http://127.0.0.1:1/page/", "http://127.0.0.1:1/page/api/v2/summary.json"),
        ("https://status.example/api/v2/status.json", "https://status.example/api/v2/status.json"),
        ("https://status.example/s.json?lang=en", "https://status.example/s.json?lang=en"),
    ],
)
def test_addresses(url: str, address: str) -> None:
    assert summary_url(url) == address


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str, body: bytes, *headers: str) -> Answer:
    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + body)

    return write


def page(data: object = SUMMARY) -> Answer:
    return answer("200 OK", json.dumps(data).encode(), "content-type: application/json")


@asynccontextmanager
async def serving(respond: Answer, *, waits: bool = True) -> AsyncIterator[str]:
    handlers: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if waits:
                await reader.readuntil(b"\r\n\r\n")
            await respond(reader, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for handler in filter(None, handlers):
        handler.cancel()
    await asyncio.gather(*filter(None, handlers))


def no_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def probe(urls: Sequence[str], **options: Any) -> Report:
    routes = Proxies(proxies=dict, trust=no_trust)
    settings = {"clock": SystemClock(), "redactor": Redactor(), "timeout_s": 5.0, "routes": routes} | options
    prober = StatusPageProbe(urls, **settings)
    try:
        report = await prober.run()
    finally:
        await prober.aclose()
    assert report.observation.source is Source.STATUS
    assert report.status is not None
    return report


async def failure(respond: Answer, **options: Any) -> tuple[Report, str]:
    async with serving(respond) as url:
        report = await probe([url], **options)
    assert report.status is not None
    assert not report.status.known
    assert report.observation.failed
    return report, report.status.unknown_reason or ""


async def test_the_page_is_read_from_the_first_host_that_has_it() -> None:
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(serving(answer("405 Method Not Allowed", b"")))
        good = await stack.enter_async_context(serving(page()))
        report = await probe([bad, good])
    assert report.status is not None
    assert report.status.known
    assert report.status.source == f"{good}/api/v2/summary.json"
    assert report.status.incidents[0].name == "Elevated errors"
    observation = report.observation
    assert (observation.outcome, observation.http_status, observation.target) == (
        Outcome.OK,
        200,
        report.status.source,
    )
    assert observation.timings.total is not None
    assert observation.timings.total > 0


async def test_redirects_are_followed_and_the_source_is_where_they_led() -> None:
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(serving(page()))
        moved = answer("302 Found", b"", f"location: {good}/api/v2/summary.json")
        old = await stack.enter_async_context(serving(moved))
        report = await probe([old])
    assert report.status is not None
    assert report.status.source == f"{good}/api/v2/summary.json"


async def test_a_loop_of_redirects_ends() -> None:
    report, reason = await failure(answer("302 Found", b"", "location: /again"))
    assert report.observation.outcome is Outcome.INVALID_RESPONSE
    assert "redirected more than 5 times" in reason


@pytest.mark.parametrize("location", ["file:///etc/passwd", "https://[::1", "javascript:alert(1)"])
async def test_only_http_is_followed(location: str) -> None:
    report, reason = await failure(answer("302 Found", b"", f"location: {location}"))
    assert "cannot be requested" in reason
    assert report.observation.error_type == "redirect"


CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
PORTAL = b"<html><head><title>Hotel Wi-Fi</title></head></html>"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "error_type", "words"),
    [
        ("405 Method Not Allowed", CHALLENGE, Outcome.INVALID_RESPONSE, "challenge_page", "Just a moment..."),
        ("200 OK", PORTAL, Outcome.INVALID_RESPONSE, "html_page", "Hotel Wi-Fi"),
        ("200 OK", b"", Outcome.INVALID_RESPONSE, "empty_body", "empty body"),
        ("200 OK", b'{"status": "ok"}', Outcome.INVALID_RESPONSE, "unexpected_json", "under status"),
        ("200 OK", b"null", Outcome.INVALID_RESPONSE, "unexpected_json", "null"),
        ("200 OK", b"\xff\xfe\x00", Outcome.INVALID_RESPONSE, "unreadable", "200"),
        ("401 Unauthorized", b"", Outcome.INVALID_RESPONSE, None, "401"),
        ("407 Proxy Authentication Required", b"", Outcome.NETWORK, "proxy", "the proxy wants"),
        ("404 Not Found", b"nope", Outcome.INVALID_RESPONSE, "not_the_api", "404"),
        ("429 Too Many Requests", b"", Outcome.RATE_LIMITED, None, "429"),
        ("503 Service Unavailable", b"down", Outcome.SERVER_ERROR, None, "503"),
    ],
)
async def test_anything_else_is_unknown_and_says_who_said_what(
    status: str, body: bytes, outcome: Outcome, error_type: str | None, words: str
) -> None:
    report, reason = await failure(answer(status, body))
    assert report.observation.outcome is outcome
    assert report.observation.error_type == error_type
    assert report.observation.http_status == int(status[:3])
    assert reason.startswith("127.0.0.1:")
    assert words in reason


async def test_reading_stops_at_two_megabytes() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    report, reason = await failure(endless)
    assert "larger than" in reason
    assert report.observation.outcome is Outcome.INVALID_RESPONSE


async def test_a_page_may_be_compressed_and_a_little_under_the_limit() -> None:
    padded = SUMMARY | {"padding": "x" * 1_900_000}
    body = gzip.compress(json.dumps(padded).encode())
    async with serving(answer("200 OK", body, "content-encoding: gzip")) as url:
        report = await probe([url])
    assert report.status is not None
    assert report.status.known


async def test_silence_ends_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        let_pass(5)
        await reader.read()

    report, reason = await failure(silent)
    assert report.observation.outcome is Outcome.TIMEOUT
    assert report.observation.http_status is None
    assert "5s" in reason


async def test_a_refused_connection_a_missing_name_and_a_tls_failure_are_distinguished() -> None:
    async def no_such_name(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    port = unused_port()
    refused = await probe([f"http://127.0.0.1:{port}"])
    unnamed = await probe(["http://status.invalid"], routes=Proxies(resolve=no_such_name, proxies=dict))
    async with serving(answer("200 OK", b""), waits=False) as url:
        untrusted = await probe([url.replace("http:", "https:")])
    reasons = [
        report.status.unknown_reason or "" for report in (refused, unnamed, untrusted) if report.status
    ]
    assert reasons[0] == f"127.0.0.1:{port} refused the connection"
    assert reasons[1].startswith("the name status.invalid was not resolved")
    assert "TLS" in reasons[2]
    assert {report.observation.outcome for report in (refused, unnamed, untrusted)} == {Outcome.NETWORK}


async def test_when_all_fail_every_reason_is_given_and_an_answer_counts_for_more_than_none() -> None:
    async with serving(answer("503 Service Unavailable", b"down")) as url:
        report = await probe(["ftp://status.example", url])
    assert report.status is not None
    reason = report.status.unknown_reason or ""
    assert "not an http or https URL" in reason
    assert "503" in reason
    assert report.observation.http_status == 503


@pytest.mark.parametrize(
    "url", ["ftp://x", "nonsense", "http://", "http://[::1", "http://x:99999", "http://x:0"]
)
async def test_an_unusable_url_is_unknown_without_a_request(url: str) -> None:
    report = await probe([url])
    assert report.status is not None
    assert not report.status.known
    assert report.observation.outcome is Outcome.INVALID_RESPONSE


async def test_no_url_at_all_is_unknown() -> None:
    report = await probe([])
    assert report.status is not None
    assert report.status.unknown_reason == "no status page is set"


async def test_a_password_in_the_url_is_not_shown() -> None:
    async with serving(page()) as url:
        report = await probe([url.replace("http://", "http://someone:pa55word@")])
    assert report.status is not None
    assert report.status.known
    assert "pa55word" not in repr(report)


@pytest.mark.parametrize(("age", "known"), [("7200", False), ("40", True), ("x", True), ("9" * 400, True)])
async def test_an_old_copy_of_a_cache_says_nothing_of_now(age: str, known: bool) -> None:
    old = answer("200 OK", json.dumps(SUMMARY).encode(), f"age: {age}")
    async with serving(old) as url:
        report = await probe([url])
    assert report.status is not None
    assert report.status.known is known
    assert known or "a cache has kept for 2h 00m" in (report.status.unknown_reason or "")


async def test_behind_an_old_copy_the_next_address_is_read() -> None:
    async with serving(answer("200 OK", b"{}", "age: 7200")) as old, serving(page()) as new:
        report = await probe([old, new])
    assert report.status is not None
    assert report.status.source.startswith(new)
