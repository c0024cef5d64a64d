"""What servers and clients send, changed at random: sound answers, the captured ones where they are there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.knowledge.sentences import ELLIPSIS
from claude_tui.model.text import Redactor, inert
from claude_tui.probes.classify import MAX_MESSAGE, classify_response
from claude_tui.probes.headers import read_headers
from claude_tui.probes.status_summary import NotASummaryError, parse_summary
from claude_tui.traffic.cleaned import error_message
from claude_tui.traffic.http1.wire import (
    MAX_HEAD,
    BodyWriter,
    End,
    Event,
    RequestHead,
    RequestReader,
    ResponseHead,
    ResponseReader,
    request_bytes,
    response_bytes,
)
from claude_tui.traffic.proxy.answer_reader import AnswerReader
from claude_tui.traffic.routes import MESSAGES
from tests.bombs import gzip_of
from tests.fuzzed import changed_bytes
from tests.hostile_values import JSON_VALUES, TEXTS, as_json, nodes, replaced
from tests.unit.test_status_summary import SUMMARY
from tests.unit.test_traffic_reading import STREAM

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
HERE = Path(__file__).parent
CAPTURES = HERE.parents[1].parent / "shared" / "data"
CASES = HERE.parents[1].parent / "shared" / "cases"


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


def _errors() -> Iterator[tuple[int, bytes]]:
    for line in (*lines_of(HERE / "answers.jsonl"), *lines_of(CAPTURES / "http" / "errors.jsonl")):
        body, status = line.get("body"), line.get("status")
        if isinstance(status, int):
            yield status, (body if isinstance(body, str) else json.dumps(body)).encode()
    for file in sorted(CASES.glob("*.json")):
        case = json.loads(file.read_text("utf-8"))
        if isinstance(case.get("status"), int) and isinstance(case.get("body"), str):
            yield case["status"], case["body"].encode()


ERRORS = list(_errors())
SUMMARIES = [
    SUMMARY,
    *(
        json.loads(file.read_text("utf-8"))
        for file in sorted((CAPTURES / "statuspage").glob("summary_*.json"))
    ),
]
HEADERS = [
    {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49"}
    | {"anthropic-ratelimit-requests-reset": "2026-11-20T14:06:00Z", "retry-after": "30"}
    | {"anthropic-ratelimit-unified-5h-utilization": "0.4", "anthropic-ratelimit-unified-status": "allowed"}
    | {"server-timing": "x-originResponse;dur=120", "date": "Fri, 20 Nov 2026 14:05:33 GMT"},
    *(line["headers"] for line in lines_of(CAPTURES / "http" / "headers_corpus.jsonl")[:40]),
    *(line["headers"] for line in lines_of(CAPTURES / "http" / "unified_header_sets.jsonl")[:40]),
]
STREAMS = [
    b"".join(STREAM),
    *(line["body"].encode() for line in lines_of(CAPTURES / "http" / "sse_bodies.jsonl")[:20]),
]


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({min(cut, len(data)) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True)]


CUTS = st.lists(st.integers(0, 3000), max_size=8)


# -- errors, status pages, headers -----------------------------------------------------


@given(
    st.sampled_from(ERRORS), st.data(), st.sampled_from(["application/json", "text/html", "text/plain", ""])
)
def test_an_error_with_other_bytes_has_a_class_and_clean_words(
    error: tuple[int, bytes], data: st.DataObject, kind: str
) -> None:
    status, body = error
    fuzzed = data.draw(changed_bytes(body))
    found = classify_response(
        data.draw(st.sampled_from([status, 200, 302, 403, 529, 599])),
        {"content-type": kind, "location": "https://a.example/?q"},
        data.draw(st.sampled_from([fuzzed, gzip_of(fuzzed)])),
        redactor=Redactor(),
        now=NOW,
        gateway=data.draw(st.booleans()),
    )
    assert found.outcome.failed
    for text in (found.error_type, found.error_code, found.message, found.request_id):
        assert text is None or (inert(text, MAX_MESSAGE) == text and text.strip())
    assert found.body_wait_s is None or (found.body_wait_s >= 0 and math.isfinite(found.body_wait_s))
    kept = error_message(found.message)
    assert kept is None or inert(kept) == kept


@given(st.sampled_from(SUMMARIES), st.data(), JSON_VALUES)
def test_a_status_page_with_other_values_is_known_or_refused(
    summary: dict[str, Any], data: st.DataObject, value: object
) -> None:
    where = data.draw(st.sampled_from([path for path in nodes(summary) if path]))
    # As it comes over the wire.
    with suppress(ValueError, RecursionError):
        decoded = json.loads(as_json(replaced(summary, where, value)))
        with suppress(NotASummaryError):
            page = parse_summary(decoded, fetched_at=NOW, source="https://s.example", redactor=Redactor())
            assert page.known
            for component in page.components:
                assert inert(component.name) == component.name


@given(st.sampled_from(HEADERS), st.data())
def test_headers_with_other_values_are_read_or_left_out(fields: dict[str, str], data: st.DataObject) -> None:
    changed = {name.lower(): value for name, value in fields.items()}
    for name in data.draw(st.lists(st.sampled_from(sorted(changed)), min_size=1, max_size=4)):
        changed[name] = data.draw(
            TEXTS
            | st.integers().map(str)
            | st.floats().map(str)
            | st.datetimes().map(lambda at: at.isoformat())
        )
    facts = read_headers(changed.items(), now=NOW, redactor=Redactor(), sent_at=NOW)
    for reading in facts.rate_limits:
        assert all(figure is None or 0 <= figure < 2**53 for figure in (reading.limit, reading.remaining))
    for wait_s in (facts.retry_after_s, facts.server_s):
        assert wait_s is None or (wait_s >= 0 and math.isfinite(wait_s))
    for _, text in facts.notable:
        assert inert(text) == text


# -- answers as they pass --------------------------------------------------------------


@given(st.sampled_from(STREAMS), st.data(), CUTS)
def test_a_stream_with_other_bytes_is_read_and_its_counts_are_possible(
    stream: bytes, data: st.DataObject, cuts: list[int]
) -> None:
    body = data.draw(changed_bytes(stream))
    packed = data.draw(st.booleans())
    headers = [(b"content-type", b"text/event-stream")]
    if packed:
        headers.append((b"content-encoding", b"gzip"))
        body = data.draw(changed_bytes(gzip_of(body))) if data.draw(st.booleans()) else gzip_of(body)
    head = ResponseReader(b"POST").feed(response_bytes(200, b"OK", headers))[0]
    assert isinstance(head, ResponseHead)
    reader = AnswerReader(head, MESSAGES, b"POST")
    for piece in pieces_of(body, cuts):
        reader.feed(piece)
    reader.closed()
    tokens = reader.counts.tokens
    assert tokens is None or all(0 <= count < 2**63 for count in (tokens.input, tokens.output))
    assert isinstance(reader.is_unfinished, bool)
    assert isinstance(reader.is_strange, bool)


# -- HTTP on the wire ------------------------------------------------------------------

Made = tuple[list[object], bytes, str | None]


def parts_of(events: list[Event]) -> tuple[list[object], bytes]:
    """Heads and ends in their order, and the bodies as one."""
    return [event for event in events if not isinstance(event, bytes)], b"".join(
        event for event in events if isinstance(event, bytes)
    )


def chunked(body: bytes, trailers: bool) -> bytes:
    writer = BodyWriter(chunked=True)
    end = End(((b"X-Sum", b"1"),) if trailers else ())
    return b"".join(writer.piece(body[at : at + 7]) for at in range(0, len(body), 7)) + writer.end(end)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    made = b""
    for _ in range(draw(st.integers(1, 3))):
        body = draw(st.binary(max_size=40))
        framed = draw(st.booleans())
        headers = [(b"Host", b"x"), (draw(st.sampled_from([b"X-A", b"x-a"])), b" ")]
        headers.append(
            (b"Transfer-Encoding", b"chunked") if framed else (b"Content-Length", b"%d" % len(body))
        )
        made += request_bytes(b"POST", b"/v1/messages?a=%20", headers)
        made += chunked(body, draw(st.booleans())) if framed else body
    return made


@given(requests(), st.data(), CUTS, st.booleans())
def test_requests_are_the_same_however_they_are_cut(
    sound: bytes, data: st.DataObject, cuts: list[int], changed: bool
) -> None:
    """And whatever stands in them is read or refused."""
    sent = data.draw(changed_bytes(sound)) if changed else sound
    whole, cut = RequestReader(), RequestReader()
    at_once = parts_of(whole.feed(sent))
    pieces: list[Event] = []
    for piece in pieces_of(sent, cuts):
        if cut.broken is None:
            pieces += cut.feed(piece)
    if not changed:
        assert whole.broken is None
    # A head of a quarter of a megabyte is refused as soon as it is known to be too long.
    if len(sent) < MAX_HEAD // 2:
        assert parts_of(pieces) == at_once
        assert (cut.broken is None) == (whole.broken is None)
    for head in at_once[0]:
        if isinstance(head, RequestHead):
            assert head.method
            assert b"\r" not in head.target
            assert b"\n" not in head.target
            assert not any(b"\n" in value or b"\r" in value for _, value in head.headers)


@given(
    st.binary(max_size=60), st.data(), CUTS, st.sampled_from(["length", "chunked", "close"]), st.booleans()
)
def test_responses_are_the_same_however_they_are_cut(
    body: bytes, data: st.DataObject, cuts: list[int], framing: str, changed: bool
) -> None:
    headers = {
        "length": [(b"Content-Length", b"%d" % len(body))],
        "chunked": [(b"Transfer-Encoding", b"chunked")],
        "close": [],
    }[framing]
    sound = response_bytes(103, b"Early Hints", [(b"Link", b"</a>")]) + response_bytes(200, b"OK", headers)
    sound += chunked(body, trailers=True) if framing == "chunked" else body
    sent = data.draw(changed_bytes(sound)) if changed else sound
    whole, cut = ResponseReader(b"POST"), ResponseReader(b"POST")
    at_once = parts_of([*whole.feed(sent), *whole.closed()])
    pieces: list[Event] = []
    for piece in pieces_of(sent, cuts):
        if cut.broken is None:
            pieces += cut.feed(piece)
    pieces += cut.closed()
    if not changed:
        assert at_once[1] == body
        assert whole.broken is None
    if len(sent) < MAX_HEAD // 2:
        assert parts_of(pieces)[0] == at_once[0]
        assert (cut.broken is None) == (whole.broken is None)


# -- what is kept of them --------------------------------------------------------------


def test_most_of_the_captured_errors_of_the_api_keep_their_words() -> None:
    """An on-call engineer reads them. Ids, links and what was sent are left out."""
    kept = []
    for line in lines_of(CAPTURES / "http" / "errors.jsonl"):
        with suppress(ValueError, TypeError, KeyError):
            message = json.loads(line["body"])["error"]["message"]
            kept.append((error_message(message), message))
    nothing = [message for words, message in kept if words is None or words == ELLIPSIS]
    assert len(nothing) <= len(kept) / 4, nothing
