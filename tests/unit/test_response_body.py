"""Bodies are decoded as requested, within limits, whatever they contain."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claude_tui.probes.body import GZIP, PIECE, ZLIB, Decoder, codings_of, read, without_transport_headers
from claude_tui.probes.transport_errors import BodyError
from tests.bombs import MEGABYTE, gzip_layers, gzip_of, gzip_repeated

LIMIT = 200_000


async def sent(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def everything(
    pieces: Iterable[bytes], codings: Sequence[str] = (), *, limit: int = LIMIT, cut: bool = False
) -> bytes:
    return b"".join([piece async for piece in read(sent(pieces), codings, limit, cut=cut)])


def decoded(decoder: Decoder, pieces: Iterable[bytes]) -> bytes:
    return b"".join(part for piece in pieces for part in decoder.decode(piece))


def packed(body: bytes, coding: str) -> bytes:
    wbits = {"gzip": 31, "deflate": 15, "bare deflate": -15}[coding]
    return gzip_of(body, wbits)


# -- what is well ---------------------------------------------------------------


@given(
    st.binary(max_size=500) | st.binary(min_size=1, max_size=3).map(lambda few: few * 40_000),
    st.lists(st.sampled_from(["gzip", "deflate", "bare deflate"]), max_size=4),
    st.integers(min_value=1, max_value=70_000),
)
def test_what_was_encoded_is_decoded_however_it_arrives(body: bytes, codings: list[str], step: int) -> None:
    # Without a header, what begins like gzip or zlib is taken for it.
    assume(codings or not body.startswith((GZIP, *ZLIB)))
    wire = body
    for coding in codings:
        wire = packed(wire, coding)
    pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
    decoder = Decoder([coding.removeprefix("bare ") for coding in codings], LIMIT)
    assert decoded(decoder, pieces) == body


def test_what_follows_the_end_is_dropped_as_the_http_libraries_do() -> None:
    assert decoded(Decoder(["gzip"], LIMIT), [gzip_of(b"one") + b"rest", b"more", gzip_of(b"two")]) == b"one"


@pytest.mark.parametrize("coding", ["utf-8", "none", "br"])
def test_text_that_is_called_encoded_is_text_all_the_same(coding: str) -> None:
    halves = '{"who": "Zoë"}\n'.encode()
    assert decoded(Decoder([coding], LIMIT), [halves[:12], halves[12:]]) == halves


def test_codings_are_listed_as_they_were_applied() -> None:
    headers = [(b"Content-Encoding", b"Deflate , identity"), (b"x", b"y"), (b"content-encoding", b"gzip,")]
    assert codings_of(headers) == ["deflate", "gzip"]
    assert codings_of([]) == []


def test_no_client_sees_what_is_dealt_with_here() -> None:
    headers = [(b"Location", b"/a"), (b"Content-Encoding", b"gzip"), (b"Retry-After", b"1")]
    assert without_transport_headers(headers) == [(b"Retry-After", b"1")]


# -- what cannot be read ----------------------------------------------------------


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"not gzip"),
        ("deflate", b"not deflate either"),
        ("br", b"\x0b\x00\x80{}\x03"),
        ("zstd", b"(\xb5/\xfd\x04\x00\x11\x00\x00{}"),
        ("x-gzip", gzip_of(b"{}")),
        ("no-such-coding", b"\xff\xfe"),
        ("no-such-coding", b"{\x00}"),
    ],
)
async def test_what_cannot_be_decoded_is_named(coding: str, body: bytes) -> None:
    with pytest.raises(BodyError, match=f"content-encoding {coding} could not be read: "):
        await everything([body], [coding])


def test_layers_without_number_are_not_undone() -> None:
    with pytest.raises(BodyError, match="more than 5 layers"):
        Decoder(["gzip"] * 100_000, LIMIT)


# -- bombs ------------------------------------------------------------------------


def test_a_bomb_is_decoded_to_the_limit_and_no_further() -> None:
    decoder = Decoder(["gzip"], LIMIT)
    with pytest.raises(BodyError, match="larger than"):
        decoded(decoder, gzip_repeated(b"\n", 400))
    assert LIMIT < decoder.produced <= LIMIT + PIECE


@pytest.mark.parametrize("layers", [2, 3])
def test_a_bomb_in_a_bomb_is_decoded_to_the_limit_and_no_further(layers: int) -> None:
    decoder = Decoder(["gzip"] * layers, LIMIT)
    with pytest.raises(BodyError, match="larger than"):
        decoded(decoder, [gzip_layers(layers, 100 * MEGABYTE)])
    assert decoder.produced <= layers * (LIMIT + PIECE)


def test_a_layer_that_expands_into_nothing_has_a_limit_too() -> None:
    # Empty blocks, each of which decodes to no byte at all.
    empty = gzip_of(b"")[:10] + b"\x00\x00\x00\xff\xff" * 2_000_000
    decoder = Decoder(["gzip", "gzip"], LIMIT)
    with pytest.raises(BodyError, match="larger than"):
        decoded(decoder, [gzip_of(empty)])
    assert decoder.produced <= LIMIT + PIECE


def test_pieces_are_small_however_much_there_is() -> None:
    sizes = [len(piece) for piece in Decoder(["gzip"], 10 * MEGABYTE).decode(gzip_of(bytes(5 * MEGABYTE)))]
    assert sum(sizes) == 5 * MEGABYTE
    assert max(sizes) <= PIECE


@pytest.mark.parametrize("codings", [[], ["gzip"]])
async def test_past_the_limit_a_body_is_too_large_or_ends(codings: list[str]) -> None:
    def wire() -> Iterable[bytes]:
        return gzip_repeated(b"x", 400) if codings else iter([b"x" * PIECE] * 1000)

    with pytest.raises(BodyError, match="larger than"):
        await everything(wire(), codings)
    first = await everything(wire(), codings, cut=True)
    assert LIMIT - PIECE <= len(first) <= LIMIT
    assert set(first) == {ord("x")}


async def test_what_is_compressed_to_nothing_is_counted_as_it_was_sent() -> None:
    empty = gzip_of(b"")[:10] + b"\x00\x00\x00\xff\xff" * 1000
    with pytest.raises(BodyError, match="larger than"):
        await everything([empty, *[empty[10:]] * 1000], ["gzip"])


async def test_a_time_out_holds_though_nothing_is_waited_for() -> None:
    async def at_once() -> AsyncIterator[bytes]:
        while True:
            yield b"data: {}\n\n" * 1000

    async def listen() -> None:
        async for _ in read(at_once(), [], 1000 * MEGABYTE, cut=False):
            pass

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listen(), 0.01)


async def test_the_loop_has_a_turn_after_each_piece() -> None:
    turns: list[int] = []
    done = 0

    async def others() -> None:
        while True:
            turns.append(done)
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    async for piece in read(sent([gzip_of(bytes(100_000))]), ["gzip"], LIMIT, cut=False, size=1000):
        assert len(piece) <= 1000
        done += 1
    task.cancel()
    assert set(turns) >= set(range(1, done))


def test_a_cut_compressed_body_is_what_arrived_of_it() -> None:
    whole = zlib.compress(b"abc" * 1000)
    assert (b"abc" * 1000).startswith(decoded(Decoder(["deflate"], LIMIT), [whole[:-8]]))


# -- headers that say something else than the body --------------------------------

SAID = b'{"error": {"message": "no"}}' * 50


@pytest.mark.parametrize("step", [3, 100, 10_000])
def test_a_body_is_inflated_though_no_header_says_so(step: int) -> None:
    wire = gzip_of(SAID)
    pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
    assert decoded(Decoder([], LIMIT), pieces) == SAID


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [SAID, b"<html></html>", b"event: ping\n\n", b"\xef\xbb\xbf[1]"])
def test_a_plain_body_is_passed_on_whatever_its_header_says(coding: str, body: bytes) -> None:
    assert decoded(Decoder([coding], LIMIT), [body]) == body


def test_a_bomb_without_a_header_is_read_to_its_limit() -> None:
    with pytest.raises(BodyError, match="larger than"):
        decoded(Decoder([], LIMIT), gzip_repeated(b"\0", 2))


@pytest.mark.parametrize("wbits", [31, 15])
def test_a_body_compressed_without_a_header_is_read(wbits: int) -> None:
    assert decoded(Decoder([], LIMIT), [gzip_of(b'{"error": 1}', wbits)]) == b'{"error": 1}'
