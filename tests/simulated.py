"""A simulator for tests: served by a clock that the test moves, or queried without a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from claude_tui.model.toml_table import Table
from claude_tui.simulator.api import Api
from claude_tui.simulator.exchange import Answer, Call
from claude_tui.simulator.reading import read_scenario
from claude_tui.simulator.scenario import Scenario, load
from claude_tui.simulator.script import Playhead
from claude_tui.simulator.server import Simulator

__all__ = [
    "HEADERS",
    "MESSAGE",
    "START",
    "ManualClock",
    "api",
    "ask",
    "error",
    "events",
    "get",
    "scenario",
    "simulated",
]

START = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
HEADERS = {"x-api-key": "sk-ant-api03-test-no-real-key", "anthropic-version": "2023-06-01"}
MESSAGE: dict[str, object] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 8,
    "messages": [{"role": "user", "content": "1"}],
}


class ManualClock:
    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return (self.instant - START).total_seconds()

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@asynccontextmanager
async def simulated(
    played: str | Scenario,
    at_s: float = 0.0,
    *,
    seed: int | None = None,
    speed: float = 1.0,
    clock: ManualClock | None = None,
    latency_scale: float = 0.0,
) -> AsyncIterator[Simulator]:
    """`played`, `at_s` seconds of scenario time after its start."""
    clock = clock or ManualClock()
    script = load(played) if isinstance(played, str) else played
    simulator = Simulator(script, speed=speed, seed=seed, clock=clock, latency_scale=latency_scale)
    await simulator.start()
    clock.advance(at_s / speed)
    try:
        yield simulator
    finally:
        await simulator.stop()


def scenario(**data: object) -> Scenario:
    """The scenario of a file that says `data`."""
    return read_scenario("mine", Table({"title": "t", **data}, "mine.toml"), load("healthy"))


def api(script: Scenario | None = None, *, seed: int = 1, speed: float = 1.0) -> Api:
    return Api(script or load("healthy"), Playhead(START, speed), seed=seed)


def ask(
    server: Api,
    body: object = MESSAGE,
    *,
    path: str = "/v1/messages",
    headers: Mapping[str, str] = HEADERS,
    at_s: float = 0.0,
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.answer(Call("POST", path, (), headers, raw), START + timedelta(seconds=at_s))


def get(server: Api, path: str, *query: tuple[str, str], at_s: float = 0.0) -> Answer:
    return server.answer(Call("GET", path, query, HEADERS, b""), START + timedelta(seconds=at_s))


def error(answer: Answer) -> tuple[int | None, str, str]:
    """Status, type and message."""
    body = json.loads(answer.body)
    return answer.status, body["error"]["type"], body["error"]["message"]


def events(answer: Answer) -> list[dict[str, Any]]:
    blocks = answer.body.decode().strip().split("\n\n")
    return [json.loads(block.split("data: ", 1)[1]) for block in blocks]
