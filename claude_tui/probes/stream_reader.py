"""Accumulates the response to a streamed message: events, or whatever came instead. No SDK, no I/O."""

from __future__ import annotations

from claude_tui.model.observation import Usage

__all__ = ["StreamReader"]

# More tokens than any context window holds: a larger count is invalid.
_MAX_TOKENS = 100_000_000
_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
}


class StreamReader:
    """The part of a response that has arrived. Events may be the SDK's objects, dictionaries or anything.

    `first_token_seen` is true from the first content_block_delta of any type, `ended` from message_stop.
    Unknown events only count in `events`. Three fields hold what came instead of a complete stream: `body`, a
    response that is not a stream; `error`, the error that the stream reported; `unreadable`, why an
    event could not be parsed.
    """

    def __init__(self) -> None:
        self.events = 0
        self.began = False
        self.first_token_seen = False
        self.ended = False
        self.stop_reason: str | None = None
        self.body: bytes | None = None
        self.error: object | None = None
        self.unreadable: str | None = None
        self._counts: dict[str, int] = {}

    @property
    def usage(self) -> Usage | None:
        """The largest counts stated (they are cumulative); None if never."""
        return Usage(**self._counts) if self._counts else None

    def feed(self, event: object) -> None:
        self.events += 1
        match _field(event, "type"):
            case "message_start":
                self.began = True
                self._count(_field(event, "message", "usage"))
            case "content_block_start":
                self.began = True
            case "content_block_delta":
                self.began = self.first_token_seen = True
            case "message_delta":
                self._stop(_field(event, "delta", "stop_reason"))
                self._count(_field(event, "usage"))
            case "message_stop":
                self.ended = True
            case "error":
                # The SDK raises on `event: error` only; gateways also send the object as data.
                self.error = _field(event, "error") or event

    def _stop(self, reason: object) -> None:
        if isinstance(reason, str):
            self.stop_reason = reason

    def _count(self, usage: object) -> None:
        for theirs, ours in _USAGE.items():
            tokens = _field(usage, theirs)
            if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens <= _MAX_TOKENS:
                # Counts only grow: a gateway's last event may state zeros.
                self._counts[ours] = max(tokens, self._counts.get(ours, 0))


def _field(value: object, *path: str) -> object:
    """The attribute or key at the end of `path`, None if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value
