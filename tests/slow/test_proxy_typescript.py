"""The official SDK for TypeScript through the proxy, where node and npm are installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import CallEnd
from claude_tui.simulator.scenario import load
from claude_tui.simulator.thread import SimulatorThread
from tests.proxied import proxied
from tests.wire_server import Answer, Request, WireServer, response

VERSION = "1.14.0"
_REASON = "NOT VERIFIED: the SDK for TypeScript through the proxy:"
# What it says of each call is compared with what it says without the proxy, and with the record.
SCRIPT = """
import Anthropic from "@anthropic-ai/sdk";
const [url, what] = process.argv.slice(2);
const client = new Anthropic({ apiKey: "k", baseURL: url, maxRetries: what === "retried" ? 2 : 0,
                               defaultHeaders: { "x-claude-top-app": "node" } });
const asked = { model: "claude-haiku-5-5", max_tokens: 32, messages: [{ role: "user", content: "hello" }] };
const short = ({ usage, stop_reason, model }) => ({ usage, stop_reason, model });
if (what === "left") {
  const stream = await client.messages.create({ ...asked, stream: true });
  for await (const event of stream) if (event.type === "content_block_delta") break;
  console.log("{}");
} else if (what === "retried") {
  console.log(JSON.stringify(short(await client.messages.create(asked))));
} else {
  const message = await client.messages.create(asked);
  const stream = client.messages.stream(asked);
  let pieces = 0;
  stream.on("streamEvent", () => { pieces += 1; });
  const streamed = await stream.finalMessage();
  const counted = await client.messages.countTokens({ model: asked.model, messages: asked.messages });
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  console.log(JSON.stringify({ message: short(message), streamed: short(streamed), counted, models,
                               inPieces: pieces > 3 }));
}
"""


@pytest.fixture(scope="module")
def sdk(request: pytest.FixtureRequest) -> Path:
    """A directory with the SDK, kept from one run to the next."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(f"{_REASON} node or npm is not installed")
    assert request.config.cache is not None
    folder = request.config.cache.mkdir(f"anthropic-typescript-{VERSION}")
    if not (folder / "node_modules" / "@anthropic-ai" / "sdk" / "package.json").exists():
        wanted = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=20000")
        command = [
            npm,
            "install",
            "--silent",
            *wanted,
            "--prefix",
            str(folder),
            f"@anthropic-ai/sdk@{VERSION}",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{_REASON} npm did not install it in time")
        if done.returncode:
            pytest.skip(f"{_REASON} npm could not install it")
    (folder / "client.mjs").write_text(SCRIPT, "utf-8")
    return folder


def ran(sdk: Path, url: str, what: str) -> dict[str, object]:
    done = subprocess.run(
        ["node", "client.mjs", url, what], cwd=sdk, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture
def simulator() -> SimulatorThread:
    return SimulatorThread(load("healthy"), latency_scale=0.02)


async def test_it_sees_the_same_as_without_the_proxy_and_so_does_the_record(
    sdk: Path, simulator: SimulatorThread
) -> None:
    simulator.start()
    try:
        async with proxied(simulator.base_url) as proxy:
            seen = await asyncio.to_thread(ran, sdk, proxy.url, "all")
            calls = await proxy.sink.wait_for(4)
        direct = await asyncio.to_thread(ran, sdk, simulator.base_url, "all")
    finally:
        simulator.stop()
    assert seen["inPieces"] is True
    assert (seen["models"], seen["counted"]) == (direct["models"], direct["counted"])
    assert [call.route for call in calls] == ["messages", "messages", "count_tokens", "models"]
    assert {(call.outcome, call.end, call.application) for call in calls} == {
        (Outcome.OK, CallEnd.COMPLETE, "node")
    }
    for call, name in zip(calls, ("message", "streamed"), strict=False):
        reported = seen[name]
        assert isinstance(reported, dict)
        assert call.tokens is not None
        usage = reported["usage"]
        assert (call.tokens.input, call.tokens.output) == (usage["input_tokens"], usage["output_tokens"])
        assert (call.stop_reason, call.served_model) == (reported["stop_reason"], reported["model"])
    assert [call.streamed for call in calls[:2]] == [False, True]


async def test_a_stream_that_it_leaves_is_abandoned(sdk: Path) -> None:
    slow = SimulatorThread(load("healthy"), latency_scale=3.0)
    slow.start()
    try:
        async with proxied(slow.base_url) as proxy:
            await asyncio.to_thread(ran, sdk, proxy.url, "left")
            call = await proxy.call()
    finally:
        slow.stop()
    assert (call.end, call.outcome) == (CallEnd.ABANDONED, Outcome.OK)


async def test_its_retries_are_counted_apart_and_wait_as_they_are_asked_to(sdk: Path) -> None:
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    message = {
        "type": "message",
        "model": "claude-haiku-5-5",
        "stop_reason": "end_turn",
        "content": [],
        "usage": {"input_tokens": 5, "output_tokens": 6},
    }

    async def handler(request: Request, answer: Answer) -> None:
        refused = len(server.requests) == 1
        headers = {"retry-after-ms": "300", "retry-after": "1"}
        body = response(error, status="429 Too Many", headers=headers) if refused else response(message)
        await answer.send(body)

    async with WireServer(handler) as server, proxied(server.url) as proxy:
        await asyncio.to_thread(ran, sdk, proxy.url, "retried")
        calls = await proxy.sink.wait_for(2)
    assert [(call.outcome, call.retries, call.early) for call in calls] == [
        (Outcome.RATE_LIMITED, 0, None),
        (Outcome.OK, 1, False),
    ]
