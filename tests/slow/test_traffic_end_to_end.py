"""The SDK through `claude-top proxy` to a simulated overload, with an agent and a dashboard on one store.

All their figures of the traffic agree with those that the client counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import anthropic
import httpx
import pytest

from claude_tui.engine import compose
from claude_tui.model.verdict import Cause
from claude_tui.settings import load as load_settings
from claude_tui.simulator.scenario import load
from claude_tui.simulator.thread import SimulatorThread
from tests.agents import PATIENCE_S, Agents, until
from tests.functional.test_engine import running

pytestmark = pytest.mark.usefixtures("own_home")

APPLICATIONS = {"checkout": 2, "batch": 0}
"""Each with the retries of its SDK."""
CALLS = 20
KEY = "sk-ant-api03-test-no-real-key"


class CountingClient:
    """Counts every attempt that it makes, from its own side of the wire."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, int]] = Counter()
        """Attempts by application and HTTP status."""
        self.retried = 0
        """Attempts that repeat another one."""
        self.output_tokens = 0
        """Of all answers."""

    @contextmanager
    def sdk(self, url: str, application: str, retries: int) -> Iterator[anthropic.Anthropic]:
        def count(response: httpx.Response) -> None:
            self.statuses[application, response.status_code] += 1
            self.retried += response.request.headers["x-stainless-retry-count"] != "0"

        with anthropic.DefaultHttpxClient(event_hooks={"response": [count]}) as http:
            yield anthropic.Anthropic(
                api_key=KEY,
                base_url=url,
                max_retries=retries,
                http_client=http,
                default_headers={"x-claude-top-app": application},
            )

    def call(self, sdk: anthropic.Anthropic) -> None:
        with suppress(anthropic.APIStatusError):
            answer = sdk.messages.create(
                model="claude-haiku-5-5", max_tokens=32, messages=[{"role": "user", "content": "Hello"}]
            )
            self.output_tokens += answer.usage.output_tokens

    def attempts(self, application: str | None = None, *, failed: bool = False) -> int:
        return sum(
            number
            for (name, status), number in self.statuses.items()
            if application in (None, name) and not (failed and status == 200)
        )


@contextmanager
def proxy(upstream: str, data: Path) -> Iterator[str]:
    """Its URL; everything is recorded when the context ends."""
    command = [sys.executable, "-m", "claude_tui", "proxy", "--listen", "127.0.0.1:0", "--upstream", upstream]
    with subprocess.Popen(
        [*command, "--data-dir", str(data)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().partition("=")[2]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def printed(agents: Agents, *arguments: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "claude_tui", *arguments],
        env=agents.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    return done.returncode, json.loads(done.stdout)


def test_panel_verdict_check_and_traffic_agree_with_the_client(tmp_path: Path) -> None:
    simulator = SimulatorThread(load("overload"), latency_scale=0.02, elapsed_s=5.0)
    simulator.start()
    url = simulator.base_url
    client = CountingClient()
    try:
        with Agents(tmp_path, url) as agents:
            agents.start()
            until(lambda: agents.collector, "an agent that collects")
            with proxy(url, agents.data) as proxy_url, ExitStack() as stack:
                pool = stack.enter_context(ThreadPoolExecutor(8))
                for application, retries in APPLICATIONS.items():
                    sdk = stack.enter_context(client.sdk(proxy_url, application, retries))
                    # All of them, so that no failure of the test itself goes unseen.
                    list(pool.map(client.call, [sdk] * CALLS))
            assert client.attempts() > 2 * CALLS
            _the_commands_agree(agents, url, client)
            _a_dashboard_agrees(agents, client)
    finally:
        simulator.stop()


def _the_commands_agree(agents: Agents, url: str, client: CountingClient) -> None:
    where = ("--config", str(agents.data.parent / "config.toml"))
    code, found = printed(agents, "traffic", "--json", "--since", "10m", *where)
    assert code == 0
    every = found["all"]
    assert isinstance(every, dict)
    assert (every["calls"], every["failed"]) == (client.attempts(), client.attempts(failed=True))
    assert every["overloaded"] == client.attempts(failed=True)
    assert every["rate_limited"] == 0
    assert every["tokens"]["output"] == client.output_tokens
    attempts = client.attempts()
    assert every["attempts_per_call"] == pytest.approx(attempts / (attempts - client.retried))
    rows = found["rows"]
    assert isinstance(rows, list)
    assert {row["name"]: (row["calls"], row["failed"]) for row in rows} == {
        name: (client.attempts(name), client.attempts(name, failed=True)) for name in APPLICATIONS
    }
    code, checked = printed(agents, "check", "--json", "--base-url", url, "--status-url", url)
    verdict = checked["verdict"]
    assert isinstance(verdict, dict)
    assert (verdict["side"], verdict["cause"]) == ("them", "provider_overloaded")
    # How many of its own messages fail, and so how grave it is, is the scenario's luck.
    assert code == (2 if verdict["severity"] in {"P1", "P2"} else 1)


def _a_dashboard_agrees(agents: Agents, client: CountingClient) -> None:
    settings = load_settings({}, agents.environ, config=str(agents.data.parent / "config.toml"))
    engine = compose.live(settings, agents.environ)
    with running(engine) as wait_for:
        # The newest 10 s of the trend follow once they are over.
        snapshot = wait_for(
            lambda s: (
                s.traffic is not None
                and sum(point.calls for point in s.traffic.trend) == client.attempts()
                and s.verdict.cause is Cause.PROVIDER_OVERLOADED
            )
        )
    view = snapshot.traffic
    assert view is not None
    assert sum(point.failed for point in view.trend) == client.attempts(failed=True)
    assert view.failed_count == client.attempts(failed=True)
    assert {call.call.application for call in view.failed_calls} == set(APPLICATIONS)
    assert all(call.call.request_id for call in view.failed_calls)
