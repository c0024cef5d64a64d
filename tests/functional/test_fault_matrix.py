"""Each fault between here and the API, for each active source: the right outcome, in time, in words.

An incident begins with what a probe reports of a fault. `tests/faults.py` plays the faults; the table says
how each of them looks to the status page, the model list and the messages probe.
"""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from pathlib import Path

import pytest

from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.text import Redactor, inert
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.messages import MessagesProbe
from claude_tui.probes.models import ModelsProbe
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.report import Report
from claude_tui.probes.status_page import StatusPageProbe
from tests.faults import HTTP_FAULTS, MODEL, SOUND, TLS_FAULTS, tls_server
from tests.wire_server import Answer, Request, WireServer

KEY = "sk-ant-api03-" + "k" * 40
TIMEOUT_S = 5.0
# What one exchange may hold, with the server's own buffers: the largest body that is read has 2 MB.
MOST_BYTES = 24_000_000

Found = tuple[Outcome, str | None]
CLOSED: Found = (Outcome.NETWORK, "closed")
CUT: Found = (Outcome.NETWORK, "cut_short")
CUT_STREAM: Found = (Outcome.TRUNCATED_STREAM, "cut_short")
LATE: Found = (Outcome.TIMEOUT, "read_timeout")
TOO_LARGE: Found = (Outcome.INVALID_RESPONSE, "too_large")
PROTOCOL: Found = (Outcome.INVALID_RESPONSE, "protocol")
NOT_JSON: Found = (Outcome.INVALID_RESPONSE, "not_json")
EMPTY: Found = (Outcome.INVALID_RESPONSE, "empty_body")
NO_EVENTS: Found = (Outcome.INVALID_RESPONSE, "no_events")
REDIRECT: Found = (Outcome.INVALID_RESPONSE, "redirect")
AWAY: Found = (Outcome.INVALID_RESPONSE, "redirect_away")
BROKEN: Found = (Outcome.SERVER_ERROR, None)
UNFINISHED: Found = (Outcome.TRUNCATED_STREAM, None)
WELL: Found = (Outcome.OK, None)

# For the status page, the model list and the messages, or for all of them.
EXPECTED: dict[str, Found | tuple[Found, Found, Found]] = {
    "reset before the answer": CLOSED,
    "closed before the answer": CLOSED,
    "reset in the status line": CLOSED,
    "closed in the status line": CLOSED,
    "reset in the headers": CLOSED,
    "closed in the headers": CLOSED,
    "reset behind the headers": (CUT, CUT, CUT_STREAM),
    "reset in the body": (CUT, CUT, CUT_STREAM),
    "closed in the body": (CUT, CUT, CUT_STREAM),
    "reset between chunks": (CUT, CUT, CUT_STREAM),
    "closed between chunks": (CUT, CUT, CUT_STREAM),
    "closed in a chunk": (CUT, CUT, CUT_STREAM),
    "silent": LATE,
    "stalls in the status line": LATE,
    "stalls in the headers": LATE,
    "stalls behind the headers": LATE,
    "stalls in the body": LATE,
    "stalls between chunks": LATE,
    "drips": LATE,
    "interim answers without end": LATE,
    "a gigabyte": TOO_LARGE,
    "a gigabyte of an error": BROKEN,
    "a gigabyte of blanks": TOO_LARGE,
    "a gzip bomb": TOO_LARGE,
    "a gzip bomb of an error": BROKEN,
    "a long header": PROTOCOL,
    "many headers": PROTOCOL,
    # The stream says itself where it ends.
    "a length that is too long": (CUT, CUT, WELL),
    "a length that is too short": (NOT_JSON, NOT_JSON, UNFINISHED),
    "a negative length": PROTOCOL,
    "no number as length": PROTOCOL,
    "a length beyond numbers": PROTOCOL,
    "two lengths": PROTOCOL,
    "no such chunk": PROTOCOL,
    "a chunk beyond numbers": PROTOCOL,
    "a header without a colon": PROTOCOL,
    "a header with NUL": PROTOCOL,
    # What other clients understand as well, an application gets by with.
    "a header with a line feed only": WELL,
    "headers twice": WELL,
    "a folded header": WELL,
    "no gzip": WELL,
    "an unknown coding": WELL,
    "no HTTP at all": PROTOCOL,
    "HTTP/0.9": PROTOCOL,
    "HTTP/2": PROTOCOL,
    "no such status": EMPTY,
    "another protocol": PROTOCOL,
    "a torn gzip": (NOT_JSON, NOT_JSON, UNFINISHED),
    "nothing": (EMPTY, EMPTY, NO_EVENTS),
    "no content": (EMPTY, EMPTY, NO_EVENTS),
    "bytes that are no text": (
        (Outcome.INVALID_RESPONSE, "unreadable"),
        (Outcome.INVALID_RESPONSE, "unreadable"),
        (Outcome.INVALID_RESPONSE, "garbled_stream"),
    ),
    "brackets": NOT_JSON,
    "a redirect loop": REDIRECT,
    "redirects without end": (REDIRECT, AWAY, AWAY),
}
TLS_EXPECTED: dict[str, Found] = {
    "expired": (Outcome.NETWORK, "tls_expired"),
    "self-signed": (Outcome.NETWORK, "tls_untrusted"),
    "another host": (Outcome.NETWORK, "tls_hostname"),
    "closed in the handshake": (Outcome.NETWORK, "tls_handshake"),
    "reset in the handshake": (Outcome.NETWORK, "tls_handshake"),
    "stalls in the handshake": (Outcome.TIMEOUT, "tls_timeout"),
    "an alert": (Outcome.NETWORK, "tls_handshake"),
    "plain HTTP": (Outcome.NETWORK, "not_tls"),
    "garbage": (Outcome.NETWORK, "tls_handshake"),
}
SOURCES = tuple(SOUND)


def expected_of(name: str, source: str) -> Found:
    found = EXPECTED[name]
    return found[SOURCES.index(source)] if isinstance(found[0], tuple) else found  # type: ignore[return-value]


async def asked(source: str, url: str, routes: Proxies) -> Report:
    """The report of a source on a server. Raises TimeoutError without one."""
    credentials = Credentials.from_environ({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": url})
    redactor, clock = Redactor(credentials.secrets), SystemClock()
    probe: StatusPageProbe | ModelsProbe | MessagesProbe
    if source == "status":
        probe = StatusPageProbe([url], clock=clock, redactor=redactor, timeout_s=TIMEOUT_S, routes=routes)
    elif source == "models":
        probe = ModelsProbe(credentials, clock=clock, redactor=redactor, timeout_s=TIMEOUT_S, routes=routes)
    else:
        probe = MessagesProbe(
            credentials, lambda: MODEL, clock=clock, redactor=redactor, timeout_s=TIMEOUT_S, routes=routes
        )
    try:
        return await probe.run()
    finally:
        await probe.aclose()


def checked_text(report: Report) -> Observation:
    """The observation of a report, after checking that its texts can be shown and stored."""
    seen = report.observation
    for text in (seen.message, report.status.unknown_reason if report.status is not None else None):
        assert text is None or (text.strip() and len(text) <= 2_100)
        assert text is None or inert(text, 5_000) == text
        assert text is None or KEY not in text
        assert text is None or "Traceback" not in text
    timings = (seen.timings.connect, seen.timings.first_byte, seen.timings.total)
    assert all(timing is None or timing >= 0 for timing in timings)
    if seen.outcome.failed:
        assert seen.message
    if report.status is not None:
        # A page that cannot be read is unknown, never healthy.
        assert report.status.known is (seen.outcome is Outcome.OK)
    return seen


@pytest.fixture(autouse=True)
def no_noise(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> object:
    """Nothing is written to the terminal, and no task ends with an unnoticed error."""
    yield None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert capfd.readouterr() == ("", "")


def test_the_table_has_every_fault() -> None:
    assert set(EXPECTED) == set(HTTP_FAULTS)
    assert set(TLS_EXPECTED) == set(TLS_FAULTS)


@pytest.mark.parametrize("source", SOURCES)
async def test_a_server_that_is_well(source: str) -> None:
    async with WireServer(SOUND[source].head + SOUND[source].body) as server:
        seen = checked_text(await asked(source, server.url, Proxies(proxies=dict)))
    assert (seen.outcome, seen.error_type) == WELL


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", HTTP_FAULTS)
async def test_a_fault_of_the_server(name: str, source: str) -> None:
    async def play(request: Request, answer: Answer) -> None:
        await HTTP_FAULTS[name](request, answer, SOUND[source])

    async with WireServer(play) as server:
        seen = checked_text(await asked(source, server.url, Proxies(proxies=dict)))
    assert (seen.outcome, seen.error_type) == expected_of(name, source)
    # A failure is not asked again on the spot, and no redirect of an API is followed.
    assert len(server.requests) <= (6 if source == "status" and "redirect" in name else 1)


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        # The banner of another service was called no answer, and the wrong status was named.
        ("no HTTP at all", "models", "the answer is not valid HTTP: “SSH-2.0-OpenSSH_9.9”"),
        ("no HTTP at all", "messages", "the answer is not valid HTTP: “SSH-2.0-OpenSSH_9.9”"),
        ("no content", "messages", "HTTP 204, but no message in it"),
        ("stalls in the body", "models", "the answer began but did not end within 5s"),
        ("closed in the status line", "models", "no answer: connection closed after the request was sent"),
    ],
)
async def test_the_words_for_it(name: str, source: str, words: str) -> None:
    async def play(request: Request, answer: Answer) -> None:
        await HTTP_FAULTS[name](request, answer, SOUND[source])

    async with WireServer(play) as server:
        seen = (await asked(source, server.url, Proxies(proxies=dict))).observation
    assert (seen.message or "").startswith(words)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", TLS_FAULTS)
async def test_a_fault_of_tls(name: str, source: str, tmp_path: Path) -> None:
    async with tls_server(TLS_FAULTS[name], tmp_path, SOUND[source]) as (url, trust):
        routes = Proxies(proxies=dict, trust=lambda: trust)
        seen = checked_text(await asked(source, url, routes))
    assert (seen.outcome, seen.error_type) == TLS_EXPECTED[name]
    assert seen.http_status is None


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", [fault for fault in HTTP_FAULTS if "gigabyte" in fault or "bomb" in fault])
async def test_what_is_too_much_is_not_held(name: str, source: str) -> None:
    async def play(request: Request, answer: Answer) -> None:
        await HTTP_FAULTS[name](request, answer, SOUND[source])

    async with WireServer(SOUND[source].head + SOUND[source].body) as well:
        # What it loads with the first exchange is not meant.
        await asked(source, well.url, Proxies(proxies=dict))
    async with WireServer(play) as server:
        tracemalloc.start()
        try:
            await asked(source, server.url, Proxies(proxies=dict))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MOST_BYTES


@pytest.mark.parametrize("source", SOURCES)
async def test_faults_one_after_the_other_leave_nothing_behind(source: str) -> None:
    """Tasks and connections of a failed exchange end with it."""
    names = iter([*HTTP_FAULTS] * 2)

    async def play(request: Request, answer: Answer) -> None:
        await HTTP_FAULTS[next(names)](request, answer, SOUND[source])

    before = asyncio.all_tasks()
    async with WireServer(play) as server:
        for _ in range(40):
            await asked(source, server.url, Proxies(proxies=dict))
        # The server's own end when it stops.
        assert len(server.requests) >= 40
    assert asyncio.all_tasks() - before == set()
