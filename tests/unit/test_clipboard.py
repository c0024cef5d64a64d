"""OSC 52 as terminals and multiplexers between them and us receive it."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.tui.clipboard import MAX_BYTES, osc52

TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-1000/default,1,0"}
SCREEN = {"TERM": "screen.xterm-256color", "STY": "1234.pts-0"}


def osc_payload(sequence: str) -> str:
    """What a terminal would put on the clipboard."""
    match = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert match, sequence
    return base64.b64decode(match[1]).decode()


def through_screen(written: str) -> str:
    """What GNU screen hands on: the contents of each DCS, none of which may be long."""
    assert re.fullmatch(r"(?:\x1bP[^\\]*?\x1b\\)+", written)
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", written, re.DOTALL)
    assert all(len(piece) <= 768 - 8 for piece in pieces)
    return "".join(pieces)


def through_tmux(written: str) -> list[str]:
    """What tmux acts on: the plain sequence itself, and what a passthrough holds."""
    plain, passed = re.fullmatch(
        r"(\x1b\]52;c;[^\x07]*\x07)\x1bPtmux;(.*)\x1b\\", written, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    assert re.search(r"(?<!\x1b)\x1b(?!\x1b)", passed) is None
    return [plain, passed.replace("\x1b\x1b", "\x1b")]


def test_plain_terminal() -> None:
    assert osc_payload(osc52("529 überlastet ✗", {"TERM": "xterm-256color"})) == "529 überlastet ✗"


@pytest.mark.parametrize(
    "environ", [TMUX, {"TERM": "tmux-256color"}, {"TERM": "screen-256color", "TMUX": "x"}]
)
def test_tmux_gets_both_forms(environ: dict[str, str]) -> None:
    assert [osc_payload(sequence) for sequence in through_tmux(osc52("hello", environ))] == ["hello", "hello"]


@pytest.mark.parametrize(
    "environ", [SCREEN, {"TERM": "screen.xterm-256color"}, {"TERM": "screen", "STY": "1"}]
)
@pytest.mark.parametrize("text", ["", "hello", "x" * 5000])
def test_screen_gets_short_pieces(environ: dict[str, str], text: str) -> None:
    assert osc_payload(through_screen(osc52(text, environ))) == text


def test_far_end_of_ssh_with_a_term_that_is_either() -> None:
    written = osc52("hello", {"TERM": "screen-256color"})
    plain, end, rest = written.partition("\x07")
    assert osc_payload(plain + end) == "hello"
    assert osc_payload(through_screen(rest)) == "hello"


@given(st.text(), st.sampled_from([{}, TMUX, SCREEN]))
def test_any_text_survives_and_no_part_of_it_is_sent_bare(text: str, environ: dict[str, str]) -> None:
    expected = text.encode("utf-8", "replace").decode()
    written = osc52(text, environ)
    bare = (
        written if not environ else through_tmux(written)[1] if environ is TMUX else through_screen(written)
    )
    assert osc_payload(bare) == expected


@pytest.mark.parametrize("letter", ["x", "é", "漢", "🔥"])
def test_too_long_is_cut_visibly_at_a_character(letter: str) -> None:
    payload = osc_payload(osc52(letter * 80_000, {}))
    assert payload.endswith("…")
    assert set(payload[:-1]) == {letter}
    assert MAX_BYTES - 8 < len(payload.encode()) <= MAX_BYTES
