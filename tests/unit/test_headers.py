"""What is read from response headers, against own fixtures, the SDK's parser and real captures."""

from __future__ import annotations

import email.utils
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic._base_client import BaseClient
from hypothesis import example, given
from hypothesis import strategies as st

from claude_tui.model.observation import RateLimitReading, WindowReading
from claude_tui.model.text import Redactor
from claude_tui.probes.headers import HeaderFacts, clock_skew, read_headers, retry_after
from claude_tui.probes.instants import parse_instant, parse_number, parse_whole
from claude_tui.probes.limits import read_rate_limits, read_windows

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
CAPTURES = Path(__file__).parents[2].parent / "shared" / "data" / "http"
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not here")

STEMS = {"requests": "requests", "tokens": "tokens", "input": "input-tokens", "output": "output-tokens"}
TRIO = {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "997",
    "anthropic-ratelimit-requests-reset": "2026-11-20T14:05:40Z",
    "anthropic-ratelimit-input-tokens-limit": "40000",
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-20T14:06:41.5+00:00",
    "anthropic-ratelimit-output-tokens-limit": "8000",
    "anthropic-ratelimit-output-tokens-remaining": "8000",
    "anthropic-ratelimit-output-tokens-reset": "1970-01-01T00:00:00Z",
    "anthropic-ratelimit-tokens-limit": "48000",
    "anthropic-ratelimit-tokens-remaining": "8000",
    "anthropic-ratelimit-tokens-reset": "2026-11-20T14:05:30Z",
}


def read(headers: dict[str, str], **options: Any) -> HeaderFacts:
    return read_headers(headers.items(), **{"now": NOW, "redactor": Redactor()} | options)


def buckets(headers: dict[str, str]) -> dict[str, RateLimitReading]:
    return {reading.bucket: reading for reading in read(headers).rate_limits}


def test_the_four_buckets_are_read_as_sent() -> None:
    found = buckets(TRIO)
    assert list(found) == ["requests", "tokens", "input", "output"]
    assert found["requests"] == RateLimitReading(
        "requests", 1000, 997, datetime(2026, 11, 20, 14, 5, 40, tzinfo=UTC)
    )
    assert found["input"].remaining == 0
    assert found["input"].reset_at == datetime(2026, 11, 20, 14, 6, 41, 500_000, tzinfo=UTC)
    assert found["output"].reset_at == datetime(1970, 1, 1, tzinfo=UTC), "an absurd reset is kept as said"
    assert found["tokens"].reset_at == datetime(2026, 11, 20, 14, 5, 30, tzinfo=UTC), (
        "and so is one that has passed"
    )


def test_names_are_read_in_any_case_and_behind_a_gateway() -> None:
    plain = read(TRIO).rate_limits
    assert read({name.title(): value for name, value in TRIO.items()}).rate_limits == plain
    assert read({f"llm_provider-{name}": value for name, value in TRIO.items()}).rate_limits == plain


def test_a_gateways_own_limits_are_buckets_of_their_own() -> None:
    own = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "1m30s",
        "x-ratelimit-api_key-limit-tokens": "500",
        "x-ratelimit-api_key-remaining-tokens": "-20",
    }
    found = buckets(TRIO | own)
    assert found["requests"].remaining == 997
    assert found["gateway-requests"] == RateLimitReading(
        "gateway-requests", 60, 2, NOW + timedelta(seconds=90)
    )
    assert found["gateway-api_key-tokens"].remaining == 0, "overdrawn is empty"


def test_a_gateway_that_repeats_the_apis_figures_adds_nothing() -> None:
    repeated = {"x-ratelimit-limit-requests": "1000", "x-ratelimit-remaining-requests": "997"}
    assert buckets(TRIO | repeated) == buckets(TRIO)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20ms", 0.02), ("6m0s", 360), ("1h2m3s", 3723), ("60", 60), ("1763647600", None), ("soon", None)],
)
def test_gateway_resets_are_waits_or_instants(text: str, seconds: float | None) -> None:
    headers = {"x-ratelimit-remaining-tokens": "1", "x-ratelimit-reset-tokens": text}
    reset = buckets(headers)["gateway-tokens"].reset_at
    wanted = parse_instant(text) if seconds is None else NOW + timedelta(seconds=seconds)
    assert reset == wanted


def test_priority_and_fast_limits_have_no_ratelimit_in_their_names() -> None:
    headers = {
        "anthropic-priority-input-tokens-limit": "10000",
        "anthropic-priority-input-tokens-remaining": "9618",
        "anthropic-priority-input-tokens-reset": "2026-11-20T14:06:00Z",
        "Anthropic-Fast-Output-Tokens-Limit": "500",
        "Anthropic-Fast-Output-Tokens-Remaining": "499",
    }
    found = buckets(headers)
    assert set(found) == {"priority-input", "fast-output"}
    assert found["priority-input"].remaining == 9618
    assert found["fast-output"].reset_at is None


@pytest.mark.parametrize(
    "nonsense", ["", "NaN", "inf", "-inf", "many", "1e400", "9223372036854775807", "٣", "0x10"]
)
def test_figures_that_are_no_numbers_are_left_out(nonsense: str) -> None:
    headers = {"anthropic-ratelimit-requests-limit": nonsense, "anthropic-ratelimit-requests-remaining": "5"}
    assert buckets(headers)["requests"] == RateLimitReading("requests", None, 5, None)
    only = {"anthropic-ratelimit-requests-limit": nonsense, "anthropic-ratelimit-requests-reset": nonsense}
    assert buckets(only) == {}


def test_windows_state_what_is_used() -> None:
    headers = {
        "anthropic-ratelimit-unified-status": "allowed_warning",
        "anthropic-ratelimit-unified-reset": "1795190400",
        "anthropic-ratelimit-unified-5h-utilization": "0.91",
        "anthropic-ratelimit-unified-5h-reset": "1795190400",
        "anthropic-ratelimit-unified-5h-status": "allowed_warning",
        "anthropic-ratelimit-unified-7d_oi-utilization": "1.04",
        "anthropic-ratelimit-unified-7d_oi-reset": "2026-11-24T00:00:00Z",
        "anthropic-ratelimit-unified-overage-status": "rejected",
        "anthropic-ratelimit-unified-overage-reset": "1795190400",
        "anthropic-ratelimit-unified-7d-utilization": "nan",
    }
    assert read(headers).windows == (
        WindowReading("5h", 0.91, datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "allowed_warning"),
        WindowReading("7d_oi", 1.04, datetime(2026, 11, 24, tzinfo=UTC), None),
    )
    assert read(headers).rate_limits == ()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "58"}, 58.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Fri, 20 Nov 2026 14:06:03 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 14:00:00 GMT"}, 0.0),
        ({"retry-after": "1e12"}, 4_294_967.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Fri, 99 Nov 99999 14:06:03 GMT"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert read(headers).retry_after_s == seconds


ROUNDING_S = 1e-3
_instants = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_waits = st.one_of(
    st.floats(-10, 1e7).map(str),
    st.integers(-5, 10**8).map(str),
    _instants.map(lambda at: email.utils.format_datetime(at, usegmt=True)),
    st.sampled_from(["", "soon", "nan", "inf", "1_0", " 7 "]),
    st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=12),
)


@given(seconds=st.none() | _waits, milliseconds=st.none() | _waits)
@example(seconds="Wed, 21 Oct 2065 07:28:00 GMT", milliseconds=None)
def test_retry_after_agrees_with_the_sdk(seconds: str | None, milliseconds: str | None) -> None:
    """Where the SDK would wait, we read the same wait; where it would ignore the header, we read none."""
    fields = {
        name: value
        for name, value in {"retry-after": seconds, "retry-after-ms": milliseconds}.items()
        if value is not None
    }
    before = datetime.now(UTC)
    try:
        theirs = BaseClient._parse_retry_after_header(None, httpx2.Headers(fields))  # type: ignore[arg-type]
    except (ValueError, OverflowError, IndexError, TypeError):
        theirs = None
    ours, at_most = retry_after(fields, now=datetime.now(UTC)), retry_after(fields, now=before)
    if theirs is not None and not math.isfinite(theirs):
        return
    if theirs is not None and theirs > 0:
        # A date leaves less of the wait the later it is read: theirs is read between two of ours.
        assert (ours or 0.0) - ROUNDING_S <= min(theirs, 4_294_967.0) <= (at_most or 0.0) + ROUNDING_S
    elif milliseconds is None or theirs is None:
        assert ours in {None, 0.0}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"server-timing": "x-originResponse;dur=325"}, 0.325),
        ({"Server-Timing": 'cfOrigin;dur=9, x-originResponse;desc="o";dur=41.5'}, 0.0415),
        ({"server-timing": "cfOrigin;dur=9"}, None),
        ({"server-timing": "cfOrigin;dur=9", "x-envoy-upstream-service-time": "12"}, 0.012),
        ({"x-envoy-upstream-service-time": "-12"}, None),
        ({"x-envoy-upstream-service-time": "99999999999"}, None),
    ],
)
def test_the_servers_own_time(headers: dict[str, str], seconds: float | None) -> None:
    assert read(headers).server_s == seconds


@given(
    skew=st.floats(-1e5, 1e5),
    to_server=st.floats(0, 30),
    from_server=st.floats(0, 30),
    sent_at=_instants,
)
def test_skew_never_claims_more_than_the_date_supports(
    skew: float, to_server: float, from_server: float, sent_at: datetime
) -> None:
    stamped = sent_at + timedelta(seconds=to_server + skew)
    now = sent_at + timedelta(seconds=to_server) + timedelta(seconds=from_server)
    date = email.utils.format_datetime(stamped, usegmt=True)
    measured = clock_skew({"date": date}, now=now, sent_at=sent_at)
    assert measured is not None
    low, high = sorted((0.0, skew))
    assert low - 1e-4 <= measured <= high + 1e-4
    assert abs(measured - skew) <= to_server + from_server + 1 + 1e-4


def test_no_skew_without_a_date_or_from_a_cache() -> None:
    assert read({"date": "yesterday"}).skew_s is None
    assert read({}).skew_s is None
    assert read({"date": "Fri, 20 Nov 2026 13:00:00 GMT", "age": "3933"}).skew_s is None
    assert read({"date": "Fri, 20 Nov 2026 14:05:33 GMT"}).skew_s == 0.0


def test_successive_failures_share_the_headers_that_are_the_same() -> None:
    def notable(number: int) -> dict[str, tuple[str, str]]:
        received = {"Server": "cloudflare", "Content-Type": f"text/{'html'}", "cf-ray": f"{number:016x}-FRA"}
        return {pair[0]: pair for pair in read(received).notable}

    one, other = notable(1), notable(2)
    assert one["server"] is other["server"]
    assert one["content-type"] is other["content-type"]
    assert other["cf-ray"] == ("cf-ray", "0000000000000002-FRA")


def test_notable_headers_are_few_clean_and_hold_no_secret() -> None:
    headers = {
        "Request-Id": "req_011CfAkE",
        "Set-Cookie": "session=1",
        "Authorization": "Bearer sk-ant-api03-" + "a" * 20,
        "X-Api-Key": "sk-ant-api03-" + "a" * 20,
        "anthropic-organization-id": "someone",
        "CF-Ray": "abc\x1b[31m-LAX",
        "server": "sk-ant-api03-" + "b" * 20,
        "date": "x" * 10_000,
    }
    facts = read(headers)
    assert facts.request_id == "req_011CfAkE"
    assert [name for name, _ in facts.notable] == ["request-id", "cf-ray", "server", "date"]
    shown = dict(facts.notable)
    assert "\x1b" not in shown["cf-ray"]
    assert "bbbb" not in shown["server"]
    assert len(shown["date"]) <= 200
    assert shown["date"].endswith("…")


_names = st.sampled_from(
    [
        *TRIO,
        *(f"x-ratelimit-{figure}-requests" for figure in ("limit", "remaining", "reset")),
        *(f"anthropic-ratelimit-unified-5h-{part}" for part in ("utilization", "reset", "status")),
        "retry-after",
        "retry-after-ms",
        "date",
        "server-timing",
        "x-envoy-upstream-service-time",
        "request-id",
    ]
)
_values = st.one_of(
    st.text(max_size=40), st.floats().map(str), st.integers().map(str), st.datetimes().map(str), _waits
)


@given(st.lists(st.tuples(_names | st.text(max_size=30), _values), max_size=25))
def test_no_header_can_break_the_reading(headers: list[tuple[str, str]]) -> None:
    facts = read_headers(headers, now=NOW, redactor=Redactor())
    for reading in facts.rate_limits:
        assert all(figure is None or 0 <= figure < 2**53 for figure in (reading.limit, reading.remaining))
        assert reading.reset_at is None or reading.reset_at.tzinfo is UTC
    assert all(window.utilization is None or 0 <= window.utilization <= 10 for window in facts.windows)
    for figure in (facts.retry_after_s, facts.server_s):
        assert figure is None or (figure >= 0 and math.isfinite(figure))


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.integers())))
def test_an_instant_is_aware_utc_or_nothing(value: object) -> None:
    instant = parse_instant(value)
    assert instant is None or instant.utcoffset() == timedelta(0)


@given(_instants)
def test_instants_are_read_in_every_spelling(at: datetime) -> None:
    spellings = [
        at.isoformat(),
        at.strftime("%Y-%m-%dT%H:%M:%Sz"),
        str(int(at.timestamp())),
        int(at.timestamp()),
    ]
    assert {parse_instant(spelling) for spelling in spellings} == {at}


def test_numbers() -> None:
    assert parse_number(" 0.05 ") == 0.05
    assert parse_whole("12.9") == 12
    assert parse_instant("1795190400000") == parse_instant("1795190400")
    assert parse_number("1" * 400) is None


@needs_captures
def test_every_captured_header_set_reads_sensibly() -> None:
    lines = (CAPTURES / "headers_corpus.jsonl").read_text().splitlines()
    assert len(lines) == 534
    for line in lines:
        raw = {name.lower(): value for name, value in json.loads(line)["headers"].items()}
        date = email.utils.parsedate_to_datetime(raw["date"]) if "date" in raw else NOW
        facts = read_headers(raw.items(), now=date, redactor=Redactor())
        found = {reading.bucket: reading for reading in facts.rate_limits}
        for bucket, stem in STEMS.items():
            limit = raw.get(f"anthropic-ratelimit-{stem}-limit")
            assert (bucket in found) == (limit is not None)
            if limit is not None:
                assert found[bucket].limit == int(limit)
                assert found[bucket].reset_at is not None
        if {"tokens", "input", "output"} <= set(found):
            assert found["tokens"].limit == (found["input"].limit or 0) + (found["output"].limit or 0)
        assert (facts.retry_after_s is None) == ("retry-after" not in raw)
        assert facts.request_id == raw.get("request-id")
        assert facts.skew_s == (0.0 if "date" in raw else None)
        timed = "x-originResponse" in raw.get("server-timing", "") or "x-envoy-upstream-service-time" in raw
        assert (facts.server_s is not None) == timed


@needs_captures
def test_every_captured_subscription_set_reads_sensibly() -> None:
    for line in (CAPTURES / "unified_header_sets.jsonl").read_text().splitlines():
        raw = json.loads(line)["headers"]
        facts = read_headers(raw.items(), now=NOW, redactor=Redactor())
        assert len(facts.windows) == sum(name.endswith("-utilization") for name in raw)
        assert facts.rate_limits == ()
        for window in facts.windows:
            stem = f"anthropic-ratelimit-unified-{window.window}"
            assert window.utilization == float(raw[f"{stem}-utilization"])
            assert (window.reset_at is None) == (f"{stem}-reset" not in raw)


@pytest.mark.parametrize(
    "fields",
    [
        {"ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": "25"},
        {"ratelimit": "limit=100, remaining=0, reset=25"},
        {"ratelimit": '"default";r=0;t=25', "ratelimit-limit": "100"},
    ],
)
def test_the_headers_of_the_standard_are_a_gateways_bucket(fields: dict[str, str]) -> None:
    (reading,) = read_rate_limits(fields, now=NOW)
    assert (reading.bucket, reading.limit, reading.remaining) == ("gateway", 100, 0)
    assert reading.reset_at == NOW + timedelta(seconds=25)


def test_a_claimed_window_without_a_status_has_its_own_reset() -> None:
    unified = "anthropic-ratelimit-unified"
    fields = {
        f"{unified}-status": "rejected",
        f"{unified}-representative-claim": "seven_day",
        f"{unified}-7d-reset": str(int(NOW.timestamp()) + 86_400),
    }
    (reading,) = read_windows(fields, redactor=Redactor())
    assert (reading.window, reading.rejected) == ("7d", True)
    assert reading.reset_at == NOW.replace(microsecond=0) + timedelta(days=1)
