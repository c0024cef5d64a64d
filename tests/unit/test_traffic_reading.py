"""Events, counts, routes and names of applications: what is read of traffic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.traffic import OTHER, UNKNOWN, Tokens
from claude_tui.store.traffic_blocks import CountBlocks
from claude_tui.traffic.applications import MAX_NAMES, Application, Applications, Fingerprints, key_of
from claude_tui.traffic.counts import TokenCounts
from claude_tui.traffic.events import MAX_LINE, EventReader
from claude_tui.traffic.routes import model_in_path, route_of


def event(kind: str, *, named: bool = True, **data: object) -> bytes:
    name = f"event: {kind}\n" if named else ""
    return f"{name}data: {json.dumps({'type': kind, **data})}\n\n".encode()


def read(data: bytes, size: int = 1 << 20) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    reader = EventReader(found.append)
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
    reader.closed()
    return found


STREAM = (
    event("message_start", message={"model": "m", "usage": {"input_tokens": 3}}),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("ping"),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "secret words"}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "message_stop"}),
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}),
    event("message_stop"),
)


@given(st.integers(1, 300), st.booleans())
def test_events_are_read_however_they_are_cut_and_no_delta_is(size: int, windows: bool) -> None:
    data = b"".join(STREAM)
    found = read(data.replace(b"\n", b"\r\n") if windows else data, size)
    assert [parsed["type"] for parsed in found] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "message_delta",
        "message_stop",
    ]
    assert "secret words" not in repr(found)


def test_a_gateway_may_leave_out_the_names_of_events() -> None:
    found = read(b"".join(event(kind, named=False) for kind in ("message_start", "message_stop")))
    assert [parsed["type"] for parsed in found] == ["message_start", "message_stop"]


def test_an_error_is_read_with_and_without_its_type() -> None:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    assert read(event("error", error=error)) == [{"type": "error", "error": error}]
    bare = b'data: {"error": {"message": "upstream failed", "code": 500}}\n\n'
    assert [parsed["type"] for parsed in read(bare)] == ["error"]


def test_a_line_without_end_is_dropped_and_the_next_is_read() -> None:
    found = read(b"data: " + b"x" * (3 * MAX_LINE) + b"\n" + event("message_stop"), 10_000)
    assert [parsed["type"] for parsed in found] == ["message_stop"]


def test_the_largest_count_wins() -> None:
    counts = TokenCounts()
    counts.feed({"input_tokens": 10, "output_tokens": 1, "service_tier": "priority"})
    counts.feed({"input_tokens": 0, "output_tokens": 25, "cache_read_input_tokens": None})
    counts.feed({"input_tokens": True, "output_tokens": -4, "cache_read_input_tokens": 10**12})
    counts.feed("nothing")
    assert counts.tokens == Tokens(input=10, output=25)
    assert counts.service_tier == "priority"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"cache_creation_input_tokens": 7}, (7, 0)),
        (
            {
                "cache_creation_input_tokens": 7,
                "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
            },
            (3, 4),
        ),
        ({"cache_creation_input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 7}}, (0, 7)),
    ],
)
def test_cache_writes_of_five_minutes_and_an_hour_are_apart(
    usage: dict[str, object], expected: tuple[int, int]
) -> None:
    counts = TokenCounts()
    counts.feed(usage)
    assert counts.tokens is not None
    assert (counts.tokens.cache_write_5m, counts.tokens.cache_write_1h) == expected


VERTEX = b"/v1/projects/p/locations/us-east5/publishers/anthropic/models/"


@pytest.mark.parametrize(
    ("target", "model"),
    [
        (b"/model/us.anthropic.claude-haiku-4-5-v1%3A0/invoke?x=1", "us.anthropic.claude-haiku-4-5-v1:0"),
        (VERTEX + b"claude-haiku-4-5@20251001:rawPredict", "claude-haiku-4-5@20251001"),
        (VERTEX + b"count-tokens:rawPredict", None),
        (b"/v1/models/claude-haiku-5-5", None),
        (b"/v1/messages", None),
    ],
)
def test_bedrock_and_vertex_name_the_model_in_the_path(target: bytes, model: str | None) -> None:
    assert model_in_path(target) == model


@pytest.mark.parametrize(
    ("target", "route"),
    [
        (b"/v1/messages", "messages"),
        (b"/v1/messages?beta=true", "messages"),
        (b"/v1/messages/", "messages"),
        (b"/anthropic/v1/messages", "messages"),
        (b"/v1/messages/count_tokens", "count_tokens"),
        (b"/v1/messages/batches", "batches"),
        (b"/v1/messages/batches/msgbatch_1/results", "batches"),
        (b"/v1/files/file_1/content", "files"),
        (b"/v1/models/claude-haiku-5-5", "models"),
        (b"/model/us.anthropic.claude-haiku-4-5-v1%3A0/invoke", "messages"),
        (b"/model/us.anthropic.claude-haiku-4-5-v1%3A0/invoke-with-response-stream", "messages"),
        (VERTEX + b"claude-haiku-4-5@20251001:streamRawPredict", "messages"),
        (VERTEX + b"count-tokens:rawPredict", "count_tokens"),
        (VERTEX + b"claude-haiku-4-5@20251001:predict", OTHER),
        (b"/model/a/b/invoke", OTHER),
        (b"/v1/complete", OTHER),
        (b"/v1/messages_of_mine", OTHER),
        (b"/?/v1/messages", OTHER),
        (b"*", OTHER),
        (b"/" + b"a" * 100_000, OTHER),
    ],
)
def test_routes_are_a_closed_list(target: bytes, route: str) -> None:
    assert route_of(target) == route


def of(applications: Applications, **headers: str) -> str:
    return applications.of(
        [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    )


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("claude-cli/2.1.329 (external, cli)", "claude-cli"),
        ("Anthropic/Python 2.11.0", "Anthropic/Python"),
        ("AsyncAnthropic/Python 2.11.0", "Anthropic/Python"),
        ("Anthropic/JS 0.90.1", "Anthropic/JS"),
        ("ai/6.0.326 ai-sdk/provider-utils/4.0.65 runtime/node.js/v20.20.2", "ai-sdk"),
        ("ai-sdk/anthropic/3.0.140 ai-sdk/provider-utils/4.0.65", "ai-sdk"),
        ("ai/1.0", "ai"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("Mozilla/5.0 (X11; Linux)", "Mozilla"),
        ("", UNKNOWN),
        ("<script>/1", UNKNOWN),
        ("sk-ant-api03-abcdefghijklmnop/1", UNKNOWN),
    ],
)
def test_the_user_agents_product_is_a_name(agent: str, name: str) -> None:
    assert of(Applications(), User_Agent=agent) == name


def test_the_header_comes_before_the_settings_and_they_before_the_user_agent() -> None:
    salted = Fingerprints(b"0" * 16)
    apps = Applications(
        [
            Application("batch", frozenset({salted.of(b"key-of-batch")})),
            Application("checkout", user_agents=("checkout-*/*",)),
        ],
        salted,
    )
    assert of(apps, x_claude_top_app="shop front", x_api_key="key-of-batch", user_agent="checkout-eu/1") == (
        "shop front"
    )
    assert of(apps, x_api_key="key-of-batch", user_agent="checkout-eu/1") == "batch"
    assert of(apps, authorization="Bearer key-of-batch") == "batch"
    assert of(apps, x_api_key="another", user_agent="checkout-eu/1") == "checkout"
    assert of(apps, x_api_key="another", user_agent="other-thing/1") == "other-thing"


@pytest.mark.parametrize("name", ["", " ", "a" * 41, "x\x1b[31m", "sk-ant-api03-abcdefghijklmnop", "a;b"])
def test_a_name_that_is_not_fit_to_be_shown_does_not_count(name: str) -> None:
    assert of(Applications(), x_claude_top_app=name, user_agent="curl/8") == "curl"


def test_at_most_fifty_names_are_kept_apart() -> None:
    apps = Applications([Application("checkout", user_agents=("checkout/*",))])
    names = {of(apps, x_claude_top_app=f"made up {number}") for number in range(500)}
    assert len(names) == MAX_NAMES
    assert OTHER in names
    # What the settings name always has its place.
    assert of(apps, user_agent="checkout/2") == "checkout"


def test_a_fingerprint_is_short_and_that_of_this_installation(tmp_path: Path) -> None:
    one, again = Fingerprints.kept_in(tmp_path / "a"), Fingerprints.kept_in(tmp_path / "a")
    other = Fingerprints.kept_in(tmp_path / "b")
    key = b"sk-ant-api03-some-key"
    assert one.of(key) == again.of(key) != other.of(key)
    assert len(one.of(key)) == 10
    assert (tmp_path / "a" / "key-fingerprints.salt").stat().st_mode & 0o777 == 0o600
    assert "sk-ant" not in repr(one)


def test_a_key_is_found_as_the_sdks_send_it() -> None:
    assert key_of({b"x-api-key": b" k "}) == b"k"
    assert key_of({b"authorization": b"Bearer k"}) == b"k"
    assert key_of({}) is None


def test_a_damaged_row_that_was_added_is_no_reason_to_fail() -> None:
    blocks = CountBlocks()
    blocks.forget([(3, "ten", 7), (4, 10, "")])
    assert blocks.last == 4
