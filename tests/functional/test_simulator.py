"""The simulator over real HTTP: what clients see of each scenario, and the SDK against it, unchanged."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import anthropic
import httpx2
import pytest

from claude_tui.simulator.scenario import load
from claude_tui.simulator.server import Simulator
from claude_tui.simulator.thread import SimulatorThread
from tests.simulated import HEADERS, MESSAGE, ManualClock, simulated

KEY = "sk-ant-api03-test-no-real-key"
HAIKU = "claude-haiku-5-5"
PROMPT: Any = [{"role": "user", "content": "1"}]
WELL_INTO_IT_S = 60.0
PATIENCE_S = 60.0


def http(simulator: Simulator) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=simulator.base_url, headers=HEADERS, timeout=PATIENCE_S, trust_env=False
    )


def sdk(simulator: Simulator | SimulatorThread) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key=KEY, base_url=simulator.base_url, max_retries=0)


async def outcome_of(send: Callable[[], Awaitable[httpx2.Response]]) -> str:
    """The outcome of a request, in a word."""
    try:
        response = await send()
    except httpx2.TransportError:
        return "no answer"
    if "json" not in response.headers.get("content-type", ""):
        if "event-stream" in response.headers["content-type"]:
            return "stream" if "event: message_stop" in response.text else "broken stream"
        return f"{response.status_code} page"
    error = response.json().get("error")
    return f"{response.status_code} {error['type']}" if error else f"{response.status_code}"


async def outcomes(simulator: Simulator, count: int = 30) -> dict[str, Counter[str]]:
    """The outcomes of `count` requests to each endpoint."""
    async with http(simulator) as client:
        sends: dict[str, Callable[[], Awaitable[httpx2.Response]]] = {
            "messages": lambda: client.post("/v1/messages", json={**MESSAGE, "stream": True}),
            "models": lambda: client.get("/v1/models"),
            "page": lambda: client.get("/api/v2/summary.json"),
        }
        return {name: Counter([await outcome_of(send) for _ in range(count)]) for name, send in sends.items()}


# -- each scenario -----------------------------------------------------------------

FINE, PAGE_FINE = {"stream"}, {"200"}
EXPECTED: dict[str, tuple[set[str], set[str], set[str]]] = {
    "healthy": (FINE, PAGE_FINE, PAGE_FINE),
    "outage": ({"500 api_error"}, {"500 api_error"}, PAGE_FINE),
    "slow": (FINE, PAGE_FINE, PAGE_FINE),
    "rate-limit": ({"stream", "429 rate_limit_error"}, PAGE_FINE, PAGE_FINE),
    "key-revoked": ({"401 authentication_error"}, {"401 authentication_error"}, PAGE_FINE),
    "spend-limit": ({"429 rate_limit_error"}, PAGE_FINE, PAGE_FINE),
    "model-retired": ({"404 not_found_error"}, PAGE_FINE, PAGE_FINE),
    "network-down": ({"no answer"}, {"no answer"}, {"no answer"}),
    "captive-portal": ({"200 page"}, {"200 page"}, {"200 page"}),
    "edge-block": ({"403 page"}, {"403 page"}, {"405 page"}),
    "gateway-masked": ({"stream", "500 api_error"}, PAGE_FINE, PAGE_FINE),
    "claude-ai-only": (FINE, PAGE_FINE, PAGE_FINE),
    "one-model": (FINE, PAGE_FINE, PAGE_FINE),
    "status-lag": ({"stream", "500 api_error", "529 overloaded_error"}, {"200", "500 api_error"}, PAGE_FINE),
    "status-page-down": (FINE, PAGE_FINE, {"503 page"}),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_each_scenario_shows_what_it_says(name: str) -> None:
    messages, models, page = EXPECTED[name]
    clock = ManualClock()
    async with simulated(name, WELL_INTO_IT_S, clock=clock) as simulator:
        # The buckets are looked at now and then; between bursts some requests get through.
        seen: dict[str, Counter[str]] = {"messages": Counter(), "models": Counter(), "page": Counter()}
        for _ in range(6):
            clock.advance(2.0)
            for endpoint, found in (await outcomes(simulator, 5)).items():
                seen[endpoint] += found
        assert set(seen["messages"]) <= messages
        assert set(seen["messages"]) == messages or name == "rate-limit"
        assert set(seen["models"]) == models
        assert set(seen["page"]) == page


async def test_the_overload_turns_most_requests_away() -> None:
    async with simulated("overload", WELL_INTO_IT_S) as simulator:
        seen = await outcomes(simulator, 60)
        assert seen["messages"]["529 overloaded_error"] >= 30
        assert 3 <= seen["messages"]["stream"] <= 25
        assert seen["models"] == {"200": 60}


async def test_streams_break_in_the_middle() -> None:
    async with simulated("midstream", WELL_INTO_IT_S) as simulator:
        seen = (await outcomes(simulator, 60))["messages"]
        assert set(seen) == {"stream", "broken stream", "no answer"}
        assert seen["broken stream"] >= 20


async def test_claude_ai_is_red_while_the_api_is_green() -> None:
    async with simulated("claude-ai-only") as simulator, http(simulator) as client:
        summary = (await client.get("/api/v2/summary.json")).json()
        states = {component["name"]: component["status"] for component in summary["components"]}
        assert summary["status"]["indicator"] == "major"
        assert states["claude.ai"] == "major_outage"
        assert states["Claude API (api.anthropic.com)"] == "operational"
        assert len(summary["incidents"][0]["incident_updates"]) == 2


async def test_the_page_hangs_and_then_goes_away() -> None:
    clock = ManualClock()
    async with simulated("status-page-down", clock=clock) as simulator, http(simulator) as client:
        seen = []
        for limit_s in (PATIENCE_S, PATIENCE_S, PATIENCE_S, 0.1, 0.1):
            clock.advance(110)
            asking = partial(client.get, "/api/v2/summary.json", timeout=limit_s)
            seen.append(await outcome_of(asking))
        assert seen == ["503 page", "405 page", "200 page", "no answer", "no answer"]


# -- connections -------------------------------------------------------------------


async def test_without_a_network_even_an_open_connection_dies() -> None:
    clock = ManualClock()
    async with simulated("network-down", clock=clock) as simulator, http(simulator) as client:
        assert await outcome_of(lambda: client.get("/v1/models")) == "200"
        clock.advance(10)
        assert await outcome_of(lambda: client.get("/v1/models")) == "no answer"
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(simulator.base_url.rpartition(":")[2])
        )
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_hanging_means_until_the_client_leaves() -> None:
    scenario = load("status-page-down")
    async with simulated(scenario, scenario.starts_s[4] + 1) as simulator, http(simulator) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("/api/v2/summary.json", timeout=httpx2.Timeout(PATIENCE_S, read=0.1))
        # The next request is served, and stopping does not wait for the one that hangs.
        hanging = asyncio.create_task(client.get("/api/v2/summary.json"))
        assert await outcome_of(lambda: client.get("/v1/models")) == "200"
        await asyncio.wait_for(simulator.stop(), PATIENCE_S)
        with pytest.raises(httpx2.TransportError):
            await hanging


async def test_it_starts_on_the_port_it_is_given_and_frees_it() -> None:
    first = Simulator(load("healthy"), latency_scale=0)
    await first.start()
    port = int(first.base_url.rpartition(":")[2])
    second = Simulator(load("healthy"), latency_scale=0)
    with pytest.raises(OSError, match="in use"):
        await second.start(port)
    await first.stop()
    await second.start(port)
    assert second.base_url == first.base_url
    await second.stop()


async def test_a_body_over_32_mb_is_refused() -> None:
    async with simulated("healthy") as simulator, http(simulator) as client:
        answer = await client.post("/v1/messages", content=b" " * (32 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


async def test_the_date_is_the_servers_clock() -> None:
    async with simulated("healthy") as simulator, http(simulator) as client:
        answer = await client.get("/v1/models")
        assert answer.headers["date"] == "Fri, 20 Nov 2026 14:05:33 GMT"
        assert answer.headers["server"] == "cloudflare"


async def test_two_runs_with_one_seed_are_the_same_to_the_byte() -> None:
    runs = []
    for seed in (5, 5, 6):
        async with simulated("overload", 30, seed=seed) as simulator, http(simulator) as client:
            answers = [await client.post("/v1/messages", json={**MESSAGE, "stream": True}) for _ in range(30)]
            runs.append([(answer.status_code, answer.headers.raw, answer.content) for answer in answers])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


# -- the SDK, unchanged --------------------------------------------------------------


async def test_the_async_sdk_works() -> None:
    async with simulated("healthy") as simulator, sdk(simulator) as client:
        assert [model.id async for model in client.models.list(limit=2)][:2] == ["claude-fable-5-2", HAIKU]
        model = await client.models.retrieve("claude-sonnet-4-5")
        assert (model.lifecycle, str(model.retires_at)[:10]) == ("deprecated", "2026-11-30")
        assert (await client.messages.count_tokens(model=HAIKU, messages=PROMPT)).input_tokens > 0
        message = await client.messages.create(model=HAIKU, max_tokens=8, messages=PROMPT)
        assert message.stop_reason in ("max_tokens", "end_turn")
        assert 0 < message.usage.output_tokens <= 8
        raw = await client.messages.with_raw_response.create(model=HAIKU, max_tokens=8, messages=PROMPT)
        assert raw.headers["anthropic-ratelimit-tokens-limit"] == "2400000"


async def test_the_async_sdk_streams() -> None:
    async with simulated("healthy") as simulator, sdk(simulator) as client:
        kinds: Counter[str] = Counter()
        for _ in range(12):
            async with client.messages.stream(
                model=HAIKU, max_tokens=64, messages=PROMPT, thinking={"type": "adaptive"}
            ) as stream:
                kinds.update([event.type async for event in stream])
                final = await stream.get_final_message()
            assert final.content[-1].type == "text"
            assert final.usage.output_tokens > 0
            plain = await client.messages.create(model=HAIKU, max_tokens=8, messages=PROMPT, stream=True)
            assert [event.type async for event in plain][-1] == "message_stop"
        assert kinds["message_stop"] == 12
        assert kinds["thinking"] > 0


def test_the_sync_sdk_works_against_the_thread() -> None:
    with (
        threaded("healthy") as simulator,
        anthropic.Anthropic(auth_token=KEY, base_url=simulator.base_url, max_retries=0) as client,
    ):
        assert HAIKU in [model.id for model in client.models.list(limit=3, lifecycle=["active"])]
        assert client.messages.count_tokens(model=HAIKU, messages=PROMPT).input_tokens > 0
        assert client.messages.create(model=HAIKU, max_tokens=8, messages=PROMPT).role == "assistant"
        with client.messages.stream(model=HAIKU, max_tokens=8, messages=PROMPT) as stream:
            assert "".join(stream.text_stream) == stream.get_final_text()


@pytest.mark.parametrize(
    ("name", "error", "type_"),
    [
        ("outage", anthropic.InternalServerError, "api_error"),
        ("key-revoked", anthropic.AuthenticationError, "authentication_error"),
        ("model-retired", anthropic.NotFoundError, "not_found_error"),
        ("spend-limit", anthropic.RateLimitError, "rate_limit_error"),
    ],
)
async def test_the_sdk_raises_its_typed_errors(
    name: str, error: type[anthropic.APIStatusError], type_: str
) -> None:
    async with simulated(name, WELL_INTO_IT_S) as simulator, sdk(simulator) as client:
        with pytest.raises(error) as caught:
            await client.messages.create(model=HAIKU, max_tokens=8, messages=PROMPT)
        assert caught.value.type == type_
        assert (caught.value.request_id or "").startswith("req_")


async def test_the_sdk_sees_an_overload_inside_a_200() -> None:
    seen: Counter[str] = Counter()
    async with simulated("midstream", WELL_INTO_IT_S) as simulator, sdk(simulator) as client:
        for _ in range(60):
            try:
                stream = await client.messages.create(model=HAIKU, max_tokens=8, messages=PROMPT, stream=True)
                kinds = [event.type async for event in stream]
                seen["whole" if kinds[-1] == "message_stop" else "cut"] += 1
            except anthropic.APIStatusError as error:
                seen[f"{error.status_code} {error.type}"] += 1
            # The SDK lets the errors of its transport through once a stream has begun.
            except (anthropic.APIConnectionError, httpx2.TransportError):
                seen["reset"] += 1
    assert set(seen) == {"whole", "cut", "reset", "200 overloaded_error"}


# -- thread and command ------------------------------------------------------------


@contextmanager
def threaded(name: str) -> Iterator[SimulatorThread]:
    simulator = SimulatorThread(load(name), latency_scale=0)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


def test_the_thread_answers_as_soon_as_it_has_started_and_ends_when_stopped() -> None:
    with threaded("healthy") as simulator:
        assert httpx2.get(simulator.status_url + "/api/v2/status.json", trust_env=False).status_code == 200
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(simulator.status_url + "/api/v2/status.json", trust_env=False)


def test_the_thread_can_be_stopped_before_it_is_ready() -> None:
    simulator = SimulatorThread(load("healthy"))
    simulator.start()
    simulator.stop(PATIENCE_S)
    simulator.stop(PATIENCE_S)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(simulator.status_url + "/api/v2/status.json", trust_env=False)


def test_a_taken_port_is_an_error_of_start() -> None:
    with threaded("healthy") as simulator, pytest.raises(OSError, match="in use"):
        SimulatorThread(load("healthy")).start(int(simulator.base_url.rpartition(":")[2]))


@contextmanager
def command(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    code = f"from claude_tui.simulator.command import run; raise SystemExit(run(*{arguments!r}))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_simulate_prints_where_it_is_and_ends_cleanly(ending: signal.Signals) -> None:
    with command("overload", 0, 2.0) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        url = lines[0][-1]
        assert [line[:2] for line in lines[:2]] == [["base", "URL"], ["status", "URL"]]
        assert lines[2][:3] == ["export", f"ANTHROPIC_BASE_URL={url}", f"CLAUDE_TOP_STATUS_URL={url}"]
        assert httpx2.get(url + "/api/v2/status.json", trust_env=False).status_code == 200
        # Neither nonsense nor a client that leaves in the middle may write on the terminal.
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
            client.recv(1000)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        process.send_signal(ending)
        out, narration = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert out == ""
    assert "provider_overloaded (them)" in narration or "lead-in" in narration
    assert "stopped" in narration
    assert "Traceback" not in narration


def test_simulate_on_a_taken_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with command("healthy", port) as process:
            out, narration = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert out == ""
    assert f"cannot listen on 127.0.0.1:{port}: {os.strerror(errno.EADDRINUSE)}" in narration
    assert "Traceback" not in narration


def test_simulate_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    from claude_tui.simulator.command import run

    assert run("ignored", list_only=True) == 0
    listed = capsys.readouterr()
    assert "gateway-masked" in listed.out
    assert len(listed.out.splitlines()) >= 18
    assert listed.err == ""


def test_simulate_refuses_a_speed_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    from claude_tui.simulator.command import run

    assert run("healthy", speed=float("nan")) == run("healthy", speed=0.0) == 3
    assert "expected a number above 0" in capsys.readouterr().err


def test_json_is_what_it_claims_to_be() -> None:
    """The SDK is lenient: read the raw list of models for ourselves."""
    with threaded("healthy") as simulator:
        raw = httpx2.get(simulator.base_url + "/v1/models?limit=1000", headers=HEADERS, trust_env=False)
    body = json.loads(raw.content)
    assert set(body) == {"data", "has_more", "first_id", "last_id"}
    assert {"id", "display_name", "created_at", "type", "lifecycle", "retires_at", "deprecated_at"} <= set(
        body["data"][0]
    )
