"""What the simulator answers, before any network: checks of requests, headers, streams, models, limits."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.simulator.exchange import Call
from claude_tui.simulator.limits import Limiter
from claude_tui.simulator.scenario import load
from tests.simulated import HEADERS, MESSAGE, START, api, ask, error, events, get, scenario

# -- requests that are refused ---------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "type_", "part"),
    [
        (b"{", 400, "invalid_request_error", "not valid JSON"),
        (b"\xff", 400, "invalid_request_error", "not valid JSON"),
        (b"[" * 100_000, 400, "invalid_request_error", "not valid JSON"),
        (b"[]", 400, "invalid_request_error", "JSON object"),
        ({**MESSAGE, "model": "claude-haiku-9"}, 404, "not_found_error", "model: claude-haiku-9"),
        (
            b'{"model":"\\ud800","max_tokens":1,"messages":[{"role":"user","content":"1"}]}',
            404,
            "not_found_error",
            "?",
        ),
        ({**MESSAGE, "model": "claude-opus-4-20250514"}, 404, "not_found_error", "claude-opus-4-20250514"),
        ({**MESSAGE, "model": 3}, 400, "invalid_request_error", "model"),
        ({**MESSAGE, "max_tokens": 0}, 400, "invalid_request_error", "max_tokens"),
        ({**MESSAGE, "max_tokens": True}, 400, "invalid_request_error", "max_tokens"),
        ({**MESSAGE, "max_tokens": "8"}, 400, "invalid_request_error", "max_tokens"),
        ({**MESSAGE, "messages": []}, 400, "invalid_request_error", "messages"),
        ({**MESSAGE, "messages": ["hi"]}, 400, "invalid_request_error", "messages.0"),
        ({**MESSAGE, "messages": [{"role": "user"}]}, 400, "invalid_request_error", "messages.0.content"),
        *(
            (
                {key: value for key, value in MESSAGE.items() if key != missing},
                400,
                "invalid_request_error",
                missing,
            )
            for missing in MESSAGE
        ),
    ],
)
def test_a_faulty_request_is_told_what_is_wrong(body: object, status: int, type_: str, part: str) -> None:
    answer = ask(api(), body)
    assert error(answer)[:2] == (status, type_)
    assert part in error(answer)[2]
    assert answer.header("x-should-retry") == "false"
    assert json.loads(answer.body)["request_id"] == answer.header("request-id")


@pytest.mark.parametrize(
    ("headers", "status", "type_"),
    [
        ({"anthropic-version": "2023-06-01"}, 401, "authentication_error"),
        ({"anthropic-version": "2023-06-01", "x-api-key": " "}, 401, "authentication_error"),
        ({"anthropic-version": "2023-06-01", "authorization": "Basic abc"}, 401, "authentication_error"),
        ({"anthropic-version": "2023-06-01", "x-api-key": "sk-ant-admin01-x"}, 401, "authentication_error"),
        ({"x-api-key": "k"}, 400, "invalid_request_error"),
        ({"x-api-key": "k", "anthropic-version": "2023-06-01"}, 200, ""),
        ({"authorization": "Bearer k", "anthropic-version": "2026-10-21"}, 200, ""),
    ],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_key_and_version_are_needed(headers: dict[str, str], status: int, type_: str, path: str) -> None:
    answer = ask(api(), headers=headers, path=path)
    assert answer.status == status
    if type_:
        assert error(answer)[1] == type_


def test_a_body_too_large_to_read_is_413() -> None:
    answer = api().answer(Call("POST", "/v1/messages", (), HEADERS, None), START)
    assert error(answer)[:2] == (413, "request_too_large")


def test_other_paths_and_methods_do_not_exist() -> None:
    server = api()
    assert error(get(server, "/v1/nothing"))[:2] == (404, "not_found_error")
    assert get(server, "/v1/messages").status == 405
    assert ask(server, path="/v1/models").status == 405
    assert get(server, "/api/v2/nothing.json").status == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(body=st.binary(max_size=60) | JSON, keys=st.dictionaries(st.sampled_from([*MESSAGE, "stream"]), JSON))
def test_any_body_gets_an_answer(body: object, keys: dict[str, object]) -> None:
    server = api()
    for sent in (body, {**MESSAGE, **keys}):
        for path in ("/v1/messages", "/v1/messages/count_tokens"):
            assert ask(server, sent, path=path).status in (200, 400, 404, 429)


# -- successes -------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"thinking": {"type": "disabled"}}, {"thinking": None}])
def test_nobody_gets_a_thought_that_was_not_asked_for(asked: dict[str, object]) -> None:
    server = api()
    for n in range(60):
        streamed = ask(server, {**MESSAGE, **asked, "stream": True}, at_s=n)
        blocks = [event["content_block"] for event in events(streamed) if "content_block" in event]
        assert [block["type"] for block in blocks] == ["text"]
        content = json.loads(ask(server, {**MESSAGE, **asked}, at_s=n).body)["content"]
        assert [block["type"] for block in content] == ["text"]


def test_streams_have_the_quirks_of_the_real_ones() -> None:
    server = api()
    asked = {**MESSAGE, "stream": True, "thinking": {"type": "adaptive"}}
    answers = [ask(server, asked, at_s=n) for n in range(200)]
    starts = Counter(
        next(e for e in events(answer) if e["type"] == "content_block_delta")["delta"]["type"]
        for answer in answers
    )
    assert set(starts) == {"text_delta", "thinking_delta"}
    assert 25 <= starts["thinking_delta"] <= 75
    reasons = Counter(events(answer)[-2]["delta"]["stop_reason"] for answer in answers)
    assert set(reasons) == {"max_tokens", "end_turn"}
    for answer in answers:
        kinds = [event["type"] for event in events(answer)]
        assert kinds[:2] == ["message_start", "content_block_start"]
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert "ping" in kinds
        assert events(answer)[-2]["usage"]["output_tokens"] <= 8
        assert answer.streamed
    assert any(b"     }\n\n" in answer.body for answer in answers)


def test_headers_have_the_quirks_of_the_real_ones() -> None:
    server = api()
    answers = [ask(server, at_s=n) for n in range(400)]
    shares = {
        name: sum(answer.header(name) is not None for answer in answers) / len(answers)
        for name in (
            "request-id",
            "anthropic-organization-id",
            "cf-ray",
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-tokens-limit",
            "server-timing",
            "x-envoy-upstream-service-time",
            "retry-after",
        )
    }
    assert shares["request-id"] == shares["cf-ray"] == shares["anthropic-organization-id"] == 1
    assert shares["anthropic-ratelimit-tokens-limit"] == 1
    assert 0.84 < shares["anthropic-ratelimit-requests-limit"] < 0.96
    assert 0.6 < shares["server-timing"] < 0.9
    assert 0.2 < shares["x-envoy-upstream-service-time"] < 0.4
    assert 0.04 < shares["retry-after"] < 0.16
    titled = sum(any(name == "Request-Id" for name, _ in answer.headers) for answer in answers)
    assert 20 < titled < 90


def test_tokens_are_the_sum_and_rounded_and_resets_lie_mostly_in_the_past() -> None:
    server, past = api(), 0
    for n in range(100):
        answer = ask(server, at_s=n * 7.3)
        head = {name.lower(): value for name, value in answer.headers}
        left = {
            name: int(head[f"anthropic-ratelimit-{name}-remaining"])
            for name in ("tokens", "input-tokens", "output-tokens")
        }
        assert left["tokens"] == left["input-tokens"] + left["output-tokens"]
        assert left["input-tokens"] % 1000 == left["output-tokens"] % 1000 == 0
        assert head["anthropic-ratelimit-tokens-limit"] == "2400000"
        reset = datetime.fromisoformat(head["anthropic-ratelimit-output-tokens-reset"])
        past += reset <= START + timedelta(seconds=n * 7.3 + answer.wait_s)
    assert past >= 50


def test_only_messages_carry_limits() -> None:
    server = api()
    others = [
        get(server, "/v1/models"),
        ask(server, path="/v1/messages/count_tokens"),
        ask(server, {**MESSAGE, "model": "none"}),
        get(server, "/api/v2/summary.json"),
    ]
    for answer in others:
        assert not any("ratelimit" in name.lower() for name, _ in answer.headers)


def test_a_dated_id_stands_for_its_alias() -> None:
    assert ask(api(), {**MESSAGE, "model": "claude-haiku-4-5-20251001"}).status == 200


def test_the_count_follows_the_text() -> None:
    short, long = (
        json.loads(
            ask(
                api(),
                {**MESSAGE, "messages": [{"role": "user", "content": "x" * size}]},
                path="/v1/messages/count_tokens",
            ).body
        )["input_tokens"]
        for size in (4, 4000)
    )
    assert 0 < short < 20
    assert 900 < long < 1100


# -- the list of models ----------------------------------------------------------


def test_models_come_newest_first_in_pages_that_join_up() -> None:
    server = api()
    whole = json.loads(get(server, "/v1/models").body)
    ids = [model["id"] for model in whole["data"]]
    assert [model["created_at"] for model in whole["data"]] == sorted(
        (model["created_at"] for model in whole["data"]), reverse=True
    )
    assert (whole["has_more"], whole["first_id"], whole["last_id"]) == (False, ids[0], ids[-1])
    found: list[str] = []
    query: tuple[tuple[str, str], ...] = (("limit", "4"),)
    while True:
        page = json.loads(get(server, "/v1/models", *query).body)
        found += [model["id"] for model in page["data"]]
        if not page["has_more"]:
            break
        query = (("limit", "4"), ("after_id", page["last_id"]))
    assert found == ids
    before = json.loads(get(server, "/v1/models", ("before_id", ids[3]), ("limit", "2")).body)
    assert [model["id"] for model in before["data"]] == ids[1:3]
    assert before["has_more"]


def test_retired_models_are_listed_only_on_request() -> None:
    server = api()
    usual = json.loads(get(server, "/v1/models").body)["data"]
    assert {model["lifecycle"] for model in usual} == {"active", "deprecated"}
    asked = json.loads(get(server, "/v1/models", ("lifecycle[]", "retired")).body)["data"]
    assert {model["lifecycle"] for model in asked} == {"retired"}
    sonnet = json.loads(get(server, "/v1/models/claude-sonnet-4-5").body)
    assert (sonnet["lifecycle"], sonnet["retires_at"]) == ("deprecated", "2026-11-30T00:00:00Z")
    assert get(server, "/v1/models/nothing").status == 404


@pytest.mark.parametrize(
    "query",
    [("limit", "0"), ("limit", "1001"), ("limit", "٣"), ("after_id", "nothing"), ("lifecycle", "old")],
)
def test_a_faulty_query_is_400(query: tuple[str, str]) -> None:
    assert get(api(), "/v1/models", query).status == 400


def test_a_model_can_go_before_the_list_says_so() -> None:
    script = load("model-retired")
    server = api(script)
    for at_s, listed in ((60, True), (1000, False)):
        ids = [model["id"] for model in json.loads(get(server, "/v1/models", at_s=at_s).body)["data"]]
        assert ("claude-haiku-5-5" in ids) is listed
        assert error(ask(server, at_s=at_s))[:2] == (404, "not_found_error")
        assert ask(server, {**MESSAGE, "model": "claude-haiku-4-5"}, at_s=at_s).status == 200
    gone = json.loads(get(server, "/v1/models/claude-haiku-5-5", at_s=1000).body)
    assert gone["lifecycle"] == "retired"
    assert gone["retires_at"].startswith("2026-11-20")


# -- limits ----------------------------------------------------------------------

LIMITS = {"requests": 60, "input_tokens": 60_000, "output_tokens": 60_000}
NO_LOAD = {"requests": 0, "input_tokens": 0, "output_tokens": 0}


def test_our_own_requests_drain_a_bucket_and_time_fills_it() -> None:
    limiter = Limiter(scenario(limits=LIMITS, load=NO_LOAD), seed=1)
    for _ in range(60):
        assert limiter.refuses(10) is None
        limiter.spend(input_tokens=10, output_tokens=5)
    assert limiter.refuses(10) == "requests"
    limiter.advance(1.5)
    assert limiter.refuses(10) is None
    limiter.advance(60)
    assert [level.remaining for level in limiter.levels()] == [60, 60_000, 60_000]


def test_a_request_larger_than_what_is_left_is_refused() -> None:
    limiter = Limiter(scenario(limits=LIMITS, load=NO_LOAD), seed=1)
    assert limiter.refuses(60_001) == "input-tokens"
    limiter.spend(input_tokens=59_000, output_tokens=0)
    assert limiter.refuses(2_000) == "input-tokens"
    assert limiter.retry_after_s("input-tokens", 2_000) == 1
    assert limiter.retry_after_s("input-tokens", 31_000) == 30


@given(
    load=st.floats(0, 5),
    steps=st.lists(st.tuples(st.floats(0, 300), st.integers(0, 100_000)), max_size=12),
    speed=st.sampled_from([1.0, 10.0]),
)
def test_levels_stay_between_nothing_and_the_limit(
    load: float, steps: list[tuple[float, int]], speed: float
) -> None:
    script = scenario(limits=LIMITS, load={name: rate * load for name, rate in LIMITS.items()})
    limiter, at_s = Limiter(script, seed=3, speed=speed), 0.0
    for step_s, tokens in steps:
        at_s += step_s
        limiter.advance(at_s)
        limiter.spend(input_tokens=tokens, output_tokens=tokens)
        for level in limiter.levels():
            assert 0 <= level.remaining <= level.limit
            assert 0 <= level.reset_in_s <= 60.001 / speed
            assert 1 <= limiter.retry_after_s(level.bucket, 1) <= 60


def test_more_load_than_limit_runs_dry_and_names_the_bucket() -> None:
    script = load("rate-limit")
    server = api(script)
    answer = next(answer for at_s in range(3, 60) if (answer := ask(server, at_s=at_s)).status == 429)
    status, type_, message = error(answer)
    assert (status, type_) == (429, "rate_limit_error")
    assert "400,000 input tokens per minute" in message
    assert answer.header("anthropic-ratelimit-input-tokens-remaining") == "0"
    assert answer.header("anthropic-ratelimit-input-tokens-limit") == "400000"
    assert 1 <= int(answer.header("retry-after") or 0) <= 60
    assert answer.header("x-should-retry") == "true"
    assert ask(server, at_s=1_150).status == 200


def test_lowered_limits_show_at_once() -> None:
    server = api(load("rate-limit"))
    limits = [ask(server, at_s=at_s).header("anthropic-ratelimit-input-tokens-limit") for at_s in (1, 5)]
    assert limits == ["2000000", "400000"]


def test_the_tour_drains_the_headroom_low_but_never_dry() -> None:
    limiter = Limiter(load("tour"), seed=1)
    left = []
    for at_s in range(0, 360, 3):
        limiter.advance(at_s)
        assert limiter.refuses(20) is None
        left.append(limiter.levels()[1].remaining / 2_000_000)
    assert left[5] > 0.9
    assert 0.05 < min(left) < 0.25
    assert left[-1] > 0.9


# -- repeatability ---------------------------------------------------------------


def test_the_same_seed_and_requests_give_the_same_answers_and_another_seed_others() -> None:
    script = load("overload")
    runs = [
        [ask(server, {**MESSAGE, "stream": True}, at_s=n * 5) for n in range(40)]
        for server in (api(script, seed=7), api(script, seed=7), api(script, seed=8))
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_what_happens_on_one_endpoint_leaves_the_others_alone() -> None:
    script = load("status-lag")
    alone, busy = api(script), api(script)
    for n in range(30):
        for _ in range(n % 3):
            get(busy, "/v1/models", at_s=10 + n)
            get(busy, "/api/v2/summary.json", at_s=10 + n)
        assert ask(alone, at_s=10 + n) == ask(busy, at_s=10 + n)
