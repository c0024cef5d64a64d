"""Equal values of successive records are one object in memory."""

from __future__ import annotations

from dataclasses import dataclass

from claude_tui.model.interning import interned, interned_header, interned_text
from claude_tui.model.json_values import from_json
from claude_tui.model.provider import Component


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a store holds it."""

    application: str
    message: str | None = None
    buckets: tuple[str, ...] = ()


def copy_of(text: str) -> str:
    return text.encode().decode()


def test_equal_texts_are_one_object() -> None:
    text = interned_text("Overloaded")
    assert interned_text(copy_of(text)) is text


def test_what_was_not_seen_for_long_is_forgotten() -> None:
    text = copy_of("a message of the past")
    assert interned_text(text) is text
    for number in range(300):
        interned_text(f"req_{number}")
    again = copy_of(text)
    assert interned_text(again) is again


def test_long_texts_are_left_alone() -> None:
    text = "words " * 100
    assert interned_text(text) is text
    other = copy_of(text)
    assert interned_text(other) is other


def test_equal_headers_are_one_pair() -> None:
    pair = interned_header("server", "cloudflare")
    assert interned_header(copy_of("server"), copy_of("cloudflare")) is pair


def test_entries_read_from_json_share_their_words() -> None:
    raw = b'{"application":"checkout","message":"Too busy","buckets":["input","output"]}'
    one, other = from_json(Entry, raw), from_json(Entry, raw)
    assert one == other == Entry("checkout", "Too busy", ("input", "output"))
    assert one.application is other.application
    assert one.message is other.message
    assert one.buckets[0] is other.buckets[0]


def test_equal_values_of_a_type_are_one_object() -> None:
    first = interned(Component("api", "Claude API", "operational"))
    assert interned(Component("api", "Claude API", "operational")) is first
    assert interned(Component("api", "Claude API", "major_outage")) is not first
    names = interned(frozenset({"api", "Claude API"}))
    assert interned(frozenset({"Claude API", "api"})) is names
    assert interned(None) is None
