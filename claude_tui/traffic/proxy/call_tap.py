"""Reads one call as it passes, and creates its record, which never contains prompts or responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from claude_tui.model.observation import NO_SUCH_PATH, Outcome
from claude_tui.model.text import Redactor, inert
from claude_tui.model.traffic import OTHER, UNKNOWN, Call, CallEnd, Tokens, TrafficSource
from claude_tui.probes.classify import Classified, classify_error, classify_response
from claude_tui.probes.clock import Clock
from claude_tui.probes.exchange_trace import micros
from claude_tui.probes.headers import lower_headers
from claude_tui.probes.limits import read_rate_limits, read_windows
from claude_tui.probes.transport_errors import FaultCode
from claude_tui.probes.waits import header_wait, stated_wait
from claude_tui.traffic.applications import Applications
from claude_tui.traffic.cleaned import MAX_MESSAGE, error_message, error_type, model_name, word
from claude_tui.traffic.http1.wire import Header, RequestHead, ResponseHead, first_value
from claude_tui.traffic.json_fields import TopFields
from claude_tui.traffic.proxy.answer_reader import AnswerReader
from claude_tui.traffic.proxy.repeats import Repeats
from claude_tui.traffic.routes import COUNT_TOKENS, MESSAGES, model_in_path, route_of
from claude_tui.traffic.sink import Sink

__all__ = ["CallTap", "TapContext", "warm_up"]

_ASKED = ("model", "stream", "max_tokens")
_WITH_MODEL = frozenset({MESSAGES, COUNT_TOKENS})
_METHOD = re.compile(rb"[A-Z]{1,10}")
_LIMITS_EVERY_S = 1.0
_MOST_MODELS = 64
_LIMITING = ("anthropic-", "x-ratelimit-")
_SECRETS = frozenset({b"x-api-key", b"authorization", b"proxy-authorization", b"cookie"})
# The API supports neither: a client only checks whether the server is there, as Claude Code does at startup.
_NO_CALLS = frozenset({b"HEAD", b"OPTIONS"})
_SAYS_NO = frozenset({Outcome.BAD_REQUEST, Outcome.INVALID_RESPONSE})


class LimitsDue:
    """Whether to read the limits in a response.

    Only the newest limits of each model per minute are kept, and reading them is a quarter of the work of a
    small call.
    """

    def __init__(self) -> None:
        self._read: dict[str, float] = {}

    def __call__(self, model: str, now: float) -> bool:
        last = self._read.get(model)
        if last is not None and 0 <= now - last < _LIMITS_EVERY_S:
            return False
        if len(self._read) >= _MOST_MODELS:
            self._read.clear()
        self._read[model] = now
        return True


@dataclass(frozen=True, slots=True)
class TapContext:
    """The dependencies that all taps of a worker share."""

    clock: Clock
    """The source of time."""
    applications: Applications
    """Names the application of a call."""
    sink: Sink
    """Takes the calls."""
    cost_of: Callable[[str, Tokens, str | None], float | None]
    """Returns the dollars of a model's tokens in a service tier; None without a price."""
    is_gateway: bool
    """Whether the upstream is not the provider's own."""
    secrets: tuple[str, ...] = ()
    """What must not appear in any text, in addition to the keys of the calls."""
    repeats: Repeats = field(default_factory=Repeats)
    """Knows which calls were asked to wait."""
    limits_due: LimitsDue = field(default_factory=LimitsDue)
    """Whether to read the limits of a successful response."""


class CallTap:
    """One call. Any method may fail: the caller counts that, and the call is not affected."""

    def __init__(self, head: RequestHead, context: TapContext) -> None:
        self._context = context
        self._clock = context.clock
        self._at, self._began = self._clock.now(), self._clock.monotonic()
        self._head = head
        self._route = route_of(head.target)
        self._application = context.applications.of(head.headers)
        self._sent = context.repeats.begun(self._application, _what(head))
        self._asked = TopFields(_ASKED) if self._route in _WITH_MODEL and _is_plain_json(head) else None
        self._response: ResponseHead | None = None
        self._fields: dict[str, str] = {}
        self._answer: AnswerReader | None = None
        self._first_byte_s: float | None = None
        self._first_token_s: float | None = None

    def request_body(self, piece: bytes) -> None:
        self._sent.feed(piece)
        if self._asked is not None:
            self._asked.feed(piece)

    def response(self, head: ResponseHead) -> None:
        self._first_byte_s = self._since()
        self._response = head
        self._fields = lower_headers(_text(head.headers))
        self._answer = AnswerReader(head, self._route, self._head.method)

    def response_body(self, piece: bytes) -> None:
        answer = self._answer
        if answer is None:
            return
        answer.feed(piece)
        if answer.has_content and self._first_token_s is None:
            self._first_token_s = self._since()

    def ended(self, end: CallEnd) -> None:
        total_s = self._since()
        if self._answer is not None:
            self._answer.closed()
        found = self._classified(end)
        if end is CallEnd.COMPLETE and found.outcome is Outcome.TRUNCATED_STREAM:
            end = CallEnd.CUT
        self._record(end, found, total_s)

    def failed(self, fault: Classified) -> None:
        """There was no response, so the proxy supplies the error message."""
        self._record(CallEnd.COMPLETE, fault, self._since())

    def _since(self) -> float:
        return self._clock.monotonic() - self._began

    def _classified(self, end: CallEnd) -> Classified:
        response, answer = self._response, self._answer
        if response is None or answer is None:
            return Classified(Outcome.OK)
        strange = end is CallEnd.COMPLETE and answer.is_strange
        if answer.error is None and response.status < 400 and not strange:
            return self._succeeded(end, answer)
        fields, now, gateway = self._fields, self._clock.now(), self._context.is_gateway
        redactor = self._redactor()
        if answer.error is not None:
            return classify_error(
                answer.error, response.status, redactor=redactor, headers=fields, now=now, gateway=gateway
            )
        found = classify_response(
            response.status, fields, answer.beginning, redactor=redactor, gateway=gateway, now=now
        )
        # This is not a failure if the client only checked whether the server has it.
        not_there = response.status in NO_SUCH_PATH and found.outcome in _SAYS_NO
        if not_there and found.error_type != "challenge_page" and self._may_be_missing():
            return Classified(Outcome.OK, request_id=found.request_id)
        return found

    def _may_be_missing(self) -> bool:
        """Whether clients cope without it, as with a token count, which few gateways offer."""
        return self._head.method == b"GET" or self._route == COUNT_TOKENS

    def _succeeded(self, end: CallEnd, answer: AnswerReader) -> Classified:
        """The class of a response that reports no failure, but may be incomplete."""
        if end is CallEnd.CUT and not answer.is_finished:
            message = "the connection was lost before the end of the answer"
            return Classified(Outcome.TRUNCATED_STREAM, FaultCode.CUT_SHORT.value, message=message)
        if end is CallEnd.COMPLETE and answer.is_unfinished:
            return Classified(Outcome.TRUNCATED_STREAM, message="the stream ended without message_stop")
        return Classified(Outcome.OK)

    def _record(self, end: CallEnd, found: Classified, total_s: float) -> None:
        if self._head.method in _NO_CALLS:
            return
        asked = self._asked
        call = Call(
            at=self._at,
            source=TrafficSource.PROXY,
            route=self._route,
            application=self._application,
            outcome=found.outcome,
            end=end,
            method=_method(self._head.method),
            model=self._asked_model() or UNKNOWN,
            error_type=error_type(found.error_type),
            message=self._message(found),
            request_id=found.request_id,
            streamed=asked is not None and asked.get("stream") is True,
            max_tokens=_count(asked.get("max_tokens")) if asked is not None else None,
            first_byte_s=micros(self._first_byte_s),
            first_token_s=micros(self._first_token_s),
            total_s=micros(total_s),
            retries=(retries := _retries(self._head.headers)),
            early=self._is_early(retries),
        )
        if self._response is not None and self._answer is not None:
            call = self._answered(call, self._response, self._answer, found)
        if call.retry_after_s:
            self._context.repeats.asked_to_wait(
                self._sent.digest(), self._began + total_s + call.retry_after_s
            )
        self._context.sink.add(call)

    def _asked_model(self) -> str | None:
        asked = model_name(self._asked.get("model")) if self._asked is not None else None
        return asked or model_name(model_in_path(self._head.target))

    def _message(self, found: Classified) -> str | None:
        if not found.outcome.failed or found.message is None:
            return None
        # Without a response, the message is our own.
        return (
            error_message(found.message) if self._response is not None else inert(found.message, MAX_MESSAGE)
        )

    def _is_early(self, retries: int | None) -> bool | None:
        """Whether it repeats a call too soon.

        A call that its client counts as a first attempt does not repeat another.
        """
        found = self._context.repeats.is_early(self._sent.digest(), self._began)
        return None if retries == 0 else found

    def _answered(self, call: Call, response: ResponseHead, answer: AnswerReader, found: Classified) -> Call:
        fields, now = self._fields, self._clock.now()
        request_id = fields.get("request-id", "").strip()
        served, tokens = model_name(answer.model), answer.counts.tokens
        tier = word(answer.counts.service_tier)
        due = found.outcome.failed or self._context.limits_due(served or call.model, self._clock.monotonic())
        limiting = (
            {name: header for name, header in fields.items() if name.startswith(_LIMITING)} if due else {}
        )
        wait_s = stated_wait(response.status, header_wait(fields, now=now), found.body_wait_s)
        return replace(
            call,
            served_model=served,
            http_status=response.status,
            request_id=_PLAIN.clean(request_id, 128) if request_id else call.request_id,
            streamed=answer.streamed or call.streamed,
            tokens=tokens,
            service_tier=tier,
            stop_reason=word(answer.stop_reason),
            cost_usd=self._context.cost_of(served or call.model, tokens, tier) if tokens else None,
            retry_after_s=wait_s if found.outcome.failed else None,
            limits=read_rate_limits(limiting, now=now),
            windows=read_windows(limiting, redactor=_PLAIN),
        )

    def _redactor(self) -> Redactor:
        """Redacts the call's own keys as well, as a response may quote them."""
        own = [value.decode("latin-1") for name, value in self._head.headers if name.lower() in _SECRETS]
        bare = [text.partition(" ")[2] for text in own if " " in text]
        return Redactor((*self._context.secrets, *own, *bare))


_PLAIN = Redactor()
_FAILURE = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'


def warm_up() -> None:
    """Loads in advance what the first failed call needs, as that would delay all calls by 0.2 s."""
    error_message(classify_response(529, {}, _FAILURE, redactor=_PLAIN).message)


def _what(head: RequestHead) -> str:
    return f"{_method(head.method)} {head.target.decode('latin-1')}"


def _is_plain_json(head: RequestHead) -> bool:
    content_type = (first_value(head.headers, b"content-type") or b"application/json").lower()
    return b"json" in content_type and first_value(head.headers, b"content-encoding") is None


def _text(headers: Iterable[Header]) -> Iterator[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _method(method: bytes) -> str:
    return method.decode("ascii") if _METHOD.fullmatch(method) else OTHER


def _retries(headers: Iterable[Header]) -> int | None:
    value = first_value(headers, b"x-stainless-retry-count")
    return int(value) if value is not None and value.isdigit() and len(value) <= 4 else None
