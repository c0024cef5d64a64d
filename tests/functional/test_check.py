"""`check` against simulated endpoints: verdict, exit code, how often it asks, text and JSON."""

from __future__ import annotations

import asyncio
import json
import os
from random import Random
from typing import Any

import pytest

from claude_tui import check
from claude_tui.check.document import to_json
from claude_tui.check.probing import Findings, findings_of
from claude_tui.engine import Endpoint
from claude_tui.model.observation import Source
from claude_tui.probes.clock import SystemClock
from claude_tui.settings import load
from claude_tui.simulator.script import Scenario
from tests.builders import texts
from tests.checked import VALIDATOR, screen
from tests.ports import unused_port
from tests.simulated import ManualClock, scenario, simulated
from tests.wire_server import TLS_ALERT, WireServer, raw_server, response

KEY = "sk-ant-api03-test-no-real-key-0123456789"
GO_400 = response(
    b"Client sent an HTTP request to an HTTPS server.\n", status="400 Bad Request", content_type="text/plain"
)
Verdict = tuple[str, str, str | None, int]


class Waits:
    """A sleep that only notes how long it was asked for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def checked(
    base_url: str,
    status_url: str,
    *,
    key: str | None = KEY,
    samples: int | None = None,
    waits: Waits | None = None,
    timeout_s: str = "5",
    model: str = "auto",
    also_models: str = "",
) -> Findings:
    environ = {
        "ANTHROPIC_BASE_URL": base_url,
        "CLAUDE_TOP_STATUS_URL": status_url,
        "CLAUDE_TOP_TIMEOUT_S": timeout_s,
        "CLAUDE_TOP_MODEL": model,
        **({"CLAUDE_TOP_ALSO_MODELS": also_models} if also_models else {}),
        **({"ANTHROPIC_API_KEY": key} if key is not None else {}),
    }
    settings = load({}, environ)
    found = await findings_of(
        settings,
        Endpoint.of(settings, environ),
        samples,
        clock=SystemClock(),
        random=Random(1),
        sleep=waits or Waits(),
    )
    screen(found)
    return found


async def played(
    name: str | Scenario,
    at_s: float = 120.0,
    *,
    seed: int | None = None,
    latency_scale: float = 0.0,
    **details: Any,
) -> Findings:
    async with simulated(
        name, at_s, seed=seed, clock=ManualClock(), latency_scale=latency_scale
    ) as simulator:
        return await checked(simulator.base_url, simulator.status_url, **details)


def verdict_of(found: Findings) -> Verdict:
    verdict = to_json(found)["verdict"]
    return (
        verdict["cause"],
        verdict["side"],
        verdict["severity"],
        check.exit_code(found.snapshot.verdict),
    )


def asked(found: Findings, source: Source = Source.MESSAGES) -> int:
    return sum(observation.source is source for observation in found.observations)


# -- the verdict -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "at_s", "expected"),
    [
        ("healthy", 0, ("healthy", "none", None, 0)),
        ("claude-ai-only", 60, ("healthy", "none", None, 0)),
        ("status-page-down", 60, ("healthy", "none", None, 0)),
        ("outage", 120, ("provider_outage", "them", "P1", 2)),
        ("outage", 900, ("provider_outage", "them", "P1", 2)),
        ("rate-limit", 120, ("rate_limited", "us", "P2", 2)),
        ("spend-limit", 120, ("spend_limit", "us", "P1", 2)),
        ("key-revoked", 120, ("key_rejected", "us", "P1", 2)),
        ("edge-block", 120, ("not_permitted", "path", "P1", 2)),
        ("captive-portal", 120, ("network", "path", "P1", 2)),
        ("network-down", 120, ("network", "path", "P1", 2)),
        ("model-retired", 120, ("model_unavailable", "us", "P1", 2)),
        ("gateway-masked", 240, ("rate_limited", "us", "P2", 2)),
    ],
)
async def test_each_scenario_has_its_verdict(name: str, at_s: float, expected: Verdict) -> None:
    assert verdict_of(await played(name, at_s)) == expected


async def test_one_model_of_several_is_seen_where_it_is_probed() -> None:
    alone = await played("one-model", 120)
    assert verdict_of(alone)[:2] == ("provider_notice", "them")
    assert alone.snapshot.verdict.summary == "They report trouble with Opus, which you don't probe."
    several = await played("one-model", 120, also_models="opus,sonnet", seed=3)
    assert verdict_of(several)[:2] == ("provider_overloaded", "them")
    made = to_json(several)
    assert made["verdict"]["scope"] == "Opus only; Haiku and Sonnet answer"
    assert [model["fails"] for model in made["models"]] == [False, True, False]
    assert "✗ opus" in screen(several)


@pytest.mark.parametrize(
    ("name", "at_s", "causes"),
    [
        ("overload", 120, {"provider_overloaded"}),
        ("gateway-masked", 60, {"provider_overloaded"}),
        ("midstream", 60, {"provider_errors", "provider_overloaded"}),
    ],
)
async def test_where_a_part_fails_it_asks_until_that_is_plain(
    name: str, at_s: float, causes: set[str]
) -> None:
    for seed in range(1, 6):
        found = await played(name, at_s, seed=seed)
        cause, side, severity, code = verdict_of(found)
        assert (cause in causes, side) == (True, "them")
        assert code == (2 if severity in {"P1", "P2"} else 1)
        assert 3 <= asked(found) <= 6


async def test_slow_answers_are_recognized_by_the_limit_without_a_past() -> None:
    slow = scenario(
        phase=[
            {
                "name": "slow",
                "cause": "provider_slow",
                "side": "them",
                "messages": {"first_token": {"median_s": 3.3, "p95_s": 3.31}},
            }
        ]
    )
    found = await played(slow, latency_scale=1.0)
    assert verdict_of(found) == ("provider_slow", "them", "P4", 1)


async def test_a_notice_on_the_page_while_all_is_well_is_a_warning() -> None:
    noticed = scenario(
        phase=[
            {
                "name": "notice",
                "cause": "provider_notice",
                "side": "them",
                "status_page": {"indicator": "minor", "components": {"api": "degraded_performance"}},
            }
        ]
    )
    assert verdict_of(await played(noticed)) == ("provider_notice", "them", "P4", 1)


async def test_a_pinned_model_that_the_list_calls_retired() -> None:
    found = await played("model-retired", 1200, model="claude-haiku-5-5")
    assert verdict_of(found) == ("model_unavailable", "us", "P1", 2)
    assert "claude-haiku-5-5 is not among" in " ".join(texts(found.snapshot.verdict))


# -- how often it asks -----------------------------------------------------------------------


async def test_a_limit_that_was_hit_is_not_hit_again() -> None:
    found = await played("rate-limit")
    assert asked(found) == 1
    verdict = to_json(found)["verdict"]
    assert verdict["retry_after_s"] > 5
    assert any("2 of 3 left out" in sentence for sentence in verdict["evidence"])


async def test_who_asks_to_wait_is_left_alone() -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answer = response(body, status="529 Overloaded", headers={"retry-after": "30"})
    async with WireServer(answer) as server:
        found = await checked(server.url, server.url)
    assert asked(found) == 1
    assert verdict_of(found) == ("provider_overloaded", "them", "P2", 2)
    assert 29 <= to_json(found)["verdict"]["retry_after_s"] <= 30


async def test_between_failures_it_pauses_and_keeps_a_short_wait_it_was_asked_for() -> None:
    body = {"type": "error", "error": {"type": "api_error", "message": "oops"}}
    answer = response(body, status="500 Oops", headers={"retry-after": "3"})
    waits = Waits()
    async with WireServer(answer) as server:
        found = await checked(server.url, server.url, waits=waits)
    assert asked(found) == 3
    assert waits.seconds == [3.0, 3.0]
    waits = Waits()
    assert verdict_of(await played("outage", waits=waits))[0] == "provider_outage"
    assert len(waits.seconds) == 2
    assert all(0.5 <= seconds <= 1.5 for seconds in waits.seconds)


async def test_a_number_of_samples_is_that_number() -> None:
    assert asked(await played("healthy")) == 3
    assert asked(await played("healthy", samples=5)) == 5
    assert asked(await played("overload", samples=2, seed=3)) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("healthy", ("unknown", "unclear", None, 3)),
        ("outage", ("unknown", "unclear", None, 3)),
        ("rate-limit", ("rate_limited", "us", "P2", 2)),
        ("spend-limit", ("spend_limit", "us", "P1", 2)),
        ("key-revoked", ("key_rejected", "us", "P1", 2)),
        ("model-retired", ("model_unavailable", "us", "P1", 2)),
        ("edge-block", ("not_permitted", "path", "P1", 2)),
    ],
)
async def test_one_sample_is_too_little_unless_its_answer_proves_the_cause(
    name: str, expected: Verdict
) -> None:
    found = await played(name, samples=1)
    assert verdict_of(found) == expected
    if expected[0] == "unknown":
        assert "a verdict needs 2" in found.snapshot.verdict.summary
        assert "--samples 3" in found.snapshot.verdict.next_step


# -- without a key, without a network --------------------------------------------------------


async def test_without_a_key_it_is_unknown_and_names_what_is_missing() -> None:
    found = await played("healthy", key=None)
    assert verdict_of(found) == ("unknown", "unclear", None, 3)
    assert {observation.source for observation in found.observations} == {Source.MODELS, Source.STATUS}
    verdict = to_json(found)["verdict"]
    assert "ANTHROPIC_API_KEY" in verdict["next_step"]


async def test_without_a_key_the_list_of_models_is_asked_as_often_as_messages_would_be() -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    found = await checked(url, url, key=None)
    assert verdict_of(found) == ("network", "path", "P2", 2)
    assert asked(found, Source.MODELS) == 3
    assert "ANTHROPIC_API_KEY" in to_json(found)["verdict"]["next_step"]


@pytest.mark.parametrize("key", ["sk-ant-api03-abc\n", " ", "schlüssel"])
async def test_a_key_that_cannot_be_sent_is_not_and_the_reason_is_reported(key: str) -> None:
    found = await played("healthy", key=key)
    assert verdict_of(found)[3] == 3
    assert "▲ key" not in (text := screen(found))
    assert "ANTHROPIC_API_KEY" in text


async def test_a_name_that_is_not_resolved_is_the_path() -> None:
    found = await checked("http://nowhere.invalid", "http://page.invalid", samples=2)
    assert verdict_of(found)[:2] == ("network", "path")


async def test_a_server_that_hangs_takes_no_longer_than_it_may() -> None:
    async def hang(request: Any, answer: Any) -> None:
        await answer.hang()

    async with WireServer(hang) as server:
        found = await checked(server.url, server.url, samples=2, timeout_s="1")
    assert verdict_of(found)[:2] == ("network", "path")
    assert {observation.outcome.value for observation in found.observations} == {"timeout"}


async def test_html_where_json_belongs_is_the_path() -> None:
    page = response(b"<html><title>Hello</title></html>", content_type="text/html")
    async with WireServer(page) as server:
        found = await checked(server.url, server.url)
    assert verdict_of(found) == ("network", "path", "P1", 2)


async def test_hostile_text_is_shown_and_not_obeyed() -> None:
    evil = "\x1b[31mred\x1b]0;title\x07 [bold]x[/] \u202e | a=1\r\n[OK] all is well"
    body = {"type": "error", "error": {"type": evil, "message": evil * 50}, "request_id": evil}
    async with WireServer(response(body, status="500 Oops")) as server:
        found = await checked(server.url, server.url)
    text = screen(found)
    assert "[bold]x[/]" in text
    assert not any(line.startswith("[OK]") for line in text.split("\n"))
    assert "\x1b" not in json.dumps(to_json(found), ensure_ascii=False)


# -- what is printed -------------------------------------------------------------------------


async def test_a_secret_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated("key-revoked", 120.0) as simulator:
        environ = {
            "ANTHROPIC_BASE_URL": simulator.base_url,
            "CLAUDE_TOP_STATUS_URL": simulator.status_url,
            "ANTHROPIC_API_KEY": KEY,
        }
        settings = load({}, environ)
        for as_json in (True, False):
            assert await asyncio.to_thread(check.run, settings, environ, json=as_json, samples=1) == 2
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err


def test_it_prints_one_object_on_stdout_and_what_is_wrong_with_the_key_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    environ = {"ANTHROPIC_BASE_URL": url, "CLAUDE_TOP_STATUS_URL": url}
    assert check.run(load({}, environ), environ, json=True, timeout_s=3.0) == 2
    printed = capsys.readouterr()
    VALIDATOR.validate(json.loads(printed.out))
    assert printed.err == "claude-top: ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)\n"


def test_that_nobody_listens_is_reported_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    environ = {"ANTHROPIC_BASE_URL": url, "CLAUDE_TOP_STATUS_URL": url, "ANTHROPIC_API_KEY": KEY}
    assert check.run(load({}, environ), environ, json=False, samples=1, timeout_s=3.0) == 1
    text = capsys.readouterr().out
    assert text.startswith("[P")
    assert "refused" in text
    assert "status page unknown" in text


# -- the proxy variables ------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["socks5://me:hunter22@127.0.0.1:1080", "gopher://me:hunter22@127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_named_everywhere(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    found = await checked("http://api.example", "http://status.example")
    assert verdict_of(found) == ("network", "us", "P1", 2)
    document = to_json(found)
    assert document["verdict"]["summary"].startswith(f"It's us. {variable} cannot be used: ")
    assert {probe["name"]: probe["error_type"] for probe in document["probes"]} == {
        "messages": "proxy_setting",
        "models": "proxy_setting",
        "status": "proxy_setting",
    }
    assert all(probe["message"].count(f"{variable} cannot be used") == 1 for probe in document["probes"])
    text = screen(found)
    assert "the API rejects our request" not in text
    assert "hunter22" not in text + json.dumps(document)


async def test_a_range_in_no_proxy_goes_past_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTP_PROXY", "gopher://nowhere")
    environment.setenv("NO_PROXY", "example.com 127.0.0.0/8")
    assert verdict_of(await played("healthy", 0)) == ("healthy", "none", None, 0)


@pytest.mark.parametrize(
    ("scheme", "raw", "side", "words"),
    [
        (
            "https",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "path",
            "answers without TLS, as a plain HTTP port does",
        ),
        ("http", TLS_ALERT, "us", "expects TLS but gets plain HTTP"),
        ("http", GO_400, "us", "expects TLS but gets plain HTTP (400)"),
    ],
)
async def test_http_and_https_mixed_up(scheme: str, raw: bytes, side: str, words: str) -> None:
    async with raw_server(raw) as port:
        url = f"{scheme}://127.0.0.1:{port}"
        found = await checked(url, url)
    assert verdict_of(found) == ("network", side, "P1", 2)
    verdict = to_json(found)["verdict"]
    assert f"127.0.0.1:{port} {words}" in verdict["summary"]
    assert "ANTHROPIC_BASE_URL" in verdict["next_step"]
