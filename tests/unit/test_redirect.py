"""Where a redirect points: as complete as is useful, and without anything secret."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.text import Redactor
from claude_tui.probes.redirect import redirect_words

KEY = "sk-ant-api03-" + "k" * 40


def words(location: str | None) -> str:
    return redirect_words(307, location, redactor=Redactor([KEY]))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://gateway.example/v1/messages", "https://gateway.example/v1/messages"),
        ("https://gateway.example:8443/x", "https://gateway.example:8443/x"),
        ("HTTPS://gateway.example", "HTTPS://gateway.example"),
        ("//gateway.example/x", "//gateway.example/x"),
        ("/v1/elsewhere", "/v1/elsewhere"),
        ("elsewhere", "elsewhere"),
        ("https://who:hunter22@gateway.example/x", "https://gateway.example/x"),
        ("https://a-token@gateway.example/x", "https://gateway.example/x"),
        ("//who@gateway.example/x", "//gateway.example/x"),
        ("https://login.example/?session=abc#top", "https://login.example/?…"),
        ("https://login.example/a@b", "https://login.example/a@b"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://login.example/\x9b31m", "https://login.example/<009B>31m"),
    ],
)
def test_where_to(location: str, target: str) -> None:
    assert words(location) == f"HTTP 307 redirect to {target}"


@pytest.mark.parametrize("location", [None, "", "  "])
def test_nowhere(location: str | None) -> None:
    assert words(location) == "HTTP 307 redirect without a location"


@pytest.mark.parametrize(
    "location",
    [
        *("javascript:alert(1)", "file:///etc/passwd", "https://", "https://[::1", "http://a:b/"),
        *("http://a:0/", "https://a\\@b/", "https://a b/", "https://a/\x1b[31m"),
    ],
)
def test_garbage_is_called_garbage_and_shown_inert(location: str) -> None:
    described = words(location)
    assert described.endswith(", which is not a valid address")
    assert described.isprintable()


def test_a_key_in_the_path_is_not_shown() -> None:
    assert KEY not in words(f"https://gateway.example/{KEY}/v1")


@given(st.text(max_size=5000) | st.text(max_size=50).map(lambda text: f"https://secret-user@{text}"))
def test_no_location_is_too_odd(location: str) -> None:
    described = words(location)
    assert len(described) < 400
    assert "secret-user" not in described
    assert not any(unicodedata.category(char).startswith("C") for char in described)
