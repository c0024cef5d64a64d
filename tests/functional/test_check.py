"""`check` against simulated endpoints: exit codes, text and JSON."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from claude_tui import check
from claude_tui.settings import load
from claude_tui.simulator.server import Simulator
from tests.simulated import ManualClock, simulated

KEY = "sk-ant-api03-test-no-real-key-0123456789"


async def checked(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], *, key: str | None = KEY, samples: int = 2
) -> tuple[int, dict[str, Any]]:
    import asyncio

    environ = {"ANTHROPIC_BASE_URL": simulator.base_url, "CLAUDE_TOP_STATUS_URL": simulator.status_url}
    if key is not None:
        environ["ANTHROPIC_API_KEY"] = key
    settings = load({}, environ)
    code = await asyncio.to_thread(check.run, settings, environ, as_json=True, samples=samples, timeout_s=5.0)
    return code, json.loads(capsys.readouterr().out)


async def test_healthy_exits_0_with_everything_measured(capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated("healthy") as simulator:
        code, found = await checked(simulator, capsys)
    assert code == 0
    assert found["schema"] == "claude-top/check@1"
    assert found["verdict"] is None
    assert found["target"]["model"] == "claude-haiku-5-5"
    assert [probe["name"] for probe in found["probes"]].count("messages") == 2
    assert {probe["outcome"] for probe in found["probes"]} == {"ok"}
    message = next(probe for probe in found["probes"] if probe["name"] == "messages")
    assert message["timings_s"]["first_token"] > 0
    assert message["timings_s"]["tls"] is None
    assert {bucket["bucket"] for bucket in found["headroom"]} >= {"input", "output", "tokens"}
    assert found["status_page"]["indicator"] == "none"


@pytest.mark.parametrize(
    ("scenario", "outcome", "status"),
    [
        ("outage", "server_error", 500),
        ("key-revoked", "key_rejected", 401),
        ("gateway-masked", "overloaded", 500),
        ("spend-limit", "spend_limit", None),
        ("edge-block", "invalid_response", 403),
        ("captive-portal", "invalid_response", 200),
    ],
)
async def test_trouble_exits_2_and_names_it(
    scenario: str, outcome: str, status: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = ManualClock()
    async with simulated(scenario, 120.0, clock=clock) as simulator:
        code, found = await checked(simulator, capsys, samples=4)
    assert code == 2
    failed = [p for p in found["probes"] if p["name"] == "messages" and p["outcome"] != "ok"]
    assert outcome in {probe["outcome"] for probe in failed}
    if status is not None:
        assert status in {probe["http_status"] for probe in failed}


async def test_without_a_key_it_is_unknown_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated("healthy") as simulator:
        code, found = await checked(simulator, capsys, key=None)
    assert code == 3
    assert {probe["name"] for probe in found["probes"]} == {"models", "status"}


async def test_a_secret_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated("key-revoked", 120.0) as simulator:
        _, found = await checked(simulator, capsys)
    assert KEY not in json.dumps(found)


def test_nobody_listening_exits_2_with_the_reason_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    environ = {"ANTHROPIC_BASE_URL": url, "CLAUDE_TOP_STATUS_URL": url, "ANTHROPIC_API_KEY": KEY}
    code = check.run(load({}, environ), environ, as_json=False, samples=1, timeout_s=3.0)
    text = capsys.readouterr().out
    assert code == 2
    assert "refused" in text
    assert "status page unknown" in text
