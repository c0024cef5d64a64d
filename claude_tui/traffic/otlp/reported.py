"""Counts a call once if several records report it: a span and an event, or a repeated export.

If two nested instrumentations report a call, the inner one counts. Some start a trace of their own: such a
span is recognized by the message's id, or else by the times of the SDK's span, which it contains.
"""

from __future__ import annotations

from collections import deque

from claude_tui.traffic.otlp.records import Attributes, EventRecord, SpanRecord
from claude_tui.traffic.recent import RecentNumbers

__all__ = ["Reported"]

_MOST = 200_000
_MOST_INNER = 512


class Reported:
    """The identifiers of the newest calls: at least `most`, and at most twice as many."""

    def __init__(self, most: int = _MOST) -> None:
        self._known = RecentNumbers(most)
        self._inner: deque[tuple[int, int, int]] = deque(maxlen=_MOST_INNER)
        """Calls that the SDK reported: of whom, first and last nanosecond."""

    def __len__(self) -> int:
        return len(self._known)

    def is_new_span(self, span: SpanRecord, request_id: str | None, *, innermost: bool) -> bool:
        """Whether the call of a span had not been reported; now it counts as reported.

        `innermost` is for the SDK's own spans, which contain no others.
        """
        # A request id identifies the SDK's span as well, and one key per call takes half the memory.
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
        """Whether the call of an event had not been reported; now it counts as reported."""
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
