"""A generation as server-sent events, complete or failing after HTTP 200."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from claude_tui.simulator.exchange import Chunk, Ending, Exchange, json_bytes
from claude_tui.simulator.faults import FAULTS, error_body
from claude_tui.simulator.generation import THOUGHT_TOKENS, Generation
from claude_tui.simulator.script import Reply

__all__ = ["HEAD_SHARE", "event_chunks", "stream_ending"]

# The headers and `message_start` are sent shortly before the first token.
HEAD_SHARE = 0.85
# Real data lines have up to this many spaces before the closing brace.
PADDING = 14


def stream_ending(reply: Reply) -> Ending:
    return Ending.ABORT if reply is Reply.STREAM_RESET else Ending.COMPLETE


def event_chunks(
    exchange: Exchange, generation: Generation, reply: Reply, first_token_s: float
) -> list[Chunk]:
    """The events with the seconds to wait before each; for a failing `reply`, only those before it fails."""
    pause_s = exchange.seconds(exchange.phase.state.messages.between_tokens)
    if reply is Reply.STREAM_ERROR_FIRST:
        return [Chunk(first_token_s * (1 - HEAD_SHARE), _error(exchange))]
    chunks = list(_events(exchange.random, generation, first_token_s * (1 - HEAD_SHARE), pause_s))
    if reply is Reply.OK:
        return chunks
    # At least one delta gets through, and never the closing events.
    deltas = [index for index, chunk in enumerate(chunks) if b"content_block_delta" in chunk.data]
    kept = chunks[: exchange.random.choice(deltas) + 1]
    return [*kept, Chunk(pause_s, _error(exchange))] if reply is Reply.STREAM_ERROR else kept


def _events(random: Random, generation: Generation, first_s: float, pause_s: float) -> Iterator[Chunk]:
    start = {"type": "message_start", "message": generation.message([], None, 1)}
    yield Chunk(0.0, _event(random, start))
    index = 0
    if generation.thought:
        yield from _thinking(random, generation, first_s, pause_s)
        index, first_s = 1, pause_s
    yield Chunk(0.0, _block_start(random, index, {"type": "text", "text": ""}))
    if index == 0:
        yield Chunk(0.0, b'event: ping\ndata: {"type": "ping"}\n\n')
    wait_s = first_s
    for tokens, text in generation.pieces:
        yield Chunk(wait_s, _delta(random, index, {"type": "text_delta", "text": text}))
        wait_s = pause_s * tokens
    yield Chunk(
        wait_s, _event(random, {"type": "content_block_stop", "index": index}) + _closing(random, generation)
    )


def _thinking(random: Random, generation: Generation, first_s: float, pause_s: float) -> Iterator[Chunk]:
    yield Chunk(0.0, _block_start(random, 0, {"type": "thinking", "thinking": "", "signature": ""}))
    yield Chunk(0.0, b'event: ping\ndata: {"type": "ping"}\n\n')
    yield Chunk(first_s, _delta(random, 0, {"type": "thinking_delta", "thinking": generation.thought}))
    signature = {"type": "signature_delta", "signature": generation.signature}
    yield Chunk(pause_s * THOUGHT_TOKENS, _delta(random, 0, signature))
    yield Chunk(0.0, _event(random, {"type": "content_block_stop", "index": 0}))


def _closing(random: Random, generation: Generation) -> bytes:
    delta = {
        "type": "message_delta",
        "delta": {"stop_reason": generation.stop_reason, "stop_sequence": None, "stop_details": None},
        "usage": {
            "input_tokens": generation.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": generation.output_tokens,
        },
    }
    return _event(random, delta) + _event(random, {"type": "message_stop"})


def _block_start(random: Random, index: int, block: dict[str, object]) -> bytes:
    return _event(random, {"type": "content_block_start", "index": index, "content_block": block})


def _delta(random: Random, index: int, delta: dict[str, str]) -> bytes:
    return _event(random, {"type": "content_block_delta", "index": index, "delta": delta})


def _error(exchange: Exchange) -> bytes:
    body = error_body(FAULTS[Reply.OVERLOADED], exchange.request_id)
    error = {"details": None, "type": "overloaded_error", "message": "Overloaded"}
    return _event(exchange.random, {**body, "error": error})


def _event(random: Random, data: Mapping[str, object]) -> bytes:
    padded = json_bytes(data)[:-1] + b" " * random.randint(0, PADDING) + b"}"
    return b"event: " + str(data["type"]).encode() + b"\ndata: " + padded + b"\n\n"
