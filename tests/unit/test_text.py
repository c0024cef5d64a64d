"""What foreign text can never do: show a secret, or be interpreted."""

from __future__ import annotations

import sys
import unicodedata
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claude_tui.model.text import MASK, Redactor, host_of, inert

KEY = "sk-ant-api03-TOPSECRETtopsecret0123456789-_AA"
ODD = "a tok/en+with=odd signs"
JUNK = st.text(alphabet="\r\n\t\0\x1b \u200b\u200f\u202e\u2066", min_size=1, max_size=3)


@example("", [(13, "\u200b")], "")
@given(st.text(), st.lists(st.tuples(st.integers(1, len(KEY) - 1), JUNK), max_size=4), st.text())
def test_a_secret_never_comes_through_however_it_is_broken_up(
    before: str, cuts: list[tuple[int, str]], after: str
) -> None:
    broken = KEY
    for at, junk in sorted(cuts, reverse=True):
        broken = broken[:at] + junk + broken[at:]
    shown = Redactor([KEY]).clean(f"{before} {broken} {after}")
    letters = "".join(char for char in shown if char.isalnum())
    assert "TOPSECRETtopsecret0123456789" not in letters


@pytest.mark.parametrize("secret", [KEY, ODD])
def test_other_spellings_of_a_secret_go_too(secret: str) -> None:
    redactor = Redactor([secret])
    for spelt in (secret, secret.upper(), quote(secret, safe=""), b64encode(secret.encode()).decode()):
        assert MASK in redactor.clean(f"invalid key: {spelt}")


@pytest.mark.parametrize(
    "shape",
    [
        "sk-ant-admin01-abcdefgh",
        "Bearer abcdefghijklmnop",
        "https://user:hunter2@host/",
        "https://hooks.slack.com/services/T0/B0/xyz",
    ],
)
def test_what_is_shaped_like_a_secret_goes_without_being_known(shape: str) -> None:
    shown = Redactor().clean(shape)
    assert MASK in shown
    assert "hunter2" not in shown


def test_ordinary_text_is_left_alone() -> None:
    text = "This request would exceed your organization's rate limit of 30,000 input tokens per minute."
    assert Redactor([KEY]).clean(text) == text


@given(st.text(), st.integers(2, 50), st.booleans())
def test_nothing_inert_controls_a_terminal_or_is_too_long(text: str, limit: int, keep: bool) -> None:
    shown = inert(text, limit, keep_newlines=keep)
    assert len(shown) <= limit
    hidden = [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]
    assert set(hidden) <= ({"\n"} if keep else set())
    # A carriage return is left out, which is no loss.
    if len(text.replace("\r", "")) > limit:
        assert shown.endswith("…")


@pytest.mark.parametrize("keep", [False, True])
def test_every_character_that_is_not_seen_becomes_one_that_is(keep: bool) -> None:
    hidden = {"Cc", "Cf", "Cn", "Cs", "Co", "Zl", "Zp"}
    every = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in hidden]
    if keep:
        every.remove("\n")
    # A thousand at a time, each between two letters.
    for begin in range(0, len(every), 1000):
        some = every[begin : begin + 1000]
        made = inert("".join(f"a{char}b" for char in some), keep_newlines=keep)
        assert not set(some) & set(made)
        assert made.count("b") == len(some)


def test_a_cut_shows_behind_a_carriage_return_too() -> None:
    assert inert("00\rand more", 2) == "0…"
    assert inert("00\r", 2) == "00"


def test_escapes_are_seen_as_symbols_and_markup_stays_text() -> None:
    assert inert("\x1b[31m[bold]x[/bold]\x07") == "␛[31m[bold]x[/bold]␇"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://status.claude.com/api/v2/summary.json", "status.claude.com"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080/x", "[::1]:8080"),
        ("http://[redacted]@127.0.0.1:80/x", "127.0.0.1:80"),
        ("http://user:pw@host?q=a@b#c@d", "host"),
        ("https://[::1", "[::1"),
        ("ftp+x://h", "h"),
        ("nonsense", "nonsense"),
        ("http://", "http://"),
        ("", ""),
    ],
)
def test_the_host_of_a_url_or_the_text_itself(url: str, host: str) -> None:
    assert host_of(url) == host


@given(st.text(alphabet=":/@[]?#.%\\hp0 \n") | st.text())
def test_a_host_is_found_in_any_text_and_never_says_who(rest: str) -> None:
    host_of(rest)
    assert host_of(f"http://{quote(rest, safe='@:[]')}@h/{rest}") == "h"
