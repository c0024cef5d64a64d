"""`claude-top doctor` against an API that answers, and with a collector at work."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from claude_tui.cli import main
from claude_tui.simulator.scenario import load
from claude_tui.simulator.thread import SimulatorThread
from tests.functional.engines import simulated


def test_an_api_that_answers_and_a_clock_that_is_right(
    own_home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with simulated("healthy") as simulator:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.base_url)
        monkeypatch.setenv("CLAUDE_TOP_STATUS_URL", simulator.status_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-" + "a1B2" * 6)
        code = main(["doctor", "--json"])
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert {found[name]["condition"] for name in ("API", "status page", "key", "DNS", "clock")} == {"good"}
    assert "lists its models" in found["API"]["text"]
    assert code in (0, 1)


def test_an_api_that_refuses_the_key_says_what_to_do(
    own_home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The key is revoked a while after the beginning.
    simulator = SimulatorThread(load("key-revoked"), latency_scale=0.0, elapsed_s=600)
    simulator.start()
    with ExitStack() as stack:
        stack.callback(simulator.stop)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.base_url)
        monkeypatch.setenv("CLAUDE_TOP_STATUS_URL", simulator.status_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-" + "a1B2" * 6)
        assert main(["doctor"]) == 2
    assert "claude-top runbook --cause key_rejected" in " ".join(capsys.readouterr().out.split())
