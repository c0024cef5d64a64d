"""Simulated generations: text, token counts and stop reason. The text is invented, the counts match it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from claude_tui.simulator.exchange import Exchange

__all__ = ["Generation", "generate", "tokens_in"]

TEXT = "This answer comes from a simulator and no model was asked for it ."
THOUGHT = "The person wants a short answer ."
THOUGHT_TOKENS = 2
ADAPTIVE_SHARE = 0.25
# The natural length of an answer in tokens: a max_tokens of 8 truncates most answers, but not all.
SHORTEST, LONGEST = 4, 48
# Deltas are short at first, like those of the API; later ones are bundled, as each takes work.
SHORT_PIECES = 8
CHARS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 7


@dataclass(frozen=True, slots=True)
class Generation:
    """One generated message."""

    message_id: str
    """The id, beginning with `msg_01`."""
    model: str
    """The model as the request names it."""
    input_tokens: int
    """Tokens of the prompt."""
    output_tokens: int
    """Tokens generated, thinking included."""
    stop_reason: str
    """`max_tokens` or `end_turn`."""
    thought: str
    """The text of the thinking block; empty without one."""
    signature: str
    """The signature of the thinking block; empty without one."""
    pieces: tuple[tuple[int, str], ...]
    """The token count and the text of each delta."""

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.pieces)

    def usage(self, output_tokens: int) -> dict[str, object]:
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output_tokens,
            "service_tier": "standard",
            "inference_geo": "not_available",
        }

    def message(
        self, content: list[dict[str, object]], stop_reason: str | None, output_tokens: int
    ) -> object:
        return {
            "model": self.model,
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "stop_details": None,
            "usage": self.usage(output_tokens),
        }

    def content(self) -> list[dict[str, object]]:
        thinking: dict[str, object] = {
            "type": "thinking",
            "thinking": self.thought,
            "signature": self.signature,
        }
        text: dict[str, object] = {"type": "text", "text": self.text}
        return [thinking, text] if self.thought else [text]


def generate(
    exchange: Exchange, *, model: str, input_tokens: int, max_tokens: int, thinking: str = ""
) -> Generation:
    """An answer of at most `max_tokens`. With thinking it begins with a thought, if there are tokens
    left for it; with `adaptive` thinking, one in four does.
    """
    random = exchange.random
    natural = random.randint(SHORTEST, LONGEST)
    output_tokens = min(natural, max_tokens)
    wants = random.random() < ADAPTIVE_SHARE or thinking != "adaptive"
    thinks = bool(thinking) and wants and output_tokens > THOUGHT_TOKENS
    return Generation(
        message_id="msg_01" + exchange.code(22),
        model=model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        stop_reason="max_tokens" if natural > max_tokens else "end_turn",
        thought=THOUGHT if thinks else "",
        signature=exchange.code(40) if thinks else "",
        pieces=tuple(_pieces(random, output_tokens - (THOUGHT_TOKENS if thinks else 0))),
    )


def _pieces(random: Random, tokens: int) -> Iterator[tuple[int, str]]:
    """Yields the token count and the text of each delta."""
    words = cycle(TEXT.split())
    first, left = True, SHORT_PIECES
    while tokens > 0:
        size = min(tokens, random.randint(1, 4) if left > 0 else random.randint(6, 16))
        left -= size
        text = " ".join(islice(words, size))
        yield size, text if first else " " + text
        first = False
        tokens -= size


def tokens_in(body: dict[str, object]) -> int:
    """A rough count of a request's input tokens: its text, plus a few per message."""
    messages = body.get("messages")
    count = len(messages) if isinstance(messages, list) else 0
    chars = sum(len(text) for key in ("system", "messages", "tools") for text in _texts(body.get(key)))
    return chars // CHARS_PER_TOKEN + TOKENS_PER_MESSAGE * max(count, 1)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
