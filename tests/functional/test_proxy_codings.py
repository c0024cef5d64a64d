"""Answers in brotli and zstd, where the extra `proxy` is installed: read from a copy, in bounded pieces."""

from __future__ import annotations

import pytest

from claude_tui.probes.body import PIECE
from claude_tui.probes.transport_errors import BodyError
from claude_tui.traffic.proxy.decoding import decoding_of

brotli = pytest.importorskip("brotli", reason="NOT VERIFIED: brotli is not installed")
zstandard = pytest.importorskip("zstandard", reason="NOT VERIFIED: zstandard is not installed")

PACK = {"br": lambda data: brotli.compress(data), "zstd": lambda data: zstandard.compress(data)}
EVENTS = b"".join(b'data: {"type":"ping","number":%d}\n\n' % number for number in range(20_000))


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_a_body_is_unpacked_however_it_is_cut(coding: str, size: int) -> None:
    packed, decoding = PACK[coding](EVENTS), decoding_of([coding])
    parts = [part for at in range(0, len(packed), size) for part in decoding.decode(packed[at : at + size])]
    assert b"".join(parts) == EVENTS
    assert decoding.produced == len(EVENTS)


@pytest.mark.parametrize(("coding", "most"), [("br", 2 * PIECE), ("zstd", 16 << 20)])
def test_a_bomb_comes_in_pieces(coding: str, most: int) -> None:
    decoding = decoding_of([coding])
    first = next(iter(decoding.decode(PACK[coding](b"\0" * (128 << 20)))))
    assert 0 < len(first) <= most


@pytest.mark.parametrize("coding", PACK)
def test_what_is_not_packed_so_is_a_body_error(coding: str) -> None:
    with pytest.raises(BodyError):
        list(decoding_of([coding]).decode(b"\xff\xfe plain text, as it happens" * 20))
