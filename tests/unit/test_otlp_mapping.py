"""What applications report by OTLP becomes calls: with the right outcome, tokens and times, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import OTHER, UNKNOWN, Call, CallEnd, Tokens, TrafficSource
from claude_tui.probes.prices import call_cost_usd
from tests.otlp_values import (
    ANSWERED,
    API_REQUEST,
    AT,
    AT_NS,
    CUMULATIVE,
    ERROR,
    OK,
    UNSET,
    Taking,
    attributes,
    event,
    histogram,
    logs,
    metrics,
    span,
    traces,
)

FORMS = pytest.mark.parametrize("form", ["protobuf", "json"])


def only(calls: list[Call]) -> Call:
    (found,) = calls
    return found


# -- the SDK's spans -----------------------------------------------------------------


@FORMS
def test_an_answer_of_the_sdk(form: str) -> None:
    tokens = Tokens(10, 20, 100, 5, 15)
    assert only(Taking()(traces(span()), form)) == Call(
        at=AT,
        source=TrafficSource.OTLP,
        route="messages",
        application="checkout",
        outcome=Outcome.OK,
        model="claude-haiku-5-5",
        served_model="claude-haiku-5-5-20260901",
        http_status=200,
        request_id="req_1",
        streamed=True,
        max_tokens=1024,
        first_token_s=0.4,
        total_s=2.0,
        tokens=tokens,
        service_tier="standard",
        stop_reason="end_turn",
        cost_usd=call_cost_usd("claude-haiku-5-5", tokens, "standard"),
        retries=0,
    )


def test_the_sdk_for_typescript_is_the_same() -> None:
    export = traces(span(), scope="com.anthropic.sdk.typescript")
    assert only(Taking()(export)).tokens == Tokens(10, 20, 100, 5, 15)


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("overloaded_error", 529, Outcome.OVERLOADED),
        ("overloaded_error", 200, Outcome.OVERLOADED),
        ("rate_limit_error", 429, Outcome.RATE_LIMITED),
        ("529", 529, Outcome.OVERLOADED),
        ("503", None, Outcome.SERVER_ERROR),
        ("authentication_error", 401, Outcome.KEY_REJECTED),
        ("invalid_request_error", 400, Outcome.BAD_REQUEST),
        ("request_too_large", 413, Outcome.BAD_REQUEST),
        ("client_timeout_error", None, Outcome.TIMEOUT),
        ("connection_error", None, Outcome.NETWORK),
        ("client_error", 200, Outcome.INVALID_RESPONSE),
    ],
)
def test_failures_of_the_sdk(kind: str, status: int | None, outcome: Outcome) -> None:
    values: dict[str, Any] = {"gen_ai.request.model": "claude-haiku-5-5", "error.type": kind}
    if status is not None:
        values["http.response.status_code"] = status
    call = only(Taking()(traces(span(values, status=ERROR))))
    assert (call.outcome, call.http_status, call.tokens, call.end) == (
        outcome,
        status,
        None,
        CallEnd.COMPLETE,
    )


def test_a_stream_without_its_end_is_cut() -> None:
    values = {**ANSWERED, "error.type": "api_error"}
    call = only(Taking()(traces(span(values, status=ERROR, without=["anthropic.message.stop_reason"]))))
    assert (call.outcome, call.end) == (Outcome.TRUNCATED_STREAM, CallEnd.CUT)


def test_a_stream_that_the_application_closed_early_is_abandoned() -> None:
    left = traces(span(status=UNSET, without=["anthropic.message.stop_reason"]))
    assert only(Taking()(left)).end is CallEnd.ABANDONED
    assert only(Taking()(traces(span(status=UNSET)))).end is CallEnd.COMPLETE


def test_a_first_token_after_retries_says_nothing_of_the_api() -> None:
    call = only(Taking()(traces(span({**ANSWERED, "http.request.resend_count": 2}))))
    assert (call.retries, call.first_token_s, call.total_s) == (2, None, 2.0)


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("anthropic.messages.count_tokens", "count_tokens"),
        ("anthropic.messages.batches.create", "batches"),
        ("anthropic.files.upload", "files"),
        ("anthropic.models.list", "models"),
        ("anthropic.sessions.create", OTHER),
    ],
)
def test_other_methods_of_the_sdk_have_routes_and_no_tokens(name: str, route: str) -> None:
    call = only(Taking()(traces(span(name=name))))
    assert (call.route, call.tokens, call.end) == (route, None, CallEnd.COMPLETE)


# -- other instrumentations ----------------------------------------------------------


@FORMS
def test_a_span_of_another_instrumentation(form: str) -> None:
    values = {
        "gen_ai.system": "anthropic",
        "gen_ai.request.model": "claude-sonnet-5-5",
        "gen_ai.response.finish_reasons": ["length"],
        "gen_ai.usage.input_tokens": 50,
        "gen_ai.usage.output_tokens": 5,
    }
    call = only(
        Taking()(traces(span(values, name="chat claude-sonnet-5-5", status=UNSET), scope="any"), form)
    )
    assert call.tokens == Tokens(50, 5)
    assert (call.stop_reason, call.end, call.retries, call.first_token_s) == (
        "max_tokens",
        CallEnd.COMPLETE,
        None,
        None,
    )


@pytest.mark.parametrize(
    "values",
    [
        {"gen_ai.provider.name": "openai"},
        {"gen_ai.operation.name": "invoke_agent"},
        {"gen_ai.operation.name": "execute_tool"},
        {"gen_ai.operation.name": "embeddings"},
    ],
)
def test_what_is_no_call_of_the_api_is_accepted_and_ignored(values: dict[str, str]) -> None:
    taking = Taking()
    assert taking(traces(span({**ANSWERED, **values}, name="x"), scope="any")) == []
    assert taking.intake.ignored == 1


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("anthropic.RateLimitError", Outcome.RATE_LIMITED),
        ("OverloadedError", Outcome.OVERLOADED),
        ("APITimeoutError", Outcome.TIMEOUT),
        ("anthropic.APIConnectionError", Outcome.NETWORK),
        ("AuthenticationError", Outcome.KEY_REJECTED),
        ("ValueError", Outcome.INVALID_RESPONSE),
    ],
)
def test_instrumentations_report_classes_of_exceptions(kind: str, outcome: Outcome) -> None:
    values = {"gen_ai.system": "anthropic", "gen_ai.request.model": "m", "error.type": kind}
    assert only(Taking()(traces(span(values, name="chat m", status=ERROR), scope="any"))).outcome is outcome


@FORMS
def test_an_instrumentation_that_only_records_the_exception(form: str) -> None:
    failed = span({"gen_ai.system": "anthropic", "gen_ai.request.model": "m"}, name="chat m", status=ERROR)
    what = {"exception.type": "anthropic.OverloadedError", "exception.message": "a secret prompt"}
    failed.events.add(name="exception", attributes=attributes(what))
    call = only(Taking()(traces(failed, scope="any"), form))
    assert (call.outcome, "secret" in repr(call)) == (Outcome.OVERLOADED, False)


@pytest.mark.parametrize(
    ("reported", "outcome"),
    [
        ({"error.type": "anthropic.NotFoundError"}, Outcome.BAD_REQUEST),
        ({"error.type": "NotFoundError", "http.response.status_code": 404}, Outcome.BAD_REQUEST),
        ({"error.type": "pydantic_ai.exceptions.ModelNotFoundError"}, Outcome.BAD_REQUEST),
        ({"error.type": "PermissionDeniedError"}, Outcome.NOT_PERMITTED),
        ({"error.type": "403"}, Outcome.NOT_PERMITTED),
    ],
)
def test_a_status_alone_does_not_say_that_another_server_answered(
    reported: dict[str, Any], outcome: Outcome
) -> None:
    values = {"gen_ai.system": "anthropic", "gen_ai.request.model": "m", **reported}
    call = only(Taking()(traces(span(values, name="chat m", status=ERROR), scope="any")))
    assert (call.outcome, call.error_type) == (outcome, None)


def test_the_sdk_would_have_reported_the_type_of_an_error_of_the_api() -> None:
    values = {"gen_ai.request.model": "m", "error.type": "404", "http.response.status_code": 404}
    call = only(Taking()(traces(span(values, status=ERROR))))
    assert (call.outcome, call.error_type) == (Outcome.INVALID_RESPONSE, "not_the_api")


def test_the_ai_sdk_names_the_provider_with_its_api() -> None:
    reported = {"gen_ai.system": "anthropic.messages", "gen_ai.request.model": "claude-haiku-5-5"}
    inner = span(reported, name="ai.generateText.doGenerate", kind=Span.SPAN_KIND_INTERNAL)
    assert only(Taking()(traces(inner, scope="ai"))).model == "claude-haiku-5-5"


def ai_sdk(values: dict[str, Any], *, status: Any = UNSET, **exception: str) -> Span:
    """A span as version 6 records it: of a failure, the exception's class and message."""
    reported = {"gen_ai.system": "anthropic.messages", "gen_ai.request.model": "claude-haiku-5-5", **values}
    recorded = span(reported, name="ai.streamText.doStream", kind=Span.SPAN_KIND_INTERNAL, status=status)
    if exception:
        what = {f"exception.{key}": text for key, text in exception.items()}
        recorded.events.add(name="exception", attributes=attributes(what))
    return recorded


@FORMS
@pytest.mark.parametrize(
    ("message", "outcome", "error_type"),
    [
        ("Overloaded", Outcome.OVERLOADED, "overloaded_error"),
        ("Internal server error", Outcome.SERVER_ERROR, "api_error"),
        (
            "This request would exceed your organization rate limit of 50 requests per minute",
            Outcome.RATE_LIMITED,
            "rate_limit_error",
        ),
        ("invalid x-api-key", Outcome.KEY_REJECTED, "authentication_error"),
        ("max_tokens: must be greater than 0", Outcome.BAD_REQUEST, "invalid_request_error"),
        ("messages.0.content.1: text is missing", Outcome.BAD_REQUEST, "invalid_request_error"),
        ("model: claude-x", Outcome.MODEL_NOT_FOUND, "not_found_error"),
        ("Request exceeds the maximum size", Outcome.BAD_REQUEST, "request_too_large"),
        ("Your credit balance is too low to access the API.", Outcome.SPEND_LIMIT, "invalid_request_error"),
        ("Forbidden", Outcome.INVALID_RESPONSE, "edge_block"),
        ("Bad Gateway", Outcome.SERVER_ERROR, None),
        ("Cannot connect to API: read ECONNRESET", Outcome.NETWORK, "connection_error"),
        ("Cannot connect to API: Headers Timeout Error", Outcome.TIMEOUT, "timeout"),
        ("something that nobody knows", Outcome.INVALID_RESPONSE, None),
    ],
)
def test_of_a_failure_the_ai_sdk_reports_only_what_the_server_said(
    message: str, outcome: Outcome, error_type: str | None, form: str
) -> None:
    failed = ai_sdk({}, status=ERROR, type="AI_APICallError", message=message)
    call = only(Taking()(traces(failed, scope="ai"), form))
    assert (call.outcome, call.error_type) == (outcome, error_type)


@FORMS
def test_the_message_of_an_exception_is_not_kept(form: str) -> None:
    said = {"type": "AI_APICallError", "message": "messages.0.content: a secret prompt"}
    call = only(Taking()(traces(ai_sdk({}, status=ERROR, **said), scope="ai"), form))
    assert (call.outcome, "secret" in repr(call)) == (Outcome.BAD_REQUEST, False)


def test_a_call_that_the_application_aborts_is_no_failure() -> None:
    aborted = ai_sdk({}, status=ERROR, type="AbortError", message="This operation was aborted")
    call = only(Taking()(traces(aborted, scope="ai")))
    assert (call.outcome, call.end) == (Outcome.OK, CallEnd.ABANDONED)
    slow = ai_sdk({}, status=ERROR, type="TimeoutError", message="The operation was aborted due to timeout")
    assert only(Taking()(traces(slow, scope="ai"))).outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("values", "outcome", "end"),
    [
        ({"gen_ai.response.finish_reasons": ["error"]}, Outcome.SERVER_ERROR, CallEnd.CUT),
        ({"gen_ai.response.finish_reasons": ["other"]}, Outcome.TRUNCATED_STREAM, CallEnd.CUT),
        (
            {"gen_ai.response.finish_reasons": ["other"], "gen_ai.usage.output_tokens": 4},
            Outcome.OK,
            CallEnd.COMPLETE,
        ),
        ({"gen_ai.response.finish_reasons": ["stop"]}, Outcome.OK, CallEnd.COMPLETE),
    ],
)
def test_a_stream_that_breaks_off_is_a_success_to_the_ai_sdk(
    values: dict[str, Any], outcome: Outcome, end: CallEnd
) -> None:
    call = only(Taking()(traces(ai_sdk(values), scope="ai")))
    assert (call.outcome, call.end) == (outcome, end)


def test_the_ai_sdk_reports_the_cache_and_the_first_chunk_by_its_own_names() -> None:
    values = {
        "gen_ai.usage.input_tokens": 130,
        "gen_ai.usage.output_tokens": 4,
        "ai.usage.inputTokenDetails.cacheReadTokens": 100,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 20,
        "ai.response.msToFirstChunk": 105.25,
    }
    call = only(Taking()(traces(ai_sdk(values), scope="ai")))
    assert call.tokens == Tokens(10, 4, 100, 20)
    assert (call.first_token_s, call.streamed) == (0.10525, True)


def test_logfire_reports_a_stream_when_it_opens_and_when_it_ends() -> None:
    taking = Taking()
    opened = span({"gen_ai.provider.name": "anthropic", "gen_ai.request.model": "m"}, status=UNSET)
    assert taking(traces(opened, scope="logfire.anthropic")) == []
    values = {**ANSWERED, "gen_ai.response.id": "msg_1", "duration": 1.5}
    ended = span(values, number=2, seconds=0.0, without=["anthropic.request.id"])
    call = only(taking(traces(ended, scope="logfire.anthropic")))
    assert (call.at, call.total_s) == (AT - timedelta(seconds=1.5), 1.5)


def test_input_without_the_cache_is_left_as_it_is() -> None:
    """130 tokens must not become 260, and 10 not less than none."""
    values = {**ANSWERED, "gen_ai.usage.input_tokens": 10}
    tokens = only(Taking()(traces(span(values, name="x"), scope="any"))).tokens
    assert tokens is not None
    assert (tokens.input, tokens.prompt) == (10, 130)


def test_the_call_that_two_instrumentations_report_is_the_inner_ones() -> None:
    taking = Taking()
    assert len(taking(traces(span(number=2, parent=1)))) == 1
    assert taking(traces(span(without=["anthropic.request.id"], name="chat", number=1), scope="any")) == []
    assert taking.intake.repeated == 1


OTHER_TRACE = b"u" * 16


@pytest.mark.parametrize("sdk_first", [True, False])
def test_a_call_reported_in_two_traces_is_known_by_its_message(sdk_first: bool) -> None:
    taking = Taking()
    values = {**ANSWERED, "gen_ai.response.id": "msg_1"}
    other = span(values, name="anthropic.chat", number=2, without=["anthropic.request.id"])
    other.trace_id = OTHER_TRACE
    exports = [traces(span(values)), traces(other, scope="opentelemetry.instrumentation.anthropic")]
    counts = [len(taking(export)) for export in (exports if sdk_first else reversed(exports))]
    assert (counts, taking.intake.repeated) == ([1, 0], 1)


def test_failures_reported_in_two_traces_count_once_each() -> None:
    """A failure has no message id: the span that contains the SDK's is of the same call."""
    taking = Taking()
    refused = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "m",
        "error.type": "NotFoundError",
    }
    inner = {**refused, "error.type": "not_found_error", "http.response.status_code": 404}
    for number in (1, 2):
        values = {**inner, "anthropic.request.id": f"req_{number}"}
        assert len(taking(traces(span(values, number=number, status=ERROR)))) == 1
    counts: list[int] = []
    for number, seconds in ((11, 2.1), (12, 1.9), (13, 2.1), (14, 2.1)):
        outer = span(refused, name="anthropic.chat", number=number, status=ERROR, seconds=seconds)
        outer.trace_id = OTHER_TRACE
        counts.append(len(taking(traces(outer, scope="any"))))
    assert counts == [0, 1, 0, 1]


def test_an_export_that_is_sent_again_counts_once() -> None:
    taking = Taking()
    for export in (
        traces(span(without=["anthropic.request.id"])),
        logs(event({**API_REQUEST, "request_id": ""})),
    ):
        assert (len(taking(export)), len(taking(export))) == (1, 0)


def test_an_event_beside_its_span_counts_once() -> None:
    name = "gen_ai.client.inference.operation.details"
    values = {**ANSWERED, "event.name": name, "anthropic.request.id": ""}
    for first in ("event", "span"):
        taking = Taking()
        exports = {
            "event": logs(event(values, span_number=5), scope="any", service="checkout"),
            "span": traces(span(number=5, name="chat", without=["anthropic.request.id"]), scope="any"),
        }
        second = "span" if first == "event" else "event"
        assert (len(taking(exports[first])), len(taking(exports[second]))) == (1, 0)


# -- Claude Code ---------------------------------------------------------------------


@FORMS
def test_a_request_of_claude_code(form: str) -> None:
    call = only(Taking()(logs(event()), form))
    assert call.tokens == Tokens(10, 20, 100, 20)
    assert (call.application, call.request_id, call.first_token_s, call.total_s) == (
        "claude-code",
        "req_2",
        0.6,
        2.5,
    )
    assert call.at == AT - timedelta(seconds=2.5)
    assert call.cost_usd == call_cost_usd("claude-opus-5-5", Tokens(10, 20, 100, 20))


def test_numbers_as_text_are_numbers() -> None:
    values = {name: str(item) for name, item in API_REQUEST.items()}
    assert Taking()(logs(event(values))) == Taking()(logs(event()))


def test_a_model_without_a_price_costs_what_claude_code_says() -> None:
    assert only(Taking()(logs(event({**API_REQUEST, "model": "claude-new-9"})))).cost_usd == 0.5


@pytest.mark.parametrize(
    ("status", "error", "outcome", "error_type"),
    [
        (
            529,
            '529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            Outcome.OVERLOADED,
            "overloaded_error",
        ),
        (
            "429",
            '{"type":"error","error":{"type":"rate_limit_error","message":"..."}}',
            Outcome.RATE_LIMITED,
            "rate_limit_error",
        ),
        (500, "Internal server error", Outcome.SERVER_ERROR, None),
        (None, "Connection error.", Outcome.NETWORK, "connection_error"),
        ("undefined", "Request timed out.", Outcome.TIMEOUT, "timeout"),
        (None, "Overloaded", Outcome.OVERLOADED, "overloaded_error"),
    ],
)
def test_errors_of_claude_code(status: object, error: str, outcome: Outcome, error_type: str | None) -> None:
    values = {"event.name": "api_error", "model": "claude-opus-5-5", "error": error, "attempt": 3}
    if status is not None:
        values["status_code"] = status  # type: ignore[assignment]
    call = only(Taking()(logs(event(values))))
    assert (call.outcome, call.error_type, call.retries) == (outcome, error_type, 2)


def test_spans_of_claude_code_are_not_trusted() -> None:
    taking = Taking()
    export = traces(
        span(name="claude_code.llm_request", status=UNSET), scope="com.anthropic.claude_code.tracing"
    )
    assert taking(export) == []


def test_other_events_of_claude_code_are_ignored() -> None:
    assert Taking()(logs(event({"event.name": "user_prompt", "prompt": "x"}))) == []


# -- metrics -------------------------------------------------------------------------

MODEL = {"gen_ai.request.model": "claude-haiku-5-5", "gen_ai.operation.name": "chat"}
DURATION, USAGE = "gen_ai.client.operation.duration", "gen_ai.client.token.usage"


def counted_calls(calls: list[Call]) -> int:
    return sum(call.together or 0 for call in calls)


@FORMS
def test_delta_metrics_count_calls_and_tokens(form: str) -> None:
    calls = Taking()(
        metrics(
            histogram(DURATION, [3, 1, 0], 4.0, MODEL),
            histogram(DURATION, [1, 0, 0], 0.5, {**MODEL, "error.type": "overloaded_error"}),
            histogram(USAGE, [4, 0, 0], 400.0, {**MODEL, "gen_ai.token.type": "input"}),
            histogram(USAGE, [4, 0, 0], 40.0, {**MODEL, "gen_ai.token.type": "output"}),
        ),
        form,
    )
    assert counted_calls(calls) == 5
    assert [(call.together, call.total_s) for call in calls if call.outcome is Outcome.OK] == [
        (3, 0.5),
        (1, 1.5),
    ]
    assert sum(call.tokens.input for call in calls if call.tokens) == 400
    assert sum(call.tokens.output for call in calls if call.tokens) == 40
    assert sum(call.together or 0 for call in calls if call.outcome is Outcome.OVERLOADED) == 1


def test_cumulative_metrics_count_what_was_added() -> None:
    taking = Taking()

    def cumulative(counts: list[int], at_s: int, start_s: int = 0) -> int:
        reported = histogram(
            DURATION, counts, sum(counts), MODEL, at_s=at_s, start_s=start_s, temporality=CUMULATIVE
        )
        return counted_calls(taking(metrics(reported)))

    assert cumulative([500, 0, 0], 60) == 0, "it began before anybody listened"
    assert cumulative([510, 0, 0], 120) == 10
    assert cumulative([510, 0, 0], 120) == 0, "sent again"
    assert cumulative([515, 2, 0], 180) == 7
    assert cumulative([4, 0, 0], 240, start_s=200) == 4, "the process began anew"
    assert cumulative([3, 0, 0], 300, start_s=200) == 3, "it was reset"


def test_cumulative_metrics_of_a_process_that_began_since_count_in_full() -> None:
    taking = Taking()
    taking(metrics(histogram(DURATION, [1, 0, 0], 1, MODEL)))
    reported = histogram(DURATION, [7, 0, 0], 7, MODEL, start_s=40, at_s=90, temporality=CUMULATIVE)
    assert counted_calls(taking(metrics(reported, service="other"))) == 7


def test_metrics_without_a_temporality() -> None:
    taking = Taking()

    def count_of(count: int, start_s: int, at_s: int) -> int:
        made = histogram(DURATION, [count, 0, 0], count, MODEL, start_s=start_s, at_s=at_s, temporality=0)
        return counted_calls(taking(metrics(made)))

    assert [count_of(5, 40, 60), count_of(8, 40, 120)] == [5, 3], "as totals, if the start stays"
    assert [count_of(5, 120, 180), count_of(8, 180, 240)] == [5, 8], "as differences, if it moves"


def test_metrics_of_an_application_that_reports_its_calls_say_nothing_new() -> None:
    taking = Taking()
    taking(traces(span()))
    assert taking(metrics(histogram(DURATION, [5, 0, 0], 5, MODEL))) == []


def test_tokens_that_come_after_their_calls_wait_for_the_next() -> None:
    taking = Taking()
    taking(metrics(histogram(DURATION, [1, 0, 0], 1, MODEL)))
    late = histogram(USAGE, [1, 0, 0], 100, {**MODEL, "gen_ai.token.type": "input"})
    assert taking(metrics(late)) == []
    calls = taking(metrics(histogram(DURATION, [1, 0, 0], 1, MODEL, start_s=60, at_s=120)))
    assert [call.tokens for call in calls] == [Tokens(100)]


# -- names, and what is missing ------------------------------------------------------


@pytest.mark.parametrize("service", ["", "unknown_service", "unknown_service:python"])
def test_an_application_without_a_name_is_unknown(service: str) -> None:
    assert only(Taking()(traces(span(), service=service))).application == UNKNOWN


def test_a_name_is_inert_and_no_secret() -> None:
    assert only(Taking()(traces(span(), service="a\x1b[31mb"))).application == "a␛[31mb"
    assert only(Taking()(traces(span(), service="sk-ant-api03-secret"))).application == OTHER


def test_what_a_source_does_not_tell_is_unknown() -> None:
    call = only(Taking()(traces(span({"gen_ai.request.model": "m"}, status=OK))))
    assert (call.tokens, call.cost_usd, call.first_token_s, call.request_id, call.http_status) == (None,) * 5
    assert (call.limits, call.retry_after_s) == ((), None)


def test_an_attribute_that_vanished_is_reported_with_the_time() -> None:
    taking = Taking()
    for number in range(5):
        taking(logs(event(at_ns=AT_NS + number)))
        taking(logs(event({**API_REQUEST, "request_id": f"req_{number}"})))
    assert [*taking.intake.absent.sentences()] == []
    taking.seconds += 3600
    for number in range(6):
        values = {name: item for name, item in API_REQUEST.items() if name not in {"ttft_ms", "request_id"}}
        taking(logs(event(values, at_ns=AT_NS + 100 + number)))
    assert sorted(taking.intake.absent.sentences()) == [
        "Claude Code events of claude-code: request id absent since 14:00 UTC",
        "Claude Code events of claude-code: time to first token absent since 14:00 UTC",
    ]


def test_a_clock_that_makes_no_sense_does_no_harm() -> None:
    made = span()
    made.start_time_unix_nano, made.end_time_unix_nano = 2**64 - 1, 1
    call = only(Taking()(traces(made)))
    assert call.total_s is None
    assert call.at == AT + timedelta(seconds=30)
