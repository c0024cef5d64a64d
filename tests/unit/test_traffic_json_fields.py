"""A few fields of a JSON object in pieces, against a parser that has it whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.traffic.json_fields import MAX_STEPS, MAX_VALUE, TopFields

WANTED = ("model", "stream", "usage")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NAMES = st.sampled_from([*WANTED, "messages", 'q"', "back\\", ""]) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | st.sampled_from(['{"model":"inner"}', "\\", '"', "],}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def fed(data: bytes, sizes: list[int]) -> TopFields:
    fields, at, turn = TopFields(WANTED), 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        fields.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    return fields


@given(
    st.dictionaries(NAMES, VALUES, max_size=6),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_it_finds_what_a_parser_finds_however_the_pieces_are_cut(
    data: dict[str, object], sizes: list[int], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        text = json.dumps(data, indent=indent).encode()
    fields = fed(text, sizes)
    assert fields.complete
    assert [fields.get(name) for name in WANTED] == [data.get(name) for name in WANTED]


@given(st.binary(max_size=200), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_anything_else_is_read_without_a_fault(data: bytes, sizes: list[int]) -> None:
    fed(data, sizes)
    fed(b'{"model":' + data, sizes)


@pytest.mark.parametrize("text", [b"[1]", b'"model"', b"<html>", b"", b"model=x", b'{"a" 1}', b"{1:2}"])
def test_what_is_no_object_has_no_fields(text: bytes) -> None:
    fields = fed(text, [1])
    assert not fields.complete
    assert fields.get("model") is None


def test_a_value_that_is_too_long_is_not_kept() -> None:
    text = json.dumps({"model": "m" * (MAX_VALUE + 1), "stream": True}).encode()
    fields = fed(text, [4096])
    assert (fields.get("model"), fields.get("stream")) == (None, True)


def test_it_gives_up_on_endless_brackets_and_endless_names() -> None:
    assert fed(b'{"a":' + b"[" * (MAX_STEPS + 10), [65_536]).over
    assert fed(b'{"' + b"a" * 100_000, [1000]).over


def test_what_comes_behind_a_long_message_is_found() -> None:
    messages = [{"role": "user", "content": 'say "hi" \\ ' * 1000} for _ in range(200)]
    text = json.dumps({"max_tokens": 8, "messages": messages, "model": "m", "stream": True}).encode()
    fields = fed(text, [65_536])
    assert (fields.get("model"), fields.get("stream")) == ("m", True)
