"""A call that several records report counts once: its span and its event, or an export that was sent again.

A call that two instrumentations report, one within the other, is the inner one's. Some start a trace of their
own: such a span is known by the message's id, or else by the times of the SDK's span, which it contains.
"""

from __future__ import annotations

from collections import deque

from claude_tui.traffic.otlp.records import Attributes, EventRecord, SpanRecord
from claude_tui.traffic.recent import RecentNumbers

__all__ = ["Reported"]

_MOST = 200_000
_MOST_INNER = 512


class Reported:
    """The newest calls, by whatever identifies them. Between one and two times `most` are known."""

    def __init__(self, most: int = _MOST) -> None:
        self._known = RecentNumbers(most)
        self._inner: deque[tuple[int, int, int]] = deque(maxlen=_MOST_INNER)
        """Calls that the SDK reported: of whom, first and last nanosecond."""

    def __len__(self) -> int:
        return len(self._known)

    def is_new_span(self, span: SpanRecord, request_id: str | None, *, innermost: bool) -> bool:
        """Whether nothing has reported the call of a span; from now on it has.

        `innermost` is for the SDK's own, inside which no other is.
        """
        # A request id tells as much of the SDK's span, and one key for each call takes half the memory.
        has_own = span.span_id and not (innermost and request_id)
        own = ("span", span.trace_id, span.span_id) if has_own else None
        message = _by_message(span.attributes)
        known = self._has(own) or self._has(_by_request(request_id)) or self._has(message)
        if not innermost:
            known = (
                known
                or self._has(("around", span.trace_id, span.span_id))
                or self._has(("event", span.trace_id, span.span_id))
                or (message is None and self._contains_inner(span))
            )
        self._add(own)
        self._add(_by_request(request_id))
        self._add(message)
        if innermost:
            self._inner.append((_sender(span), span.start_ns, span.end_ns))
            if span.parent_id:
                self._add(("around", span.trace_id, span.parent_id))
        return not known

    def _contains_inner(self, span: SpanRecord) -> bool:
        """Whether a call of the SDK took place within a span. It is the call of one span only."""
        sender = _sender(span)
        for inner in self._inner:
            if inner[0] == sender and span.start_ns <= inner[1] and inner[2] <= span.end_ns:
                self._inner.remove(inner)
                return True
        return False

    def is_new_event(self, event: EventRecord, request_id: str | None) -> bool:
        """Whether nothing has reported the call of an event; from now on it has."""
        attributes = tuple(sorted((name, str(value)) for name, value in event.attributes.items()))
        own = ("log", event.origin.resource, event.at_ns, event.span_id, attributes)
        message = _by_message(event.attributes)
        known = self._has(own) or self._has(_by_request(request_id)) or self._has(message)
        if event.span_id:
            around = (event.trace_id, event.span_id)
            known = known or self._has(("span", *around)) or self._has(("around", *around))
            self._add(("event", *around))
        self._add(own)
        self._add(_by_request(request_id))
        self._add(message)
        return not known

    def _has(self, key: object) -> bool:
        return key is not None and hash(key) in self._known

    def _add(self, key: object) -> None:
        if key is not None:
            self._known.add(hash(key))


def _by_request(request_id: str | None) -> object:
    return ("request", request_id) if request_id else None


def _by_message(attributes: Attributes) -> object:
    """By the id of the API's message."""
    message = attributes.get("gen_ai.response.id")
    return ("message", message) if message else None


def _sender(span: SpanRecord) -> int:
    """Of spans that could be of the same call: the process, and the model that it asked."""
    return hash((span.origin.resource, span.attributes.get("gen_ai.request.model")))
