"""How long an answer asks to wait: headers, fields, words, and the resets of what is used up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source, WindowReading
from claude_tui.model.verdict import RetrySource
from claude_tui.model.waiting import asked_to_wait_s, wait_after
from claude_tui.probes.pacing import Backoff, hold_after
from claude_tui.probes.waits import body_wait, header_wait, stated_wait

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
SERVER = "Fri, 27 Nov 2026 12:10:00 GMT"
IN_30 = "Fri, 27 Nov 2026 12:10:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "7, 7"}, 7),
        ({"retry-after": "20s"}, 20),
        ({"retry-after": "1m30s"}, 90),
        ({"retry-after": "2 minutes"}, 120),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": IN_30, "date": SERVER}, 30),
        ({"retry-after": "Friday, 27-Nov-26 12:10:30 GMT", "date": SERVER}, 30),
        ({"retry-after": "Fri Nov 27 12:10:30 2026", "date": SERVER}, 30),
        ({"retry-after": "2026-11-27T12:10:30Z", "date": SERVER}, 30),
        ({"retry-after": str(int(NOW.timestamp()) + 630), "date": SERVER}, 30),
        ({"retry-after": IN_30}, 630),
        ({"retry-after": IN_30, "date": "yesterday"}, 630),
        ({"retry-after": IN_30, "date": SERVER, "age": "500"}, 630),
        ({"retry-after": SERVER, "date": IN_30}, 0),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_headers_in_all_their_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert header_wait(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"retry_after": 60}, 60),
        ({"error": {"retryAfter": "12"}}, 12),
        ({"error": {"retry_after_ms": 1500}}, 1.5),
        ({"error": {"details": [{"@type": "google.rpc.RetryInfo", "retryDelay": "34.07s"}]}}, 34.07),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1795780860000"}}}}, 60),
        ({"error": "limit", "resetAt": "2026-11-27T13:00:00Z"}, 3600),
        ({"error": {"resets_at": int(NOW.timestamp()) + 90}}, 90),
        ({"error": {"message": "No. Try again in 60 seconds. cooldown_list=['1']"}}, 60),
        ({"error": {"message": "Please retry after 6 seconds."}}, 6),
        ({"error": {"message": "Please retry in 27.5s."}}, 27.5),
        ({"error": {"message": "Please try again in 6m0s."}}, 360),
        ({"error": {"message": "Please try again in 1h2m3s."}}, 3723),
        ({"error": {"message": "Please try again in 20ms."}}, 0.02),
        ({"error": {"message": "The limit resets in 3 hours and 20 minutes"}}, 12_000),
        ({"error": {"message": "Retry available in 45 sec"}}, 45),
        ({"error": {"message": "请在 30 秒后重试"}}, 30),
        ({"error": {"message": "请求过多，5分钟后再试"}}, 300),
        ({"error": {"message": "Your limit will reset at 2026-11-27 12:05:00 UTC"}}, 300),
        (
            {"error": {"message": "Busy until 2026-11-27T14:30:00+02:00, later no more"}},
            1800,
        ),
        ({"error": {"message": f"Claude AI usage limit reached|{int(NOW.timestamp()) + 120}"}}, 120),
        ({"error": {"message": 'wrapped: {\\"error\\": {\\"retry_after\\": 9}}'}}, 9),
        ({"message": "Out of call volume quota. Quota will be replenished in 02:24:23."}, 8663),
        (
            {
                "error": "Queue timeout",
                "message": "Request timed out, waited: 10000ms",
                "retryAfterSeconds": 5,
            },
            5,
        ),
        (
            {"error": {"message": "All accounts are exhausted. Earliest reset at 2026-11-27T12:01:00.5Z"}},
            60.5,
        ),
        ({"message": "已达到请求次数限制 (100 次)，将在 5 分钟后重置"}, 300),
        ({"error": {"message": "Your limit will reset at 2026-11-27 20:05:00"}}, None),
        (
            {"error": {"message": "created within the last 5 minutes, please wait a moment and try again."}},
            None,
        ),
        ({"error": {"message": "1000 requests in 60 seconds are too many"}}, None),
        ({"retry_after": -3}, None),
        ({"retry_after": None}, None),
        ({"reset_at": "2020-01-01T00:00:00Z"}, None),
        ({}, None),
    ],
)
def test_fields_and_words_of_a_body(body: Any, seconds: float | None) -> None:
    found = body_wait(json.dumps(body, ensure_ascii=False), {}, now=NOW)
    assert found == pytest.approx(seconds) if seconds is not None else found is None


def test_an_instant_in_a_body_counts_from_the_servers_date() -> None:
    body = '{"reset_at": "2026-11-27T12:10:30Z"}'
    assert body_wait(body, {"date": SERVER}, now=NOW) == 30


def test_the_headers_count_before_the_body_and_only_on_a_failure() -> None:
    assert stated_wait(429, 5.0, 60.0) == 5.0
    assert stated_wait(429, None, 60.0) == 60.0
    assert stated_wait(200, 5.0, 60.0) == 60.0
    assert stated_wait(200, 5.0, None) is None


def refused(**more: Any) -> Observation:
    return Observation(NOW, Source.MESSAGES, "https://api", Outcome.RATE_LIMITED, http_status=429, **more)


def bucket(remaining: int, reset_s: float, limit: int = 100) -> RateLimitReading:
    return RateLimitReading("input", limit, remaining, NOW + timedelta(seconds=reset_s))


def window(name: str, used: float | None, status: str | None, reset_s: float | None) -> WindowReading:
    reset_at = None if reset_s is None else NOW + timedelta(seconds=reset_s)
    return WindowReading(name, used, reset_at, status)


@pytest.mark.parametrize(
    ("observation", "seconds"),
    [
        (refused(retry_after_s=58.0, rate_limits=(bucket(0, 78),)), 58),
        (refused(rate_limits=(bucket(0, 20), bucket(0, 41), bucket(90, 600))), 41),
        (refused(rate_limits=(bucket(400, 33, limit=100_000),)), 33),
        (refused(rate_limits=(bucket(0, -10),)), 0),
        (refused(rate_limits=(bucket(50, 40),)), 0),
        (refused(rate_limits=(bucket(0, 10),), windows=(window("5h", 1.0, "rejected", 9000),)), 9000),
        (refused(windows=(window("7d_oi", None, "rejected", 5000), window("5h", 0.2, "allowed", 9))), 5000),
        (refused(windows=(window("7d", 1.01, None, 700),)), 700),
        (refused(windows=(window("overage", 1.0, "rejected", 700),)), 0),
        (refused(windows=(window("5h", 1.0, "rejected", None),)), 0),
        (refused(windows=(window("5h", 1.0, "rejected", 9e9),)), 0),
        (refused(rate_limits=(bucket(0, 641),), skew_s=600.0), 41),
        (refused(rate_limits=(bucket(0, 41),), skew_s=1.0), 41),
        (replace(refused(rate_limits=(bucket(0, 41),)), outcome=Outcome.SERVER_ERROR), 0),
        (replace(refused(retry_after_s=9.0), outcome=Outcome.OK), 0),
    ],
)
def test_without_words_the_latest_reset_of_what_is_used_up(observation: Observation, seconds: float) -> None:
    assert asked_to_wait_s(observation) == seconds


def test_hold_and_verdict_wait_for_the_same() -> None:
    observation = refused(windows=(window("5h", 1.0, "rejected", 1800),))
    hold = hold_after(observation, paid=True, backoff=Backoff(), random=Random(1))
    assert hold is not None
    assert 1800 <= hold.seconds <= 1805
    later = NOW + timedelta(seconds=300)
    policy = knowledge().advice["window"].retry
    assert wait_after(observation, policy, later) == (1500, RetrySource.SERVER)


def test_without_any_reset_the_policy_decides_and_a_useless_retry_has_no_wait() -> None:
    advice = knowledge().advice
    assert wait_after(refused(), advice["rate_limited"].retry, NOW) == (5.0, RetrySource.POLICY)
    assert wait_after(refused(), advice["window"].retry, NOW) == (None, RetrySource.NONE)
    assert wait_after(refused(retry_after_s=9.0), advice["billing"].retry, NOW) == (None, RetrySource.NONE)
    assert wait_after(refused(retry_after_s=9.0), advice["budget"].retry, NOW) == (9.0, RetrySource.SERVER)
    assert wait_after(refused(), None, NOW) == (None, RetrySource.NONE)
