"""Reads a copy of a response as it passes: tokens, end and error. Text and tools are skipped."""

from __future__ import annotations

from http import HTTPStatus

from claude_tui.probes.body import codings_of
from claude_tui.probes.stream_reader import StreamReader
from claude_tui.probes.transport_errors import BodyError
from claude_tui.traffic.counts import TokenCounts
from claude_tui.traffic.events import EventReader
from claude_tui.traffic.http1.wire import ResponseHead, first_value
from claude_tui.traffic.json_fields import TopFields
from claude_tui.traffic.proxy.decoding import Decoding, decoding_of
from claude_tui.traffic.routes import COUNT_TOKENS, MESSAGES

__all__ = ["AnswerReader"]

# How much of an error, or of a page in place of a response, is used to classify it.
MAX_BEGINNING = 20_000
# A body that expands by more than this is a bomb, and is not read further.
MAX_RATIO = 100
_FREE = 1_000_000
# Bedrock's binary events, of which only times and status are recorded.
_AMAZON_STREAM = b"application/vnd.amazon.eventstream"
_FIELDS = ("type", "model", "usage", "stop_reason", "input_tokens")
_PAGELESS = frozenset({COUNT_TOKENS, "models", "batches"})


class AnswerReader:
    """One response, so far as it has arrived. `route` and `method` decide what counts as a success."""

    def __init__(self, head: ResponseHead, route: str, method: bytes) -> None:
        self.counts = TokenCounts()
        self.model: str | None = None
        self.beginning = b""
        self.unread = False
        """Whether the body cannot be decoded, or is not worth decoding."""
        content_type = (first_value(head.headers, b"content-type") or b"").lower()
        self._events: EventReader | None = None
        self._fields: TopFields | None = None
        self._stream = StreamReader()
        self._route = route
        self._status = head.status
        self._expects_answer = method == b"POST"
        self._is_page = b"text/html" in content_type
        self._received = 0
        self._decoder = self._opened(head)
        if content_type.startswith(b"text/event-stream"):
            self._events = EventReader(self._event)
        elif content_type.startswith(_AMAZON_STREAM):
            self._give_up()

    @property
    def streamed(self) -> bool:
        return self._events is not None

    @property
    def error(self) -> object | None:
        """The error that a stream reported, in any shape."""
        return self._stream.error

    @property
    def has_content(self) -> bool:
        """Whether a content delta has arrived."""
        return self._stream.first_token_seen

    @property
    def stop_reason(self) -> str | None:
        reason = self._fields.get("stop_reason") if self._fields is not None else self._stream.stop_reason
        return reason if isinstance(reason, str) else None

    @property
    def is_finished(self) -> bool:
        """Whether a message is complete, even if the connection was lost afterwards."""
        return self._stream.ended or (self._fields is not None and self._fields.complete)

    @property
    def is_unfinished(self) -> bool:
        """Whether the stream of a message has begun and not ended."""
        return self._route == MESSAGES and self.streamed and self._stream.began and not self._stream.ended

    @property
    def is_strange(self) -> bool:
        """Whether a complete response with a success status is not what the route returns."""
        if self.unread:
            return False
        if not self._expects_answer or self._route not in (MESSAGES, COUNT_TOKENS):
            return self._route in _PAGELESS and self._is_page
        if self._status >= HTTPStatus.MULTIPLE_CHOICES:
            return True
        if self._route == MESSAGES:
            return not self._stream.began and self._field("type") != "message"
        return self._field("input_tokens") is None

    def feed(self, piece: bytes) -> None:
        """Takes a piece as it was sent. Never raises: data that cannot be decoded sets `unread`."""
        if self._decoder is None:
            return
        self._received += len(piece)
        try:
            for part in self._decoder.decode(piece):
                if self._decoder.produced > MAX_RATIO * self._received + _FREE:
                    self._give_up()
                    return
                self._take(part)
        except BodyError:
            self._give_up()

    def closed(self) -> None:
        """Ends the body: complete or not, nothing more arrives."""
        if self._events is not None:
            self._events.closed()
        if self._fields is None:
            return
        if self._field("type") == "message":
            self.counts.feed(self._field("usage"))
            self._served(self._field("model"))
        elif self._route == COUNT_TOKENS:
            self._served(self._field("model"))

    def _opened(self, head: ResponseHead) -> Decoding | None:
        try:
            return decoding_of(codings_of(head.headers))
        except BodyError:
            self.unread = True
            return None

    def _give_up(self) -> None:
        self.unread, self._decoder = True, None

    def _take(self, part: bytes) -> None:
        if self._events is None and self._fields is None:
            self._look(part)
        if self._events is None or not self._stream.began:
            self.beginning += part[: MAX_BEGINNING - len(self.beginning)]
        if self._events is not None:
            self._events.feed(part)
        elif self._fields is not None:
            self._fields.feed(part)

    def _look(self, part: bytes) -> None:
        """Chooses the reader by the first bytes if the content type does not decide."""
        if self._status < HTTPStatus.MULTIPLE_CHOICES and part.lstrip().startswith((b"event:", b"data:")):
            self._events = EventReader(self._event)
        elif self._route in (MESSAGES, COUNT_TOKENS):
            self._fields = TopFields(_FIELDS)

    def _event(self, event: dict[str, object]) -> None:
        self._stream.feed(event)
        message = event.get("message") if event.get("type") == "message_start" else None
        if isinstance(message, dict):
            self._served(message.get("model"))
            self.counts.feed(message.get("usage"))
        elif event.get("type") == "message_delta":
            self.counts.feed(event.get("usage"))

    def _served(self, model: object) -> None:
        if isinstance(model, str):
            self.model = model

    def _field(self, name: str) -> object:
        return self._fields.get(name) if self._fields is not None else None
