"""What the runbook gives to copy, put to work: shell against a real server, Python with the real SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest

from claude_tui.runbook import Placeholders, commands, shipped
from claude_tui.simulator.scenario import load
from claude_tui.simulator.thread import SimulatorThread
from tests.programs import needs_program
from tests.simulated import scenario

RUNBOOK = shipped()
KEY = "sk-ant-api03-test-no-real-key"
MODEL = "claude-haiku-5-5"
needs_curl = needs_program("curl", verifies="that the commands of the playbooks work as printed")


def served(name: str, **data: object) -> Iterator[SimulatorThread]:
    simulator = SimulatorThread(scenario(**data) if data else load(name), seed=3, latency_scale=0.0)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


@pytest.fixture(scope="module")
def fine() -> Iterator[SimulatorThread]:
    yield from served("healthy")


@pytest.fixture(scope="module")
def overloaded() -> Iterator[SimulatorThread]:
    phase = {"name": "p", "cause": "provider_overloaded", "side": "them"}
    yield from served("", phase=[{**phase, "messages": {"mix": {"overloaded": 1}}}])


@pytest.fixture(scope="module")
def cut() -> Iterator[SimulatorThread]:
    phase = {"name": "p", "cause": "provider_errors", "side": "them"}
    yield from served("", phase=[{**phase, "messages": {"mix": {"stream_cut": 1}}}])


@pytest.fixture
def environ(fine: SimulatorThread, monkeypatch: pytest.MonkeyPatch) -> SimulatorThread:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fine.base_url)
    return fine


def fillings(simulator: SimulatorThread) -> Placeholders:
    return Placeholders(simulator.base_url, MODEL, (simulator.status_url,))


def shell(text: str, key: str = KEY) -> str:
    """The output for a person who pastes it."""
    environ = {**os.environ, "ANTHROPIC_API_KEY": key, "NO_PROXY": "*", "no_proxy": "*"}
    done = subprocess.run(
        ["bash", "-c", text],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout + done.stderr


def check(key: str, simulator: SimulatorThread) -> list[str]:
    (found,) = [named_check for named_check in RUNBOOK.checks if named_check.key == key]
    return [shell(command.text) for command in commands(found, fillings(simulator))]


def step_shell(playbook: str, step: str, simulator: SimulatorThread) -> str:
    found = RUNBOOK.playbooks[playbook].step(step)
    assert found is not None
    return fillings(simulator).step(found).shell


Code = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def code() -> Iterator[Code]:
    """The names that a step's Python defines, once it has run. Its clients are closed at the end."""
    defined: list[dict[str, Any]] = []

    def run(playbook: str, step: str) -> dict[str, Any]:
        found = RUNBOOK.playbooks[playbook].step(step)
        assert found is not None
        names: dict[str, Any] = {}
        exec(compile(Placeholders(model=MODEL).step(found).python, f"{playbook}-{step}", "exec"), names)
        defined.append(names)
        return names

    yield run
    for names in defined:
        for name in names.values():
            if isinstance(name, anthropic.Anthropic):
                name.close()


@needs_curl
def test_the_first_five_minutes_by_hand(fine: SimulatorThread) -> None:
    (page,) = check("status", fine)
    assert page.startswith("none - All Systems Operational")
    assert "  Claude API (api.anthropic.com): operational" in page
    reached, generated = check("connectivity", fine)
    assert reached.startswith("HTTP 200\ndns ")
    assert '"type":"message"' in generated.replace(" ", "")
    assert "\nHTTP 200  first byte " in generated
    (limits,) = check("limits", fine)
    assert limits.startswith("HTTP/1.1 200")
    assert "anthropic-ratelimit-input-tokens-remaining: " in limits.lower()


@needs_curl
def test_the_first_five_minutes_of_an_overload(overloaded: SimulatorThread) -> None:
    reached, generated = check("connectivity", overloaded)
    assert reached.startswith("HTTP 200")
    assert "overloaded_error" in generated
    assert "\nHTTP 529" in generated


@needs_curl
def test_a_status_page_that_is_no_json_is_not_taken_for_fine() -> None:
    portal = served("captive-portal")
    simulator = next(portal)
    try:
        assert check("status", simulator)[0].startswith("no status JSON from http://127.0.0.1:")
    finally:
        portal.close()


@needs_curl
@pytest.mark.parametrize(
    ("playbook", "step", "expected"),
    [
        ("outage", "confirm", "models    HTTP 200"),
        ("outage", "confirm", "messages  HTTP 200"),
        ("outage", "other_model", f"{MODEL}  HTTP 200"),
        ("slow", "faster_model", f"{MODEL}  HTTP 200"),
        ("rate_limited", "read_buckets", "ratelimit-requests-limit"),
        ("model_retired", "list", f"{MODEL:<32} active"),
        ("model_retired", "list", "claude-3-5-haiku-20241022        retired 2026-02-19"),
        ("key_rejected", "form", "length 29 | starts 'sk-ant-api03-t'"),
        ("key_rejected", "form", "white space: False | quotes: False"),
        ("key_rejected", "one_call", "200"),
        ("spend_limit", "verify", "HTTP 200"),
        ("timeouts", "where", "HTTP 200"),
        ("streams", "past_proxy", "message_stop"),
        ("not_permitted", "other_model", MODEL),
        ("bad_request", "minimal", "HTTP 200"),
        ("notice", "read", ""),
        ("blind", "first_five", "messages  HTTP 200"),
        ("app_only", "same_machine", "HTTP 200"),
    ],
)
def test_what_a_step_gives_to_paste(fine: SimulatorThread, playbook: str, step: str, expected: str) -> None:
    assert expected.lower() in shell(step_shell(playbook, step, fine)).lower()


@needs_curl
def test_the_shape_of_a_damaged_key_is_shown_without_the_key(fine: SimulatorThread) -> None:
    printed = shell(step_shell("key_rejected", "form", fine), key='"sk-ant-api03-a b"\n')
    assert "white space: True | quotes: True" in printed
    assert "a b" not in printed


@needs_curl
def test_nothing_that_is_pasted_prints_the_key(fine: SimulatorThread) -> None:
    for found in RUNBOOK.checks:
        assert KEY not in "".join(check(found.key, fine))


@needs_curl
def test_what_the_command_prints_for_a_target_can_be_pasted_as_it_stands(fine: SimulatorThread) -> None:
    target = ["--base-url", fine.base_url, "--status-url", fine.status_url, "--model", MODEL]
    printed = subprocess.run(
        [sys.executable, "-m", "claude_tui", "runbook", "--cause", "provider_outage", *target],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    given = step_shell("outage", "confirm", fine)
    assert f"\n{given}\n" in printed
    assert "messages  HTTP 200" in shell(given)


# -- Python -----------------------------------------------------------------------------


def test_retries_wait_half_a_minute_and_more_for_an_overload(
    environ: SimulatorThread,
    overloaded: SimulatorThread,
    monkeypatch: pytest.MonkeyPatch,
    code: Code,
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", overloaded.base_url)
    waits: list[float] = []
    with pytest.raises(anthropic.OverloadedError):
        code("outage", "retries")["ask"]("1", waits.append)
    assert len(waits) == 3
    assert all(30 <= wait <= 60 for wait in waits)


def test_retries_answer_when_all_is_well(environ: SimulatorThread, code: Code) -> None:
    assert code("outage", "retries")["ask"]("1").stop_reason


def test_the_breaker_opens_tries_and_closes(code: Code) -> None:
    now = [0.0]
    breaker = code("outage", "breaker")["Breaker"](now=lambda: now[0])
    for _ in range(5):
        assert breaker.allows()
        breaker.record(ok=False)
    assert not breaker.allows()
    now[0] = 31
    assert breaker.allows(), "one trial"
    assert not breaker.allows(), "and only one"
    breaker.record(ok=False)
    now[0] = 50
    assert not breaker.allows()
    now[0] = 62
    assert breaker.allows()
    breaker.record(ok=True)
    assert breaker.allows()


def test_what_was_answered_before_is_served_during_an_outage(
    environ: SimulatorThread,
    overloaded: SimulatorThread,
    code: Code,
) -> None:
    names = code("outage", "canned")
    kept: dict[str, str] = {}

    def failing(prompt: str) -> str:
        with anthropic.Anthropic(base_url=overloaded.base_url, max_retries=0) as client:
            answer = client.messages.create(
                model=MODEL, max_tokens=8, messages=[{"role": "user", "content": prompt}]
            )
        return str(answer.content)

    assert names["answer"]("a", lambda _: "yes", kept) == "yes"
    assert names["answer"]("a", failing, kept) == "yes"
    assert names["answer"]("b", failing, kept) == names["SORRY"]


def test_a_stream_that_just_ends_is_noticed(
    environ: SimulatorThread,
    cut: SimulatorThread,
    monkeypatch: pytest.MonkeyPatch,
    code: Code,
) -> None:
    assert code("streams", "complete")["ask"]("1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", cut.base_url)
    names = code("streams", "complete")
    with pytest.raises(names["Cut"]):
        names["ask"]("1")


def test_a_spend_limit_differs_from_a_rate_limit(environ: SimulatorThread, code: Code) -> None:
    about_money = code("spend_limit", "stop_retries")["about_money"]
    for name, reply, expected in (
        ("tier", "spend_limit", True),
        ("own", "usage_limit", True),
        ("card", "billing", True),
        ("rate", "rate_limited", False),
        ("ramp", "ramp_limited", False),
    ):
        phase = {"name": name, "cause": "spend_limit", "side": "us", "messages": {"mix": {reply: 1}}}
        server = served("", phase=[phase])
        simulator = next(server)
        try:
            with (
                anthropic.Anthropic(base_url=simulator.base_url, max_retries=0) as client,
                pytest.raises(anthropic.APIStatusError) as caught,
            ):
                client.messages.create(model=MODEL, max_tokens=8, messages=[{"role": "user", "content": "1"}])
        finally:
            server.close()
        assert about_money(caught.value) is expected, name


def test_the_other_snippets_work_as_they_stand(environ: SimulatorThread, code: Code) -> None:
    prompt: list[Any] = [{"role": "user", "content": "1"}]
    assert code("timeouts", "set")["long_work"]("1")
    assert code("bad_request", "tokens")["fits"](prompt, 100)
    assert not code("bad_request", "tokens")["fits"](prompt, 10**9)
    assert code("app_only", "same_size")["tokens"](MODEL, prompt) > 0
    answer = code("rate_limited", "cache")["ask"]("manual", "1")
    assert code("app_only", "stop_reason")["text_of"](answer.model_copy(update={"stop_reason": "end_turn"}))
    with pytest.raises(ValueError, match="cut"):
        code("app_only", "stop_reason")["text_of"](answer.model_copy(update={"stop_reason": "max_tokens"}))
    assert 0 < code("cost_runaway", "shape")["cost"](answer.usage) < 0.01
    assert {"worker", "interactive"} <= set(code("rate_limited", "retry_after"))
    assert {"submit", "results"} <= set(code("rate_limited", "batches"))


async def test_a_semaphore_in_front_of_every_call(environ: SimulatorThread, code: Code) -> None:
    names = code("rate_limited", "concurrency")
    async with names["client"]:
        assert (await names["ask"]("1")).stop_reason
